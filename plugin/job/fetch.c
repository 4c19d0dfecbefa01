/* i2v: bring a clip into the store
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/state.h"

#include <string.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/mem.h>

#include "base/url.h"
#include "store/clip.h"

/* Downloads that arrived and were damaged, each in another way, before this run ends. */
#define MAX_DAMAGED 3

static Phase end_hopeless(Job *job, int error, const char *why)
{
    return job_fail(job, FAILURE_STORE, error,
                    "Cannot keep the clip of generation %s: %s. The same command fetches "
                    "it again and buys nothing.",
                    job->record->id, why);
}

/* A verified clip is in its place: note it. @param digest  NULL: to be taken
 * @return 0, AVERROR(EINTR), or another negative AVERROR after a sentence */
static int keep(Job *job, const ClipFacts *facts, const char *digest, const char *history)
{
    Record *r = job->record;
    int ret = store_note_clip(job->store, r, digest, job->interrupt);

    if (ret == AVERROR(EINTR)) /* the loop sees the interrupt */
        return ret;
    if (ret < 0)
        return events_fail(job->events, &job->out, FAILURE_STORE, ret,
                           "Cannot read the clip in the store: %s.", av_err2str(ret));
    if ((ret = answer_fill(job)) < 0)
        return outcome_end(&job->out, FAILURE_STORE, ret);
    if (job->status[0])
        av_strlcpy(r->status, job->status, sizeof(r->status));
    record_set(&r->error, NULL); /* it may have ended without a clip before */
    r->empty = false;
    r->clip = *facts;
    r->ended = record_now();
    if ((ret = job_record(job, RECORD_READY, history, NULL)) < 0)
        return ret;
    job_note(job, "ready", job->status, NULL, -1);
    return 0;
}

/* A clip that is there already */

/* The ledger may have no page of it: what the request is, this one knows too, unless it
 * is itself from the ledger. */
static int remember(Job *job)
{
    return job->record->state == RECORD_NEW && job->request->fields
               ? job_describe(job->request, job->record)
               : 0;
}

/* Locked first and looked again after: a damaged record is then moved aside.
 * @param digest  by which it is proved; NULL = nothing proves it */
static Phase adopt(Job *job, const char *clip, const ClipFacts *facts, const char *digest)
{
    int ret;

    if (job->lock < 0)
        return job_lock(job) < 0 ? PHASE_END : job->phase;
    if ((ret = remember(job)) >= 0)
        ret = keep(job, facts, digest, "adopted");
    if (ret == AVERROR(EINTR))
        return job_sleep(job, job->phase, 0);
    if (ret < 0)
        return job_give_up(job, FAILURE_STORE, ret);
    store_drop_part(job->store, job->request->key);
    events_say(
        job->events, digest ? AV_LOG_INFO : AV_LOG_WARNING,
        digest
            ? "An earlier run brought the clip %s and did not live to note it."
            : "The ledger had no record of the clip %s, and the %s tells nothing of it: it "
              "is taken into the ledger as it is.",
        clip, job->request->engine->called);
    return job_succeed(job);
}

/* Whether an error says nothing of the clip, but of the machine. */
static bool is_of_machine(int error)
{
    return error == AVERROR(ENOMEM) || error == AVERROR(EMFILE) ||
           error == AVERROR(ENFILE) || error == AVERROR(EACCES) || error == AVERROR(EIO);
}

/* @return 1 for a clip to be taken in, 0 for none, or a negative AVERROR */
static int look_at_clip(Job *job, const char *clip, bool proved, ClipFacts *facts,
                        char digest[DIGEST_TEXT_SIZE])
{
    int ret;

    if (access(clip, F_OK))
        return 0;
    if (proved && (ret = store_proves_clip(job->store, job->request->key, job->interrupt,
                                           digest)) <= 0)
        return ret;
    ret = clip_verify(clip, job->request->duration, job->interrupt, facts);
    return ret == AVERROR(EINTR) || is_of_machine(ret) ? ret : ret >= 0;
}

bool fetch_adopt(Job *job, bool proved, Phase *next)
{
    char *clip = store_clip_path(job->store, job->request->key);
    char digest[DIGEST_TEXT_SIZE];
    ClipFacts facts;
    int ret = clip ? look_at_clip(job, clip, proved, &facts, digest) : AVERROR(ENOMEM);

    if (ret > 0)
        *next = adopt(job, clip, &facts, proved ? digest : NULL);
    else if (ret == AVERROR(EINTR)) /* not known yet, and nothing may be bought before */
        *next = job_sleep(job, job->phase, 0);
    else if (ret < 0)
        *next = job_fail(job, FAILURE_STORE, ret,
                         "Cannot read the clip %s: %s; nothing sent.", clip ? clip : "",
                         av_err2str(ret));
    av_free(clip);
    return ret;
}

