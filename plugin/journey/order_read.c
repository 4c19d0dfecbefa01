/* i2v: from what was typed to the key of a request
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/order.h"

#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/mem.h>

#include "base/text.h"
#include "journey/learn.h"
#include "journey/served.h"

/* What a caller's white- and blacklists say of us */

static const char *given(const AVDictionary *options, const char *name, const char *field)
{
    const AVDictionaryEntry *entry = av_dict_get(options, name, NULL, AV_DICT_MATCH_CASE);
    return entry ? entry->value : field;
}

static int refuse_list(Outcome *out, const char *list, const char *value,
                       const char *name)
{
    return outcome_fail(
        out, FAILURE_REQUEST, AVERROR(EINVAL),
        "The %s \"%s\" excludes %s, which this input needs; nothing sent.", list, value,
        name);
}

static int check_protocol(const Ask *ask, const AVDictionary *options, const char *name,
                          Outcome *out)
{
    const AVFormatContext *ctx = ask->caller;
    const char *white =
        given(options, "protocol_whitelist", ctx ? ctx->protocol_whitelist : NULL);
    const char *black =
        given(options, "protocol_blacklist", ctx ? ctx->protocol_blacklist : NULL);

    if (white && av_match_list(name, white, ',') <= 0)
        return refuse_list(out, "protocol_whitelist", white, name);
    if (black && av_match_list(name, black, ',') > 0)
        return refuse_list(out, "protocol_blacklist", black, name);
    return 0;
}

/* A caller who restricts what may be opened restricts us too. */
static int check_lists(const Order *o, Outcome *out)
{
    const Ask *ask = o->ask;
    const AVDictionary *options = ask->options ? *ask->options : NULL;
    const char *formats = given(options, "format_whitelist",
                                ask->caller ? ask->caller->format_whitelist : NULL);
    const char *stills[] = {o->options->image, o->options->end_image};
    int ret = 0;

    if (formats && av_match_list("i2v", formats, ',') <= 0)
        return refuse_list(out, "format_whitelist", formats, "i2v");
    if (options_url_body(ask->url))
        ret = check_protocol(ask, options, "i2v", out);
    for (size_t i = 0; i < FF_ARRAY_ELEMS(stills) && ret >= 0; i++)
        if (stills[i])
            ret = check_protocol(ask, options, still_protocol(stills[i]), out);
    return ret;
}

/* Reading */

static int read_still(const Order *o, const char *image, const char *time, Still **still,
                      Outcome *out)
{
    StillSource source = {
        .image = image,
        .image_time = time,
        .ca_file = o->request->ca_file,
        .interrupt = o->ask->interrupt,
        .out = out,
    };
    return still_read(&source, still);
}

static int read_stills(Order *o, Outcome *out)
{
    const Request *r = o->request;
    int ret = 0;

    if (!r->image_as_url)
        ret = read_still(o, r->image, r->image_time, &o->still, out);
    if (ret >= 0 && r->end_image && !r->end_image_as_url)
        ret = read_still(o, r->end_image, NULL, &o->end, out);
    /* Both or none, or the next step would take the one for all there is. */
    if (ret < 0)
        still_free(&o->still);
    return ret;
}

int order_need_still(Order *o, Outcome *out)
{
    const Request *r = o->request;
    return o->still ? 0 : read_still(o, r->image, r->image_time, &o->still, out);
}

/* One model */

/* Who tells what the model takes, with the store open that keeps it; NULL where nobody
 * does. Where the options or the store have something wrong, that is said by the steps
 * that follow. @return 0 or AVERROR(ENOMEM) */
static int find_place(Order *o, Request **place)
{
    Outcome quiet = {.quiet = true};
    char *directory = NULL;
    int ret;

    if (!(*place = av_mallocz(sizeof(**place))))
        return AVERROR(ENOMEM);
    ret = request_check_origin(*place, o->options, &quiet);
    if (ret < 0 || !(*place)->engine->schema || !text_is_set(o->options->model))
        request_free(place);
    else if (!o->store && (ret = request_find_store(o->options, &quiet, &directory)) >= 0)
        ret = store_open(directory, &quiet, &o->store);
    av_free(directory);
    return ret == AVERROR(ENOMEM) ? ret : 0;
}

