/* i2v: create a generation once
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <libavutil/random_seed.h>
#include <libavutil/time.h>

#include "base/digest.h"
#include "store/account.h"

#define SECOND_US (1000000LL)

/* Create calls that did not go out, before the gateway counts as not to be reached. */
#define MAX_UNSENT 4

/* After such a fault the usage log is watched this long before another try. */
#define FAULT_LOOK_US (30 * SECOND_US)

/* Intent */

static int add_client_id(Generation *g)
{
    const char *earlier = record_text(g->record, RECORD_CLIENT_IDS);
    snprintf(g->client_id, sizeof(g->client_id), "i2v-%08x%08x%08x%08x",
             av_get_random_seed(), av_get_random_seed(), av_get_random_seed(),
             av_get_random_seed());
    char *all =
        av_asprintf("%s%s%s", earlier ? earlier : "", earlier ? " " : "", g->client_id);
    int ret = all ? record_set_text(g->record, RECORD_CLIENT_IDS, all) : AVERROR(ENOMEM);
    av_free(all);
    return ret;
}

int generation_describe(Generation *g)
{
    const Request *r = g->request;
    cJSON *fields = provenance_request(r->fields);
    int ret =
        fields ? record_set_json(g->record, RECORD_REQUEST, fields) : AVERROR(ENOMEM);

    if (ret < 0 ||
        (ret = record_set_text(g->record, RECORD_IMAGE_HASH,
                               r->image_hash[0] ? r->image_hash : NULL)) < 0 ||
        (ret = record_set_text(g->record, RECORD_END_HASH,
                               r->end_image_hash[0] ? r->end_image_hash : NULL)) < 0 ||
        (ret = record_set_text(g->record, RECORD_ORIGIN, r->origin)) < 0 ||
        (ret = record_set_text(g->record, RECORD_MODEL, r->model_name)) < 0 ||
        (ret = record_set_text(g->record, RECORD_PROMPT, r->prompt)) < 0 ||
        (ret = record_set_number(g->record, RECORD_DURATION, r->duration)) < 0 ||
        (ret = record_set_number(g->record, RECORD_WIDTH, r->width)) < 0 ||
        (ret = record_set_number(g->record, RECORD_HEIGHT, r->height)) < 0 ||
        (ret = record_set_number(g->record, RECORD_RATE, r->rate)) < 0 ||
        (ret = record_set_number(g->record, RECORD_MUTE, r->mute)) < 0 ||
        (ret = record_set_number(g->record, RECORD_TAKE, r->take)) < 0)
        return ret;
    return record_set_text(g->record, RECORD_PROJECT, r->project);
}

/* And what is sent of it now. */
static int describe_body(Generation *g, const EngineBody *body)
{
    size_t size = body_size(body->parts, body->count);
    char digest[DIGEST_TEXT_SIZE];
    int ret = body_digest(body->parts, body->count, digest);

    if (ret < 0 || (ret = record_set_text(g->record, RECORD_REQUEST_HASH, digest)) < 0 ||
        (ret = record_set_number(g->record, RECORD_REQUEST_SIZE, (double)size)) < 0 ||
        (g->plan->price >= 0 &&
         (ret = record_set_number(g->record, RECORD_PRICE, g->plan->price)) < 0))
        return ret;
    return record_set_number(g->record, RECORD_CREATED, record_now());
}

/* A new generation of the same request starts with a clean page; its history stays. What
 * an earlier run sent is known by now not to have been accepted, or this one would not
 * create. */
static int begin_record(Generation *g, const EngineBody *body)
{
    static const char *const stale[] = {
        RECORD_ID,         RECORD_STATUS,    RECORD_ERROR,     RECORD_ENDED,
        RECORD_USD,        RECORD_SENT_AT,   RECORD_ACCEPTED,  RECORD_CLIP_SIZE,
        RECORD_CLIP_TEXT,  RECORD_CLIP_TIME, RECORD_CLIP_HASH, RECORD_CLIENT_IDS,
        RECORD_CREDITS,    RECORD_TOKENS,    RECORD_URL,       RECORD_PRICE,
        RECORD_CLIP_FACTS,
    };
    const Request *r = g->request;
    int ret = 0;

    /* Within a run every try's client request id is kept, and the time of the first. */
    if (g->client_id[0])
        return add_client_id(g);
    /* Another generation's clip, or the beginning of it, must not become this one's. */
    if ((ret = store_clear_clip(g->plan->store, r->key, g->out)) < 0)
        return ret;
    generation_set_account(g);
    for (size_t i = 0; i < FF_ARRAY_ELEMS(stale); i++)
        record_set_text(g->record, stale[i], NULL);
    if ((ret = generation_describe(g)) < 0 || (ret = describe_body(g, body)) < 0)
        return ret;
    return add_client_id(g);
}

