/* i2v: what an engine's answer means for the money
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/call.h"

#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/json.h"
#include "base/url.h"
#include "engine/words.h"

/* A key that is shorter is a word that any answer may hold: it is hidden in what is said,
 * and not in the JSON. */
#define SHORTEST_KEY 12

/* A server might quote the key back. */
static void hide_key(const char *key, char *text, size_t text_size)
{
    size_t size = strlen(key);
    char *at = text, *end = text ? text + text_size : NULL;

    while (size && at && (at = memmem(at, (size_t)(end - at), key, size))) {
        memset(at, '*', size);
        at += size;
    }
}

static bool is_json(const HttpReply *reply)
{
    cJSON *json = json_parse(reply->body, reply->size);
    bool object = cJSON_IsObject(json);
    cJSON_Delete(json);
    return object;
}

/* The Date is the engine's own where the answer is: what stands before it, a proxy or a
 * portal, answers in other words. */
static void hear_date(const EngineCall *call, const HttpReply *reply)
{
    if (!reply->error && is_json(reply))
        engine_hear_date(call->origin, reply->date);
}

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

    if (cJSON_IsObject(json) && words_of(json, words, sizeof(words)))
        snprintf(text, size, "HTTP %d with an error in it: %s", reply->status, words);
    else
        snprintf(text, size, "HTTP %d with an answer that is not %s", reply->status,
                 call->kind == CALL_FIND || call->kind == CALL_READY ? "a list"
                                                                     : "a generation");
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

/* What answers before it has the request has not taken it: a proxy, mostly. */
static bool is_early(const EngineCall *call, const HttpReply *reply,
                     const EngineAnswer *answer)
{
    return call->kind == CALL_CREATE && !reply->sent && !call->id &&
           (answer->verdict == ENGINE_LOST || answer->verdict == ENGINE_FAULT);
}

static bool is_good(const HttpReply *reply)
{
    return reply->status >= 200 && reply->status < 300;
}

static void judge_answer(const EngineCall *call, const HttpReply *reply,
                         EngineAnswer *answer)
{
    /* A failure that is told with its own status is an answer like any other. */
    if (call->any_status && !is_good(reply) && read_answer(call, reply, answer) >= 0) {
        answer->verdict = ENGINE_JOB;
        return;
    }
    if (is_good(reply)) {
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
    if (reply->status < 400)
        av_strlcpy(
            answer->text,
            "it sends the request elsewhere, which i2v does not follow; check base_url",
            sizeof(answer->text));
    else
        words_of_body(reply->body, reply->size, answer->text, sizeof(answer->text));
    answer->moderated = answer->verdict == ENGINE_REFUSED && reply->status != 401 &&
                        words_are_moderation(answer->text);
    if (answer->moderated)
        answer->error = AVERROR(EPERM);
}

bool engine_answered(EngineCall *call, EngineAnswer *answer)
{
    const HttpReply *reply = http_reply(call->exchange);
    if (!reply)
        return false;
    *answer = (EngineAnswer){
        .job = ENGINE_NO_JOB,
        .status = reply->status,
        .retry_after = reply->retry_after,
    };
    /* Before anything is cut, or half of it would not be known again. */
    if (strlen(call->api_key) >= SHORTEST_KEY)
        hide_key(call->api_key, reply->body, reply->size);
    hear_date(call, reply);
    if (reply->error)
        judge_transport(reply, answer);
    else
        judge_answer(call, reply, answer);
    if (!reply->error && is_early(call, reply, answer))
        answer->verdict = ENGINE_UNSENT;
    rescue_id(call, answer);
    answer->job.usage.usd = FFMAX(answer->job.usage.usd, call->usage.usd);
    answer->job.usage.credits = FFMAX(answer->job.usage.credits, call->usage.credits);
    hide_key(call->api_key, answer->text, strlen(answer->text));
    if (answer->job.error)
        hide_key(call->api_key, answer->job.error, strlen(answer->job.error));
    return true;
}
