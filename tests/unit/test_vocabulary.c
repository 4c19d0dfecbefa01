/* i2v: unit tests of the one vocabulary of options, mapped to each model's names
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/error.h>

#include "request/steps.h"

#define SORA   "prompt=p|model=openai/sora-2-i2v|"
#define VEO    "prompt=p|model=google/veo-3.1-i2v|"
#define LITE   "prompt=p|model=google/veo-3-1-lite-generate-preview|"
#define KLING  "prompt=p|model=klingai/video-v3-pro-image-to-video|"
#define OMNI   "prompt=p|model=klingai/video-v3-omni-720p-image-to-video|"
#define TURBO  "prompt=p|model=klingai/video-v3-turbo-pro-image-to-video|"
#define WAN    "prompt=p|model=alibaba/wan-2-7-i2v|"
#define WAN22  "prompt=p|model=alibaba/wan2.2-i2v-plus|"
#define DANCE  "prompt=p|model=bytedance/seedance-1-5-pro|"
#define H3     "prompt=p|model=minimax/h3|"
#define HAILUO "prompt=p|model=minimax/hailuo-2.3|"
#define RUNWAY "prompt=p|model=runway/gen4_turbo|"
#define RAY    "prompt=p|model=luma/ray-3.2|"
#define RAY2   "prompt=p|model=luma/ray-2|"
#define PIX    "prompt=p|model=pixverse/v5.5/image-to-video|"
#define LTX    "prompt=p|model=ltxv/ltxv-2|"
#define GROK   "prompt=p|model=x-ai/grok-imagine-video-1.5-preview|"
#define FLUX   "prompt=p|model=blackforestlabs/flux-3-video-i2v|"
#define ANY    "prompt=p|model=some/new-model|"

/* Members that the fields must have, and that they must not. */
static const struct {
    const char *pairs, *fields, *none;
} good[] = {
    {KLING "negative_prompt=blurry", "{\"negative_prompt\":\"blurry\",\"duration\":5}",
     "resolution,aspect_ratio,generate_audio,seed"},
    {KLING "audio=0", "{\"generate_audio\":false}", ""},
    {KLING "audio=1", "{}", "generate_audio"},
    {PIX "audio=1|seed=7", "{\"generate_audio_switch\":true,\"seed\":7}",
     "generate_audio"},
    {PIX "audio=0", "{}", "generate_audio_switch"},
    {SORA "audio=1", "{}", "audio,generate_audio"},
    {HAILUO "audio=0", "{\"resolution\":\"768P\",\"duration\":6}", "generate_audio"},
    {WAN "seed=9007199254740993", "{\"seed\":9007199254740993}", ""},
    {WAN "seed=-1", "{\"seed\":-1}", ""},
    {H3 "aspect_ratio=21/9", "{\"ratio\":\"21:9\",\"resolution\":\"2K\"}",
     "aspect_ratio"},
    {H3 "aspect_ratio=adaptive", "{\"ratio\":\"adaptive\"}", "aspect_ratio"},
    {H3 "params=ratio=1\\:1", "{\"ratio\":\"1:1\"}", "aspect_ratio"},
    {LTX "params=fps=50", "{\"fps\":50,\"duration\":6,\"resolution\":\"1080p\"}", ""},
    {LTX "params={\"fps\":\"25\"}", "{\"fps\":25}", ""},
    {WAN "params=watermark=true:negative_prompt=5",
     "{\"watermark\":true,\"negative_prompt\":\"5\"}", ""},
    {WAN "params=watermark=1", "{\"watermark\":true}", ""},
    {WAN "params={\"seed\":\"12\"}", "{\"seed\":12}", ""},
    {WAN "seed=1|params=seed=2", "{\"seed\":2}", ""},
    {KLING "params=cfg_scale=0.5", "{\"cfg_scale\":0.5}", ""},
    {KLING "params=generate_audio=false", "{\"generate_audio\":false}", ""},
    {SORA "params=seed=7:style=noir", "{\"seed\":7,\"style\":\"noir\"}", ""},
    {GROK "", "{\"duration\":10}", "resolution"},
    {GROK "duration=1|resolution=480p", "{\"duration\":1,\"resolution\":\"480p\"}", ""},
    {WAN22, "{\"resolution\":\"1080P\"}", "duration"},
    {LITE "end_image=e.png", "{\"duration\":8}", "last_image_url"},
    {OMNI "end_image=e.png|audio=0", "{\"generate_audio\":false}", "tail_image_url"},
    {RAY "params=hdr=true|resolution=1080p", "{\"hdr\":true}", ""},
    {ANY "audio=0|seed=3|negative_prompt=x|end_image=e.png",
     "{\"generate_audio\":false,\"seed\":3,\"negative_prompt\":\"x\"}",
     "resolution,duration"},
    {"model=klingai/video-v3-pro-image-to-video|params={\"multi_prompt\":[\"a\",\"b\"]}",
     "{\"multi_prompt\":[\"a\",\"b\"]}", "prompt"},
};

