/* i2v: what is read of a generation in any engine's JSON
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/job_json.h"

#include <math.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/json.h"
#include "base/text.h"
#include "engine/words.h"

bool job_is_id(const char *text)
{
    return text && *text && !text_has_control(text);
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

char *job_take_id(const cJSON *json, const char *body, size_t size,
                  const char *const *names)
{
    char *taken = NULL;

    for (; *names && !taken; names++) {
        const cJSON *id = json_member(json, *names);
        if (cJSON_IsNumber(id))
            taken = digits_of(body, size, *names, id->valuedouble);
        else if (cJSON_IsString(id) && job_is_id(id->valuestring))
            taken = av_strdup(id->valuestring);
    }
    return taken;
}

const char *job_find_url(const cJSON *json)
{
    const cJSON *item;
    const char *url = NULL;

    if (cJSON_IsString(json))
        return json->valuestring[0] ? json->valuestring : NULL;
    if (cJSON_IsObject(json))
        return json_text(json, "url");
    cJSON_ArrayForEach(item, json) if (!url && !cJSON_IsArray(item)) url =
        job_find_url(item);
    return url;
}

void job_judge(EngineJob *job, const char *status, const JobWords *words, bool has_error)
{
    av_strlcpy(job->status, status ? status : "", sizeof(job->status));
    text_tidy(job->status);

    bool pending = av_match_name(job->status, words->pending);
    bool completed = av_match_name(job->status, words->completed);
    bool failed = av_match_name(job->status, words->failed);
    job->status_known = pending || completed || failed || !job->status[0];
    if (failed || (has_error && !job->url && !pending))
        job->state = JOB_FAILED;
    else if (completed)
        job->state = job->url ? JOB_COMPLETED : JOB_EMPTY;
    else
        job->state = JOB_PENDING;
}

static char *reason_of_failure(const cJSON *error, EngineJob *job)
{
    const char *name = json_text(error, "name");
    char words[512] = "";

    words_of(error, words, sizeof(words));
    job->moderated = words_are_moderation(words) || (name && words_are_moderation(name));
    return name && strcmp(name, words) && *words
               ? av_asprintf("%s: %s", name, words)
               : av_strdup(*words ? words : "no reason given");
}

int job_take_reason(EngineJob *job, const cJSON *json, const cJSON *error)
{
    char words[512];

    if (job->state == JOB_FAILED) {
        job->error = reason_of_failure(error, job);
    } else {
        job->moderated = words_of_reasons(json, words, sizeof(words));
        job->error =
            av_strdup(*words ? words : "it was completed, and the answer names no clip");
    }
    return job->error ? 0 : AVERROR(ENOMEM);
}
