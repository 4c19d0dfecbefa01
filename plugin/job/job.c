/* i2v: drive a request to its clip: the loop, and where a record stands
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/job.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>
#include <libavutil/random_seed.h>
#include <libavutil/time.h>

#include "base/compat.h"
#include "job/state.h"
#include "job/stats.h"

#define SECOND_US (1000000LL)

/* What is on its way when max_wait ends: an answer to the first poll, a clip, and the
 * answer to a create call, which had better not be lost. */
#define GRACE_US        (5 * SECOND_US)
#define CREATE_GRACE_US (30 * SECOND_US)

static int64_t deadline(const Generation *g)
{
    return g->waiting_since + g->request->max_wait;
}

void generation_sleep(Generation *g, int64_t us)
{
    int64_t now = av_gettime_relative();
    /* Once more at the very end; in the grace behind it as slowly as before. */
    g->wake = now < deadline(g) ? FFMIN(now + us, deadline(g)) : now + us;
}

int64_t generation_backoff(int n, int most, int64_t retry_after)
{
    int64_t us = FFMIN(1LL << FFMIN(n - 1, 10), most) * SECOND_US;
    us -= us / 4 * (av_get_random_seed() % 1024) / 1024;
    return FFMAX(us, FFMIN(retry_after, MAX_RETRY_AFTER) * SECOND_US);
}

bool generation_is_over(const Generation *g)
{
    return av_gettime_relative() >= deadline(g);
}

void generation_fail(Generation *g, int error, Failure failure)
{
    g->phase = PHASE_END;
    g->result = error;
    g->failure = failure;
}

Failure generation_failure_of(int error)
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

void generation_note(Generation *g, const char *name, const char *status,
                     const char *message, int retryable)
{
    Event event = {
        .name = name,
        .client_id = g->client_id[0] ? g->client_id
                     : g->record     ? record_text(g->record, RECORD_CLIENT_IDS)
                                     : NULL,
        .status = status,
        .message = message,
        .usd = g->record ? record_number(g->record, RECORD_USD, -1) : -1,
        .retryable = retryable,
    };
    events_note(g->events, &event);
}

/* Where the record stands */

static int load(Generation *g)
{
    record_free(&g->record);
    int ret =
        store_load(g->plan->store, g->request->key, g->lock >= 0, g->out, &g->record);
    if (ret < 0) {
        g->phase = PHASE_END;
        g->result = ret;
        g->failure = FAILURE_STORE;
    }
    return ret;
}

bool generation_try_key_again(Generation *g)
{
    if (g->key_again || request_read_key_again(g->request, g->out, &g->key_again) < 0 ||
        !strcmp(g->key_again, g->gateway.api_key))
        return false;
    g->gateway.api_key = g->key_again;
    events_say(g->events, AV_LOG_WARNING,
               "The gateway refused the API key, and its file holds another one now: "
               "trying that.\n");
    generation_note(g, "key", NULL, "the key file was read again", 1);
    return true;
}

static int repeat_refusal(const Request *request, const Record *record, Events *events,
                          Failure *failure)
{
    events_say(
        events, AV_LOG_ERROR,
        "This request was refused by moderation before: %s; nothing sent; -take %d tries "
        "again.\n",
        record_error(record), request->take + 1);
    *failure = FAILURE_MODERATED;
    return AVERROR(EPERM);
}

static void share_failure(Generation *g)
{
    events_say(g->events, AV_LOG_ERROR, "The generation %s failed: %s.\n",
               record_text(g->record, RECORD_ID), record_error(g->record));
    generation_fail(g, AVERROR_EXTERNAL, FAILURE_GATEWAY);
}

void generation_say_nothing_to_reuse(Events *events)
{
    events_say(
        events, AV_LOG_ERROR,
        "reuse=only: the store has neither a clip nor a running generation of this "
        "request; nothing sent.\n");
}

void generation_refuse_to_spend(Generation *g)
{
    generation_say_nothing_to_reuse(g->events);
    generation_fail(g, AVERROR(ENOENT), FAILURE_REQUEST);
}

static int miss_key(const Request *request, Events *events, Failure *failure)
{
    events_say(
        events, AV_LOG_ERROR,
        "There is no API key: set %s, name a file with the option api_key_file, or "
        "put the key into ~/.config/i2v/key; nothing sent.\n",
        request->engine->key_variables[0]);
    *failure = FAILURE_KEY;
    return AVERROR(ENOKEY);
}

