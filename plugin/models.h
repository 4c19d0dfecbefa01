/* i2v: what each known model takes
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_MODELS_H
#define I2V_MODELS_H

#include <stdbool.h>

/** Most values a model offers of one thing. */
#define MODEL_CHOICES 8

/** The pixels of a clip, and so of its still, at one resolution and aspect ratio. */
typedef struct ModelSize {
    const char *resolution;
    const char *aspect_ratio;
    int width, height;
} ModelSize;

/** One model: data, no code. Lists end with 0 or NULL; all static. */
typedef struct Model {
    const char *name;
    const char *alias; ///< another name of the same, or NULL
    const char *image_field;
    int durations[MODEL_CHOICES]; ///< seconds
    int duration;                 ///< default, seconds
    const char *resolutions[MODEL_CHOICES];
    const char *resolution;                   ///< default
    const char *aspect_ratios[MODEL_CHOICES]; ///< empty: the clip follows the still
    ModelSize sizes[MODEL_CHOICES];           ///< empty: any still is taken
    bool exact;                               ///< the still must have exactly that size
    int min_side; ///< pixels of the still's shorter side, at least
    int latency;  ///< seconds a generation typically takes
} Model;

/** The row of a model by its name or alias, or NULL when it is not in the table. */
const Model *model_find(const char *name);

/** The size at a resolution and aspect ratio, or NULL when the model has none. */
const ModelSize *model_size(const Model *model, const char *resolution,
                            const char *aspect_ratio);

/** The supported aspect ratio nearest to a still's, the landscape one of two equally
 * near; NULL when the model takes none. */
const char *model_nearest_ratio(const Model *model, int width, int height);

#endif
