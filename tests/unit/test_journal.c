/* i2v: unit tests of the journal
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stores.h"
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/lock.h"
#include "store/journal.h"

#define KEY   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "f123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* All of it; static. */
static const char *journal_text(const Store *store)
{
    static char text[1 << 16];
    char *path = journal_path(store);
    FILE *file = fopen(path, "r");
    text[file ? fread(text, 1, sizeof(text) - 1, file) : 0] = '\0';
    if (file)
        fclose(file);
    av_free(path);
    return text;
}

static int count_lines(const Store *store)
{
    int lines = 0;
    for (const char *c = journal_text(store); *c; c++)
        lines += *c == '\n';
    return lines;
}

static void append_raw(const Store *store, const char *bytes, size_t size)
{
    char *path = journal_path(store);
    FILE *file = fopen(path, "a");
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
    av_free(path);
}

static Record *new_record(const char *key)
{
    Record *r = record_alloc(key);
    assert_int_equal(record_set(&r->origin, "https://gateway.example"), 0);
    assert_int_equal(record_set(&r->model, "maker/model"), 0);
    assert_int_equal(record_set(&r->client_ids, "i2v-1"), 0);
    r->created = 1.7e9;
    r->duration = 8;
    return r;
}

static void save(const Store *store, Record *r, RecordState state)
{
    r->state = state;
    assert_int_equal(store_save(store, r, NULL), 0);
}

static void test_lines(void **state)
{
    Store *store = *state;
    Record *r = new_record(KEY);
    char *path = journal_path(store);
    struct stat st;

    save(store, r, RECORD_INTENT);
    assert_int_equal(stat(path, &st), 0);
    check_number("mode", st.st_mode & 07777, 0600);
    check_text("intent", journal_text(store),
               "{\"key\":\"" KEY "\",\"state\":\"intent\",\"origin\":\"https://"
               "gateway.example\",\"model\":\"maker/model\",\"duration\":8,\"created\":"
               "1700000000,\"client_request_ids\":\"i2v-1\"}\n");
    save(store, r, RECORD_SENT);
    assert_non_null(
        strstr(journal_text(store), "\n{\"key\":\"" KEY "\",\"state\":\"sent\"}\n"));
    assert_int_equal(record_set(&r->id, "g:1"), 0);
    save(store, r, RECORD_RUNNING);
    assert_non_null(strstr(journal_text(store),
                           "\n{\"key\":\"" KEY "\",\"state\":\"running\",\"id\":\"g:1\"}"
                           "\n"));
    /* What it keeps nothing of is no step. */
    snprintf(r->status, sizeof(r->status), "generating");
    assert_int_equal(record_add_history(r, "status", "generating"), 0);
    save(store, r, RECORD_RUNNING);
    check_number("lines", count_lines(store), 3);
    /* Another generation tells everything again. */
    assert_int_equal(record_set(&r->client_ids, "i2v-2"), 0);
    save(store, r, RECORD_INTENT);
    check_number("lines", count_lines(store), 4);
    assert_non_null(strstr(strstr(journal_text(store), "g:1"), "maker/model"));
    record_free(&r);
    av_free(path);
}

/* A record of before there was a journal: the first step tells all of it. */
static void test_old_record(void **state)
{
    Store *store = *state;
    Record *r = NULL;
    char *path = store_path(store, KEY, ".json");
    FILE *file = fopen(path, "w");

    fputs("{\"version\":2,\"key\":\"" KEY "\",\"state\":\"running\",\"id\":\"g:1\","
          "\"model\":\"maker/old\",\"client_request_ids\":\"i2v-1\"}",
          file);
    fclose(file);
    av_free(path);
    assert_int_equal(store_load(store, KEY, true, NULL, &r), 0);
    check_number("warnings", said.warnings, 0);
    save(store, r, RECORD_FAILED);
    assert_non_null(strstr(journal_text(store), "maker/old"));
    record_free(&r);
}

/* A line that was cut does not take the next with it. */
static void test_cut_line(void **state)
{
    Store *store = *state;
    Record *r = new_record(KEY);
    JournalPage page;

    append_raw(store, "{\"key\":\"" OTHER "\",\"st", 75);
    save(store, r, RECORD_INTENT);
    check_number("lines", count_lines(store), 2);
    assert_int_equal(journal_read(store, KEY, &page), 0);
    assert_non_null(page.record);
    assert_false(page.torn);
    check_text("model", page.record->model, "maker/model");
    record_free(&page.record);
    record_free(&r);
}