int generation_foresee(const Request *request, const Record *record, Events *events,
                       Failure *failure)
{
    RecordState state = record_state(record);

    if (state == RECORD_REFUSED)
        return repeat_refusal(request, record, events, failure);
    if (request->reuse_only && state != RECORD_SENT && !generation_can_reuse(record)) {
        generation_say_nothing_to_reuse(events);
        *failure = FAILURE_REQUEST;
        return AVERROR(ENOENT);
    }
    return request->api_key ? 0 : miss_key(request, events, failure);
}

static void go_on(Generation *g, Phase phase)
{
    g->phase = phase;
    g->waiting_since = av_gettime_relative();
    if (record_text(g->record, RECORD_ID))
        events_set_id(g->events, record_text(g->record, RECORD_ID));
}

/* A generation that is paid for but not here. */
static void resume(Generation *g)
{
    const char *id = record_text(g->record, RECORD_ID);
    events_set_id(g->events, id);
    if (g->plan->submit) {
        events_say(g->events, AV_LOG_INFO, "Accepted before, as generation %s.\n", id);
        g->phase = PHASE_END;
        return;
    }
    if (!g->request->api_key) {
        generation_fail(g, miss_key(g->request, g->events, &g->failure), FAILURE_KEY);
        return;
    }
    if (record_state(g->record) == RECORD_READY)
        events_say(
            g->events, AV_LOG_WARNING,
            "The clip of generation %s is no longer in the store: fetching it again.\n",
            id);
    else if (record_state(g->record) == RECORD_RUNNING)
        events_say(g->events, AV_LOG_INFO, "Picking up generation %s.\n", id);
    generation_note(g, "picked_up", NULL, NULL, -1);
    generation_check_account(g);
    go_on(g, PHASE_POLL);
}

static void begin(Generation *g, RecordState state)
{
    if (g->request->reuse_only && state != RECORD_SENT) {
        generation_refuse_to_spend(g);
        return;
    }
    if (!g->request->api_key) {
        generation_fail(g, miss_key(g->request, g->events, &g->failure), FAILURE_KEY);
        return;
    }
    /* Locked first and looked again after, or two would create. */
    if (g->lock < 0) {
        generation_lock(g);
        return;
    }
    if (state == RECORD_SENT)
        generation_check_account(g);
    if (state == RECORD_FAILED)
        events_say(g->events, AV_LOG_WARNING,
                   "The generation %s of this request failed before (%s); asking for a "
                   "new one.\n",
                   record_text(g->record, RECORD_ID), record_error(g->record));
    go_on(g, state == RECORD_SENT ? PHASE_FIND : PHASE_CREATE);
    if (g->phase == PHASE_FIND)
        events_say(g->events, AV_LOG_WARNING,
                   "An earlier run sent this request and did not hear the answer: "
                   "looking for it in the gateway's usage log.\n");
}

static double process_began;

static void note_begin(void)
{
    process_began = record_now();
}

/* When this process first had to do with generations: the command, as far as a library
 * knows. */
static double command_began(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, note_begin);
    return process_began;
}

static void look(Generation *g)
{
    if (load(g) < 0)
        return;
    RecordState state = record_state(g->record);
    bool ended_since = record_number(g->record, RECORD_ENDED, 0) >= command_began();

    switch (state) {
    case RECORD_READY:
        if (store_has_clip(g->plan->store, g->record)) {
            g->phase = PHASE_END;
            g->result = 0;
            break;
        }
        /* One that was taken in without a record has nothing to be asked for. */
        if (!record_text(g->record, RECORD_ID)) {
            begin(g, RECORD_NEW);
            break;
        }
        store_unlock(&g->lock);
        resume(g);
        break;
    case RECORD_RUNNING:
        /* A run may have been killed between the clip's rename and its note. */
        if (generation_adopt(g))
            break;
        store_unlock(&g->lock);
        resume(g);
        break;
    case RECORD_REFUSED:
        generation_fail(g, repeat_refusal(g->request, g->record, g->events, &g->failure),
                        FAILURE_MODERATED);
        break;
    case RECORD_FAILED:
        if (ended_since)
            share_failure(g);
        else
            begin(g, state);
        break;
    case RECORD_NEW:
    case RECORD_DAMAGED: /* moved aside once it is looked at under the lock */
        if (!generation_adopt(g))
            begin(g, state);
        break;
    case RECORD_INTENT:
    case RECORD_SENT:
        begin(g, state);
        break;
    }
}

