/* i2v: unit tests: lines of a manifest
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/bprint.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "request/manifest.h"

static int read_bytes(const char *bytes, size_t size, ManifestLine **lines, int *count)
{
    return manifest_read(temp_file("shots.jsonl", bytes, size), NULL, NULL, lines, count);
}

/* name=value name=value ... */
static char *join(const AVDictionary *options)
{
    const AVDictionaryEntry *entry = NULL;
    AVBPrint text;
    char *joined = NULL;

    av_bprint_init(&text, 0, AV_BPRINT_SIZE_UNLIMITED);
    while ((entry = av_dict_get(options, "", entry, AV_DICT_IGNORE_SUFFIX)))
        av_bprintf(&text, "%s%s=%s", text.len ? " " : "", entry->key, entry->value);
    av_bprint_finalize(&text, &joined);
    return joined;
}

/* What one line asks for. */
static int parse(const char *text, AVDictionary *defaults, char **id, char **options)
{
    ManifestLine *lines;
    AVDictionary *parsed = NULL;
    int count;

    assert_int_equal(read_bytes(text, strlen(text), &lines, &count), 0);
    assert_int_equal(count, 1);
    int ret = manifest_parse(&lines[0], NULL, &parsed);
    if (ret >= 0) {
        assert_int_equal(manifest_add_defaults(defaults, &parsed), 0);
        *id = strdup(lines[0].id);
        assert_true((*options = join(parsed)));
    } else {
        assert_null(parsed);
    }
    av_dict_free(&parsed);
    /* And again, as when its turn comes. */
    if (ret >= 0) {
        char *again = NULL;
        assert_int_equal(manifest_parse(&lines[0], NULL, &parsed), 0);
        assert_int_equal(manifest_add_defaults(defaults, &parsed), 0);
        assert_true((again = join(parsed)));
        assert_string_equal(again, *options);
        assert_string_equal(lines[0].id, *id);
        av_free(again);
        av_dict_free(&parsed);
    }
    manifest_free(&lines, count);
    assert_null(lines);
    return ret;
}

