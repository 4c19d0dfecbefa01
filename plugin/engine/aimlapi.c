/* i2v: the engine aimlapi: create, poll, find
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/aimlapi.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include <libavutil/avstring.h>

#include "base/clock.h"
#include "engine/call.h"

#define CREATE_MS 600000
#define STALL_MS  120000
#define ASK_MS    60000

/* As JSON has numbers, whatever the host's locale; -1 for what is none. */
static double read_number(const char *text)
{
    cJSON *json = cJSON_Parse(text);
    double number = cJSON_IsNumber(json) ? json->valuedouble : -1;

    cJSON_Delete(json);
    return number >= 0 && number < 1e12 ? number : -1;
}

static void take_header(EngineCall *call, const char *name, const char *value)
{
    if (!av_strcasecmp(name, "x-inference-id") && *value && !call->id)
        call->id = av_strdup(value);
    else if (!av_strcasecmp(name, "x-aimlapi-usd-spent"))
        call->usage.usd = read_number(value);
    else if (!av_strcasecmp(name, "x-aimlapi-credits-used"))
        call->usage.credits = read_number(value);
}

static int read_body(const EngineCall *call, const char *body, size_t size,
                     EngineAnswer *answer)
{
    return call->kind == CALL_FIND
               ? aimlapi_parse_rows(body, size, call->query.client_ids, answer)
               : aimlapi_parse_job(body, size, &answer->job);
}

static EngineCall *alloc_call(const EngineAccess *access, EngineCallKind kind, char *url)
{
    EngineCall *c = call_alloc(access, kind, url);
    if (c) {
        c->take_header = take_header;
        c->read = read_body;
    }
    return c;
}

static int create(const EngineAccess *access, Http *http, const EngineBody *body,
                  const char *client_id, int (*on_last_byte)(void *opaque), void *opaque,
                  EngineCall **call)
{
    EngineCall *c = alloc_call(access, CALL_CREATE,
                               av_asprintf("%s/v2/video/generations", access->origin));
    HttpRequest request = {
        .body = body->parts,
        .body_parts = body->count,
        .total_ms = CREATE_MS,
        .stall_ms = STALL_MS,
    };
    if (c) {
        c->on_last_byte = on_last_byte;
        c->opaque = opaque;
        c->header = av_asprintf("X-Client-Request-Id: %s", client_id);
        if (!c->header)
            engine_end(&c);
    }
    return call_start(access, http, c, &request, call);
}

static int poll(const EngineAccess *access, Http *http, const char *id, EngineCall **call)
{
    HttpRequest request = {.total_ms = ASK_MS};
    char *escaped = curl_easy_escape(NULL, id, 0), *url = NULL;
    if (escaped)
        url = av_asprintf("%s/v2/video/generations?generation_id=%s", access->origin,
                          escaped);
    curl_free(escaped);
    EngineCall *c = alloc_call(access, CALL_POLL, url);
    if (c && !(c->asked = av_strdup(id)))
        engine_end(&c);
    return call_start(access, http, c, &request, call);
}

static int find(const EngineAccess *access, Http *http, const EngineQuery *query,
                EngineCall **call)
{
    HttpRequest request = {.total_ms = ASK_MS};
    char from[CLOCK_TEXT_SIZE], to[CLOCK_TEXT_SIZE];
    /* Further in the future might count as a bad window. */
    clock_text(query->since - ENGINE_SKEW, from);
    clock_text(query->until + ENGINE_SKEW, to);
    char *url = av_asprintf("%s/v2/logs?start=%s&end=%s&limit=%d&offset=%d",
                            access->origin, from, to, AIMLAPI_LOG_ROWS, query->offset);
    EngineCall *c = alloc_call(access, CALL_FIND, url);
    if (c)
        c->query = *query;
    return call_start(access, http, c, &request, call);
}

static const char *const key_variables[] = {"AIML_API_KEY", "AIMLAPI_API_KEY", NULL};

const Engine aimlapi = {
    .name = ENGINE_DEFAULT,
    .base_url = ENGINE_DEFAULT_URL,
    .model = ENGINE_DEFAULT_MODEL,
    .called = "gateway",
    .listing = "usage log",
    .needs_key = true,
    .takes_urls = true,
    .key_variables = key_variables,
    .models = aimlapi_models,
    .body = aimlapi_body,
    .create = create,
    .poll = poll,
    .find = find,
    .list = aimlapi_list,
    .retirements = aimlapi_retirements,
    .schema = aimlapi_schema,
    .price = aimlapi_price,
    .price_text = aimlapi_price_text,
};
