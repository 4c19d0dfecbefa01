/* i2v: drive a request to its clip: the loop, and where a record stands
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generation.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/hmac.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>
#include <libavutil/random_seed.h>
#include <libavutil/time.h>

#include "compat.h"
#include "generation_internal.h"
#include "key.h"

#define SECOND_US (1000000LL)

/* An interrupt is looked at this often. */
#define TURN_MS 50

/* A lock that another holds is tried again this often. */
#define LOCK_US (100 * 1000LL)

/* A Retry-After is kept up to here. */
#define MAX_RETRY_AFTER 120

void generation_sleep(Generation *g, int64_t us)
{
    g->wake = av_gettime_relative() + us;
}

int64_t generation_backoff(int n, int most, int64_t retry_after)
{
    int64_t us = FFMIN(1LL << FFMIN(n - 1, 10), most) * SECOND_US;
    us -= us / 4 * (av_get_random_seed() % 1024) / 1024;
    return FFMAX(us, FFMIN(retry_after, MAX_RETRY_AFTER) * SECOND_US);
}

bool generation_is_over(const Generation *g)
{
    return av_gettime_relative() - g->waiting_since > g->request->max_wait;
}

void generation_fail(Generation *g, int error, GenerationFailure failure)
{
    g->phase = PHASE_END;
    g->result = error;
    g->failure = failure;
    generation_note(g, "error", record_text(g->record, "status"), av_err2str(error),
                    failure == FAILURE_LATER || failure == FAILURE_GATEWAY);
}

GenerationFailure generation_failure_of(int error)
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

void generation_note(Generation *g, const char *name, const char *status, const char *message,
                     int retryable)
{
    Event event = {
        .name = name,
        .client_id = g->record ? record_text(g->record, "client_request_ids") : NULL,
        .status = status,
        .message = message,
        .usd = g->record ? record_number(g->record, "usd", -1) : -1,
        .retryable = retryable,
    };
    events_note(g->events, &event);
}

int generation_record(Generation *g, RecordState state, const char *history)
{
    record_set_state(g->record, state);
    int ret = record_add_history(g->record, history);
    if (ret >= 0)
        ret = store_save(g->plan->store, g->record, g->log);
    if (ret < 0)
        generation_fail(g, ret, FAILURE_STORE);
    return ret;
}

/* Where the record stands */

static int load(Generation *g)
{
    record_free(&g->record);
    int ret = store_load(g->plan->store, g->request->key, g->log, &g->record);
    if (ret < 0) {
        g->phase = PHASE_END;
        g->result = ret;
        g->failure = FAILURE_STORE;
    }
    return ret;
}

/* @return whether the key's lock is held; else it comes back later. */
static bool lock(Generation *g)
{
    if (g->lock >= 0)
        return true;
    g->lock = store_lock(g->plan->store, g->request->key);
    if (g->lock >= 0)
        return true;
    if (g->lock != AVERROR(EAGAIN)) {
        int error = g->lock;
        events_say(g->events, AV_LOG_ERROR,
                   "Cannot lock the ledger: %s; nothing sent; set I2V_STORE to a directory of "
                   "yours on a file system with locks.\n",
                   av_err2str(error));
        generation_fail(g, error, FAILURE_STORE);
        return false;
    }
    if (!g->said_waiting)
        events_say(g->events, AV_LOG_INFO, "Another process is at the same request; waiting.\n");
    g->said_waiting = true;
    generation_sleep(g, LOCK_US);
    return false;
}

static void repeat_refusal(Generation *g)
{
    events_say(g->events, AV_LOG_ERROR,
               "This request was refused by moderation before: %s; nothing sent; -take %d tries "
               "again.\n",
               record_text(g->record, "error"), g->request->take + 1);
    generation_fail(g, AVERROR(EPERM), FAILURE_MODERATED);
}

static void share_failure(Generation *g)
{
    events_say(g->events, AV_LOG_ERROR, "The generation %s failed: %s.\n",
               record_text(g->record, "id"), record_text(g->record, "error"));
    generation_fail(g, AVERROR_EXTERNAL, FAILURE_GATEWAY);
}

void generation_refuse_to_spend(Generation *g)
{
    events_say(g->events, AV_LOG_ERROR,
               "reuse=only: the store has neither a clip nor a running generation of this "
               "request; nothing sent.\n");
    generation_fail(g, AVERROR(ENOENT), FAILURE_REQUEST);
}

static void miss_key(Generation *g)
{
    events_say(g->events, AV_LOG_ERROR,
               "There is no API key: set AIML_API_KEY, name a file with the option api_key_file, "
               "or put the key into ~/.config/i2v/key; nothing sent.\n");
    generation_fail(g, AVERROR(ENOKEY), FAILURE_KEY);
}

/* A short digest that tells accounts apart and gives no key away. */
static void account_of(const char *api_key, char *text)
{
    static const char label[] = "i2v account";
    uint8_t digest[32] = {0};
    AVHMAC *hmac = av_hmac_alloc(AV_HMAC_SHA256);
    if (hmac)
        av_hmac_calc(hmac, (const uint8_t *)label, sizeof(label) - 1, (const uint8_t *)api_key,
                     (unsigned)strlen(api_key), digest, sizeof(digest));
    av_hmac_free(hmac);
    key_hex(digest, 8, text);
}

