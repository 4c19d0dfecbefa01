/* i2v: the journey of one request of many
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/many.h"

#include <libavutil/avstring.h>
#include <libavutil/mem.h>

#include "journey/ends.h"

struct Journey {
    Ask ask;
    Order order;
    Job *job;     ///< NULL when nothing was to be sent
    bool settled; ///< nothing of it is left to be sent
    int refusal;  ///< what it was refused for before it was sent, a negative AVERROR
};

/* Before it is sent */

/* What its own call would find out without asking the engine for anything. */
static int foresee(Order *o, bool *settled, Outcome *out)
{
    int ret = order_look_up(o, out);

    *settled = o->request->dry_run || o->served;
    if (ret < 0 || *settled || o->known)
        return ret;
    ret = job_foresee(o->request, o->record, o->events, out);
    /* Not settled for want of a key: it can be sent once there is one. */
    *settled = ret < 0 && out->kind != FAILURE_KEY;
    return ret < 0 ? ret : order_plan(o, out);
}

/* A failure that its own call has something in place of is that call's to report. */
static int pass_over(Journey *j, int error, Outcome *out)
{
    if (!may_fall_back(&j->order, error))
        return error;
    j->settled = true;
    *out = outcome_like(out);
    return 0;
}

int journey_prepare(const Ask *ask, Journey **journey, Outcome *out)
{
    Journey *j = *journey = av_mallocz(sizeof(*j));
    int ret;

    if (!j)
        return AVERROR(ENOMEM);
    j->ask = *ask;
    ret = order_read(&j->order, &j->ask, out);
    j->ask.options = NULL; // the caller's
    j->ask.id = NULL;
    if (ret >= 0)
        ret = foresee(&j->order, &j->settled, out);
    return ret < 0 ? pass_over(j, ret, out) : ret;
}

int journey_price(Journey *j, PriceSum *sum, Outcome *out)
{
    Order *o = &j->order;
    int ret;

    if (j->settled)
        return 0;
    order_say(o);
    ret = order_price(o, out);
    if (ret >= 0 && o->plan.may_create)
        price_add(sum, o->plan.price, o->request->max_total);
    return ret < 0 ? pass_over(j, ret, out) : ret;
}

int journey_enter(Journey *j, bool ahead, Outcome *out)
{
    /* A job that is known has somebody who sent it ahead, or waits. */
    return j->settled || (ahead && j->order.known)
               ? 0
               : order_enter(&j->order, ahead, &j->job, out);
}

/* Whether a dry run would buy. */
static bool would_buy(const Order *o)
{
    return !o->known && !o->served && !job_can_reuse(o->record) &&
           !o->request->reuse_only;
}

/* What a dry run would buy, at what price. */
static int price_rehearsal(Order *o, JourneyOutlook *outlook, Outcome *out)
{
    if (!would_buy(o))
        return 0;
    outlook->buys = o->quotable = true;
    return order_price(o, out);
}

static int look_at_clip(const Order *o, JourneyOutlook *outlook)
{
    const Request *r = o->request;

    if (r->save && !(outlook->save = av_strdup(r->save)))
        return AVERROR(ENOMEM);
    if (o->served && !(outlook->clip = store_clip_path(o->store, r->key)))
        return AVERROR(ENOMEM);
    if (o->still || r->width)
        request_clip_size(r, o->still, &outlook->width, &outlook->height);
    return 0;
}

/* What is known of the request, as far as it was read. */
static int describe(const Order *o, JourneyOutlook *outlook)
{
    const Request *r = o->request;

    outlook->price = o->plan.price;
    if (!r)
        return 0;
    av_strlcpy(outlook->key, r->key, sizeof(outlook->key));
    outlook->dry_run = r->dry_run;
    outlook->falls_back = r->fallback == FALLBACK_STILL;
    outlook->max_total = r->max_total;
    outlook->sized = r->width > 0;
    outlook->rate = r->rate;
    outlook->seconds = request_seconds(r);
    /* The table knows of each of its models whether a clip of it has sound. */
    outlook->audio = r->silence || r->audible               ? 1
                     : r->mute || (r->model && !r->learned) ? 0
                                                            : -1;
    return o->whole ? look_at_clip(o, outlook) : 0;
}

