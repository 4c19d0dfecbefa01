/* i2v: the shapes of aimlapi's answers
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/aimlapi.h"

#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/json.h"
#include "engine/job_json.h"
#include "engine/words.h"

/* faq/how-can-i-track-my-funds: 1 USD = 2,000,000 credits. */
#define CREDITS_PER_USD 2e6

/* The documented words, and those seen in samples and in other clients. */
static const JobWords words = {
    .pending = "queued,generating,waiting,active,processing,pending,in_progress,running,"
               "submitted",
    .completed = "completed,succeeded,success,complete,done,ready,finished",
    .failed =
        "error,failed,failure,cancelled,canceled,timeout,timed_out,expired,rejected",
};

static EngineUsage usage_of(const cJSON *json)
{
    const cJSON *usage = json_member(json_member(json, "meta"), "usage");
    EngineUsage spent = {
        .usd = json_number(usage, "usd_spent", -1),
        .credits = json_number(usage, "credits_used", -1),
        .tokens = json_number(usage, "tokens_used", -1),
    };
    if (spent.usd < 0 && spent.credits >= 0)
        spent.usd = spent.credits / CREDITS_PER_USD;
    return spent;
}

int aimlapi_parse_job(const char *body, size_t size, EngineJob *job)
{
    static const char *const ids[] = {"id", "generation_id", NULL};
    char said[512];
    cJSON *json = json_parse(body, size);
    int ret = cJSON_IsObject(json) ? 0 : AVERROR_INVALIDDATA;
    const cJSON *error = json_member(json, "error");
    const char *status = json_text(json, "status"),
               *url = job_find_url(json_member(json, "video"));
    /* {"name": null, "message": null} is no error. */
    bool has_error = words_of(error, said, sizeof(said));

    *job = ENGINE_NO_JOB;
    if (ret < 0)
        goto end;
    if (!(job->id = job_take_id(json, body, size, ids)) && !status) {
        ret = AVERROR_INVALIDDATA;
        goto end;
    }
    if (url && *url && !(job->url = av_strdup(url)))
        ret = AVERROR(ENOMEM);
    job_judge(job, status, &words, has_error);
    if (ret >= 0 && (job->state == JOB_FAILED || job->state == JOB_EMPTY))
        ret = job_take_reason(job, json, error);
    job->usage = usage_of(json);
end:
    if (ret < 0)
        engine_job_clear(job);
    cJSON_Delete(json);
    return ret;
}

/* The usage log */

static bool is_ours(const cJSON *row, const char *client_ids)
{
    const char *id = json_text(row, "client_request_id");
    size_t length = id ? strlen(id) : 0, size;

    for (const char *at = client_ids; id && *at; at += size + (at[size] == ' ')) {
        size = strcspn(at, " ");
        bool any = size > 1 && at[size - 1] == '*';
        if (any ? !strncmp(at, id, size - 1) : size == length && !memcmp(at, id, size))
            return true;
    }
    return false;
}

/* As the gateway says, or as its numbers do; a full page without any may not be the last.
 */
static bool has_more(const cJSON *pagination, int rows)
{
    const cJSON *more = json_member(pagination, "has_more");
    double total = json_number(pagination, "total", -1),
           limit = json_number(pagination, "limit", -1);
    double offset = FFMAX(json_number(pagination, "offset", -1), 0);

    if (cJSON_IsBool(more))
        return cJSON_IsTrue(more);
    if (total >= 0)
        return offset + rows < total;
    return rows > 0 && rows >= (limit > 0 ? limit : AIMLAPI_LOG_ROWS);
}

int aimlapi_parse_rows(const char *body, size_t size, const char *client_ids,
                       EngineAnswer *answer)
{
    cJSON *json = json_parse(body, size);
    const cJSON *data = json_member(json, "data"), *row;
    int ret = cJSON_IsArray(data) ? 0 : AVERROR_INVALIDDATA;

    answer->job = ENGINE_NO_JOB;
    answer->rows = cJSON_GetArraySize(data);
    answer->more = has_more(json_member(json, "pagination"), answer->rows);
    cJSON_ArrayForEach(row, data)
    {
        const char *id = json_text(row, "inference_id");
        if (!job_is_id(id) || answer->job.id || !is_ours(row, client_ids))
            continue;
        if (!(answer->job.id = av_strdup(id)))
            ret = AVERROR(ENOMEM);
    }
    cJSON_Delete(json);
    return ret;
}
