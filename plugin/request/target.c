/* i2v: what size a still must have for its model
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request/steps.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>

#include <libavutil/common.h>
#include <libavutil/error.h>

#include "base/json.h"

/* The shorter side of a clip whose resolution is the model's secret. */
#define USUAL_SIDE 720

#define MAX_SIDE 4096

typedef struct Size {
    int width, height;
} Size;

static int pixels(double size)
{
    return FFMAX((int)lround(size), 1);
}

/* A size of this ratio for a picture: the largest part of it that has it, or for
 * STILL_CONTAIN the smallest frame around it. */
static Size shaped(Size size, double ratio, StillFit fit)
{
    bool wider = (double)size.width / size.height > ratio;
    if (wider == (fit == STILL_CONTAIN))
        size.height = pixels(size.width / ratio);
    else
        size.width = pixels(size.height * ratio);
    return size;
}

/* Within what the model takes of a still. */
static Size limited(const Model *model, Size size, StillFit fit)
{
    double most = model->max_ratio;
    int *longer = size.width > size.height ? &size.width : &size.height;
    int *shorter = size.width > size.height ? &size.height : &size.width;

    if (most > 0 && *longer > most * *shorter) {
        if (fit == STILL_CONTAIN)
            *shorter = (int)ceil(*longer / most);
        else
            *longer = FFMAX((int)floor(*shorter * most), 1);
    }
    if (*shorter < model->min_side) {
        *longer = (int)FFMIN((int64_t)*longer * model->min_side / *shorter, INT_MAX);
        *shorter = model->min_side;
    }
    return size;
}

/* A frame made for a still need not be larger than any clip. */
static Size moderate(Size size)
{
    int longer = FFMAX(size.width, size.height);
    if (longer > MAX_SIDE) {
        size.width = FFMAX((int)((int64_t)size.width * MAX_SIDE / longer), 1);
        size.height = FFMAX((int)((int64_t)size.height * MAX_SIDE / longer), 1);
    }
    return size;
}

static int refuse_as_it_is(const Request *r, const char *option, Size size, Outcome *out)
{
    const Model *model = r->model;
    if (FFMIN(size.width, size.height) < model->min_side)
        return outcome_refuse(
            out,
            "The option fit=none sends %s of %dx%d, but %s takes none whose shorter "
            "side is below %d pixels.",
            option, size.width, size.height, r->model_name, model->min_side);
    return outcome_refuse(
        out,
        "The option fit=none sends %s of %dx%d, but %s takes none whose longer "
        "side is more than %g times the shorter.",
        option, size.width, size.height, r->model_name, model->max_ratio);
}

static int settle_ratio(Request *r, const Still *still)
{
    if (!r->ratio_is_auto || !r->model || !r->model->aspect_ratios[0])
        return 0;
    const char *ratio =
        still ? model_nearest_ratio(r->model, still_width(still), still_height(still))
        : r->model->follows ? r->model->follows
                            : r->model->aspect_ratios[0];
    if (!ratio) // of the service's words for shapes none is known
        return 0;
    return cJSON_AddStringToObject(r->fields, r->model->ratio_field, ratio)
               ? 0
               : AVERROR(ENOMEM);
}

/* What a still must become; 0 x 0 when it may stay as it is. */
static int settle_target(const Request *r, const Still *still, const char *option,
                         StillTarget *target, Outcome *out)
{
    const char *ratio_text = json_text(r->fields, r->model->ratio_field);
    Size own = {still_width(still), still_height(still)}, size = own, fit;
    double ratio;

    if (target->fit == STILL_NONE && !r->model->exact) {
        fit = limited(r->model, own, STILL_COVER);
        return fit.width == own.width && fit.height == own.height
                   ? 0
                   : refuse_as_it_is(r, option, own, out);
    }
    if (r->width)
        size = (Size){r->width, r->height};
    else if (ratio_text && model_parse_ratio(ratio_text, &ratio))
        size = shaped(own, ratio, target->fit);
    fit = limited(r->model, size, target->fit);
    if (fit.width != own.width || fit.height != own.height || r->width) {
        fit = r->width ? fit : moderate(fit);
        target->width = fit.width;
        target->height = fit.height;
    }
    return 0;
}

/* The clip ends as it began: a last frame of another shape is fitted to the first. */
static void follow_first(const Request *r, const Still *still, const Still *end,
                         StillTarget *target)
{
    Size first = {r->target.width, r->target.height};
    if (!first.width)
        first = (Size){still_width(still), still_height(still)};
    int64_t wide = (int64_t)first.width * still_height(end);
    int64_t tall = (int64_t)first.height * still_width(end);
    if (wide == tall && !r->target.width && !target->width)
        return;
    target->width = first.width;
    target->height = first.height;
}

/* The size that is asked for in place of resolution and ratio. */
static int settle_size(Request *r, const Still *still, Outcome *out)
{
    double ratio = (double)still_width(still) / still_height(still);
    int width, height;
    char size[32];

    if (r->ratio)
        model_parse_ratio(r->ratio, &ratio);
    bool sized = model_parse_size(r->model, r->resolution, &width, &height);
    if (!sized && FFMAX(ratio, 1 / ratio) > MODEL_MAX_RATIO)
        return outcome_refuse(out,
                              "The still has %dx%d pixels, and no clip is longer than "
                              "%.0f:1; set aspect_ratio, or resolution to a size.",
                              still_width(still), still_height(still), MODEL_MAX_RATIO);
    model_frame(r->model, r->resolution, ratio, &r->width, &r->height);
    snprintf(size, sizeof(size), "%dx%d", r->width, r->height);
    return cJSON_AddStringToObject(r->fields, r->model->size_field, size)
               ? 0
               : AVERROR(ENOMEM);
}

int target_settle(Request *r, const Still *still, const Still *end, Outcome *out)
{
    int ret = settle_ratio(r, still);
    if (ret < 0 || !r->model)
        return ret;
    if (r->model->size_field && still && (ret = settle_size(r, still, out)) < 0)
        return ret;
    const char *resolution = json_text(r->fields, "resolution");
    const char *ratio = json_text(r->fields, r->model->ratio_field);
    if (resolution && ratio)
        model_size(r->model, resolution, ratio, &r->width, &r->height);
    if (still)
        ret = settle_target(r, still, "a still", &r->target, out);
    if (ret >= 0 && end)
        ret = settle_target(r, end, "a last frame", &r->end_target, out);
    if (ret >= 0 && still && end && r->end_target.fit != STILL_NONE)
        follow_first(r, still, end, &r->end_target);
    return ret;
}

void request_clip_size(const Request *r, const Still *still, int *width, int *height)
{
    const char *resolution = json_text(r->fields, "resolution");
    const char *text =
        json_text(r->fields, r->model ? r->model->ratio_field : "aspect_ratio");
    int side = resolution ? model_short_side(resolution) : 0;
    double ratio = (double)still_width(still) / still_height(still);

    if (!side)
        side = r->model && r->model->side ? r->model->side : USUAL_SIDE;
    if (r->target.width)
        ratio = (double)r->target.width / r->target.height;
    if (text && !r->target.width)
        model_parse_ratio(text, &ratio);
    *width = r->width ? r->width : pixels(side * FFMAX(ratio, 1));
    *height = r->height ? r->height : pixels(side / FFMIN(ratio, 1));
    *width += *width & 1;
    *height += *height & 1;
}
