/* i2v: one call to an engine, and what its answer means for the money
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/call.h"

#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/json.h"
#include "base/text.h"
#include "base/url.h"

#define MAX_ANSWER (4 << 20)

/* Phrases rather than words: a refused "safety_tolerance" is no moderation. */
/* clang-format off */
static const char *const moderation_words[] = {
    "moderation", "moderated", "content policy", "content_policy", "contentpolicy",
    "safety system", "safety filter", "safety reason", "safety guideline", "safety polic",
    "nsfw", "inappropriate content", "prohibited content", "prohibited_content",
    "sensitive content", "sensitive_content", "sensitivecontent", "sensitive information",
    "policy violation", "policy_violation", "usage polic", "usage guideline",
    "responsible ai", "community guideline",
};
/* clang-format on */

/* The call */

static void take_header(void *opaque, const char *name, const char *value)
{
    EngineCall *call = opaque;
    call->take_header(call, name, value);
}

static int last_byte(void *opaque)
{
    EngineCall *call = opaque;
    return call->on_last_byte(call->opaque);
}

EngineCall *call_alloc(const EngineAccess *access, EngineCallKind kind, char *url)
{
    EngineCall *c = av_mallocz(sizeof(*c));
    if (!c || !url) {
        av_free(url);
        av_free(c);
        return NULL;
    }
    c->kind = kind;
    c->origin = access->origin;
    c->url = url;
    c->usage = ENGINE_NO_USAGE;
    c->api_key = av_strdup(access->api_key);
    if (!c->api_key)
        engine_end(&c);
    return c;
}

int call_start(const EngineAccess *access, Http *http, EngineCall *c,
               HttpRequest *request, EngineCall **call)
{
    int ret = AVERROR(ENOMEM);

    if (!c)
        return ret;
    request->opaque = c;
    request->on_header = take_header;
    request->on_last_byte = c->on_last_byte ? last_byte : NULL;
    request->url = c->url;
    request->header = c->header;
    request->bearer = c->api_key;
    request->ca_file = access->ca_file;
    request->allow_http = access->allow_http;
    request->max_size = MAX_ANSWER;
    if ((ret = http_start(http, request, &c->exchange)) < 0)
        engine_end(&c);
    *call = c;
    return ret;
}

void engine_end(EngineCall **call)
{
    EngineCall *c = *call;
    if (!c)
        return;
    http_end(&c->exchange);
    av_free(c->url);
    av_free(c->header);
    av_free(c->asked);
    av_free(c->id);
    av_free(c->api_key);
    av_freep(call);
}

/* The words of an error */

static void say_error(const cJSON *error, AVBPrint *text, int depth);

/* "loc: msg" of a validation error's entry. */
static void say_entry(const cJSON *entry, AVBPrint *text, int depth)
{
    const cJSON *place = json_member(entry, "path") ? json_member(entry, "path")
                                                    : json_member(entry, "loc"),
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
        const cJSON *item = json_member(error, sentences[i]);
        if (json_text(error, sentences[i]) || cJSON_IsObject(item) ||
            cJSON_GetArraySize(item))
            said = item;
    }
    if (said)
        say_error(said, text, depth + 1);
    for (size_t i = 0; i < FF_ARRAY_ELEMS(lists); i++) {
        const cJSON *item = json_member(error, lists[i]);
        if (item && item != said && cJSON_IsArray(item) && cJSON_GetArraySize(item)) {
            av_bprintf(text, " (");
            say_list(item, text, depth);
            av_bprintf(text, ")");
        }
    }
}

bool answer_words(const cJSON *error, char *text, size_t size)
{
    AVBPrint said;

    av_bprint_init(&said, 0, (unsigned)FFMIN(size, 4096));
    say_error(error, &said, 0);
    av_strlcpy(text, said.str, size);
    av_bprint_finalize(&said, NULL);
    bool something = *text;
    text_tidy(text);
    return something;
}

void answer_text(const char *body, size_t size, char *text, size_t text_size)
{
    cJSON *json = json_parse(body, size);

    *text = '\0';
    if (!answer_words(json, text, text_size) && size) {
        snprintf(text, text_size, "%.*s", (int)FFMIN(size, 160), body);
        text_tidy(text);
    }
    if (!*text)
        av_strlcpy(text, "(no explanation)", text_size);
    cJSON_Delete(json);
}

bool answer_is_moderation(const char *text)
{
    for (size_t i = 0; i < FF_ARRAY_ELEMS(moderation_words); i++)
        if (av_stristr(text, moderation_words[i]))
            return true;
    return false;
}

/* Why there is no clip */

