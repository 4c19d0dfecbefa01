/* i2v: what is known of a request before a job is entered for it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/order.h"

#include <string.h>
#include <time.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/common.h>
#include <libavutil/mem.h>

#include "base/text.h"
#include "job/create_body.h"
#include "journey/price.h"
#include "journey/served.h"
#include "made/made.h"
#include "request/scrub.h"

int order_begin(Order *o, const Ask *ask, Outcome *out)
{
    o->ask = ask;
    o->plan.price = -1;
    o->events = events_alloc(out->log, ask->voice);
    return o->events ? 0 : AVERROR(ENOMEM);
}

/* From the ledger */

/* What the ledger says when there is nothing to wait for. */
static int check_recalled(const Order *o, const char *key, Outcome *out)
{
    const Record *r = o->record;

    switch (r->state) {
    case RECORD_FAILED:
        return events_fail(o->events, out, FAILURE_GATEWAY, AVERROR_EXTERNAL,
                           "The generation %s failed: %s.", r->id ? r->id : "",
                           record_error(r));
    case RECORD_NEW:
    case RECORD_INTENT:
        return events_fail(
            o->events, out, FAILURE_REQUEST, AVERROR(ENOENT),
            "The request %.12s was never accepted%s%s; there is nothing to "
            "wait for.",
            key, r->error ? ": " : "", r->error ? r->error : "");
    default:
        return 0;
    }
}

static int recall_request(Order *o, const char *key, Outcome *out)
{
    const Record *r = o->record;
    EarlierRequest earlier = {
        .key = key,
        .engine = r->engine,
        .origin = r->origin,
        /* Of a record that was rebuilt not all may be known. */
        .model = r->model ? r->model : "",
        .prompt = r->prompt ? r->prompt : "",
        .project = r->project,
        .take = FFMAX(r->take, 1),
        .duration = FFMAX(r->duration, 0),
        .width = FFMAX(r->width, 0),
        .height = FFMAX(r->height, 0),
    };
    int ret = request_recall(&earlier, o->options, out, &o->request);

    /* The API key is for the gateway that is named now, and for no other. */
    if (ret >= 0 && !record_is_finished(r) && r->origin &&
        strcmp(r->origin, o->request->origin))
        return events_fail(o->events, out, FAILURE_REQUEST, AVERROR(EINVAL),
                           "The request %.12s was made at %s, and base_url names %s.",
                           key, r->origin, o->request->origin);
    return ret;
}

int order_recall(Order *o, const char *key, const Ask *ask, Outcome *out)
{
    char *directory = NULL;
    int ret;

    if ((ret = order_begin(o, ask, out)) < 0 ||
        (ret = options_gather("", ask->options, out, &o->options)) < 0)
        return ret;
    if ((ret = request_find_store(o->options, out, &directory)) >= 0 &&
        (ret = store_open(directory, out, &o->store)) >= 0)
        ret = store_load(o->store, key, false, out, &o->record);
    av_free(directory);
    if (ret < 0)
        return ret;
    events_set_key(o->events, key);
    if ((ret = check_recalled(o, key, out)) < 0 ||
        (ret = recall_request(o, key, out)) < 0)
        return ret;
    return order_look_up(o, out);
}

/* Store: known? */

/* What was rebuilt is put in place by whoever gets the lock; a job does, and where there
 * is none to enter this is left. */
static int mend(Order *o, Outcome *out)
{
    int lock = store_lock(o->store, o->request->key), ret = 0;

    if (lock >= 0) {
        record_free(&o->record);
        ret = store_load(o->store, o->request->key, true, out, &o->record);
    }
    /* What is asked is known here, whatever is left of it in the ledger. */
    if (lock >= 0 && ret >= 0 && o->record->rebuilt && o->request->fields &&
        (ret = job_describe(o->request, o->record)) >= 0)
        ret = store_save(o->store, o->record, out);
    store_unlock(&lock);
    return ret;
}

int order_look_up(Order *o, Outcome *out)
{
    record_free(&o->record);
    o->known = job_is_known(o->request);
    int ret = store_load(o->store, o->request->key, false, out, &o->record);
    if (ret >= 0 && o->record->rebuilt && o->record->state == RECORD_READY)
        ret = mend(o, out);
    if (ret < 0)
        return ret;
    o->served = !o->known && o->record->state == RECORD_READY &&
                store_has_clip(o->store, o->record);
    if (o->served) /* a kill may have left its note */
        store_drop_part(o->store, o->record->key);
    return 0;
}

/* Saying */

