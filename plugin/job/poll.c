/* i2v: wait for a generation and bring its clip into the store
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <libavutil/random_seed.h>
#include <libavutil/time.h>

#include "store/clip.h"
#include "store/facts.h"
#include "job/stats.h"

#define SECOND_US (1000000LL)

/* A poll that follows the one before so late tells little of when the clip came to be.
 */
#define NOTEWORTHY_S 15

#define DAY_SECONDS (24 * 3600.0)

/* Downloads that arrived whole and were damaged, before the server's file counts as
 * damaged. */
#define MAX_DAMAGED 3

/* Statuses */

static void say_status(Generation *g, const EngineJob *job)
{
    long long after = (long long)((av_gettime_relative() - g->waiting_since) / SECOND_US);
    av_strlcpy(g->status, job->status, sizeof(g->status));
    if (job->status_known)
        events_say(g->events, AV_LOG_INFO, "Status: %s (after %lld s).\n", job->status,
                   after);
    else
        events_say(g->events, AV_LOG_WARNING,
                   "Status: %s (after %lld s), which i2v does not know; waiting on.\n",
                   job->status, after);
    generation_note(g, "status", job->status, NULL, -1);
}

/* Put a new status on disk, so that the ledger tells what a killed run has heard. When
 * another process has the lock it hears the same. */
static void keep_status(Generation *g)
{
    int lock = store_lock(g->plan->store, g->request->key);
    if (lock < 0)
        return;
    if (generation_refresh(g) > 0 && record_state(g->record) == RECORD_RUNNING) {
        const char *known = record_text(g->record, RECORD_STATUS);
        if (!known || strcmp(known, g->status)) {
            generation_fill(g);
            record_set_text(g->record, RECORD_STATUS, g->status);
            if (record_add_history(g->record, "status", g->status) >= 0)
                store_save(g->plan->store, g->record, g->out);
        }
    }
    store_unlock(&lock);
}

/* The gateway has nothing more of a generation whose clip was here. It was paid for once,
 * and is not bought again unasked. */
static void end_gone(Generation *g, const EngineJob *job)
{
    if (store_has_clip(g->plan->store, g->record)) {
        g->phase = PHASE_END;
        g->result = 0;
        return;
    }
    events_say(g->events, AV_LOG_ERROR,
               "The clip of generation %s is no longer in the store, and the gateway no "
               "longer has it: %s; -take %d buys a new one.\n",
               record_text(g->record, RECORD_ID), job->error, g->request->take + 1);
    generation_fail(g, AVERROR_EXTERNAL, FAILURE_GATEWAY);
}

static void end_failed(Generation *g, const EngineJob *job)
{
    RecordState state = job->moderated ? RECORD_REFUSED : RECORD_FAILED;

    /* Without the lock nothing is written; the next poll says it again. */
    if (!generation_lock(g)) {
        if (g->phase != PHASE_END)
            generation_sleep(g, FFMAX(g->request->poll_interval, SECOND_US));
        return;
    }
    int current = generation_refresh(g);
    if (current > 0 && record_state(g->record) == RECORD_READY) {
        end_gone(g, job);
        return;
    }
    if (current > 0) {
        generation_fill(g);
        record_set_text(g->record, RECORD_STATUS, g->status);
        record_set_text(g->record, RECORD_ERROR, job->error);
        record_set_number(g->record, RECORD_ENDED, record_now());
        if (generation_record(g, state, state == RECORD_REFUSED ? "refused" : "failed",
                              g->status) < 0)
            return;
    }
    const char *id = record_text(g->record, RECORD_ID);
    generation_note(g, record_state_name(state), g->status, job->error, 0);
    if (job->moderated)
        events_say(
            g->events, AV_LOG_ERROR,
            "Moderation refused the generation %s: %s; it is not tried again; -take %d "
            "asks anew.\n",
            id, job->error, g->request->take + 1);
    else
        events_say(g->events, AV_LOG_ERROR, "The generation %s failed: %s.\n", id,
                   job->error);
    generation_fail(g, job->moderated ? AVERROR(EPERM) : AVERROR_EXTERNAL,
                    job->moderated ? FAILURE_MODERATED : FAILURE_GATEWAY);
}

