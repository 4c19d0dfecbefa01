/* i2v: the stand-in gateway: the servers that speak the Videos API, and how they differ.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "videos.h"

#include <string.h>

static const Profile profiles[] = {
    {.name = "vllm-omni",
     .model = "Wan-AI/Wan2.2-I2V-A14B-Diffusers",
     .id = "video_gen_%.32s",
     .words = {"queued", "in_progress", "in_progress"},
     .created = 200,
     .errors = ERROR_NESTED,
     .checks_model = 1,
     .checks_image = 1,
     .failed_status = 500,
     .rows_have_prompts = 1,
     .early = 404,
     .failed = 422,
     .has_delete = 1,
     .aborts = 1},
    {.name = "sglang",
     .model = "sora-2",
     .id = "%.8s-%.4s-%.4s-%.4s-%.12s",
     .words = {"queued", "queued", "queued"},
     .created = 200,
     .errors = ERROR_DETAIL,
     .takes_json = 1,
     .needs_image = 1,
     .ignores_key = 1,
     .failed_status = 200,
     .sends_early = 1,
     .early = 404,
     .failed = 404,
     .has_delete = 1},
    {.name = "fastvideo",
     .model = "FastVideo/FastWan2.1-T2V-1.3B-Diffusers",
     .id = "%.32s",
     .words = {"queued", "queued", "queued"},
     .created = 200,
     .errors = ERROR_DETAIL,
     .takes_json = 1,
     .ignores_key = 1,
     .failed_status = 200,
     .sends_early = 1,
     .early = 404,
     .failed = 500,
     .has_delete = 1},
    {.name = "tensorrt-llm",
     .model = "Wan-AI/Wan2.2-I2V-A14B-Diffusers",
     .id = "video_%.32s",
     .words = {"queued", "generating", "postprocessing"},
     .created = 202,
     .errors = ERROR_FLAT,
     .takes_json = 1,
     .checks_image = 1,
     .failed_status = 200,
     .rows_have_prompts = 1,
     .early = 400,
     .failed = 400,
     .has_delete = 1,
     .aborts = 1},
    {.name = "litellm",
     .model = "wan",
     .id = "video_gen_%.32s", /* within the proxy's own */
     .words = {"queued", "in_progress", "in_progress"},
     .created = 200,
     .errors = ERROR_NESTED,
     .takes_json = 1,
     .needs_model = 1,
     .checks_image = 1,
     .needs_key = 1,
     .failed_status = 200,
     .early = 404,
     .failed = 422,
     .ignores_range = 1},
};

#define NB_PROFILES (sizeof(profiles) / sizeof(*profiles))

const Profile *profile_find(const char *name)
{
    for (size_t i = 0; i < NB_PROFILES; i++)
        if (!strcmp(profiles[i].name, name))
            return &profiles[i];
    return NULL;
}

const char *profile_names(void)
{
    return "vllm-omni, sglang, fastvideo, tensorrt-llm or litellm";
}
