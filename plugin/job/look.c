/* i2v: decide by the ledger what a job has to do
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/state.h"

#include <unistd.h>

#include <libavutil/mem.h>

bool job_can_reuse(const Record *record)
{
    switch (record->state) {
    case RECORD_READY:
        return record->id; /* to be asked for again by it */
    case RECORD_RUNNING:
    case RECORD_REFUSED:
        return true;
    default:
        return false;
    }
}

static int repeat_refusal(const Request *request, const Record *record, Events *events,
                          Outcome *out)
{
    return events_fail(
        events, out, FAILURE_MODERATED, AVERROR(EPERM),
        "This request was refused by moderation before: %s; nothing sent; %s tries "
        "again.",
        record_error(record), request_next_take(request));
}

int job_foresee(const Request *request, const Record *record, Events *events,
                Outcome *out)
{
    if (record->state == RECORD_REFUSED)
        return repeat_refusal(request, record, events, out);
    if (request->reuse_only && record->state != RECORD_SENT && !job_can_reuse(record))
        return job_say_nothing_to_reuse(events, out);
    return request->api_key ? 0 : job_miss_key(request, events, out);
}

static Phase go_on(Job *job, Phase phase)
{
    job->waiting_since = clock_now();
    if (job->record->id)
        events_set_id(job->events, job->record->id);
    return phase;
}

/* Why a clip that was here is fetched again. */
static void say_lost_clip(Job *job)
{
    char *clip = store_clip_path(job->store, job->request->key);

    if (clip && !access(clip, F_OK))
        events_say(job->events, AV_LOG_WARNING,
                   "The clip %s is damaged (it is not what was noted of it); it is "
                   "fetched again.",
                   clip);
    else
        events_say(job->events, AV_LOG_WARNING,
                   "The clip of generation %s is no longer in the store: fetching it "
                   "again.",
                   job->record->id);
    av_free(clip);
}

/* A generation that is paid for but not here. */
static Phase resume(Job *job)
{
    const Record *r = job->record;

    store_unlock(&job->lock);
    events_set_id(job->events, r->id);
    if (!job->request->api_key) {
        job_miss_key(job->request, job->events, &job->out);
        return PHASE_END;
    }
    if (r->state == RECORD_READY)
        say_lost_clip(job);
    else
        events_say(job->events, AV_LOG_INFO, "Picking up generation %s.", r->id);
    job_note(job, "picked_up", NULL, NULL, -1);
    job_check_account(job);
    return go_on(job, PHASE_POLL);
}

/* It was completed without a clip, and paid for: whether it has one meanwhile is asked
 * before another is bought. */
static Phase check_empty(Job *job)
{
    if (!job->request->api_key) {
        job_miss_key(job->request, job->events, &job->out);
        return PHASE_END;
    }
    store_unlock(&job->lock);
    events_say(job->events, AV_LOG_INFO,
               "The generation %s ended without a clip: asking for it once more.",
               job->record->id);
    job->poll.checking = true;
    return go_on(job, PHASE_POLL);
}

/* One that nothing is known of, or nothing that helps; or that was sent and not answered.
 */
static Phase begin(Job *job)
{
    const Record *r = job->record;
    bool sent = r->state == RECORD_SENT;
    Phase next;
    int ret;

    if (job->request->reuse_only && !sent) {
        job_say_nothing_to_reuse(job->events, &job->out);
        return PHASE_END;
    }
    if (!job->request->api_key) {
        if (find_unproved_clip(job, &next))
            return next;
        job_miss_key(job->request, job->events, &job->out);
        return PHASE_END;
    }
    /* Locked first and looked again after, or two would create. */
    if (job->lock < 0) {
        ret = job_lock(job);
        return ret < 0 ? PHASE_END : PHASE_LOOK;
    }
    if (r->state == RECORD_FAILED)
        events_say(job->events, AV_LOG_WARNING,
                   "The generation %s of this request failed before (%s); asking for a "
                   "new one.",
                   r->id ? r->id : "", record_error(r));
    if (!sent)
        return go_on(job, job->request->engine->ready ? PHASE_READY : PHASE_CREATE);
    job_check_account(job);
    events_say(job->events, AV_LOG_WARNING,
               "An earlier run sent this request and %s: looking for it in the %s's %s.",
               r->faulted ? "heard of a fault" : "did not hear the answer",
               job->request->engine->called, job->request->engine->listing);
    return go_on(job, r->faulted ? create_after_fault(job) : PHASE_FIND);
}

Phase look_step(Job *job)
{
    Phase next;

    record_free(&job->record);
    int ret = store_load(job->store, job->request->key, job->lock >= 0, &job->out,
                         &job->record);
    if (ret < 0)
        return job_give_up(job, FAILURE_STORE, ret);
    const Record *r = job->record;
    /* What is asked is known here, whatever is left of it in the ledger. */
    if (r->rebuilt && job->request->fields &&
        (ret = job_describe(job->request, job->record)) < 0)
        return job_give_up(job, FAILURE_STORE, ret);
    switch (r->state) {
    case RECORD_READY:
        if (store_has_clip(job->store, r)) {
            store_drop_part(job->store, r->key); /* a kill may have left its note */
            return job_succeed(job);
        }
        if (r->id)
            return resume(job);
        /* One that was taken in without a record: it was paid for. */
        ret = record_be_sent(job->record, NULL);
        return ret < 0 ? job_give_up(job, FAILURE_STORE, ret) : begin(job);
    case RECORD_RUNNING:
        /* A run may have been killed between the clip's rename and its note. */
        return fetch_adopt(job, true, &next) ? next : resume(job);
    case RECORD_REFUSED:
        repeat_refusal(job->request, r, job->events, &job->out);
        return PHASE_END;
    case RECORD_FAILED:
        if (store_noted_lately(job->store, r->key))
            return job_fail(job, FAILURE_GATEWAY, AVERROR_EXTERNAL,
                            "The generation %s failed: %s.", r->id ? r->id : "",
                            record_error(r));
        return r->empty && r->id && !job->poll.checked ? check_empty(job) : begin(job);
    case RECORD_NEW:
    case RECORD_SENT:
        if (r->state == RECORD_SENT && !r->rebuilt)
            break;
        /* The ledger may have lost what came of it. */
        return fetch_adopt(job, true, &next) ? next : begin(job);
    case RECORD_INTENT:
        break;
    }
    return begin(job);
}
