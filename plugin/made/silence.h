/* i2v: a clip without sound given a silent track (inside made)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_SILENCE_H
#define I2V_SILENCE_H

#include <libavformat/avio.h>

#include "base/outcome.h"

/**
 * Copy an MP4 that has no audio, with a silent track of 48 kHz stereo AAC as long as its
 * video. The packets of video are copied as they are, with their times and what the file
 * says of them; what is no video is left out.
 * @param clip       the MP4
 * @param path       written whole or not at all, mode 0600; may be `clip` itself
 * @param interrupt  looked at with each packet, or NULL
 * @return 0, AVERROR(EINVAL) when it has audio already, AVERROR(EINTR), or another
 * negative AVERROR; after one sentence on `out`, but for AVERROR(EINTR). Thread-safe
 */
int silence_add(const char *clip, const char *path, const AVIOInterruptCB *interrupt,
                Outcome *out);

#endif
