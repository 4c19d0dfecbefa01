/* i2v: unit tests of where a clip comes from: the account beside it, and tags
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "request/request.h"
#include "request/scrub.h"
#include "store/provenance.h"

#define KEY    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SECRET "s3cr3t"

/* The account's name */

static void test_path(void **state)
{
    static const struct {
        const char *clip, *account;
    } cases[] = {
        {"clip.mp4", "clip.i2v.json"},
        {"clip", "clip.i2v.json"},
        {"a/b.c/clip", "a/b.c/clip.i2v.json"},
        {"a/b.c/clip.mp4", "a/b.c/clip.i2v.json"},
        {"/shots/take.2.mov", "/shots/take.2.i2v.json"},
        {".mp4", ".mp4.i2v.json"},
        {"a/.mp4", "a/.mp4.i2v.json"},
        {"clip.", "clip.i2v.json"},
        {"clip.json", "clip.i2v.json"},
        {"clip.i2v.json", "clip.i2v.i2v.json"},
        {".i2v.json", ".i2v.i2v.json"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *path = account_path(cases[i].clip);
        check_text(cases[i].clip, path, cases[i].account);
        assert_string_not_equal(path, cases[i].clip);
        av_free(path);
    }
}

/* What is kept of a request */

static void test_request(void **state)
{
    static const char fields[] =
        "{\"model\":\"m\",\"prompt\":\"https://u:" SECRET "@h/p?q=" SECRET "\","
        "\"duration\":8,\"on\":true,\"none\":null,"
        "\"last_image_url\":\"data:image/png;base64," SECRET "\","
        "\"words\":\"data: one, two\","
        "\"refs\":[{\"url\":\"HTTPS://u:" SECRET "@h.example/a.png?sig=" SECRET "#" SECRET
        "\"},\"http://[" SECRET "\"]}";
    cJSON *json = cJSON_Parse(fields), *kept = scrub_fields(json);
    (void)state;
    assert_non_null(kept);
    check_text("model", cJSON_GetStringValue(cJSON_GetObjectItem(kept, "model")), "m");
    check_number("duration", cJSON_GetObjectItem(kept, "duration")->valueint, 8);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(kept, "on")));
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(kept, "none")));
    check_text("words", cJSON_GetStringValue(cJSON_GetObjectItem(kept, "words")),
               "data: one, two");
    const char *data = cJSON_GetStringValue(cJSON_GetObjectItem(kept, "last_image_url"));
    assert_non_null(strstr(data, "28 bytes"));
    assert_non_null(strstr(data, "SHA-256 "));
    /* The prompt is words, and they are the user's. */
    assert_non_null(
        strstr(cJSON_GetStringValue(cJSON_GetObjectItem(kept, "prompt")), SECRET));
    cJSON_DeleteItemFromObject(kept, "prompt");
    char *text = cJSON_PrintUnformatted(kept);
    assert_null(strstr(text, SECRET));
    assert_non_null(strstr(text, "h.example/a.png"));
    /* The request itself is as it was. */
    char *before = cJSON_PrintUnformatted(json);
    check_text("fields", before, fields);
    cJSON_free(before);
    cJSON_free(text);
    cJSON_Delete(kept);
    cJSON_Delete(json);
}

/* The account */

static Record *whole_record(void)
{
    Record *r = record_alloc(KEY);
    ClipFacts facts = {.width = 1280,
                       .height = 720,
                       .duration = 8,
                       .rate = {30, 1},
                       .has_audio = true,
                       .c2pa = true,
                       .text = "what it is"};
    r->state = RECORD_READY;
    av_strlcpy(r->account, SECRET, sizeof(r->account));
    record_set(&r->origin, "https://h.example");
    record_set(&r->model, "m");
    record_set(&r->prompt, "\"smile\" \xC3\xA4");
    r->take = 2;
    r->request = cJSON_Parse("{\"model\":\"m\",\"prompt\":\"p\",\"seed\":7}");
    av_strlcpy(r->image_hash, "aa", sizeof(r->image_hash));
    av_strlcpy(r->end_image_hash, "ee", sizeof(r->end_image_hash));
    av_strlcpy(r->request_hash, "bb", sizeof(r->request_hash));
    record_set(&r->client_ids, "one two");
    record_set(&r->id, "g:1");
    av_strlcpy(r->status, "completed", sizeof(r->status));
    record_set(&r->url, "https://cdn.example/1.mp4");
    r->created = 1795168800.25;
    r->sent_at = 1795168801.5;
    r->accepted = 1795168802.75;
    r->ended = 1795168899;
    r->usd = 0.52;
    r->credits = 1040000;
    r->tokens = 0;
    r->clip_size = 12345;
    av_strlcpy(r->clip_time, SECRET, sizeof(r->clip_time));
    av_strlcpy(r->clip_hash, "cc", sizeof(r->clip_hash));
    r->clip = facts;
    return r;
}