/* How long it took, as far as this run has watched it. */
static void measure_duration(Generation *g)
{
    double now = record_now(), since = now - g->last_pending;
    double accepted = record_number(g->record, RECORD_ACCEPTED, now);

    if (g->last_pending > 0 && since >= 0 && since <= NOTEWORTHY_S &&
        now - accepted > since)
        g->took = now - accepted - since / 2;
    g->last_pending = 0;
}

/* For the next time; while the clip comes, which is not to wait for it. */
static void note_duration(Generation *g)
{
    if (g->took > 0)
        stats_add(g->plan->store, g->request->model_name, g->request->duration, g->took,
                  g->out);
    g->took = 0;
}

void generation_take_job(Generation *g, const EngineJob *job)
{
    generation_take_usage(g, &job->usage);
    if (job->status[0] && strcmp(job->status, g->status)) {
        say_status(g, job);
        keep_status(g);
    }
    if (job->state == JOB_FAILED) {
        end_failed(g, job);
    } else if (job->state == JOB_COMPLETED) {
        av_freep(&g->url);
        g->url = av_strdup(job->url);
        if (!g->url) {
            generation_fail(g, AVERROR(ENOMEM), FAILURE_LATER);
            return;
        }
        g->phase = PHASE_DOWNLOAD;
        measure_duration(g);
        generation_sleep(g, 0);
    }
}

/* Polling */

int64_t generation_next_poll(const Generation *g, const EngineAnswer *answer)
{
    int64_t here = av_gettime_relative() - g->waiting_since;
    double age = record_now() - record_number(g->record, RECORD_ACCEPTED, record_now());
    /* Clocks jump; and no generation is older than its request may be waited for. */
    age = av_clipd(age, (double)here / 1e6, DAY_SECONDS);
    int64_t us = schedule_interval(&g->schedule, (int64_t)(age * 1e6),
                                   av_get_random_seed() / (double)UINT32_MAX);
    if (g->request->poll_interval)
        us = g->request->poll_interval;
    return FFMAX(us, FFMIN(answer->retry_after, MAX_RETRY_AFTER) * SECOND_US);
}

static void end_poll_refused(Generation *g, const EngineAnswer *answer)
{
    events_say(
        g->events, AV_LOG_ERROR,
        "The gateway refused to tell about generation %s: %s (HTTP %d). It stays in "
        "the ledger: the same command asks for it again and buys nothing; -take %d "
        "would buy a new one.\n",
        record_text(g->record, RECORD_ID), answer->text, answer->status,
        g->request->take + 1);
    generation_fail(g, answer->error,
                    generation_failure_of(answer->error) == FAILURE_KEY ? FAILURE_KEY
                                                                        : FAILURE_LATER);
}

static void take_poll(Generation *g, const EngineAnswer *answer)
{
    g->answered = true;
    if (answer->status == 401 && generation_try_key_again(g)) {
        generation_sleep(g, 0);
    } else if (answer->verdict == ENGINE_REFUSED) {
        end_poll_refused(g, answer);
    } else if (answer->verdict == ENGINE_JOB) {
        g->weather = 0;
        generation_sleep(g, generation_next_poll(g, answer));
        if (answer->job.state == JOB_PENDING)
            g->last_pending = record_now();
        generation_take_job(g, &answer->job);
    } else {
        int64_t us = generation_backoff(++g->weather, 30, answer->retry_after);
        events_say(g->events, g->weather == 1 ? AV_LOG_WARNING : AV_LOG_VERBOSE,
                   "Could not ask how the generation is: %s; asking again.\n",
                   answer->text);
        generation_note(g, "retry", NULL, answer->text, 1);
        generation_sleep(g, us);
    }
}

void generation_poll(Generation *g)
{
    EngineAnswer answer;
    int ret;

    if (!g->call) {
        ret = g->request->engine->poll(&g->gateway, g->http,
                                       record_text(g->record, RECORD_ID), &g->call);
        if (ret < 0)
            generation_fail(g, ret, FAILURE_LATER);
        return;
    }
    if (!engine_answered(g->call, &answer))
        return;
    engine_end(&g->call);
    take_poll(g, &answer);
    engine_answer_clear(&answer);
}

/* Downloading */

