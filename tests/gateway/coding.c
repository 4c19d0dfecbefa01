/* i2v: the stand-in gateway: bodies in a content coding, whoever asked for it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The most that a stored block of deflate holds (RFC 1951, 3.2.4). */
#define BLOCK 65535

static uint32_t crc_of(const unsigned char *data, size_t size)
{
    uint32_t crc = ~0u;

    while (size--) {
        crc ^= *data++;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
    }
    return ~crc;
}

static void append_little(Buffer *to, uint32_t number, int bytes)
{
    for (; bytes--; number >>= 8)
        buffer_append(to, &(unsigned char){(unsigned char)number}, 1);
}

/* A gzip file whose blocks are stored as they are. */
static void make_gzip(const Buffer *from, Buffer *to)
{
    static const unsigned char head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};
    size_t at = 0;

    buffer_append(to, head, sizeof(head));
    do {
        size_t size = from->size - at < BLOCK ? from->size - at : BLOCK;

        append_little(to, at + size == from->size, 1);
        append_little(to, (uint32_t)size, 2);
        append_little(to, ~(uint32_t)size, 2);
        buffer_append(to, from->data + at, size);
        at += size;
    } while (at < from->size);
    append_little(to, crc_of((const unsigned char *)from->data, from->size), 4);
    append_little(to, (uint32_t)from->size, 4);
}

/* What is to be sent from a file, in memory instead. */
static void load_body(Reply *reply)
{
    char block[65536];
    ssize_t got;

    while (reply->body.size < reply->size &&
           (got = pread(reply->fd, block, sizeof(block),
                        (off_t)(reply->offset + reply->body.size))) > 0)
        buffer_append(&reply->body, block, (size_t)got);
    if (reply->body.size > reply->size)
        reply->body.size = (size_t)reply->size;
    close(reply->fd);
    reply->fd = -1;
}

void reply_code(const Exchange *x, Reply *reply)
{
    Buffer coded = {0};

    if (!x->plan.coding)
        return;
    if (!x->plan.coded_already && !strcmp(x->plan.coding, "gzip")) {
        if (reply->fd >= 0)
            load_body(reply);
        make_gzip(&reply->body, &coded);
        buffer_free(&reply->body);
        reply->body = coded;
    }
    reply_header(reply, "Content-Encoding", checked_strdup(x->plan.coding));
}
