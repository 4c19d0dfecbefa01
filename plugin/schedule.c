/* i2v: when to ask next how a generation is
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "schedule.h"

#include <math.h>

#include <libavutil/common.h>

/* Fewer durations say little. */
#define MIN_KNOWN 3

/* As if there were a few more durations, this far apart: few alike are chance. */
#define PRIOR_SIGMA 0.35
#define PRIOR_COUNT 2

/* Mean time that a finished clip waits to be noticed, as a share of the usual duration.
 */
#define LAG 0.0105

/* Without history: polls this share of the age apart, so that half of it is the lag. */
#define SHARE 0.05

/* Polls are never closer, nor farther apart while little is known of what goes on. */
#define CLOSEST_S  0.4
#define FARTHEST_S 10

/* Beyond this share of the polls history has nothing to say any more. */
#define LAST_SHARE 0.995

void schedule_learn(Schedule *schedule, const double *durations, int count)
{
    double sum = 0, squares = PRIOR_COUNT * PRIOR_SIGMA * PRIOR_SIGMA;

    *schedule = (Schedule){0};
    if (count < MIN_KNOWN)
        return;
    for (int i = 0; i < count; i++)
        sum += log(durations[i]);
    schedule->mu = sum / count;
    for (int i = 0; i < count; i++) {
        double away = log(durations[i]) - schedule->mu;
        squares += away * away;
    }
    schedule->sigma = sqrt(squares / (count - 1 + PRIOR_COUNT));
    schedule->known = count;
}

/* The share of all polls that lies before a time: their density goes with the square root
 * of the likelihood that the generation ends then. */
static double share_before(const Schedule *schedule, double seconds)
{
    double s = schedule->sigma;
    return erfc(-(log(seconds) - schedule->mu - s * s) / (2 * s)) / 2;
}

/*
 * Of all ways to spread a number of polls over the time in which a generation may end,
 * with probability density f, the mean lag is least when they are as dense as sqrt(f):
 * then it is F^2 / 2N, F the integral of sqrt(f). N follows from the lag that is wanted.
 * Far from the likely time, and without history, the age alone decides.
 */
int64_t schedule_interval(const Schedule *schedule, int64_t age)
{
    double now = FFMAX((double)age / 1e6, 0.01), s = schedule->sigma;
    double least = 0, most = FFMIN(FFMAX(SHARE * now, CLOSEST_S), FARTHEST_S);

    if (schedule->known) {
        double polls = exp(s * s / 2) * s * sqrt(2 * M_PI) / LAG;
        double goal = share_before(schedule, now) + 1 / polls;
        if (goal < LAST_SHARE)
            most = FARTHEST_S;
        for (int i = 0; i < 30 && goal < LAST_SHARE; i++) {
            double middle = (least + most) / 2;
            if (share_before(schedule, now + middle) < goal)
                least = middle;
            else
                most = middle;
        }
    }
    return (int64_t)(FFMAX(most, CLOSEST_S) * 1e6);
}