static void check_members(const char *pairs, const cJSON *fields, const char *json)
{
    cJSON *wanted = cJSON_Parse(json), *item;
    char *text = cJSON_PrintUnformatted(fields);
    cJSON *got = cJSON_Parse(text); // raw numbers become numbers
    assert_non_null(wanted);
    cJSON_ArrayForEach(item, wanted)
    {
        if (!cJSON_Compare(cJSON_GetObjectItemCaseSensitive(got, item->string), item, 1))
            fail_case("%s: %s instead of %s", pairs, text, json);
    }
    cJSON_free(text);
    cJSON_Delete(got);
    cJSON_Delete(wanted);
}

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        Request *r = NULL;
        char none[128], *rest = none, *name;
        said_clear();
        check_number(good[i].pairs, check_pairs("s.png", good[i].pairs, &r), 0);
        assert_silent(good[i].pairs);
        check_members(good[i].pairs, r->fields, good[i].fields);
        snprintf(none, sizeof(none), "%s", good[i].none);
        while ((name = strsep(&rest, ",")))
            if (*name && cJSON_GetObjectItemCaseSensitive(r->fields, name))
                fail_case("%s: has %s", good[i].pairs, name);
        request_free(&r);
    }
}

static const struct {
    const char *pairs, *words;
} bad[] = {
    /* What a model cannot do, with what it can. */
    {SORA "seed=7", "option seed|sora-2-i2v|resolution, aspect_ratio, duration"},
    {SORA "negative_prompt=x", "option negative_prompt|sora-2-i2v"},
    {SORA "end_image=e.png", "option end_image|sora-2-i2v|duration"},
    {SORA "audio=0", "option audio|always"},
    {HAILUO "audio=1", "option audio|silence=1"},
    {KLING "resolution=720p", "option resolution|duration, end_image, audio"},
    {KLING "aspect_ratio=16:9", "option aspect_ratio|follows the still"},
    {KLING "duration=2", "duration|3 to 15 seconds"},
    {KLING "duration=16", "duration|3 to 15 seconds"},
    {KLING "duration=3.5", "duration|3 to 15"},
    {WAN22 "duration=5", "option duration|wan2.2|negative_prompt, seed"},
    {VEO "end_image=e.png", "option end_image"},
    {KLING "end_image=", "end_image"},
    {"prompt=p|model=google/veo-3.1-first-last-image-to-video", "needs|end_image"},
    {HAILUO "resolution=768p", "resolution|768P or 1080P"},
    {LTX "aspect_ratio=9:16", "aspect_ratio|takes 16:9"},
    {SORA "seed=x", "seed"},
    {WAN "seed=1.5", "seed|whole number"},
    {WAN "seed=0x10", "seed|whole number"},
    {WAN "seed=", "seed|whole number"},
    {RUNWAY "seed=-1", "seed|from 0 to 4294967295"},
    {RUNWAY "seed=4294967296", "seed|from 0 to 4294967295"},
    {ANY "seed=seven", "seed|whole number"},
    {"model=klingai/video-v3-pro-image-to-video", "no prompt"},
    {KLING "params={\"multi_prompt\":[\"a\"]}", "multi_prompt|not both"},
    {"model=openai/sora-2-i2v|params={\"multi_prompt\":[\"a\"]}", "no prompt"},
    /* Fields of params, typed. */
    {WAN "params=watermark=maybe", "params|watermark|'maybe'|true or false"},
    {WAN "params=watermark=2", "params|watermark"},
    {KLING "params=cfg_scale=1.5", "cfg_scale|from 0 to 1"},
    {KLING "params=cfg_scale=half", "cfg_scale|'half'"},
    {KLING "params=shot_type=wide", "shot_type|customize or intelligent"},
    {KLING "params=elements=x", "elements|JSON list"},
    {KLING "params={\"elements\":[1,2,3,4,5]}", "elements|at most 4"},
    {LTX "params=fps=30", "fps|25 or 50"},
    {FLUX "params=safety_tolerance=5", "safety_tolerance|from 0 to 4"},
    {KLING "params=tail_image_url=x", "params|tail_image_url|end_image"},
    {RAY2 "params={\"keyframes\":{}}", "params|keyframes|image"},
    {KLING "params=duration=99", "duration|3 to 15"},
    {WAN "params={\"negative_prompt\":null}", "negative_prompt"},
    {WAN "params={\"negative_prompt\":{}}", "negative_prompt"},
    /* What goes together. */
    {LITE "end_image=e.png|duration=4", "end_image|duration=8|not 4"},
    {OMNI "end_image=e.png", "end_image|audio=false|not true"},
    {PIX "resolution=1080p|duration=8", "resolution=1080p|duration|5|10|not 8"},
    {RAY "params=hdr=true|duration=10", "hdr=true|duration=5|not 10"},
    {RAY "params=hdr=true|resolution=540p", "hdr=true|720p"},
    {RAY "params=exr_export=true", "exr_export|hdr=true"},
    {DANCE "duration=13", "4 to 12"},
    /* Money. */
    {SORA "project=a\nb", "project"},
    {"prompt=p|project=\xFF", "project|UTF-8"},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        Request *r = NULL;
        said_clear();
        check_number(bad[i].pairs, check_pairs("s.png", bad[i].pairs, &r),
                     AVERROR(EINVAL));
        assert_said(bad[i].pairs, bad[i].words);
        assert_null(r);
    }
}

