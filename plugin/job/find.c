/* i2v: find a generation whose create call was not answered
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/state.h"

#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/mem.h>

#include "base/json.h"

/* Create calls that the engine answered with a fault of its own. */
#define MAX_FAULTS 3

/* Between two looks through its list, and between two of its pages: 200 requests a
 * minute are the limit, for every program of the account together. */
#define LOOK_US (5 * SECOND_US)
#define PAGE_US (SECOND_US / 2)

/* How long a look that began before the limit may go on. */
#define FIND_GRACE_US (10 * SECOND_US)

/* The list takes a window of 92 days. Tries of one request lie within a day, since
 * none is waited for longer; and what says only by this machine's clock when it was sent
 * is looked for in the week before, too. */
#define WINDOW_S (91 * DAY_SECONDS)
#define TRIES_S  DAY_SECONDS
#define WEEK_S   (7 * DAY_SECONDS)

/* Whether everything that could still turn up of it would have by now. Both points in
 * time are the engine's; without them it has no age. */
static bool is_old(const Job *job)
{
    int64_t now = engine_time(job->request->origin);
    double sent = job->record->gateway_time;

    return now >= 0 && sent > 0 && !job->create.client_id[0] &&
           (double)now - sent > DAY_SECONDS;
}

/* When looking ends, whatever was found. */
static int64_t end_of_looking(const Job *job)
{
    return FFMAX(job->find.until, job_deadline(job)) + FIND_GRACE_US;
}

int64_t find_watch(const Job *job)
{
    int64_t within = job->request->engine->listed_within * SECOND_US;
    return within ? FFMIN(within, job->patience) : job->patience;
}

static Phase rest(Job *job, int64_t us)
{
    job->wake = FFMIN(clock_now() + us, end_of_looking(job));
    return PHASE_FIND;
}

/* Of a request of which nothing is known but that it was there. One whose sending is
 * known may still be under way, and the clip another generation's; and what was noted of
 * a clip is better known than what lies there now. */
static bool is_lost(const Record *record)
{
    return record->state == RECORD_SENT && record->sent_at <= 0 && !record->clip_hash[0];
}

bool find_unproved_clip(Job *job, Phase *next)
{
    return is_lost(job->record) && fetch_adopt(job, false, next);
}

/* What is known, and how to go on. */
static Phase stop_lost(Job *job, const char *why)
{
    /* Where a list tells by the prompt, that there is no trace proves nothing. */
    bool proves = !job->request->engine->listed_within;
    Phase next;

    if (find_unproved_clip(job, &next))
        return next;
    return job_fail(
        job, FAILURE_LATER, AVERROR(ETIMEDOUT),
        "The request was sent and its answer lost, and %s (client request id %s). "
        "Nothing more was sent. The same command looks again, and sends it anew %s; "
        "%s pays for a new generation now.",
        why, job->record->client_ids,
        !proves ? "never by itself, only once i2vctl forget has dropped it"
        : job->record->faulted
            ? "only when half a minute of looking has shown no trace of it"
            : "only when 24 h have passed without a trace of it",
        request_next_take(job->request));
}

/* @param why  with a %s for what the engine lists */
static Phase stop_listing(Job *job, const char *why)
{
    char text[160];

    snprintf(text, sizeof(text), why, job->request->engine->listing);
    return stop_lost(job, text);
}

/* Why the row of a request might not be in what was listed, with a %s for that; NULL when
 * it would be. */
static const char *find_doubt(const Job *job)
{
    if (job->foreign)
        return "this API key's %s tells nothing of another's";
    if (engine_time(job->request->origin) < 0)
        return "no answer says what time it is, so the %s tells nothing";
    return NULL;
}

