/* i2v: unit tests of pruning the store
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "store/survey.h"

#define DAY (24 * 3600.0)

static const char *directory;

static Store *open_new(const char *name)
{
    Store *store = NULL;
    directory = temp_path(name);
    said_clear();
    assert_int_equal(store_open(directory, NULL, &store), 0);
    return store;
}

/* A key of one digit, repeated. */
static const char *key_of_digit(char digit)
{
    static char keys[128][RECORD_KEY_SIZE];
    char *key = keys[digit & 127];
    memset(key, digit, RECORD_KEY_SIZE - 1);
    key[RECORD_KEY_SIZE - 1] = '\0';
    return key;
}

static void write_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < size; i++)
        fputc('x', file);
    fclose(file);
}

static const char *path_in_store(const char *key, const char *suffix)
{
    static char path[4096];
    int size = snprintf(path, sizeof(path), "%s/%s%s", directory, key, suffix);
    assert_true(size > 0 && size < (int)sizeof(path));
    return path;
}

static bool is_there(const char *key, const char *suffix)
{
    return !access(path_in_store(key, suffix), F_OK);
}

/* A record that ended so many days ago (< 0: not), with a clip of 1000 bytes and some of
 * the next one. */
static void add(const Store *store, char digit, RecordState state, double days)
{
    const char *key = key_of_digit(digit);
    Record *record = record_alloc(key);

    assert_non_null(record);
    record->state = state;
    record->created = record_now() - 100 * DAY;
    if (days >= 0)
        record->ended = record_now() - days * DAY;
    assert_int_equal(store_save(store, record, NULL), 0);
    record_free(&record);
    if (state == RECORD_READY) {
        write_file(path_in_store(key, ".mp4"), 1000);
    }
    write_file(path_in_store(key, ".mp4.part"), 10);
    write_file(path_in_store(key, ".mp4.part.note"), 10);
    write_file(path_in_store(key, ".broken.mp4"), 10);
}

static int prune_some(const Store *store, StorePrune what, StorePruned *pruned)
{
    Outcome out = {0};
    int ret = survey_read(store, &out, &what.among);

    if (ret >= 0)
        ret = store_prune(store, &what, &out, pruned);
    survey_free(&what.among);
    return ret;
}

static int prune(const Store *store, double before, StorePruned *pruned)
{
    return prune_some(store, (StorePrune){.before = before}, pruned);
}

static void test_prune(void **state)
{
    static const struct {
        char digit;
        RecordState state;
        double days;
        bool stays;
    } cases[] = {
        {'0', RECORD_READY, 31, false},   {'1', RECORD_READY, 29, true},
        {'2', RECORD_FAILED, 31, false},  {'3', RECORD_FAILED, 29, true},
        {'4', RECORD_REFUSED, 31, false}, {'5', RECORD_INTENT, -1, true},
        {'6', RECORD_INTENT, 31, false},  {'7', RECORD_SENT, -1, true},
        {'8', RECORD_RUNNING, -1, true},  {'9', RECORD_RUNNING, 31, true},
        {'a', RECORD_READY, -1, true},
    };
    Store *store = open_new("prune");
    StorePruned pruned;
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        add(store, cases[i].digit, cases[i].state, cases[i].days);
    check_number("prune", prune(store, record_now() - 30 * DAY, &pruned), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *key = key_of_digit(cases[i].digit);
        if (is_there(key, ".json") != cases[i].stays ||
            is_there(key, ".mp4.part") != cases[i].stays ||
            is_there(key, ".mp4.part.note") != cases[i].stays ||
            is_there(key, ".broken.mp4") != cases[i].stays ||
            is_there(key, ".mp4") != (cases[i].stays && cases[i].state == RECORD_READY))
            fail_case("case %c: removed or kept wrongly", cases[i].digit);
        /* A lock's file that nobody holds is no loss. */
        if (!cases[i].stays && is_there(key, ".lock"))
            fail_case("case %c: its lock is left", cases[i].digit);
    }
    check_number("records", pruned.records, 4);
    check_number("clips", pruned.clips, 1);
    check_number("unfinished", pruned.unfinished, 4);
    assert_true(pruned.bytes >= 1000 + 4 * 30);
    assert_silent("prune");
    store_close(&store);
}

