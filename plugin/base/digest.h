/* i2v: SHA-256 of bytes as they pass, of what is in memory, and of files
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_DIGEST_H
#define I2V_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include <libavformat/avio.h>

#define DIGEST_SIZE 32

/** Bytes that a digest takes as text, its NUL included. */
#define DIGEST_TEXT_SIZE (2 * DIGEST_SIZE + 1)

/** A digest of bytes that come one piece after the other. */
typedef struct Digest Digest;

/** @return NULL without memory */
Digest *digest_begin(void);
void digest_update(Digest *digest, const void *data, size_t size);
/** The digest of what came so far; more may follow. */
void digest_peek(const Digest *digest, uint8_t bytes[DIGEST_SIZE]);
/** The digest of all that came; frees *digest and sets it to NULL.
 * @param bytes  NULL when it is not wanted any more */
void digest_finish(Digest **digest, uint8_t bytes[DIGEST_SIZE]);

/** The digest of what is in memory. */
void digest_bytes(const void *data, size_t size, uint8_t bytes[DIGEST_SIZE]);

/** The same in lower-case hexadecimal; text has DIGEST_TEXT_SIZE bytes. */
void digest_text(const void *data, size_t size, char *text);

/** Take in a file from its beginning to its end, whatever the descriptor's position.
 * @return bytes, AVERROR(EINTR) or another negative AVERROR */
int64_t digest_descriptor(Digest *digest, int fd, const AVIOInterruptCB *interrupt);

/** The same of a whole file. @return 0, AVERROR(EINTR) or another negative AVERROR */
int digest_file(const char *path, const AVIOInterruptCB *interrupt, char *text);

/** HMAC: a digest of a text that tells keys apart and gives none away.
 * @return 0 or AVERROR(ENOMEM) */
int digest_keyed(const char *key, const char *text, uint8_t bytes[DIGEST_SIZE]);

/** Lower-case hexadecimal of bytes; text has 2 * size + 1. */
void digest_hex(const uint8_t *bytes, size_t size, char *text);

#endif