/* Every page was listed without a row of ours, and the time for looking is over. */
static Phase end_search(Job *job)
{
    /* What is told by its prompt may be listed elsewhere: that it is not there is no
     * proof. */
    bool proves = !job->request->engine->listed_within;
    bool may_create =
        (proves && job->create.faults > 0 && job->find.enough) || is_old(job);
    const char *doubt = find_doubt(job);

    if (doubt)
        return stop_listing(job, doubt);
    if (!may_create)
        return stop_listing(job, "the %s shows no generation of it");
    job->find.asking = job->create.suspect;
    if (job->find.asking)
        return PHASE_FIND;
    if (!job->may_create && !job->refusal)
        return job_fail(job, FAILURE_LATER, AVERROR(ETIMEDOUT),
                        "The request was sent and its answer lost, and the %s shows no "
                        "generation of it (client request id %s); the command that made "
                        "the request sends it anew.",
                        job->request->engine->called, job->record->client_ids);
    /* It stays sent, and its tries known: the next run looks again before another. */
    if (job->create.faults >= MAX_FAULTS)
        return job_fail(job, FAILURE_GATEWAY, AVERROR_HTTP_SERVER_ERROR,
                        "The %s refused the request: it failed three times and shows no "
                        "generation (HTTP 500).",
                        job->request->engine->called);
    char why[96];
    snprintf(why, sizeof(why), "The %s shows no generation of this request",
             job->request->engine->listing);
    return answer_create_again(job, why, 0);
}

/* What is found late was accepted when it was sent. */
static Phase accept_found(Job *job, const EngineAnswer *answer)
{
    double sent = job->record->sent_at;
    return answer_accept(job, answer, sent > 0 ? sent : record_now());
}

/* A 500 or 503 came with an id: what the engine says of that decides before another try,
 * since a row may appear only once the generation has ended. */
static Phase take_suspect(Job *job, EngineAnswer *answer)
{
    bool unknown = answer->verdict == ENGINE_REFUSED && answer->status != 401 &&
                   answer->status != 403;

    if (answer->verdict == ENGINE_JOB && answer->job.state != JOB_FAILED) {
        if (!answer->job.id)
            answer->job.id = av_strdup(job->create.suspect);
        return answer->job.id ? accept_found(job, answer)
                              : job_give_up(job, FAILURE_LATER, AVERROR(ENOMEM));
    }
    if (unknown || answer->verdict == ENGINE_JOB) {
        av_freep(&job->create.suspect);
        return end_search(job);
    }
    if (answer->verdict == ENGINE_REFUSED)
        return stop_lost(job, "nothing is told about it");
    return rest(job, job_backoff(++job->weather, 4, answer->retry_after));
}

/* What time it is: by the engine, else by this machine, which may be wrong. */
static int64_t now_there(const Job *job)
{
    int64_t now = engine_time(job->request->origin);
    return now >= 0 ? now : (int64_t)record_now();
}

/* The window of a look: from the first try until now. */
static void set_window(Job *job)
{
    const Record *r = job->record;
    double now = (double)now_there(job), since = r->gateway_time;
    /* By a prompt an earlier one would be taken for it. */
    bool several = !job->request->engine->listed_within && r->client_ids &&
                   strchr(r->client_ids, ' ');

    if (since > 0)
        since -= several ? TRIES_S : 0;
    else
        since = FFMIN(r->created > 0 ? r->created : 0, now) - WEEK_S;
    job->find.window[0] = (int64_t)av_clipd(since, now - WINDOW_S, now);
    job->find.window[1] = (int64_t)now;
    job->find.began = clock_now();
}

/* Whether the engine's clock, which an answer has told, is beyond the window. */
static bool has_missed_window(const Job *job)
{
    int64_t passed = (clock_now() - job->find.began) / SECOND_US;
    int64_t away = now_there(job) - passed - job->find.window[1];

    return away > ENGINE_SKEW || away < -ENGINE_SKEW;
}

/* What this run has sent is not older than the time it hears now: what was heard before
 * the call may have come from a cache. @return 0, or a negative AVERROR after a sentence
 */
static int note_time(Job *job)
{
    double now = (double)engine_time(job->request->origin);
    Record *r = job->record;

    if (!job->create.client_id[0] || r->gateway_time <= 0 ||
        now < r->gateway_time + ENGINE_SKEW)
        return 0;
    r->gateway_time = now;
    return job_record(job, RECORD_SENT, "dated", NULL);
}

/* What is told by its prompt alone might be another take of the same request, whose own
 * answer is only about to come: by the next look the ledger knows of that. */
static bool is_sure(Job *job, const EngineAnswer *answer)
{
    bool again = *job->find.candidate && !strncmp(job->find.candidate, answer->job.id,
                                                  sizeof(job->find.candidate) - 1);

    av_strlcpy(job->find.candidate, answer->job.id, sizeof(job->find.candidate));
    return !answer->guessed || again;
}

static Phase look_from_start(Job *job, int64_t us)
{
    job->find.offset = 0;
    job->find.after[0] = '\0';
    return rest(job, us);
}