static LearnFrom learn_from(const Order *o, const Request *place)
{
    return (LearnFrom){place->engine, request_source(place, o->ask->interrupt), o->store};
}

/* As of learn_kept(). */
static int recall_model(const Order *o, const Request *place, Model **model, bool *due)
{
    *model = NULL;
    *due = false;
    if (!place)
        return 0;
    LearnFrom from = learn_from(o, place);
    return learn_kept(&from, o->options->model, model, due);
}

static int note_line(const Order *o)
{
    const char *id = o->ask->id;
    return id && !(o->request->line_id = av_strdup(id)) ? AVERROR(ENOMEM) : 0;
}

/* From the options to the key, with what is known of the model, which is taken over.
 * @param check  what is wrong with the options is said there */
static int build(Order *o, Model *model, Outcome *check, Outcome *out)
{
    int ret;

    out->error = 0; /* another name may have had one */
    o->whole = false;
    request_free(&o->request);
    if ((ret = request_check(o->options, model, check, &o->request)) < 0 ||
        (ret = note_line(o)) < 0 ||
        (ret = request_check_gateway(o->request, o->options, check)) < 0 ||
        (ret = request_check_places(o->request, o->options, check)) < 0)
        return order_not_of_still(ret, check);
    if ((!o->still && !o->end && (ret = read_stills(o, out)) < 0) ||
        (ret = request_settle(o->request, o->still, o->end, check)) < 0 ||
        (ret = request_settle_places(o->request, o->options, check)) < 0)
        return ret;
    if (!o->store && (ret = store_open(o->request->store, out, &o->store)) < 0)
        return order_not_of_still(ret, out);
    events_set_key(o->events, o->request->key);
    o->whole = true;
    return 0;
}

/* Whether this very request was sent, or its clip is here. @return 1 or 0, or a negative
 * AVERROR */
static int was_asked(Order *o, Outcome *out)
{
    int ret = o->whole ? order_look_up(o, out) : 0;

    if (ret < 0 || !o->whole)
        return ret;
    RecordState state = o->record->state;
    return o->known || state == RECORD_SENT || state == RECORD_RUNNING ||
           state == RECORD_READY;
}

/* Of a request. */
typedef struct Keys {
    char own[REQUEST_KEY_SIZE];
    char first[REQUEST_KEY_SIZE]; ///< as of Request
} Keys;

/* The request by what the engine says that the model takes, now or lately. It keeps the
 * key that it has without that: schemas change, and the same command is to be the same
 * request whatever they say. Only what can be asked by its schema alone has that of it.
 */
static int read_learned(Order *o, const Request *place, Model *model, bool due,
                        const Keys *keys, Outcome *out)
{
    LearnFrom from = learn_from(o, place);
    int ret;

    if (due) {
        schema_model_free(&model);
        if ((ret = learn_model(&from, o->options->model, &model, out)) < 0)
            return ret;
    }
    if ((ret = build(o, model, out, out)) < 0 || !*keys->own)
        return ret;
    av_strlcpy(o->request->key, keys->own, sizeof(o->request->key));
    av_strlcpy(o->request->first, keys->first, sizeof(o->request->first));
    events_set_key(o->events, keys->own);
    return request_settle_places(o->request, o->options, out);
}

/* Whether no other way of reading the options can mend an error of build(): it was said,
 * of a still or the store. */
static bool is_final(int ret, const Outcome *out)
{
    return ret == AVERROR(ENOMEM) || ret == AVERROR(EINTR) || (ret < 0 && out->error);
}

