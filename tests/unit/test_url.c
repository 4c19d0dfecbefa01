/* i2v: unit tests of the i2v: URL
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "request/options.h"

/* The query as name=value|name=value, in the order of the dictionary. */
static void join(const AVDictionary *query, char *text, size_t size)
{
    const AVDictionaryEntry *entry = NULL;
    size_t have = 0;
    *text = '\0';
    while ((entry = av_dict_get(query, "", entry, AV_DICT_IGNORE_SUFFIX)))
        have += (size_t)snprintf(text + have, size - have, "%s%s=%s", have ? "|" : "",
                                 entry->key, entry->value);
}

static void test_body(void **state)
{
    (void)state;
    assert_string_equal(options_url_body("i2v:a.png?x"), "a.png?x");
    assert_string_equal(options_url_body("i2v:"), "");
    assert_string_equal(options_url_body("i2v:i2v:a"), "i2v:a");
    assert_null(options_url_body("a.png"));
    assert_null(options_url_body("file:i2v:a.png"));
    assert_null(options_url_body(" i2v:a.png"));
    assert_null(options_url_body("i2v"));
    assert_null(options_url_body(""));
    assert_null(options_url_body(NULL));
}

static const struct {
    const char *body, *still, *query;
} good[] = {
    {"still.png", "still.png", ""},
    {"", "", ""},
    {"/a/b c.png", "/a/b c.png", ""},
    {"still.png?", "still.png", ""},
    {"?prompt=x", "", "prompt=x"},
    {"a%20b.png?prompt=x", "a b.png", "prompt=x"},
    {"a+b.png?prompt=a+b", "a+b.png", "prompt=a b"},
    {"a&b=c.png?prompt=x", "a&b=c.png", "prompt=x"},
    {"s?prompt=a%2Bb", "s", "prompt=a+b"},
    {"http://h/x%3Fy=1?prompt=p", "http://h/x?y=1", "prompt=p"},
    {"http://h/x%3fy=1&z=2?prompt=p", "http://h/x?y=1&z=2", "prompt=p"},
    {"s?prompt=a?b", "s", "prompt=a?b"},
    {"s?prompt=a=b", "s", "prompt=a=b"},
    {"s?prompt=a%26b%3Dc", "s", "prompt=a&b=c"},
    {"s?prompt=100%25", "s", "prompt=100%"},
    {"100%25.png", "100%.png", ""},
    {"%2525", "%25", ""},
    {"s?prompt=a:b'c\"d\\e", "s", "prompt=a:b'c\"d\\e"},
    {"s#1?prompt=a#b", "s#1", "prompt=a#b"},
    {"gr\xC3\xBC\xC3\x9F.png?prompt=\xE2\x9C\x93", "gr\xC3\xBC\xC3\x9F.png",
     "prompt=\xE2\x9C\x93"},
    {"gr%C3%BC%c3%9f.png?prompt=%E2%9C%93", "gr\xC3\xBC\xC3\x9F.png",
     "prompt=\xE2\x9C\x93"},
    {"s?&&prompt=x&&take=2&", "s", "prompt=x|take=2"},
    {"s?prompt=", "s", "prompt="},
    {"s?prompt=x&duration=8&model=openai/sora-2-i2v", "s",
     "prompt=x|duration=8|model=openai/sora-2-i2v"},
    {"s?pro%6Dpt=x", "s", "prompt=x"},
    {"s?prompt=x&prompt=x", "s", "prompt=x"},
    {"s?prompt=a+b&prompt=a%20b", "s", "prompt=a b"},
    {"s?params=seed=7", "s", "params=seed=7"},
    {"s?params=seed=7:negative_prompt=a%5C:b", "s",
     "params=seed=7:negative_prompt=a\\:b"},
    {"s?params={\"seed\":7}", "s", "params={\"seed\":7}"},
    {"s?params=", "s", "params="},
    {"s?params=mail=a@b", "s", "params=mail=a@b"},
    {"s?image=x.png&image_time=end&resolution=720p&aspect_ratio=16:9&fit=none"
     "&fit_position=top&take=2&reuse=only&max_wait=5&poll_interval=1",
     "s",
     "image=x.png|image_time=end|resolution=720p|aspect_ratio=16:9|fit=none|fit_position="
     "top|"
     "take=2|reuse=only|max_wait=5|poll_interval=1"},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        AVDictionary *query = NULL;
        char *still = NULL, joined[1024];
        said_clear();
        int ret = options_parse_url(good[i].body, &still, &query, NULL);
        join(query, joined, sizeof(joined));
        check_number(good[i].body, ret, 0);
        check_text(good[i].body, still, good[i].still);
        check_text(good[i].body, joined, good[i].query);
        assert_silent(good[i].body);
        av_free(still);
        av_dict_free(&query);
    }
}

