/* i2v: when to ask next how a generation is
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_SCHEDULE_H
#define I2V_SCHEDULE_H

#include <stdint.h>

/** What is expected of a generation's duration: its logarithm is taken to be normal. */
typedef struct Schedule {
    int known;        ///< durations behind it, 0 = nothing is expected
    double mu, sigma; ///< of the logarithm of seconds
} Schedule;

/** Learn from durations in seconds, in any order. */
void schedule_learn(Schedule *schedule, const double *durations, int count);

/** Microseconds from a poll to the next, `age` microseconds after the generation was
 * accepted; without the chance that keeps many pollers apart. */
int64_t schedule_interval(const Schedule *schedule, int64_t age);

#endif