static const char *const reason_names[] = {"reason", "error",  "message", "detail",
                                           "filter", "safety", "warning", "note"};

static bool is_reason(const char *name)
{
    for (size_t i = 0; i < FF_ARRAY_ELEMS(reason_names); i++)
        if (av_stristr(name, reason_names[i]))
            return true;
    return false;
}

/* @param named  it stands within a member that speaks of reasons */
static void collect_reasons(const cJSON *json, bool named, AVBPrint *text, bool *filtered,
                            int depth)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, json)
    {
        bool reason = named || (item->string && is_reason(item->string));
        if (reason && cJSON_IsString(item) && item->valuestring[0])
            av_bprintf(text, "%s%s", text->len ? "; " : "", item->valuestring);
        if (item->string && av_stristr(item->string, "filter") &&
            (cJSON_GetArraySize(item) || cJSON_IsTrue(item) || item->valuedouble > 0 ||
             (cJSON_IsString(item) && item->valuestring[0])))
            *filtered = true;
        if (depth < 6)
            collect_reasons(item, reason, text, filtered, depth + 1);
    }
}

bool answer_reasons(const cJSON *json, char *text, size_t size)
{
    bool filtered = false;
    AVBPrint said;

    av_bprint_init(&said, 0, (unsigned)FFMIN(size, 4096));
    collect_reasons(json, false, &said, &filtered, 0);
    av_strlcpy(text, said.str, size);
    av_bprint_finalize(&said, NULL);
    text_tidy(text);
    return filtered || answer_is_moderation(text) || av_stristr(text, "filter");
}

/* A server might quote the key back. */
static void hide_key(const char *key, char *text)
{
    size_t size = strlen(key);
    for (char *at = text; size && (at = strstr(at, key)); at += size)
        memset(at, '*', size);
}

/* What it means */

static int error_of_status(int status)
{
    switch (status) {
    case 400:
    case 422:
        return AVERROR_HTTP_BAD_REQUEST;
    case 401:
        return AVERROR_HTTP_UNAUTHORIZED;
    case 402:
    case 403:
        return AVERROR_HTTP_FORBIDDEN;
    case 404:
        return AVERROR_HTTP_NOT_FOUND;
    default:
        return status >= 500   ? AVERROR_HTTP_SERVER_ERROR
               : status >= 400 ? AVERROR_HTTP_OTHER_4XX
                               : AVERROR(EIO);
    }
}

static bool is_json(const HttpReply *reply)
{
    cJSON *json = json_parse(reply->body, reply->size);
    bool object = cJSON_IsObject(json);
    cJSON_Delete(json);
    return object;
}

static EngineVerdict judge_status(EngineCallKind kind, const HttpReply *reply)
{
    switch (reply->status) {
    case 429:
        return ENGINE_BUSY;
    case 303: /* "see other" may follow an acceptance */
    case 408:
    case 425:
        return ENGINE_LOST;
    case 500:
    case 503:
        return kind == CALL_CREATE && is_json(reply) ? ENGINE_FAULT : ENGINE_LOST;
    default:
        return reply->status >= 500 ? ENGINE_LOST : ENGINE_REFUSED;
    }
}

/* The clip may be named by its place beside the answer. What cannot be made a URL stays
 * as it is, and its download says so. */
static void make_absolute(const EngineCall *call, EngineJob *job)
{
    char *absolute = NULL;

    if (!job->url || url_resolve(call->url, job->url, &absolute) < 0)
        return;
    av_free(job->url);
    job->url = absolute;
}

/* A create call that was accepted came with an id. */
static int read_answer(const EngineCall *call, const HttpReply *reply,
                       EngineAnswer *answer)
{
    int ret = call->read(call, reply->body, reply->size, answer);
    if (ret >= 0 && call->kind == CALL_CREATE && !answer->job.id && !call->id)
        ret = AVERROR_INVALIDDATA;
    if (ret >= 0)
        make_absolute(call, &answer->job);
    return ret;
}

/* What a 2xx says that is not what was asked for: its own words, where it has some. */
static void say_no_answer(const EngineCall *call, const HttpReply *reply, char *text,
                          size_t size)
{
    cJSON *json = json_parse(reply->body, reply->size);
    char words[400];

    if (cJSON_IsObject(json) && answer_words(json, words, sizeof(words)))
        snprintf(text, size, "HTTP %d with an error in it: %s", reply->status, words);
    else
        snprintf(text, size, "HTTP %d with an answer that is not %s", reply->status,
                 call->kind == CALL_FIND ? "a usage log" : "a generation");
    cJSON_Delete(json);
}

/* Whether an answer is about another generation than the one that was asked about. An id
 * may come with the model behind it, "1:minimax/hailuo", or without. */
