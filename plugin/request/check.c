/* i2v: checking what is asked for
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request/steps.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "base/url.h"
#include "engine/schema_model.h"

#define MAX_TEXT  (1 << 20)
#define MAX_LABEL 200 ///< bytes

static int copy(char **to, const char *from)
{
    *to = from ? av_strdup(from) : NULL;
    return from && !*to ? AVERROR(ENOMEM) : 0;
}

/* Drop a byte order mark and the CR of each CRLF. */
static void normalize_text(char *text)
{
    char *to = text;
    const char *from = text;
    av_strstart(from, "\xEF\xBB\xBF", &from);
    for (; *from; from++)
        if (from[0] != '\r' || from[1] != '\n')
            *to++ = *from;
    *to = '\0';
}

static int check_prompt(const Options *o, Outcome *out, Request *r)
{
    int ret;
    if (o->prompt && o->prompt_file)
        return outcome_refuse(
            out, "The options prompt and prompt_file are both given; give one of them.");
    if (o->prompt_file) {
        if ((ret = files_read_text(o->prompt_file, MAX_TEXT, "prompt_file", out,
                                   &r->prompt)) < 0)
            return ret;
        normalize_text(r->prompt);
    } else if ((ret = copy(&r->prompt, o->prompt ? o->prompt : "")) < 0) {
        return ret;
    }
    /* Whether there must be one is the model's matter. */
    text_trim(r->prompt);
    if (!text_is_utf8(r->prompt))
        return outcome_refuse(out, "The option %s is not valid UTF-8.",
                              o->prompt_file ? "prompt_file" : "prompt");
    /* OBS splits options at blanks, also within "...", and half of it would be bought. */
    if (!o->prompt_file && r->prompt[0] == '"' && !strchr(r->prompt + 1, '"'))
        return outcome_refuse(
            out, "The prompt begins with a \" and has no second one, as if a "
                 "program had cut it at a blank: put it in '...' there, or "
                 "in a prompt_file.");
    return 0;
}

static int check_image(const Options *o, Outcome *out, Request *r)
{
    int ret;
    if (!o->image || !o->image[0])
        return outcome_refuse(
            out,
            "There is no still: name it %s, in the URL (i2v:still.png?prompt=...) or "
            "with the option image.",
            options_dash()[1] ? "behind the options" : "as the input (-i still.png)");
    if (av_strstart(o->image, "shot:", NULL))
        return outcome_refuse(out,
                              "The still '%s' is a frame of another shot, which only a "
                              "line of a manifest has; a file of that name is ./%s.",
                              o->image, o->image);
    if ((ret = copy(&r->image, o->image)) < 0 ||
        (ret = copy(&r->image_time, o->image_time)) < 0)
        return ret;
    r->target.fit = (StillFit)o->fit;
    r->target.position = (StillPosition)o->fit_position;
    r->image_as_url =
        r->engine->takes_urls && o->fit == STILL_NONE && url_is_web(o->image);
    return 0;
}

static int check_end_image(const Options *o, Outcome *out, Request *r)
{
    if (!o->end_image)
        return 0;
    if (!o->end_image[0])
        return outcome_refuse(
            out,
            "The option end_image is empty; it names a still as the option image does.");
    r->end_target = r->target;
    r->end_image_as_url =
        r->engine->takes_urls && o->fit == STILL_NONE && url_is_web(o->end_image);
    return copy(&r->end_image, o->end_image);
}

static int check_waiting(const Options *o, Outcome *out, Request *r)
{
    if (o->max_wait < 0 || o->max_wait > DAY_US)
        return outcome_refuse(out, "The option max_wait must be from 0 to 24 hours.");
    if (o->poll_interval < 0 || o->poll_interval > DAY_US / 24)
        return outcome_refuse(
            out, "The option poll_interval must be from 0 (adaptive) to 1 hour.");
    r->max_wait = o->max_wait;
    r->poll_interval = o->poll_interval;
    r->take = o->take;
    r->reuse_only = o->reuse == REUSE_ONLY;
    return 0;
}

static int check_money(const Options *o, Outcome *out, Request *r)
{
    r->max_cost = o->max_cost;
    r->max_total = o->max_total;
    r->dry_run = o->dry_run > 0;
    r->fallback = (OptionsFallback)o->fallback;
    r->silence = o->silence > 0;
    r->tags = (OptionsTags)o->tags;
    if (!o->project || !o->project[0])
        return 0;
    if (!text_is_utf8(o->project) || strlen(o->project) > MAX_LABEL ||
        text_has_control(o->project))
        return outcome_refuse(
            out,
            "The option project takes a label of one line, at most %d bytes of UTF-8.",
            MAX_LABEL);
    return copy(&r->project, o->project);
}

