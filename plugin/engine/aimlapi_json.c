/* i2v: the shapes of aimlapi's answers
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/aimlapi.h"

#include <math.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/json.h"
#include "base/text.h"
#include "engine/call.h"
#include "engine/words.h"

/* faq/how-can-i-track-my-funds: 1 USD = 2,000,000 credits. */
#define CREDITS_PER_USD 2e6

/* The documented words, and those seen in samples and in other clients. */
static const char pending_words[] = "queued,generating,waiting,active,processing,pending,"
                                    "in_progress,running,submitted";
static const char completed_words[] =
    "completed,succeeded,success,complete,done,ready,finished";
static const char failed_words[] =
    "error,failed,failure,cancelled,canceled,timeout,timed_out,expired,rejected";

/* The first URL of an object, an array of objects or strings, or a string. */
static const char *find_url(const cJSON *video)
{
    const cJSON *item;
    const char *url = NULL;
    if (cJSON_IsString(video))
        return video->valuestring[0] ? video->valuestring : NULL;
    if (cJSON_IsObject(video))
        return json_text(video, "url");
    cJSON_ArrayForEach(item, video) if (!url && !cJSON_IsArray(item)) url =
        find_url(item);
    return url;
}

/* A member that is a number, as it was written: as a double a long id would lose digits.
 * NULL for what is no whole number. */
static char *digits_of(const char *body, size_t size, const char *name, double value)
{
    const char *at = memchr(body, '{', size), *end = body + size;
    JsonPair pair;

    while (json_next(&at, end, &pair))
        if (json_is(&pair, name) && json_is_digits(&pair))
            return av_strndup(pair.value, pair.size);
    return fabs(value) < 1e15 && value == (double)(int64_t)value
               ? av_asprintf("%.0f", value)
               : NULL;
}

/* What holds a control character, and a NUL in its JSON was one, would not be the same id
 * when it is asked for. */
static bool is_id(const char *text)
{
    return text && *text && !text_has_control(text);
}

static void take_id(const cJSON *json, const char *body, size_t size, EngineJob *job)
{
    static const char *const names[] = {"id", "generation_id"};
    for (size_t i = 0; i < FF_ARRAY_ELEMS(names); i++) {
        const cJSON *id = json_member(json, names[i]);
        if (cJSON_IsNumber(id))
            job->id = digits_of(body, size, names[i], id->valuedouble);
        else if (cJSON_IsString(id) && is_id(id->valuestring))
            job->id = av_strdup(id->valuestring);
        if (job->id)
            return;
    }
}

static int take_error(const cJSON *error, const char *words, EngineJob *job)
{
    const char *name = json_text(error, "name");

    job->moderated = words_are_moderation(words) || (name && words_are_moderation(name));
    job->error = name && strcmp(name, words) && *words
                     ? av_asprintf("%s: %s", name, words)
                     : av_strdup(*words ? words : "no reason given");
    return job->error ? 0 : AVERROR(ENOMEM);
}

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

static void judge(EngineJob *job, const char *status, bool has_error)
{
    av_strlcpy(job->status, status ? status : "", sizeof(job->status));
    text_tidy(job->status);

    bool pending = av_match_name(job->status, pending_words);
    bool completed = av_match_name(job->status, completed_words);
    bool failed = av_match_name(job->status, failed_words);
    job->status_known = pending || completed || failed || !job->status[0];
    if (failed || (has_error && !job->url && !pending))
        job->state = JOB_FAILED;
    else if (completed)
        job->state = job->url ? JOB_COMPLETED : JOB_EMPTY;
    else
        job->state = JOB_PENDING;
}

static int take_reasons(const cJSON *json, EngineJob *job)
{
    char words[512];

    job->moderated = words_of_reasons(json, words, sizeof(words));
    job->error =
        av_strdup(*words ? words : "it was completed, and the answer names no clip");
    return job->error ? 0 : AVERROR(ENOMEM);
}

int aimlapi_parse_job(const char *body, size_t size, EngineJob *job)
{
    char words[512];
    cJSON *json = json_parse(body, size);
    int ret = cJSON_IsObject(json) ? 0 : AVERROR_INVALIDDATA;
    const cJSON *error = json_member(json, "error");
    const char *url = find_url(json_member(json, "video"));
    /* {"name": null, "message": null} is no error. */
    bool has_error = words_of(error, words, sizeof(words));

    *job = (EngineJob){.usage = ENGINE_NO_USAGE};
    if (ret < 0)
        goto end;
    take_id(json, body, size, job);
    if (!job->id && !json_text(json, "status")) {
        ret = AVERROR_INVALIDDATA;
        goto end;
    }
    if (url && *url && !(job->url = av_strdup(url)))
        ret = AVERROR(ENOMEM);
    judge(job, json_text(json, "status"), has_error);
    if (ret >= 0 && job->state == JOB_FAILED)
        ret = take_error(has_error ? error : NULL, words, job);
    else if (ret >= 0 && job->state == JOB_EMPTY)
        ret = take_reasons(json, job);
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

    answer->job = (EngineJob){.usage = ENGINE_NO_USAGE};
    answer->rows = cJSON_GetArraySize(data);
    answer->more = has_more(json_member(json, "pagination"), answer->rows);
    cJSON_ArrayForEach(row, data)
    {
        const char *id = json_text(row, "inference_id");
        if (!is_id(id) || answer->job.id || !is_ours(row, client_ids))
            continue;
        if (!(answer->job.id = av_strdup(id)))
            ret = AVERROR(ENOMEM);
    }
    cJSON_Delete(json);
    return ret;
}
