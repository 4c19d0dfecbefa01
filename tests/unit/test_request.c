/* i2v: unit tests of the check of a request: what is refused, and the prompt
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/error.h>

#include "request/request.h"

#define WAN "model=alibaba/wan-2-7-i2v|"
#define VEO "model=google/veo-3.1-i2v-fast|"
#define ANY "model=some/new-model|"

/* What can be seen without the still. */
static const struct {
    const char *url, *pairs;
    int ret;
    const char *words;
} refused[] = {
    {"s.png", "", AVERROR(EINVAL), "prompt|prompt_file"},
    {"s.png", "prompt=", AVERROR(EINVAL), "prompt"},
    {"s.png", "prompt= \t\n ", AVERROR(EINVAL), "prompt"},
    {"s.png", "prompt=\"A dog", AVERROR(EINVAL), "prompt|second one|prompt_file"},
    {"s.png", "prompt=caf\xE9", AVERROR(EINVAL), "prompt|UTF-8"},
    {"s.png", "prompt=\xC3", AVERROR(EINVAL), "prompt|UTF-8"},
    {"s.png", "prompt=\xED\xA0\x80", AVERROR(EINVAL), "prompt|UTF-8"},
    {"s.png", "prompt=\xF4\x90\x80\x80", AVERROR(EINVAL), "prompt|UTF-8"},
    {"s.png", "prompt=\xC0\xAF", AVERROR(EINVAL), "prompt|UTF-8"},
    {"s.png", "prompt=p|prompt_file=/f", AVERROR(EINVAL), "prompt|prompt_file"},
    {"s.png", "prompt_file=/nonexistent/p.txt", AVERROR(ENOENT),
     "prompt_file|/nonexistent/p"},
    {"s.png", "prompt_file=", AVERROR(ENOENT), "prompt_file"},
    {"s.png", "prompt_file=/", AVERROR(EISDIR), "prompt_file"},
    {"", "prompt=p", AVERROR(EINVAL), "image|-i"},
    {NULL, "prompt=p", AVERROR(EINVAL), "image"},
    {"i2v:?prompt=p", "", AVERROR(EINVAL), "image"},
    /* Durations. */
    {"s.png", "prompt=p|duration=5", AVERROR(EINVAL), "duration|'5'|4, 8 or 12|sora"},
    {"s.png", "prompt=p|duration=0", AVERROR(EINVAL), "duration|4, 8 or 12"},
    {"s.png", "prompt=p|duration=-4", AVERROR(EINVAL), "duration|4, 8 or 12"},
    {"s.png", "prompt=p|duration=4.5", AVERROR(EINVAL), "duration|4, 8 or 12"},
    {"s.png", "prompt=p|duration=four", AVERROR(EINVAL), "duration|'four'|4, 8 or 12"},
    {"s.png", "prompt=p|duration=4s4", AVERROR(EINVAL), "duration"},
    {"s.png", "prompt=p|duration=", AVERROR(EINVAL), "duration|4, 8 or 12"},
    {"s.png", "prompt=p|duration=4:00", AVERROR(EINVAL), "duration"},
    {"s.png", WAN "prompt=p|duration=4", AVERROR(EINVAL), "duration|5, 10 or 15|wan"},
    {"s.png", VEO "prompt=p|duration=5", AVERROR(EINVAL), "duration|4, 6 or 8|veo"},
    {"s.png", ANY "prompt=p|duration=0", AVERROR(EINVAL), "duration|above 0"},
    {"s.png", ANY "prompt=p|duration=x", AVERROR(EINVAL), "duration|'x'"},
    {"s.png", ANY "prompt=p|duration=nan", AVERROR(EINVAL), "duration"},
    /* Resolutions and aspect ratios. */
    {"s.png", "prompt=p|resolution=4k", AVERROR(EINVAL), "resolution|'4k'|720p"},
    {"s.png", "prompt=p|resolution=1080p", AVERROR(EINVAL), "resolution|720p"},
    {"s.png", "prompt=p|resolution=720P", AVERROR(EINVAL), "resolution|720p"},
    {"s.png", "prompt=p|resolution=", AVERROR(EINVAL), "resolution|720p"},
    {"s.png", VEO "prompt=p|resolution=4k", AVERROR(EINVAL), "resolution|720p or 1080p"},
    {"s.png", "prompt=p|aspect_ratio=1:1", AVERROR(EINVAL),
     "aspect_ratio|'1:1'|16:9 or 9:16"},
    {"s.png", "prompt=p|aspect_ratio=1/1", AVERROR(EINVAL), "aspect_ratio|16:9 or 9:16"},
    {"s.png", "prompt=p|aspect_ratio=16x9", AVERROR(EINVAL), "aspect_ratio|16:9 or 9:16"},
    {"s.png", "prompt=p|aspect_ratio=Auto", AVERROR(EINVAL), "aspect_ratio"},
    {"s.png", WAN "prompt=p|aspect_ratio=16:9", AVERROR(EINVAL),
     "aspect_ratio|wan|still"},
    /* The model. */
    {"s.png", "prompt=p|model=", AVERROR(EINVAL), "model"},
    {"s.png", "prompt=p|model=\xFF", AVERROR(EINVAL), "model"},
    /* Further fields. */
    {"s.png", "prompt=p|params=seed", AVERROR(EINVAL), "params|name=value"},
    {"s.png", "prompt=p|params=negative_prompt=a: b", AVERROR(EINVAL), "params|\\:"},
    {"s.png", "prompt=p|params={\"a\":1", AVERROR(EINVAL), "params|JSON"},
    {"s.png", "prompt=p|params=[1]", AVERROR(EINVAL), "params"},
    {"s.png", "prompt=p|params=@/nonexistent.json", AVERROR(ENOENT),
     "params|/nonexistent"},
    {"s.png", "prompt=p|params=model=x", AVERROR(EINVAL), "params|model"},
    {"s.png", "prompt=p|params=prompt=x", AVERROR(EINVAL), "params|prompt"},
    {"s.png", "prompt=p|params=image_url=x", AVERROR(EINVAL), "params|image_url|image"},
    /* Waiting. */
    {"s.png", "prompt=p|max_wait=24:00:01", AVERROR(EINVAL), "max_wait|24 h"},
    {"s.png", "prompt=p|max_wait=86401", AVERROR(EINVAL), "max_wait|24 h"},
    {"s.png", "prompt=p|max_wait=-1", AVERROR(EINVAL), "max_wait|24 h"},
    {"s.png", "prompt=p|poll_interval=-1", AVERROR(EINVAL), "poll_interval|0"},
    {"s.png", "prompt=p|poll_interval=3601", AVERROR(EINVAL), "poll_interval|1 hour"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        Request *request = (Request *)&said;
        said_clear();
        check_number(refused[i].pairs,
                     check_pairs(refused[i].url, refused[i].pairs, &request),
                     refused[i].ret);
        assert_null(request);
        assert_said(refused[i].pairs, refused[i].words);
    }
}

