/* i2v: send a create call once
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/state.h"

#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/mem.h>

#include "job/create_body.h"

/* Calls that did not go out, before the engine counts as not to be reached. */
#define MAX_UNSENT 4

/* After such a fault the usage log is watched this long before another try. */
#define FAULT_LOOK_US (30 * SECOND_US)

/* Intent */

/* A new generation of the same request starts with a clean page; its history stays. What
 * an earlier run sent is known by now not to have been accepted, or this one would not
 * create. */
static int begin_record(Job *job)
{
    const EngineBody *body = &job->create.body;
    Record *r = job->record;
    int ret;

    /* Within a run every try's client request id is kept, and the time of the first;
     * after a fault those of the runs before, too. */
    if (job->create.client_id[0] || r->faulted)
        return record_add_try(job->record, job->create.client_id);
    /* Another generation's clip, or the beginning of it, must not become this one's. */
    if ((ret = store_clear_clip(job->store, r->key, &job->out)) < 0)
        return ret;
    record_forget_generation(r);
    if ((ret = job_set_account(job)) < 0 || (ret = job_describe(job->request, r)) < 0 ||
        (ret = body_digest(body->parts, body->count, r->request_hash)) < 0)
        return ret;
    r->request_size = (int64_t)body_size(body->parts, body->count);
    r->price = job->price;
    r->created = record_now();
    return record_add_try(job->record, job->create.client_id);
}

/* The last step before money can be spent, on disk before the last byte leaves. */
static int on_last_byte(void *opaque)
{
    Job *job = opaque;
    int64_t there = engine_time(job->request->origin);

    job->record->sent_at = record_now();
    job->record->gateway_time = there > 0 ? (double)there : 0;
    job->record->faulted = false;
    int ret = job_record(job, RECORD_SENT, "sent", NULL);
    if (ret >= 0)
        job_note(job, "sent", NULL, NULL, -1);
    return ret;
}

static Phase start(Job *job)
{
    int ret;

    if (job->request->reuse_only) {
        job_say_nothing_to_reuse(job->events, &job->out);
        return PHASE_END;
    }
    if (!job->may_create)
        return job_fail(
            job, FAILURE_LATER, AVERROR(EAGAIN), "%s",
            job->refusal ? job->refusal
                         : "Another process ended this request's generation meanwhile; "
                           "nothing sent; the same command starts over.");
    if (!job->create.body.count && (ret = body_make(job->request, job->still, job->end,
                                                    &job->out, &job->create.body)) < 0)
        return job_give_up(job, FAILURE_REQUEST, ret);
    if ((ret = begin_record(job)) < 0 ||
        (ret = job_record(job, RECORD_INTENT, "intent", NULL)) < 0)
        return job_give_up(job, FAILURE_STORE, ret);
    job_note(job, "intent", NULL, NULL, -1);
    ret = job->request->engine->create(&job->access, job->http, &job->create.body,
                                       job->create.client_id, on_last_byte, job,
                                       &job->call);
    return ret < 0 ? job_give_up(job, FAILURE_GATEWAY, ret) : PHASE_CREATE;
}

/* Answers */

/* Not all of it has arrived, so nothing can have been accepted. */
static Phase take_unsent(Job *job, const EngineAnswer *answer)
{
    if (answer->stopped) /* the ledger could not be written, which was said */
        return job_give_up(job, FAILURE_STORE, answer->error);
    if (!answer->permanent && ++job->create.unsent < MAX_UNSENT)
        return answer_create_again(job, answer->text,
                                   job_backoff(job->create.unsent, 8, -1));
    return job_fail(job, FAILURE_GATEWAY, answer->error,
                    "Cannot reach the %s at %s: %s; nothing was bought.",
                    job->request->engine->called, job->request->origin, answer->text);
}

/* Too many at once: nothing was taken. */
static Phase take_busy(Job *job, const EngineAnswer *answer)
{
    int64_t now = clock_now();

    /* Without another try: that is max_wait's end, and no refusal. */
    if (now >= job_deadline(job)) {
        av_strlcpy(job->cause, answer->text, sizeof(job->cause));
        return job_record(job, RECORD_INTENT, "try again", NULL) < 0 ? PHASE_END
                                                                     : PHASE_CREATE;
    }
    job->create.not_before =
        now + FFMIN(answer->retry_after, MAX_RETRY_AFTER) * SECOND_US;
    return answer_create_again(job, answer->text,
                               job_backoff(++job->weather, 60, answer->retry_after));
}

/* For so long, and not beyond max_wait. */
static Phase look_for(Job *job, int64_t us)
{
    int64_t now = clock_now();
    int64_t left = FFMAX(job_deadline(job) - now, 0);

    job->find.offset = 0;
    job->find.after[0] = '\0';
    job->find.asking = false;
    job->find.enough = us <= left;
    us = FFMIN(us, find_watch(job));
    job->find.until = now + FFMIN(us, left);
    job->wake = now + SECOND_US; /* a row needs a moment to appear */
    return PHASE_FIND;
}

Phase create_after_fault(Job *job)
{
    job->create.faults = 1;
    return look_for(job, FAULT_LOOK_US);
}

static Phase look_for_lost(Job *job, int64_t us, const char *why)
{
    bool fault = us == FAULT_LOOK_US;

    events_say(job->events, AV_LOG_ERROR,
               "%s (%s): looking for the generation in its %s%s; nothing "
               "is sent again %s.",
               fault ? "The service failed at the create call"
                     : "The answer to the create call was lost",
               why, job->request->engine->listing, fault ? " for half a minute" : "",
               fault ? "meanwhile" : "before it is known whether there is one");
    job_note(job, "lost", NULL, why, 1);
    return look_for(job, us);
}

static Phase take_answer(Job *job, EngineAnswer *answer)
{
    job->create.busy = answer->verdict == ENGINE_BUSY;
    switch (answer->verdict) {
    case ENGINE_JOB:
        return answer_accept(job, answer, record_now());
    case ENGINE_REFUSED:
        return answer_refuse(job, answer);
    case ENGINE_BUSY:
        return take_busy(job, answer);
    case ENGINE_UNSENT:
        return take_unsent(job, answer);
    case ENGINE_FAULT:
        job->create.faults++;
        FFSWAP(char *, job->create.suspect, answer->job.id);
        job->record->faulted = true;
        if (job_record(job, RECORD_SENT, "fault", NULL) < 0)
            return PHASE_END;
        return look_for_lost(job, FAULT_LOOK_US, answer->text);
    case ENGINE_LOST:
        break;
    }
    job->create.faults = 0;
    return look_for_lost(job, INT64_MAX, answer->text);
}

Phase create_step(Job *job)
{
    EngineAnswer answer;

    if (!job->call)
        return start(job);
    if (!engine_answered(job->call, &answer))
        return PHASE_CREATE;
    engine_end(&job->call);
    Phase next = take_answer(job, &answer);
    engine_job_clear(&answer.job);
    return next;
}
