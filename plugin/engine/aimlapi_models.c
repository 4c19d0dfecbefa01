/* i2v: what each known model takes: the table
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sources: the gateway's documented request schemas, one page a model below
 * "video-models/", in the folder that heads its rows; a page that is not called as its
 * model is named with it. What a page does not say is left out here too, but for a
 * length: where a page has none as default it is the shortest. Latencies are those of the
 * pages' samples. Whether a clip has audio is, where there is no switch, as the page says
 * of its sample.
 */
#include "engine/aimlapi.h"

#include <stddef.h>

/* clang-format off */

/* Pieces that pages share */

#define WORDS(...) (const char *const[]){__VA_ARGS__, NULL}
#define COMMON .image_field = "image_url", .ratio_field = "aspect_ratio"
#define SWITCH .audio_field = "generate_audio", .audio = MODEL_AUDIO_ON
#define FLAG(field, off_or_on) {.name = (field), .type = MODEL_BOOL, .value = (off_or_on)}
#define TEXT(field) {.name = (field), .type = MODEL_TEXT}
#define URL(field) {.name = (field), .type = MODEL_URL}
#define LIST(field, most) {.name = (field), .type = MODEL_LIST, .longest = (most)}
#define SEED {.name = "seed", .type = MODEL_INTEGER}
#define CFG_SCALE {.name = "cfg_scale", .type = MODEL_NUMBER, .max = 1}
#define PROVIDER(...) \
    {.name = "provider", .type = MODEL_TEXT, .words = WORDS(__VA_ARGS__), .value = "auto"}
#define END {0}

/* Sora */

static const ModelSize sora_sizes[] = {
    {"720p", "16:9", 1280, 720}, {"720p", "9:16", 720, 1280}, {0},
};
/* At 1080p it is not what the names say. */
static const ModelSize sora_pro_sizes[] = {
    {"720p", "16:9", 1280, 720}, {"720p", "9:16", 720, 1280},
    {"1080p", "16:9", 1792, 1024}, {"1080p", "9:16", 1024, 1792}, {0},
};

/* Veo */

static const ModelField veo_fields[] = {PROVIDER("auto", "google", "fal"), END};
static const ModelField veo_lite_fields[] = {
    {.name = "person_generation", .type = MODEL_TEXT, .words = WORDS("dont_allow", "allow_adult"),
     .value = "allow_adult"},
    END,
};

#define VEO \
    COMMON, SWITCH, \
    .durations = {4, 6, 8}, .duration = 8, \
    .resolutions = {"720p", "1080p"}, .resolution = "1080p", \
    .aspect_ratios = {"16:9", "9:16"}, \
    .min_side = 720, \
    .fields = veo_fields

/* Kling */

#define KLING_PROVIDER PROVIDER("auto", "kling", "klingai", "fal")

static const ModelField kling_v3_fields[] = {
    TEXT("negative_prompt"), CFG_SCALE, LIST("multi_prompt", 0), LIST("elements", 4),
    {.name = "shot_type", .type = MODEL_TEXT, .words = WORDS("customize", "intelligent"),
     .value = "customize"},
    KLING_PROVIDER, END,
};
static const ModelField kling_omni_fields[] = {
    TEXT("negative_prompt"), CFG_SCALE, LIST("multi_prompt", 0), LIST("elements", 4),
    {.name = "shot_type", .type = MODEL_TEXT,
     .words = WORDS("customize", "intelligent", "intelligence"), .value = "customize"},
    KLING_PROVIDER, END,
};
static const ModelField kling_turbo_fields[] = {LIST("multi_prompt", 6), END};
static const ModelField kling_v26_fields[] = {TEXT("negative_prompt"), KLING_PROVIDER, END};
static const ModelField kling_v25_fields[] = {
    TEXT("negative_prompt"), CFG_SCALE, KLING_PROVIDER, END,
};
static const ModelField kling_v21_fields[] = {
    TEXT("negative_prompt"), CFG_SCALE, URL("static_mask"), LIST("dynamic_masks", 6),
    {.name = "camera_control", .type = MODEL_OBJECT}, END,
};
static const ModelField kling_v21_master_fields[] = {
    TEXT("negative_prompt"), CFG_SCALE, URL("static_mask"), LIST("dynamic_masks", 6),
    {.name = "camera_control", .type = MODEL_OBJECT}, KLING_PROVIDER, END,
};
static const ModelField kling_o1_fields[] = {KLING_PROVIDER, END};