static void test_values(void **state)
{
    static const struct {
        const char *text, *id, *options;
    } table[] = {
        {"{}", "1", ""},
        {" { } ", "1", ""},
        {"{\"id\":7}", "7", ""},
        {"{\"id\":\"7\"}", "\"7\"", ""},
        {"{\"id\" : 12345678901234567890 , \"take\" : 2 }", "12345678901234567890",
         "take=2"},
        {"{\"id\":1.50}", "1.50", ""},
        {"{\"id\":\"a\\u0041\"}", "\"aA\"", ""},
        {"{\"duration\":8}", "1", "duration=8"},
        {"{\"duration\":1.5}", "1", "duration=1.5"},
        {"{\"duration\":1.50}", "1", "duration=1.50"},
        {"{\"duration\":8e0}", "1", "duration=8e0"},
        {"{\"duration\":-1}", "1", "duration=-1"},
        {"{\"seed\":9007199254740993,\"take\":3}", "1", "seed=9007199254740993 take=3"},
        {"{\"duration\":\"1:30\"}", "1", "duration=1:30"},
        {"{\"audio\":true,\"silence\":false,\"dry_run\":1}", "1",
         "audio=1 silence=0 dry_run=1"},
        {"{\"audio\":\"0\"}", "1", "audio=0"},
        {"{\"prompt\":\"a, b}] \\\"c\\\\\\\" \",\"take\":2}", "1",
         "prompt=a, b}] \"c\\\"  take=2"},
        {"{\"params\":{ \"seed\": 1.50, \"list\": [1, {\"a\": \"]}\"}] },\"take\":2}",
         "1", "params={ \"seed\": 1.50, \"list\": [1, {\"a\": \"]}\"}] } take=2"},
        {"{\"params\":{}}", "1", "params={}"},
        {"{\"params\":\"seed=7\"}", "1", "params=seed=7"},
        {"{\"pro\\u006dpt\":\"x\"}", "1", "prompt=x"},
        {"{\"prompt\":\"two\\nlines\"}", "1", "prompt=two\nlines"},
        {"{\"prompt\":\"\\\\u0000\"}", "1", "prompt=\\u0000"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        char *id = NULL, *options = NULL;
        assert_int_equal(parse(table[i].text, NULL, &id, &options), 0);
        assert_string_equal(id, table[i].id);
        assert_string_equal(options ? options : "", table[i].options);
        free(id);
        av_free(options);
    }
}

static void test_shots(void **state)
{
    static const struct {
        const char *line, *from;
        double start, end; ///< NAN = refused
    } table[] = {
        {"{\"trim\":\"0.5-6\"}", NULL, 0.5, 6},
        {"{\"trim\":\"2-\"}", NULL, 2, -1},
        {"{\"trim\":\"-6\"}", NULL, 0, 6},
        {"{\"trim\":\"0:01-1:02.5\"}", NULL, 1, 62.5},
        {"{}", NULL, -1, -1},
        {"{\"trim\":\"\"}", NULL, NAN, 0},
        {"{\"trim\":\"-\"}", NULL, NAN, 0},
        {"{\"trim\":\"6\"}", NULL, NAN, 0},
        {"{\"trim\":\"6-2\"}", NULL, NAN, 0},
        {"{\"trim\":\"1-1\"}", NULL, NAN, 0},
        {"{\"trim\":\"a-b\"}", NULL, NAN, 0},
        {"{\"trim\":\"1-2-3\"}", NULL, NAN, 0},
        {"{\"trim\":3}", NULL, NAN, 0},
        {"{\"image\":\"shot:a \\\"b\\\"\"}", "a \"b\"", -1, -1},
        {"{\"image\":\"shot:\"}", NULL, NAN, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        ManifestLine *lines;
        AVDictionary *options;
        int count;

        assert_int_equal(read_bytes(table[i].line, strlen(table[i].line), &lines, &count),
                         0);
        int ret = manifest_parse(&lines[0], NULL, &options);
        assert_int_equal(ret, isnan(table[i].start) ? AVERROR(EINVAL) : 0);
        if (ret >= 0) {
            assert_true(lines[0].trim_start == table[i].start);
            assert_true(lines[0].trim_end == table[i].end);
            assert_int_equal(!lines[0].from, !table[i].from);
            if (table[i].from)
                assert_string_equal(lines[0].from, table[i].from);
            assert_null(options);
        }
        manifest_free(&lines, count);
    }
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(manifest_named("film.jsonl"), "film.jsonl");
    assert_string_equal(manifest_named("file:a/b.JSONL"), "a/b.JSONL");
    assert_null(manifest_named(".jsonl"));
    assert_null(manifest_named("film.json"));
    assert_null(manifest_named("http://x/film.jsonl"));
    assert_null(manifest_named("data:,.jsonl"));
    assert_null(manifest_named("-"));
}

static void test_refusals(void **state)
{
    static const struct {
        const char *text, *said;
    } table[] = {
        {"x", "byte 1 "},
        {"{\"prompt\":\"a\"", "JSON"},
        {"{\"prompt\":\"a\"} {}", "byte 16 "},
        {"{\"prompt\":\"a\",}", "JSON"},
        {"{\"take\":+1}", "JSON"},
        {"{\"take\":01}", "field take"},
        {"{\"take\":1.}", "field take"},
        {"[]", "an array"},
        {"\"{}\"", "a string"},
        {"3", "a number"},
        {"null", "null"},
        {"{\"prompt\":\"\xff\"}", "UTF-8"},
        {"{\"prompt\":\"a\\u0000b\"}", "NUL"},
        {"{\"params\":{\"a\":\"\\\\\\u0000\"}}", "NUL"},
        {"{\"promt\":\"a\"}", "'promt'"},
        {"{\"\":\"a\"}", "''"},
        {"{\"Prompt\":\"a\"}", "'Prompt'"},
        {"{\"a\\nb\":1}", "'?'"},
        {"{\"cover\":1}", "'cover'"},
        {"{\"prompt\":\"a\",\"prompt\":\"a\"}", "prompt is given twice"},
        {"{\"id\":1,\"take\":1,\"id\":1}", "id is given twice"},
        {"{\"id\":null}", "id is null"},
        {"{\"id\":true}", "id is true"},
        {"{\"id\":\"\"}", "field id"},
        {"{\"id\":\"a\\tb\"}", "field id"},
        {"{\"prompt\":7}", "prompt is a number"},
        {"{\"image\":7}", "image is a number"},
        {"{\"fit\":1}", "fit is a number"},
        {"{\"prompt\":true}", "prompt is true"},
        {"{\"take\":null}", "take is null"},
        {"{\"take\":{}}", "take is an object"},
        {"{\"audio\":[]}", "audio is an array"},
        {"{\"params\":[]}", "params is an array"},
        {"{\"params\":7}", "params is a number"},
        {"{\"image\":\"a\\u001bb\"}", "image holds a control"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        char *id = NULL, *options = NULL;
        said_clear();
        if (parse(table[i].text, NULL, &id, &options) >= 0)
            fail_case("taken: %s", table[i].text);
        assert_said(table[i].text, table[i].said);
    }
}

static void test_defaults(void **state)
{
    AVDictionary *defaults = NULL;
    char *id = NULL, *options = NULL;
    (void)state;

    av_dict_set(&defaults, "model", "m", 0);
    av_dict_set(&defaults, "prompt", "usual", 0);
    assert_int_equal(parse("{\"take\":2}", defaults, &id, &options), 0);
    assert_string_equal(options, "take=2 model=m prompt=usual");
    free(id);
    av_freep(&options);
    assert_int_equal(
        parse("{\"prompt_file\":\"p\",\"model\":\"n\"}", defaults, &id, &options), 0);
    assert_string_equal(options, "prompt_file=p model=n");
    free(id);
    av_freep(&options);
    av_dict_free(&defaults);
}

static void test_lines(void **state)
{
    static const char text[] =
        "\xEF\xBB\xBF\r\n \t\r\n{\"take\":1}\r\n\n\n{\"id\":\"x\"}";
    ManifestLine *lines;
    AVDictionary *options;
    int count;
    (void)state;

    assert_int_equal(read_bytes(text, sizeof(text) - 1, &lines, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(lines[0].number, 3);
    assert_string_equal(lines[0].text, "{\"take\":1}");
    assert_string_equal(lines[0].class->item_name(&lines[0]), "line 3");
    assert_int_equal(lines[1].number, 6);
    assert_int_equal(manifest_parse(&lines[1], NULL, &options), 0);
    assert_string_equal(lines[1].name, "line 6, x");
    av_dict_free(&options);
    manifest_free(&lines, count);

    assert_int_equal(read_bytes("", 0, &lines, &count), 0);
    assert_int_equal(count, 0);
    manifest_free(&lines, count);
    assert_int_equal(read_bytes("\n\n", 2, &lines, &count), 0);
    assert_int_equal(count, 0);
    manifest_free(&lines, count);
}

static void test_many_lines(void **state)
{
    char *text = malloc(5 * 1000 + 1);
    ManifestLine *lines;
    int count;
    (void)state;

    for (int i = 0; i < 1000; i++)
        memcpy(text + 5 * (size_t)i, "{ } \n", 6);
    assert_int_equal(read_bytes(text, 5000, &lines, &count), 0);
    assert_int_equal(count, 1000);
    assert_int_equal(lines[999].number, 1000);
    manifest_free(&lines, count);
    free(text);
}

static void test_unreadable(void **state)
{
    ManifestLine *lines;
    int count;
    (void)state;

    said_clear();
    assert_int_equal(manifest_read("/none/shots.jsonl", NULL, NULL, &lines, &count),
                     AVERROR(ENOENT));
    assert_said("no file", "/none/shots.jsonl");
    assert_true(manifest_read("/", NULL, NULL, &lines, &count) < 0);
    assert_null(lines);
    said_clear();
    assert_int_equal(read_bytes("{}\n{\0}\n", 7, &lines, &count), AVERROR(EINVAL));
    assert_said("a NUL", "Line 2|NUL");
    assert_null(lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shots),      cmocka_unit_test(test_names),
        cmocka_unit_test(test_values),     cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_defaults),   cmocka_unit_test(test_lines),
        cmocka_unit_test(test_many_lines), cmocka_unit_test(test_unreadable),
    };
    said_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
