/* i2v: unit tests of a page of the ledger without memory: each allocation fails in turn
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>

#include <libavutil/error.h>

#include "memory.h"
#include "store/store.h"

#define KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static Store *store;

/* A record with everything that takes memory. */
static Record *whole_record(void)
{
    Record *record = record_alloc(KEY);
    assert_non_null(record);
    record->state = RECORD_INTENT;
    record->request = cJSON_Parse("{\"prompt\":\"p\",\"seed\":7,\"refs\":[\"a\",{}]}");
    record->rest = cJSON_Parse("{\"later\":[1,2]}");
    record->clip = (ClipFacts){
        .width = 64, .height = 64, .rate = {30, 1}, .untagged = "range", .text = "t"};
    record->usd = 0.5;
    snprintf(record->status, sizeof(record->status), "queued");
    assert_int_equal(record_set(&record->id, "g:1"), 0);
    assert_int_equal(record_set(&record->prompt, "p"), 0);
    assert_int_equal(record_set(&record->client_ids, "a b"), 0);
    assert_int_equal(record_add_history(record, "intent", "queued"), 0);
    return record;
}

static RecordState state_on_disk(void)
{
    Record *record;
    assert_int_equal(store_load(store, KEY, false, NULL, &record), 0);
    RecordState state = record->state;
    record_free(&record);
    return state;
}

/* A step is on disk as it was set, or it fails and the one before is. */
static void test_step(void **state)
{
    bool refusals = true;
    int n;
    (void)state;

    for (n = 0; refusals; n++) {
        Record *record = whole_record();
        assert_int_equal(store_save(store, record, NULL), 0);
        memory_refuse(n);
        record->state = RECORD_SENT;
        int ret = record_add_history(record, "sent", NULL);
        if (ret >= 0)
            ret = store_save(store, record, NULL);
        refusals = memory_was_refused();
        if (ret < 0)
            assert_int_equal(ret, AVERROR(ENOMEM));
        else
            assert_false(refusals);
        check_number("on disk", state_on_disk(), ret < 0 ? RECORD_INTENT : RECORD_SENT);
        record_free(&record);
    }
    assert_true(n > 30);
}

/* A page that cannot be read for want of memory is not damaged: it stays where it is, and
 * nobody takes the request for a new one. */
static void test_load(void **state)
{
    bool refusals = true;
    int n;
    (void)state;

    Record *record = whole_record();
    record->state = RECORD_RUNNING;
    assert_int_equal(store_save(store, record, NULL), 0);
    record_free(&record);
    for (n = 0; refusals; n++) {
        memory_refuse(n);
        int ret = store_load(store, KEY, true, NULL, &record);
        refusals = memory_was_refused();
        if (ret < 0) {
            assert_int_equal(ret, AVERROR(ENOMEM));
            assert_null(record);
        } else {
            check_number("state", record->state, RECORD_RUNNING);
            check_text("id", record->id, "g:1");
            check_number("history", cJSON_GetArraySize(record->history), 1);
            assert_non_null(cJSON_GetObjectItem(record->rest, "later"));
            record_free(&record);
        }
        check_number("on disk", state_on_disk(), RECORD_RUNNING);
    }
    assert_true(n > 30);
}

/* A text that cannot be set is as it was. */
static void test_set(void **state)
{
    char *text = NULL;
    (void)state;
    assert_int_equal(record_set(&text, "before"), 0);
    memory_refuse(0);
    assert_int_equal(record_set(&text, "after"), AVERROR(ENOMEM));
    memory_was_refused();
    check_text("text", text, "before");
    assert_int_equal(record_set(&text, NULL), 0);
    assert_null(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step),
        cmocka_unit_test(test_load),
        cmocka_unit_test(test_set),
    };
    clear_environment();
    said_start();
    if (store_open(temp_path("store"), NULL, &store) < 0)
        return 1;
    memory_hook_json();
    int failed = cmocka_run_group_tests_name("record without memory", tests, NULL, NULL);
    cJSON_InitHooks(NULL);
    store_close(&store);
    return failed;
}
