/* i2v: what an engine's answer does to a job and its record
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/state.h"

#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/mem.h>
#include <libavutil/random_seed.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/url.h"
#include "store/durations.h"

/* A poll that follows the one before so late tells little of when the clip came to be. */
#define NOTEWORTHY_S 15

/* What is completed without a clip is asked for so long, and so often. */
#define EMPTY_US      (60 * SECOND_US)
#define EMPTY_POLL_US (2 * SECOND_US)

/* The record */

void answer_take_usage(Job *job, const EngineUsage *said)
{
    EngineUsage *usage = &job->usage;

    usage->usd = said->usd >= 0 ? said->usd : usage->usd;
    usage->credits = said->credits >= 0 ? said->credits : usage->credits;
    usage->tokens = said->tokens >= 0 ? said->tokens : usage->tokens;
}

static void fill_number(double *member, double value)
{
    if (value >= 0)
        *member = value;
}

int answer_fill(Job *job)
{
    Record *r = job->record;
    char *url = NULL;

    fill_number(&r->usd, job->usage.usd);
    fill_number(&r->credits, job->usage.credits);
    fill_number(&r->tokens, job->usage.tokens);
    int ret = job->fetch.url ? url_bare(job->fetch.url, &url) : 0;
    if (ret >= 0 && url)
        ret = record_set(&r->url, url);
    av_free(url);
    return ret == AVERROR(ENOMEM) ? ret : 0; /* a URL that is none is not noted */
}

/* Accepted or not */

Phase answer_accept(Job *job, const EngineAnswer *answer, double when)
{
    const EngineJob *state = &answer->job;
    Record *r = job->record;
    int ret;

    answer_take_usage(job, &state->usage);
    if ((ret = answer_fill(job)) < 0 || (ret = record_set(&r->id, state->id)) < 0)
        return job_give_up(job, FAILURE_STORE, ret);
    r->accepted = when;
    if (state->status[0])
        av_strlcpy(r->status, state->status, sizeof(r->status));
    events_set_id(job->events, state->id);
    if ((ret = job_record(job, RECORD_RUNNING, "accepted",
                          state->status[0] ? state->status : NULL)) < 0)
        return PHASE_END;
    store_unlock(&job->lock);
    engine_body_clear(&job->create.body);
    events_say(job->events, AV_LOG_INFO, "Accepted as generation %s.", state->id);
    job_note(job, "accepted", state->status, NULL, -1);
    job->waiting_since = clock_now();
    return answer_take_state(job, answer);
}

Phase answer_refuse(Job *job, const EngineAnswer *answer)
{
    Record *r = job->record;

    job_note(job, "refused", NULL, answer->text, 0);
    if (answer->moderated)
        job_fail(job, job_kind_of(answer->error), answer->error,
                 "The %s's moderation refused the request: %s (HTTP %d); it is not "
                 "tried again; %s asks anew.",
                 job->request->engine->called, answer->text, answer->status,
                 request_next_take(job->request));
    else
        job_fail(job, job_kind_of(answer->error), answer->error,
                 "The %s refused the request: %s (HTTP %d).",
                 job->request->engine->called, answer->text, answer->status);
    /* If this cannot be written, a later run looks for it in vain. */
    Outcome refused = job->out;
    record_set(&r->error, answer->text);
    r->ended = record_now();
    job_record(job, answer->moderated ? RECORD_REFUSED : RECORD_INTENT, "refused", NULL);
    job->out = refused;
    return PHASE_END;
}

Phase answer_create_again(Job *job, const char *why, int64_t us)
{
    if (job_record(job, RECORD_INTENT, "try again", NULL) < 0)
        return PHASE_END;
    if (us)
        events_say(job->events, AV_LOG_WARNING,
                   "The %s did not take the request (%s); trying again in %.0f s.",
                   job->request->engine->called, why, (double)us / SECOND_US);
    else
        events_say(job->events, AV_LOG_WARNING, "%s; sending it anew.", why);
    job_note(job, "retry", NULL, why, 1);
    av_strlcpy(job->cause, why, sizeof(job->cause));
    return job_sleep(job, PHASE_CREATE, us);
}

Phase answer_create_after_all(Job *job)
{
    job->poll.checking = false;
    job->poll.checked = true;
    return job_sleep(job, PHASE_LOOK, 0);
}

/* Under way */

/* Whether a status is heard for the first time: some services go from one to another and
 * back. */
static bool is_new(Job *job, const char *status)
{
    if (text_is_among(status, job->statuses))
        return false;
    av_strlcatf(job->statuses, sizeof(job->statuses), "%s|", status);
    return true;
}

static void say_status(Job *job, const EngineJob *state)
{
    long long after = (long long)((clock_now() - job->waiting_since) / SECOND_US);

    av_strlcpy(job->status, state->status, sizeof(job->status));
    if (!is_new(job, state->status))
        events_say(job->events, AV_LOG_VERBOSE, "Status: %s (after %lld s).",
                   state->status, after);
    else if (state->status_known)
        events_say(job->events, AV_LOG_INFO, "Status: %s (after %lld s).", state->status,
                   after);
    else
        events_say(job->events, AV_LOG_WARNING,
                   "Status: %s (after %lld s), which i2v does not know; waiting on.",
                   state->status, after);
    job_note(job, "status", state->status, NULL, -1);
}

/* Put a new status on disk, so that the ledger tells what a killed run has heard. When
 * another process has the lock it hears the same. */
