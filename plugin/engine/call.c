/* i2v: one call to an engine: begun and ended
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/call.h"

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#define MAX_ANSWER (4 << 20)

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
    request->bearer = *c->api_key ? c->api_key : NULL;
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
    av_free(body->type);
    *body = (EngineBody){0};
}