static void test_long_texts(void **state)
{
    Store *store = *state;
    Record *r = new_record(KEY);
    JournalPage page;
    char prompt[4001];

    for (int i = 0; i < 4000; i += 2)
        memcpy(prompt + i, "\xC3\xA4", 2);
    memcpy(prompt, "x", 1); /* so that a character lies across the end */
    prompt[1] = 'x';
    memmove(prompt + 1, prompt + 2, 3998);
    prompt[3999] = '\0';
    assert_int_equal(record_set(&r->prompt, prompt), 0);
    save(store, r, RECORD_INTENT);
    assert_true(strlen(journal_text(store)) < 500);
    assert_int_equal(journal_read(store, KEY, &page), 0);
    check_number("prompt", strlen(page.record->prompt), 119);
    assert_int_equal(strncmp(page.record->prompt, prompt, 119), 0);
    record_free(&page.record);
    record_free(&r);
}

/* Whatever is in it: it is passed over, and what stands whole counts. */
static void test_garbage(void **state)
{
    static const char half[] =
        "\n{\"key\":\"" KEY "\",\"state\":\"running\",\"id\":\"g:1\",\"us";
    Store *store = *state;
    Record *r = new_record(KEY);
    JournalPage page;
    char *garbage = calloc(1, 5 << 20);

    save(store, r, RECORD_INTENT);
    append_raw(store, garbage, 5 << 20);
    assert_int_equal(journal_read(store, KEY, &page), 0);
    assert_true(page.torn);
    check_number("intent", page.record->state, RECORD_INTENT);
    record_free(&page.record);
    save(store, r, RECORD_SENT);
    memset(garbage, '\n', 1 << 20);
    memset(garbage + (1 << 20), '{', 4 << 20);
    append_raw(store, garbage, 5 << 20);
    append_raw(store, half, strlen(half));
    assert_int_equal(journal_read(store, KEY, &page), 0);
    assert_false(page.torn); /* it tells its state */
    check_number("running", page.record->state, RECORD_RUNNING);
    check_text("id", page.record->id, "g:1");
    record_free(&page.record);
    record_free(&r);
    free(garbage);
}

static void test_dropped(void **state)
{
    Store *store = *state;
    Record *r = new_record(KEY), *again = NULL;
    JournalPage page;

    save(store, r, RECORD_FAILED);
    assert_int_equal(journal_note(store, KEY, JOURNAL_PRUNED), 0);
    assert_int_equal(journal_read(store, KEY, &page), 0);
    assert_true(page.dropped);
    assert_null(page.record);
    char *path = store_path(store, KEY, ".json");
    assert_int_equal(unlink(path), 0);
    av_free(path);
    assert_int_equal(store_load(store, KEY, true, NULL, &again), 0);
    check_number("state", again->state, RECORD_NEW);
    check_number("warnings", said.warnings, 0);
    record_free(&again);
    record_free(&r);
}

/* Since this process came to the store, whatever the clock says. */
static void test_noted_lately(void **state)
{
    char directory[600], command[2048];
    Record *r = new_record(KEY);
    Store *store = NULL;

    (void)state;
    snprintf(directory, sizeof(directory), "%s", temp_path("lately"));
    assert_int_equal(mkdir(directory, 0700), 0);
    /* By another process, before. */
    snprintf(command, sizeof(command),
             "echo '{\"key\":\"" OTHER "\",\"state\":\"failed\"}' >>%s/journal.jsonl",
             directory);
    assert_int_equal(system(command), 0);
    assert_int_equal(store_open(directory, NULL, &store), 0);
    assert_false(store_noted_lately(store, OTHER));
    assert_false(store_noted_lately(store, KEY));
    r->ended = 4e9; /* a clock that ran ahead */
    save(store, r, RECORD_FAILED);
    assert_true(store_noted_lately(store, KEY));
    store_close(&store);
    /* It is the process that counts, not the handle. */
    assert_int_equal(store_open(directory, NULL, &store), 0);
    assert_true(store_noted_lately(store, KEY));
    assert_int_equal(system(command), 0);
    assert_true(store_noted_lately(store, OTHER));
    store_close(&store);
    record_free(&r);
}

