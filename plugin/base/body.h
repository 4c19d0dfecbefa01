/* i2v: a body to send, in parts
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_BASE_BODY_H
#define I2V_BASE_BODY_H

#include <stddef.h>

typedef enum BodyKind {
    BODY_BYTES,  ///< as they are
    BODY_BASE64, ///< written in Base64 as they are sent
} BodyKind;

/** Borrowed. */
typedef struct BodyPart {
    BodyKind kind;
    const void *data;
    size_t size; ///< bytes of data
} BodyPart;

/** Source bytes that are written in Base64 at once; a multiple of three. */
#define BODY_PIECE 3072

/** How far a body was read. Begins with parts and count set, all else zero. */
typedef struct BodyReader {
    const BodyPart *parts;
    int count;
    size_t at;        ///< bytes of the first part that are read
    size_t text_at;   ///< and of `text`
    size_t text_size; ///< bytes in it
    char text[BODY_PIECE / 3 * 4 + 1];
} BodyReader;

/** Bytes that a body has when it is sent. */
size_t body_size(const BodyPart *parts, int count);

/** Copy the next bytes of a body. @return how many, below `size` at its end alone */
size_t body_read(BodyReader *reader, char *to, size_t size);

/** SHA-256 of a body as it is sent, as of digest_text(). @return 0 or AVERROR(ENOMEM) */
int body_digest(const BodyPart *parts, int count, char *text);

#endif
