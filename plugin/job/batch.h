/* i2v: the generations of this process that are under way together
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_BATCH_H
#define I2V_BATCH_H

#include <stdbool.h>

#include "job/job.h"

/*
 * There is one batch a process, with one event loop for all. It starts no threads:
 * whoever waits for one generation drives them all, and hands over when its own has
 * ended. At most I2V_PARALLEL are in flight; the others begin in their order. One that
 * the gateway refuses for too many at once holds back those behind it. Every function is
 * thread-safe.
 */

/** One generation in the batch. */
typedef struct BatchEntry BatchEntry;

/**
 * Enter a generation; it begins when somebody waits. The plan's contents are borrowed
 * until batch_leave(), or until `release` of batch_give().
 * @return 0 and *entry; AVERROR(EEXIST) when the request is in the batch already;
 * AVERROR(EINVAL) for a bad I2V_PARALLEL, after a sentence; AVERROR(ENOMEM)
 */
int batch_enter(const GenerationPlan *plan, BatchEntry **entry);

/** Wait for its end. Once it is there it is stayed for the answers to create calls, for
 * some seconds at most.
 * @param events  of its owner
 * @return how it ended, as generation_result(); AVERROR(EINTR) when interrupted */
int batch_wait(BatchEntry *entry, Events *events, const AVIOInterruptCB *interrupt,
               Failure *failure);

/** Wait until the gateway has answered, or until it turns out that the generation has to
 * queue. @return 0, or how it ended as batch_wait() */
int batch_wait_for_answer(BatchEntry *entry, Events *events,
                          const AVIOInterruptCB *interrupt, Failure *failure);

/** Let all of them go on for a while, until one has ended at the latest.
 * @return 0, or AVERROR(EINTR) when interrupted */
int batch_turn(const AVIOInterruptCB *interrupt);

/**
 * Tell of what is not in the batch, for a progress line that counts all of it.
 * @param voice    says it, borrowed; NULL = only what is in the batch is counted
 * @param total    how many there are in all
 * @param waiting  how many of them have still to be entered; the rest has ended
 */
void batch_expect(Events *voice, int total, int waiting);

/** How many more could begin at once; below 0 when some have to queue already. */
int batch_places(void);

/** Whether it has ended. */
bool batch_has_ended(BatchEntry *entry);

/** Leave, in whatever state; sets *entry to NULL. */
void batch_leave(BatchEntry **entry);

/**
 * Leave the entry to the batch, for whoever asks for the same request later.
 * @param release   called once it has ended, before anybody learns of it, and frees
 * `owner` and what the plan borrowed
 * @param announce  the command line named it: if nobody asks for it, that is said when
 * the process ends
 */
void batch_give(BatchEntry **entry, void *owner,
                void (*release)(void *owner, int result, Failure failure), bool announce);

/**
 * When others wait for an entry whose owner no longer does, leave it to the batch.
 * @param detach   called at once, while nothing of it goes on: what the owner borrowed
 * from its caller is not to be used any more
 * @param release  as of batch_give()
 * @return whether it was left; *entry is then NULL, and the owner not the caller's
 */
bool batch_hand_over(BatchEntry **entry, void *owner, void (*detach)(void *owner),
                     void (*release)(void *owner, int result, Failure failure));

/** Whether a request is in the batch: it is under way, or it was announced and has ended
 * and nobody has asked for it yet. */
bool batch_has(const Request *request);

/**
 * When a request is in the batch, wait for its end.
 * @param events  of whoever asks
 * @param result  how it ended, as batch_wait()
 * @return whether it was there
 */
bool batch_join(const Request *request, Events *events, const AVIOInterruptCB *interrupt,
                int *result, Failure *failure);

#endif
