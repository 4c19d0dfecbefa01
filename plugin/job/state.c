/* i2v: what the phases of a job share
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/mem.h>
#include <libavutil/random_seed.h>

#include "base/clock.h"
#include "base/digest.h"
#include "request/scrub.h"

/* A lock that another holds is tried again this often. */
#define LOCK_US (100 * 1000LL)

/* Ending */

Phase job_fail(Job *job, Failure kind, int error, const char *format, ...)
{
    char sentence[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    events_fail(job->events, &job->out, kind, error, "%s", sentence);
    return PHASE_END;
}

Phase job_give_up(Job *job, Failure kind, int error)
{
    outcome_end(&job->out, kind, error);
    return PHASE_END;
}

Phase job_succeed(Job *job)
{
    job->out = (Outcome){.log = job->out.log};
    return PHASE_END;
}

int job_say_nothing_to_reuse(Events *events, Outcome *out)
{
    return events_fail(
        events, out, FAILURE_REQUEST, AVERROR(ENOENT),
        "reuse=only: the store has neither a clip nor a running generation of this "
        "request; nothing sent.");
}

int job_miss_key(const Request *request, Events *events, Outcome *out)
{
    return events_fail(
        events, out, FAILURE_KEY, AVERROR(ENOKEY),
        "There is no API key: set %s, name a file with the option "
        "api_key_file, or put the key into ~/.config/i2v/key; nothing sent.",
        request->engine->key_variables[0]);
}

Failure job_kind_of(int error)
{
    switch (error) {
    case AVERROR(EPERM):
        return FAILURE_MODERATED;
    case AVERROR(ENOKEY):
    case AVERROR_HTTP_UNAUTHORIZED:
    case AVERROR_HTTP_FORBIDDEN:
        return FAILURE_KEY;
    case AVERROR_HTTP_BAD_REQUEST:
    case AVERROR_HTTP_NOT_FOUND:
    case AVERROR_HTTP_OTHER_4XX:
        return FAILURE_REQUEST;
    default:
        return FAILURE_GATEWAY;
    }
}

/* Waiting */

int64_t job_deadline(const Job *job)
{
    return job->waiting_since + job->patience;
}

Phase job_sleep(Job *job, Phase phase, int64_t us)
{
    int64_t now = clock_now(), end = job_deadline(job);
    /* Once more at the very end; in the grace behind it as slowly as before. */
    job->wake = now < end ? FFMIN(now + us, end) : now + us;
    return phase;
}

int64_t job_backoff(int n, int most, int64_t retry_after)
{
    int64_t us = FFMIN(1LL << FFMIN(n - 1, 10), most) * SECOND_US;
    us -= us / 4 * (av_get_random_seed() % 1024) / 1024;
    return FFMAX(us, FFMIN(retry_after, MAX_RETRY_AFTER) * SECOND_US);
}

void job_note(Job *job, const char *name, const char *status, const char *message,
              int retryable)
{
    const Record *r = job->record;
    Event event = {
        .name = name,
        .client_id = job->create.client_id[0] ? job->create.client_id
                     : r                      ? r->client_ids
                                              : NULL,
        .status = status,
        .message = message,
        .usd = r ? r->usd : -1,
        .retryable = retryable,
    };
    events_note(job->events, &event);
}

/* The ledger */

int job_lock(Job *job)
{
    const char *id = job->record->id;

    if (job->lock >= 0)
        return 1;
    job->lock = store_lock(job->store, job->request->key);
    if (job->lock >= 0)
        return 1;
    if (job->lock != AVERROR(EAGAIN) && id)
        return events_fail(job->events, &job->out, FAILURE_STORE, job->lock,
                           "Cannot lock the ledger in %s: %s; the generation goes on at "
                           "the %s as %s, and the same command picks it up there.",
                           job->request->store, av_err2str(job->lock),
                           job->request->engine->called, id);
    if (job->lock != AVERROR(EAGAIN))
        return events_fail(job->events, &job->out, FAILURE_STORE, job->lock,
                           "Cannot lock the ledger in %s: %s; nothing sent; the store "
                           "must be a directory of yours on a file system with locks "
                           "(I2V_STORE).",
                           job->request->store, av_err2str(job->lock));
    if (!job->said_waiting)
        events_say(job->events, AV_LOG_INFO,
                   "Another process is at the same request; waiting.");
    job->said_waiting = true;
    job_sleep(job, job->phase, LOCK_US);
    return 0;
}

int job_refresh(Job *job)
{
    Record *now = NULL;
    const char *ours = job->record->id;
    int ret = store_load(job->store, job->request->key, true, &job->out, &now);

    if (ret < 0)
        return ret;
    if (ours && now->id && !strcmp(ours, now->id)) {
        /* What was rebuilt knows less than ours, unless others have gone on. */
        if (!now->rebuilt || now->state != job->record->state)
            FFSWAP(Record *, job->record, now);
        ret = 1;
    } else {
        /* Whoever removed or damaged the record has not bought another. */
        ret = now->state == RECORD_NEW || (now->rebuilt && !now->id);
    }
    record_free(&now);
    return ret;
}

int job_record(Job *job, RecordState state, const char *what, const char *status)
{
    int ret = record_add_history(job->record, what, status);

    job->record->state = state;
    if (ret >= 0)
        ret = store_save(job->store, job->record, &job->out);
    return ret < 0 ? outcome_end(&job->out, FAILURE_STORE, ret) : 0;
}

int job_describe(const Request *r, Record *record)
{
    int ret;

    cJSON_Delete(record->request);
    if (!(record->request = scrub_fields(r->fields)))
        return AVERROR(ENOMEM);
    if ((ret = record_set(&record->engine,
                          r->engine == engine_default() ? NULL : r->engine->name)) < 0 ||
        (ret = record_set(&record->origin, r->origin)) < 0 ||
        (ret = record_set(&record->model, r->model_name)) < 0 ||
        (ret = record_set(&record->prompt, r->prompt)) < 0 ||
        (ret = record_set(&record->project, r->project)) < 0 ||
        (ret = record_set(&record->image, r->image_name)) < 0)
        return ret;
    cJSON_Delete(record->options);
    record->options = cJSON_Duplicate(r->options, 1);
    if (r->options && !record->options)
        return AVERROR(ENOMEM);
    av_strlcpy(record->first, r->first, sizeof(record->first));
    av_strlcpy(record->image_hash, r->image_hash, sizeof(record->image_hash));
    av_strlcpy(record->end_image_hash, r->end_image_hash, sizeof(record->end_image_hash));
    record->duration = r->duration;
    record->width = r->width;
    record->height = r->height;
    record->rate = r->rate;
    record->mute = r->mute;
    record->take = r->take;
    return 0;
}

/* Whose generation it is */

/* A short digest that tells accounts apart and gives no key away. */
static int account_of(const char *api_key, char text[17])
{
    uint8_t digest[DIGEST_SIZE];
    int ret = digest_keyed(api_key, "i2v account", digest);

    if (ret >= 0)
        digest_hex(digest, 8, text);
    return ret;
}

int job_set_account(Job *job)
{
    return account_of(job->request->api_key, job->record->account);
}

void job_check_account(Job *job)
{
    char account[17];
    const char *owner = job->record->account;

    job->foreign = *owner && account_of(job->request->api_key, account) >= 0 &&
                   strcmp(owner, account);
    if (job->foreign)
        events_say(
            job->events, AV_LOG_WARNING,
            "The generation of this request belongs to another API key's account; the "
            "%s may not show it to this one.",
            job->request->engine->called);
}

bool job_try_key_again(Job *job)
{
    if (job->key_again ||
        request_read_key_again(job->request, &job->out, &job->key_again) < 0 ||
        !strcmp(job->key_again, job->access.api_key))
        return false;
    job->access.api_key = job->key_again;
    events_say(job->events, AV_LOG_WARNING,
               "The %s refused the API key, and its file holds another one now: trying "
               "that.",
               job->request->engine->called);
    job_note(job, "key", NULL, "the key file was read again", 1);
    return true;
}
