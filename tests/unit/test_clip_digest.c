/* i2v: unit tests of the digest that is taken when a process ends
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libavutil/mem.h>

#include "store/clip_digest.h"
#include "base/digest.h"

enum { SMALL = 1000, LARGE = 40 << 20 };

static Store *store;

/* A ready record of a clip of so many bytes. */
static const char *put_clip(int size)
{
    static char key[RECORD_KEY_SIZE];
    static int number;
    snprintf(key, sizeof(key), "%064x", ++number);
    Record *record = record_alloc(key);
    char *path = store_clip_path(store, key);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fwrite(key, 1, strlen(key), file);
    assert_int_equal(ftruncate(fileno(file), size), 0);
    fclose(file);
    record->state = RECORD_READY;
    assert_int_equal(store_note_clip(store, record), 0);
    assert_int_equal(store_save(store, record, NULL), 0);
    record_free(&record);
    av_free(path);
    return key;
}

/* Whether the ledger has the digest, which is then the clip's. */
static bool has_digest(const char *key)
{
    char *path = store_clip_path(store, key), digest[DIGEST_TEXT_SIZE];
    Record *record;
    assert_int_equal(store_load(store, key, false, NULL, &record), 0);
    const char *noted = record->clip_hash;
    bool has = *noted;
    assert_int_equal(digest_file(path, NULL, digest), 0);
    if (has)
        check_text("digest", noted, digest);
    record_free(&record);
    av_free(path);
    return has;
}

static void exit_from_handler(int number)
{
    (void)number;
    exit(7);
}

/* A process that has used some clips, and ends in its way. @return its exit status */
static int use_clips(char (*keys)[RECORD_KEY_SIZE], int count, int size,
                     void (*end)(void))
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        for (int i = 0; i < count; i++)
            clip_digest_later(store, keys[i], size, NULL);
        end();
        exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void end_plainly(void)
{
}

static void end_in_handler(void)
{
    signal(SIGTERM, exit_from_handler);
    raise(SIGTERM);
}

static void end_in_child(void)
{
    int status;
    pid_t child = fork();
    if (!child)
        exit(0);
    waitpid(child, &status, 0);
    _exit(WEXITSTATUS(status));
}

static void end_killed(void)
{
    raise(SIGKILL);
}

static void test_ends(void **state)
{
    static const struct {
        const char *what;
        void (*end)(void);
        int status;
        bool taken;
    } cases[] = {
        {"exit()", end_plainly, 0, true},
        {"exit() in a signal handler", end_in_handler, 7, false},
        {"exit() of a child", end_in_child, 0, false},
        {"a kill", end_killed, -1, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char key[1][RECORD_KEY_SIZE];
        strcpy(key[0], put_clip(SMALL));
        check_number(cases[i].what, use_clips(key, 1, SMALL, cases[i].end),
                     cases[i].status);
        check_number(cases[i].what, has_digest(key[0]), cases[i].taken);
    }
}

/* As many as it may be at the end, and the others before; of what is used again and again
 * only once. */
static void test_many(void **state)
{
    enum { MANY = 40 };
    static char keys[MANY][RECORD_KEY_SIZE];
    int taken = 0;
    (void)state;
    for (int i = 0; i < MANY; i++)
        strcpy(keys[i], put_clip(SMALL));
    check_number("status", use_clips(keys, MANY, SMALL, end_killed), -1);
    for (int i = 0; i < MANY; i++)
        taken += has_digest(keys[i]);
    check_number("before the end", taken, MANY - 16);
    check_number("status", use_clips(keys, MANY, SMALL, end_plainly), 0);
    for (int i = 0; i < MANY; i++)
        assert_true(has_digest(keys[i]));
    for (int i = 0; i < MANY; i++)
        strcpy(keys[i], i ? keys[0] : put_clip(SMALL));
    check_number("status", use_clips(keys, MANY, SMALL, end_killed), -1);
    assert_false(has_digest(keys[0]));
}

static void test_large(void **state)
{
    char keys[3][RECORD_KEY_SIZE];
    int taken = 0;
    (void)state;
    for (int i = 0; i < 3; i++)
        strcpy(keys[i], put_clip(LARGE));
    check_number("status", use_clips(keys, 3, LARGE, end_killed), -1);
    for (int i = 0; i < 3; i++)
        taken += has_digest(keys[i]);
    check_number("before the end", taken, 2);
    check_number("status", use_clips(keys, 3, LARGE, end_plainly), 0);
    for (int i = 0; i < 3; i++)
        assert_true(has_digest(keys[i]));
}

/* What cannot be noted is left, without a word. */
static void test_cannot(void **state)
{
    char key[1][RECORD_KEY_SIZE], path[64 + RECORD_KEY_SIZE];
    struct stat st;
    (void)state;
    strcpy(key[0], put_clip(SMALL));
    int lock = store_lock(store, key[0]);
    assert_true(lock >= 0);
    check_number("locked", store_note_digest(store, key[0], NULL), 0);
    store_unlock(&lock);
    assert_false(has_digest(key[0]));
    snprintf(path, sizeof(path), "store/%s.json.tmp", key[0]);
    assert_int_equal(mkdir(temp_path(path), 0700), 0);
    check_number("not writable", store_note_digest(store, key[0], NULL), 0);
    assert_int_equal(rmdir(temp_path(path)), 0);
    assert_false(has_digest(key[0]));
    check_number("bytes", store_note_digest(store, key[0], NULL), SMALL);
    check_number("again", store_note_digest(store, key[0], NULL), 0);
    /* Of what is gone no lock is left behind. */
    memset(key[0], 'f', RECORD_KEY_SIZE - 1);
    check_number("gone", store_note_digest(store, key[0], NULL), 0);
    snprintf(path, sizeof(path), "store/%s.lock", key[0]);
    assert_int_not_equal(stat(temp_path(path), &st), 0);
    assert_silent("what cannot be noted");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_cannot),
    };
    said_start();
    clear_environment();
    if (store_open(temp_path("store"), NULL, &store) < 0)
        return 1;
    int failed = cmocka_run_group_tests_name("clip_digest", tests, NULL, NULL);
    store_close(&store);
    return failed;
}