static void test_prune_leaves_what_is_in_use(void **state)
{
    Store *store = open_new("in-use");
    StorePruned pruned;
    (void)state;
    add(store, '0', RECORD_FAILED, 31);
    int lock = store_lock(store, key_of_digit('0'));
    assert_true(lock >= 0);
    assert_int_equal(prune(store, record_now(), &pruned), 0);
    assert_true(is_there(key_of_digit('0'), ".json"));
    store_unlock(&lock);
    assert_int_equal(prune(store, record_now(), &pruned), 0);
    assert_false(is_there(key_of_digit('0'), ".json"));
    store_close(&store);
}

/* Damaged records are evidence until they are old; other people's files are theirs. */
static void test_prune_leaves_what_is_marked(void **state)
{
    Store *store = open_new("marked");
    StorePruned would, pruned;
    StorePrune what = {.before = record_now(), .dry_run = true};
    (void)state;

    add(store, '0', RECORD_READY, 31);
    add(store, '1', RECORD_READY, 31);
    assert_int_equal(store_keep(store, key_of_digit('0'), true), 0);
    assert_true(store_is_kept(store, key_of_digit('0')));
    assert_int_equal(prune_some(store, what, &would), 0);
    assert_true(is_there(key_of_digit('1'), ".mp4"));
    assert_int_equal(prune(store, record_now(), &pruned), 0);
    assert_true(is_there(key_of_digit('0'), ".mp4"));
    assert_false(is_there(key_of_digit('1'), ".mp4"));
    assert_memory_equal(&would, &pruned, sizeof(would));
    assert_int_equal(pruned.kept, 1);
    /* A record that has to be rebuilt does not take the mark with it. */
    write_file(path_in_store(key_of_digit('0'), ".json"), 3);
    assert_int_equal(prune(store, record_now() + DAY, &pruned), 0);
    assert_true(is_there(key_of_digit('0'), ".mp4"));
    assert_int_equal(store_keep(store, key_of_digit('0'), false), 0);
    assert_int_equal(store_keep(store, key_of_digit('0'), false), 0);
    assert_false(store_is_kept(store, key_of_digit('0')));
    store_close(&store);
}

static void test_prune_leftovers(void **state)
{
    static const char *const names[] = {".json.1.bad", ".json.2.tmp", ".txt"};
    Store *store = open_new("leftovers");
    StorePruned pruned;
    (void)state;
    for (int i = 0; i < 3; i++) {
        write_file(path_in_store(key_of_digit('0'), names[i]), 10);
    }
    assert_int_equal(prune(store, record_now() - DAY, &pruned), 0);
    for (int i = 0; i < 3; i++)
        assert_true(is_there(key_of_digit('0'), names[i]));
    const struct timespec old[2] = {{.tv_sec = (time_t)(record_now() - DAY)},
                                    {.tv_sec = (time_t)(record_now() - DAY)}};
    assert_int_equal(prune(store, record_now() + DAY, &pruned), 0);
    for (int i = 0; i < 3; i++) {
        const char *path = path_in_store(key_of_digit('0'), names[i]);
        if (access(path, F_OK))
            fail_case("%s: removed while it may be being written", names[i]);
        assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
    }
    assert_int_equal(prune(store, record_now() - DAY / 2, &pruned), 0);
    assert_false(is_there(key_of_digit('0'), names[0]));
    assert_false(is_there(key_of_digit('0'), names[1]));
    assert_true(is_there(key_of_digit('0'), names[2]));
    store_close(&store);
}

