/* i2v: unit tests of the option params
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/error.h>

#include "request/params.h"

static const struct {
    const char *text, *json;
} good[] = {
    {"seed=7", "{\"seed\":7}"},
    {"seed=-7", "{\"seed\":-7}"},
    {"cfg_scale=0.5", "{\"cfg_scale\":0.5}"},
    {"x=1e3", "{\"x\":1e3}"},
    {"seed=9007199254740993", "{\"seed\":9007199254740993}"},
    {"seed=18446744073709551615", "{\"seed\":18446744073709551615}"},
    {"seed=07", "{\"seed\":\"07\"}"},
    {"seed=0x7", "{\"seed\":\"0x7\"}"},
    {"seed=1.", "{\"seed\":\"1.\"}"},
    {"seed=.5", "{\"seed\":\".5\"}"},
    {"seed=+1", "{\"seed\":\"+1\"}"},
    {"seed=-", "{\"seed\":\"-\"}"},
    {"seed=1 ", "{\"seed\":\"1 \"}"},
    {"seed=nan", "{\"seed\":\"nan\"}"},
    {"watermark=false", "{\"watermark\":false}"},
    {"watermark=true", "{\"watermark\":true}"},
    {"watermark=True", "{\"watermark\":\"True\"}"},
    {"tail=null", "{\"tail\":null}"},
    {"x=\"7\"", "{\"x\":\"7\"}"},
    {"x=\"open", "{\"x\":\"\\\"open\"}"},
    {"x=[1,2]", "{\"x\":[1,2]}"},
    {"x=[a", "{\"x\":\"[a\"}"},
    {"x={\"a\"\\:1}", "{\"x\":{\"a\":1}}"},
    {"x=false alarm", "{\"x\":\"false alarm\"}"},
    {"negative_prompt=", "{\"negative_prompt\":\"\"}"},
    {"seed=7:negative_prompt=blurry", "{\"seed\":7,\"negative_prompt\":\"blurry\"}"},
    {"negative_prompt=a\\: b, c", "{\"negative_prompt\":\"a: b, c\"}"},
    {"negative_prompt=a\\\\b", "{\"negative_prompt\":\"a\\\\b\"}"},
    {"negative_prompt=a\\nb", "{\"negative_prompt\":\"a\\\\nb\"}"},
    {"negative_prompt=a\\", "{\"negative_prompt\":\"a\\\\\"}"},
    {"negative_prompt=a=b", "{\"negative_prompt\":\"a=b\"}"},
    {"negative_prompt=it's;50% + \"x\"",
     "{\"negative_prompt\":\"it's;50% + \\\"x\\\"\"}"},
    {"negative_prompt=\xC3\xA4", "{\"negative_prompt\":\"\xC3\xA4\"}"},
    {"aspect_ratio=9\\:16:seed=1", "{\"aspect_ratio\":\"9:16\",\"seed\":1}"},
    {"{}", "{}"},
    {"{\"seed\":7,\"a\":{\"b\":[1,\"x\"]}}", "{\"seed\":7,\"a\":{\"b\":[1,\"x\"]}}"},
    {" \t\n{\"seed\": 7 }\n ", "{\"seed\":7}"},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        cJSON *fields = NULL;
        said_clear();
        check_number(good[i].text, params_parse(good[i].text, NULL, &fields), 0);
        char *json = cJSON_PrintUnformatted(fields);
        check_text(good[i].text, json, good[i].json);
        assert_silent(good[i].text);
        cJSON_free(json);
        cJSON_Delete(fields);
    }
}

/* The names of JSON's members are told apart by case. */
static void test_names_by_case(void **state)
{
    cJSON *fields = NULL;
    (void)state;
    assert_int_equal(params_parse("a=1:A=2", NULL, &fields), 0);
    char *json = cJSON_PrintUnformatted(fields);
    check_text("a, A", json, "{\"a\":1,\"A\":2}");
    cJSON_free(json);
    cJSON_Delete(fields);
}

/* cJSON would round it: refused, rather than sent as another seed. */
static void test_large_number_in_object(void **state)
{
    cJSON *fields = NULL;
    (void)state;
    assert_int_equal(params_parse("{\"seed\":9007199254740993}", NULL, &fields),
                     AVERROR(EINVAL));
    assert_null(fields);
    assert_int_equal(params_parse("{\"seed\":1234567890123456}", NULL, &fields), 0);
    char *json = cJSON_PrintUnformatted(fields);
    check_text("16 digits", json, "{\"seed\":1234567890123456}");
    cJSON_free(json);
    cJSON_Delete(fields);
}

static const char *const bad[] = {
    "",
    "seed",
    "=7",
    "seed=7:",
    ":seed=7",
    "seed=7::cfg=1",
    "negative_prompt=a: b",
    "negative_prompt=a:b",
    "x={\"a\":1}",
    "seed=7:seed=8",
    "seed=7:seed=7",
    "se ed=7",
    " seed=7",
    "s\xC3\xA4=7",
    "se\"ed=7",
    "[1]",
    "7",
    "{",
    "{\"seed\":7",
    "{\"seed\":7}}",
    "{\"seed\":7} x",
    "{seed:7}",
    "{\"a\":1,}",
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cJSON *fields = (cJSON *)&bad;
        said_clear();
        check_number(bad[i], params_parse(bad[i], NULL, &fields), AVERROR(EINVAL));
        assert_null(fields);
        assert_said(bad[i], "params");
    }
}

static void test_file(void **state)
{
    cJSON *fields = NULL;
    char name[600];
    (void)state;
    said_clear();
    snprintf(name, sizeof(name), "@%s", temp_text("p.json", "{\"seed\": 7}\n"));
    assert_int_equal(params_parse(name, NULL, &fields), 0);
    char *json = cJSON_PrintUnformatted(fields);
    check_text("file", json, "{\"seed\":7}");
    cJSON_free(json);
    cJSON_Delete(fields);
    assert_silent("file");
}

static void check_bad_file(const char *path, int ret)
{
    cJSON *fields = NULL;
    char name[600];
    said_clear();
    snprintf(name, sizeof(name), "@%s", path);
    check_number(path, params_parse(name, NULL, &fields), ret);
    assert_null(fields);
    assert_said(path, "params");
    if (*path)
        assert_non_null(strstr(said.error, path));
}

static void test_bad_file(void **state)
{
    size_t size = (1 << 20) + 1;
    char *large = malloc(size);
    (void)state;
    memset(large, ' ', size);
    check_bad_file(temp_text("pairs.json", "seed=7"), AVERROR(EINVAL));
    check_bad_file(temp_text("array.json", "[1]"), AVERROR(EINVAL));
    check_bad_file(temp_text("empty.json", ""), AVERROR(EINVAL));
    check_bad_file(temp_text("cut.json", "{\"seed\":"), AVERROR(EINVAL));
    check_bad_file(temp_file("nul.json", "{}\0{}", 5), AVERROR(EINVAL));
    check_bad_file(temp_file("large.json", large, size), AVERROR(EINVAL));
    check_bad_file(temp_path("missing.json"), AVERROR(ENOENT));
    check_bad_file(temp_dir(), AVERROR(EISDIR));
    check_bad_file("", AVERROR(ENOENT));
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_names_by_case),
        cmocka_unit_test(test_large_number_in_object),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_bad_file),
    };
    said_start();
    clear_environment();
    return cmocka_run_group_tests_name("params", tests, NULL, NULL);
}
