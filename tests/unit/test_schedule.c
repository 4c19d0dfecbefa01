/* i2v: unit tests of the poller's schedule and its history
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libavutil/common.h>
#include <libavutil/lfg.h>
#include <libavutil/mem.h>

#include "job/schedule.h"
#include "store/durations.h"

enum { JOBS = 4000 };

/* Poll until a generation that takes so many seconds has ended. @return the lag */
static double wait_for(const Schedule *schedule, double seconds, int *polls)
{
    int64_t at = 0, end = (int64_t)(seconds * 1e6);
    do {
        at += schedule_interval(schedule, at, 1, 0.5);
        ++*polls;
    } while (at < end);
    return (double)(at - end) / 1e6;
}

static double draw(AVLFG *lfg, double median, double sigma)
{
    double pair[2];
    av_bmg_get(lfg, pair);
    return median * exp(sigma * pair[0]);
}

/* With a history the lag is about a hundredth of the usual time, with few polls. */
static void test_history(void **state)
{
    static const double medians[] = {30, 90, 400};
    (void)state;
    for (size_t m = 0; m < sizeof(medians) / sizeof(medians[0]); m++) {
        AVLFG lfg;
        double durations[SCHEDULE_MEMORY], lag = 0;
        Schedule schedule;
        int polls = 0;
        av_lfg_init(&lfg, 7);
        for (int i = 0; i < SCHEDULE_MEMORY; i++)
            durations[i] = draw(&lfg, medians[m], 0.35);
        schedule_learn(&schedule, durations, SCHEDULE_MEMORY, 0);
        for (int i = 0; i < JOBS; i++)
            lag += wait_for(&schedule, draw(&lfg, medians[m], 0.35), &polls);
        lag /= JOBS;
        if (lag > FFMAX(medians[m] / 90, 0.35) || polls / JOBS > 60)
            fail_case("median %g: lag %g s, %d polls", medians[m], lag, polls / JOBS);
        if (medians[m] == 90 && polls > 45 * JOBS)
            fail_case("median 90: %g polls", (double)polls / JOBS);
    }
}

/* Without one it is a share of the time that has passed. */
static void test_no_history(void **state)
{
    static const double seconds[] = {0.1, 1, 9, 20, 60, 150, 3600};
    const Schedule nothing = {0};
    (void)state;
    for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
        int64_t interval =
            schedule_interval(&nothing, (int64_t)(seconds[i] * 1e6), 1, 0.5);
        if ((double)interval / 2e6 > FFMAX(0.025 * seconds[i], 0.3) || interval < 100000)
            fail_case("%g s: %g s to the next", seconds[i], (double)interval / 1e6);
    }
}

/* A history of short ones must not be slept through, and one of long ones must not keep
 * the poller from looking at all. */
static void test_extremes(void **state)
{
    static const double usual[] = {0.05, 2, 5000};
    (void)state;
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        double durations[SCHEDULE_MEMORY];
        Schedule schedule;
        int polls = 0;
        for (int j = 0; j < SCHEDULE_MEMORY; j++)
            durations[j] = usual[i];
        schedule_learn(&schedule, durations, SCHEDULE_MEMORY, 0);
        double lag = wait_for(&schedule, usual[i], &polls);
        if (lag > FFMAX(0.02 * usual[i], 0.5))
            fail_case("usually %g s: lag %g s", usual[i], lag);
        for (int64_t age = 0; age < 20000000000; age += 10000000) {
            int64_t interval = schedule_interval(&schedule, age, 1, 0.5);
            if (interval < 300000 || interval > 10000000)
                fail_case("usually %g s, age %lld: %lld", usual[i], (long long)age,
                          (long long)interval);
        }
    }
}

/* What has little in common asks no more often for it. */
static void test_wide(void **state)
{
    static const double usual[][2] = {{60, 180}, {5, 300}};
    (void)state;
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        double durations[SCHEDULE_MEMORY];
        Schedule schedule;
        for (int j = 0; j < SCHEDULE_MEMORY; j++)
            durations[j] = usual[i][j % 2];
        schedule_learn(&schedule, durations, SCHEDULE_MEMORY, 0);
        for (int j = 0; j < 2; j++) {
            int polls = 0;
            double lag = wait_for(&schedule, usual[i][j], &polls);
            if (polls > 160 || lag > FFMAX(0.05 * usual[i][j], 0.5))
                fail_case("%g of %g and %g s: %d polls, lag %g s", usual[i][j],
                          usual[i][0], usual[i][1], polls, lag);
        }
    }
}

static void test_few_are_no_history(void **state)
{
    const double durations[] = {10, 20};
    Schedule schedule;
    (void)state;
    schedule_learn(&schedule, durations, 2, 0);
    assert_true(schedule.first == 0);
    schedule_learn(&schedule, durations, 0, 0);
    assert_true(schedule.first == 0);
}

