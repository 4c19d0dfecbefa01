/* i2v: SHA-256 of bytes as they pass, of what is in memory, and of files
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/digest.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/compat.h"

Digest *digest_begin(void)
{
    Digest *digest = EVP_MD_CTX_new();

    if (digest && !EVP_DigestInit_ex(digest, EVP_sha256(), NULL))
        digest_finish(&digest, NULL);
    return digest;
}

int digest_update(Digest *digest, const void *data, size_t size)
{
    return EVP_DigestUpdate(digest, data, size) ? 0 : AVERROR_EXTERNAL;
}

int digest_finish(Digest **digest, uint8_t bytes[DIGEST_SIZE])
{
    int ret = bytes && !EVP_DigestFinal_ex(*digest, bytes, NULL) ? AVERROR_EXTERNAL : 0;

    EVP_MD_CTX_free(*digest);
    *digest = NULL;
    return ret;
}

int digest_bytes(const void *data, size_t size, uint8_t bytes[DIGEST_SIZE])
{
    return EVP_Digest(data, size, bytes, NULL, EVP_sha256(), NULL) ? 0 : AVERROR(ENOMEM);
}

int digest_text(const void *data, size_t size, char *text)
{
    uint8_t bytes[DIGEST_SIZE];
    int ret = digest_bytes(data, size, bytes);

    if (ret >= 0)
        digest_hex(bytes, sizeof(bytes), text);
    return ret;
}

static int digest_rest(FILE *file, const AVIOInterruptCB *interrupt, Digest *digest)
{
    enum { PIECE = 1 << 16 };
    uint8_t *buffer = av_malloc(PIECE);
    size_t got = 1;
    int ret = buffer ? 0 : AVERROR(ENOMEM);

    while (ret >= 0 && got) {
        got = fread(buffer, 1, PIECE, file);
        ret = ferror(file)                 ? AVERROR(EIO)
              : i2v_interrupted(interrupt) ? AVERROR(EINTR)
                                           : digest_update(digest, buffer, got);
    }
    av_free(buffer);
    return ret;
}

int digest_file(const char *path, const AVIOInterruptCB *interrupt, char *text)
{
    uint8_t bytes[DIGEST_SIZE];
    Digest *digest;
    FILE *file = fopen(path, "re");
    int ret;

    if (!file)
        return AVERROR(errno);
    if (!(digest = digest_begin())) {
        ret = AVERROR(ENOMEM);
    } else if ((ret = digest_rest(file, interrupt, digest)) < 0) {
        digest_finish(&digest, NULL);
    } else if ((ret = digest_finish(&digest, bytes)) >= 0) {
        digest_hex(bytes, sizeof(bytes), text);
    }
    fclose(file);
    return ret;
}

int digest_keyed(const char *key, const char *text, uint8_t bytes[DIGEST_SIZE])
{
    size_t size = strlen(key);

    if (size > INT_MAX)
        return AVERROR(EINVAL);
    return HMAC(EVP_sha256(), key, (int)size, (const uint8_t *)text, strlen(text), bytes,
                NULL)
               ? 0
               : AVERROR(ENOMEM);
}

void digest_hex(const uint8_t *bytes, size_t size, char *text)
{
    for (size_t i = 0; i < size; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}