static const struct {
    const char *body;
    int ret;
    const char *words;
} bad[] = {
    /* A % that begins nothing. */
    {"a%.png", AVERROR(EINVAL), "%"},
    {"100%", AVERROR(EINVAL), "%25"},
    {"a%4", AVERROR(EINVAL), "%25"},
    {"a%4?prompt=x", AVERROR(EINVAL), "%25"},
    {"a%zz", AVERROR(EINVAL), "%zz"},
    {"a%4g", AVERROR(EINVAL), "%4g"},
    {"a%g4", AVERROR(EINVAL), "%g4"},
    {"a% 4", AVERROR(EINVAL), "% 4"},
    {"a%-1", AVERROR(EINVAL), "%-1"},
    {"a%00b", AVERROR(EINVAL), "%00"},
    {"s?prompt=100%", AVERROR(EINVAL), "%25"},
    {"s?prompt=1%2", AVERROR(EINVAL), "%25"},
    {"s?prompt=1%2&take=2", AVERROR(EINVAL), "%25"},
    {"s?prompt=a%00b", AVERROR(EINVAL), "%00"},
    {"s?pro%mpt=x", AVERROR(EINVAL), "%25"},
    {"s?prompt%00=x", AVERROR(EINVAL), "%00"},
    /* Options that are none. */
    {"s?promt=x", AVERROR_OPTION_NOT_FOUND, "promt|prompt|aspect_ratio|max_wait"},
    {"s?PROMPT=x", AVERROR_OPTION_NOT_FOUND, "PROMPT|prompt"},
    {"s?=x", AVERROR_OPTION_NOT_FOUND, "prompt"},
    {"s?cover=1", AVERROR_OPTION_NOT_FOUND, "cover"},
    {"s?api_key=k", AVERROR_OPTION_NOT_FOUND, "api_key"},
    {"s?prompt=x&cfg_scale=7", AVERROR_OPTION_NOT_FOUND, "cfg_scale"},
    /* No value. */
    {"s?prompt", AVERROR(EINVAL), "prompt|value"},
    {"s?prompt=x&take", AVERROR(EINVAL), "take|value"},
    /* Withheld. */
    {"s?base_url=https://evil.example", AVERROR(EINVAL),
     "base_url|I2V_DEFAULTS|I2V_BASE_URL"},
    {"s?api_key_file=/k", AVERROR(EINVAL), "api_key_file|-f i2v|I2V_DEFAULTS"},
    {"s?prompt_file=/etc/passwd", AVERROR(EINVAL), "prompt_file|I2V_DEFAULTS"},
    {"s?ca_file=/ca", AVERROR(EINVAL), "ca_file|I2V_DEFAULTS"},
    {"s?store=/tmp", AVERROR(EINVAL), "store|I2V_DEFAULTS|I2V_STORE"},
    {"s?save=/x.mp4", AVERROR(EINVAL), "save|I2V_DEFAULTS"},
    {"s?save=", AVERROR(EINVAL), "save"},
    {"s?sav%65=/x.mp4", AVERROR(EINVAL), "save"},
    {"s?params=@/etc/passwd", AVERROR(EINVAL), "params|I2V_DEFAULTS"},
    {"s?params=%40/etc/passwd", AVERROR(EINVAL), "params"},
    /* Twice. */
    {"s?prompt=a&prompt=b", AVERROR(EINVAL), "prompt|twice|'a'|'b'"},
    {"s?take=1&prompt=x&take=01", AVERROR(EINVAL), "take"},
    {"s?params=a=1&params=b=1", AVERROR(EINVAL), "params"},
    {"s?fit=fill&fit=", AVERROR(EINVAL), "fit"},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        AVDictionary *query = NULL;
        char *still = NULL;
        said_clear();
        int ret = options_parse_url(bad[i].body, &still, &query, NULL);
        check_number(bad[i].body, ret, bad[i].ret);
        assert_null(still);
        assert_said(bad[i].body, bad[i].words);
        av_dict_free(&query);
    }
}

/* What a URL may hold is in the sentence; what it may not is not offered. */
static void test_offers(void **state)
{
    AVDictionary *query = NULL;
    char *still = NULL;
    (void)state;
    said_clear();
    assert_int_equal(options_parse_url("s?nope=1", &still, &query, NULL),
                     AVERROR_OPTION_NOT_FOUND);
    assert_null(strstr(said.error, "base_url"));
    assert_null(strstr(said.error, "prompt_file"));
    assert_null(strstr(said.error, "api_key_file"));
    assert_null(strstr(said.error, "save"));
    assert_null(strstr(said.error, "store"));
    assert_null(strstr(said.error, "ca_file"));
    assert_non_null(strstr(said.error, "poll_interval"));
    av_dict_free(&query);
}

/* A stranger's URL writes no lines of its own into the log, and steers no terminal. */
static void test_one_line(void **state)
{
    static const char *const bodies[] = {"s?a%0Ab=1", "s?a%1B%5B31mb=1", "s?a%0Ab",
                                         "s?prompt=a%0Ab&prompt=c", "s?a%7F%0Db=1"};
    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        AVDictionary *query = NULL;
        char *still = NULL;
        said_clear();
        assert_true(options_parse_url(bodies[i], &still, &query, NULL) < 0);
        assert_said(bodies[i], "");
        for (const char *c = said.error; c[1]; c++)
            if ((unsigned char)*c < 0x20 || *c == 0x7f)
                fail_case("%s: control character %d is logged", bodies[i], *c);
        av_dict_free(&query);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_body),     cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),      cmocka_unit_test(test_offers),
        cmocka_unit_test(test_one_line),
    };
    said_start();
    clear_environment();
    return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
