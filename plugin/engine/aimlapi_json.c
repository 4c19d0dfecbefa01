/* i2v: the shapes of the gateway's answers
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/aimlapi.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/error.h>
#include <libavutil/common.h>
#include <libavutil/mem.h>

/* A text that is longer is no id. */
#define MAX_ID 255

/* faq/how-can-i-track-my-funds: 1 USD = 2,000,000 credits. */
#define CREDITS_PER_USD 2e6

/* The documented words, and those seen in samples and in other clients. */
static const char pending_words[] = "queued generating waiting active processing pending "
                                    "in_progress running submitted";
static const char completed_words[] =
    "completed succeeded success complete done ready finished";
static const char failed_words[] =
    "error failed failure cancelled canceled timeout timed_out "
    "expired rejected";

/* Phrases rather than words: a refused "safety_tolerance" is no moderation. */
static const char *const moderation_words[] = {
    "moderation",
    "moderated",
    "content policy",
    "content_policy",
    "contentpolicy",
    "safety system",
    "safety filter",
    "safety reason",
    "safety guideline",
    "safety polic",
    "nsfw",
    "inappropriate content",
    "prohibited content",
    "prohibited_content",
    "sensitive content",
    "sensitive_content",
    "sensitivecontent",
    "sensitive information",
    "policy violation",
    "policy_violation",
    "usage polic",
    "usage guideline",
    "responsible ai",
    "community guideline",
};

static const cJSON *member(const cJSON *json, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(json, name);
}

static const char *string(const cJSON *json, const char *name)
{
    const char *value = cJSON_GetStringValue(member(json, name));
    return value && *value ? value : NULL;
}

/* What holds a NUL is no JSON, and its texts would end early. */
static cJSON *parse(const char *body, size_t size)
{
    return size && !memchr(body, 0, size) ? cJSON_ParseWithLength(body, size) : NULL;
}

bool gateway_is_object(const char *body, size_t size)
{
    cJSON *json = parse(body, size);
    bool object = cJSON_IsObject(json);
    cJSON_Delete(json);
    return object;
}

bool gateway_is_moderation(const char *text)
{
    for (size_t i = 0; i < FF_ARRAY_ELEMS(moderation_words); i++)
        if (av_stristr(text, moderation_words[i]))
            return true;
    return false;
}

/* Errors */

static void say_error(const cJSON *error, AVBPrint *text, int depth);

/* "loc: msg" of a validation error's entry. */
static void say_entry(const cJSON *entry, AVBPrint *text, int depth)
{
    const cJSON *place =
                    member(entry, "path") ? member(entry, "path") : member(entry, "loc"),
                *part;
    const char *separator = "";
    if (cJSON_IsArray(place)) {
        cJSON_ArrayForEach(part, place)
        {
            if (cJSON_IsString(part))
                av_bprintf(text, "%s%s", separator, part->valuestring);
            separator = ".";
        }
    } else if (cJSON_IsString(place)) {
        av_bprintf(text, "%s", place->valuestring);
        separator = ".";
    }
    av_bprintf(text, "%s", *separator ? ": " : "");
    say_error(entry, text, depth);
}

static void say_list(const cJSON *list, AVBPrint *text, int depth)
{
    const cJSON *entry;
    const char *separator = "";
    cJSON_ArrayForEach(entry, list)
    {
        av_bprintf(text, "%s", separator);
        say_entry(entry, text, depth + 1);
        separator = "; ";
    }
}

/* An error's text may itself be an upstream error: 400 {"type":"error",...}. */
static void say_string(const char *words, AVBPrint *text, int depth)
{
    const char *brace = strchr(words, '{');
    cJSON *inner = brace && depth < 4 ? cJSON_Parse(brace) : NULL;
    unsigned before = text->len;
    if (inner)
        say_error(inner, text, depth + 1);
    if (!inner || text->len == before)
        av_bprintf(text, "%s", words);
    cJSON_Delete(inner);
}

static void say_error(const cJSON *error, AVBPrint *text, int depth)
{
    static const char *const sentences[] = {"message", "msg",   "error",
                                            "detail",  "title", "name"};
    static const char *const lists[] = {"errors", "issues", "details", "detail"};
    const cJSON *said = NULL;

    if (depth > 6)
        return;
    if (cJSON_IsString(error)) {
        say_string(error->valuestring, text, depth);
        return;
    }
    if (cJSON_IsArray(error)) {
        say_list(error, text, depth);
        return;
    }
    for (size_t i = 0; i < FF_ARRAY_ELEMS(sentences) && !said; i++) {
        const cJSON *item = member(error, sentences[i]);
        if (string(error, sentences[i]) || cJSON_IsObject(item) ||
            cJSON_GetArraySize(item))
            said = item;
    }
    if (said)
        say_error(said, text, depth + 1);
    for (size_t i = 0; i < FF_ARRAY_ELEMS(lists); i++) {
        const cJSON *item = member(error, lists[i]);
        if (item && item != said && cJSON_IsArray(item) && cJSON_GetArraySize(item)) {
            av_bprintf(text, " (");
            say_list(item, text, depth);
            av_bprintf(text, ")");
        }
    }
}

