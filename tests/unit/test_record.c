/* i2v: unit tests of a page of the ledger
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include <libavutil/common.h>
#include <libavutil/error.h>

#include "store/record.h"

#define KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_round_trip(void **state)
{
    Record *record = record_alloc(KEY), *again = NULL;
    (void)state;
    assert_non_null(record);
    record_set_state(record, RECORD_RUNNING);
    record_set_text(record, RECORD_ID, "g:1");
    record_set_text(record, RECORD_PROMPT, "a\xC3\xA4\"\n");
    record_set_number(record, RECORD_USD, 0.52);
    char *text = record_print(record);
    assert_non_null(text);
    check_number("parse", record_parse(KEY, text, &again), 0);
    cJSON_free(text);
    check_text("key", record_key(again), KEY);
    check_number("state", record_state(again), RECORD_RUNNING);
    check_text("prompt", record_text(again, RECORD_PROMPT), "a\xC3\xA4\"\n");
    assert_true(record_number(again, RECORD_USD, -1) == 0.52);
    record_free(&record);
    record_free(&again);
    assert_null(again);
}

static void test_json(void **state)
{
    Record *record = record_alloc(KEY);
    (void)state;
    assert_null(record_json(record, RECORD_REQUEST));
    assert_int_equal(record_set_json(record, RECORD_REQUEST, cJSON_Parse("{\"a\":1}")),
                     0);
    assert_int_equal(record_set_json(record, RECORD_REQUEST, cJSON_Parse("{\"b\":2}")),
                     0);
    const cJSON *json = record_json(record, RECORD_REQUEST);
    check_number("members", cJSON_GetArraySize(json), 1);
    check_number("b", cJSON_GetObjectItem(json, "b")->valueint, 2);
    assert_null(record_text(record, RECORD_REQUEST));
    assert_int_equal(record_set_json(record, RECORD_REQUEST, NULL), 0);
    assert_null(record_json(record, RECORD_REQUEST));
    record_free(&record);
}

static void test_not_a_record(void **state)
{
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{}",
        "null",
        "{\"version\":1,\"key\":\"other\"}",
        "{\"version\":2,\"key\":\"" KEY "\"}",
        "{\"version\":1,\"key\":\"" KEY "\",\"state\":\"paused\"}",
        "{\"version\":1,\"key\":\"" KEY "\",\"state\":7}",
        "{\"version\":1,\"key\":\"" KEY "\",\"state\":\"running\"}",
        "{\"version\":1,\"key\":\"" KEY "\",\"state\":\"sent\",\"id\":\"x\"}"};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        Record *record = NULL;
        check_number(texts[i], record_parse(KEY, texts[i], &record), AVERROR_INVALIDDATA);
        assert_null(record);
    }
}

/* What was paid for is not forgotten with a page that cannot be read whole. */
static void test_salvage(void **state)
{
    static const struct {
        const char *text; ///< behind the key
        RecordState state;
        const char *id; ///< NULL with RECORD_NEW: nothing worth keeping
    } cases[] = {
        {"\"version\":2,\"state\":\"running\",\"id\":\"g:1\"", RECORD_RUNNING, "g:1"},
        {"\"version\":1,\"state\":\"paused\",\"id\":\"g:1\"", RECORD_RUNNING, "g:1"},
        {"\"version\":9,\"client_request_ids\":\"a b\",\"sent\":5", RECORD_SENT, NULL},
        {"\"version\":9,\"client_request_ids\":\"a b\"", RECORD_NEW, NULL},
        {"\"version\":2,\"state\":\"running\",\"id\":7", RECORD_NEW, NULL},
        {"\"version\":2", RECORD_NEW, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];
        snprintf(text, sizeof(text), "{\"key\":\"" KEY "\",%s}", cases[i].text);
        Record *record = record_salvage(KEY, text);
        check_number(text, record != NULL, cases[i].state != RECORD_NEW);
        if (!record)
            continue;
        check_number(text, record_state(record), cases[i].state);
        check_text(text, record_text(record, RECORD_ID), cases[i].id);
        record_free(&record);
    }
    Record *record =
        record_salvage(KEY, "{\"key\":\"" KEY "\",\"id\":\"g:1\",\"project\":\"film\"}");
    assert_non_null(record);
    check_text("project", record_text(record, RECORD_PROJECT), "film");
    record_free(&record);
    Record *asked = record_salvage(KEY, "{\"key\":\"" KEY
                                        "\",\"id\":\"g:1\",\"request\":{\"seed\":7}}");
    const cJSON *request = record_json(asked, RECORD_REQUEST);
    check_number("seed", cJSON_GetObjectItem(request, "seed")->valueint, 7);
    record_free(&asked);
    assert_null(record_salvage(KEY, "{\"id\":\"g:1\",\"key\":\"another\"}"));
    assert_null(record_salvage(KEY, "{\"id\":"));
    assert_null(record_salvage(KEY, NULL));
}

static void test_finished(void **state)
{
    static const struct {
        RecordState state;
        bool ended, finished;
    } cases[] = {
        {RECORD_NEW, false, false},    {RECORD_INTENT, false, false},
        {RECORD_INTENT, true, true},   {RECORD_SENT, false, false},
        {RECORD_SENT, true, false},    {RECORD_RUNNING, false, false},
        {RECORD_RUNNING, true, false}, {RECORD_READY, true, true},
        {RECORD_FAILED, true, true},   {RECORD_REFUSED, true, true},
        {RECORD_DAMAGED, true, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        Record *record = record_alloc(KEY);
        record_set_state(record, cases[i].state);
        if (cases[i].ended)
            record_set_number(record, RECORD_ENDED, record_now());
        check_number(record_state_name(cases[i].state), record_is_finished(record),
                     cases[i].finished);
        record_free(&record);
    }
}

/* How many times a word stands in a text. */
static int count(const char *text, const char *word)
{
    int found = 0;
    for (; (text = strstr(text, word)); text += strlen(word))
        found++;
    return found;
}

/* A gateway whose status swings to and fro for a day must not make the record unreadable.
 */
static void test_history_is_bounded(void **state)
{
    Record *record = record_alloc(KEY);
    char status[32];
    (void)state;
    assert_int_equal(record_add_history(record, "intent", NULL), 0);
    for (int i = 0; i < 5000; i++) {
        snprintf(status, sizeof(status), "status-%d", i);
        assert_int_equal(record_add_history(record, "status", status), 0);
    }
    char *text = record_print(record);
    check_number("lines", count(text, "\"what\""), 500);
    check_number("the first", count(text, "\"intent\""), 1);
    check_number("an early one", count(text, "\"status-100\""), 1);
    check_number("the middle", count(text, "\"status-2000\""), 0);
    check_number("the last", count(text, "\"status-4999\""), 1);
    cJSON_free(text);
    record_free(&record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),   cmocka_unit_test(test_json),
        cmocka_unit_test(test_not_a_record), cmocka_unit_test(test_salvage),
        cmocka_unit_test(test_finished),     cmocka_unit_test(test_history_is_bounded),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