static void end_hopeless(Generation *g, int error, const char *why)
{
    events_say(g->events, AV_LOG_ERROR,
               "Cannot keep the clip of generation %s: %s. The same command fetches it "
               "again and buys nothing.\n",
               record_text(g->record, RECORD_ID), why);
    generation_fail(g, error, FAILURE_STORE);
}

static void start_download(Generation *g)
{
    char *part = store_part_path(g->plan->store, g->request->key);
    DownloadSource source = {
        .url = g->url,
        .path = part,
        .ca_file = g->request->ca_file,
        .allow_http = g->request->allow_http,
        .size = g->clip_size,
    };
    int ret = part ? download_start(g->http, &source, &g->download) : AVERROR(ENOMEM);
    av_free(part);
    if (ret >= 0) {
        generation_note(g, "download", NULL, NULL, -1);
        return;
    }
    if (ret != AVERROR(EINVAL)) {
        end_hopeless(g, ret, av_err2str(ret));
        return;
    }
    events_say(g->events, AV_LOG_ERROR,
               "The gateway names a clip of generation %s that may not be fetched: only "
               "https URLs are. It stays in the ledger; the same command asks again and "
               "buys nothing.\n",
               record_text(g->record, RECORD_ID));
    generation_fail(g, ret, FAILURE_LATER);
}

/* Another attempt, or the end when max_wait is over. */
static void download_again(Generation *g, Phase phase, const char *what, const char *why)
{
    int64_t us = generation_backoff(++g->weather, 30, g->retry_after);
    /* Never held while waiting. */
    store_unlock(&g->lock);
    av_strlcpy(g->cause, why, sizeof(g->cause));
    events_say(g->events, g->weather == 1 ? AV_LOG_WARNING : AV_LOG_VERBOSE,
               "%s (%s); going on.\n", what, why);
    generation_note(g, "retry", "download", why, 1);
    g->phase = phase;
    generation_sleep(g, us);
}

static void take_damaged(Generation *g, const char *part, const char *why)
{
    unlink(part);
    g->clip_size = -1;
    if (++g->damaged < MAX_DAMAGED) {
        download_again(g, PHASE_POLL, "The clip that arrived is damaged", why);
        return;
    }
    events_say(
        g->events, AV_LOG_ERROR,
        "The clip of generation %s is damaged at the server: %s. It stays in the ledger; "
        "the same command fetches it again and buys nothing.\n",
        record_text(g->record, RECORD_ID), why);
    generation_fail(g, AVERROR_INVALIDDATA, FAILURE_LATER);
}

/* A verified clip is in its place: note it, and that is the end. */
static int keep(Generation *g, const ClipFacts *facts, const char *history)
{
    int ret = store_note_clip(g->plan->store, g->record);
    if (ret < 0) {
        events_say(g->events, AV_LOG_ERROR, "Cannot read the clip in the store: %s.\n",
                   av_err2str(ret));
        generation_fail(g, ret, FAILURE_STORE);
        return ret;
    }
    generation_fill(g);
    if (g->status[0])
        record_set_text(g->record, RECORD_STATUS, g->status);
    facts_note(g->record, facts);
    record_set_number(g->record, RECORD_ENDED, record_now());
    if ((ret = generation_record(g, RECORD_READY, history, NULL)) < 0)
        return ret;
    generation_note(g, "ready", g->status, NULL, -1);
    g->phase = PHASE_END;
    g->result = 0;
    return 0;
}

/* A clip that the ledger has no page of: what the request is, this one knows too, unless
 * it is itself from the ledger. */
static int remember(Generation *g)
{
    int ret = record_state(g->record) == RECORD_NEW && g->request->fields
                  ? generation_describe(g)
                  : 0;
    if (ret < 0)
        generation_fail(g, ret, FAILURE_STORE);
    return ret;
}

