/* i2v: a part of a clip (inside made)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_TRIM_H
#define I2V_TRIM_H

#include "base/outcome.h"
#include "made/write.h"

/**
 * Copy the part of a clip between two times. Packets are copied as they are, from the key
 * frame before the part on; an edit list hides what stands before and behind it, so that
 * a player shows just these frames.
 * @param start,end  seconds; end below 0 = that of the clip
 * @param tags       metadata beside the clip's own, or NULL
 * @param path       written whole or not at all
 * @param mode       of it, of which the umask takes its part
 * @param interrupt  looked at with each packet, or NULL
 * @return 0, AVERROR(EINVAL) when the part begins behind the clip's end, AVERROR(EINTR),
 * or another negative AVERROR; after one sentence on `out`, but for AVERROR(EINTR).
 * Thread-safe
 */
int trim_copy(const char *clip, double start, double end, const AVDictionary *tags,
              const char *path, mode_t mode, const AVIOInterruptCB *interrupt,
              Outcome *out);

/** The time of the last key frame of the video at or before `start`, in seconds: where a
 * copy of the part begins.
 * @return 0, or a negative AVERROR, nothing said */
int trim_find_key(const char *clip, double start, double *key);

#endif
