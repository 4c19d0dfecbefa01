/* i2v: unit tests of the ledger and the clips
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stores.h"
#include "support.h"

#include <fcntl.h>
#include <glob.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "store/store.h"

#define KEY   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "f123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static mode_t mode_of(const char *path)
{
    struct stat st;
    return stat(path, &st) < 0 ? 0 : st.st_mode & 07777;
}

/* The directory */

static void test_open(void **state)
{
    Store *store = NULL;
    struct stat st;
    mode_t old = umask(0);
    (void)state;
    said_clear();
    assert_int_equal(store_open(temp_path("a/b/c"), NULL, &store), 0);
    umask(old);
    assert_silent("nested");
    check_number("mode", mode_of(temp_path("a")), 0700);
    check_number("mode", mode_of(temp_path("a/b")), 0700);
    check_number("mode", mode_of(temp_path("a/b/c")), 0700);
    store_close(&store);
    assert_null(store);
    store_close(&store);
    assert_int_equal(store_open(temp_path("a/b/c/"), NULL, &store), 0);
    store_close(&store);
    /* What is there stays as it is. */
    assert_int_equal(mkdir(temp_path("mine"), 0755), 0);
    assert_int_equal(store_open(temp_path("mine"), NULL, &store), 0);
    assert_int_equal(stat(temp_path("mine"), &st), 0);
    check_number("mode", st.st_mode & 07777, 0755);
    store_close(&store);
}

/* The host may go elsewhere in the meantime. */
static void test_relative(void **state)
{
    Store *store = NULL;
    char *clip;
    (void)state;
    assert_int_equal(chdir(temp_dir()), 0);
    assert_int_equal(store_open("relative", NULL, &store), 0);
    assert_int_equal(chdir("/"), 0);
    clip = store_clip_path(store, KEY);
    check_text("path", clip, temp_path("relative/" KEY ".mp4"));
    av_free(clip);
    clip = store_part_path(store, KEY);
    check_text("path", clip, temp_path("relative/" KEY ".mp4.part"));
    av_free(clip);
    store_close(&store);
}

static void test_no_directory(void **state)
{
    static const char *const paths[] = {"file/store", "file/a/b"};
    Store *store;
    (void)state;
    temp_text("file", "x");
    for (int i = 0; i < 2; i++) {
        store = (Store *)&said;
        said_clear();
        assert_true(store_open(temp_path(paths[i]), NULL, &store) < 0);
        assert_null(store);
        assert_said(paths[i], "nothing sent|I2V_STORE|Cannot write the ledger");
        assert_non_null(strstr(said.error, paths[i]));
    }
    said_clear();
    assert_true(store_open("/proc/i2v/store", NULL, &store) < 0);
    assert_said("/proc", "nothing sent|I2V_STORE");
}

/* A file where the directory should be. */
static void test_file_in_the_way(void **state)
{
    Store *store = NULL;
    (void)state;
    said_clear();
    int ret = store_open(temp_text("way", "x"), NULL, &store);
    store_close(&store);
    assert_int_equal(ret, AVERROR(ENOTDIR));
    assert_said("file", "nothing sent|I2V_STORE|Cannot write the ledger");
}

/* Records */

static void test_round_trip(void **state)
{
    Store *store = *state;
    Record *record = NULL;
    assert_int_equal(store_load(store, KEY, true, NULL, &record), 0);
    check_number("new", record->state, RECORD_NEW);
    assert_null(record->id);
    for (int s = RECORD_NEW; s <= RECORD_REFUSED; s++) {
        record->state = (RecordState)s;
        check_number("state", record->state, s);
        assert_int_equal(record_set(&record->id, "g:\xC3\xA4\"\n/1"), 0);
        assert_int_equal(record_set(&record->client_ids, "a b"), 0);
        record->clip_size = INT64_C(3000000001);
        assert_int_equal(record_add_history(record, "a step", NULL), 0);
        assert_int_equal(store_save(store, record, NULL), 0);
        record_free(&record);
        assert_null(record);
        assert_int_equal(store_load(store, KEY, true, NULL, &record), 0);
        check_number("state", record->state, s);
        check_text("id", record->id, "g:\xC3\xA4\"\n/1");
        assert_true(record->clip_size == INT64_C(3000000001));
    }
    assert_int_equal(record_set(&record->id, NULL), 0);
    assert_null(record->id);
    record_free(&record);
    assert_silent("round trip");
    check_number("warnings", said.warnings, 0);
}