bool generation_adopt(Generation *g)
{
    char *clip = store_clip_path(g->plan->store, g->request->key);
    const char *id = record_text(g->record, RECORD_ID);
    ClipFacts facts;
    int ret = !clip || access(clip, F_OK)
                  ? AVERROR(ENOENT)
                  : clip_verify(clip, g->request->duration, g->interrupt, &facts);
    bool whole = ret >= 0;

    if (ret == AVERROR(EINTR)) { /* not known yet, and nothing may be bought before */
        generation_sleep(g, 0);
        av_free(clip);
        return true;
    }

    /* Locked first and looked again after: a damaged record is then moved aside. */
    if (whole && g->lock < 0)
        generation_lock(g);
    else if (whole && remember(g) >= 0 && keep(g, &facts, "adopted") >= 0)
        events_say(g->events, id ? AV_LOG_INFO : AV_LOG_WARNING,
                   id ? "An earlier run brought the clip %s, which is whole, and did not "
                        "live to note it.\n"
                      : "The ledger had no record of the clip %s, which is whole: it is "
                        "taken into the ledger again.\n",
                   clip);
    av_free(clip);
    return whole;
}

static void publish(Generation *g, const ClipFacts *facts)
{
    int ret = store_publish(g->plan->store, g->request->key);
    if (ret < 0) {
        end_hopeless(g, ret, av_err2str(ret));
        return;
    }
    keep(g, facts, "ready");
}

static void verify(Generation *g)
{
    char *part = store_part_path(g->plan->store, g->request->key);
    ClipFacts facts;
    int ret = part ? clip_verify(part, g->request->duration, g->interrupt, &facts)
                   : AVERROR(ENOMEM);

    if (ret >= 0)
        publish(g, &facts);
    else if (ret == AVERROR(EINTR))
        generation_sleep(g, 0); /* the loop sees the interrupt */
    else if (ret == AVERROR(ENOMEM) || ret == AVERROR(EMFILE) || ret == AVERROR(ENFILE) ||
             ret == AVERROR(EACCES))
        end_hopeless(g, ret, av_err2str(ret)); /* it says nothing of the clip */
    else
        take_damaged(g, part, facts.why);
    av_free(part);
}

static void take_download(Generation *g, DownloadResult result, int error,
                          const char *why)
{
    switch (result) {
    case DOWNLOAD_GOING:
        break;
    case DOWNLOAD_DONE:
        verify(g);
        break;
    case DOWNLOAD_EXPIRED:
        download_again(g, PHASE_POLL, "The clip's URL is no longer good", why);
        break;
    case DOWNLOAD_BROKEN:
        download_again(g, PHASE_DOWNLOAD, "The download did not finish", why);
        break;
    case DOWNLOAD_HOPELESS:
        end_hopeless(g, error, why);
        break;
    }
}

/* What was heard of a generation that is no longer the request's. */
static void forget(Generation *g)
{
    g->usage = ENGINE_NO_USAGE;
    g->status[0] = '\0';
    g->clip_size = -1;
    g->part_bytes = 0;
    av_freep(&g->url);
}

/* One process downloads; the others wait for its clip. */
static bool may_download(Generation *g)
{
    if (g->lock >= 0)
        return true;
    if (!generation_lock(g))
        return false;
    /* While the lock was another's the clip may have come, or the ledger gone on to
     * another generation. */
    int current = generation_refresh(g);
    if (current < 0) {
        generation_fail(g, current, FAILURE_STORE);
    } else if (!current) {
        forget(g);
        store_unlock(&g->lock);
        g->phase = PHASE_LOOK;
    } else if (record_state(g->record) == RECORD_READY &&
               store_has_clip(g->plan->store, g->record)) {
        g->phase = PHASE_END;
        g->result = 0;
    } else if (record_state(g->record) == RECORD_RUNNING) {
        generation_adopt(g);
    }
    return g->phase == PHASE_DOWNLOAD;
}

void generation_download(Generation *g)
{
    const char *why;
    int error;

    if (!g->download) {
        if (may_download(g))
            start_download(g);
        return;
    }
    note_duration(g);
    DownloadResult result = download_result(g->download, &error, &why);
    if (result == DOWNLOAD_GOING)
        return;
    char *reason = av_strdup(why);
    if (result == DOWNLOAD_BROKEN)
        g->clip_size = download_size(g->download);
    /* An attempt that got somewhere is no bad luck. */
    if (download_bytes(g->download) > g->part_bytes)
        g->weather = 0;
    g->part_bytes = download_bytes(g->download);
    g->retry_after = download_retry_after(g->download);
    download_end(&g->download);
    take_download(g, result, error, reason ? reason : "no memory");
    av_free(reason);
}