/* Many processes at once: each line stays whole. */
static void test_together(void **state)
{
    enum { PROCESSES = 8, STEPS = 20 };
    Store *store = *state;
    int good = 0;

    for (int i = 0; i < PROCESSES; i++) {
        if (fork())
            continue;
        char key[] = KEY;
        key[63] = (char)('0' + i);
        int ret = 0;
        for (int n = 0; n < STEPS && ret >= 0; n++)
            ret = journal_note(store, key, JOURNAL_PRUNED);
        _exit(ret < 0);
    }
    for (int i = 0, status; i < PROCESSES; i++)
        good += wait(&status) > 0 && !status;
    check_number("processes", good, PROCESSES);
    check_number("lines", count_lines(store), PROCESSES * STEPS);
    char copy[1 << 16];
    snprintf(copy, sizeof(copy), "%s", journal_text(store));
    for (char *rest, *line = strtok_r(copy, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest))
        if (!journal_key(line, strlen(line)))
            fail_case("no line: %s", line);
}

/* Somebody who holds the journal and hangs keeps no step from being noted. */
static void test_held(void **state)
{
    Store *store = *state;
    char *path = journal_path(store);

    assert_int_equal(journal_note(store, KEY, "failed"), 0);
    int lock = lock_try(path);
    assert_true(lock >= 0);
    assert_int_equal(journal_note(store, KEY, "failed"), 0);
    lock_release(&lock);
    check_number("lines", count_lines(store), 2);
    lock = lock_try(path); /* it was let go */
    assert_true(lock >= 0);
    lock_release(&lock);
    av_free(path);
}

/* A step whose line cannot be written fails as one whose record cannot. */
static void test_not_writable(void **state)
{
    Store *store = *state;
    Record *r = new_record(KEY), *again = NULL;
    char *path = journal_path(store);

    save(store, r, RECORD_INTENT);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    said_clear();
    for (int i = 0; i < 2; i++) {
        r->state = i ? RECORD_SENT : RECORD_FAILED;
        assert_true(store_save(store, r, NULL) < 0);
    }
    check_number("errors", said.errors, 2);
    assert_non_null(strstr(said.error, "Cannot write the ledger"));
    assert_int_equal(rmdir(path), 0);
    /* "sent" is in the record first, and was put back. */
    assert_int_equal(store_load(store, KEY, true, NULL, &again), 0);
    check_number("state", again->state, RECORD_INTENT);
    record_free(&again);
    record_free(&r);
    av_free(path);
}

/* The disk may fail once the bytes are in the file. */
static int failing_syncs;

int fdatasync(int fd)
{
    (void)fd;
    errno = EIO;
    return failing_syncs-- > 0 ? -1 : 0;
}

/* Of what was not sent the journal does not say that it was. */
static void test_not_synced(void **state)
{
    Store *store = *state;
    Record *r = new_record(KEY), *again = NULL;

    failing_syncs = 0;
    save(store, r, RECORD_INTENT);
    said_clear();
    failing_syncs = 1;
    r->state = RECORD_SENT;
    assert_true(store_save(store, r, NULL) < 0);
    assert_non_null(strstr(said.error, "nothing sent"));
    assert_non_null(strstr(journal_text(store), "\"sent\"")); /* it is there */
    assert_int_equal(store_load(store, KEY, true, NULL, &again), 0);
    check_number("state", again->state, RECORD_INTENT);
    record_free(&again);
    /* A step of an earlier run that was rebuilt did leave. */
    save(store, r, RECORD_INTENT);
    assert_int_equal(journal_note(store, KEY, "sent"), 0);
    failing_syncs = 1;
    assert_true(store_load(store, KEY, true, NULL, &again) < 0);
    assert_int_equal(store_load(store, KEY, true, NULL, &again), 0);
    check_number("state", again->state, RECORD_SENT);
    record_free(&again);
    record_free(&r);
}

