/* i2v: when to ask next how a generation is
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_SCHEDULE_H
#define I2V_SCHEDULE_H

#include <stdint.h>

/** What is expected of a generation's duration: its logarithm is taken to be normal. */
typedef struct Schedule {
    int known;        ///< durations that this comes from, 0 = it is a guess
    double mu, sigma; ///< of the logarithm of seconds; sigma 0 = nothing is expected
    double lag;       ///< mean time to be noticed in, as a share of the usual duration
} Schedule;

/**
 * Learn what to expect.
 * @param durations  seconds that earlier ones took, in any order
 * @param typical    seconds to go by when these are too few, 0 = not known
 */
void schedule_learn(Schedule *schedule, const double *durations, int count,
                    double typical);

/**
 * When to ask again.
 * @param age     microseconds since the generation was accepted
 * @param chance  from 0 to 1, to keep many pollers apart; 0.5 makes no difference
 * @return microseconds from one poll to the next
 */
int64_t schedule_interval(const Schedule *schedule, int64_t age, double chance);

#endif
