/* i2v: the key of a request: what makes two requests the same generation
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_KEY_H
#define I2V_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "request.h"

/**
 * SHA-256 over a schema number, the gateway's origin, all request fields, the still's digest
 * with how it is fitted, and take. No secret is in it, and no release may change it.
 * @param still  NULL when the gateway fetches the still itself
 * @param key    REQUEST_KEY_SIZE bytes
 * @return 0 or AVERROR(ENOMEM)
 */
int key_of(const Request *request, const Still *still, char *key);

/** Lower-case hexadecimal SHA-256 of data; text has REQUEST_KEY_SIZE bytes.
 * @return 0 or AVERROR(ENOMEM) */
int key_digest(const void *data, size_t size, char *text);

/** Lower-case hexadecimal of bytes; text has 2 * size + 1. */
void key_hex(const uint8_t *bytes, size_t size, char *text);

#endif