#define KLING_V3 \
    COMMON, SWITCH, \
    .end_image_field = "tail_image_url", .prompt_instead = "multi_prompt", \
    .shortest = 3, .longest = 15, .duration = 5
#define KLING_TURBO \
    COMMON, \
    .longest_prompt = 3072, .prompt_instead = "multi_prompt", \
    .shortest = 3, .longest = 15, .duration = 5, \
    .min_side = 300, .max_ratio = 2.5, .max_bytes = 50000000, \
    .fields = kling_turbo_fields
#define KLING_5_10 COMMON, .durations = {5, 10}, .duration = 5

/* Wan */

#define WAN_FIELDS TEXT("negative_prompt"), SEED, FLAG("enhance_prompt", "true")

static const ModelField wan_27_fields[] = {
    {.name = "negative_prompt", .type = MODEL_TEXT, .longest = 500}, SEED,
    FLAG("enhance_prompt", "true"), FLAG("enable_prompt_expansion", "true"),
    FLAG("watermark", "false"), URL("audio_url"), END,
};
static const ModelField wan_26_fields[] = {
    WAN_FIELDS,
    {.name = "shot_type", .type = MODEL_TEXT, .words = WORDS("single", "multi"), .value = "single"},
    URL("audio_url"), END,
};
static const ModelField wan_25_fields[] = {WAN_FIELDS, END};
static const ModelField wan_22_fields[] = {WAN_FIELDS, FLAG("watermark", "false"), END};

#define WAN \
    COMMON, \
    .durations = {5, 10, 15}, .duration = 10, \
    .resolutions = {"720p", "1080p"}

/* Seedance */

#define REFERENCES LIST("image_urls", 9), LIST("video_urls", 3), LIST("audio_urls", 3)

static const ModelField seedance_25_fields[] = {
    SEED, FLAG("watermark", "false"), PROVIDER("auto", "bytedance", "fal"), REFERENCES,
    URL("audio_url"), URL("video_url"), END,
};
static const ModelField seedance_20_fields[] = {
    SEED, FLAG("watermark", "false"),
    PROVIDER("auto", "bytedance", "fal", "tencent_vod"), REFERENCES,
    URL("audio_url"), URL("video_url"), END,
};
static const ModelField seedance_20_fast_fields[] = {
    SEED, PROVIDER("auto", "bytedance", "fal", "tencent_vod"), REFERENCES, END,
};
static const ModelField seedance_15_fields[] = {
    {.name = "seed", .type = MODEL_INTEGER, .value = "-1"},
    FLAG("camera_fixed", "false"), FLAG("watermark", "false"), END,
};
static const ModelField seedance_10_fields[] = { /* spelt so */
    SEED, FLAG("camerafixed", "false"), FLAG("watermark", "false"), END,
};

#define SEEDANCE \
    COMMON, SWITCH, \
    .end_image_field = "last_image_url", \
    .aspect_ratios = {"21:9", "16:9", "4:3", "1:1", "3:4", "9:16"}, \
    .resolution = "720p"
#define SEEDANCE_25 \
    SEEDANCE, \
    .shortest = 4, .longest = 30, .duration = 5, \
    .resolutions = {"480p", "720p"}, \
    .fields = seedance_25_fields
#define SEEDANCE_10 \
    COMMON, \
    .end_image_field = "last_image_url", .audio = MODEL_AUDIO_NEVER, \
    .durations = {5, 10}, .duration = 5, \
    .resolutions = {"480p", "720p", "1080p"}, .resolution = "1080p", \
    .fields = seedance_10_fields