/* One line of UTF-8, nothing that could steer a terminal. */
static void tidy(char *text)
{
    const uint8_t *from = (const uint8_t *)text, *end = from + strlen(text);
    char *to = text;

    while (from < end) {
        const uint8_t *start = from;
        int32_t code;
        bool valid = av_utf8_decode(&code, &from, end, 0) >= 0;
        bool control = valid && (code < 0x20 || (code >= 0x7f && code < 0xa0));
        if (!valid) {
            from = start + 1;
            *to++ = '?';
        } else if (control || code == ' ') {
            if (to > text && to[-1] != ' ')
                *to++ = ' ';
        } else {
            memmove(to, start, (size_t)(from - start));
            to += from - start;
        }
    }
    while (to > text && to[-1] == ' ')
        to--;
    *to = '\0';
}

void gateway_error_text(const char *body, size_t size, char *text, size_t text_size)
{
    cJSON *json = parse(body, size);
    AVBPrint said;

    av_bprint_init(&said, 0, (unsigned)FFMIN(text_size, 4096));
    if (json)
        say_error(json, &said, 0);
    if (!said.len && size)
        av_bprintf(&said, "%.*s", (int)FFMIN(size, 160), body);
    av_strlcpy(text, said.str, text_size);
    tidy(text);
    if (!*text)
        av_strlcpy(text, "(no explanation)", text_size);
    av_bprint_finalize(&said, NULL);
    cJSON_Delete(json);
}

/* Generations */

/* The first URL of an object, an array of objects or strings, or a string. */
static const char *find_url(const cJSON *video)
{
    const cJSON *item;
    const char *url = NULL;
    if (cJSON_IsString(video))
        return video->valuestring[0] ? video->valuestring : NULL;
    if (cJSON_IsObject(video))
        return string(video, "url");
    cJSON_ArrayForEach(item, video) if (!url && !cJSON_IsArray(item)) url =
        find_url(item);
    return url;
}

/* The digits of a member that is a number: as a double a long id would lose some. NULL
 * for what is no whole number. */
static char *digits_of(const char *text, const char *name, double value)
{
    char quoted[32];
    snprintf(quoted, sizeof(quoted), "\"%s\"", name);
    for (const char *at = text; (at = strstr(at, quoted));) {
        at += strlen(quoted);
        at += strspn(at, " \t\r\n");
        if (*at++ != ':')
            continue;
        at += strspn(at, " \t\r\n");
        size_t size = strspn(at, "0123456789");
        if (size && size <= MAX_ID && !strchr(".eE", at[size]) &&
            strtod(at, NULL) == value)
            return av_strndup(at, size);
    }
    return fabs(value) < 1e15 && value == (double)(int64_t)value
               ? av_asprintf("%.0f", value)
               : NULL;
}

static void take_id(const cJSON *json, const char *text, GatewayJob *job)
{
    static const char *const names[] = {"id", "generation_id"};
    for (size_t i = 0; i < FF_ARRAY_ELEMS(names); i++) {
        const cJSON *id = member(json, names[i]);
        if (cJSON_IsNumber(id))
            job->id = digits_of(text, names[i], id->valuedouble);
        else if (cJSON_IsString(id) && id->valuestring[0] &&
                 strlen(id->valuestring) <= MAX_ID)
            job->id = av_strdup(id->valuestring);
        if (job->id)
            return;
    }
}

static int take_error(const cJSON *error, GatewayJob *job)
{
    char text[512];
    const char *name = string(error, "name");
    AVBPrint said;

    av_bprint_init(&said, 0, sizeof(text));
    say_error(error, &said, 0);
    av_strlcpy(text, said.str, sizeof(text));
    av_bprint_finalize(&said, NULL);
    tidy(text);
    job->moderated = gateway_is_moderation(text) || (name && gateway_is_moderation(name));
    job->error = name && strcmp(name, text) && *text
                     ? av_asprintf("%s: %s", name, text)
                     : av_strdup(*text ? text : "no reason given");
    return job->error ? 0 : AVERROR(ENOMEM);
}

static double number(const cJSON *json, const char *name)
{
    const cJSON *value = member(json, name);
    return cJSON_IsNumber(value) && value->valuedouble >= 0 ? value->valuedouble : -1;
}

