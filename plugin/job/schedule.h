/* i2v: when to ask next how a generation is, by how long earlier ones took (inside job)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_SCHEDULE_H
#define I2V_SCHEDULE_H

#include <stdint.h>

#include "store/store.h"

/*
 * A poll comes at a twentieth of the generation's age. Where the last 64 of its model and
 * length were seen to end, it comes every fiftieth of their usual time, and before that
 * rarely. Fewer than three of them, or else the latency in the model's table, are a
 * guess, which only adds polls. They are 0.4 to 10 s apart, farther with many in flight,
 * by chance a tenth more or less. The option poll_interval replaces all that; a
 * Retry-After of whatever answer is kept in any case.
 */

/** As many of the last durations count. */
#define SCHEDULE_MEMORY 64

/** What is expected of a generation, in seconds after it was accepted; 0 = not known. */
typedef struct Schedule {
    double first; ///< none has ended sooner
    double last;  ///< few end later
    double every; ///< a poll, between the two
    double usual; ///< that they take, by experience or else a guess
} Schedule;

/**
 * Plan the polls by what the store knows of a model's clips of a length.
 * @param length   of the clip, seconds
 * @param typical  seconds to go by when that is too little, 0 = not known
 */
void schedule_plan(Schedule *schedule, const Store *store, const char *model, int length,
                   double typical);

/** The same by durations, in seconds and any order. */
void schedule_learn(Schedule *schedule, const double *durations, int count,
                    double typical);

/**
 * When to ask again.
 * @param age        microseconds since the generation was accepted
 * @param in_flight  generations that this process waits for
 * @param chance     from 0 to 1, to keep many pollers apart; 0.5 makes no difference
 * @return microseconds from one poll to the next
 */
int64_t schedule_interval(const Schedule *schedule, int64_t age, int in_flight,
                          double chance);

#endif