/* What is paid for is kept in its record, and told to the journal with the next step. */
static void test_record_alone(void **state)
{
    Store *store = *state;
    Record *r = new_record(KEY), *again = NULL;
    char *path = journal_path(store);
    JournalPage page;

    save(store, r, RECORD_INTENT);
    save(store, r, RECORD_SENT);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(record_set(&r->id, "g:1"), 0);
    r->state = RECORD_RUNNING;
    said_clear();
    assert_true(store_save(store, r, NULL) < 0);
    assert_non_null(strstr(said.error, "generation g:1 goes on"));
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(store_load(store, KEY, true, NULL, &again), 0);
    check_number("state", again->state, RECORD_RUNNING);
    check_text("id", again->id, "g:1");
    /* An older journal is there again: it is told all. */
    append_raw(store, "{\"key\":\"" OTHER "\",\"state\":\"failed\"}\n", 92);
    save(store, again, RECORD_FAILED);
    assert_int_equal(journal_read(store, KEY, &page), 0);
    check_text("id", page.record->id, "g:1");
    check_text("model", page.record->model, "maker/model");
    record_free(&page.record);
    record_free(&again);
    record_free(&r);
    av_free(path);
}

/* What was read once is not read again, and whatever is new is found: behind it, in a
 * line that was cut, in another journal in its place. */
static void test_read_again(void **state)
{
    static const char garbage[] =
        "x{\"key\":\"" OTHER "\",\"state\":\"running\",\"id\":\"g:2\",\"us\n";
    static const char running[] =
        "{\"key\":\"" KEY "\",\"state\":\"running\",\"id\":\"g:9\"}\n";
    Store *store = *state;
    Record *r = new_record(KEY);
    char *path = journal_path(store);
    JournalPage page;

    assert_int_equal(journal_read(store, KEY, &page), 0);
    assert_null(page.record);
    save(store, r, RECORD_INTENT);
    for (int i = 0; i < 3000; i++) { /* more than the table has room for at first */
        char key[RECORD_KEY_SIZE];
        snprintf(key, sizeof(key), "%016x%s", i, &OTHER[16]);
        if (i % 100 == 0)
            assert_int_equal(journal_note(store, key, "failed"), 0);
        else {
            char line[128];
            append_raw(store, line,
                       (size_t)snprintf(line, sizeof(line),
                                        "{\"key\":\"%s\",\"state\":\"failed\"}\n", key));
        }
    }
    assert_int_equal(journal_read(store, OTHER, &page), 0);
    assert_null(page.record);
    assert_int_equal(journal_read(store, KEY, &page), 0);
    check_number("state", page.record->state, RECORD_INTENT);
    record_free(&page.record);
    append_raw(store, garbage, sizeof(garbage) - 1);
    for (int i = 0; i < 2; i++) { /* new, and from where it is known to be */
        assert_int_equal(journal_read(store, OTHER, &page), 0);
        check_text("id", page.record->id, "g:2");
        record_free(&page.record);
    }
    /* The end of a line comes later. */
    append_raw(store, running, 40);
    assert_int_equal(journal_read(store, KEY, &page), 0);
    record_free(&page.record);
    append_raw(store, running + 40, sizeof(running) - 1 - 40);
    assert_int_equal(journal_read(store, KEY, &page), 0);
    check_text("id", page.record->id, "g:9");
    record_free(&page.record);
    /* Others in its place: a shorter one, none, a longer one in the same file. */
    for (int i = 0; i < 3; i++) {
        struct stat st;
        assert_int_equal(i == 1 ? unlink(path) : 0, 0);
        assert_int_equal(i == 1 ? 0 : truncate(path, 0), i == 2 ? -1 : 0);
        for (int n = 0; i == 2 && n < 1000; n++)
            append_raw(store, garbage, sizeof(garbage) - 1);
        if (i != 1)
            append_raw(store, running, sizeof(running) - 1);
        assert_int_equal(journal_read(store, KEY, &page), 0);
        assert_int_equal(!page.record, i == 1);
        record_free(&page.record);
        assert_int_equal(stat(path, &st), i == 1 ? -1 : 0);
    }
    record_free(&r);
    av_free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lines, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_old_record, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_cut_line, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_long_texts, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_garbage, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_dropped, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_read_again, open_store, close_store),
        cmocka_unit_test(test_noted_lately),
        cmocka_unit_test_setup_teardown(test_together, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_held, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_not_writable, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_not_synced, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_record_alone, open_store, close_store),
    };
    said_start();
    clear_environment();
    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
