/* i2v: the phases of a job: one after the other, and until when
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/state.h"

#include <stdio.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>

/* What is on its way when max_wait ends: an answer to the first poll, a clip, and the
 * answer to a create call, which had better not be lost. */
#define GRACE_US        (5 * SECOND_US)
#define CREATE_GRACE_US (30 * SECOND_US)

static const struct {
    Phase (*step)(Job *job);
    const char *doing; ///< for the progress line; NULL = the engine's own status
    Stage stage;
} phases[] = {
    [PHASE_LOOK] = {look_step, NULL, STAGE_BEFORE},
    [PHASE_READY] = {ready_step, "waiting for the server", STAGE_BEFORE},
    [PHASE_CREATE] = {create_step, "sending", STAGE_SENT},
    [PHASE_FIND] = {find_step, "looking for it", STAGE_SENT},
    [PHASE_POLL] = {poll_step, NULL, STAGE_GENERATING},
    [PHASE_FETCH] = {fetch_step, "downloading", STAGE_DOWNLOADING},
    [PHASE_END] = {NULL, NULL, STAGE_ENDED},
};

Stage job_stage(const Job *job)
{
    if (job->phase == PHASE_CREATE && job->create.busy)
        return STAGE_BUSY;
    if (job->phase == PHASE_CREATE && !job->call)
        return STAGE_BEFORE;
    return phases[job->phase].stage;
}

void job_say_progress(const Job *job)
{
    const DownloadState *state =
        job->fetch.download ? download_state(job->fetch.download) : NULL;
    const char *what = phases[job->phase].doing;
    bool polls = job->phase == PHASE_POLL;
    double percent = polls ? job->progress : -1;
    int64_t elapsed = polls ? answer_age(job) : clock_now() - job->waiting_since;
    char text[128];

    if (job_stage(job) == STAGE_BUSY)
        what = "queued";
    if (!what)
        what = job->status[0] ? job->status : "waiting";
    if (state && state->size > 0)
        percent = 100.0 * (double)state->bytes / (double)state->size;
    if (percent > 0)
        snprintf(text, sizeof(text), "%s %.0f%%", what, percent);
    else
        av_strlcpy(text, what, sizeof(text));
    events_progress(job->events, text, elapsed, job_usual(job));
}

double job_usual(const Job *job)
{
    return job->phase == PHASE_POLL ? job->poll.schedule.usual : 0;
}

/* Being left before the end */

/* What is on its way when max_wait ends may take a little longer. */
static int64_t grace(const Job *job)
{
    switch (job->phase) {
    case PHASE_CREATE:
        return job->call ? CREATE_GRACE_US : 0;
    case PHASE_POLL:
        return job->poll.answered ? 0
                                  : GRACE_US; /* even with max_wait=0 it is asked once */
    case PHASE_FETCH:
        return GRACE_US;
    default:
        return 0;
    }
}

static bool must_stop(const Job *job)
{
    if (clock_now() < FFMAX(job_deadline(job), job->phase_began) + grace(job))
        return false;
    switch (job->phase) {
    case PHASE_LOOK:
        return job->said_waiting;
    case PHASE_READY: /* even with max_wait=0 it is asked once */
        return job->weather > 0;
    case PHASE_CREATE:
        return job->create.client_id[0];
    case PHASE_FIND: /* ends by its own rule */
    case PHASE_END:
        return false;
    default:
        return true;
    }
}

/* Why a job is left before its clip is here, and what becomes of it. */
static Phase leave(Job *job, Failure kind, int error, const char *why)
{
    const char *id = job->record ? job->record->id : NULL;
    RecordState state = job->record ? job->record->state : RECORD_NEW;
    const char *called = job->request->engine->called;
    const char *cause = job->cause[0] ? job->cause : "it is on its way";

    if (!job->record) /* not looked at yet */
        return job_fail(job, kind, error, "%s", why);
    if (job->phase == PHASE_POLL && job->fetch.refused)
        return job_fail(
            job, kind, error,
            "%s The clip of generation %s is ready at the %s and cannot be fetched "
            "(%s); the same command tries again and buys nothing.",
            why, id, called, cause);
    if (job->phase == PHASE_FETCH)
        return job_fail(
            job, kind, error,
            "%s The clip of generation %s is ready at the %s and not here yet (%s); "
            "the same command fetches it and buys nothing.",
            why, id, called, cause);
    if (state == RECORD_RUNNING || state == RECORD_READY)
        return job_fail(
            job, kind, error,
            "%s The generation %s goes on at the %s; the same command picks it up.", why,
            id, called);
    if (state == RECORD_SENT)
        return job_fail(
            job, kind, error,
            "%s The request was sent and not answered yet; the same command looks for its "
            "generation before it sends anything.",
            why);
    if (job->said_waiting && job->phase == PHASE_LOOK)
        return job_fail(job, kind, error,
                        "%s Another process is at the same request; nothing sent.", why);
    return job_fail(job, kind, error, "%s Nothing was bought%s%s%s.", why,
                    job->cause[0] ? " (" : "", job->cause, job->cause[0] ? ")" : "");
}

static Phase run_out(Job *job)
{
    char why[80];
    bool unsent = (job->phase == PHASE_CREATE || job->phase == PHASE_READY) &&
                  job->record->state != RECORD_SENT;

    snprintf(why, sizeof(why), "max_wait is over after %lld s.",
             (long long)((clock_now() - job->waiting_since) / SECOND_US));
    return leave(job, unsent ? FAILURE_GATEWAY : FAILURE_LATER, AVERROR(ETIMEDOUT), why);
}

void job_interrupt(Job *job)
{
    job->phase = leave(job, FAILURE_LATER, AVERROR(EINTR), "Interrupted.");
}

/* Driving */

bool job_step(Job *job, int in_flight)
{
    Phase before = job->phase;

    job->in_flight = in_flight;
    if (must_stop(job))
        job->phase = run_out(job);
    else if (job->call || job->fetch.download || clock_now() >= job->wake)
        job->phase = phases[job->phase].step(job);
    if (job->phase != before)
        job->phase_began = clock_now();
    if (job->phase == PHASE_END && job->out.error)
        events_note_failure(job->events, &job->out);
    return job->phase == PHASE_END;
}

int job_idle(const Job *job, int most)
{
    int64_t left = (job->wake - clock_now()) / 1000 + 1;
    return job_uses_http(job) ? most : (int)FFMAX(FFMIN(left, most), 0);
}

bool job_uses_http(const Job *job)
{
    return job->call || job->fetch.download;
}

void job_forgive(Job *job, int64_t us)
{
    job->waiting_since += us;
    job->phase_began += us;
}

void job_hurry(Job *job)
{
    job->wake = FFMIN(job->wake, FFMAX(clock_now(), job->create.not_before));
}
