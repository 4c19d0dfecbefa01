/* i2v: what servers in OpenAI's style take, whatever model they run
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/openai.h"

#include <stddef.h>

#define FIELD(name, type, min, max)         \
    {                                       \
        name, type, min, max, 0, NULL, NULL \
    }

static const char *const one[] = {"1", NULL};

/* Beside those that options set. A server passes over what its model has no use for, and
 * what is not here is sent as it is given. */
static const ModelField fields[] = {
    FIELD("negative_prompt", MODEL_TEXT, 0, 0),
    FIELD("seed", MODEL_INTEGER, 0, 0),
    FIELD("fps", MODEL_NUMBER, 1, 240),
    FIELD("num_frames", MODEL_INTEGER, 1, 100000),
    FIELD("num_inference_steps", MODEL_INTEGER, 1, 1000),
    FIELD("guidance_scale", MODEL_NUMBER, 0, 100),
    FIELD("guidance_scale_2", MODEL_NUMBER, 0, 100),
    FIELD("true_cfg_scale", MODEL_NUMBER, 0, 100),
    FIELD("boundary_ratio", MODEL_NUMBER, 0, 1),
    FIELD("flow_shift", MODEL_NUMBER, 0, 0),
    FIELD("sound_duration", MODEL_NUMBER, 0, 0),
    FIELD("max_sequence_length", MODEL_INTEGER, 1, 1000000),
    FIELD("conditioning_strength", MODEL_NUMBER, 0, 1),
    FIELD("output_compression", MODEL_INTEGER, 0, 100),
    FIELD("enable_teacache", MODEL_BOOL, 0, 0),
    FIELD("enable_upscaling", MODEL_BOOL, 0, 0),
    FIELD("enable_frame_interpolation", MODEL_BOOL, 0, 0),
    FIELD("frame_interpolation_exp", MODEL_INTEGER, 1, 8),
    FIELD("frame_interpolation_scale", MODEL_NUMBER, 0, 0),
    FIELD("lora", MODEL_OBJECT, 0, 0),
    FIELD("extra_params", MODEL_OBJECT, 0, 0),
    FIELD("extra_body", MODEL_OBJECT, 0, 0),
    /* One request is one clip. */
    {"n", MODEL_INTEGER, 0, 0, 0, one, NULL},
    {"num_outputs_per_prompt", MODEL_INTEGER, 0, 0, 0, one, NULL},
    {0},
};

const Model openai_any_model = {
    .name = "default",
    .image_field = "input_reference",
    .ratio_field = "aspect_ratio",
    .duration_field = "seconds",
    .size_field = "size",
    .size_step = 16, /* of the models that the servers run */
    .resolution = "480p",
    .audio_field = "generate_sound",
    .audio = MODEL_AUDIO_OFF,
    .shortest = 1,
    .longest = 3600,
    .duration = 5,
    .exact = true,
    .fields = fields,
};
