/* i2v: unit tests of a request's fields, and of what the still settles
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/error.h>

#include "request/request.h"

#define WAN       "model=alibaba/wan-2-7-i2v|prompt=p|"
#define VEO       "model=google/veo-3.1-i2v-fast|prompt=p|"
#define ANY       "model=some/new-model|prompt=p|"
#define SORA_JSON "{\"model\":\"openai/sora-2-i2v\",\"prompt\":\"p\","
#define VEO_JSON  "{\"model\":\"google/veo-3.1-i2v-fast\",\"prompt\":\"p\","
#define WAN_JSON  "{\"model\":\"alibaba/wan-2-7-i2v\",\"prompt\":\"p\","
#define ANY_JSON  "{\"model\":\"some/new-model\",\"prompt\":\"p\""

/* The fields as they go out, without the still. */
static cJSON *fields_of(const Request *request)
{
    char *text = cJSON_PrintUnformatted(request->fields);
    cJSON *fields = cJSON_Parse(text);
    cJSON_free(text);
    return fields;
}

static void check_fields(const char *what, const Request *request, const char *json)
{
    cJSON *got = fields_of(request), *wanted = cJSON_Parse(json);
    assert_non_null(wanted);
    if (!cJSON_Compare(got, wanted, 1)) {
        char *text = cJSON_PrintUnformatted(got);
        fail_case("%s: %s instead of %s", what, text, json);
    }
    cJSON_Delete(got);
    cJSON_Delete(wanted);
}

static const struct {
    const char *pairs, *json;
    int duration;
    bool ratio_is_auto;
} good[] = {
    {"prompt=p", SORA_JSON "\"resolution\":\"720p\",\"duration\":4}", 4, true},
    {"prompt=p|model=sora-2-i2v", SORA_JSON "\"resolution\":\"720p\",\"duration\":4}", 4,
     true},
    {"prompt=p|duration=8", SORA_JSON "\"resolution\":\"720p\",\"duration\":8}", 8, true},
    {"prompt=p|duration=8.0", SORA_JSON "\"resolution\":\"720p\",\"duration\":8}", 8,
     true},
    {"prompt=p|duration=8000ms", SORA_JSON "\"resolution\":\"720p\",\"duration\":8}", 8,
     true},
    {"prompt=p|duration=00:12", SORA_JSON "\"resolution\":\"720p\",\"duration\":12}", 12,
     true},
    {"prompt=p|duration=00:00:12", SORA_JSON "\"resolution\":\"720p\",\"duration\":12}",
     12, true},
    {"prompt=p|resolution=720p", SORA_JSON "\"resolution\":\"720p\",\"duration\":4}", 4,
     true},
    {"prompt=p|aspect_ratio=auto", SORA_JSON "\"resolution\":\"720p\",\"duration\":4}", 4,
     true},
    {"prompt=p|aspect_ratio=16:9",
     SORA_JSON "\"resolution\":\"720p\",\"duration\":4,\"aspect_ratio\":\"16:9\"}", 4,
     false},
    {"prompt=p|aspect_ratio=9/16",
     SORA_JSON "\"resolution\":\"720p\",\"duration\":4,\"aspect_ratio\":\"9:16\"}", 4,
     false},
    {VEO, VEO_JSON "\"resolution\":\"1080p\",\"duration\":8}", 8, true},
    {VEO "duration=6|resolution=720p|aspect_ratio=9:16",
     VEO_JSON "\"resolution\":\"720p\",\"duration\":6,\"aspect_ratio\":\"9:16\"}", 6,
     false},
    {WAN, WAN_JSON "\"resolution\":\"1080p\",\"duration\":10}", 10, true},
    {WAN "duration=15", WAN_JSON "\"resolution\":\"1080p\",\"duration\":15}", 15, true},
    /* An unknown model: what was asked and no more. */
    {ANY, ANY_JSON "}", 0, true},
    {ANY "duration=7|resolution=2K|aspect_ratio=21/9",
     ANY_JSON ",\"duration\":7,\"resolution\":\"2K\",\"aspect_ratio\":\"21:9\"}", 7,
     false},
    {ANY "duration=4.5", ANY_JSON ",\"duration\":4.5}", 4, true},
    /* params add, and replace what has a default. */
    {"prompt=p|params=seed=7:negative_prompt=a\\: b",
     SORA_JSON
     "\"resolution\":\"720p\",\"duration\":4,\"seed\":7,\"negative_prompt\":\"a: b\"}",
     4, true},
    {"prompt=p|params={\"seed\":7,\"camera\":{\"pan\":[1,2]}}",
     SORA_JSON
     "\"resolution\":\"720p\",\"duration\":4,\"seed\":7,\"camera\":{\"pan\":[1,2]}}",
     4, true},
    {"prompt=p|params=aspect_ratio=9\\:16",
     SORA_JSON "\"resolution\":\"720p\",\"duration\":4,\"aspect_ratio\":\"9:16\"}", 4,
     false},
    {ANY "duration=5|params=duration=6:image_time=3",
     ANY_JSON ",\"duration\":6,\"image_time\":3}", 6, true},
    {WAN "params=duration=5", WAN_JSON "\"resolution\":\"1080p\",\"duration\":5}", 5,
     true},
    {WAN "params=resolution=720p", WAN_JSON "\"resolution\":\"720p\",\"duration\":10}",
     10, true},
    {"prompt=p|params=", SORA_JSON "\"resolution\":\"720p\",\"duration\":4}", 4, true},
    {"prompt=p|params={}", SORA_JSON "\"resolution\":\"720p\",\"duration\":4}", 4, true},
    {"prompt=p|params={\"seed\":1,\"seed\":2}",
     SORA_JSON "\"resolution\":\"720p\",\"duration\":4,\"seed\":2}", 4, true},
    {"prompt=p|params=Model=x",
     SORA_JSON "\"resolution\":\"720p\",\"duration\":4,\"Model\":"
               "\"x\"}",
     4, true},
};