static void test_long_prompt(void **state)
{
    char pairs[4096] = "model=runway/gen4_turbo|prompt=";
    size_t head = strlen(pairs);
    Request *r = NULL;
    (void)state;
    /* Characters, not bytes. */
    for (size_t i = 0; i < 1000; i++)
        strcat(pairs + head, "\xC3\xBC");
    check_number("1000", check_pairs("s.png", pairs, &r), 0);
    request_free(&r);
    strcat(pairs, "x");
    said_clear();
    check_number("1001", check_pairs("s.png", pairs, &r), AVERROR(EINVAL));
    assert_said("1001", "1001|1000|runway");
}

/* What the stills settle */

static const struct {
    int width, height;
    const char *pairs;
    const char *ratio;               ///< as sent, or NULL
    int target_width, target_height; ///< of the still, 0 = as it is
    int clip_width, clip_height;     ///< of a clip made here
    const char *words;               ///< of a refusal
} settled[] = {
    {160, 90, "prompt=p|model=openai/sora-2-pro-i2v", "16:9", 1792, 1024, 1792, 1024,
     NULL},
    {90, 160, "prompt=p|model=openai/sora-2-pro-i2v|resolution=720p", "9:16", 720, 1280,
     720, 1280, NULL},
    {160, 90, DANCE, "adaptive", 0, 0, 1280, 720, NULL},
    {400, 300, DANCE "aspect_ratio=4:3", "4:3", 960, 720, 960, 720, NULL},
    {210, 90, "prompt=p|model=bytedance/seedance-2-0", "21:9", 1680, 720, 1680, 720,
     NULL},
    {100, 100, "prompt=p|model=bytedance/seedance-2-0", "1:1", 720, 720, 720, 720, NULL},
    {400, 300, H3, "adaptive", 401, 301, 1918, 1440, NULL},
    {1600, 900, HAILUO, NULL, 0, 0, 1366, 768, NULL},
    {100, 100, HAILUO, NULL, 301, 301, 768, 768, NULL},
    {4000, 1000, HAILUO, NULL, 2490, 1000, 1912, 768, NULL},
    {1000, 4000, HAILUO "fit=contain", NULL, 1607, 4000, 768, 1912, NULL},
    {100, 100, HAILUO "fit=none", NULL, 0, 0, 0, 0, "fit=none|100x100|301"},
    {4000, 1000, HAILUO "fit=none", NULL, 0, 0, 0, 0, "fit=none|4000x1000|2.49"},
    {1600, 900, HAILUO "fit=none", NULL, 0, 0, 1366, 768, NULL},
    {1000, 333, TURBO, NULL, 832, 333, 2698, 1080, NULL},
    {400, 299, TURBO "fit=none", NULL, 0, 0, 0, 0, "fit=none|299|300"},
    {300, 300, TURBO "fit=none", NULL, 0, 0, 1080, 1080, NULL},
    {1600, 900, GROK, "16:9", 0, 0, 1280, 720, NULL},
    {1600, 1000, GROK, "3:2", 1500, 1000, 1080, 720, NULL},
    {1600, 1000, GROK "fit=contain", "3:2", 1600, 1067, 1080, 720, NULL},
    {1600, 1000, GROK "resolution=720p", "3:2", 1080, 720, 1080, 720, NULL},
    {3000, 1000, RUNWAY, "21:9", 2000, 1000, 1440, 720, NULL},
    {1920, 1080, RUNWAY, "16:9", 0, 0, 1280, 720, NULL},
    {1920, 1080, FLUX, "auto", 0, 0, 1280, 720, NULL},
    {1920, 1080, FLUX "resolution=fhd|aspect_ratio=2:1", "2:1", 2160, 1080, 2160, 1080,
     NULL},
    {32000, 10, KLING "fit=contain", NULL, 0, 0, 0, 0, NULL},
    {30000, 100, TURBO "fit=contain", NULL, 4096, 1638, 2702, 1080, NULL},
    {100, 100, VEO "fit=none", "16:9", 0, 0, 0, 0, "fit=none|100x100|720"},
    {640, 480, ANY, NULL, 0, 0, 960, 720, NULL},
};

