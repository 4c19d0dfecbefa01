/* i2v: ask whether the engine takes requests, before one is sent
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/state.h"

#include <string.h>

#include <libavutil/avstring.h>

/* Nothing is sent while it starts, or does not answer. */
static Phase wait_for_ready(Job *job, const EngineAnswer *answer)
{
    bool news = strcmp(job->cause, answer->text);

    av_strlcpy(job->cause, answer->text, sizeof(job->cause));
    events_say(job->events, news ? AV_LOG_WARNING : AV_LOG_VERBOSE,
               "The server at %s is not ready (%s); waiting for it, nothing is sent yet.",
               job->request->origin, answer->text);
    job_note(job, "retry", NULL, answer->text, 1);
    return job_sleep(job, PHASE_READY,
                     job_backoff(++job->weather, 15, answer->retry_after));
}

/* Whether what answered is something else, a page or a portal, which waiting does not
 * mend. */
static bool is_another(const EngineAnswer *answer)
{
    return (answer->verdict == ENGINE_LOST || answer->verdict == ENGINE_REFUSED) &&
           answer->status >= 200 && answer->status < 400;
}

/* Whether it may take requests in a while; also where no whole answer came: by its time
 * what is sent afterwards may have to be looked for. Of an error in its list, which a
 * gateway may have from elsewhere, that cannot be said; the create call has an answer of
 * its own. */
static bool is_starting(const EngineAnswer *answer)
{
    return answer->verdict == ENGINE_UNSENT || answer->status == 429 ||
           answer->status == 502 || answer->status == 503 || answer->status == 504;
}

static Phase take_answer(Job *job, const EngineAnswer *answer)
{
    if (is_another(answer))
        return job_fail(job, FAILURE_GATEWAY, AVERROR_INVALIDDATA,
                        "What answers at %s is no server with the Videos API (%s); "
                        "nothing was sent; check base_url.",
                        job->request->origin, answer->text);
    if (answer->permanent || answer->error == AVERROR(EHOSTUNREACH))
        return job_fail(job, FAILURE_GATEWAY, answer->error,
                        "Cannot reach the server at %s: %s; nothing was sent.",
                        job->request->origin, answer->text);
    if (is_starting(answer))
        return wait_for_ready(job, answer);
    job->weather = 0;
    job->cause[0] = '\0';
    return PHASE_CREATE;
}

Phase ready_step(Job *job)
{
    EngineAnswer answer;

    if (!job->call) {
        int ret = job->request->engine->ready(&job->access, job->http, &job->call);
        return ret < 0 ? job_give_up(job, FAILURE_GATEWAY, ret) : PHASE_READY;
    }
    if (!engine_answered(job->call, &answer))
        return PHASE_READY;
    engine_end(&job->call);
    Phase next = take_answer(job, &answer);
    engine_job_clear(&answer.job);
    return next;
}