/* A guess asks more often about the time it names, and nowhere less often than none. */
static void test_guess(void **state)
{
    const double few[] = {60, 66};
    const Schedule nothing = {0};
    Schedule guesses[2];
    (void)state;
    schedule_learn(&guesses[0], NULL, 0, 63);
    schedule_learn(&guesses[1], few, 2, 400); // what was seen goes before the table
    for (int i = 0; i < 2; i++) {
        for (int s = 0; s < 3600; s++)
            if (schedule_interval(&guesses[i], s * 1000000LL, 1, 0.5) >
                schedule_interval(&nothing, s * 1000000LL, 1, 0.5))
                fail_case("guess %d, %d s: less often", i, s);
        int64_t there = schedule_interval(&guesses[i], 63000000, 1, 0.5);
        int64_t unguessed = schedule_interval(&nothing, 63000000, 1, 0.5);
        if (there > unguessed * 3 / 4)
            fail_case("guess %d: %lld, without %lld", i, (long long)there,
                      (long long)unguessed);
    }
}

static void test_chance(void **state)
{
    const Schedule nothing = {0};
    int64_t middle = schedule_interval(&nothing, 60000000, 1, 0.5);
    int64_t least = schedule_interval(&nothing, 60000000, 1, 0);
    int64_t most = schedule_interval(&nothing, 60000000, 1, 1);
    (void)state;
    assert_true(least < middle && middle < most);
    check_number("mean", (least + most) / 2 - middle, 0);
    assert_true(most - least > middle / 10);
}

/* Many ask less often, but never so that one waits long for its age. */
static void test_many(void **state)
{
    const double durations[] = {90, 90, 90};
    Schedule schedule;
    (void)state;
    schedule_learn(&schedule, durations, 3, 0);
    for (int s = 1; s < 3600; s++) {
        int64_t age = s * 1000000LL, alone = schedule_interval(&schedule, age, 1, 0.5);
        int64_t eight = schedule_interval(&schedule, age, 8, 0.5);
        int64_t many = schedule_interval(&schedule, age, 64, 0.5);
        if (eight < alone || many < eight || (s > 50 && eight < 2400000))
            fail_case("%d s: %lld, %lld, %lld", s, (long long)alone, (long long)eight,
                      (long long)many);
        if (many > alone && (double)many / 2e6 > FFMAX(0.025 * s, 0.2))
            fail_case("%d s: %lld to the next", s, (long long)many);
    }
}

/* The file */

static void check_near(const char *what, double is, double wanted)
{
    if (fabs(is - wanted) > 1e-6)
        fail_case("%s: %g, not %g", what, is, wanted);
}

static Store *open_new(const char *name)
{
    Store *store = NULL;
    said_clear();
    assert_int_equal(store_open(temp_path(name), NULL, &store), 0);
    return store;
}

static void test_notes(void **state)
{
    Store *store = open_new("notes");
    Schedule schedule;
    (void)state;
    schedule_plan(&schedule, store, "a/b", 4, 0);
    assert_true(schedule.last == 0);
    for (int i = 1; i <= 70; i++)
        durations_note(store, "a/b", 4, i + 0.5, NULL);
    durations_note(store, "a/b", 8, 100, NULL);
    schedule_plan(&schedule, store, "a/b", 4, 0);
    check_near("first of the last 64", schedule.first, 0.9 * 7.5);
    schedule_plan(&schedule, store, "a/b", 8, 50);
    check_near("another length", schedule.last, 250);
    schedule_plan(&schedule, store, "a", 4, 50);
    check_near("another model", schedule.last, 125);
    for (int i = 0; i < 3000; i++)
        durations_note(store, "a \"b\"\n", 4, 9, NULL);
    schedule_plan(&schedule, store, "a \"b\"\n", 4, 0);
    check_near("a long file", schedule.first, 0.9 * 9);
    store_close(&store);
}

static void test_damaged_notes(void **state)
{
    static const char *const texts[] = {"",
                                        "{",
                                        "[]",
                                        "null",
                                        "{\"a/b\":7}",
                                        "[\"a/b\",4]",
                                        "[\"a/b\",4,-1]",
                                        "[\"a/b\",4,0]",
                                        "[\"a/b\",4,1e300]",
                                        "[\"a/b\",null,7]",
                                        "[[\"a/b\"],4,7]",
                                        "[\"a/b\",4,7",
                                        "\n\n[\"a/b\",4,[7]]\n"};
    Schedule schedule;
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        Store *store = open_new("damaged");
        char *path = store_path(store, "stats.json", "");
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(texts[i], file);
        fclose(file);
        schedule_plan(&schedule, store, "a/b", 4, 0);
        check_near(texts[i], schedule.last, 0);
        durations_note(store, "a/b", 4, 4, NULL);
        schedule_plan(&schedule, store, "a/b", 4, 0);
        check_near(texts[i], schedule.last, 10);
        assert_silent(texts[i]);
        av_free(path);
        store_close(&store);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_history),  cmocka_unit_test(test_no_history),
        cmocka_unit_test(test_extremes), cmocka_unit_test(test_few_are_no_history),
        cmocka_unit_test(test_wide),     cmocka_unit_test(test_guess),
        cmocka_unit_test(test_chance),   cmocka_unit_test(test_many),
        cmocka_unit_test(test_notes),    cmocka_unit_test(test_damaged_notes),
    };
    said_start();
    clear_environment();
    return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
