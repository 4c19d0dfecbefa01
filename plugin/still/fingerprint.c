/* i2v: whether a still's content is what it was, without decoding it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <libavutil/murmur3.h>

#include "base/digest.h"
#include "still/parts.h"

int still_fingerprint_of(const StillBytes *bytes,
                         char fingerprint[STILL_FINGERPRINT_SIZE])
{
    struct AVMurMur3 *hash;
    uint8_t digest[16];

    fingerprint[0] = '\0';
    if (!bytes->buf)
        return 0;
    if (!(hash = av_murmur3_alloc()))
        return AVERROR(ENOMEM);
    av_murmur3_init(hash);
    av_murmur3_update(hash, bytes->buf->data, (I2VBufferSize)bytes->size);
    av_murmur3_final(hash, digest);
    av_free(hash);
    digest_hex(digest, sizeof(digest), fingerprint);
    return 0;
}

int still_matches(const StillSource *source, const char *fingerprint)
{
    char now[STILL_FINGERPRINT_SIZE], *label = still_label(source->image);
    StillBytes bytes = {.fd = -1};
    int ret = label ? still_bytes_load(source, label, &bytes) : AVERROR(ENOMEM);

    if (ret >= 0)
        ret = still_fingerprint_of(&bytes, now);
    if (ret >= 0)
        ret = now[0] && !strcmp(now, fingerprint);
    still_bytes_clear(&bytes);
    av_free(label);
    return ret;
}