static void check_settled(size_t i)
{
    const char *pairs = settled[i].pairs;
    char name[32];
    snprintf(name, sizeof(name), "%dx%d.bmp", settled[i].width, settled[i].height);
    StillSource source = {.image =
                              temp_bmp(name, settled[i].width, settled[i].height, 90)};
    Still *still = NULL;
    Request *r = NULL;
    int width, height;

    assert_int_equal(still_read(&source, &still), 0);
    check_number(pairs, check_pairs(source.image, pairs, &r), 0);
    said_clear();
    int ret = request_settle(r, still, NULL, NULL);
    check_number(pairs, ret, settled[i].words ? AVERROR(EINVAL) : 0);
    if (settled[i].words)
        assert_said(pairs, settled[i].words);
    if (!settled[i].words) {
        const char *field = r->model ? r->model->ratio_field : "aspect_ratio";
        check_text(
            pairs,
            cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(r->fields, field)),
            settled[i].ratio);
        check_number(pairs, r->target.width, settled[i].target_width);
        check_number(pairs, r->target.height, settled[i].target_height);
        request_clip_size(r, still, &width, &height);
        if (settled[i].clip_width) {
            check_number(pairs, width, settled[i].clip_width);
            check_number(pairs, height, settled[i].clip_height);
        }
    }
    request_free(&r);
    still_free(&still);
}

static void test_settle(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(settled) / sizeof(settled[0]); i++)
        check_settled(i);
}

/* The last frame meets the first. */
static const struct {
    const char *pairs;
    int width, height; ///< of the last frame; the first is 1600x900
    int target_width, target_height;
} ends[] = {
    {KLING, 1600, 900, 0, 0},
    {KLING, 800, 450, 0, 0},
    {KLING, 900, 1600, 1600, 900},
    {KLING "fit=none|", 900, 1600, 0, 0},
    {"prompt=p|model=minimax/hailuo-02|", 100, 100, 1600, 900},
    {LITE "resolution=720p|", 900, 1600, 1280, 720},
};