static char *read_text(const char *path)
{
    char *text = calloc(1, 65536);
    FILE *file = fopen(path, "r");
    if (!file)
        fail_case("%s is not there", path);
    assert_true(fread(text, 1, 65535, file) > 0);
    fclose(file);
    return text;
}

/* "clip/size" of the account, printed. */
static void check_member(const cJSON *json, const char *path, const char *wanted)
{
    char copy[64], *rest = copy, *name;
    const cJSON *item = json;
    snprintf(copy, sizeof(copy), "%s", path);
    while ((name = strsep(&rest, "/")))
        item = cJSON_GetObjectItemCaseSensitive(item, name);
    char *text = item ? cJSON_PrintUnformatted(item) : NULL;
    check_text(path, text, wanted);
    cJSON_free(text);
}

static const struct {
    const char *path, *value;
} members[] = {
    {"version", "1"},
    {"generator", "\"i2v " I2V_VERSION "\""},
    {"key", "\"" KEY "\""},
    {"digital_source_type",
     "\"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia\""},
    {"request/fields", "{\"model\":\"m\",\"prompt\":\"p\",\"seed\":7}"},
    {"request/image_sha256", "\"aa\""},
    {"request/end_image_sha256", "\"ee\""},
    {"request/body_sha256", "\"bb\""},
    {"request/take", "2"},
    {"generation/id", "\"g:1\""},
    {"generation/origin", "\"https://h.example\""},
    {"generation/client_request_ids", "[\"one\",\"two\"]"},
    {"generation/status", "\"completed\""},
    {"generation/url", "\"https://cdn.example/1.mp4\""},
    {"times/created", "\"2026-11-20T10:00:00Z\""},
    {"times/sent", "\"2026-11-20T10:00:01Z\""},
    {"times/accepted", "\"2026-11-20T10:00:02Z\""},
    {"times/ended", "\"2026-11-20T10:01:39Z\""},
    {"usage/usd", "0.52"},
    {"usage/credits", "1040000"},
    {"usage/tokens", "0"},
    {"clip/file", "\"kept.mp4\""},
    {"clip/size", "12345"},
    {"clip/sha256", "\"cc\""},
    {"clip/description", "\"what it is\""},
    {"clip/width", "1280"},
    {"clip/height", "720"},
    {"clip/duration", "8"},
    {"clip/rate", "\"30/1\""},
    {"clip/variable", "false"},
    {"clip/untagged", "\"\""},
    {"clip/audio", "true"},
    {"clip/c2pa", "true"},
};

static void test_account(void **state)
{
    Record *record = whole_record();
    struct stat st;
    (void)state;
    umask(027);
    assert_int_equal(provenance_write(record, temp_path("kept.mp4")), 0);
    char *text = read_text(temp_path("kept.i2v.json"));
    cJSON *json = cJSON_Parse(text);
    assert_non_null(json);
    assert_int_equal(text[strlen(text) - 1], '\n');
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        check_member(json, members[i].path, members[i].value);
    assert_null(strstr(text, SECRET));
    assert_null(strstr(text, temp_dir()));
    assert_int_equal(stat(temp_path("kept.i2v.json"), &st), 0);
    check_number("mode", st.st_mode & 0777, 0640);
    assert_int_equal(access(temp_path("kept.mp4"), F_OK), -1);
    cJSON_Delete(json);
    free(text);
    record_free(&record);
}

/* What nobody knows is not there. */
static void test_account_of_little(void **state)
{
    static const char *const groups[] = {"generation", "times", "usage"};
    Record *record = record_alloc(KEY);
    (void)state;
    assert_int_equal(provenance_write(record, temp_path("little.mp4")), 0);
    char *text = read_text(temp_path("little.i2v.json"));
    cJSON *json = cJSON_Parse(text);
    for (int i = 0; i < 3; i++)
        check_member(json, groups[i], "{}");
    check_member(json, "request", "{}");
    check_member(json, "clip", "{\"file\":\"little.mp4\"}");
    cJSON_Delete(json);
    free(text);
    /* No time that can be written. */
    record->created = 1e300;
    assert_int_equal(provenance_write(record, temp_path("little.mp4")), 0);
    json = cJSON_Parse(text = read_text(temp_path("little.i2v.json")));
    check_member(json, "times", "{}");
    cJSON_Delete(json);
    free(text);
    record_free(&record);
}

static void test_account_cannot_be_written(void **state)
{
    Record *record = whole_record();
    (void)state;
    mkdir(temp_path("taken.i2v.json"), 0700);
    assert_true(provenance_write(record, temp_path("taken.mp4")) < 0);
    assert_true(provenance_write(record, temp_path("none/kept.mp4")) < 0);
    record_free(&record);
}