static void test_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        const char *pairs = good[i].pairs;
        Request *request = NULL;
        said_clear();
        check_number(pairs, check_pairs("s.png", pairs, &request), 0);
        assert_silent(pairs);
        check_fields(pairs, request, good[i].json);
        check_number(pairs, request->ratio_is_auto, good[i].ratio_is_auto);
        request_free(&request);
    }
}

/* What the finished clip is held against must be what was asked for, however it was
 * asked. */
static void test_duration(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        Request *request = NULL;
        assert_int_equal(check_pairs("s.png", good[i].pairs, &request), 0);
        check_number(good[i].pairs, request->duration, good[i].duration);
        request_free(&request);
    }
}

static void test_rest(void **state)
{
    Request *r = NULL;
    (void)state;
    assert_int_equal(check_pairs("i2v:v.mp4?prompt=p",
                                 "image_time=end|fit=contain|fit_position=left|take=3|"
                                 "reuse=only|max_wait=24:00:00|poll_interval=1:00:00",
                                 &r),
                     0);
    check_text("image", r->image, "v.mp4");
    check_text("image_time", r->image_time, "end");
    check_text("image_field", r->image_field, "image_url");
    check_number("fit", r->target.fit, STILL_CONTAIN);
    check_number("fit_position", r->target.position, STILL_LEFT);
    check_number("take", r->take, 3);
    check_number("reuse", r->reuse_only, true);
    check_number("max_wait", r->max_wait, 24 * 3600 * 1000000LL);
    check_number("poll_interval", r->poll_interval, 3600 * 1000000LL);
    request_free(&r);
    request_free(&r);
    assert_int_equal(check_pairs("s.png", "prompt=p|max_wait=0", &r), 0);
    check_number("max_wait", r->max_wait, 0);
    check_number("reuse", r->reuse_only, false);
    check_number("take", r->take, 1);
    check_text("image_time", r->image_time, "0");
    request_free(&r);
}

static const struct {
    const char *url, *fit;
    bool as_url;
} urls[] = {
    {"https://h/s.png", "none", true},
    {"http://h/s.png", "none", true},
    {"HTTPS://h/s.png", "none", true},
    {"https://h/s.png", "cover", false},
    {"s.png", "none", false},
    {"data:image/png;base64,AA", "none", false},
    {"-", "none", false},
    {"httpsx://h", "none", false},
};

static void test_image_as_url(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        Request *r = NULL;
        char pairs[64];
        snprintf(pairs, sizeof(pairs), "prompt=p|fit=%s", urls[i].fit);
        assert_int_equal(check_pairs(urls[i].url, pairs, &r), 0);
        check_number(urls[i].url, r->image_as_url, urls[i].as_url);
        request_free(&r);
    }
}