static void check_account(Generation *g)
{
    char account[17];
    const char *owner = record_text(g->record, "account");
    account_of(g->request->api_key, account);
    if (owner && strcmp(owner, account))
        events_say(g->events, AV_LOG_WARNING,
                   "The generation of this request belongs to another API key's account; the "
                   "gateway may not show it to this one.\n");
    else if (!owner)
        record_set_text(g->record, "account", account);
}

static void go_on(Generation *g, Phase phase)
{
    g->phase = phase;
    g->waiting_since = av_gettime_relative();
    if (record_text(g->record, "id"))
        events_set_id(g->events, record_text(g->record, "id"));
}

/* A generation that is paid for but not here. */
static void resume(Generation *g)
{
    const char *id = record_text(g->record, "id");
    if (!g->request->api_key) {
        miss_key(g);
        return;
    }
    if (record_state(g->record) == RECORD_READY)
        events_say(g->events, AV_LOG_WARNING,
                   "The clip of generation %s is no longer in the store: fetching it again.\n",
                   id);
    else if (record_state(g->record) == RECORD_RUNNING)
        events_say(g->events, AV_LOG_INFO, "Picking up generation %s.\n", id);
    check_account(g);
    go_on(g, PHASE_POLL);
}

static void begin(Generation *g, RecordState state)
{
    if (g->request->reuse_only && state != RECORD_SENT) {
        generation_refuse_to_spend(g);
        return;
    }
    if (!g->request->api_key) {
        miss_key(g);
        return;
    }
    /* Locked first and looked again after, or two would create. */
    if (g->lock < 0) {
        lock(g);
        return;
    }
    check_account(g);
    if (state == RECORD_FAILED)
        events_say(g->events, AV_LOG_WARNING,
                   "The generation %s of this request failed before (%s); asking for a new one.\n",
                   record_text(g->record, "id"), record_text(g->record, "error"));
    go_on(g, state == RECORD_SENT ? PHASE_FIND : PHASE_CREATE);
    if (g->phase == PHASE_FIND)
        events_say(g->events, AV_LOG_WARNING,
                   "An earlier run sent this request and did not hear the answer: looking for it "
                   "in the gateway's usage log.\n");
}

static void look(Generation *g)
{
    if (load(g) < 0)
        return;
    RecordState state = record_state(g->record);
    bool ended_since = record_number(g->record, "ended", 0) >= (double)g->started;

    switch (state) {
    case RECORD_READY:
        if (store_has_clip(g->plan->store, g->record)) {
            g->phase = PHASE_END;
            g->result = 0;
            break;
        }
        /* fall through */
    case RECORD_RUNNING:
        store_unlock(&g->lock);
        resume(g);
        break;
    case RECORD_REFUSED:
        repeat_refusal(g);
        break;
    case RECORD_FAILED:
        if (ended_since)
            share_failure(g);
        else
            begin(g, state);
        break;
    case RECORD_NEW:
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
}

static void interrupt(Generation *g)
{
    const char *id = g->record ? record_text(g->record, "id") : NULL;
    RecordState state = g->record ? record_state(g->record) : RECORD_NEW;

    if (state == RECORD_RUNNING)
        events_say(g->events, AV_LOG_ERROR,
                   "Interrupted. The generation %s goes on at the gateway; the same command "
                   "picks it up.\n",
                   id);
    else if (state == RECORD_SENT)
        events_say(g->events, AV_LOG_ERROR,
                   "Interrupted after the request was sent; the same command looks for its "
                   "generation before it sends anything.\n");
    else
        events_say(g->events, AV_LOG_ERROR, "Interrupted; nothing was bought.\n");
    generation_fail(g, AVERROR(EINTR), FAILURE_LATER);
}

static void progress(Generation *g)
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

/* Let libcurl work, and never longer than until there is something to do. */
static int turn(Generation *g)
{
    int64_t left = (g->wake - av_gettime_relative()) / 1000 + 1;
    int ms = (int)FFMAX(FFMIN(left, TURN_MS), 0);

    if (g->call || g->download)
        return http_drive(g->http, TURN_MS);
    if (ms && g->phase != PHASE_END)
        av_usleep((unsigned)ms * 1000);
    return 0;
}

static void tear_down(Generation *g)
{
    gateway_end(&g->call);
    download_end(&g->download);
    http_free(&g->http);
    store_unlock(&g->lock);
    record_free(&g->record);
    av_freep(&g->url);
}

int generation_run(const GenerationPlan *plan, GenerationFailure *failure)
{
    const Request *request = plan->request;
    Generation g = {
        .plan = plan,
        .request = request,
        .events = plan->events,
        .log = events_log(plan->events),
        .gateway = {request->origin, request->api_key, request->ca_file, request->allow_http},
        .lock = -1,
        .clip_size = -1,
        .started = av_gettime(),
        .waiting_since = av_gettime_relative(),
    };

    g.http = http_alloc();
    if (!g.http) {
        *failure = FAILURE_GATEWAY;
        return AVERROR(ENOMEM);
    }
    while (g.phase != PHASE_END) {
        if (i2v_interrupted(plan->interrupt)) {
            interrupt(&g);
            break;
        }
        if (g.call || g.download || av_gettime_relative() >= g.wake)
            step(&g);
        progress(&g);
        int ret = turn(&g);
        if (ret < 0 && g.phase != PHASE_END)
            generation_fail(&g, ret, FAILURE_GATEWAY);
    }
    *failure = g.failure;
    int result = g.result;
    tear_down(&g);
    return result;
}
