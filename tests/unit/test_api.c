/* i2v: unit test of what the public functions promise when they refuse
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "i2v.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "support.h"

static struct {
    bool reenter;
    int answers[4]; ///< of a call out of the log callback
    void *left;     ///< what it left of a path and a context
    char name[32];  ///< who said the last error
    int errors;
} seen;

static void call_again(void)
{
    AVFormatContext *ctx = avformat_alloc_context();
    char *path = (char *)seen.name;

    seen.answers[0] = i2v_check("still.png", NULL, NULL);
    seen.answers[1] = i2v_submit("still.png", NULL, NULL, NULL);
    seen.answers[2] = i2v_fetch("still.png", NULL, NULL, &path);
    seen.answers[3] = i2v_open_input(&ctx, "still.png", NULL);
    seen.left = path ? path : (void *)ctx;
}

static void log_callback(void *context, int level, const char *format, va_list args)
{
    const AVClass *class = context ? *(const AVClass *const *)context : NULL;

    (void)format;
    (void)args;
    if (level > AV_LOG_ERROR)
        return;
    seen.errors++;
    if (class)
        snprintf(seen.name, sizeof(seen.name), "%s", class->item_name(context));
    if (seen.reenter)
        call_again();
}

static int set_up(void **state)
{
    (void)state;
    clear_environment();
    memset(&seen, 0, sizeof(seen));
    av_log_set_callback(log_callback);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    av_log_set_callback(av_log_default_callback);
    return 0;
}

static AVDictionary *bad_options(void)
{
    AVDictionary *options = NULL;

    av_dict_set(&options, "prompt", "a prompt", 0);
    av_dict_set(&options, "fit", "no such thing", 0);
    av_dict_set(&options, "ignore_editlist", "1", 0);
    return options;
}

/* Ours are taken out, what is the caller's is left. */
static void expect_refused(int ret, AVDictionary **options)
{
    assert_int_equal(ret, AVERROR(EINVAL));
    assert_int_equal(seen.errors, 1);
    assert_string_equal(seen.name, "i2v");
    assert_int_equal(av_dict_count(*options), 1);
    assert_non_null(av_dict_get(*options, "ignore_editlist", NULL, 0));
    av_dict_free(options);
    seen.errors = 0;
    seen.name[0] = '\0';
}

static void test_refusals(void **state)
{
    AVFormatContext *ctx = NULL;
    char key[I2V_KEY_SIZE] = "untouched", *path = key;
    AVDictionary *options = bad_options();

    (void)state;
    expect_refused(i2v_check("still.png", &options, key), &options);
    assert_string_equal(key, "untouched");
    options = bad_options();
    expect_refused(i2v_submit("still.png", &options, NULL, NULL), &options);
    options = bad_options();
    expect_refused(i2v_fetch("still.png", &options, NULL, &path), &options);
    assert_null(path);
    options = bad_options();
    expect_refused(i2v_open_input(&ctx, "still.png", &options), &options);
    assert_null(ctx);
    options = bad_options();
    ctx = avformat_alloc_context();
    expect_refused(i2v_open_input(&ctx, "still.png", &options), &options);
    assert_null(ctx);
}

/* It would wait for its own turn. */
static void test_reentry(void **state)
{
    AVDictionary *options = bad_options();

    (void)state;
    seen.reenter = true;
    assert_int_equal(i2v_check("still.png", &options, NULL), AVERROR(EINVAL));
    assert_int_equal(seen.errors, 1);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(seen.answers[i], AVERROR(EDEADLK));
    assert_null(seen.left);
    seen.reenter = false;
    assert_int_equal(i2v_check("still.png", &options, NULL), AVERROR(EINVAL));
    assert_int_equal(seen.errors, 2);
    av_dict_free(&options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reentry, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("api", tests, NULL, NULL);
}