static void test_body(void **state)
{
    Request *r = NULL;
    (void)state;
    assert_int_equal(check_pairs("s.png", ANY "params=seed=9007199254740993", &r), 0);
    char *body = body_text(r, "data:image/png;base64,AA/+\"==", NULL);
    assert_non_null(strstr(body, "\"seed\":9007199254740993"));
    cJSON *json = cJSON_Parse(body);
    check_text("image", cJSON_GetStringValue(cJSON_GetObjectItem(json, "image_url")),
               "data:image/png;base64,AA/+\"==");
    check_number("fields", cJSON_GetArraySize(json), 4);
    cJSON_Delete(json);
    av_free(body);
    assert_null(cJSON_GetObjectItem(r->fields, "image_url"));
    request_free(&r);
}

/* What the still settles */

static const struct {
    int width, height;
    const char *pairs;
    const char *ratio; ///< NULL = not among the fields
    int target_width, target_height, ret;
    const char *words;
} settled[] = {
    {64, 36, "prompt=p", "16:9", 1280, 720, 0, NULL},
    {36, 64, "prompt=p", "9:16", 720, 1280, 0, NULL},
    {50, 50, "prompt=p", "16:9", 1280, 720, 0, NULL},
    {50, 51, "prompt=p", "9:16", 720, 1280, 0, NULL},
    {36, 64, "prompt=p|aspect_ratio=16:9", "16:9", 1280, 720, 0, NULL},
    {64, 36, "prompt=p|params=aspect_ratio=9\\:16", "9:16", 720, 1280, 0, NULL},
    {64, 36, "prompt=p|fit=none", "16:9", 1280, 720, 0, NULL},
    {64, 36, VEO, "16:9", 1920, 1080, 0, NULL},
    {64, 36, VEO "resolution=720p", "16:9", 1280, 720, 0, NULL},
    {36, 64, VEO, "9:16", 1080, 1920, 0, NULL},
    {720, 800, VEO "fit=none", "9:16", 0, 0, 0, NULL},
    {719, 800, VEO "fit=none", "9:16", 0, 0, AVERROR(EINVAL), "fit|none|719x800|720"},
    {800, 719, VEO "fit=none", "16:9", 0, 0, AVERROR(EINVAL), "fit|none|800x719|720"},
    {64, 36, WAN, NULL, 0, 0, 0, NULL},
    {64, 36, ANY, NULL, 0, 0, 0, NULL},
    {64, 36, ANY "aspect_ratio=1:1", "1:1", 0, 0, 0, NULL},
};

static void check_settled(size_t i)
{
    char name[32];
    snprintf(name, sizeof(name), "%dx%d.bmp", settled[i].width, settled[i].height);
    StillSource source = {.image =
                              temp_bmp(name, settled[i].width, settled[i].height, 90)};
    const char *pairs = settled[i].pairs;
    Still *still = NULL;
    Request *r = NULL;
    assert_int_equal(still_read(&source, &still), 0);
    assert_int_equal(check_pairs(source.image, pairs, &r), 0);
    said_clear();
    check_number(pairs, request_settle(r, still, NULL, NULL), settled[i].ret);
    if (settled[i].words)
        assert_said(pairs, settled[i].words);
    else
        assert_silent(pairs);
    check_text(
        pairs,
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(r->fields, "aspect_ratio")),
        settled[i].ratio);
    check_number(pairs, r->target.width, settled[i].target_width);
    check_number(pairs, r->target.height, settled[i].target_height);
    if (!settled[i].ret)
        check_number(pairs, strspn(r->key, "0123456789abcdef"), 64);
    request_free(&r);
    still_free(&still);
}

static void test_settle(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(settled) / sizeof(settled[0]); i++)
        check_settled(i);
}

/* Without the still, the landscape ratio. */
static void test_settle_url(void **state)
{
    Request *r = NULL;
    (void)state;
    assert_int_equal(check_pairs("https://h/s.png", "prompt=p|fit=none", &r), 0);
    assert_int_equal(request_settle(r, NULL, NULL, NULL), 0);
    check_fields("url", r,
                 SORA_JSON
                 "\"resolution\":\"720p\",\"duration\":4,\"aspect_ratio\":\"16:9\"}");
    check_number("key", strlen(r->key), 64);
    request_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),     cmocka_unit_test(test_duration),
        cmocka_unit_test(test_rest),       cmocka_unit_test(test_image_as_url),
        cmocka_unit_test(test_body),       cmocka_unit_test(test_settle),
        cmocka_unit_test(test_settle_url),
    };
    said_start();
    clear_environment();
    setenv("AIML_API_KEY", "k", 1);
    setenv("XDG_DATA_HOME", temp_dir(), 1);
    return cmocka_run_group_tests_name("request_fields", tests, NULL, NULL);
}
