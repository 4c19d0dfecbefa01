/* i2v: ask the engine to end a generation
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/state.h"

#include <libavutil/mem.h>

#include "base/compat.h"

/* @return 0 and *answer, which is to be cleared; or a negative AVERROR */
static int ask(const Request *r, const char *id, const AVIOInterruptCB *interrupt,
               EngineAnswer *answer)
{
    const EngineAccess access = {r->origin, r->api_key, r->ca_file, r->allow_http};
    Http *http = http_alloc();
    EngineCall *call = NULL;
    int ret = http ? r->engine->cancel(&access, http, id, &call) : AVERROR(ENOMEM);

    while (ret >= 0 && !engine_answered(call, answer))
        ret = i2v_interrupted(interrupt) ? AVERROR(EINTR) : http_drive(http, 50);
    engine_end(&call);
    http_free(&http);
    return ret;
}

/* It ended without a clip, so that the same command makes another. */
static int note(const Store *store, Record *record, Outcome *out)
{
    record->state = RECORD_FAILED;
    record->ended = record_now();
    int ret = record_set(&record->error, "cancelled by i2vctl cancel");

    if (ret >= 0)
        ret = record_add_history(record, "cancelled", NULL);
    return ret < 0 ? ret : store_save(store, record, out);
}

static int judge(const Request *r, const Store *store, Record *record,
                 const EngineAnswer *answer, Events *events, Outcome *out)
{
    if (answer->verdict == ENGINE_JOB) {
        events_say(events, answer->runs_on ? AV_LOG_WARNING : AV_LOG_INFO,
                   answer->runs_on ? "The server has dropped the generation %s, and may "
                                     "make it to its end all the same."
                                   : "Cancelled the generation %s.",
                   record->id);
        return note(store, record, out);
    }
    bool key = job_kind_of(answer->error) == FAILURE_KEY;
    return events_fail(events, out, key ? FAILURE_KEY : FAILURE_GATEWAY, answer->error,
                       "The server at %s did not cancel the generation %s: %s (HTTP %d); "
                       "it stays in the ledger.",
                       r->origin, record->id, answer->text, answer->status);
}

/* The caller holds its lock. */
static int cancel(const Request *r, const Store *store, const AVIOInterruptCB *interrupt,
                  Events *events, Outcome *out)
{
    Record *record = NULL;
    /* GCC 10 misses the fields behind a literal that stands last. */
    EngineAnswer answer = {.job = ENGINE_NO_JOB, .status = 0};
    int ret = store_load(store, r->key, true, out, &record);

    if (ret >= 0 && record->state != RECORD_RUNNING)
        ret = events_fail(events, out, FAILURE_REQUEST, AVERROR(EINVAL),
                          "The request %.12s is %s: there is nothing to cancel.", r->key,
                          record_state_name(record->state));
    else if (ret >= 0 && !r->engine->cancel)
        ret = events_fail(
            events, out, FAILURE_REQUEST, AVERROR(ENOSYS),
            "The engine %s has no way to cancel: the generation %s goes on at %s.",
            r->engine->name, record->id, r->origin);
    else if (ret >= 0 && (ret = ask(r, record->id, interrupt, &answer)) == AVERROR(EINTR))
        ret = events_fail(events, out, FAILURE_LATER, ret,
                          "Interrupted. Whether the generation %s was cancelled is not "
                          "known.",
                          record->id);
    else if (ret >= 0)
        ret = judge(r, store, record, &answer, events, out);
    engine_job_clear(&answer.job);
    record_free(&record);
    return outcome_end(out, FAILURE_GATEWAY, ret);
}

int job_cancel(const Request *request, const Store *store,
               const AVIOInterruptCB *interrupt, Events *events, Outcome *out)
{
    int lock = store_lock(store, request->key);

    if (lock == AVERROR(EAGAIN))
        return events_fail(events, out, FAILURE_LATER, lock,
                           "Another process is at the request %.12s; it is not "
                           "cancelled.",
                           request->key);
    if (lock < 0)
        return events_fail(events, out, FAILURE_STORE, lock,
                           "Cannot lock the ledger: %s.", av_err2str(lock));
    int ret = cancel(request, store, interrupt, events, out);
    store_unlock(&lock);
    return ret;
}
