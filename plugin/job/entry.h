/* i2v: an entry of the batch, between the batch and what is said of it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_BATCH_INTERNAL_H
#define I2V_BATCH_INTERNAL_H

#include <stdatomic.h>

#include "job/batch.h"

struct BatchEntry {
    BatchEntry *next;
    const GenerationPlan *plan; ///< NULL once it is released
    char key[REQUEST_KEY_SIZE];
    char *store;
    char id[256];  ///< of the generation, as far as it is known
    Generation *g; ///< NULL before it begins and when it has ended
    atomic_bool ended;
    int result; ///< once it has ended
    Failure failure;
    int users;          ///< owner and joiners
    atomic_int waiting; ///< threads
    bool given;         ///< the batch is the owner
    bool announce;      ///< see batch_give()
    void *owner;
    void (*release)(void *owner, int result, Failure failure);
};

/* What is said of all entries together. Called by whoever has the entries to itself. */

/** Say how they stand, when that is due: one line for all, or that of the only one.
 * @param finished  how many have ended since `began`, av_gettime_relative() */
void batch_say_progress(const BatchEntry *entries, int finished, int64_t began);

/** As of batch_expect(). */
void batch_set_expected(Events *voice, int total, int waiting);

/** At the end of the process: say what was sent ahead and nobody asked for. */
void batch_say_unclaimed(const BatchEntry *entries);

#endif