static void test_files_are_private(void **state)
{
    Store *store = *state;
    Record *record = NULL;
    char *clip = store_clip_path(store, KEY), path[600];
    mode_t old = umask(0);
    assert_int_equal(store_load(store, KEY, true, NULL, &record), 0);
    assert_int_equal(store_save(store, record, NULL), 0);
    int lock = store_lock(store, KEY);
    umask(old);
    assert_true(lock >= 0);
    store_unlock(&lock);
    snprintf(path, sizeof(path), "%.*s.json", (int)strlen(clip) - 4, clip);
    check_number("record", mode_of(path), 0600);
    snprintf(path, sizeof(path), "%.*s.lock", (int)strlen(clip) - 4, clip);
    check_number("lock", mode_of(path), 0600);
    record_free(&record);
    av_free(clip);
}

/* Every version of a record is whole, and no temporary file is left: there is the record
 * and the journal. */
static size_t count_files(const char *pattern)
{
    glob_t found;
    size_t count = glob(pattern, 0, NULL, &found) ? 0 : found.gl_pathc;
    globfree(&found);
    return count;
}

static void store_pattern(const Store *store, const char *rest, char *pattern,
                          size_t size)
{
    char *clip = store_clip_path(store, KEY);
    snprintf(pattern, size, "%.*s%s", (int)(strrchr(clip, '/') - clip + 1), clip, rest);
    av_free(clip);
}

static void test_no_leftovers(void **state)
{
    Store *store = *state;
    Record *record = NULL;
    char pattern[600];
    assert_int_equal(store_load(store, KEY, true, NULL, &record), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(store_save(store, record, NULL), 0);
    store_pattern(store, "*", pattern, sizeof(pattern));
    check_number("files", count_files(pattern), 2);
    record_free(&record);
}

static const struct {
    const char *what, *text;
} damaged[] = {
    {"empty", ""},
    {"cut", "{\"version\":2,\"key\":\"" KEY "\",\"state\":\"run"},
    {"zeros", "\x01\x02"},
    {"no JSON", "hello"},
    {"no object", "[]"},
    {"nothing in it", "{}"},
    {"no version", "{\"key\":\"" KEY "\"}"},
    {"version as text", "{\"version\":\"2\",\"key\":\"" KEY "\"}"},
    {"from the future", "{\"version\":3,\"key\":\"" KEY "\",\"state\":\"running\"}"},
    {"another's", "{\"version\":2,\"key\":\"" OTHER "\",\"state\":\"running\"}"},
    {"more behind it", "{\"version\":2,\"key\":\"" KEY "\"}}"},
};

static void write_record(const Store *store, const char *text)
{
    char path[600];
    store_pattern(store, KEY ".json", path, sizeof(path));
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
}

static void test_damaged(void **state)
{
    for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        Record *record = NULL;
        char pattern[600], kept[256] = "";
        assert_int_equal(open_store(state), 0);
        Store *store = *state;
        write_record(store, damaged[i].text);
        check_number(damaged[i].what, store_load(store, KEY, true, NULL, &record), 0);
        /* Nothing else tells of it, so it may have been sent. */
        check_number(damaged[i].what, record->state, RECORD_SENT);
        check_text(damaged[i].what, record->client_ids, "i2v-0123456789abcdef*");
        assert_null(record->id);
        assert_silent(damaged[i].what);
        check_number(damaged[i].what, said.warnings, 1);
        assert_non_null(strstr(said.warning, KEY ".json"));
        store_pattern(store, KEY ".json.*.bad", pattern, sizeof(pattern));
        glob_t found;
        assert_int_equal(glob(pattern, 0, NULL, &found), 0);
        check_number(damaged[i].what, found.gl_pathc, 1);
        FILE *file = fopen(found.gl_pathv[0], "r");
        kept[fread(kept, 1, sizeof(kept) - 1, file)] = '\0';
        fclose(file);
        globfree(&found);
        check_text(damaged[i].what, kept, damaged[i].text);
        assert_int_equal(store_save(store, record, NULL), 0);
        record_free(&record);
        assert_int_equal(store_load(store, KEY, true, NULL, &record), 0);
        check_number(damaged[i].what, said.warnings, 1);
        record_free(&record);
        store_close(&store);
    }
    *state = NULL;
}

/* Two damaged ones in one second: both are kept, since money may hang on them. */
static void test_damaged_twice(void **state)
{
    Store *store = *state;
    char pattern[600];
    for (int i = 0; i < 3; i++) {
        Record *record = NULL;
        write_record(store, i ? "second" : "first");
        assert_int_equal(store_load(store, KEY, true, NULL, &record), 0);
        record_free(&record);
    }
    store_pattern(store, KEY ".json.*", pattern, sizeof(pattern));
    check_number("kept", count_files(pattern), 3);
}

