/* i2v: how a still of another shape meets the size it must have
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/log.h>

#include "still/parts.h"

static const char *position_name(StillPosition position)
{
    static const char *const names[] = {
        [STILL_CENTER] = "center", [STILL_TOP] = "top",     [STILL_BOTTOM] = "bottom",
        [STILL_LEFT] = "left",     [STILL_RIGHT] = "right",
    };
    return names[position];
}

/* a * b / c to the nearest, the lower one of two equally near, at least 1. */
static int rescale(int a, int b, int c)
{
    int64_t value = (2 * (int64_t)a * b + c - 1) / (2 * (int64_t)c);
    return (int)av_clip64(value, 1, INT32_MAX);
}

/* Where something lies that leaves `room` free in this direction. */
static int offset(int room, StillPosition position, StillPosition first,
                  StillPosition last)
{
    return position == first ? 0 : position == last ? room : room / 2;
}

/* The largest part of width x height that has the target's shape. */
static void largest_part(int width, int height, const StillTarget *target, int *w, int *h)
{
    *w = FFMIN(width, rescale(height, target->width, target->height));
    *h = FFMIN(height, rescale(width, target->height, target->width));
}

static void cover(const Still *still, const StillTarget *target, StillGeometry *g,
                  Outcome *out)
{
    int w, h, upright_w = g->crop_w, upright_h = g->crop_h;

    largest_part(still->known.width, still->known.height, target, &w, &h);
    g->crop_w = FFMIN(upright_w, rescale(w, upright_w, still->known.width));
    g->crop_h = FFMIN(upright_h, rescale(h, upright_h, still->known.height));
    g->crop_x = offset(upright_w - g->crop_w, target->position, STILL_LEFT, STILL_RIGHT);
    g->crop_y = offset(upright_h - g->crop_h, target->position, STILL_TOP, STILL_BOTTOM);
    if (still->known.width - w > 1 || still->known.height - h > 1)
        outcome_say(
            out, AV_LOG_WARNING,
            "still %dx%d is cut to %dx%d to fill %dx%d (fit=cover, fit_position=%s)",
            still->known.width, still->known.height, w, h, target->width, target->height,
            position_name(target->position));
}

static void contain(const Still *still, const StillTarget *target, StillGeometry *g,
                    Outcome *out)
{
    int w = FFMIN(target->width,
                  rescale(still->known.width, target->height, still->known.height));
    int h = FFMIN(target->height,
                  rescale(still->known.height, target->width, still->known.width));

    if (target->width - w <= 1 && target->height - h <= 1)
        return;
    g->scale_w = w;
    g->scale_h = h;
    g->pad_x = offset(target->width - w, target->position, STILL_LEFT, STILL_RIGHT);
    g->pad_y = offset(target->height - h, target->position, STILL_TOP, STILL_BOTTOM);
    outcome_say(out, AV_LOG_WARNING,
                "still %dx%d is padded with black to %dx%d, of which it takes %dx%d "
                "(fit=contain, fit_position=%s)",
                still->known.width, still->known.height, target->width, target->height, w,
                h, position_name(target->position));
}

static void fill(const Still *still, const StillTarget *target, Outcome *out)
{
    int w, h;

    largest_part(still->known.width, still->known.height, target, &w, &h);
    if (still->known.width - w > 1 || still->known.height - h > 1)
        outcome_say(out, AV_LOG_WARNING, "still %dx%d is stretched to %dx%d (fit=fill)",
                    still->known.width, still->known.height, target->width,
                    target->height);
}

int still_geometry(const Still *still, const StillTarget *target, Outcome *out,
                   StillGeometry *geometry)
{
    bool turned = still->orientation > 4;
    const AVFrame *frame = still->frame; // what is only known is not cut
    int w = frame ? frame->width : 0, h = frame ? frame->height : 0;

    if (target->width < 0 || target->height < 0 || !target->width != !target->height)
        return AVERROR(EINVAL);
    *geometry = (StillGeometry){
        .crop_w = turned ? h : w,
        .crop_h = turned ? w : h,
        .width = target->width ? target->width : still->known.width,
        .height = target->height ? target->height : still->known.height,
    };
    geometry->scale_w = geometry->width;
    geometry->scale_h = geometry->height;
    if (!target->width)
        return 0;
    if (target->fit == STILL_COVER) {
        cover(still, target, geometry, out);
    } else if (target->fit == STILL_CONTAIN) {
        contain(still, target, geometry, out);
    } else if (target->fit == STILL_FILL) {
        fill(still, target, out);
    } else if (still->known.width != target->width ||
               still->known.height != target->height)
        return outcome_fail(
            out, FAILURE_REQUEST, AVERROR(EINVAL),
            "still is %dx%d but must be %dx%d with fit=none; fit=cover, contain or fill "
            "would make it so",
            still->known.width, still->known.height, target->width, target->height);
    return 0;
}