static void say_request(const Order *o)
{
    const Request *r = o->request;
    AVBPrint text;
    size_t line = strcspn(r->prompt, "\r\n");
    int prompt = (int)(line > 60 ? text_cut(r->prompt, 60) : line);
    cJSON *fields = scrub_fields(r->fields);

    av_bprint_init(&text, 0, AV_BPRINT_SIZE_AUTOMATIC);
    av_bprintf(&text, "%s", r->model_name);
    request_put_fields(&text, fields);
    cJSON_Delete(fields);
    if (o->still)
        av_bprintf(&text, ", still %dx%d", still_width(o->still), still_height(o->still));
    events_say(o->events, AV_LOG_INFO, "%s: \"%.*s%s\" [key %.12s]", text.str, prompt,
               r->prompt, r->prompt[prompt] ? "..." : "", r->key);
    Event event = {
        .name = "request", .usd = -1, .retryable = -1, .message = r->model_name};
    events_note(o->events, &event);
}

void order_say_served(const Order *o)
{
    char day[16] = "an earlier day";
    time_t when = (time_t)o->record->accepted;
    struct tm tm;

    if (when > 0 && localtime_r(&when, &tm))
        strftime(day, sizeof(day), "%Y-%m-%d", &tm);
    events_say(o->events, AV_LOG_INFO, "Serving take %d of %s; %s buys another.",
               o->request->take, day, request_next_take(o->request));
    Event event = {.name = "served", .usd = -1, .retryable = -1};
    events_note(o->events, &event);
}

void order_say(Order *o)
{
    if (!o->known && !o->said) /* else it was said when the job was sent ahead */
        say_request(o);
    o->said = true;
    if (o->served && !o->request->dry_run)
        order_say_served(o);
}

/* What a purchase takes */

int order_not_of_still(int ret, Outcome *out)
{
    if (ret == AVERROR(ENOENT))
        ret = out->error = AVERROR(EINVAL);
    return ret;
}

/* Says nothing when the lock cannot be taken: the job does. */
int order_check_store(const Order *o, bool *can_keep, Outcome *out)
{
    int lock = store_lock(o->store, o->request->key), ret = 0;

    *can_keep = lock >= 0 || lock == AVERROR(EAGAIN);
    if (lock >= 0)
        ret = store_probe(o->store, o->request->key, out);
    store_unlock(&lock);
    return order_not_of_still(ret, out);
}

int order_plan(Order *o, Outcome *out)
{
    const Request *r = o->request;
    bool sent = o->record->state == RECORD_SENT;
    int ret;

    if (o->known || job_can_reuse(o->record) || r->reuse_only || !r->api_key)
        return 0;
    /* What may be paid for already is looked for at any price. */
    if (sent && (r->max_cost >= 0 || r->max_total >= 0)) {
        o->plan.refusal =
            "The request is not sent anew before its price was held against its "
            "limit; the same command does that.";
        return 0;
    }
    if ((ret = body_make(r, o->still, o->end, out, &o->body)) < 0 ||
        (r->silence && (ret = made_check_place(out)) < 0) ||
        (!sent && (ret = order_check_store(o, &o->quotable, out)) < 0))
        return ret;
    if (!r->model)
        events_say(o->events, AV_LOG_INFO,
                   "The model %s is not known to i2v: it is sent as asked.",
                   r->model_name);
    o->plan.may_create = true;
    return 0;
}

int order_price(Order *o, Outcome *out)
{
    const AVIOInterruptCB *interrupt = o->ask->interrupt;
    int ret;

    if (!o->quotable)
        return 0;
    ret = served_check(o->request, o->store, o->events, interrupt, out);
    return ret < 0 ? ret
                   : price_ask(o->request, o->events, interrupt, &o->plan.price, out);
}

int order_quote(Order *o, Outcome *out)
{
    int ret = order_plan(o, out);
    return ret < 0 ? ret : order_price(o, out);
}

int order_enter(Order *o, bool ahead, Job **job, Outcome *out)
{
    int ret;

    /* The one to be joined may have ended and gone meanwhile. */
    if (o->known && !job_is_known(o->request) &&
        ((ret = order_look_up(o, out)) < 0 || (ret = order_quote(o, out)) < 0))
        return ret;
    o->plan.request = o->request;
    o->plan.store = o->store;
    o->plan.still = &o->still;
    o->plan.end = &o->end;
    o->plan.body = &o->body;
    o->plan.voice = o->ask->voice;
    o->plan.ahead = ahead;
    ret = job_enter(&o->plan, job, out);
    /* Another thread may have bought since the price was asked. */
    return ret == AVERROR(ECANCELED)
               ? events_fail(o->events, out, FAILURE_REQUEST, ret,
                             "With this clip the command would buy for more than "
                             "max_total=%.10g; it is not sent.",
                             o->request->max_total)
               : ret;
}

int order_wait(const Order *o, Job *job, Outcome *out)
{
    int ret = job_wait(job, o->request->max_wait, o->ask->interrupt, out);
    return out->kind == FAILURE_STORE ? order_not_of_still(ret, out) : ret;
}

void order_free(Order *o)
{
    engine_body_clear(&o->body);
    options_free(&o->options);
    request_free(&o->request);
    still_free(&o->still);
    still_free(&o->end);
    store_close(&o->store);
    record_free(&o->record);
    events_free(&o->events);
}
