/* i2v: asking aimlapi for its models
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/aimlapi.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/clock.h"
#include "base/compat.h"
#include "base/http.h"
#include "base/json.h"
#include "engine/call.h"

#define TIMEOUT_MS 10000

/* Of the whole catalogue with its prices the documentation shows 1.3 MB. */
#define MAX_BODY (8 << 20)

/* The end of one call, names looked up and second questions asked included. */
typedef struct Deadline {
    const AVIOInterruptCB *caller;
    int64_t until; ///< clock_now(), microseconds
    bool interrupted;
} Deadline;

static int is_over(void *opaque)
{
    Deadline *deadline = opaque;
    deadline->interrupted |= i2v_interrupted(deadline->caller);
    return deadline->interrupted || clock_now() >= deadline->until;
}

static Deadline deadline_of(const CatalogueSource *source)
{
    int64_t ms = source->timeout_ms ? source->timeout_ms : TIMEOUT_MS;
    return (Deadline){source->interrupt, clock_now() + ms * 1000, false};
}

static int judge(int ret, const HttpReply *reply, const Deadline *deadline, char *why,
                 size_t why_size)
{
    if (ret == AVERROR(EINTR) && !deadline->interrupted) {
        av_strlcpy(why, "no complete answer in time", why_size);
        return AVERROR(ETIMEDOUT);
    }
    if (ret < 0) {
        av_strlcpy(why, reply->why[0] ? reply->why : av_err2str(ret), why_size);
        return ret;
    }
    if (reply->status == 200)
        return 0;
    if (reply->status / 100 == 3)
        av_strlcpy(why, "it sends the request elsewhere, which i2v does not follow",
                   why_size);
    else
        snprintf(why, why_size, "it answers HTTP %d", reply->status);
    return reply->status == 404 ? AVERROR(ENOENT) : AVERROR(EIO);
}

/* What a path gives: a document, or that it is unchanged.
 * @return as aimlapi_list(), and AVERROR(ENOENT) for a 404 */
static int ask_document(const CatalogueSource *source, Deadline *deadline,
                        const char *path, EngineDocument *document, char *why,
                        size_t why_size)
{
    const AVIOInterruptCB interrupt = {is_over, deadline};
    char *url = path ? av_asprintf("%s%s", source->origin, path) : NULL, *known = NULL;
    HttpRequest request = {.url = url,
                           .ca_file = source->ca_file,
                           .allow_http = source->allow_http,
                           .max_size = MAX_BODY};
    HttpReply reply = {0};
    int ret = url ? 0 : AVERROR(ENOMEM);

    if (document->etag[0] &&
        !(request.header = known = av_asprintf("If-None-Match: %s", document->etag)))
        ret = AVERROR(ENOMEM);
    if (ret >= 0)
        ret = http_run(&request, &interrupt, &reply);
    document->unchanged = ret >= 0 && document->etag[0] && reply.status == 304;
    if (!document->unchanged)
        ret = judge(ret, &reply, deadline, why, why_size);
    if (ret >= 0)
        engine_hear_date(source->origin, reply.date);
    if (ret >= 0 && !document->unchanged) {
        av_strlcpy(document->etag, reply.etag, sizeof(document->etag));
        document->json = json_parse(reply.body, reply.size);
        if (!cJSON_IsObject(document->json)) {
            av_strlcpy(why, "its answer is no JSON object", why_size);
            cJSON_Delete(document->json);
            document->json = NULL;
            ret = AVERROR_INVALIDDATA;
        }
    }
    reply_clear(&reply);
    av_free(known);
    av_free(url);
    return ret;
}

static int ask_path(const CatalogueSource *source, Deadline *deadline, const char *path,
                    Catalogue **catalogue, char *why, size_t why_size)
{
    EngineDocument document = {0};
    int ret = ask_document(source, deadline, path, &document, why, why_size);

    *catalogue = NULL;
    if (ret >= 0 && (ret = catalogue_of(document.json, catalogue)) < 0)
        av_strlcpy(why, "its answer is not a list of models", why_size);
    return ret;
}

/* A name within a path or a query; the slashes of a path stay as they are. */
static char *escape(const char *name, bool slashes)
{
    char *escaped = curl_easy_escape(NULL, name, 0), *text = NULL, *from, *to;

    if (escaped)
        text = av_strdup(escaped);
    curl_free(escaped);
    if (!text || !slashes)
        return text;
    for (from = to = text; *from; from++, to++) {
        bool slash = !strncmp(from, "%2F", 3);
        *to = slash ? '/' : *from;
        from += 2 * slash;
    }
    *to = '\0';
    return text;
}

static int ask_for(const CatalogueSource *source, Deadline *deadline, bool card,
                   const char *model, Catalogue **catalogue, char *why, size_t why_size)
{
    char *name = escape(model, card), *path = NULL;

    if (name && card)
        path = av_asprintf("/model/%s?include=pricing,capabilities", name);
    else if (name)
        path = av_asprintf("/v1/models?include=pricing,capabilities&id=%s", name);
    int ret = ask_path(source, deadline, path, catalogue, why, why_size);
    av_free(path);
    av_free(name);
    return ret;
}

/* A gateway that has no such list knows nothing, rather than that there is nothing. */
static int no_list(int ret)
{
    return ret == AVERROR(ENOENT) ? AVERROR(EIO) : ret;
}

int aimlapi_list(const CatalogueSource *source, const char *model, Catalogue **catalogue,
                 char *why, size_t why_size)
{
    Deadline deadline = deadline_of(source);
    Catalogue *card = NULL;

    *why = '\0';
    if (!model)
        return no_list(ask_path(
            source, &deadline,
            "/v1/models?capabilities=image_to_video&include=pricing,capabilities",
            catalogue, why, why_size));
    int ret = ask_for(source, &deadline, false, model, catalogue, why, why_size);
    if (ret < 0 || catalogue_find(*catalogue, model) >= 0)
        return no_list(ret);
    /* A model whose last day is set is no longer listed, and is served until then. */
    ret = ask_for(source, &deadline, true, model, &card, why, why_size);
    if (ret == AVERROR(ENOENT)) {
        static const char nothing[] = "{\"data\":[]}";
        ret = catalogue_parse(nothing, strlen(nothing), &card);
        *why = '\0';
    }
    catalogue_free(catalogue);
    *catalogue = card;
    return ret;
}

int aimlapi_retirements(const CatalogueSource *source, EngineDocument *document,
                        char *why, size_t why_size)
{
    Deadline deadline = deadline_of(source);
    *why = '\0';
    return no_list(ask_document(source, &deadline, "/v1/models/deprecations", document,
                                why, why_size));
}

/* Path and query of a URL: what it names is asked of the gateway that is used. */
static const char *path_of(const char *url)
{
    const char *host = url ? strstr(url, "://") : NULL;
    return host ? strchr(host + 3, '/') : NULL;
}

int aimlapi_schema(const CatalogueSource *source, const Catalogue *catalogue, int n,
                   EngineDocument *document, char *why, size_t why_size)
{
    const char *given = path_of(catalogue_docs(catalogue, n));
    char *name = escape(catalogue_id(catalogue, n), false);
    Deadline deadline = deadline_of(source);
    char *path = !name   ? NULL
                 : given ? av_strdup(given)
                         : av_asprintf("/docs-json?model=%s&endpoint="
                                       "internal%%2Fvideo-generations%%2Fsubmit",
                                       name);

    *why = '\0';
    int ret = ask_document(source, &deadline, path, document, why, why_size);
    av_free(path);
    av_free(name);
    return ret == AVERROR(ENOENT) ? 0 : ret;
}
