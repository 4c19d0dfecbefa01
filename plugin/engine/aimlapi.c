/* i2v: the gateway's API: create, poll, find
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/aimlapi.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <libavutil/time.h>

#include "base/clock.h"

#define JSON_MAX  (4 << 20)
#define CREATE_MS 600000
#define STALL_MS  120000
#define ASK_MS    60000

typedef enum CallKind {
    CALL_CREATE,
    CALL_POLL,
    CALL_FIND,
} CallKind;

struct GatewayCall {
    CallKind kind;
    HttpExchange *exchange;
    char *url;
    char *api_key;          ///< to keep it out of what is said
    const char *client_ids; ///< CALL_FIND
    char *header;           ///< CALL_CREATE: X-Client-Request-Id
    char inference_id[256]; ///< x-inference-id of the answer, or ""
    GatewayUsage usage;     ///< x-aimlapi-usd-spent and the like of the answer
    int (*on_last_byte)(void *opaque);
    void *opaque; ///< for on_last_byte
};

static void take_header(void *opaque, const char *name, const char *value)
{
    GatewayCall *call = opaque;
    /* A part of an id would be another one. */
    if (!av_strcasecmp(name, "x-inference-id") &&
        strlen(value) < sizeof(call->inference_id))
        av_strlcpy(call->inference_id, value, sizeof(call->inference_id));
    else if (!av_strcasecmp(name, "x-aimlapi-usd-spent"))
        call->usage.usd = strtod(value, NULL);
    else if (!av_strcasecmp(name, "x-aimlapi-credits-used"))
        call->usage.credits = strtod(value, NULL);
}

static int last_byte(void *opaque)
{
    GatewayCall *call = opaque;
    return call->on_last_byte(call->opaque);
}

/* A call that is not started yet; takes url over. */
static GatewayCall *alloc_call(const Gateway *gateway, CallKind kind, char *url)
{
    GatewayCall *c = av_mallocz(sizeof(*c));
    if (!c || !url) {
        av_free(url);
        av_free(c);
        return NULL;
    }
    c->kind = kind;
    c->url = url;
    c->usage = GATEWAY_NO_USAGE;
    c->api_key = av_strdup(gateway->api_key);
    if (!c->api_key)
        gateway_end(&c);
    return c;
}

/* Takes c over, which may be NULL. */
static int start(const Gateway *gateway, Http *http, GatewayCall *c, HttpRequest *request,
                 GatewayCall **call)
{
    int ret = AVERROR(ENOMEM);

    if (!c)
        return ret;
    request->opaque = c;
    request->on_header = take_header;
    request->url = c->url;
    request->bearer = c->api_key;
    request->ca_file = gateway->ca_file;
    request->allow_http = gateway->allow_http;
    request->max_size = JSON_MAX;
    if ((ret = http_start(http, request, &c->exchange)) < 0)
        gateway_end(&c);
    *call = c;
    return ret;
}

int gateway_create(const Gateway *gateway, Http *http, const char *body,
                   const char *client_id, int (*on_last_byte)(void *opaque), void *opaque,
                   GatewayCall **call)
{
    GatewayCall *c = alloc_call(gateway, CALL_CREATE,
                                av_asprintf("%s/v2/video/generations", gateway->origin));
    HttpRequest request = {
        .body = (const uint8_t *)body,
        .body_size = strlen(body),
        .total_ms = CREATE_MS,
        .stall_ms = STALL_MS,
        .on_last_byte = last_byte,
    };
    if (c) {
        c->on_last_byte = on_last_byte;
        c->opaque = opaque;
        request.header = c->header = av_asprintf("X-Client-Request-Id: %s", client_id);
        if (!c->header)
            gateway_end(&c);
    }
    return start(gateway, http, c, &request, call);
}

int gateway_poll(const Gateway *gateway, Http *http, const char *id, GatewayCall **call)
{
    HttpRequest request = {.total_ms = ASK_MS};
    char *escaped = curl_easy_escape(NULL, id, 0), *url = NULL;
    if (escaped)
        url = av_asprintf("%s/v2/video/generations?generation_id=%s", gateway->origin,
                          escaped);
    curl_free(escaped);
    return start(gateway, http, alloc_call(gateway, CALL_POLL, url), &request, call);
}

int gateway_find(const Gateway *gateway, Http *http, const char *client_ids,
                 int64_t since, int offset, GatewayCall **call)
{
    HttpRequest request = {.total_ms = ASK_MS};
    char from[CLOCK_TEXT_SIZE], to[CLOCK_TEXT_SIZE];
    int64_t now = av_gettime() / 1000000;
    /* Clocks differ: begin a little before the intent, and end a little from now. Further
     * in the future might count as a bad window. */
    clock_text(since - GATEWAY_SKEW, from);
    clock_text(now + GATEWAY_SKEW, to);
    char *url = av_asprintf("%s/v2/logs?start=%s&end=%s&limit=%d&offset=%d",
                            gateway->origin, from, to, GATEWAY_LOG_ROWS, offset);
    GatewayCall *c = alloc_call(gateway, CALL_FIND, url);
    if (c)
        c->client_ids = client_ids;
    return start(gateway, http, c, &request, call);
}

