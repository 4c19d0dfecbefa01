/* i2v: a body to send, in parts
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/body.h"

#include <stdint.h>
#include <string.h>

#include <libavutil/base64.h>
#include <libavutil/common.h>
#include <libavutil/error.h>

#include "base/digest.h"

size_t body_size(const BodyPart *parts, int count)
{
    size_t size = 0;
    for (int i = 0; i < count; i++)
        size +=
            parts[i].kind == BODY_BASE64 ? (parts[i].size + 2) / 3 * 4 : parts[i].size;
    return size;
}

/* The next bytes of the first part that has any, in one piece.
 * @return how many there are, 0 at the end */
static size_t next_piece(BodyReader *r, const char **piece)
{
    while (r->text_at == r->text_size && r->count && r->at == r->parts->size) {
        r->parts++;
        r->count--;
        r->at = 0;
    }
    if (r->text_at == r->text_size && !r->count)
        return 0;
    const uint8_t *data = r->parts->data;
    if (r->parts->kind == BODY_BYTES) {
        *piece = (const char *)data + r->at;
        return r->parts->size - r->at;
    }
    if (r->text_at == r->text_size) {
        size_t size = FFMIN(r->parts->size - r->at, BODY_PIECE);
        av_base64_encode(r->text, sizeof(r->text), data + r->at, (int)size);
        r->at += size;
        r->text_at = 0;
        r->text_size = (size + 2) / 3 * 4;
    }
    *piece = r->text + r->text_at;
    return r->text_size - r->text_at;
}

size_t body_read(BodyReader *reader, char *to, size_t size)
{
    size_t got = 0, count;
    const char *piece;

    while (got < size && (count = next_piece(reader, &piece))) {
        count = FFMIN(count, size - got);
        memcpy(to + got, piece, count);
        got += count;
        if (reader->parts->kind == BODY_BASE64)
            reader->text_at += count;
        else
            reader->at += count;
    }
    return got;
}

int body_digest(const BodyPart *parts, int count, char *text)
{
    BodyReader reader = {.parts = parts, .count = count};
    Digest *digest = digest_begin();
    uint8_t bytes[DIGEST_SIZE];
    char buffer[4096];
    size_t size;

    if (!digest)
        return AVERROR(ENOMEM);
    while ((size = body_read(&reader, buffer, sizeof(buffer))))
        digest_update(digest, buffer, size);
    digest_finish(&digest, bytes);
    digest_hex(bytes, sizeof(bytes), text);
    return 0;
}
