/* i2v: ask how a generation is
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/state.h"

#include <string.h>

#include <libavutil/avstring.h>

static Phase end_refused(Job *job, const EngineAnswer *answer)
{
    bool key = job_kind_of(answer->error) == FAILURE_KEY;
    return job_fail(
        job, key ? FAILURE_KEY : FAILURE_LATER, answer->error,
        "The %s refused to tell about generation %s: %s (HTTP %d). It stays in the "
        "ledger: the same command asks for it again and buys nothing; %s would buy "
        "a new one.",
        job->request->engine->called, job->record->id, answer->text, answer->status,
        request_next_take(job->request));
}

/* A server that keeps its jobs in memory has lost them when it starts again, and one
 * behind another may not be the one that was asked before. */
static Phase end_unknown(Job *job, const EngineAnswer *answer)
{
    return job_fail(
        job, FAILURE_LATER, answer->error,
        "The server does not know generation %s (%s): it may have been started again, or "
        "be one of several. The generation stays in the ledger: the same command asks for "
        "it again and makes no other; i2vctl forget %.12s drops it.",
        job->record->id, answer->text, job->request->key);
}

/* What stands before a server may know of a failure and tell each poll so. */
static Phase end_same(Job *job, const EngineAnswer *answer)
{
    return job_fail(
        job, FAILURE_LATER, answer->error,
        "The server answers each poll of generation %s with HTTP %d: %s. It stays in the "
        "ledger: the same command asks for it again and makes no other; i2vctl forget "
        "%.12s drops it.",
        job->record->id, answer->status, answer->text, job->request->key);
}

/* @return whether it has not been said often enough yet to count */
static bool may_be_known(Job *job, const EngineAnswer *answer)
{
    return answer->status == 404 && ++job->poll.unknown < job->request->engine->asks;
}

static bool is_always_so(Job *job, const EngineAnswer *answer)
{
    bool same = answer->status >= 500 && !strcmp(job->poll.trouble, answer->text);
    int asks = job->request->engine->asks;

    job->poll.same = same ? job->poll.same + 1 : 1;
    return asks && same && job->poll.same >= 2 * asks;
}

static Phase take_answer(Job *job, const EngineAnswer *answer)
{
    bool unknown = answer->status == 404 && job->request->engine->asks;

    job->poll.answered = true;
    if (answer->status == 401 && job_try_key_again(job))
        return job_sleep(job, PHASE_POLL, 0);
    if (answer->verdict == ENGINE_REFUSED && job->poll.checking &&
        job_kind_of(answer->error) != FAILURE_KEY)
        return answer_create_after_all(job);
    if (answer->verdict == ENGINE_REFUSED && !may_be_known(job, answer))
        return unknown ? end_unknown(job, answer) : end_refused(job, answer);
    if (answer->verdict == ENGINE_JOB) {
        job->weather = job->poll.unknown = 0;
        job->poll.trouble[0] = '\0';
        return answer_take_state(job, answer);
    }
    if (is_always_so(job, answer))
        return end_same(job, answer);
    int64_t us = job_backoff(++job->weather, 30, answer->retry_after);
    bool news = job->weather == 1 || strcmp(job->poll.trouble, answer->text);
    av_strlcpy(job->poll.trouble, answer->text, sizeof(job->poll.trouble));
    events_say(job->events, news ? AV_LOG_WARNING : AV_LOG_VERBOSE,
               "Could not ask how the generation is: %s; asking again.", answer->text);
    job_note(job, "retry", NULL, answer->text, 1);
    return job_sleep(job, PHASE_POLL, us);
}

Phase poll_step(Job *job)
{
    EngineAnswer answer;

    if (job->attended < 0)
        job->attended = store_attend(job->store, job->request->key);
    if (!job->call) {
        int ret = job->request->engine->poll(&job->access, job->http, job->record->id,
                                             &job->call);
        return ret < 0 ? job_give_up(job, FAILURE_LATER, ret) : PHASE_POLL;
    }
    if (!engine_answered(job->call, &answer))
        return PHASE_POLL;
    engine_end(&job->call);
    Phase next = take_answer(job, &answer);
    engine_job_clear(&answer.job);
    return next;
}