static void test_ends(void **state)
{
    const StillSource first = {.image = temp_bmp("first.bmp", 1600, 900, 90)};
    Still *still = NULL;
    (void)state;
    assert_int_equal(still_read(&first, &still), 0);
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        char pairs[256], name[32], key[REQUEST_KEY_SIZE];
        Still *end = NULL;
        Request *r = NULL;
        snprintf(name, sizeof(name), "last-%zu.bmp", i); // what was read stays in memory
        StillSource last = {.image = temp_bmp(name, ends[i].width, ends[i].height, 30)};
        snprintf(pairs, sizeof(pairs), "%send_image=%s", ends[i].pairs, last.image);
        check_number(pairs, check_pairs(first.image, pairs, &r), 0);
        assert_int_equal(still_read(&last, &end), 0);
        check_number(pairs, request_settle(r, still, end, NULL), 0);
        check_number(pairs, r->end_target.width, ends[i].target_width);
        check_number(pairs, r->end_target.height, ends[i].target_height);
        memcpy(key, r->key, sizeof(key));
        request_free(&r);
        /* Another last frame is another generation. */
        check_number(pairs, check_pairs(first.image, pairs, &r), 0);
        assert_int_equal(request_settle(r, still, still, NULL), 0);
        assert_string_not_equal(r->key, key);
        request_free(&r);
        still_free(&end);
    }
    still_free(&still);
}

/* Where the images go. */
static void check_body(const char *pairs, const char *json)
{
    Request *r = NULL;
    assert_int_equal(check_pairs("s.png", pairs, &r), 0);
    char *body = body_text(r, "data:a", "data:b");
    cJSON *members = cJSON_Parse(body);
    check_members(pairs, members, json);
    cJSON_Delete(members);
    av_free(body);
    request_free(&r);
}

static void test_body(void **state)
{
    (void)state;
    check_body(RAY2 "end_image=e.png",
               "{\"keyframes\":{\"frame0\":{\"url\":\"data:a\",\"type\":\"image\"},"
               "\"frame1\":{\"url\":\"data:b\",\"type\":\"image\"}}}");
    check_body(KLING "end_image=e.png",
               "{\"image_url\":\"data:a\",\"tail_image_url\":\"data:b\"}");
}

/* What is no part of what is bought. */
static void test_same_key(void **state)
{
    static const char *const same[] = {"max_cost=1", "project=x",      "dry_run=1",
                                       "silence=1",  "fallback=still", "tags=all",
                                       "audio=1"};
    const StillSource source = {.image = temp_bmp("same.bmp", 64, 36, 8)};
    Still *still = NULL;
    char key[REQUEST_KEY_SIZE] = "", pairs[128];
    (void)state;
    assert_int_equal(still_read(&source, &still), 0);
    for (size_t i = 0; i <= sizeof(same) / sizeof(same[0]); i++) {
        Request *r = NULL;
        snprintf(pairs, sizeof(pairs), "%s%s", VEO, i ? same[i - 1] : "");
        check_number(pairs, check_pairs(source.image, pairs, &r), 0);
        assert_int_equal(request_settle(r, still, NULL, NULL), 0);
        if (i)
            check_text(pairs, r->key, key);
        memcpy(key, r->key, sizeof(key));
        request_free(&r);
    }
    still_free(&still);
}

static void test_defaults(void **state)
{
    Request *r = NULL;
    (void)state;
    assert_int_equal(check_pairs("s.png", WAN, &r), 0);
    cJSON *all = request_fields(r);
    check_members("wan", all, "{\"watermark\":false,\"enhance_prompt\":true}");
    cJSON_Delete(all);
    request_free(&r);
    /* Numbers are numbers, also where the request keeps them as they were written. */
    assert_int_equal(check_pairs("s.png", LTX "params=fps=50", &r), 0);
    all = request_fields(r);
    check_number("fps", cJSON_IsNumber(cJSON_GetObjectItem(all, "fps")), true);
    cJSON_Delete(all);
    request_free(&r);
    assert_int_equal(check_pairs("s.png", PIX "audio=1", &r), 0);
    all = request_fields(r);
    check_members("pixverse", all,
                  "{\"generate_audio_switch\":true,\"thinking_type\":\"enabled\"}");
    cJSON_Delete(all);
    request_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_long_prompt), cmocka_unit_test(test_settle),
        cmocka_unit_test(test_ends),        cmocka_unit_test(test_body),
        cmocka_unit_test(test_same_key),    cmocka_unit_test(test_defaults),
    };
    said_start();
    clear_environment();
    setenv("AIML_API_KEY", "k", 1);
    setenv("XDG_DATA_HOME", temp_dir(), 1);
    return cmocka_run_group_tests_name("vocabulary", tests, NULL, NULL);
}
