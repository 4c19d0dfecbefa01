/* i2v: unit tests of what is known of stills without reading them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <libavutil/mem.h>

#include "journey/known.h"
#include "still/parts.h"

/* How far the clock that i2v reads is ahead: files become old without being waited for.
 */
static time_t ahead;

time_t time(time_t *now)
{
    struct timespec real;
    clock_gettime(CLOCK_REALTIME, &real);
    if (now)
        *now = real.tv_sec + ahead;
    return real.tv_sec + ahead;
}

static Store *store;

static Still *read_still(const char *image)
{
    StillSource source = {.image = image};
    Still *still = NULL;
    assert_int_equal(still_read(&source, &still), 0);
    return still;
}

/* By a name of its own, as another process would: what was read or recalled under a name
 * stays as it was. */
static Still *find(const char *path, const char *image_time)
{
    static int times;
    char slashes[64] = "", name[4200];
    memset(slashes, '/', (size_t)(++times % 60));
    snprintf(name, sizeof(name), "file:%s%s", slashes, path);
    StillSource source = {.image = name, .image_time = image_time};
    Still *still;
    assert_int_equal(known_stills_find(temp_path("store"), &source, &still), 0);
    return still;
}

static bool is_known(const char *path, const char *image_time)
{
    Still *still = find(path, image_time);
    bool known = still;
    still_free(&still);
    return known;
}

static void note(const Still *still)
{
    StillKnown known;
    still_known(still, &known);
    known_stills_add(store, &known, NULL);
}

static void learn(const char *path)
{
    Still *still = read_still(path);
    note(still);
    still_free(&still);
}

static void test_known(void **state)
{
    const char *path = temp_bmp("old.bmp", 8, 6, 20);
    (void)state;
    Still *still = read_still(path);
    assert_true(still_is_read(still));
    assert_null(find(path, NULL));
    note(still);
    Still *known = find(path, "0");
    assert_non_null(known);
    assert_false(still_is_read(known));
    check_number("width", still_width(known), 8);
    check_number("height", still_height(known), 6);
    assert_memory_equal(still_digest(known), still_digest(still), 32);
    assert_false(is_known(path, "end"));
    StillSource source = {.image = path}, other = {.image = temp_path("nowhere.bmp")};
    Still *found = NULL;
    assert_int_equal(known_stills_find(temp_path("store"), &source, &found), 0);
    assert_non_null(found); // though it was read in this process
    still_free(&found);
    found = still;
    assert_int_equal(known_stills_find(temp_path("store"), &other, &found), 0);
    assert_null(found);
    still_free(&known);
    still_free(&still);
}

/* The same size and time, and other content. */
static void overwrite(const char *path, const struct stat *before)
{
    struct timespec times[2] = {before->st_atim, before->st_mtim};
    int fd = open(path, O_WRONLY);
    usleep(50000); // a tick of the kernel
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "\x63", 1, 60), 1);
    assert_int_equal(futimens(fd, times), 0);
    close(fd);
}

static void test_changed(void **state)
{
    struct stat before;
    const char *path = temp_bmp("changed.bmp", 8, 6, 30);
    const char *other = temp_bmp("other.bmp", 8, 6, 40);
    (void)state;
    learn(path);
    assert_true(is_known(path, NULL));
    assert_int_equal(stat(path, &before), 0);
    overwrite(path, &before);
    assert_false(is_known(path, NULL));
    assert_false(is_known(path, NULL));
    learn(other);
    assert_true(is_known(other, NULL));
    assert_int_equal(rename(path, other), 0);
    assert_false(is_known(other, NULL));
    unlink(other);
    assert_false(is_known(other, NULL));
}

static void test_not_files(void **state)
{
    static const char *const images[] = {
        "-", "pipe:0", "http://127.0.0.1/a.png", "data:,x", "/", "/dev/null", ""};
    StillIdentity identity;
    (void)state;
    for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++)
        if (still_identify(images[i], NULL, &identity) || identity.text[0])
            fail_case("'%s' has the identity %s", images[i], identity.text);
    assert_false(still_identify("/proc/self/exe", "1 2", &identity));
}

/* The line that a still would have, with another digest and so much of its fingerprint.
 */
static void write_wrong_line(const Still *still, bool with_fingerprint, bool settled)
{
    StillKnown known;
    FILE *file = fopen(temp_path("store/stills"), "w");
    assert_non_null(file);
    still_known(still, &known);
    assert_true(known.identity.text[0] && known.fingerprint[0]);
    fprintf(file, "%s 8 6 %064x %s %d\n", known.identity.text, 1,
            with_fingerprint ? known.fingerprint : "00", settled);
    fclose(file);
}

/* What does not tell by its times that it changed, as a page that a program maps, tells
 * by its content; that is not looked at once the file has been left alone for a while. */
