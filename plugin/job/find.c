/* i2v: find a generation whose create call was not answered
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/state.h"

#include <errno.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <libavutil/time.h>

#define SECOND_US   (1000000LL)
#define DAY_SECONDS (24 * 3600)

/* Create calls that the gateway answered with a fault of its own. */
#define MAX_FAULTS 3

/* Between two looks through the usage log, and between two of its pages: 200 requests a
 * minute are the limit, for every program of the account together. */
#define LOOK_US (5 * SECOND_US)
#define PAGE_US (SECOND_US / 2)

/* A look that began in time may take so much longer. */
#define FIND_GRACE_US (10 * SECOND_US)

/* The usage log takes a window of 92 days; and what is looked through when the intent
 * seems to lie in the future. */
#define WINDOW_S (91 * 24 * 3600.0)
#define WEEK_S   (7 * 24 * 3600.0)

/* A machine that thinks it is earlier does not know the time: 2024-01-01. */
#define EARLIEST 1704067200.0

/* Whether everything that could still turn up of it would have by now. */
static bool is_old(const Generation *g)
{
    double sent = record_number(g->record, RECORD_SENT_AT, record_now());
    /* What this run sent is not old, whatever the clock has been set to. */
    return !g->client_id[0] && record_now() - sent > DAY_SECONDS;
}

/* When looking ends, whatever was found. */
static int64_t end_of_looking(const Generation *g)
{
    return FFMAX(g->find_until, g->waiting_since + g->request->max_wait) + FIND_GRACE_US;
}

static void rest(Generation *g, int64_t us)
{
    g->wake = FFMIN(av_gettime_relative() + us, end_of_looking(g));
}

/* What is known, and how to go on. */
static void stop_lost(Generation *g, const char *why)
{
    events_say(
        g->events, AV_LOG_ERROR,
        "The request was sent and its answer lost, and %s (client request id %s). "
        "Nothing more was sent. The same command looks again, and sends it anew only when "
        "24 h have passed without a trace of it; -take %d pays for a new generation "
        "now.\n",
        why, record_text(g->record, RECORD_CLIENT_IDS), g->request->take + 1);
    generation_fail(g, AVERROR(ETIMEDOUT), FAILURE_LATER);
}

/* Why the row of a request might not be in what was listed; NULL when it would be. */
static const char *find_doubt(const Generation *g)
{
    if (g->foreign)
        return "this API key's usage log tells nothing of another's";
    if (g->clock_differs)
        return "this machine's clock is not the gateway's, so the usage log tells nothing";
    if (record_number(g->record, RECORD_CREATED, 0) < EARLIEST)
        return "this machine's clock was wrong then, so the usage log tells nothing";
    return NULL;
}

/* Every page was listed without a row of ours, and the time for looking is over. */
static void end_search(Generation *g)
{
    bool may_create = (g->faults > 0 && g->find_enough) || is_old(g);
    const char *doubt = find_doubt(g);
    EngineAnswer answer = {
        .status = 500,
        .error = AVERROR_HTTP_SERVER_ERROR,
        .text = "it failed three times and shows no generation",
    };

    if (doubt || !may_create)
        stop_lost(g, doubt ? doubt : "the gateway's usage log shows no generation of it");
    else if (g->suspect[0])
        g->asking_suspect = true;
    else if (g->faults >= MAX_FAULTS)
        generation_end_refused(g, &answer);
    else
        generation_create_again(g, "The usage log shows no generation of this request",
                                0);
}

/* A 500 or 503 came with an id: what the gateway says of that decides before another
 * try, since a row may appear only once the generation has ended. */
