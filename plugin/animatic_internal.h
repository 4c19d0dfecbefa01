/* i2v: what the files of the animatic share
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_ANIMATIC_INTERNAL_H
#define I2V_ANIMATIC_INTERNAL_H

#include <stdint.h>

#include <libavutil/frame.h>

#include "animatic.h"

/** Text on a darkened box, ready to be laid over frames of 4:2:0. A sample becomes
 * (sample * keep + add) / 256. */
typedef struct AnimaticLabel {
    int x, y, width, height; ///< pixels, all even; nothing when width is 0
    uint16_t *keep[2];       ///< of luma, and of both chroma planes
    uint16_t *add[2];
} AnimaticLabel;

enum { ANIMATIC_STAMP, ANIMATIC_CAPTION, ANIMATIC_LABELS };

/** Draw stamp and caption of a plan for a clip of this size. Where that fails there are
 * no labels, and a warning was given on `log`.
 * @return 0 or AVERROR(ENOMEM) */
int animatic_labels_make(const AnimaticPlan *plan, int width, int height, void *log,
                         AnimaticLabel labels[ANIMATIC_LABELS]);
void animatic_labels_clear(AnimaticLabel labels[ANIMATIC_LABELS]);
/** Lay them over a frame, which is writable. */
void animatic_labels_apply(const AnimaticLabel labels[ANIMATIC_LABELS], AVFrame *frame);

/** A picture to move into. */
typedef struct AnimaticZoom AnimaticZoom;

/** Fit a picture into a frame of this size: 4:2:0, BT.709, limited range, black bars. */
int animatic_fit(const AVFrame *picture, int width, int height, AVFrame **fitted);

/** @param fitted  borrowed until animatic_zoom_free()
 * @return NULL without memory */
AnimaticZoom *animatic_zoom_alloc(const AVFrame *fitted);
/** Show the picture's middle `factor` times as large; 1 is the picture itself.
 * @param out  a writable frame of the same size and format */
void animatic_zoom(AnimaticZoom *zoom, double factor, AVFrame *out);
void animatic_zoom_free(AnimaticZoom **zoom);

#endif
