/* i2v: a clip made here from a still, in place of a generated one (inside made)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_ANIMATIC_H
#define I2V_ANIMATIC_H

#include <stdbool.h>

#include <libavformat/avio.h>
#include <libavutil/frame.h>
#include <libavutil/rational.h>

#include "base/outcome.h"

typedef enum AnimaticSound {
    ANIMATIC_MUTE,    ///< no audio track
    ANIMATIC_SILENCE, ///< one without a sound
    ANIMATIC_TONE,    ///< one with a soft tone
} AnimaticSound;

/** What to render. Everything is borrowed. */
typedef struct AnimaticPlan {
    const AVFrame *picture; ///< 8-bit RGB
    int width, height;      ///< of the clip, pixels; rounded down to even
    AVRational rate;        ///< frames a second
    double duration;        ///< seconds
    bool moving;            ///< a slow move into the picture; else it stands still
    const char *stamp;      ///< burnt in large near the top, or NULL
    const char *caption; ///< any bytes: burnt in at the bottom, in a few lines, or NULL
    AnimaticSound sound; ///< 48 kHz stereo AAC
} AnimaticPlan;

/**
 * Render an MP4: H.264 where this FFmpeg can, 4:2:0, BT.709, square pixels, a key frame
 * each second, the index in front. It has exactly duration times rate frames, and its
 * sound is as long. A picture of another shape gets black bars. Where no text can be
 * drawn the clip has none, and that is said at AV_LOG_WARNING on `out`.
 * @param path       written whole or not at all, mode 0600
 * @param interrupt  looked at with each frame, or NULL
 * @return 0, AVERROR(EINTR), or another negative AVERROR after one sentence on `out`;
 * thread-safe
 */
int animatic_render(const AnimaticPlan *plan, const char *path,
                    const AVIOInterruptCB *interrupt, Outcome *out);

#endif