/* Written by a later program of the same version: what is not known stays. */
static void test_unknown_members_stay(void **state)
{
    Store *store = *state;
    Record *record = NULL;
    write_record(store, "{\"version\":2,\"key\":\"" KEY "\",\"id\":\"g\",\"x\":\"y\"}");
    assert_int_equal(store_load(store, KEY, true, NULL, &record), 0);
    check_number("warnings", said.warnings, 0);
    record->state = RECORD_RUNNING;
    assert_int_equal(store_save(store, record, NULL), 0);
    record_free(&record);
    assert_int_equal(store_load(store, KEY, true, NULL, &record), 0);
    check_text("x", cJSON_GetStringValue(cJSON_GetObjectItem(record->rest, "x")), "y");
    check_number("state", record->state, RECORD_RUNNING);
    record_free(&record);
}

static void test_save_fails(void **state)
{
    Store *store = *state;
    Record *record = NULL;
    char path[600];
    assert_int_equal(store_load(store, KEY, true, NULL, &record), 0);
    store_pattern(store, "", path, sizeof(path));
    assert_int_equal(rmdir(path), 0);
    said_clear();
    assert_int_equal(store_save(store, record, NULL), AVERROR(ENOENT));
    assert_said("gone", "ledger|I2V_STORE");
    /* Whoever locks makes the directory again. */
    int lock = store_lock(store, KEY);
    assert_true(lock >= 0);
    assert_int_equal(store_save(store, record, NULL), 0);
    store_unlock(&lock);
    record_free(&record);
}

/* Locks */