/* MiniMax: the shorter side must exceed 300 pixels, the ratio stay within 5:2. */

static const ModelField hailuo_fields[] = {FLAG("enhance_prompt", "true"), END};
static const ModelField h3_fields[] = {
    LIST("reference_image_urls", 9), LIST("video_urls", 3), LIST("audio_urls", 3), END,
};

#define MINIMAX_STILL .min_side = 301, .max_ratio = 2.49, .max_bytes = 20000000
#define HAILUO \
    COMMON, MINIMAX_STILL, \
    .audio = MODEL_AUDIO_NEVER, .longest_prompt = 2000, \
    .durations = {6, 10}, .duration = 6, \
    .resolutions = {"768P", "1080P"}, .resolution = "768P", \
    .fields = hailuo_fields

/* Runway */

static const ModelField runway_fields[] = {
    {.name = "seed", .type = MODEL_INTEGER, .max = 4294967295.0}, END,
};

#define RUNWAY \
    COMMON, \
    .end_image_field = "tail_image_url", .audio = MODEL_AUDIO_NEVER, \
    .longest_prompt = 1000, \
    .durations = {5, 10}, .duration = 5, \
    .max_ratio = 2, .fields = runway_fields

/* Luma */

static const ModelField ray_32_fields[] = {
    FLAG("loop", "false"), FLAG("hdr", "false"), FLAG("exr_export", "false"),
    {.name = "type", .type = MODEL_TEXT, .words = WORDS("video"), .value = "video"}, END,
};
static const ModelField ray_2_fields[] = {FLAG("loop", "false"), END};

#define RAY_2 \
    .image_field = "keyframes.frame0.url", .end_image_field = "keyframes.frame1.url", \
    .ratio_field = "aspect_ratio", .audio = MODEL_AUDIO_NEVER, \
    .durations = {5, 9}, .duration = 5, \
    .resolutions = {"540p", "720p", "1080p", "4k"}, .resolution = "1080p", \
    .aspect_ratios = {"1:1", "16:9", "9:16", "4:3", "3:4", "21:9", "9:21"}, \
    .fields = ray_2_fields

/* PixVerse */

/* No row ends with WORDS(): GCC 10 would miss the fields behind it. */
#define PIXVERSE_STYLE \
    {.name = "style", \
     .words = WORDS("anime", "3d_animation", "clay", "comic", "cyberpunk"), \
     .type = MODEL_TEXT}

static const ModelField pixverse_55_fields[] = {
    TEXT("negative_prompt"), SEED, PIXVERSE_STYLE,
    FLAG("generate_multi_clip_switch", "false"),
    {.name = "thinking_type", .type = MODEL_TEXT, .words = WORDS("enabled", "disabled", "auto"),
     .value = "enabled"},
    END,
};
static const ModelField pixverse_5_fields[] = {
    TEXT("negative_prompt"), SEED, PIXVERSE_STYLE, TEXT("lip_sync_tts_content"),
    TEXT("lip_sync_tts_speaker"), END,
};

#define PIXVERSE \
    COMMON, \
    .duration = 5, \
    .resolutions = {"360p", "540p", "720p", "1080p"}, .resolution = "720p"

/* The rest */

static const ModelField ltx_fields[] = {
    {.name = "fps", .words = WORDS("25", "50"), .type = MODEL_INTEGER}, END,
};
static const ModelField grok_fields[] = {LIST("reference_images", 7), END};
static const ModelField happyhorse_fields[] = {
    SEED, FLAG("watermark", "false"), LIST("reference_image_urls", 9), END,
};
static const ModelField flux_3_fields[] = {
    {.name = "safety_tolerance", .type = MODEL_INTEGER, .max = 4, .value = "2"},
    LIST("image_urls", 10), END,
};
static const ModelField omni_fields[] = {
    {.name = "task", .words = WORDS("image_to_video"), .type = MODEL_TEXT},
    {.name = "delivery", .type = MODEL_TEXT, .words = WORDS("uri"), .value = "uri"},
    LIST("image_urls", 6), URL("audio_url"), TEXT("previous_interaction_id"), END,
};