bool generation_can_reuse(const Record *record)
{
    switch (record_state(record)) {
    case RECORD_READY:
        return record_text(record, RECORD_ID); /* to be asked for again by it */
    case RECORD_RUNNING:
    case RECORD_REFUSED:
        return true;
    default:
        return false;
    }
}

/* The loop */

static void step(Generation *g)
{
    Phase before = g->phase;

    switch (g->phase) {
    case PHASE_LOOK:
        look(g);
        break;
    case PHASE_CREATE:
        generation_create(g);
        break;
    case PHASE_FIND:
        generation_find(g);
        break;
    case PHASE_POLL:
        generation_poll(g);
        break;
    case PHASE_DOWNLOAD:
        generation_download(g);
        break;
    case PHASE_END:
        break;
    }
    if (g->phase != before)
        g->phase_began = av_gettime_relative();
}

void generation_say_progress(const Generation *g)
{
    int64_t elapsed = av_gettime_relative() - g->waiting_since;
    double percent = -1;
    const char *what = g->status[0] ? g->status : "waiting";

    if (g->phase == PHASE_CREATE)
        what = "sending";
    else if (g->phase == PHASE_FIND)
        what = "looking in the usage log";
    else if (g->phase == PHASE_DOWNLOAD)
        what = "downloading";
    if (g->download && download_size(g->download) > 0)
        percent = 100.0 * (double)download_bytes(g->download) /
                  (double)download_size(g->download);
    events_progress(g->events, what, elapsed, percent);
}

/* What is on its way when max_wait ends may take a little longer. */
static int64_t grace(const Generation *g)
{
    switch (g->phase) {
    case PHASE_CREATE:
        return g->call ? CREATE_GRACE_US : 0;
    case PHASE_POLL:
        return g->answered ? 0 : GRACE_US; /* even with max_wait=0 it is asked once */
    case PHASE_DOWNLOAD:
        return GRACE_US;
    default:
        return 0;
    }
}

static bool must_stop(const Generation *g)
{
    if (av_gettime_relative() < FFMAX(deadline(g), g->phase_began) + grace(g))
        return false;
    switch (g->phase) {
    case PHASE_LOOK:
        return g->said_waiting;
    case PHASE_CREATE:
        return g->client_id[0];
    case PHASE_FIND: /* ends by its own rule */
    case PHASE_END:
        return false;
    default:
        return true;
    }
}

/* Why a generation is left before its clip is here, and what becomes of it. */
static void say_left(Generation *g, const char *why)
{
    const char *id = g->record ? record_text(g->record, RECORD_ID) : NULL;
    RecordState state = g->record ? record_state(g->record) : RECORD_NEW;
    const char *cause = g->cause[0] ? g->cause : "it is on its way";

    if (!g->record) { /* not looked at yet */
        events_say(g->events, AV_LOG_ERROR, "%s\n", why);
        return;
    }
    if (g->phase == PHASE_DOWNLOAD)
        events_say(
            g->events, AV_LOG_ERROR,
            "%s The clip of generation %s is ready at the gateway and not here yet "
            "(%s); the same command fetches it and buys nothing.\n",
            why, id, cause);
    else if (state == RECORD_RUNNING || state == RECORD_READY)
        events_say(
            g->events, AV_LOG_ERROR,
            "%s The generation %s goes on at the gateway; the same command picks it "
            "up.\n",
            why, id);
    else if (state == RECORD_SENT)
        events_say(
            g->events, AV_LOG_ERROR,
            "%s The request was sent and not answered yet; the same command looks for "
            "its generation before it sends anything.\n",
            why);
    else if (g->said_waiting && g->phase == PHASE_LOOK)
        events_say(g->events, AV_LOG_ERROR,
                   "%s Another process is at the same request; nothing sent.\n", why);
    else
        events_say(g->events, AV_LOG_ERROR, "%s Nothing was bought%s%s%s.\n", why,
                   g->cause[0] ? " (" : "", g->cause, g->cause[0] ? ")" : "");
}

