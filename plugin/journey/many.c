/* i2v: several journeys under way at once
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/journey.h"

#include <string.h>

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

/* What its own call would find out without asking the engine for anything. */
static int foresee(Order *o, bool *settled, Outcome *out)
{
    int ret = order_look_up(o, out);

    *settled = o->request->dry_run || o->known || o->served;
    if (ret < 0 || *settled)
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
    *out = (Outcome){.log = out->log, .quiet = out->quiet};
    return 0;
}

/* Everything before the price is asked. */
static int prepare(Journey *j, const Ask *ask, Outcome *out)
{
    int ret;

    j->ask = *ask;
    ret = order_read(&j->order, &j->ask, out);
    j->ask.options = NULL; // the caller's
    if (ret >= 0)
        ret = foresee(&j->order, &j->settled, out);
    return ret < 0 ? pass_over(j, ret, out) : ret;
}

static int ask_price(Journey *j, Outcome *out)
{
    if (j->settled)
        return 0;
    order_say(&j->order);
    int ret = order_price(&j->order, out);
    return ret < 0 ? pass_over(j, ret, out) : ret;
}

static int enter(Journey *j, bool ahead, Outcome *out)
{
    return j->settled ? 0 : order_enter(&j->order, ahead, &j->job, out);
}

/* Ahead */

/* What a request is called in its command: its still, else its URL. */
static const char *name_of(const Ask *ask)
{
    const AVDictionaryEntry *image =
        av_dict_get(*ask->options, "image", NULL, AV_DICT_MATCH_CASE);
    return image ? image->value : ask->url ? ask->url : "?";
}

static int prepare_named(Journey *j, const Ask *ask, Outcome *out)
{
    char *name = av_strdup(name_of(ask)); // reading takes the options
    int ret = prepare(j, ask, out);

    /* The sentence that said why does not say of which of them. */
    if (ret < 0 && ret != AVERROR(EINTR))
        outcome_say(out, AV_LOG_ERROR,
                    "That is of the request for '%s'; nothing of this command was sent.",
                    name ? name : "?");
    av_free(name);
    return ret;
}

/* Their lines will mix. */
static void tell_apart(const Journey *journeys, int count)
{
    const char *key = NULL;

    for (int i = 0; i < count; i++) {
        if (journeys[i].settled)
            continue;
        if (key && strcmp(key, journeys[i].order.request->key))
            events_tell_apart();
        key = journeys[i].order.request->key;
    }
}

int journey_send_ahead(const Ask *asks, int count, Outcome *out)
{
    Journey *journeys = av_calloc((size_t)count, sizeof(*journeys));
    int ret = journeys ? 0 : AVERROR(ENOMEM), at = -1;

    for (int i = 0; i < count && ret >= 0; i++)
        ret = prepare_named(&journeys[at = i], &asks[i], out);
    if (ret >= 0)
        tell_apart(journeys, count);
    for (int i = 0; i < count && ret >= 0; i++)
        ret = ask_price(&journeys[at = i], out);
    /* Until somebody waits nothing goes out. */
    for (int i = 0; i < count && ret >= 0; i++)
        ret = enter(&journeys[at = i], true, out);
    if (ret < 0)
        outcome_end(out, FAILURE_STORE, ret);
    if (ret < 0 && at >= 0 && journeys[at].order.events)
        events_note_failure(journeys[at].order.events, out);
    for (int i = 0; journeys && i < count; i++) {
        if (ret < 0)
            job_withdraw(&journeys[i].job);
        job_unref(&journeys[i].job);
        order_free(&journeys[i].order);
    }
    av_free(journeys);
    return ret;
}

/* One of many */

int journey_foresee(const Ask *ask, JourneyOutlook *outlook, Outcome *out)
{
    Journey j = {0};
    Order *o = &j.order;
    int ret = prepare(&j, ask, out);

    *outlook = (JourneyOutlook){.price = -1};
    if (ret >= 0)
        ret = ask_price(&j, out);
    outlook->settled = j.settled;
    outlook->buys = ret >= 0 && o->plan.may_create;
    outlook->price = o->plan.price;
    if (o->request) {
        av_strlcpy(outlook->key, o->request->key, sizeof(outlook->key));
        outlook->save = o->request->save ? av_strdup(o->request->save) : NULL;
        if (o->request->save && !outlook->save)
            ret = AVERROR(ENOMEM);
    }
    if (ret < 0) {
        outcome_end(out, FAILURE_STORE, ret);
        /* What the ledger refuses is noted when its turn comes. */
        if (!j.settled && o->events)
            events_note_failure(o->events, out);
    }
    order_free(o);
    return ret;
}

int journey_begin(const Ask *ask, Journey **journey, Outcome *out)
{
    Journey *j = *journey = av_mallocz(sizeof(*j));
    int ret;

    if (!j)
        return AVERROR(ENOMEM);
    if ((ret = prepare(j, ask, out)) >= 0 && (ret = ask_price(j, out)) >= 0)
        ret = enter(j, false, out);
    return j->refusal = FFMIN(ret, 0);
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
    if (ret < 0 && o->settled &&
        store_load(o->store, o->request->key, false, &unheard, &now) >= 0)
        FFSWAP(Record *, o->record, now);
    record_free(&now);
    if (o->record) {
        av_strlcpy(report->status, o->record->status, sizeof(report->status));
        report->state = record_state_name(o->record->state);
        report->usd = record_cost(o->record);
    }
    if (report->dry_run)
        report->usd = o->plan.price;
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
    journey_free(journey);
    return ret;
}

void journey_free(Journey **journey)
{
    Journey *j = *journey;

    if (!j)
        return;
    job_unref(&j->job);
    order_free(&j->order);
    av_freep(journey);
}