#define LTX \
    COMMON, SWITCH, \
    .durations = {6, 8, 10}, .duration = 6, \
    .resolutions = {"1080p", "1440p", "2160p"}, .resolution = "1080p", .rate = 25, \
    .aspect_ratios = {"16:9"}, .fields = ltx_fields
#define GROK \
    COMMON, \
    .shortest = 1, .longest = 15, .duration = 10, \
    .resolutions = {"480p", "720p", "1080p"}, \
    .aspect_ratios = {"1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3"}

const Model aimlapi_models[] = {
    /* OpenAi */
    {.name = "openai/sora-2-i2v", COMMON,
     .durations = {4, 8, 12}, .duration = 4,
     .resolutions = {"720p"}, .resolution = "720p", .aspect_ratios = {"16:9", "9:16"},
     .sizes = sora_sizes, .exact = true, .latency = 90},
    {.name = "openai/sora-2-pro-i2v", COMMON,
     .durations = {4, 8, 12}, .duration = 4,
     .resolutions = {"720p", "1080p"}, .resolution = "1080p",
     .aspect_ratios = {"16:9", "9:16"}, .sizes = sora_pro_sizes, .exact = true},

    /* Google */
    {.name = "google/veo-3.1-i2v", VEO},
    {.name = "google/veo-3.1-i2v-fast", VEO, .latency = 60},
    {.name = "google/veo-3.1-first-last-image-to-video", VEO,
     .end_image_field = "last_image_url", .needs_end_image = true},
    {.name = "google/veo-3.1-first-last-image-to-video-fast", VEO,
     .end_image_field = "last_image_url", .needs_end_image = true},
    {.name = "google/veo-3-1-lite-generate-preview", VEO,
     .end_image_field = "last_image_url",
     .rules = {{"last_image_url", NULL, "duration", "8"}}, .latency = 128},
    {.name = "veo-3.1-lite-generate-001", .alias = "google/veo-3.1-lite-generate-001",
     COMMON, SWITCH, .end_image_field = "last_image_url",
     .durations = {4, 6, 8}, .duration = 8,
     .resolutions = {"720P", "1080P"}, .resolution = "720P",
     .aspect_ratios = {"16:9", "9:16"}, .min_side = 720, .fields = veo_lite_fields,
     .latency = 60},

    /* Kling-AI */
    {.name = "klingai/video-v3-pro-image-to-video", .side = 1080, KLING_V3, .fields = kling_v3_fields,
     .latency = 401},
    {.name = "klingai/video-v3-standard-image-to-video", KLING_V3,
     .fields = kling_v3_fields, .latency = 235},
    /* as v3-turbo-pro-image-to-video */
    {.name = "klingai/video-v3-turbo-pro-image-to-video", .side = 1080, KLING_TURBO},
    /* as v3-standard-turbo-image-to-video */
    {.name = "klingai/video-v3-standard-turbo-image-to-video",
     .alias = "klingai/video-v3-turbo-standard-image-to-video", KLING_TURBO},
    /* as v3-omni-720p-image-to-video */
    {.name = "klingai/video-v3-omni-720p-image-to-video", KLING_V3,
     .fields = kling_omni_fields,
     .rules = {{"tail_image_url", NULL, "generate_audio", "false"}}},
    /* as v3-omni-1080p-image-to-video */
    {.name = "klingai/video-v3-omni-1080p-image-to-video", .side = 1080, KLING_V3,
     .fields = kling_omni_fields,
     .rules = {{"tail_image_url", NULL, "generate_audio", "false"}}},
    {.name = "klingai/video-v2-6-pro-image-to-video", .side = 1080, KLING_5_10, SWITCH,
     .longest_prompt = 2500, .fields = kling_v26_fields, .latency = 110},
    /* as v2.5-turbo-pro-image-to-video */
    {.name = "klingai/v2.5-turbo/pro/image-to-video", .side = 1080, KLING_5_10,
     .audio = MODEL_AUDIO_NEVER, .fields = kling_v25_fields},
    /* as v2.1-standard-image-to-video */
    {.name = "kling-video/v2.1/standard/image-to-video", KLING_5_10,
     .audio = MODEL_AUDIO_NEVER, .fields = kling_v21_fields},
    /* as v2.1-pro-image-to-video */
    {.name = "kling-video/v2.1/pro/image-to-video", .side = 1080, KLING_5_10,
     .audio = MODEL_AUDIO_NEVER, .fields = kling_v21_fields},
    {.name = "klingai/v2.1-master-image-to-video", .side = 1080, KLING_5_10,
     .audio = MODEL_AUDIO_NEVER, .fields = kling_v21_master_fields},
    {.name = "klingai/video-o1-image-to-video", .side = 1080, KLING_5_10,
     .end_image_field = "last_image_url", .audio = MODEL_AUDIO_NEVER,
     .longest_prompt = 2500, .fields = kling_o1_fields, .latency = 79},

    /* Alibaba-Cloud */
    /* as wan2.7-i2v */
    {.name = "alibaba/wan-2-7-i2v", WAN, .resolution = "1080p", .fields = wan_27_fields,
     .latency = 64},
    /* as wan2.6-i2v */
    {.name = "alibaba/wan-2-6-i2v", WAN, SWITCH, .resolution = "1080p",
     .fields = wan_26_fields, .latency = 172},
    {.name = "alibaba/wan-2-6-image-to-video-flash", WAN, SWITCH, .resolution = "720p",
     .fields = wan_26_fields, .latency = 264},
    {.name = "alibaba/wan2.5-i2v-preview", COMMON,
     .durations = {5, 10}, .duration = 10,
     .resolutions = {"480p", "720p", "1080p"}, .resolution = "1080p",
     .aspect_ratios = {"16:9", "9:16", "1:1"}, .fields = wan_25_fields, .latency = 220},
    {.name = "alibaba/wan2.2-i2v-plus", COMMON, .audio = MODEL_AUDIO_NEVER,
     .resolutions = {"480P", "1080P"}, .resolution = "1080P", .fields = wan_22_fields},

    /* ByteDance */
    /* as seedance-2.5 */
    {.name = "bytedance/seedance-2-5", SEEDANCE_25},
    {.name = "bytedance/dreamina-seedance-2-5", SEEDANCE_25},
    {.name = "bytedance/seedance-2-0", SEEDANCE,
     .shortest = 4, .longest = 15, .duration = 5,
     .resolutions = {"480p", "720p", "1080p", "4k"}, .fields = seedance_20_fields,
     .latency = 154},
    {.name = "bytedance/seedance-2-0-fast", SEEDANCE,
     .shortest = 4, .longest = 15, .duration = 8,
     .resolutions = {"480p", "720p"}, .fields = seedance_20_fast_fields, .latency = 93},
    {.name = "bytedance/seedance-1-5-pro", COMMON, SWITCH,
     .end_image_field = "last_image_url",
     .shortest = 4, .longest = 12, .duration = 4,
     .resolutions = {"480p", "720p", "1080p"}, .resolution = "720p",
     .aspect_ratios = {"16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"},
     .follows = "adaptive", .fields = seedance_15_fields, .latency = 216},
    /* as seedance-1.0-pro-image-to-video */
    {.name = "bytedance/seedance-1-0-pro-i2v", SEEDANCE_10},
    {.name = "bytedance/seedance-1-0-pro-fast", SEEDANCE_10, .latency = 34},

    /* MiniMax */
    {.name = "minimax/hailuo-2.3", HAILUO, .latency = 98},
    {.name = "minimax/hailuo-2.3-fast", HAILUO, .latency = 69},
    {.name = "minimax/hailuo-02", HAILUO, .end_image_field = "last_image_url"},
    {.name = "minimax/h3", MINIMAX_STILL,
     .image_field = "image_url", .end_image_field = "last_image_url",
     .ratio_field = "ratio", .longest_prompt = 7000,
     .shortest = 4, .longest = 15, .duration = 6,
     .resolutions = {"2K"}, .resolution = "2K",
     .aspect_ratios = {"adaptive", "21:9", "16:9", "4:3", "1:1", "3:4", "9:16"},
     .follows = "adaptive", .fields = h3_fields},

    /* runway */
    {.name = "runway/gen4_turbo", RUNWAY,
     .aspect_ratios = {"16:9", "9:16", "4:3", "3:4", "1:1", "21:9"}, .latency = 65},
    {.name = "gen3a_turbo", .alias = "runway/gen3a_turbo", RUNWAY,
     .aspect_ratios = {"16:9", "9:16"}, .latency = 25},

    /* luma-ai */
    {.name = "luma/ray-3.2", COMMON,
     .end_image_field = "last_image_url", .audio = MODEL_AUDIO_NEVER,
     .durations = {5, 10}, .duration = 5,
     .resolutions = {"360p", "540p", "720p", "1080p"}, .resolution = "720p",
     .aspect_ratios = {"9:16", "3:4", "1:1", "4:3", "16:9", "21:9"},
     .fields = ray_32_fields,
     .rules = {{"hdr", "true", "duration", "5"},
               {"hdr", "true", "resolution", "720p|1080p"},
               {"exr_export", "true", "hdr", "true"}}},
    {.name = "luma/ray-2", RAY_2, .latency = 108},
    {.name = "luma/ray-flash-2", RAY_2, .latency = 60},

    /* PixVerse */
    /* as v5.5-image-to-video */
    {.name = "pixverse/v5.5/image-to-video", .alias = "pixverse/v5-5-image-to-video",
     PIXVERSE, .durations = {5, 8, 10},
     .audio_field = "generate_audio_switch", .audio = MODEL_AUDIO_OFF,
     .fields = pixverse_55_fields,
     .rules = {{"resolution", "1080p", "duration", "5|10"}}, .latency = 50},
    /* as v5-image-to-video */
    {.name = "pixverse/v5/image-to-video", PIXVERSE, .durations = {5, 8},
     .audio = MODEL_AUDIO_NEVER, .fields = pixverse_5_fields,
     .rules = {{"resolution", "1080p", "duration", "5"}}},

    /* LTXV */
    {.name = "ltxv/ltxv-2", LTX, .latency = 70},
    {.name = "ltxv/ltxv-2-fast", LTX, .latency = 59},

    /* xAI */
    {.name = "x-ai/grok-imagine-video-1.5-preview", GROK, .latency = 64},
    {.name = "x-ai/grok-imagine-video", GROK, .fields = grok_fields, .latency = 107},

    /* Alibaba-Cloud */
    /* as happyhorse-1-1 */
    {.name = "alibaba/happyhorse-1.1", COMMON,
     .shortest = 3, .longest = 15, .duration = 10,
     .resolutions = {"720p", "1080p"}, .resolution = "1080p",
     .aspect_ratios = {"16:9", "9:16", "1:1", "4:3", "3:4"}, .fields = happyhorse_fields},

    /* Black-Forest-Labs */
    {.name = "blackforestlabs/flux-3-video-i2v", COMMON, SWITCH,
     .end_image_field = "last_image_url",
     .shortest = 5, .longest = 20, .duration = 5,
     .resolutions = {"hd", "fhd"}, .resolution = "hd",
     .aspect_ratios = {"auto", "21:9", "2:1", "16:9", "4:3", "1:1", "3:4", "9:16"},
     .follows = "auto", .fields = flux_3_fields},

    /* Google */
    {.name = "google/gemini-omni-flash-preview", COMMON,
     .shortest = 3, .longest = 10, .duration = 8,
     .aspect_ratios = {"16:9", "9:16"}, .fields = omni_fields},
    {0},
};
/* clang-format on */
