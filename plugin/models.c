/* i2v: what each known model takes
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "models.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/common.h>

#define HD_SIZES                                                          \
    {                                                                     \
        {"720p", "16:9", 1280, 720}, {"720p", "9:16", 720, 1280},         \
            {"1080p", "16:9", 1920, 1080}, {"1080p", "9:16", 1080, 1920}, \
    }

/* Sources: the gateway's documented request schemas, one page a model. */
static const Model models[] = {
    {
        /* video-models/OpenAi/sora-2-i2v */
        .name = "openai/sora-2-i2v",
        .alias = "sora-2-i2v",
        .image_field = "image_url",
        .durations = {4, 8, 12},
        .duration = 4,
        .resolutions = {"720p"},
        .resolution = "720p",
        .aspect_ratios = {"16:9", "9:16"},
        .sizes = {{"720p", "16:9", 1280, 720}, {"720p", "9:16", 720, 1280}},
        .exact = true,
        .latency = 90,
    },
    {
        /* video-models/google/veo-3.1-image-to-video-fast */
        .name = "google/veo-3.1-i2v-fast",
        .image_field = "image_url",
        .durations = {4, 6, 8},
        .duration = 8,
        .resolutions = {"720p", "1080p"},
        .resolution = "1080p",
        .aspect_ratios = {"16:9", "9:16"},
        .sizes = HD_SIZES,
        .min_side = 720,
        .latency = 60,
    },
    {
        /* video-models/alibaba-cloud/wan-2-7-i2v */
        .name = "alibaba/wan-2-7-i2v",
        .image_field = "image_url",
        .durations = {5, 10, 15},
        .duration = 10,
        .resolutions = {"720p", "1080p"},
        .resolution = "1080p",
        .latency = 64,
    },
};

const Model *model_find(const char *name)
{
    for (size_t i = 0; i < FF_ARRAY_ELEMS(models); i++)
        if (!strcmp(models[i].name, name) ||
            (models[i].alias && !strcmp(models[i].alias, name)))
            return &models[i];
    return NULL;
}

const ModelSize *model_size(const Model *model, const char *resolution,
                            const char *aspect_ratio)
{
    for (const ModelSize *size = model->sizes; size->width; size++)
        if (!strcmp(size->resolution, resolution) &&
            !strcmp(size->aspect_ratio, aspect_ratio))
            return size;
    return NULL;
}

const char *model_nearest_ratio(const Model *model, int width, int height)
{
    const char *nearest = NULL;
    double best = 0, best_ratio = 0;

    for (const char *const *name = model->aspect_ratios; *name; name++) {
        double w, h;
        if (sscanf(*name, "%lf:%lf", &w, &h) != 2)
            continue;
        double distance = fabs(log(w / h) - log((double)width / height));
        /* Of 16:9 and 9:16 a square still is equally far, but for rounding. */
        bool nearer = distance < best - 1e-9;
        bool as_near = distance < best + 1e-9;
        if (!nearest || nearer || (as_near && w / h > best_ratio)) {
            nearest = *name;
            best = distance;
            best_ratio = w / h;
        }
    }
    return nearest;
}