static void run_out(Generation *g)
{
    char why[80];
    bool unsent = g->phase == PHASE_CREATE && record_state(g->record) != RECORD_SENT;
    snprintf(why, sizeof(why), "max_wait is over after %lld s.",
             (long long)((av_gettime_relative() - g->waiting_since) / SECOND_US));
    say_left(g, why);
    generation_fail(g, AVERROR(ETIMEDOUT), unsent ? FAILURE_GATEWAY : FAILURE_LATER);
}

/* Public face */

void generation_interrupt(Generation *g)
{
    say_left(g, "Interrupted.");
    generation_fail(g, AVERROR(EINTR), FAILURE_LATER);
}

/* When it is asked how the generation is: the durations of the last 64 of this model and
 * length say when it is likely to end, and polls are closest there (schedule.c). Fewer
 * than three, durations that have little in common, or else the table's typical latency
 * are a guess, which adds polls to those that come at a twentieth of the age. They are
 * 0.4 to 10 s apart, by chance a tenth more or less. poll_interval replaces all that; a
 * Retry-After of whatever answer is kept in any case. */
static void learn(Generation *g)
{
    const Request *r = g->request;
    double durations[STATS_MAX];
    int count = stats_read(g->plan->store, r->model_name, r->duration, durations);
    schedule_learn(&g->schedule, durations, count, r->model ? r->model->latency : 0);
}

int generation_start(const GenerationPlan *plan, Http *http,
                     const AVIOInterruptCB *interrupt, Generation **generation)
{
    const Request *request = plan->request;
    Generation *g = av_mallocz(sizeof(*g));

    if (!g)
        return AVERROR(ENOMEM);
    g->plan = plan;
    g->interrupt = interrupt;
    g->request = request;
    g->events = plan->events;
    g->out = plan->out;
    g->gateway = (EngineAccess){request->origin, request->api_key, request->ca_file,
                                request->allow_http};
    g->http = http;
    g->lock = -1;
    g->usage = ENGINE_NO_USAGE;
    g->clip_size = -1;
    g->waiting_since = av_gettime_relative();
    learn(g);
    command_began();
    *generation = g;
    return 0;
}

bool generation_step(Generation *g)
{
    if (g->phase == PHASE_END)
        return true;
    if (must_stop(g))
        run_out(g);
    else if (g->call || g->download || av_gettime_relative() >= g->wake)
        step(g);
    return g->phase == PHASE_END;
}

int generation_idle(const Generation *g, int most)
{
    int64_t left = (g->wake - av_gettime_relative()) / 1000 + 1;
    if (g->phase == PHASE_END)
        return 0;
    return g->call || g->download ? most : (int)FFMAX(FFMIN(left, most), 0);
}

GenerationStage generation_stage(const Generation *g)
{
    switch (g->phase) {
    case PHASE_LOOK:
        return STAGE_BEFORE;
    case PHASE_CREATE:
        return g->busy ? STAGE_BUSY : g->call ? STAGE_SENT : STAGE_BEFORE;
    case PHASE_FIND:
        return STAGE_SENT;
    case PHASE_POLL:
        return STAGE_GENERATING;
    case PHASE_DOWNLOAD:
        return STAGE_DOWNLOADING;
    case PHASE_END:
        break;
    }
    return STAGE_ENDED;
}

bool generation_uses_http(const Generation *g)
{
    return g->call || g->download;
}

const char *generation_id(const Generation *g)
{
    return g->record ? record_text(g->record, RECORD_ID) : NULL;
}

void generation_forgive(Generation *g, int64_t us)
{
    g->waiting_since += us;
    g->phase_began += us;
}

void generation_hurry(Generation *g)
{
    if (generation_stage(g) == STAGE_BUSY)
        g->wake = FFMIN(g->wake, FFMAX(av_gettime_relative(), g->not_before));
}

int generation_result(const Generation *g, Failure *failure)
{
    *failure = g->failure;
    return g->result;
}

void generation_end(Generation **generation)
{
    Generation *g = *generation;
    if (!g)
        return;
    engine_end(&g->call);
    download_end(&g->download);
    store_unlock(&g->lock);
    record_free(&g->record);
    av_free(g->url);
    av_free(g->key_again);
    av_freep(generation);
}