/* The last step before money can be spent, on disk before the last byte leaves. */
static int on_last_byte(void *opaque)
{
    Generation *g = opaque;
    record_set_state(g->record, RECORD_SENT);
    record_set_number(g->record, RECORD_SENT_AT, record_now());
    int ret = record_add_history(g->record, "sent", NULL);
    if (ret >= 0)
        ret = store_save(g->plan->store, g->record, g->out);
    if (ret >= 0)
        generation_note(g, "sent", NULL, NULL, -1);
    return ret;
}

static void start_create(Generation *g)
{
    const EngineBody *body;
    int ret;

    if (g->request->reuse_only) {
        generation_refuse_to_spend(g);
        return;
    }
    if (!g->plan->may_create) {
        events_say(g->events, AV_LOG_ERROR, "%s\n",
                   g->plan->refusal
                       ? g->plan->refusal
                       : "Another process ended this request's generation meanwhile; "
                         "nothing sent; the same command starts over.");
        generation_fail(g, AVERROR(EAGAIN), FAILURE_LATER);
        return;
    }
    if ((ret = g->plan->body(g->plan->opaque, &body)) < 0) {
        generation_fail(g, ret, FAILURE_REQUEST);
        return;
    }
    if ((ret = begin_record(g, body)) < 0) {
        generation_fail(g, ret, FAILURE_STORE);
        return;
    }
    if (generation_record(g, RECORD_INTENT, "intent", NULL) < 0)
        return;
    generation_note(g, "intent", NULL, NULL, -1);
    ret = g->request->engine->create(&g->gateway, g->http, body, g->client_id,
                                     on_last_byte, g, &g->call);
    if (ret < 0)
        generation_fail(g, ret, FAILURE_GATEWAY);
}

/* Answers */

void generation_accept(Generation *g, const EngineAnswer *answer)
{
    const EngineJob *job = &answer->job;
    char price[32] = "";

    if (job->usage.usd >= 0)
        snprintf(price, sizeof(price), ", $%.4g", job->usage.usd);
    generation_take_usage(g, &job->usage);
    generation_fill(g);
    if (record_set_text(g->record, RECORD_ID, job->id) < 0) {
        generation_fail(g, AVERROR(ENOMEM), FAILURE_STORE);
        return;
    }
    /* What is found late was accepted when it was sent. */
    double accepted = record_now();
    if (g->phase == PHASE_FIND)
        accepted = record_number(g->record, RECORD_SENT_AT, accepted);
    record_set_number(g->record, RECORD_ACCEPTED, accepted);
    if (job->status[0])
        record_set_text(g->record, RECORD_STATUS, job->status);
    events_set_id(g->events, job->id);
    if (generation_record(g, RECORD_RUNNING, "accepted",
                          job->status[0] ? job->status : NULL) < 0)
        return;
    store_unlock(&g->lock);
    g->plan->drop_body(g->plan->opaque);
    g->plan->accepted(g->plan->opaque);
    events_say(g->events, AV_LOG_INFO, "Accepted as generation %s%s.\n", job->id, price);
    generation_note(g, "accepted", job->status, NULL, -1);
    g->waiting_since = av_gettime_relative();
    g->phase = PHASE_POLL;
    generation_sleep(g, generation_next_poll(g, answer));
    generation_take_job(g, job);
    if (g->plan->submit && (g->phase == PHASE_POLL || g->phase == PHASE_DOWNLOAD))
        g->phase = PHASE_END;
}