static void keep_status(Job *job)
{
    int lock = store_lock(job->store, job->request->key);

    if (lock < 0)
        return;
    if (job_refresh(job) > 0 && job->record->state == RECORD_RUNNING &&
        strcmp(job->record->status, job->status) && answer_fill(job) >= 0) {
        av_strlcpy(job->record->status, job->status, sizeof(job->record->status));
        job_record(job, RECORD_RUNNING, "status", job->status);
    }
    store_unlock(&lock);
}

/* The clip was here and is lost, and the engine no longer has it. It was paid for once,
 * and is not bought again unasked. */
static Phase end_gone(Job *job, const EngineJob *state)
{
    if (store_has_clip(job->store, job->record))
        return job_succeed(job);
    return job_fail(job, FAILURE_GATEWAY, AVERROR_EXTERNAL,
                    "The clip of generation %s is no longer in the store, and the %s "
                    "no longer has it: %s; %s buys a new one.",
                    job->record->id, job->request->engine->called, state->error,
                    request_next_take(job->request));
}

static Phase end_failed(Job *job, const EngineJob *state)
{
    RecordState end = state->moderated ? RECORD_REFUSED : RECORD_FAILED;
    int ret = job_lock(job);
    Phase next;

    if (ret < 0)
        return PHASE_END;
    if (!ret) /* nothing is written without; the next poll says it again */
        return job_sleep(job, PHASE_POLL, FFMAX(job->request->poll_interval, SECOND_US));
    int current = job_refresh(job);
    Record *r = job->record;
    if (current > 0 && r->state == RECORD_READY)
        return end_gone(job, state);
    /* The service may have lost what was paid for, and is here. */
    if (current > 0 && !r->clip_hash[0] && fetch_adopt(job, false, &next))
        return next;
    if (current > 0) {
        av_strlcpy(r->status, job->status, sizeof(r->status));
        r->ended = record_now();
        r->empty = state->state == JOB_EMPTY;
        if ((ret = answer_fill(job)) < 0 ||
            (ret = record_set(&r->error, state->error)) < 0)
            return job_give_up(job, FAILURE_STORE, ret);
        if (job_record(job, end, record_state_name(end), job->status) < 0)
            return PHASE_END;
    }
    job_note(job, record_state_name(end), job->status, state->error, 0);
    if (state->moderated)
        return job_fail(
            job, FAILURE_MODERATED, AVERROR(EPERM),
            "Moderation refused the generation %s: %s; it is not tried again; "
            "%s asks anew.",
            r->id, state->error, request_next_take(job->request));
    return job_fail(job, FAILURE_GATEWAY, AVERROR_EXTERNAL,
                    "The generation %s failed: %s.", r->id, state->error);
}

/* Note how long it took, as far as this run has watched it. */
static void note_duration(Job *job)
{
    const Request *r = job->request;
    double now = record_now(), since = now - job->poll.last_pending;
    double age = job->record->accepted > 0 ? now - job->record->accepted : 0;

    if (since >= 0 && since <= NOTEWORTHY_S && age > since)
        durations_note(job->store, r->model_name, r->duration, age - since / 2,
                       job->out.log);
    job->poll.last_pending = 0;
}

int64_t answer_age(const Job *job)
{
    int64_t here = clock_now() - job->waiting_since;
    double now = record_now();
    double accepted = job->record->accepted > 0 ? job->record->accepted : now;

    return (int64_t)(av_clipd(now - accepted, (double)here / 1e6, DAY_SECONDS) * 1e6);
}

static int64_t next_poll(const Job *job, const EngineAnswer *answer)
{
    int64_t us = schedule_interval(&job->poll.schedule, answer_age(job), job->in_flight,
                                   av_get_random_seed() / (double)UINT32_MAX);

    if (job->request->poll_interval)
        us = job->request->poll_interval;
    return FFMAX(us, FFMIN(answer->retry_after, MAX_RETRY_AFTER) * SECOND_US);
}

/* Completed, and no clip is named: one may be a moment later. */
static Phase take_empty(Job *job, const EngineJob *state)
{
    int64_t now = clock_now();

    if (job->poll.checking)
        return answer_create_after_all(job);
    if (!job->poll.empty_since) {
        job->poll.empty_since = now;
        events_say(
            job->events, AV_LOG_WARNING,
            "The generation %s is completed, and no clip is named (%s); asking on.",
            job->record->id, state->error);
    }
    if (now - job->poll.empty_since >= EMPTY_US)
        return end_failed(job, state);
    return job_sleep(job, PHASE_POLL, FFMAX(job->wake - now, EMPTY_POLL_US));
}

Phase answer_take_state(Job *job, const EngineAnswer *answer)
{
    const EngineJob *state = &answer->job;

    job_sleep(job, PHASE_POLL, next_poll(job, answer));
    answer_take_usage(job, &state->usage);
    job->progress = state->progress;
    if (state->status[0] && strcmp(state->status, job->status)) {
        say_status(job, state);
        keep_status(job);
    }
    switch (state->state) {
    case JOB_PENDING:
        job->poll.empty_since = 0;
        job->poll.last_pending = record_now();
        return PHASE_POLL;
    case JOB_FAILED:
        return job->poll.checking ? answer_create_after_all(job) : end_failed(job, state);
    case JOB_EMPTY:
        return take_empty(job, state);
    case JOB_COMPLETED:
        break;
    }
    job->poll.checking = false;
    av_free(job->fetch.url);
    job->fetch.moved = false;
    if (!(job->fetch.url = av_strdup(state->url)))
        return job_give_up(job, FAILURE_LATER, AVERROR(ENOMEM));
    note_duration(job);
    return job_sleep(job, PHASE_FETCH, 0);
}
