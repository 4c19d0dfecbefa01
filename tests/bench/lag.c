/* i2v: the bench: how long a finished clip waits to be noticed, simulated
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * usage: bench-lag table [GENERATIONS] | bench-lag curve
 *
 * table: one JSON object a line, for each model whose latency is known and each poller,
 * of that many generations (10,000) whose durations are log-normal about that latency.
 * curve: lines of "poller, tab, seconds that the generation took, tab, mean lag", for a
 * plot. An answer takes no time. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/common.h>
#include <libavutil/lfg.h>

#include "engine/engine.h"
#include "job/schedule.h"

#define HISTORY 50 ///< generations that share one history
#define SIGMA   0.35

typedef struct Poller {
    const char *name;
    double fixed; ///< seconds, 0 = by the schedule
    bool history, typical;
} Poller;

static const Poller pollers[] = {
    {"history", 0, true, true}, {"table", 0, false, true}, {"nothing", 0, false, false},
    {"10 s", 10, false, false}, // as the example on the API's page
    {"5 s", 5, false, false},   {"1 s", 1, false, false},
};
#define POLLERS FF_ARRAY_ELEMS(pollers)

typedef struct Tally {
    double lag;   ///< seconds
    double share; ///< of the generation's duration
    double polls;
} Tally;

static AVLFG lfg;
static int generations = 10000;

static double draw_chance(void)
{
    return av_lfg_get(&lfg) / (double)UINT32_MAX;
}

static double draw(double median)
{
    double pair[2];
    av_bmg_get(&lfg, pair);
    return median * exp(SIGMA * pair[0]);
}

/* As poll.c does: an interval after the create call's answer, and after each. */
static void wait_for(const Poller *poller, const Schedule *schedule, double duration,
                     Tally *tally)
{
    double at = 0;

    do {
        at += poller->fixed > 0 ? poller->fixed
                                : (double)schedule_interval(schedule, (int64_t)(at * 1e6),
                                                            1, draw_chance()) /
                                      1e6;
        tally->polls++;
    } while (at < duration);
    tally->lag += at - duration;
    tally->share += (at - duration) / duration;
}

static void learn(const Poller *poller, double median, double typical, Schedule *schedule)
{
    double durations[SCHEDULE_MEMORY];
    int count = poller->history ? SCHEDULE_MEMORY : 0;

    for (int i = 0; i < count; i++)
        durations[i] = draw(median);
    schedule_learn(schedule, durations, count, poller->typical ? typical : 0);
}

/* Jobs about a median, or evenly from shortest to longest; typical is what the table
 * says. */
static void run(const Poller *poller, const char *model, double typical, double median,
                double shortest, double longest)
{
    Tally tally = {0};
    Schedule schedule;
    double duration;

    for (int i = 0; i < generations; i++) {
        if (i % HISTORY == 0)
            learn(poller, median, typical, &schedule);
        duration =
            longest > 0 ? shortest + (longest - shortest) * draw_chance() : draw(median);
        wait_for(poller, &schedule, duration, &tally);
    }
    printf("{\"model\":\"%s\",\"median_s\":%g,\"poller\":\"%s\",\"lag_s\":%.4f,"
           "\"lag_share\":%.5f,\"polls\":%.2f}\n",
           model, median, poller->name, tally.lag / generations,
           tally.share / generations, tally.polls / generations);
}

static void print_table(void)
{
    const Model *model;

    for (int n = 0; (model = &engine_default()->models[n])->name; n++)
        for (size_t i = 0; i < POLLERS && model->latency; i++)
            run(&pollers[i], model->name, model->latency, model->latency, 0, 0);
    /* Nothing is known, and it is soon over; the table speaks of another time. */
    run(&pollers[2], "any, in 1 to 10 s", 0, 5.5, 1, 10);
    run(&pollers[1], "the table says 90 s, in 1 to 10 s", 90, 5.5, 1, 10);
    run(&pollers[1], "the table says 90 s, about 45 s", 90, 45, 0, 0);
    run(&pollers[1], "the table says 90 s, about 180 s", 90, 180, 0, 0);
}

static void print_curve(void)
{
    static const size_t shown[] = {0, 2, 3, 4, 5};
    enum { CURVE_JOBS = 400 };
    Schedule schedule;

    for (size_t i = 0; i < FF_ARRAY_ELEMS(shown); i++) {
        const Poller *poller = &pollers[shown[i]];
        for (double seconds = 5; seconds <= 240; seconds += 5) {
            Tally tally = {0};
            for (int j = 0; j < CURVE_JOBS; j++) {
                if (j % HISTORY == 0)
                    learn(poller, 90, 90, &schedule);
                wait_for(poller, &schedule, seconds - 5 * draw_chance() + 2.5, &tally);
            }
            printf("%s\t%g\t%.4f\n", poller->name, seconds, tally.lag / CURVE_JOBS);
        }
    }
}

int main(int argc, char **argv)
{
    av_lfg_init(&lfg, 1);
    if (argc == 3)
        generations = atoi(argv[2]);
    if (argc >= 2 && argc <= 3 && generations > 0 && !strcmp(argv[1], "table"))
        print_table();
    else if (argc == 2 && !strcmp(argv[1], "curve"))
        print_curve();
    else
        return fprintf(stderr, "usage: bench-lag table [GENERATIONS] | curve\n"), 64;
    return 0;
}