/* Tags */

static void check_tag(const AVDictionary *tags, const char *name, const char *wanted)
{
    const AVDictionaryEntry *entry = av_dict_get(tags, name, NULL, AV_DICT_MATCH_CASE);
    check_text(name, entry ? entry->value : NULL, wanted);
}

static void test_tags(void **state)
{
    Record *record = whole_record();
    AVDictionary *few = NULL, *all = NULL;
    (void)state;
    assert_int_equal(provenance_tags(record, false, &few), 0);
    check_number("few", av_dict_count(few), 2);
    check_tag(few, "generation_id", "g:1");
    check_tag(few, "digital_source_type", PROVENANCE_SOURCE_TYPE);
    /* Those that are there stay. */
    av_dict_set(&all, "title", "t", 0);
    assert_int_equal(provenance_tags(record, true, &all), 0);
    check_number("all", av_dict_count(all), 7);
    check_tag(all, "title", "t");
    check_tag(all, "generation_id", "g:1");
    check_tag(all, "digital_source_type", PROVENANCE_SOURCE_TYPE);
    check_tag(all, "generation_model", "m");
    check_tag(all, "generation_prompt", "\"smile\" \xC3\xA4");
    check_tag(all, "generation_take", "2");
    check_tag(all, "generation_cost", "0.52");
    av_dict_free(&few);
    av_dict_free(&all);
    record_free(&record);
}

static void test_tags_of_little(void **state)
{
    Record *record = record_alloc(KEY);
    AVDictionary *tags = NULL;
    (void)state;
    assert_int_equal(provenance_tags(record, true, &tags), 0);
    check_number("tags", av_dict_count(tags), 1);
    check_tag(tags, "digital_source_type", PROVENANCE_SOURCE_TYPE);
    av_dict_free(&tags);
    record_free(&record);
}

#define MARK(id) "{" id "\"digital_source_type\":\"" PROVENANCE_SOURCE_TYPE "\"}"

/* Under keys that are kept, unless the clip has such of its own. */
static void test_mark(void **state)
{
    AVDictionary *tags = NULL, *own = NULL;

    (void)state;
    av_dict_set(&tags, "digital_source_type", PROVENANCE_SOURCE_TYPE, 0);
    assert_int_equal(provenance_mark(&tags, NULL), 0);
    check_tag(tags, "comment", MARK(""));
    av_dict_set(&tags, "generation_id", "g:\"1\"", 0);
    assert_int_equal(provenance_mark(&tags, NULL), 0);
    check_tag(tags, "comment", MARK("\"generation_id\":\"g:\\\"1\\\"\","));
    check_tag(tags, "service_provider", MARK("\"generation_id\":\"g:\\\"1\\\"\","));
    check_number("tags", av_dict_count(tags), 4);
    av_dict_free(&tags);

    av_dict_set(&tags, "digital_source_type", PROVENANCE_SOURCE_TYPE, 0);
    av_dict_set(&own, "Comment", "the clip's", 0);
    assert_int_equal(provenance_mark(&tags, own), 0);
    check_tag(tags, "comment", NULL);
    check_tag(tags, "service_provider", MARK(""));
    av_dict_free(&tags);
    av_dict_free(&own);
}

/* A film's ids have no room there. */
static void test_mark_of_many(void **state)
{
    AVDictionary *tags = NULL;

    (void)state;
    av_dict_set(&tags, "digital_source_type", PROVENANCE_SOURCE_TYPE, 0);
    av_dict_set(&tags, "generation_id", "first", 0);
    for (int i = 0; i < 30; i++)
        av_dict_set(&tags, "generation_id", ", another", AV_DICT_APPEND);
    assert_int_equal(provenance_mark(&tags, NULL), 0);
    check_tag(tags, "service_provider", MARK(""));
    assert_non_null(
        strstr(av_dict_get(tags, "comment", NULL, 0)->value, "first, another, another"));
    av_dict_free(&tags);
}

/* What stands in for a clip was not generated. */
static void test_mark_of_stand_in(void **state)
{
    AVDictionary *tags = NULL;

    (void)state;
    av_dict_set(&tags, "generation_stand_in", "fallback", 0);
    assert_int_equal(provenance_mark(&tags, NULL), 0);
    check_number("tags", av_dict_count(tags), 1);
    av_dict_free(&tags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path),
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_account),
        cmocka_unit_test(test_account_of_little),
        cmocka_unit_test(test_account_cannot_be_written),
        cmocka_unit_test(test_tags),
        cmocka_unit_test(test_tags_of_little),
        cmocka_unit_test(test_mark),
        cmocka_unit_test(test_mark_of_many),
        cmocka_unit_test(test_mark_of_stand_in),
    };
    return cmocka_run_group_tests_name("provenance", tests, NULL, NULL);
}
