/* i2v: SHA-256 of bytes as they pass, of what is in memory, and of files
 * SPDX-License-Identifier: LGPL-2.1-or-later */
/* SHA256_Init() and its kin are marked as deprecated since OpenSSL 3, and are meant here:
 * the first EVP call of a process loads configuration and providers, which is a seventh
 * of what serving a stored clip costs, and the host's business. */
#define OPENSSL_API_COMPAT 0x10101000L

#include "base/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <libavutil/common.h>
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

void digest_peek(const Digest *digest, uint8_t bytes[DIGEST_SIZE])
{
    SHA256_CTX copy = digest->sha;

    SHA256_Final(bytes, &copy);
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

void digest_text(const void *data, size_t size, char *text)
{
    uint8_t bytes[DIGEST_SIZE];

    digest_bytes(data, size, bytes);
    digest_hex(bytes, sizeof(bytes), text);
}

int64_t digest_descriptor(Digest *digest, int fd, const AVIOInterruptCB *interrupt)
{
    uint8_t buffer[1 << 14];
    int64_t at = 0;
    ssize_t got;

    while ((got = pread(fd, buffer, sizeof(buffer), (off_t)at)) > 0) {
        digest_update(digest, buffer, (size_t)got);
        at += got;
        if (i2v_interrupted(interrupt))
            return AVERROR(EINTR);
    }
    return got < 0 ? AVERROR(errno) : at;
}

int digest_file(const char *path, const AVIOInterruptCB *interrupt, char *text)
{
    uint8_t bytes[DIGEST_SIZE];
    Digest digest;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return AVERROR(errno);
    SHA256_Init(&digest.sha);
    int64_t ret = digest_descriptor(&digest, fd, interrupt);
    SHA256_Final(bytes, &digest.sha);
    if (ret >= 0)
        digest_hex(bytes, sizeof(bytes), text);
    close(fd);
    return (int)FFMIN(ret, 0);
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