/* What was asked already needs no schema. */
static int read_known(Order *o, const Request *place, Outcome *out)
{
    Outcome quiet = {.log = out->log, .quiet = true};
    Keys keys = {"", ""};
    Model *model;
    bool due;
    int ret = recall_model(o, place, &model, &due), asked = 0;

    if (ret < 0 || (!model && !due))
        return ret < 0 ? ret : build(o, NULL, out, out);
    ret = build(o, NULL, &quiet, out);
    if (ret >= 0) {
        av_strlcpy(keys.own, o->request->key, sizeof(keys.own));
        av_strlcpy(keys.first, o->request->first, sizeof(keys.first));
        asked = was_asked(o, out);
    }
    if (!is_final(ret, out) && !asked)
        return read_learned(o, place, model, due, &keys, out);
    schema_model_free(&model);
    return ret < 0 || asked < 0 ? FFMIN(ret, asked) : build(o, NULL, out, out);
}

static int read_request(Order *o, Outcome *out)
{
    Request *place;
    int ret = find_place(o, &place);

    if (ret >= 0)
        ret = read_known(o, place, out);
    request_free(&place);
    return ret;
}

/* Of several models */

/* The next name of a list; it is what the option then says. @return 1, 0 behind the last,
 * AVERROR(ENOMEM) */
static int take_name(Order *o, const char **list)
{
    size_t size = strcspn(*list, ",");

    if (!**list)
        return 0;
    av_free(o->options->model);
    if (!(o->options->model = av_strndup(*list, size)))
        return AVERROR(ENOMEM);
    text_trim(o->options->model);
    *list += size + ((*list)[size] == ',');
    return 1;
}

static int check_names(const char *list, Outcome *out)
{
    for (bool more = true; more;) {
        size_t size = strcspn(list, ",");
        if (strspn(list, " \t") >= size)
            return outcome_refuse(
                out, "The option model lists models, and one of them has no name.");
        more = list[size];
        list += size + more;
    }
    return 0;
}

/* One that was asked already is not asked again under another name. */
static int find_asked(Order *o, const char *list, Outcome *out)
{
    Outcome quiet = {.log = out->log, .quiet = true};
    Request *place;
    int ret;

    while ((ret = take_name(o, &list)) > 0) {
        if ((ret = find_place(o, &place)) >= 0)
            ret = build(o, NULL, &quiet, out);
        request_free(&place);
        if (is_final(ret, out))
            return ret;
        if ((ret = was_asked(o, out)))
            return ret;
    }
    return ret;
}

/* Whether the request may be sent to its model. Where nothing can be sent it may. */
static int may_ask(const Order *o, Outcome *out)
{
    const Request *r = o->request;

    return r->reuse_only || !r->api_key ? 1
                                        : served_is(r, o->store, o->ask->interrupt, out);
}

static int find_served(Order *o, const char *names, Outcome *out)
{
    const char *list = names;
    int ret, served = 0, count = 0;

    while (!served && (ret = take_name(o, &list)) > 0) {
        if ((ret = read_request(o, out)) < 0 || (served = may_ask(o, out)) < 0)
            return FFMIN(ret, served);
        count++;
    }
    if (!served)
        return ret < 0
                   ? ret
                   : outcome_refuse(out, "%s serves none of the models %s; nothing sent.",
                                    o->request->origin, names);
    if (count > 1)
        events_say(o->events, AV_LOG_WARNING,
                   "Of the models %s the first that is served is %s.", names,
                   o->request->model_name);
    return 0;
}

static int read_first(Order *o, Outcome *out)
{
    char *names = av_strdup(o->options->model);
    int ret = names ? check_names(names, out) : AVERROR(ENOMEM);

    if (ret >= 0)
        ret = find_asked(o, names, out);
    if (!ret)
        ret = find_served(o, names, out);
    av_free(names);
    return FFMIN(ret, 0);
}

int order_read(Order *o, const Ask *ask, Outcome *out)
{
    int ret;

    if ((ret = order_begin(o, ask, out)) < 0 ||
        (ret = options_gather(ask->url, ask->options, out, &o->options)) < 0 ||
        (ret = check_lists(o, out)) < 0)
        return ret;
    const Engine *engine = engine_find(o->options->engine);
    bool several =
        engine && engine->list && o->options->model && strchr(o->options->model, ',');
    return several ? read_first(o, out) : read_request(o, out);
}