static int find_engine(const Options *o, Outcome *out, Request *r)
{
    char names[64];

    r->engine = engine_find(o->engine);
    if (r->engine)
        return 0;
    engine_list_names(names, sizeof(names));
    return outcome_refuse(out, "The option engine cannot be '%s'; it takes %s.",
                          o->engine, names);
}

static int refuse_base_url(const char *url, bool path, Outcome *out)
{
    return outcome_refuse(out,
                          "The option base_url must be %s, https://HOST or "
                          "https://HOST:PORT%s, not '%s'.",
                          path ? "the place of a server" : "an origin",
                          path ? ", with or without a path" : "",
                          strchr(url, '@')   ? "(a URL with credentials)"
                          : strchr(url, '?') ? "(a URL with a query)"
                                             : url);
}

static int check_base_url(const Options *o, Outcome *out, Request *r)
{
    const char *allowed = secure_getenv("I2V_ALLOW_HTTP");
    const char *url = o->base_url ? o->base_url : "", *path = r->engine->path;

    if (!*url && !r->engine->base_url)
        return outcome_refuse(
            out,
            "The engine %s needs the option base_url (or I2V_BASE_URL): where its "
            "server is, such as http://127.0.0.1:8091.",
            r->engine->name);
    int ret = path ? url_base(url, path, &r->origin) : url_origin(url, &r->origin);
    if (ret == AVERROR(ENOMEM))
        return ret;
    if (ret < 0 || (!path && !url_is_origin(url)))
        return refuse_base_url(url, path, out);
    r->allow_http = av_strstart(r->origin, "http://", NULL);
    if (r->allow_http && !url_is_loopback(r->origin) &&
        (!allowed || strcmp(allowed, "1")))
        return outcome_refuse(
            out, "The option base_url is plain http to another machine, which would show "
                 "the API key to the network: use https, or set I2V_ALLOW_HTTP=1.");
    return 0;
}

static int check_ca_file(const Options *o, Outcome *out, Request *r)
{
    if (o->ca_file && access(o->ca_file, R_OK) < 0) {
        int ret = AVERROR(errno);
        return outcome_fail(out, FAILURE_REQUEST, ret,
                            "The option ca_file names %s, which cannot be read: %s.",
                            o->ca_file, av_err2str(ret));
    }
    return copy(&r->ca_file, o->ca_file);
}

/* Texts are kept in the ledger, which is to be read again. */
static int check_sizes(const Options *o, Outcome *out)
{
    const struct {
        const char *name, *text;
    } texts[] = {{"prompt", o->prompt},
                 {"negative_prompt", o->negative_prompt},
                 {"params", o->params}};

    for (size_t i = 0; i < FF_ARRAY_ELEMS(texts); i++) {
        if (!texts[i].text || strlen(texts[i].text) <= MAX_TEXT)
            continue;
        return outcome_refuse(
            out, "The option %s is too large: it may have %d bytes, and has %zu.",
            texts[i].name, MAX_TEXT, strlen(texts[i].text));
    }
    return 0;
}

int request_check(const Options *options, Model *learned, Outcome *out, Request **request)
{
    Request *r = *request = av_mallocz(sizeof(*r));
    int ret;

    if (!r) {
        schema_model_free(&learned);
        return AVERROR(ENOMEM);
    }
    r->learned = learned;
    if ((ret = find_engine(options, out, r)) < 0 ||
        (ret = check_sizes(options, out)) < 0 ||
        (ret = check_prompt(options, out, r)) < 0 ||
        (ret = check_image(options, out, r)) < 0 ||
        (ret = check_end_image(options, out, r)) < 0 ||
        (ret = fields_check(options, out, r)) < 0 || (ret = again_note(options, r)) < 0 ||
        (ret = check_money(options, out, r)) < 0 ||
        (ret = check_waiting(options, out, r)) < 0)
        request_free(request);
    return ret;
}

/* The engine and the place where it was made, whatever is asked now. What is said for
 * another engine, its place and its key, is not for this one. */
