/* i2v: SHA-256 as text
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_DIGEST_H
#define I2V_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libavformat/avio.h>

/** Bytes that a digest takes as text, its NUL included. */
#define DIGEST_TEXT_SIZE 65

/** Lower-case hexadecimal SHA-256 of data; text has DIGEST_TEXT_SIZE bytes.
 * @return 0 or AVERROR(ENOMEM) */
int digest_text(const void *data, size_t size, char *text);

/** The same of a whole file. @return 0, AVERROR(EINTR) or another negative AVERROR */
int digest_file(const char *path, const AVIOInterruptCB *interrupt, char *text);

/** A digest of bytes as they come. @return NULL without memory */
typedef struct Digest Digest;
Digest *digest_begin(void);
int digest_update(Digest *digest, const void *data, size_t size);

/** End it; sets *digest to NULL. @param text  as above, or NULL */
int digest_end(Digest **digest, char *text);

/** Lower-case hexadecimal of bytes; text has 2 * size + 1. */
void digest_hex(const uint8_t *bytes, size_t size, char *text);

/** Bytes from lower-case hexadecimal. @return whether the text is as long as that */
bool digest_parse(const char *text, uint8_t *bytes, size_t size);

#endif