static void test_lock(void **state)
{
    Store *store = *state;
    int one = store_lock(store, KEY), two, other;
    assert_true(one >= 0);
    assert_true(fcntl(one, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(store_lock(store, KEY), AVERROR(EAGAIN));
    assert_true((other = store_lock(store, OTHER)) >= 0);
    store_unlock(&other);
    store_unlock(&one);
    assert_int_equal(one, -1);
    store_unlock(&one);
    assert_true((two = store_lock(store, KEY)) >= 0);
    store_unlock(&two);
}

/* 0 = got it, 1 = another has it, 2 = anything else */
static int lock_in_child(const Store *store)
{
    int status = 0;
    pid_t child = fork();
    if (!child) {
        int lock = store_lock(store, KEY);
        _exit(lock >= 0 ? 0 : lock == AVERROR(EAGAIN) ? 1 : 2);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}

static void test_lock_across_processes(void **state)
{
    Store *store = *state;
    int lock = store_lock(store, KEY);
    assert_true(lock >= 0);
    check_number("held", lock_in_child(store), 1);
    /* A child that ends does not take the lock with it. */
    assert_int_equal(store_lock(store, KEY), AVERROR(EAGAIN));
    store_unlock(&lock);
    check_number("free", lock_in_child(store), 0);
    assert_true((lock = store_lock(store, KEY)) >= 0);
    store_unlock(&lock);
}

static void *lock_in_thread(void *opaque)
{
    int lock = store_lock(opaque, KEY);
    int *ret = malloc(sizeof(*ret));
    *ret = lock;
    if (lock >= 0)
        store_unlock(&lock);
    return ret;
}

static void test_lock_across_threads(void **state)
{
    Store *store = *state;
    int lock = store_lock(store, KEY);
    pthread_t thread;
    void *ret;
    assert_int_equal(pthread_create(&thread, NULL, lock_in_thread, store), 0);
    assert_int_equal(pthread_join(thread, &ret), 0);
    check_number("held", *(int *)ret, AVERROR(EAGAIN));
    free(ret);
    store_unlock(&lock);
}

/* Clips */

static void write_part(const Store *store, const char *text)
{
    char *part = store_part_path(store, KEY);
    FILE *file = fopen(part, "w");
    fputs(text, file);
    fclose(file);
    av_free(part);
}

static void test_clips(void **state)
{
    Store *store = *state;
    Record *record = NULL;
    char *clip = store_clip_path(store, KEY), *part = store_part_path(store, KEY);
    assert_int_equal(store_load(store, KEY, true, NULL, &record), 0);
    assert_false(store_has_clip(store, record));
    assert_int_equal(store_publish(store, KEY), AVERROR(ENOENT));
    write_part(store, "clip");
    assert_false(store_has_clip(store, record));
    assert_int_equal(store_publish(store, KEY), 0);
    assert_int_equal(access(part, F_OK), -1);
    assert_int_equal(access(clip, F_OK), 0);
    assert_false(store_has_clip(store, record));
    assert_int_equal(store_note_clip(store, record, NULL, NULL), 0);
    check_number("size", record->clip_size, 4);
    assert_true(store_has_clip(store, record));
    record->clip_size = 5;
    assert_false(store_has_clip(store, record));
    record->clip_size = 0;
    assert_false(store_has_clip(store, record));
    /* A newer one takes its place. */
    write_part(store, "longer");
    assert_int_equal(store_publish(store, KEY), 0);
    assert_false(store_has_clip(store, record));
    assert_int_equal(store_note_clip(store, record, NULL, NULL), 0);
    assert_true(store_has_clip(store, record));
    assert_int_equal(unlink(clip), 0);
    assert_false(store_has_clip(store, record));
    assert_int_equal(mkdir(clip, 0700), 0);
    assert_false(store_has_clip(store, record));
    record_free(&record);
    av_free(clip);
    av_free(part);
}

static void put_clip(const Store *store, const char *text)
{
    write_part(store, text);
    assert_int_equal(store_publish(store, KEY), 0);
}

static void date_clip(const Store *store, time_t when)
{
    const struct timespec times[2] = {{.tv_sec = when}, {.tv_sec = when}};
    char *clip = store_clip_path(store, KEY);
    assert_int_equal(utimensat(AT_FDCWD, clip, times, 0), 0);
    av_free(clip);
}

/* A clip of other content is not the one that was noted, however it is dated; a large one
 * is read where its date is another. */
static void test_other_content(void **state)
{
    Store *store = *state;
    Record *record = record_alloc(KEY);
    char hash[DIGEST_TEXT_SIZE], *clip = store_clip_path(store, KEY);
    put_clip(store, "clip");
    date_clip(store, 1000);
    digest_text("clip", 4, hash);
    assert_int_equal(store_note_clip(store, record, hash, NULL), 0);
    assert_true(store_has_clip(store, record));
    date_clip(store, 2000);
    assert_true(store_has_clip(store, record));
    put_clip(store, "clap");
    date_clip(store, 1000);
    assert_false(store_has_clip(store, record));
    /* What a power cut leaves. */
    assert_int_equal(truncate(clip, 0), 0);
    assert_int_equal(truncate(clip, 4), 0);
    date_clip(store, 1000);
    assert_false(store_has_clip(store, record));
    put_clip(store, "clip");
    assert_true(store_has_clip(store, record));
    record->clip_hash[0] = '\0';
    assert_false(store_has_clip(store, record));

    assert_int_equal(truncate(clip, (64 << 20) + 1), 0);
    date_clip(store, 1000);
    assert_int_equal(store_note_clip(store, record, hash, NULL), 0);
    assert_true(store_has_clip(store, record));
    date_clip(store, 2000);
    assert_false(store_has_clip(store, record));
    /* With the right digest the bytes decide. */
    assert_int_equal(store_note_clip(store, record, NULL, NULL), 0);
    date_clip(store, 3000);
    assert_true(store_has_clip(store, record));
    int fd = open(clip, O_WRONLY);
    assert_true(fd >= 0 && pwrite(fd, "x", 1, 64 << 20) == 1);
    close(fd);
    assert_false(store_has_clip(store, record));
    record_free(&record);
    av_free(clip);
}

/* Whoever holds the lock may be mending it: without the lock it is not touched. */
static void test_damaged_unlocked(void **state)
{
    Store *store = *state;
    Record *record;
    char *clip = store_clip_path(store, KEY), path[512];
    snprintf(path, sizeof(path), "%.*s.json", (int)(strlen(clip) - strlen(".mp4")), clip);
    av_free(clip);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("{", file);
    fclose(file);
    assert_int_equal(store_load(store, KEY, false, NULL, &record), 0);
    assert_int_equal(record->state, RECORD_SENT);
    record_free(&record);
    check_number("warnings", said.warnings, 0);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    check_number("size", st.st_size, 1);
    assert_int_equal(store_load(store, KEY, true, NULL, &record), 0);
    assert_int_equal(record->state, RECORD_SENT);
    record_free(&record);
    check_number("warnings", said.warnings, 1);
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_size > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_relative),
        cmocka_unit_test(test_no_directory),
        cmocka_unit_test(test_file_in_the_way),
        cmocka_unit_test_setup_teardown(test_round_trip, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_files_are_private, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_no_leftovers, open_store, close_store),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test_setup_teardown(test_damaged_twice, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_damaged_unlocked, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_unknown_members_stay, open_store,
                                        close_store),
        cmocka_unit_test_setup_teardown(test_save_fails, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_lock, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_lock_across_processes, open_store,
                                        close_store),
        cmocka_unit_test_setup_teardown(test_lock_across_threads, open_store,
                                        close_store),
        cmocka_unit_test_setup_teardown(test_clips, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_other_content, open_store, close_store),
    };
    said_start();
    clear_environment();
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
