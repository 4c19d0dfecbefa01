/* i2v: what is said of all jobs together (inside job)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_JOB_BATCH_SAY_H
#define I2V_JOB_BATCH_SAY_H

#include "job/state.h"

/* Called by whoever has the jobs to itself. */

/** Say how they stand, when that is due: one line for all, or that of the only one.
 * @param finished  how many have ended since `began`, clock_now() */
void say_progress(const Job *jobs, int finished, int64_t began);

/** As of job_expect(). */
void say_expected(Events *voice, int total, int waiting);

/** At the end of the process: say what was sent ahead and nobody asked for. */
void say_unclaimed(const Job *jobs);

#endif