/* Nothing was accepted: a later run may create without looking. */
void generation_end_refused(Generation *g, const EngineAnswer *answer)
{
    generation_note(g, "refused", NULL, answer->text, 0);
    if (answer->moderated)
        events_say(
            g->events, AV_LOG_ERROR,
            "The gateway's moderation refused the request: %s (HTTP %d); it is not tried "
            "again; -take %d asks anew.\n",
            answer->text, answer->status, g->request->take + 1);
    else
        events_say(g->events, AV_LOG_ERROR,
                   "The gateway refused the request: %s (HTTP %d).\n", answer->text,
                   answer->status);
    record_set_text(g->record, RECORD_ERROR, answer->text);
    record_set_number(g->record, RECORD_ENDED, record_now());
    generation_record(g, answer->moderated ? RECORD_REFUSED : RECORD_INTENT, "refused",
                      NULL);
    generation_fail(g, answer->error, generation_failure_of(answer->error));
}

static void end_unsent(Generation *g, const EngineAnswer *answer)
{
    if (answer->stopped) { /* the ledger could not be written, which was said */
        generation_fail(g, answer->error, FAILURE_STORE);
        return;
    }
    events_say(g->events, AV_LOG_ERROR,
               "Cannot reach the gateway at %s: %s; nothing was bought.\n",
               g->request->origin, answer->text);
    generation_fail(g, answer->error, FAILURE_GATEWAY);
}

void generation_create_again(Generation *g, const char *why, int64_t us)
{
    if (generation_record(g, RECORD_INTENT, "try again", NULL) < 0)
        return;
    if (us)
        events_say(g->events, AV_LOG_WARNING,
                   "The gateway did not take the request (%s); trying again in %.0f s.\n",
                   why, (double)us / SECOND_US);
    else
        events_say(g->events, AV_LOG_WARNING, "%s; sending it anew.\n", why);
    generation_note(g, "retry", NULL, why, 1);
    av_strlcpy(g->cause, why, sizeof(g->cause));
    g->phase = PHASE_CREATE;
    generation_sleep(g, us);
}

/* For so long, and not beyond max_wait. */
static void look_for(Generation *g, int64_t us, const char *why)
{
    int64_t now = av_gettime_relative();
    int64_t left = FFMAX(g->waiting_since + g->request->max_wait - now, 0);

    events_say(
        g->events, AV_LOG_WARNING,
        "The answer to the create call was lost (%s): looking for the generation in the "
        "gateway's usage log.\n",
        why);
    generation_note(g, "lost", NULL, why, 1);
    g->phase = PHASE_FIND;
    g->find_offset = 0;
    g->asking_suspect = false;
    g->find_until = now + FFMIN(us, left);
    g->find_enough = us <= left;
    g->wake = now + SECOND_US; /* a row needs a moment to appear */
}

/* Too many at once: nothing was taken. */
static void ask_later(Generation *g, const EngineAnswer *answer)
{
    g->not_before =
        av_gettime_relative() + FFMIN(answer->retry_after, MAX_RETRY_AFTER) * SECOND_US;
    generation_create_again(g, answer->text,
                            generation_backoff(++g->weather, 60, answer->retry_after));
}

static void take_create(Generation *g, const EngineAnswer *answer)
{
    g->busy = answer->verdict == ENGINE_BUSY;
    switch (answer->verdict) {
    case ENGINE_JOB:
        generation_accept(g, answer);
        break;
    case ENGINE_REFUSED:
        generation_end_refused(g, answer);
        break;
    case ENGINE_BUSY:
        if (generation_is_over(g))
            generation_end_refused(g, answer);
        else
            ask_later(g, answer);
        break;
    case ENGINE_UNSENT:
        if (answer->permanent || ++g->unsent >= MAX_UNSENT)
            end_unsent(g, answer);
        else
            generation_create_again(g, answer->text,
                                    generation_backoff(g->unsent, 8, -1));
        break;
    case ENGINE_FAULT:
        g->faults++;
        av_strlcpy(g->suspect, answer->job.id ? answer->job.id : "", sizeof(g->suspect));
        look_for(g, FAULT_LOOK_US, answer->text);
        break;
    case ENGINE_LOST:
        g->faults = 0;
        look_for(g, INT64_MAX, answer->text);
        break;
    }
}

void generation_create(Generation *g)
{
    EngineAnswer answer;
    if (!g->call) {
        start_create(g);
        return;
    }
    if (!engine_answered(g->call, &answer))
        return;
    engine_end(&g->call);
    take_create(g, &answer);
    engine_answer_clear(&answer);
}