static Phase take_page(Job *job, const EngineAnswer *answer)
{
    bool twice = job->find.untold;

    job->find.untold = answer->untold;
    if (answer->untold && twice)
        return stop_listing(job, "the %s does not tell which of them is this request's");
    if (answer->untold || (answer->job.id && !is_sure(job, answer)))
        return look_from_start(job, LOOK_US);
    if (answer->job.id) {
        events_say(job->events, answer->guessed ? AV_LOG_WARNING : AV_LOG_INFO,
                   "Found in the %s%s.", job->request->engine->listing,
                   answer->guessed ? ", by its prompt, size and time alone" : "");
        job_note(job, "found", NULL, NULL, -1);
        return accept_found(job, answer);
    }
    job->weather = 0;
    if (has_missed_window(job))
        return look_from_start(job, PAGE_US);
    /* An empty page that claims more is no end of the list: from the start again. */
    if (answer->more && !answer->rows)
        return look_from_start(job, LOOK_US);
    if (answer->more) {
        job->find.offset += answer->rows;
        av_strlcpy(job->find.after, answer->after, sizeof(job->find.after));
        return rest(job, PAGE_US);
    }
    look_from_start(job, 0);
    if (job->find.began >= job->find.until || is_old(job))
        return end_search(job);
    job->wake = FFMIN(clock_now() + LOOK_US, job->find.until);
    return PHASE_FIND;
}

static Phase take_listing(Job *job, const EngineAnswer *answer)
{
    if (note_time(job) < 0)
        return PHASE_END;
    if (answer->verdict == ENGINE_JOB)
        return take_page(job, answer);
    if (answer->status == 401 && job_try_key_again(job))
        return rest(job, 0);
    if (answer->verdict == ENGINE_REFUSED) {
        events_say(job->events, AV_LOG_WARNING, "The %s refused its %s: %s (HTTP %d).",
                   job->request->engine->called, job->request->engine->listing,
                   answer->text, answer->status);
        return stop_listing(job, "the %s could not be read");
    }
    events_say(job->events, job->weather ? AV_LOG_VERBOSE : AV_LOG_WARNING,
               "Could not read the %s: %s; looking again.", job->request->engine->listing,
               answer->text);
    return rest(job, job_backoff(++job->weather, 15, answer->retry_after));
}

/* Whether the ledger has it for another request, or for another generation of this. */
static bool is_known(void *opaque, const char *id)
{
    const Job *job = opaque;
    return store_knows_id(job->store, job->request->key, id);
}

static int ask(Job *job)
{
    const Engine *engine = job->request->engine;

    if (job->find.asking)
        return engine->poll(&job->access, job->http, job->create.suspect, &job->call);
    if (!job->find.offset)
        set_window(job);
    EngineQuery query = {
        .client_ids = job->record->client_ids,
        .prompt = job->request->prompt,
        .prompt_is_cut = !job->request->fields, /* of the journal, perhaps */
        .size = json_text(job->record->request, "size"),
        .timed = job->record->gateway_time > 0,
        .since = job->find.window[0],
        .until = job->find.window[1],
        .offset = job->find.offset,
        .after = job->find.after,
        .is_known = is_known,
        .opaque = job,
    };
    return engine->find(&job->access, job->http, &query, &job->call);
}

/* What has a clip has ended, so its row would be there by now. */
static bool has_lost_clip(const Job *job)
{
    return is_lost(job->record) && store_has_any_clip(job->store, job->request->key);
}

Phase find_step(Job *job)
{
    EngineAnswer answer;
    int64_t now = clock_now();

    if (!job->request->engine->find)
        return stop_lost(job, "this engine does not list what was sent to it");
    if (!job->find.until)
        job->find.until = now + (has_lost_clip(job) ? 0 : find_watch(job));
    if (now >= end_of_looking(job)) {
        engine_end(&job->call);
        return stop_listing(job, job->find.asking
                                     ? "nothing is told about it"
                                     : "the %s could not be read to its end");
    }
    if (!job->call) {
        int ret = ask(job);
        return ret < 0 ? job_give_up(job, FAILURE_GATEWAY, ret) : PHASE_FIND;
    }
    if (!engine_answered(job->call, &answer))
        return PHASE_FIND;
    engine_end(&job->call);
    Phase next =
        job->find.asking ? take_suspect(job, &answer) : take_listing(job, &answer);
    engine_job_clear(&answer.job);
    return next;
}
