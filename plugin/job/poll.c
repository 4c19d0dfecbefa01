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
        "The gateway refused to tell about generation %s: %s (HTTP %d). It stays in the "
        "ledger: the same command asks for it again and buys nothing; -take %d would buy "
        "a new one.",
        job->record->id, answer->text, answer->status, job->request->take + 1);
}

static Phase take_answer(Job *job, const EngineAnswer *answer)
{
    job->poll.answered = true;
    if (answer->status == 401 && job_try_key_again(job))
        return job_sleep(job, PHASE_POLL, 0);
    if (answer->verdict == ENGINE_REFUSED && job->poll.checking &&
        job_kind_of(answer->error) != FAILURE_KEY)
        return answer_create_after_all(job);
    if (answer->verdict == ENGINE_REFUSED)
        return end_refused(job, answer);
    if (answer->verdict == ENGINE_JOB) {
        job->weather = 0;
        return answer_take_state(job, answer);
    }
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
