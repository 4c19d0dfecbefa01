/* i2v: SHA-256 of bytes as they pass, of what is in memory, and of files
 * SPDX-License-Identifier: LGPL-2.1-or-later */
/* SHA256_Init() and its kin are marked as deprecated since OpenSSL 3, and are meant here:
 * the first EVP call of a process loads configuration and providers, which is a seventh
 * of what serving a stored clip costs, and the host's business. */
#define OPENSSL_API_COMPAT 0x10101000L

#include "base/digest.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/compat.h"

struct Digest {
    SHA256_CTX sha;
};

Digest *digest_begin(void)
{
    Digest *digest = av_malloc(sizeof(*digest));

    if (digest)
        SHA256_Init(&digest->sha);
    return digest;
}

void digest_update(Digest *digest, const void *data, size_t size)
{
    SHA256_Update(&digest->sha, data, size);
}

void digest_finish(Digest **digest, uint8_t bytes[DIGEST_SIZE])
{
    if (bytes && *digest)
        SHA256_Final(bytes, &(*digest)->sha);
    av_freep(digest);
}

void digest_bytes(const void *data, size_t size, uint8_t bytes[DIGEST_SIZE])
{
    Digest digest;

    SHA256_Init(&digest.sha);
    SHA256_Update(&digest.sha, data, size);
    SHA256_Final(bytes, &digest.sha);
}

int digest_text(const void *data, size_t size, char *text)
{
    uint8_t bytes[DIGEST_SIZE];

    digest_bytes(data, size, bytes);
    digest_hex(bytes, sizeof(bytes), text);
    return 0;
}

int digest_file(const char *path, const AVIOInterruptCB *interrupt, char *text)
{
    enum { PIECE = 1 << 16 };
    uint8_t bytes[DIGEST_SIZE], *buffer = av_malloc(PIECE);
    Digest *digest = digest_begin();
    FILE *file = fopen(path, "re");
    int ret = !buffer || !digest ? AVERROR(ENOMEM) : file ? 0 : AVERROR(errno);
    size_t got = 1;

    while (ret >= 0 && got) {
        got = fread(buffer, 1, PIECE, file);
        digest_update(digest, buffer, got);
        if (ferror(file))
            ret = AVERROR(EIO);
        else if (i2v_interrupted(interrupt))
            ret = AVERROR(EINTR);
    }
    digest_finish(&digest, bytes);
    if (ret >= 0)
        digest_hex(bytes, sizeof(bytes), text);
    if (file)
        fclose(file);
    av_free(buffer);
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