/* A damaged record may be of something that is under way. */
static void test_prune_leaves_damaged(void **state)
{
    Store *store = open_new("damaged");
    StorePruned pruned;
    (void)state;
    write_file(path_in_store(key_of_digit('0'), ".json"), 10);
    assert_int_equal(prune(store, record_now() + DAY, &pruned), 0);
    assert_true(is_there(key_of_digit('0'), ".json"));
    check_number("unfinished", pruned.unfinished, 1);
    store_close(&store);
}

/* What stands alone, of a request that nothing is known of, goes when it is old. */
static void test_prune_alone(void **state)
{
    static const struct {
        char digit;
        const char *suffix, *text;
        bool stays;
    } cases[] = {
        {'0', ".lock", "", false},
        {'1', ".probe", "x", false},
        {'2', ".broken.mp4", "x", false},
        {'3', ".lock", "i2v-33333333333333330123456789abcdef", true}, /* sent */
        {'4', ".lock", "", true},                                     /* held */
        {'5', ".lock", "", true},                                     /* has a record */
        {'6', ".lock", "", true},        /* the journal knows that it is running */
        {'7', ".broken.mp4", "x", true}, /* as well */
        {'8', ".lock", "", false},       /* the journal knows that it has ended */
    };
    static const struct timespec old[2];
    Store *store = open_new("alone");
    StorePruned pruned;
    (void)state;

    add(store, '5', RECORD_RUNNING, -1);
    for (char digit = '6'; digit <= '8'; digit++) {
        add(store, digit, digit == '8' ? RECORD_FAILED : RECORD_RUNNING, 1);
        for (int i = 0; i < 4; i++) {
            static const char *const suffixes[] = {".json", ".mp4.part", ".mp4.part.note",
                                                   ".broken.mp4"};
            assert_int_equal(unlink(path_in_store(key_of_digit(digit), suffixes[i])), 0);
        }
    }
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            const char *path =
                path_in_store(key_of_digit(cases[i].digit), cases[i].suffix);
            FILE *file = fopen(path, "w");
            assert_non_null(file);
            fputs(cases[i].text, file);
            fclose(file);
            if (round)
                assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
        }
        int lock = store_lock(store, key_of_digit('4'));
        assert_true(lock >= 0);
        assert_int_equal(prune(store, record_now() - 30 * DAY, &pruned), 0);
        store_unlock(&lock);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
            if (is_there(key_of_digit(cases[i].digit), cases[i].suffix) !=
                (!round || cases[i].stays))
                fail_case("case %c, round %d: removed or kept wrongly", cases[i].digit,
                          round);
    }
    store_close(&store);
}

/* One that cannot be locked keeps none of the others, and is told of once. */
static void test_prune_unreadable(void **state)
{
    Store *store = open_new("unreadable");
    StorePruned pruned;
    (void)state;

    for (char digit = '0'; digit < '8'; digit++)
        add(store, digit, RECORD_FAILED, 31);
    for (char digit = '3'; digit < '5'; digit++) {
        unlink(path_in_store(key_of_digit(digit), ".lock"));
        assert_int_equal(mkdir(path_in_store(key_of_digit(digit), ".lock"), 0700), 0);
    }
    said_clear();
    assert_true(prune(store, record_now() - 30 * DAY, &pruned) < 0);
    check_number("said", said.errors, 1);
    assert_non_null(strstr(said.error, "Cannot prune 2 of 8 requests"));
    check_number("records", pruned.records, 6);
    store_close(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prune),
        cmocka_unit_test(test_prune_leaves_what_is_in_use),
        cmocka_unit_test(test_prune_leaves_what_is_marked),
        cmocka_unit_test(test_prune_leftovers),
        cmocka_unit_test(test_prune_leaves_damaged),
        cmocka_unit_test(test_prune_alone),
        cmocka_unit_test(test_prune_unreadable),
    };
    said_start();
    clear_environment();
    return cmocka_run_group_tests_name("prune", tests, NULL, NULL);
}