/* Downloading */

/* Only what is at the service itself is fetched with it, and never along a redirect. */
static bool needs_key(const Job *job)
{
    char *clip = NULL, *own = NULL;
    bool same = job->request->engine->keeps_clips && !job->fetch.moved &&
                url_origin(job->fetch.url, &clip) >= 0 &&
                url_origin(job->request->origin, &own) >= 0 && !strcmp(clip, own);

    av_free(clip);
    av_free(own);
    return same;
}

static Phase start(Job *job)
{
    char *part = store_part_path(job->store, job->request->key);
    DownloadSource source = {
        .url = job->fetch.url,
        .path = part,
        .api_key = needs_key(job) ? job->access.api_key : NULL,
        .ca_file = job->request->ca_file,
        .allow_http = job->request->allow_http,
        .interrupt = job->interrupt,
    };
    int ret =
        part ? download_start(job->http, &source, &job->fetch.download) : AVERROR(ENOMEM);

    av_free(part);
    if (ret >= 0) {
        job_note(job, "download", NULL, NULL, -1);
        return PHASE_FETCH;
    }
    if (ret == AVERROR(EINTR)) /* the loop sees the interrupt */
        return job_sleep(job, PHASE_FETCH, 0);
    if (ret != AVERROR(EINVAL))
        return end_hopeless(job, ret, av_err2str(ret));
    return job_fail(
        job, FAILURE_LATER, ret,
        "The %s names a clip of generation %s that may not be fetched: only https "
        "URLs are. It stays in the ledger; the same command asks again and buys nothing.",
        job->request->engine->called, job->record->id);
}

/* Another attempt after the n-th failure in a row, or the end when max_wait is over. */
static Phase attempt_again(Job *job, int n, Phase phase, const char *what,
                           const char *why)
{
    int64_t us = job_backoff(n, 30, job->fetch.retry_after);

    store_unlock(&job->lock); /* never held while waiting */
    av_strlcpy(job->cause, why, sizeof(job->cause));
    events_say(job->events, n == 1 ? AV_LOG_WARNING : AV_LOG_VERBOSE,
               "%s (%s); going on.", what, why);
    job_note(job, "retry", "download", why, 1);
    return job_sleep(job, phase, us);
}

static Phase again(Job *job, Phase phase, const char *what, const char *why)
{
    return attempt_again(job, ++job->weather, phase, what, why);
}

/* The next poll may give a good URL. It is counted by itself: between two of them the
 * poll is answered, and all is well as far as that goes. */
static Phase ask_anew(Job *job, const char *why)
{
    return attempt_again(job, ++job->fetch.refused, PHASE_POLL,
                         "The clip's URL is no longer good", why);
}

/* Twice the same bytes, and all of them: it is not the way that has damaged them. They
 * were paid for, so they are kept. */
static Phase end_broken(Job *job, const char *why)
{
    char *path;
    int ret = store_keep_broken(job->store, job->request->key, &path);

    job_fail(job, FAILURE_LATER, AVERROR_INVALIDDATA,
             "The server's file is broken: %s. What came is %s%s; generation %s stays in "
             "the ledger, and the same command fetches it again and buys nothing.",
             why, ret < 0 ? "not kept: " : "kept as ", ret < 0 ? av_err2str(ret) : path,
             job->record->id);
    av_free(path);
    return PHASE_END;
}

static Phase take_damaged(Job *job, const DownloadState *state, const char *why)
{
    bool whole = state->size > 0 && state->bytes == state->size;

    if (whole && !strcmp(job->fetch.damaged_hash, state->digest))
        return end_broken(job, why);
    av_strlcpy(job->fetch.damaged_hash, whole ? state->digest : "",
               sizeof(job->fetch.damaged_hash));
    store_drop_part(job->store, job->request->key);
    if (++job->fetch.damaged < MAX_DAMAGED)
        return again(job, PHASE_POLL, "The clip that arrived is damaged", why);
    return job_fail(job, FAILURE_LATER, AVERROR_INVALIDDATA,
                    "The clip of generation %s arrives damaged: %s. It stays in the "
                    "ledger; the same command fetches it again and buys nothing.",
                    job->record->id, why);
}

