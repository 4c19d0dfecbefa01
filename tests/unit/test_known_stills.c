/* i2v: unit tests of what is known of stills without reading them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/mem.h>

#include "known_stills.h"
#include "still_internal.h"

/* Longer than a file must be left alone. */
enum { SETTLE_S = 5 };

static Store *store;

static Still *read_still(const char *image)
{
    StillSource source = {.image = image};
    Still *still = NULL;
    assert_int_equal(still_read(&source, &still), 0);
    return still;
}

/* By another name than it was read by, as another process would: what was read under a
 * name is in memory. */
static Still *find(const char *path, const char *image_time)
{
    char name[4200];
    snprintf(name, sizeof(name), "file:%s", path);
    return known_stills_find(temp_path("store"), name, image_time);
}

static bool is_known(const char *path, const char *image_time)
{
    Still *still = find(path, image_time);
    bool known = still;
    still_free(&still);
    return known;
}

static void learn(const char *path)
{
    Still *still = read_still(path);
    known_stills_add(store, still, NULL);
    still_free(&still);
}

static void test_young(void **state)
{
    const char *path = temp_bmp("young.bmp", 8, 6, 10);
    (void)state;
    Still *still = read_still(path);
    check_text("identity", still_identity(still), "");
    known_stills_add(store, still, NULL);
    assert_false(is_known(path, NULL));
    still_free(&still);
}

static void test_known(void **state)
{
    const char *path = temp_bmp("old.bmp", 8, 6, 20);
    (void)state;
    sleep(SETTLE_S);
    Still *still = read_still(path);
    assert_true(still_is_read(still));
    assert_null(find(path, NULL));
    known_stills_add(store, still, NULL);
    Still *known = find(path, "0");
    assert_non_null(known);
    assert_false(still_is_read(known));
    check_number("width", still_width(known), 8);
    check_number("height", still_height(known), 6);
    assert_memory_equal(still_digest(known), still_digest(still), 32);
    assert_false(is_known(path, "end"));
    assert_null(
        known_stills_find(temp_path("store"), path, NULL)); // read in this process
    assert_null(known_stills_find(temp_path("nowhere"), path, NULL));
    still_free(&known);
    still_free(&still);
}

/* The same size and time, and other content. */
static void overwrite(const char *path, const struct stat *before)
{
    struct timespec times[2] = {before->st_atim, before->st_mtim};
    int fd = open(path, O_WRONLY);
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
    sleep(SETTLE_S);
    learn(path);
    assert_true(is_known(path, NULL));
    assert_int_equal(stat(path, &before), 0);
    overwrite(path, &before);
    assert_false(is_known(path, NULL));
    sleep(SETTLE_S);
    assert_false(is_known(path, NULL));
    learn(other);
    assert_true(is_known(other, NULL));
    assert_int_equal(rename(path, other), 0);
    sleep(SETTLE_S);
    assert_false(is_known(other, NULL));
    unlink(other);
    assert_false(is_known(other, NULL));
}

static void test_not_files(void **state)
{
    static const char *const images[] = {
        "-", "pipe:0", "http://127.0.0.1/a.png", "data:,x", "/", "/dev/null", ""};
    char identity[STILL_IDENTITY_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++)
        if (still_identify(images[i], NULL, identity) || identity[0])
            fail_case("'%s' has the identity %s", images[i], identity);
    assert_false(still_identify("/proc/self/exe", "1 2", identity));
}

/* A line that is not true of its still is put right once the still is read. */
static void test_wrong_line(void **state)
{
    const char *path = temp_bmp("wrong.bmp", 8, 6, 60);
    char identity[STILL_IDENTITY_SIZE];
    (void)state;
    sleep(SETTLE_S);
    Still *still = read_still(path);
    snprintf(identity, sizeof(identity), "%s", still_identity(still));
    assert_true(identity[0]);
    FILE *file = fopen(temp_path("store/stills"), "w");
    assert_non_null(file);
    fprintf(file, "%s 8 6 %064x\n", identity, 1);
    fclose(file);
    Still *known = find(path, NULL);
    assert_non_null(known);
    assert_memory_not_equal(still_digest(known), still_digest(still), 32);
    still_free(&known);
    known_stills_add(store, still, NULL);
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
    char as_read[STILL_IDENTITY_SIZE];
    struct stat before;
    (void)state;
    sleep(SETTLE_S);
    Still *still = read_still(path);
    int fd = open(path, O_RDONLY);
    still_identity_of(fd, as_read);
    close(fd);
    still_identity_confirm(still, &source, as_read);
    assert_true(still_identity(still)[0]);
    fd = open(path, O_RDONLY);
    still_identity_of(fd, as_read);
    close(fd);
    assert_int_equal(stat(path, &before), 0);
    overwrite(path, &before);
    still_identity_confirm(still, &source, as_read);
    check_text("identity", still_identity(still), "");
    still_free(&still);
}

static void test_many_and_damaged(void **state)
{
    const char *path = temp_bmp("late.bmp", 8, 6, 50), *kept;
    FILE *file;
    char line[64];
    int lines = 0;
    (void)state;
    sleep(SETTLE_S);
    kept = temp_path("store/stills");
    file = fopen(kept, "w");
    assert_non_null(file);
    for (int i = 0; i < 600; i++)
        fprintf(file, "%x:1:2:3:4@0 5 6 %064x\n", i, i);
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
        cmocka_unit_test(test_young),
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_changed),
        cmocka_unit_test(test_not_files),
        cmocka_unit_test(test_many_and_damaged),
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
