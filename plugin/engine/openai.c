/* i2v: the engine openai: create, poll, find, cancel
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/openai.h"

#include <curl/curl.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "engine/call.h"
#include "engine/job_json.h"

/* A server that loads or warms its model takes a request and answers minutes later. */
#define CREATE_MS 1800000
#define ASK_MS    60000

static void take_header(EngineCall *call, const char *name, const char *value)
{
    cJSON *json;

    if (call->kind != CALL_CREATE || av_strcasecmp(name, "x-litellm-response-cost"))
        return;
    json = cJSON_Parse(value); /* as JSON has numbers, whatever the host's locale */
    if (cJSON_IsNumber(json) && json->valuedouble >= 0 && json->valuedouble < 1e9)
        call->usage.usd = json->valuedouble;
    cJSON_Delete(json);
}

/* {base}/videos/ID and what is below it. Ids may have =, + and / in them.
 * @return NULL without memory */
static char *url_of(const char *origin, const char *id, const char *below)
{
    char *escaped = curl_easy_escape(NULL, id, 0);
    char *url = escaped ? av_asprintf("%s/videos/%s%s", origin, escaped, below) : NULL;

    curl_free(escaped);
    return url;
}

/* The id of the create call is kept whatever a poll says: a gateway may answer with that
 * of the server behind it. Where no clip is named it is what the server has under the id,
 * but not before the generation is completed: some send a file as it grows. */
static int read_job(const EngineCall *call, const char *body, size_t size, EngineJob *job)
{
    int ret = openai_parse_job(body, size, job);

    if (ret < 0)
        return ret;
    if (call->asked)
        av_freep(&job->id);
    const char *id = call->asked ? call->asked : job->id;
    if (job->state != JOB_EMPTY || !id)
        return 0;
    job->state = JOB_COMPLETED;
    job->moderated = false;
    av_freep(&job->error);
    if ((job->url = url_of(call->origin, id, "/content")))
        return 0;
    engine_job_clear(job);
    return AVERROR(ENOMEM);
}

static int read_body(const EngineCall *call, const char *body, size_t size,
                     EngineAnswer *answer)
{
    switch (call->kind) {
    case CALL_FIND:
        return openai_parse_rows(body, size, &call->query, answer);
    case CALL_READY:
        return openai_parse_rows(body, size, NULL, answer);
    case CALL_CANCEL:
        return openai_parse_deleted(body, size, answer);
    default:
        return read_job(call, body, size, &answer->job);
    }
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
    EngineCall *c =
        alloc_call(access, CALL_CREATE, av_asprintf("%s/videos", access->origin));
    HttpRequest request = {
        .body = body->parts,
        .body_parts = body->count,
        .type = body->type,
        .total_ms = CREATE_MS,
        .stall_ms = CREATE_MS,
    };

    (void)client_id; /* no server keeps one */
    if (c) {
        c->on_last_byte = on_last_byte;
        c->opaque = opaque;
    }
    return call_start(access, http, c, &request, call);
}

/* About one generation. */
static int ask(const EngineAccess *access, Http *http, EngineCallKind kind,
               const char *method, const char *id, EngineCall **call)
{
    EngineCall *c = alloc_call(access, kind, url_of(access->origin, id, ""));
    HttpRequest request = {.total_ms = ASK_MS, .method = method};

    if (c && !(c->asked = av_strdup(id)))
        engine_end(&c);
    if (c) /* a failed generation is told with the status of its failure */
        c->any_status = kind == CALL_POLL;
    return call_start(access, http, c, &request, call);
}

static int poll(const EngineAccess *access, Http *http, const char *id, EngineCall **call)
{
    return ask(access, http, CALL_POLL, NULL, id, call);
}

static int cancel(const EngineAccess *access, Http *http, const char *id,
                  EngineCall **call)
{
    return ask(access, http, CALL_CANCEL, "DELETE", id, call);
}

static int find(const EngineAccess *access, Http *http, const EngineQuery *query,
                EngineCall **call)
{
    HttpRequest request = {.total_ms = ASK_MS};
    char *after =
        query->after && *query->after ? curl_easy_escape(NULL, query->after, 0) : NULL;
    char *url = av_asprintf("%s/videos?limit=%d&order=desc%s%s", access->origin,
                            OPENAI_LIST_ROWS, after ? "&after=" : "", after ? after : "");
    EngineCall *c = alloc_call(access, CALL_FIND, url);

    curl_free(after);
    if (c)
        c->query = *query;
    return call_start(access, http, c, &request, call);
}

/* Asked before a create call: a server that is only starting is not sent one, a key that
 * it does not take is known, and so is the time there. */
static int ready(const EngineAccess *access, Http *http, EngineCall **call)
{
    HttpRequest request = {.total_ms = ASK_MS};
    EngineCall *c =
        alloc_call(access, CALL_READY, av_asprintf("%s/videos?limit=1", access->origin));

    return call_start(access, http, c, &request, call);
}

static const char *const key_variables[] = {NULL};

const Engine openai = {
    .name = "openai",
    .path = "/v1",
    .called = "server",
    .listing = "list of videos",
    .listed_within = 30,
    .asks = 5,
    .keeps_clips = true,
    .key_variables = key_variables,
    .models = (const Model[]){{0}},
    .any_model = &openai_any_model,
    .body = openai_body,
    .create = create,
    .poll = poll,
    .find = find,
    .ready = ready,
    .cancel = cancel,
};
