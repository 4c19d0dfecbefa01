/* i2v: the key of a request: what makes two requests the same generation
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_KEY_H
#define I2V_KEY_H

#include "request/request.h"

/**
 * SHA-256 over a schema number, the gateway's origin, all request fields, the stills'
 * digests with how they are fitted where that makes a difference, and take. No secret is
 * in it, and no release may change it.
 * @param still  NULL when the gateway fetches the still itself
 * @param end    the last frame, NULL when there is none or likewise
 * @param key    REQUEST_KEY_SIZE bytes
 * @return 0 or AVERROR(ENOMEM)
 */
int key_of(const Request *request, const Still *still, const Still *end, char *key);

#endif
