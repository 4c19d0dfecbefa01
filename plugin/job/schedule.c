/* i2v: when to ask next how a generation is, by how long earlier ones took
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/schedule.h"

#include <math.h>

#include <libavutil/common.h>

#include "store/durations.h"

/* Fewer durations say little. */
#define MIN_KNOWN 3

/* The interval as a share of the age, which bounds the lag by half of it; and as a share
 * of the usual duration: known by experience, guessed, and before any has ended (which
 * is not slept through: refusals come early). */
#define SHARE       0.048
#define KNOWN_SHARE 0.0195
#define GUESS_SHARE 0.025
#define EARLY_SHARE 0.1

/* One may end a little before the first that was seen. */
#define FIRST_MARGIN 0.9

/* Beyond so many times the usual duration there is nothing to expect any more. */
#define LAST_FACTOR 2.5

/* All that are in flight together ask no more often than 200 times a minute. */
#define ACCOUNT_S 0.3

/* But for what is left to chance: so much of an interval, half of it more or less. */
#define CLOSEST_S  0.4
#define FARTHEST_S 10
#define JITTER     0.2

int64_t schedule_interval(const Schedule *schedule, int64_t age, int in_flight,
                          double chance)
{
    double now = (double)age / 1e6, by_age = SHARE * now, interval = by_age;

    if (now < schedule->first)
        interval =
            FFMIN(schedule->first - now, schedule->every * (EARLY_SHARE / KNOWN_SHARE));
    else if (now < schedule->last)
        interval = FFMIN(by_age, schedule->every);
    interval = FFMAX(interval, FFMIN(by_age, in_flight * ACCOUNT_S));
    interval = FFMIN(FFMAX(interval, CLOSEST_S), FARTHEST_S);
    return (int64_t)(interval * (1 + JITTER * (chance - 0.5)) * 1e6);
}

void schedule_learn(Schedule *schedule, const double *durations, int count,
                    double typical)
{
    double shortest = DURATIONS_LONGEST_S, sum = 0;

    for (int i = 0; i < count; i++) {
        shortest = FFMIN(shortest, durations[i]);
        sum += log(durations[i]);
    }
    double usual = count ? exp(sum / count) : typical;
    bool known = count >= MIN_KNOWN;
    *schedule = (Schedule){.first = known ? FIRST_MARGIN * shortest : 0,
                           .last = LAST_FACTOR * usual,
                           .every = (known ? KNOWN_SHARE : GUESS_SHARE) * usual,
                           .usual = usual};
}

void schedule_plan(Schedule *schedule, const Store *store, const char *model, int length,
                   double typical)
{
    double durations[SCHEDULE_MEMORY];
    int count = durations_read(store, model, length, durations, SCHEDULE_MEMORY);

    schedule_learn(schedule, durations, count, typical);
}