static Phase publish(Job *job, const ClipFacts *facts, const char *digest)
{
    int ret = store_publish(job->store, job->request->key);

    if (ret < 0)
        return end_hopeless(job, ret, av_err2str(ret));
    ret = keep(job, facts, digest, "ready");
    if (ret >= 0) /* until then it proves the clip */
        store_drop_part(job->store, job->request->key);
    return ret == AVERROR(EINTR) ? job_sleep(job, PHASE_LOOK, 0)
           : ret < 0             ? PHASE_END
                                 : job_succeed(job);
}

static Phase verify(Job *job, const DownloadState *state)
{
    char *part = store_part_path(job->store, job->request->key);
    ClipFacts facts;
    Phase next;
    int ret = part ? clip_verify(part, job->request->duration, job->interrupt, &facts)
                   : AVERROR(ENOMEM);

    if (ret >= 0)
        next = publish(job, &facts, state->digest);
    else if (ret == AVERROR(EINTR))
        next = job_sleep(job, PHASE_FETCH, 0); /* the loop sees the interrupt */
    else if (is_of_machine(ret))
        next = end_hopeless(job, ret, av_err2str(ret)); /* it says nothing of the clip */
    else
        next = take_damaged(job, state, facts.why ? facts.why : av_err2str(ret));
    av_free(part);
    return next;
}

/* What was heard of a generation that is no longer the request's. */
static Phase forget(Job *job)
{
    job->usage = ENGINE_NO_USAGE;
    job->status[0] = '\0';
    job->fetch.bytes = 0;
    job->fetch.refused = 0;
    av_freep(&job->fetch.url);
    store_unlock(&job->lock);
    return PHASE_LOOK;
}

/* One process downloads; the others wait for its clip. */
static Phase begin(Job *job)
{
    Phase next;
    bool had_lock = job->lock >= 0;
    int ret = job_lock(job);

    if (ret <= 0)
        return ret < 0 ? PHASE_END : PHASE_FETCH;
    if (had_lock)
        return start(job);
    /* While the lock was another's the clip may have come, or the ledger gone on to
     * another generation. */
    if ((ret = job_refresh(job)) < 0)
        return job_give_up(job, FAILURE_STORE, ret);
    if (!ret)
        return forget(job);
    if (job->record->state == RECORD_READY && store_has_clip(job->store, job->record))
        return job_succeed(job);
    if (job->record->state == RECORD_RUNNING && fetch_adopt(job, true, &next))
        return next;
    return start(job);
}

/* The clip is elsewhere. The next poll begins at its first place again. */
static Phase follow(Job *job, const char *url)
{
    char *copy = av_strdup(url);

    if (!copy)
        return job_give_up(job, FAILURE_LATER, AVERROR(ENOMEM));
    av_free(job->fetch.url);
    job->fetch.url = copy;
    job->fetch.moved = true;
    return PHASE_FETCH;
}

/* A server that says so of what it has completed has removed it. */
static bool is_gone(const Job *job, const DownloadState *state)
{
    int asks = job->request->engine->asks;
    return asks && (state->status == 404 || state->status == 410) &&
           job->fetch.refused + 1 >= asks;
}

static Phase end_expired(Job *job, const DownloadState *state)
{
    return job_fail(job, FAILURE_LATER, AVERROR(ENODATA),
                    "The generation %s is completed, and its clip is no longer on the "
                    "server (%s). It stays in the ledger; i2vctl forget %.12s drops it.",
                    job->record->id, state->why, job->request->key);
}

static Phase take_result(Job *job, DownloadResult result, const DownloadState *state)
{
    switch (result) {
    case DOWNLOAD_GOING:
        break;
    case DOWNLOAD_DONE:
        return verify(job, state);
    case DOWNLOAD_MOVED:
        return follow(job, state->url);
    case DOWNLOAD_EXPIRED:
        return is_gone(job, state) ? end_expired(job, state) : ask_anew(job, state->why);
    case DOWNLOAD_BROKEN:
        return again(job, PHASE_FETCH, "The download did not finish", state->why);
    case DOWNLOAD_HOPELESS:
        return end_hopeless(job, state->error, state->why);
    }
    return PHASE_FETCH;
}

Phase fetch_step(Job *job)
{
    Download *d = job->fetch.download;

    if (!d)
        return begin(job);
    DownloadResult result = download_result(d);
    const DownloadState *state = download_state(d);
    if (result == DOWNLOAD_GOING)
        return PHASE_FETCH;
    /* An attempt that got somewhere is no bad luck. */
    if (state->bytes > job->fetch.bytes)
        job->weather = job->fetch.refused = 0;
    job->fetch.bytes = state->bytes;
    job->fetch.retry_after = state->retry_after;
    job->fetch.download = NULL;
    Phase next = take_result(job, result, state);
    download_end(&d);
    return next;
}
