/* i2v: SHA-256 as text
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/digest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <libavutil/sha.h>

#include "base/compat.h"

void digest_hex(const uint8_t *bytes, size_t size, char *text)
{
    for (size_t i = 0; i < size; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

bool digest_parse(const char *text, uint8_t *bytes, size_t size)
{
    if (strlen(text) != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++)
        if (sscanf(text + 2 * i, "%2hhx", &bytes[i]) != 1)
            return false;
    return true;
}

int digest_text(const void *data, size_t size, char *text)
{
    uint8_t digest[32];
    struct AVSHA *sha = av_sha_alloc();
    if (!sha)
        return AVERROR(ENOMEM);
    av_sha_init(sha, 256);
    av_sha_update(sha, data, (unsigned)size);
    av_sha_final(sha, digest);
    av_free(sha);
    digest_hex(digest, sizeof(digest), text);
    return 0;
}

Digest *digest_begin(void)
{
    struct AVSHA *sha = av_sha_alloc();
    if (sha)
        av_sha_init(sha, 256);
    return (Digest *)sha;
}

int digest_update(Digest *digest, const void *data, size_t size)
{
    av_sha_update((struct AVSHA *)digest, data, (unsigned)size);
    return 0;
}

int digest_end(Digest **digest, char *text)
{
    uint8_t bytes[32];
    if (*digest)
        av_sha_final((struct AVSHA *)*digest, bytes);
    if (*digest && text)
        digest_hex(bytes, sizeof(bytes), text);
    av_freep(digest);
    return 0;
}

int digest_file(const char *path, const AVIOInterruptCB *interrupt, char *text)
{
    enum { PIECE = 1 << 16 };
    struct AVSHA *sha = av_sha_alloc();
    uint8_t digest[32], *buffer = av_malloc(PIECE);
    FILE *file = fopen(path, "re");
    int ret = !sha || !buffer ? AVERROR(ENOMEM) : file ? 0 : AVERROR(errno);
    size_t got = 1;

    if (ret >= 0)
        av_sha_init(sha, 256);
    while (ret >= 0 && got) {
        got = fread(buffer, 1, PIECE, file);
        av_sha_update(sha, buffer, (unsigned)got);
        if (ferror(file))
            ret = AVERROR(EIO);
        else if (i2v_interrupted(interrupt))
            ret = AVERROR(EINTR);
    }
    if (ret >= 0) {
        av_sha_final(sha, digest);
        digest_hex(digest, sizeof(digest), text);
    }
    if (file)
        fclose(file);
    av_free(buffer);
    av_free(sha);
    return ret;
}