/* The prompt */

static void check_prompt_is(const char *pairs, const char *wanted)
{
    Request *request = NULL;
    said_clear();
    check_number(pairs, check_pairs("s.png", pairs, &request), 0);
    assert_silent(pairs);
    check_text(pairs, request->prompt, wanted);
    check_text(
        pairs,
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(request->fields, "prompt")),
        wanted);
    request_free(&request);
    assert_null(request);
}

static void test_prompts(void **state)
{
    static const char *const prompts[] = {
        "p",
        "She turns \"around\" & it's 100% fine: a,b;c=d\\e?",
        "\xE2\x9C\x93 gr\xC3\xBC\xC3\x9F \xF0\x9F\x8E\xAC",
        "two\n  lines",
        "{\"not\":\"json\"}",
        "%20+%",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(prompts) / sizeof(prompts[0]); i++) {
        char pairs[256];
        snprintf(pairs, sizeof(pairs), "prompt=%s", prompts[i]);
        check_prompt_is(pairs, prompts[i]);
    }
}

static void test_long_prompt(void **state)
{
    char pairs[3 * 2000 + 16] = "prompt=";
    (void)state;
    for (int i = 0; i < 2000; i++)
        strcat(pairs, "\xE2\x82\xAC");
    check_prompt_is(pairs, pairs + strlen("prompt="));
}

static const struct {
    const char *file, *prompt;
} files[] = {
    {"plain", "plain"},
    {"last newline\n", "last newline"},
    {"last of two\n\n", "last of two"},
    {"crlf\r\n", "crlf"},
    {"a\r\nb\r\n", "a\nb"},
    {"a\rb", "a\rb"},
    {"\xEF\xBB\xBF"
     "bom\r\n",
     "bom"},
    {"\xEF\xBB\xBF\xEF\xBB\xBFtwo", "\xEF\xBB\xBFtwo"},
    {"in \xEF\xBB\xBFside", "in \xEF\xBB\xBFside"},
    {" 100% \"quoted\" \\: + %20 ", "100% \"quoted\" \\: + %20"},
    {"\n\t  a  b\r\n \r\n", "a  b"},
    {"\xC2\xA0 a", "\xC2\xA0 a"},
};

static void test_prompt_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char pairs[600];
        snprintf(pairs, sizeof(pairs), "prompt_file=%s",
                 temp_text("p.txt", files[i].file));
        check_prompt_is(pairs, files[i].prompt);
    }
}

static void test_bad_prompt_files(void **state)
{
    static const struct {
        const char *text;
        size_t size;
        const char *words;
    } bad[] = {
        {"", 0, "prompt"},
        {"\n", 1, "prompt"},
        {"\r\n", 2, "prompt"},
        {"\xEF\xBB\xBF", 3, "prompt"},
        {"\xEF\xBB\xBF \r\n", 6, "prompt"},
        {"caf\xE9", 4, "prompt_file|UTF-8"},
        {"\xFF\xFEp\0", 4, "prompt_file"},
        {"a\0b", 3, "prompt_file"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        Request *request;
        char pairs[600], what[32];
        snprintf(what, sizeof(what), "file %zu", i);
        snprintf(pairs, sizeof(pairs), "prompt_file=%s",
                 temp_file("b.txt", bad[i].text, bad[i].size));
        said_clear();
        check_number(what, check_pairs("s.png", pairs, &request), AVERROR(EINVAL));
        assert_said(what, bad[i].words);
    }
}

static void test_large_prompt_file(void **state)
{
    size_t size = (1 << 20) + 1;
    char *text = malloc(size), pairs[600];
    Request *request;
    (void)state;
    memset(text, 'x', size);
    snprintf(pairs, sizeof(pairs), "prompt_file=%s", temp_file("l.txt", text, size));
    said_clear();
    assert_int_equal(check_pairs("s.png", pairs, &request), AVERROR(EINVAL));
    assert_said("too large", "prompt_file|large");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),          cmocka_unit_test(test_prompts),
        cmocka_unit_test(test_long_prompt),      cmocka_unit_test(test_prompt_files),
        cmocka_unit_test(test_bad_prompt_files), cmocka_unit_test(test_large_prompt_file),
    };
    said_start();
    clear_environment();
    setenv("AIML_API_KEY", "k", 1);
    setenv("XDG_DATA_HOME", temp_dir(), 1);
    return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