int journey_foresee(const Ask *ask, bool price, JourneyOutlook *outlook, Outcome *out)
{
    Journey *j;
    PriceSum unused = {.max_total = -1};
    int ret = journey_prepare(ask, &j, out);

    *outlook = (JourneyOutlook){.price = -1, .max_total = -1, .audio = -1};
    if (!j)
        return ret;
    Order *o = &j->order;
    if (ret >= 0 && price)
        ret = journey_price(j, &unused, out);
    outlook->settled = j->settled;
    outlook->buys = ret >= 0 && o->plan.may_create;
    if (ret >= 0 && price && o->whole && o->request->dry_run)
        ret = price_rehearsal(o, outlook, out);
    if (describe(o, outlook) < 0)
        ret = AVERROR(ENOMEM);
    if (ret < 0) {
        outcome_end(out, FAILURE_STORE, ret);
        /* What the ledger refuses is noted when its turn comes. */
        if (!j->settled)
            journey_note_failure(j, out);
    }
    journey_free(&j, false);
    return ret;
}

void journey_outlook_clear(JourneyOutlook *outlook)
{
    av_freep(&outlook->save);
    av_freep(&outlook->clip);
}

const char *journey_unsettled_key(const Journey *j)
{
    return j->settled || j->order.known ? NULL : j->order.request->key;
}

void journey_note_failure(const Journey *j, Outcome *out)
{
    if (j->order.events)
        events_note_failure(j->order.events, out);
}

/* Under way */

int journey_begin(const Ask *ask, Journey **journey, Outcome *out)
{
    PriceSum unused = {.max_total = -1};
    int ret = journey_prepare(ask, journey, out);

    if (ret >= 0 && (ret = journey_price(*journey, &unused, out)) >= 0)
        ret = journey_enter(*journey, false, out);
    if (*journey)
        (*journey)->refusal = FFMIN(ret, 0);
    return ret;
}

bool journey_has_ended(const Journey *journey)
{
    return !journey->job || job_has_ended(journey->job);
}

/* What is left of the line of journey_fetch(). */
static int go_on(Journey *j, char **path, Outcome *out)
{
    Order *o = &j->order;
    int ret;

    if (j->refusal)
        return j->refusal;
    if (!j->job) {
        if ((ret = order_look_up(o, out)) < 0)
            return ret;
        order_say(o);
        if (o->request->dry_run)
            return rehearse(o, path, out);
        if (!o->served && ((ret = order_quote(o, out)) < 0 ||
                           (ret = order_enter(o, false, &j->job, out)) < 0))
            return ret;
    }
    if (j->job && (ret = order_wait(o, j->job, out)) < 0)
        return ret;
    return deliver(o, path, out);
}

static void fill_report(Journey *j, int ret, JourneyReport *report)
{
    Order *o = &j->order;
    Outcome unheard = {.quiet = true};
    Record *now = NULL;

    if (o->request) {
        av_strlcpy(report->key, o->request->key, sizeof(report->key));
        report->dry_run = o->request->dry_run;
    }
    /* What the ledger says by now of one that failed. */
    if (ret < 0 && o->whole &&
        store_load(o->store, o->request->key, false, &unheard, &now) >= 0)
        FFSWAP(Record *, o->record, now);
    record_free(&now);
    if (o->record) {
        av_strlcpy(report->status, o->record->status, sizeof(report->status));
        report->state = record_state_name(o->record->state);
        report->usd = record_cost(o->record);
    }
    if (report->dry_run)
        report->usd = o->whole && !would_buy(o) ? 0 : o->plan.price;
}

int journey_finish(Journey **journey, const AVIOInterruptCB *interrupt,
                   JourneyReport *report, Outcome *out)
{
    Journey *j = *journey;

    *report = (JourneyReport){.usd = -1, .state = record_state_name(RECORD_NEW)};
    j->ask.interrupt = interrupt;
    int ret = go_on(j, &report->path, out);
    int failed = ret;
    if (ret < 0)
        ret = fall_back(&j->order, ret, &report->path, out);
    fill_report(j, failed, report);
    journey_free(journey, false);
    return ret;
}

void journey_free(Journey **journey, bool withdraw)
{
    Journey *j = *journey;

    if (!j)
        return;
    if (withdraw)
        job_withdraw(&j->job);
    job_unref(&j->job);
    order_free(&j->order);
    av_freep(journey);
}