static GatewayUsage usage_of(const cJSON *json)
{
    const cJSON *usage = member(member(json, "meta"), "usage");
    GatewayUsage spent = {
        .usd = number(usage, "usd_spent"),
        .credits = number(usage, "credits_used"),
        .tokens = number(usage, "tokens_used"),
    };
    if (spent.usd < 0 && spent.credits >= 0)
        spent.usd = spent.credits / CREDITS_PER_USD;
    return spent;
}

static bool is_word(const char *word, const char *words)
{
    return *word && !strpbrk(word, " ") && av_match_name(word, words);
}

static void judge(GatewayJob *job, const char *status, bool has_error)
{
    char words[3][160];
    const char *lists[] = {pending_words, completed_words, failed_words};
    bool is[3];

    av_strlcpy(job->status, status ? status : "", sizeof(job->status));
    tidy(job->status);
    for (int i = 0; i < 3; i++) {
        av_strlcpy(words[i], lists[i], sizeof(words[i]));
        for (char *c = words[i]; *c; c++)
            if (*c == ' ')
                *c = ',';
        is[i] = is_word(job->status, words[i]);
    }
    job->status_known = is[0] || is[1] || is[2] || !job->status[0];
    if (is[2] || (has_error && !job->url && !is[0]))
        job->state = JOB_FAILED;
    else
        job->state = is[1] && job->url ? JOB_COMPLETED : JOB_PENDING;
}

/* {"name": null, "message": null} is no error. */
static bool says_something(const cJSON *error)
{
    AVBPrint said;
    av_bprint_init(&said, 0, AV_BPRINT_SIZE_AUTOMATIC);
    say_error(error, &said, 0);
    return said.len > 0;
}

int gateway_parse_job(const char *body, size_t size, GatewayJob *job)
{
    char *text = NULL;
    cJSON *json = parse(body, size);
    int ret = cJSON_IsObject(json) ? 0 : AVERROR_INVALIDDATA;
    const cJSON *error = member(json, "error");
    const char *url = find_url(member(json, "video"));
    bool has_error = says_something(error);

    *job = (GatewayJob){.usage = GATEWAY_NO_USAGE};
    if (ret < 0)
        goto end;
    if (!(text = av_strndup(body, size))) {
        ret = AVERROR(ENOMEM);
        goto end;
    }
    take_id(json, text, job);
    if (!job->id && !string(json, "status")) {
        ret = AVERROR_INVALIDDATA;
        goto end;
    }
    if (url && *url && !(job->url = av_strdup(url)))
        ret = AVERROR(ENOMEM);
    judge(job, string(json, "status"), has_error);
    if (ret >= 0 && job->state == JOB_FAILED)
        ret = take_error(has_error ? error : NULL, job);
    job->usage = usage_of(json);
end:
    if (ret < 0)
        gateway_job_clear(job);
    av_free(text);
    cJSON_Delete(json);
    return ret;
}

void gateway_job_clear(GatewayJob *job)
{
    av_freep(&job->id);
    av_freep(&job->url);
    av_freep(&job->error);
}

/* The usage log */

static bool is_ours(const cJSON *row, const char *client_ids)
{
    const char *id = string(row, "client_request_id");
    size_t size = id ? strlen(id) : 0;
    if (!id || strchr(id, ' '))
        return false;
    for (const char *at = client_ids; (at = strstr(at, id)); at += size)
        if ((at == client_ids || at[-1] == ' ') && (!at[size] || at[size] == ' '))
            return true;
    return false;
}

/* As the gateway says, or as its numbers do; a full page without any may not be the last.
 */
static bool has_more(const cJSON *pagination, int rows)
{
    const cJSON *more = member(pagination, "has_more");
    double total = number(pagination, "total"), limit = number(pagination, "limit");
    double offset = FFMAX(number(pagination, "offset"), 0);

    if (cJSON_IsBool(more))
        return cJSON_IsTrue(more);
    if (total >= 0)
        return offset + rows < total;
    return rows > 0 && rows >= (limit > 0 ? limit : GATEWAY_LOG_ROWS);
}

int gateway_parse_rows(const char *body, size_t size, const char *client_ids,
                       GatewayAnswer *answer)
{
    cJSON *json = parse(body, size);
    const cJSON *data = member(json, "data"), *row;
    int ret = cJSON_IsArray(data) ? 0 : AVERROR_INVALIDDATA;

    answer->job = (GatewayJob){.usage = GATEWAY_NO_USAGE};
    answer->rows = cJSON_GetArraySize(data);
    answer->more = has_more(member(json, "pagination"), answer->rows);
    cJSON_ArrayForEach(row, data)
    {
        const char *id = string(row, "inference_id");
        if (!id || strlen(id) > MAX_ID || answer->job.id || !is_ours(row, client_ids))
            continue;
        answer->job.id = av_strdup(id);
        if (!answer->job.id)
            ret = AVERROR(ENOMEM);
    }
    cJSON_Delete(json);
    return ret;
}
