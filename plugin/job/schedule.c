/* i2v: when to ask next how a generation is
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/schedule.h"

#include <math.h>
#include <stdbool.h>

#include <libavutil/common.h>

/* Fewer durations say little. */
#define MIN_KNOWN 3

/* As if there were a few more durations, this far apart: few alike are chance. */
#define PRIOR_SIGMA 0.35
#define PRIOR_COUNT 2

/* How far a single duration, or what a table says, may be from the next one. */
#define GUESS_SIGMA 0.5

/* Mean time that a finished clip waits to be noticed, as a share of the usual duration:
 * with a history, and with a guess. */
#define KNOWN_LAG 0.0105
#define GUESS_LAG 0.0175

/* However long the time in which one may end, such polls, of which some half come true.
 */
#define MOST_POLLS 150

/* What the age alone asks for: polls this share of it apart; half of it is the lag. */
#define SHARE 0.048

/* Polls are never closer, nor farther apart while little is known of what goes on, but
 * for what is left to chance. */
#define CLOSEST_S  0.4
#define FARTHEST_S 10

/* Nor farther than this share of what is usual: refusals, for one, come early. */
#define LONGEST_SHARE 0.1

/* Beyond this share of the polls there is nothing to expect any more. */
#define LAST_SHARE 0.995

/* How much of an interval is left to chance: half of it more or less. */
#define JITTER 0.2

void schedule_learn(Schedule *schedule, const double *durations, int count,
                    double typical)
{
    double sum = 0, squares = PRIOR_COUNT * PRIOR_SIGMA * PRIOR_SIGMA;

    *schedule = (Schedule){0};
    for (int i = 0; i < count; i++)
        sum += log(durations[i]);
    if (count < MIN_KNOWN) {
        if (count || typical > 0) {
            schedule->mu = count ? sum / count : log(typical);
            schedule->sigma = GUESS_SIGMA;
            schedule->lag = GUESS_LAG;
        }
        return;
    }
    schedule->mu = sum / count;
    for (int i = 0; i < count; i++) {
        double away = log(durations[i]) - schedule->mu;
        squares += away * away;
    }
    schedule->sigma = sqrt(squares / (count - 1 + PRIOR_COUNT));
    /* What has little in common tells no more than a guess. */
    bool tells = schedule->sigma <= GUESS_SIGMA;
    schedule->lag = tells ? KNOWN_LAG : GUESS_LAG;
    schedule->known = tells ? count : 0;
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
 */
static double share_of_next(const Schedule *schedule, double now)
{
    double s = schedule->sigma;
    double polls = exp(s * s / 2) * s * sqrt(2 * M_PI) / schedule->lag;
    return share_before(schedule, now) + 1 / FFMIN(polls, MOST_POLLS);
}

/* From now to where that share of the polls lies, between least and most seconds. */
static double seconds_to(const Schedule *schedule, double share, double now, double least,
                         double most)
{
    for (int i = 0; i < 30; i++) {
        double middle = (least + most) / 2;
        if (share_before(schedule, now + middle) < share)
            least = middle;
        else
            most = middle;
    }
    return most;
}

int64_t schedule_interval(const Schedule *schedule, int64_t age, double chance)
{
    double now = FFMAX((double)age / 1e6, 0.01);
    double interval = FFMIN(FFMAX(SHARE * now, CLOSEST_S), FARTHEST_S);
    double next = schedule->sigma > 0 ? share_of_next(schedule, now) : 1;

    /* What is known by experience may be slept through, if not for long; a guess only
     * adds polls. */
    double longest =
        FFMAX(FFMIN(exp(schedule->mu) * LONGEST_SHARE, FARTHEST_S), CLOSEST_S);
    if (next < LAST_SHARE)
        interval = seconds_to(schedule, next, now, CLOSEST_S,
                              schedule->known ? longest : interval);
    return (int64_t)(interval * (1 + JITTER * (chance - 0.5)) * 1e6);
}
