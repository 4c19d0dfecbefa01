/* i2v: a job from its making to its end
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/state.h"

#include <libavutil/mem.h>

#include "job/budget.h"

Job *job_alloc(const JobPlan *plan, const Outcome *out)
{
    Job *job = av_mallocz(sizeof(*job));

    if (!job)
        return NULL;
    job->lock = job->attended = -1;
    job->orphan = true;
    job->request = request_ref(plan->request);
    job->store = store_ref(plan->store);
    job->may_create = plan->may_create;
    job->refusal = plan->refusal;
    job->price = plan->price;
    job->patience = plan->request->max_wait;
    job->ahead = plan->ahead;
    job->events = events_alloc(out->log, plan->voice);
    if (!job->events) {
        job_free(&job);
        return NULL;
    }
    events_set_key(job->events, plan->request->key);
    job_set_log(job, out->log);
    return job;
}

void job_set_log(Job *job, void *log)
{
    job->out.log = log;
    events_set_log(job->events, log);
}

void job_begin(Job *job, Http *http, const AVIOInterruptCB *interrupt)
{
    const Request *r = job->request;

    job->http = http;
    job->interrupt = interrupt;
    job->access = (EngineAccess){r->origin, r->api_key, r->ca_file, r->allow_http};
    job->usage = ENGINE_NO_USAGE;
    job->waiting_since = clock_now();
    schedule_plan(&job->poll.schedule, job->store, r->model_name, r->duration,
                  r->model ? r->model->latency : 0);
}

/* Whether a create call of its own may have been accepted. */
static bool may_have_bought(const Job *job)
{
    const Record *r = job->record;
    return r && job->create.client_id[0] && (r->id || r->state == RECORD_SENT);
}

void job_end(Job *job)
{
    if (job->counted && !may_have_bought(job))
        budget_give_back(job->price);
    job->counted = false;
    engine_end(&job->call);
    download_end(&job->fetch.download);
    store_unlock(&job->lock);
    store_unlock(&job->attended);
    engine_body_clear(&job->create.body);
    still_free(&job->still);
    still_free(&job->end);
    av_freep(&job->create.suspect);
    av_freep(&job->fetch.url);
    av_freep(&job->key_again);
}

void job_free(Job **job)
{
    Job *j = *job;

    if (!j)
        return;
    job_end(j);
    record_free(&j->record);
    events_free(&j->events);
    store_close(&j->store);
    request_free(&j->request);
    av_freep(job);
}
