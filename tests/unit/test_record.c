/* i2v: unit tests of a page of the ledger
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include <libavutil/common.h>
#include <libavutil/error.h>

#include "base/json.h"
#include "store/record.h"

#define KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_round_trip(void **state)
{
    Record *record = record_alloc(KEY), *again = NULL;
    (void)state;
    assert_non_null(record);
    record->state = RECORD_RUNNING;
    record_set(&record->id, "g:1");
    record_set(&record->prompt, "a\xC3\xA4\"\n");
    record->usd = 0.52;
    char *text = record_print(record);
    assert_non_null(text);
    check_number("parse", record_parse(KEY, text, &again), 0);
    cJSON_free(text);
    check_text("key", again->key, KEY);
    check_number("state", again->state, RECORD_RUNNING);
    check_text("prompt", again->prompt, "a\xC3\xA4\"\n");
    assert_true(again->usd == 0.52);
    record_free(&record);
    record_free(&again);
    assert_null(again);
}

static void test_request(void **state)
{
    Record *record = record_alloc(KEY), *again = NULL;
    (void)state;
    record->request = cJSON_Parse("{\"b\":2}");
    char *text = record_print(record);
    check_number("parse", record_parse(KEY, text, &again), 0);
    cJSON_free(text);
    check_number("b", cJSON_GetObjectItem(again->request, "b")->valueint, 2);
    record_free(&record);
    record_free(&again);
}

static void test_not_a_record(void **state)
{
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{}",
        "null",
        "{\"version\":2,\"key\":\"other\"}",
        "{\"version\":1,\"key\":\"" KEY "\"}",
        "{\"version\":2,\"key\":\"" KEY "\",\"state\":\"paused\"}",
        "{\"version\":2,\"key\":\"" KEY "\",\"state\":7}",
        "{\"version\":2,\"key\":\"" KEY "\",\"state\":\"running\"}",
        "{\"version\":2,\"key\":\"" KEY "\",\"state\":\"sent\",\"id\":\"x\"}"};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        Record *record = NULL;
        check_number(texts[i], record_parse(KEY, texts[i], &record), AVERROR_INVALIDDATA);
        assert_null(record);
    }
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
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        Record *record = record_alloc(KEY);
        record->state = cases[i].state;
        if (cases[i].ended)
            record->ended = record_now();
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

/* A text that is cut to fit ends with a whole character, escaped or not. */
static void test_cut_text(void **state)
{
    static const char *const texts[] = {"{\"a\":\"x\xC3\xA4\xE2\x82\xAC\"}",
                                        "{\"a\":\"\\u0078\xC3\xA4\xE2\x82\xAC\"}"};
    static const char *const wanted[] = {
        "", "", "x", "x", "x\xC3\xA4", "x\xC3\xA4", "x\xC3\xA4", "x\xC3\xA4\xE2\x82\xAC"};
    (void)state;
    for (int i = 0; i < 2; i++)
        for (size_t size = 1; size < 8; size++) {
            const char *at = texts[i];
            char text[8];
            JsonPair pair;
            assert_true(json_next(&at, texts[i] + strlen(texts[i]), &pair));
            assert_true(json_copy_text(&pair, text, size));
            check_text("cut", text, wanted[size]);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_text), cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_request),  cmocka_unit_test(test_not_a_record),

        cmocka_unit_test(test_finished), cmocka_unit_test(test_history_is_bounded),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