static bool is_of_another(const EngineCall *call, const EngineAnswer *answer)
{
    const char *a = call->asked, *b = answer->job.id;

    if (!a || !b)
        return false;
    while (*a && *a == *b)
        a++, b++;
    return !((!*a && !*b) || (!*a && *b == ':') || (!*b && *a == ':'));
}

/* The id may have come with the headers although the rest was lost. */
static void rescue_id(const EngineCall *call, EngineAnswer *answer)
{
    if (call->kind != CALL_CREATE || !call->id || answer->job.id)
        return;
    bool redirected = answer->verdict == ENGINE_REFUSED && answer->status < 400;
    if (answer->verdict != ENGINE_LOST && answer->verdict != ENGINE_JOB &&
        answer->verdict != ENGINE_FAULT && !redirected)
        return;
    if (!(answer->job.id = av_strdup(call->id))) {
        answer->verdict =
            ENGINE_LOST; /* it is to be looked for, whatever else was said */
        answer->error = AVERROR(ENOMEM);
        return;
    }
    /* Behind a fault it may be of something that was not accepted. */
    if (answer->verdict != ENGINE_FAULT)
        answer->verdict = ENGINE_JOB;
}

static void judge_transport(const HttpReply *reply, EngineAnswer *answer)
{
    answer->verdict = reply->sent ? ENGINE_LOST : ENGINE_UNSENT;
    answer->error = reply->error;
    /* These errors (a certificate, an unusable URL) do not go away by trying again. */
    answer->stopped = reply->from_callback;
    answer->permanent = reply->from_callback || reply->error == AVERROR(EIO) ||
                        reply->error == AVERROR(ENOMEM);
    av_strlcpy(answer->text, reply->why, sizeof(answer->text));
}

static void judge_answer(const EngineCall *call, const HttpReply *reply,
                         EngineAnswer *answer)
{
    if (reply->status >= 200 && reply->status < 300) {
        answer->verdict = ENGINE_JOB;
        if (read_answer(call, reply, answer) < 0) {
            answer->verdict = ENGINE_LOST;
            say_no_answer(call, reply, answer->text, sizeof(answer->text));
        } else if (is_of_another(call, answer)) {
            answer->verdict = ENGINE_LOST;
            snprintf(answer->text, sizeof(answer->text),
                     "it answered about another generation, %.100s", answer->job.id);
            engine_job_clear(&answer->job);
        }
        if (answer->verdict == ENGINE_LOST)
            answer->error = AVERROR_INVALIDDATA;
        return;
    }
    answer->verdict = judge_status(call->kind, reply);
    answer->error = error_of_status(reply->status);
    /* What answers before it has the request has not taken it: a proxy, mostly. */
    if (call->kind == CALL_CREATE && !reply->sent && !call->id &&
        answer->verdict != ENGINE_REFUSED)
        answer->verdict = ENGINE_UNSENT;
    if (reply->status < 400)
        av_strlcpy(
            answer->text,
            "it sends the request elsewhere, which i2v does not follow; check base_url",
            sizeof(answer->text));
    else
        answer_text(reply->body, reply->size, answer->text, sizeof(answer->text));
    answer->moderated = answer->verdict == ENGINE_REFUSED && reply->status != 401 &&
                        answer_is_moderation(answer->text);
    if (answer->moderated)
        answer->error = AVERROR(EPERM);
}

bool engine_answered(EngineCall *call, EngineAnswer *answer)
{
    const HttpReply *reply = http_reply(call->exchange);
    if (!reply)
        return false;
    *answer = (EngineAnswer){
        .status = reply->status,
        .retry_after = reply->retry_after,
        .job = {.usage = ENGINE_NO_USAGE},
    };
    engine_hear_date(call->origin, reply->date);
    if (reply->error)
        judge_transport(reply, answer);
    else
        judge_answer(call, reply, answer);
    rescue_id(call, answer);
    answer->job.usage.usd = FFMAX(answer->job.usage.usd, call->usage.usd);
    answer->job.usage.credits = FFMAX(answer->job.usage.credits, call->usage.credits);
    hide_key(call->api_key, answer->text);
    if (answer->job.error)
        hide_key(call->api_key, answer->job.error);
    return true;
}

void engine_job_clear(EngineJob *job)
{
    av_freep(&job->id);
    av_freep(&job->url);
    av_freep(&job->error);
}

void engine_body_clear(EngineBody *body)
{
    for (size_t i = 0; i < FF_ARRAY_ELEMS(body->stills); i++)
        still_file_clear(&body->stills[i].file);
    av_free(body->text);
    *body = (EngineBody){0};
}