static void test_content(void **state)
{
    const char *path = temp_bmp("mapped.bmp", 8, 6, 60);
    StillIdentity identity;
    (void)state;
    Still *still = read_still(path);
    write_wrong_line(still, true, true);
    assert_true(is_known(path, NULL));
    write_wrong_line(still, false, true);
    assert_false(is_known(path, NULL));
    still_free(&still);

    const char *older = temp_bmp("older.bmp", 8, 6, 61);
    still = read_still(older);
    ahead = 59;
    assert_true(still_identify(older, NULL, &identity));
    assert_false(identity.settled);
    ahead = 120;
    assert_true(still_identify(older, NULL, &identity));
    /* Not on every file system; a line from before it was left alone is not enough. */
    write_wrong_line(still, false, true);
    check_number("found", is_known(older, NULL), identity.settled);
    write_wrong_line(still, false, false);
    assert_false(is_known(older, NULL));
    still_free(&still);
    ahead = 0;
}

/* A line from before the file was left alone is compared once more, and then believed. */
static void test_settles(void **state)
{
    const char *path = temp_bmp("settling.bmp", 8, 6, 63);
    StillIdentity identity;
    StillKnown known;
    (void)state;
    learn(path);
    for (int i = 0; i < 2; i++) {
        ahead = i ? 120 : 0;
        assert_true(still_identify(path, NULL, &identity));
        Still *still = find(path, NULL);
        assert_non_null(still);
        assert_false(still_is_read(still));
        still_known(still, &known);
        check_number("noted", known.noted, !identity.settled);
        check_number("settled", known.identity.settled, identity.settled);
        known_stills_add(store, &known, NULL);
        still_free(&still);
    }
    ahead = 0;
}

/* What was recalled is not another still for the same process when its file changes. */
static void test_recalled_again(void **state)
{
    const char *path = temp_bmp("pinned.bmp", 8, 6, 64);
    char name[4200];
    (void)state;
    snprintf(name, sizeof(name), "file:///%s", path);
    StillSource source = {.image = name};
    StillIdentity identity;
    StillKnown before, after;
    ahead = 120;
    still_identify(path, NULL, &identity);
    ahead = 0;
    if (!identity.settled)
        skip(); // its content has to be read, and is then kept
    ahead = 120;
    learn(path);
    for (int i = 0; i < 2; i++) {
        Still *still = NULL;
        assert_int_equal(known_stills_find(temp_path("store"), &source, &still), 0);
        assert_non_null(still);
        still_known(still, i ? &after : &before);
        still_free(&still);
        unlink(path);
    }
    ahead = 0;
    assert_memory_equal(before.digest, after.digest, 32);
}

/* A line that is not true of its still is put right once the still is read. */
static void test_wrong_line(void **state)
{
    const char *path = temp_bmp("wrong.bmp", 8, 6, 62);
    (void)state;
    Still *still = read_still(path);
    write_wrong_line(still, true, true);
    Still *known = find(path, NULL);
    assert_non_null(known);
    assert_memory_not_equal(still_digest(known), still_digest(still), 32);
    still_free(&known);
    note(still);
    assert_non_null(known = find(path, NULL));
    assert_memory_equal(still_digest(known), still_digest(still), 32);
    still_free(&known);
    still_free(&still);
}

/* Only what did not change while it was read has an identity. */
static void test_changed_while_read(void **state)
{
    const char *path = temp_bmp("moving.bmp", 8, 6, 70);
    StillSource source = {.image = path};
    StillIdentity as_read;
    StillKnown known;
    struct stat before;
    (void)state;
    Still *still = read_still(path);
    int fd = open(path, O_RDONLY);
    still_identity_of(fd, &as_read);
    close(fd);
    still_identity_confirm(still, &source, &as_read);
    still_known(still, &known);
    assert_true(known.identity.text[0]);
    fd = open(path, O_RDONLY);
    still_identity_of(fd, &as_read);
    close(fd);
    assert_int_equal(stat(path, &before), 0);
    overwrite(path, &before);
    still_identity_confirm(still, &source, &as_read);
    still_known(still, &known);
    check_text("identity", known.identity.text, "");
    still_free(&still);
}

static void test_many_and_damaged(void **state)
{
    const char *path = temp_bmp("late.bmp", 8, 6, 50), *kept;
    FILE *file;
    char line[400];
    int lines = 0;
    (void)state;
    kept = temp_path("store/stills");
    file = fopen(kept, "w");
    assert_non_null(file);
    for (int i = 0; i < 600; i++)
        fprintf(file, "%x:1:2:3:4@0 5 6 %064x - 1\n", i, i);
    fputs("garbage\n\n: 1\n", file);
    fclose(file);
    learn(path);
    assert_true(is_known(path, NULL));
    file = fopen(temp_path("store/stills"), "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file))
        lines += strchr(line, '\n') != NULL;
    fclose(file);
    check_number("lines", lines, 512);
    file = fopen(temp_path("store/stills"), "w");
    fputs("\n", file);
    fclose(file);
    assert_false(is_known(path, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_changed),
        cmocka_unit_test(test_not_files),
        cmocka_unit_test(test_many_and_damaged),
        cmocka_unit_test(test_content),
        cmocka_unit_test(test_settles),
        cmocka_unit_test(test_recalled_again),
        cmocka_unit_test(test_wrong_line),
        cmocka_unit_test(test_changed_while_read),
    };
    said_start();
    clear_environment();
    if (store_open(temp_path("store"), NULL, &store) < 0)
        return 1;
    int failed = cmocka_run_group_tests_name("known_stills", tests, NULL, NULL);
    store_close(&store);
    return failed;
}