static int recall_engine(const EarlierRequest *earlier, const Options *o, Outcome *out,
                         Request *r)
{
    Options there = *o;
    int ret;

    r->engine = engine_find(earlier->engine);
    if (!r->engine)
        return outcome_refuse(
            out, "The request was made with the engine %s, which this i2v does not know.",
            earlier->engine);
    bool other = r->engine != engine_find(o->engine);
    if (earlier->origin && (other || !o->base_url))
        there.base_url = (char *)earlier->origin;
    if (other)
        there.api_key_file = NULL;
    ret = check_base_url(&there, out, r);
    return ret < 0 ? ret : api_key_find(&there, !other, out, r);
}

/* What save may name of it: as it was made, whatever is typed now. */
static int recall_label(const EarlierRequest *earlier, Request *r)
{
    r->take = earlier->take;
    av_strlcpy(r->key, earlier->key, sizeof(r->key));
    av_freep(&r->project);
    return copy(&r->project, earlier->project);
}

int request_recall(const EarlierRequest *earlier, const Options *options, Outcome *out,
                   Request **request)
{
    Request *r = *request = av_mallocz(sizeof(*r));
    int ret;

    if (!r)
        return AVERROR(ENOMEM);
    if ((ret = recall_engine(earlier, options, out, r)) < 0 ||
        (ret = copy(&r->model_name, earlier->model)) < 0 ||
        (ret = copy(&r->prompt, earlier->prompt)) < 0 ||
        (ret = copy(&r->image, "")) < 0 || (ret = check_money(options, out, r)) < 0 ||
        (ret = check_waiting(options, out, r)) < 0 ||
        (ret = check_ca_file(options, out, r)) < 0 ||
        (ret = recall_label(earlier, r)) < 0 ||
        (ret = request_check_places(r, options, out)) < 0) {
        request_free(request);
        return ret;
    }
    r->duration = earlier->duration;
    r->width = earlier->width;
    r->height = earlier->height;
    r->reuse_only = true;
    return 0;
}

int request_check_origin(Request *request, const Options *options, Outcome *out)
{
    int ret = request->engine ? 0 : find_engine(options, out, request);

    if (ret >= 0 && !request->origin)
        ret = check_base_url(options, out, request);
    return ret < 0 ? ret : check_ca_file(options, out, request);
}

CatalogueSource request_source(const Request *r, const AVIOInterruptCB *interrupt)
{
    return (CatalogueSource){
        .origin = r->origin,
        .ca_file = r->ca_file,
        .allow_http = r->allow_http,
        .interrupt = interrupt,
    };
}

int request_check_gateway(Request *request, const Options *options, Outcome *out)
{
    int ret = request_check_origin(request, options, out);
    return ret < 0 ? ret : api_key_find(options, true, out, request);
}

int request_settle(Request *request, const Still *still, const Still *end, Outcome *out)
{
    int ret = target_settle(request, still, end, out);
    if (still)
        digest_hex(still_digest(still), 32, request->image_hash);
    if (end)
        digest_hex(still_digest(end), 32, request->end_image_hash);
    if (ret >= 0)
        ret = key_of(request, request->take, still, end, request->key);
    if (ret >= 0 && request->take != 1)
        ret = key_of(request, 1, still, end, request->first);
    return ret;
}

double request_seconds(const Request *request)
{
    const char *field = request->model ? request->model->duration_field : NULL;
    return json_number(request->fields, field ? field : "duration", request->duration);
}

const char *request_spell_next_take(char *text, size_t size, const Request *request)
{
    if (request->line_id)
        snprintf(text, size, "\"take\": %d in its line", request->take + 1);
    else
        snprintf(text, size, "%stake %d", options_dash(), request->take + 1);
    return text;
}

Request *request_ref(Request *request)
{
    atomic_fetch_add(&request->references, 1);
    return request;
}

void request_free(Request **request)
{
    Request *r = *request;

    *request = NULL;
    if (!r || atomic_fetch_sub(&r->references, 1) > 0)
        return;
    schema_model_free(&r->learned);
    av_freep(&r->model_name);
    av_freep(&r->resolution);
    av_freep(&r->ratio);
    av_freep(&r->prompt);
    cJSON_Delete(r->fields);
    av_freep(&r->image);
    av_freep(&r->image_time);
    av_freep(&r->image_name);
    cJSON_Delete(r->options);
    av_freep(&r->end_image);
    av_freep(&r->project);
    av_freep(&r->line_id);
    av_freep(&r->save);
    av_freep(&r->api_key);
    av_freep(&r->api_key_path);
    av_freep(&r->origin);
    av_freep(&r->ca_file);
    av_freep(&r->store);
    av_free(r);
}