static void take_suspect(Generation *g, EngineAnswer *answer)
{
    bool unknown = answer->verdict == ENGINE_REFUSED && answer->status != 401 &&
                   answer->status != 403;

    if (answer->verdict == ENGINE_JOB && answer->job.state != JOB_FAILED) {
        if (!answer->job.id)
            answer->job.id = av_strdup(g->suspect);
        if (answer->job.id)
            generation_accept(g, answer);
        else
            generation_fail(g, AVERROR(ENOMEM), FAILURE_LATER);
    } else if (unknown || answer->verdict == ENGINE_JOB) {
        g->suspect[0] = '\0';
        g->asking_suspect = false;
        end_search(g);
    } else if (answer->verdict == ENGINE_REFUSED) {
        stop_lost(g, "the gateway does not tell about it");
    } else {
        rest(g, generation_backoff(++g->weather, 4, answer->retry_after));
    }
}

static void take_page(Generation *g, const EngineAnswer *answer)
{
    int64_t away = answer->date - (int64_t)record_now();

    if (answer->job.id) {
        events_say(g->events, AV_LOG_INFO, "Found in the usage log.\n");
        generation_note(g, "found", NULL, NULL, -1);
        generation_accept(g, answer);
        return;
    }
    g->weather = 0;
    g->clock_differs = answer->date >= 0 && (away > ENGINE_SKEW || away < -ENGINE_SKEW);
    if (answer->more) {
        /* An empty page that claims more is no end of the list: from the start again. */
        g->find_offset = answer->rows ? g->find_offset + answer->rows : 0;
        rest(g, answer->rows ? PAGE_US : LOOK_US);
        return;
    }
    g->find_offset = 0;
    if (g->find_began >= g->find_until)
        end_search(g);
    else
        g->wake = FFMIN(av_gettime_relative() + LOOK_US, g->find_until);
}

static void take_find(Generation *g, const EngineAnswer *answer)
{
    if (answer->verdict == ENGINE_JOB) {
        take_page(g, answer);
    } else if (answer->status == 401 && generation_try_key_again(g)) {
        rest(g, 0);
    } else if (answer->verdict == ENGINE_REFUSED) {
        events_say(g->events, AV_LOG_WARNING,
                   "The gateway refused its usage log: %s (HTTP %d).\n", answer->text,
                   answer->status);
        stop_lost(g, "the usage log could not be read");
    } else {
        events_say(g->events, g->weather ? AV_LOG_VERBOSE : AV_LOG_WARNING,
                   "Could not read the usage log: %s; looking again.\n", answer->text);
        rest(g, generation_backoff(++g->weather, 15, answer->retry_after));
    }
}

static int ask(Generation *g)
{
    double created = record_number(g->record, RECORD_CREATED, 0), now = record_now();

    if (g->asking_suspect)
        return g->request->engine->poll(&g->gateway, g->http, g->suspect, &g->call);
    if (!g->find_offset)
        g->find_began = av_gettime_relative();
    /* Until now, not for a day: a clock that was behind put the intent too early. One
     * that was ahead put it anywhere. */
    created = av_clipd(created, now - WINDOW_S, now > created ? now : now - WEEK_S);
    return g->request->engine->find(&g->gateway, g->http,
                                    record_text(g->record, RECORD_CLIENT_IDS),
                                    (int64_t)created, g->find_offset, &g->call);
}

void generation_find(Generation *g)
{
    EngineAnswer answer;
    int64_t now = av_gettime_relative();

    if (!g->request->engine->find) {
        stop_lost(g, "there is no list to look for it in");
        return;
    }
    if (!g->find_until)
        g->find_until = is_old(g) ? now : now + g->request->max_wait;
    if (now >= end_of_looking(g)) {
        engine_end(&g->call);
        stop_lost(g, g->asking_suspect ? "the gateway does not tell about it"
                                       : "the usage log could not be read to its end");
        return;
    }
    if (!g->call) {
        int ret = ask(g);
        if (ret < 0)
            generation_fail(g, ret, FAILURE_GATEWAY);
        return;
    }
    if (!engine_answered(g->call, &answer))
        return;
    engine_end(&g->call);
    if (g->asking_suspect)
        take_suspect(g, &answer);
    else
        take_find(g, &answer);
    engine_answer_clear(&answer);
}
