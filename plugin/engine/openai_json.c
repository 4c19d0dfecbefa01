/* i2v: the shapes of answers in OpenAI's style
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/openai.h"

#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/json.h"
#include "engine/job_json.h"
#include "engine/words.h"

/* The clock of a gateway is not that of the server behind it. A row that is older by more
 * than the first is of another call; what is older by more than the second may be. */
#define SLACK_S   300
#define CERTAIN_S 5

/* The words of the servers that are known, and of the gateways before them. */
static const JobWords words = {
    .pending = "queued,in_progress,pending,processing,running,generating,postprocessing,"
               "preparing,submitted,not_start,created,starting,unknown",
    .completed = "completed,complete,succeeded,success,finished",
    .failed = "failed,failure,fail,error,cancelled,canceled,expired,deleted",
};

/* Where a clip is that is not under the id: in a bucket, at the service behind a gateway.
 */
static const char *find_url(const cJSON *json)
{
    static const char *const names[] = {"url", "urls", "unsigned_urls", "data"};
    const char *url = NULL;

    for (size_t i = 0; i < FF_ARRAY_ELEMS(names) && !url; i++)
        url = job_find_url(json_member(json, names[i]));
    return url ? url : json_text(json_member(json, "metadata"), "url");
}

static EngineUsage usage_of(const cJSON *json)
{
    EngineUsage usage = ENGINE_NO_USAGE;

    usage.usd = json_number(json_member(json, "usage"), "cost", -1);
    return usage;
}

int openai_parse_job(const char *body, size_t size, EngineJob *job)
{
    static const char *const ids[] = {"id", "task_id", NULL};
    cJSON *json = json_parse(body, size);
    const char *object = json_text(json, "object"), *status = json_text(json, "status");
    bool is_video = object && !strcmp(object, "video");
    const char *url = find_url(json);
    char said[512];
    int ret = 0;

    *job = ENGINE_NO_JOB;
    if (cJSON_IsObject(json))
        job->id = job_take_id(json, body, size, ids);
    if (!cJSON_IsObject(json) || (!is_video && !(job->id && status))) {
        ret = AVERROR_INVALIDDATA;
        goto end;
    }
    if (url && *url && !(job->url = av_strdup(url)))
        ret = AVERROR(ENOMEM);
    const cJSON *error = json_member(json, "error");
    job_judge(job, status, &words, words_of(error, said, sizeof(said)));
    if (ret >= 0 && (job->state == JOB_FAILED || job->state == JOB_EMPTY))
        ret = job_take_reason(job, json, error);
    job->progress = json_number(json, "progress", -1);
    job->usage = usage_of(json);
end:
    if (ret < 0)
        engine_job_clear(job);
    cJSON_Delete(json);
    return ret;
}

/* Some say that it is gone, and some show the job, which they make to its end. */
int openai_parse_deleted(const char *body, size_t size, EngineAnswer *answer)
{
    cJSON *json = json_parse(body, size);
    const char *status = json_text(json, "status");
    bool deleted = cJSON_IsTrue(json_member(json, "deleted"));

    answer->job = ENGINE_NO_JOB;
    answer->runs_on = !deleted;
    cJSON_Delete(json);
    return deleted || status ? 0 : AVERROR_INVALIDDATA;
}

/* The list */

/* The newest come first: behind one of before the window there is nothing. */
static bool is_past(const cJSON *row, const EngineQuery *query)
{
    double created = json_number(row, "created_at", -1);

    return created >= 0 && created < (double)(query->since - SLACK_S);
}

/* Whether a row may be of what was sent in the window; one without a time may be. */
static bool is_of_window(const cJSON *row, const EngineQuery *query)
{
    return !is_past(row, query) &&
           json_number(row, "created_at", -1) <= (double)(query->until + ENGINE_SKEW);
}

/* Whether a row says nothing else than what was asked for. A server may tell no size. */
static bool looks_alike(const cJSON *row, const EngineQuery *query)
{
    const char *prompt = json_text(row, "prompt"), *size = json_text(row, "size");
    size_t length = strlen(query->prompt);

    return (!size || !*size || !query->size || !strcmp(size, query->size)) &&
           (!prompt || (query->prompt_is_cut ? !strncmp(prompt, query->prompt, length)
                                             : !strcmp(prompt, query->prompt)));
}

/* Whether it can be no other: its prompt is there, and when it came to be. */
static bool tells(const cJSON *row, const EngineQuery *query)
{
    double created = json_number(row, "created_at", -1);

    return json_text(row, "prompt") && query->timed &&
           created >= (double)(query->since - CERTAIN_S);
}

/* Of two that look alike neither is taken. */
static int take_row(const cJSON *row, const EngineQuery *query, EngineAnswer *answer)
{
    const char *id = json_text(row, "id");

    if (!is_of_window(row, query) || !looks_alike(row, query) ||
        (job_is_id(id) && query->is_known && query->is_known(query->opaque, id)))
        return 0;
    if (!job_is_id(id) || !tells(row, query) || answer->job.id) {
        answer->untold = true;
        return 0;
    }
    answer->guessed = true;
    return (answer->job.id = av_strdup(id)) ? 0 : AVERROR(ENOMEM);
}

int openai_parse_rows(const char *body, size_t size, const EngineQuery *query,
                      EngineAnswer *answer)
{
    cJSON *json = json_parse(body, size);
    const cJSON *data = json_member(json, "data"), *row, *last = NULL;
    int ret = cJSON_IsArray(data) ? 0 : AVERROR_INVALIDDATA;

    answer->job = ENGINE_NO_JOB;
    answer->rows = cJSON_GetArraySize(data);
    cJSON_ArrayForEach(row, data)
    {
        last = row;
        if (ret >= 0 && query)
            ret = take_row(row, query, answer);
    }
    if (!query)
        goto end;
    const char *id = json_text(last, "id");
    bool goes_on =
        cJSON_IsTrue(json_member(json, "has_more")) && last && !is_past(last, query);
    answer->more = goes_on && job_is_id(id) && strlen(id) < sizeof(answer->after);
    av_strlcpy(answer->after, answer->more ? id : "", sizeof(answer->after));
    if (goes_on && !answer->more) /* further rows cannot be asked for by such an id */
        answer->untold = true;
    if (answer->untold)
        av_freep(&answer->job.id);
end:
    cJSON_Delete(json);
    return ret;
}
