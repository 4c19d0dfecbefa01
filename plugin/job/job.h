/* i2v: jobs: one request on its way to its clip
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_JOB_H
#define I2V_JOB_H

/*
 * A job asks the engine for a generation, waits for it and brings its clip into the
 * store. It is a small machine of phases (look, ready, create, find, poll, fetch), each a
 * step that never blocks; every durable step is in the ledger before the next is taken,
 * so that a process may end at any point and another goes on.
 *
 * The jobs of a process are in one batch, with one event loop for all. It starts no
 * threads: whoever waits for one job drives them all, and the next one does when that has
 * ended. At most I2V_PARALLEL are in flight; the others begin in their order. The same
 * request of a process is one job, whoever asks for it: a job is counted, and owns what
 * it needs.
 *
 * Every function is thread-safe, on different jobs and on the same.
 */

#include <stdbool.h>

#include <libavformat/avio.h>

#include "base/events.h"
#include "base/outcome.h"
#include "engine/engine.h"
#include "request/request.h"
#include "still/still.h"
#include "store/store.h"

typedef struct Job Job;

/** What a job is made of. */
typedef struct JobPlan {
    Request *request;
    Store *store;
    /* Moved into a job that is made of them: */
    Still **still, **end; ///< for the create call; NULL where there is none to send
    EngineBody *body;     ///< of the create call, empty where it is not made yet
    bool may_create;      ///< else a create call must not be needed
    const char *refusal;  ///< why not, in a sentence; static, or NULL
    double price;         ///< USD that the engine asks, below 0 = not known
    EventsVoice voice;
    bool ahead; ///< a command line named it: somebody should ask for it later
} JobPlan;

/** Whether this record can come to a clip without a create call. */
bool job_can_reuse(const Record *record);

/** Put what a request asks for into its record; not yet on disk.
 * @return 0 or AVERROR(ENOMEM) */
int job_describe(const Request *request, Record *record);

/**
 * What is known to stand in the way of a request without asking the engine: its record,
 * and that there is no API key.
 * @return 0, or a negative AVERROR as of job_wait() after a sentence
 */
int job_foresee(const Request *request, const Record *record, Events *events,
                Outcome *out);

/** Say that reuse=only forbids what would come next. @return AVERROR(ENOENT) */
int job_say_nothing_to_reuse(Events *events, Outcome *out);

/** Whether a job of this request is under way, or was sent ahead and has not been asked
 * for. */
bool job_is_known(const Request *request);

/**
 * Enter a job, or join the one that there is of the same request. It begins when somebody
 * waits for any job.
 * @param job  a reference; end it with job_unref()
 * @return 0; AVERROR(EINVAL) for a bad I2V_PARALLEL, after a sentence; AVERROR(ENOMEM);
 * AVERROR(ECANCELED) when a new one would buy for more than max_total allows this process
 */
int job_enter(const JobPlan *plan, Job **job, Outcome *out);

/** Take back one that nobody has waited for, as job_unref(): it does not go on. */
void job_withdraw(Job **job);

/** End a reference, in whatever state; sets *job to NULL. The job goes on while others
 * wait, and if nobody ever waited for it; what is on disk lets another process go on. */
void job_unref(Job **job);

/**
 * Wait for its end, and no longer than this caller wants to: a job goes on for as long as
 * the most patient of those who wait for it. Then it stays up to 5 s for the answers to
 * create calls of other jobs, so that none goes unread.
 * @param max_wait  microseconds from when the engine has accepted it, or from now
 * @param out       its failure; the job has said it
 * @return 0; AVERROR(EINTR) interrupted; AVERROR(ETIMEDOUT) max_wait is over;
 * AVERROR(ENOENT) with reuse=only; AVERROR(ENOKEY) without a key; AVERROR(EPERM) refused
 * by moderation; AVERROR_EXTERNAL the generation failed; AVERROR_HTTP_* the engine
 * refused; AVERROR_INVALIDDATA a damaged clip; or another negative AVERROR
 */
int job_wait(Job *job, int64_t max_wait, const AVIOInterruptCB *interrupt, Outcome *out);

/**
 * Wait until the engine has accepted it, or it has ended.
 * @param or_queued  that it has to queue will do, too
 * @return 0, or how it failed as job_wait()
 */
int job_wait_accepted(Job *job, bool or_queued, const AVIOInterruptCB *interrupt,
                      Outcome *out);

/** Let all jobs go on for a while, until one has ended at the latest.
 * @return 0, or AVERROR(EINTR) when interrupted */
int job_drive(const AVIOInterruptCB *interrupt);

/** Whether it has ended. */
bool job_has_ended(const Job *job);

/**
 * Ask the engine to end the generation of a request, and note that it has none then.
 * @return 0, AVERROR(ENOSYS) for an engine that has no such call, AVERROR(EINVAL) when
 * none is running, or another negative AVERROR; after a sentence
 */
int job_cancel(const Request *request, const Store *store,
               const AVIOInterruptCB *interrupt, Events *events, Outcome *out);

/** Whether I2V_PARALLEL is what it may be. @return 0, or AVERROR(EINVAL) after a sentence
 */
int job_check_parallel(Outcome *out);

/** How many more could begin at once; below 0 when some have to queue already. */
int job_places(void);

/**
 * For a progress line that counts what has not been entered yet, too.
 * @param voice    says it, borrowed; NULL = only jobs are counted
 * @param total    how many there are in all
 * @param waiting  how many of them have still to be entered; the rest has ended
 */
void job_expect(Events *voice, int total, int waiting);

#endif
