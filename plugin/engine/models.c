/* i2v: what each known model takes
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/models.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/common.h>

#include "base/text.h"

/* "openai/sora-2-i2v" is known as "sora-2-i2v" too. */
static bool is_named(const Model *model, const char *name)
{
    const char *bare = strchr(model->name, '/');
    return !strcmp(model->name, name) || (bare && !strcmp(bare + 1, name)) ||
           (model->alias && !strcmp(model->alias, name));
}

const Model *model_find(const Model *models, const char *name)
{
    for (const Model *model = models; model->name; model++)
        if (is_named(model, name))
            return model;
    return NULL;
}

const ModelField *model_field(const Model *model, const char *name)
{
    for (const ModelField *field = model->fields; field && field->name; field++)
        if (!strcmp(field->name, name))
            return field;
    return NULL;
}

bool model_is_learned(const Model *model)
{
    return model->schema && !model->row;
}

bool model_path_is(const char *path, const char *name)
{
    size_t size = strlen(name);
    return !strncmp(path, name, size) && strchr(".[", path[size]);
}

void model_path_field(const char *path, char *name, size_t size)
{
    av_strlcpy(name, path, FFMIN(strcspn(path, ".[") + 1, size));
}

bool model_takes_duration(const Model *model, int seconds)
{
    for (const int *d = model->durations; *d; d++)
        if (*d == seconds)
            return true;
    return seconds > 0 && seconds >= model->shortest && seconds <= model->longest;
}

int model_short_side(const char *resolution)
{
    static const struct {
        const char *name;
        int side;
    } names[] = {{"hd", 720}, {"fhd", 1080}, {"2K", 1440}, {"4k", 2160}};
    char *end;
    long side = strtol(resolution, &end, 10);

    for (size_t i = 0; i < FF_ARRAY_ELEMS(names); i++)
        if (!strcmp(names[i].name, resolution))
            return names[i].side;
    return (!strcmp(end, "p") || !strcmp(end, "P")) && side > 0 && side < 10000
               ? (int)side
               : 0;
}

bool model_parse_ratio(const char *text, double *ratio)
{
    double w, h;
    int size = 0;
    if (sscanf(text, "%lf:%lf%n", &w, &h, &size) != 2 || text[size] || !(w > 0) ||
        !(h > 0) || !isfinite(w / h))
        return false;
    *ratio = w / h;
    return true;
}

static int even(double size)
{
    return (int)lround(size / 2) * 2;
}

bool model_size(const Model *model, const char *resolution, const char *aspect_ratio,
                int *width, int *height)
{
    int side = model_short_side(resolution);
    double ratio;

    for (const ModelSize *size = model->sizes; size && size->width; size++) {
        if (!strcmp(size->resolution, resolution) &&
            !strcmp(size->aspect_ratio, aspect_ratio)) {
            *width = size->width;
            *height = size->height;
            return true;
        }
    }
    if (model->sizes || !side || !text_is_listed(resolution, model->resolutions) ||
        !text_is_listed(aspect_ratio, model->aspect_ratios) ||
        !model_parse_ratio(aspect_ratio, &ratio))
        return false;
    *width = ratio >= 1 ? even(side * ratio) : side;
    *height = ratio >= 1 ? side : even(side / ratio);
    return true;
}

bool model_parse_size(const Model *model, const char *text, int *width, int *height)
{
    int size = 0;

    return av_isdigit(*text) && sscanf(text, "%5dx%5d%n", width, height, &size) == 2 &&
           !text[size] && *width > 0 && *height > 0 && !(*width % model->size_step) &&
           !(*height % model->size_step);
}

static int stepped(double side, int step)
{
    return FFMAX((int)lround(side / step), 1) * step;
}

bool model_frame(const Model *model, const char *resolution, double ratio, int *width,
                 int *height)
{
    int side = model_short_side(resolution), step = model->size_step;
    double wide = FFMAX(ratio, 1 / ratio);

    if (model_parse_size(model, resolution, width, height))
        return true;
    if (!side)
        return false;
    int shorter = stepped(side, step), longer = stepped(side * wide, step);
    /* What the open models were trained on. */
    if (side == 480 && fabs(wide - 16 / 9.0) < 0.02)
        longer = 832;
    *width = ratio >= 1 ? longer : shorter;
    *height = ratio >= 1 ? shorter : longer;
    return true;
}

const char *model_nearest_ratio(const Model *model, int width, int height)
{
    const char *nearest = model->follows;
    double best = 0, best_ratio = 0, ratio;

    const char *const *names = (model->row ? model->row : model)->aspect_ratios;
    for (const char *const *name = names; *name && !model->follows; name++) {
        if (!model_parse_ratio(*name, &ratio) ||
            !text_is_listed(*name, model->aspect_ratios))
            continue;
        double distance = fabs(log(ratio) - log((double)width / height));
        /* Of 16:9 and 9:16 a square still is equally far, but for rounding. */
        bool nearer = distance < best - 1e-9;
        bool as_near = distance < best + 1e-9;
        if (!nearest || nearer || (as_near && ratio > best_ratio)) {
            nearest = *name;
            best = distance;
            best_ratio = ratio;
        }
    }
    return nearest;
}

void model_list_names(const char *const *names, AVBPrint *list)
{
    for (int i = 0; names[i]; i++)
        av_bprintf(list, "%s%s", !i ? "" : names[i + 1] ? ", " : " or ", names[i]);
}

void model_list_durations(const Model *model, AVBPrint *list)
{
    for (int i = 0; model->durations[i]; i++)
        av_bprintf(list, "%s%d",
                   !i                        ? ""
                   : model->durations[i + 1] ? ", "
                                             : " or ",
                   model->durations[i]);
    if (model->longest)
        av_bprintf(list, "%d to %d", model->shortest, model->longest);
}

void model_list_values(const ModelField *field, AVBPrint *list)
{
    if (field->words) {
        model_list_names(field->words, list);
        return;
    }
    av_bprintf(list, "%s%s", field->type == MODEL_BOOL ? "" : "a ",
               model_type_name(field->type));
    if (field->min != 0 || field->max != 0)
        av_bprintf(list, " from %.10g to %.10g", field->min, field->max);
    if (field->longest)
        av_bprintf(list, " of at most %d %s", field->longest,
                   field->type == MODEL_LIST ? "items" : "characters");
}

const char *model_type_name(ModelFieldType type)
{
    static const char *const names[] = {
        [MODEL_TEXT] = "text",
        [MODEL_URL] = "URL",
        [MODEL_INTEGER] = "whole number",
        [MODEL_NUMBER] = "number",
        [MODEL_BOOL] = "true or false",
        [MODEL_LIST] = "JSON list",
        [MODEL_OBJECT] = "JSON object",
        [MODEL_ANY] = "JSON value",
    };
    return names[type];
}