void gateway_end(GatewayCall **call)
{
    GatewayCall *c = *call;
    if (!c)
        return;
    http_end(&c->exchange);
    av_free(c->url);
    av_free(c->header);
    av_free(c->api_key);
    av_freep(call);
}

/* What an answer means */

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

/* A server might quote the key back. */
static void hide_key(const char *key, char *text)
{
    size_t size = strlen(key);
    for (char *at = text; size && (at = strstr(at, key)); at += size)
        memset(at, '*', size);
}

static bool is_json(const HttpReply *reply)
{
    return gateway_is_object(reply->body, reply->size);
}

static GatewayVerdict judge_status(CallKind kind, const HttpReply *reply)
{
    switch (reply->status) {
    case 429:
        return GATEWAY_BUSY;
    case 303: /* "see other" may follow an acceptance */
    case 408:
    case 425:
        return GATEWAY_LOST;
    case 500:
    case 503:
        return kind == CALL_CREATE && is_json(reply) ? GATEWAY_FAULT : GATEWAY_LOST;
    default:
        return reply->status >= 500 ? GATEWAY_LOST : GATEWAY_REFUSED;
    }
}

static int parse(const GatewayCall *call, const HttpReply *reply, GatewayAnswer *answer)
{
    if (call->kind == CALL_FIND)
        return gateway_parse_rows(reply->body, reply->size, call->client_ids, answer);
    int ret = gateway_parse_job(reply->body, reply->size, &answer->job);
    if (ret >= 0 && call->kind == CALL_CREATE && !answer->job.id &&
        !call->inference_id[0])
        ret = AVERROR_INVALIDDATA;
    return ret;
}

/* The id may have come with the headers although the rest was lost. */
static void rescue_id(const GatewayCall *call, GatewayAnswer *answer)
{
    if (call->kind != CALL_CREATE || !call->inference_id[0] || answer->job.id)
        return;
    bool redirected = answer->verdict == GATEWAY_REFUSED && answer->status < 400;
    if (answer->verdict != GATEWAY_LOST && answer->verdict != GATEWAY_JOB &&
        answer->verdict != GATEWAY_FAULT && !redirected)
        return;
    answer->job.id = av_strdup(call->inference_id);
    /* Behind a fault it may be of something that was not accepted. */
    if (answer->job.id && answer->verdict != GATEWAY_FAULT)
        answer->verdict = GATEWAY_JOB;
}

static void judge_transport(const HttpReply *reply, GatewayAnswer *answer)
{
    answer->verdict = reply->sent ? GATEWAY_LOST : GATEWAY_UNSENT;
    answer->error = reply->error;
    /* What is left in this bag (a certificate, an unusable URL) stays as it is. */
    answer->stopped = reply->from_callback;
    answer->permanent = reply->from_callback || reply->error == AVERROR(EIO) ||
                        reply->error == AVERROR(ENOMEM);
    av_strlcpy(answer->text, reply->why, sizeof(answer->text));
}

static void judge_answer(const GatewayCall *call, const HttpReply *reply,
                         GatewayAnswer *answer)
{
    if (reply->status >= 200 && reply->status < 300) {
        answer->verdict = parse(call, reply, answer) < 0 ? GATEWAY_LOST : GATEWAY_JOB;
        if (answer->verdict == GATEWAY_LOST) {
            answer->error = AVERROR_INVALIDDATA;
            snprintf(answer->text, sizeof(answer->text),
                     "HTTP %d with an answer that is not %s", reply->status,
                     call->kind == CALL_FIND ? "a usage log" : "a generation");
        }
        return;
    }
    answer->verdict = judge_status(call->kind, reply);
    answer->error = error_of_status(reply->status);
    /* What answers before it has the request has not taken it: a proxy, mostly. */
    if (call->kind == CALL_CREATE && !reply->sent && !call->inference_id[0] &&
        answer->verdict != GATEWAY_REFUSED)
        answer->verdict = GATEWAY_UNSENT;
    if (reply->status < 400)
        av_strlcpy(
            answer->text,
            "it sends the request elsewhere, which i2v does not follow; check base_url",
            sizeof(answer->text));
    else
        gateway_error_text(reply->body, reply->size, answer->text, sizeof(answer->text));
    answer->moderated = answer->verdict == GATEWAY_REFUSED && reply->status != 401 &&
                        gateway_is_moderation(answer->text);
    if (answer->moderated)
        answer->error = AVERROR(EPERM);
}

bool gateway_answered(GatewayCall *call, GatewayAnswer *answer)
{
    const HttpReply *reply = http_reply(call->exchange);
    if (!reply)
        return false;
    *answer = (GatewayAnswer){
        .status = reply->status,
        .retry_after = reply->retry_after,
        .date = reply->date,
        .job = {.usage = GATEWAY_NO_USAGE},
    };
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

void gateway_answer_clear(GatewayAnswer *answer)
{
    gateway_job_clear(&answer->job);
}
