/* i2v: several journeys under way at once
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/state.h"

#include <errno.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>

/* What its own call would find out without asking the gateway for a clip. */
static int foresee(Journey *j)
{
    int ret = journey_look_up(j);

    if (ret < 0 || j->served)
        return ret;
    ret = generation_foresee(j->request, j->record, j->events, &j->failure);
    /* Where there is no key, one would help. */
    j->settled = ret < 0 && j->failure != FAILURE_KEY;
    return ret < 0 ? ret : journey_plan(j);
}

/* Everything before it is sent. */
static int prepare(Journey *j, const char *url, AVDictionary **options,
                   const AVIOInterruptCB *interrupt)
{
    int ret;

    j->interrupt = interrupt;
    ret = journey_set_out(j, url, options);
    if (ret >= 0) {
        j->settled = j->request->dry_run || batch_has(j->request);
        ret = j->settled ? 0 : foresee(j);
    }
    if (ret < 0 && journey_may_fall_back(j, ret)) {
        j->settled = true; /* its own call has something in its place */
        ret = 0;
    }
    j->interrupt = NULL;
    j->settled |= j->served;
    return ret;
}

int journey_prepare(const char *url, AVDictionary **options,
                    const AVIOInterruptCB *interrupt, void *log, Journey **journey,
                    Failure *failure)
{
    Journey *j = journey_alloc(log, EVENTS_FULL);
    int ret = j ? prepare(j, url, options, interrupt) : AVERROR(ENOMEM);

    *failure = ret < 0 ? FAILURE_STORE : FAILURE_NONE;
    if (ret < 0 && j) {
        journey_arrive(j, ret, failure);
        j = NULL;
    }
    *journey = j;
    return ret;
}

int journey_ask(Journey *j, const AVIOInterruptCB *interrupt, Failure *failure)
{
    int ret;

    j->interrupt = interrupt;
    if (!j->settled)
        journey_say_request(j);
    ret = j->settled ? 0 : journey_quote(j);
    j->interrupt = NULL;
    if (ret < 0 && journey_may_fall_back(j, ret)) {
        j->settled = true;
        ret = 0;
    }
    if (ret < 0)
        journey_note_failure(j, ret);
    *failure = ret < 0 ? j->failure : FAILURE_NONE;
    return ret;
}

int journey_foresee(const char *url, AVDictionary **options,
                    const AVIOInterruptCB *interrupt, void *log, JourneyOutlook *outlook,
                    Failure *failure)
{
    Journey *j = journey_alloc(log, EVENTS_ERRORS);
    int ret = j ? prepare(j, url, options, interrupt) : AVERROR(ENOMEM);

    *failure = ret < 0 ? FAILURE_STORE : FAILURE_NONE;
    *outlook = (JourneyOutlook){.price = -1};
    if (!j)
        return ret;
    if (ret >= 0)
        ret = journey_ask(j, interrupt, failure);
    outlook->settled = j->settled;
    outlook->buys = ret >= 0 && j->plan.may_create;
    outlook->price = j->plan.price;
    if (j->request) {
        av_strlcpy(outlook->key, j->request->key, sizeof(outlook->key));
        outlook->save = j->request->save ? av_strdup(j->request->save) : NULL;
        if (j->request->save && !outlook->save)
            ret = AVERROR(ENOMEM);
    }
    /* What the ledger refuses is to be reported when its turn comes. */
    j->noted |= ret < 0 && j->settled;
    return journey_arrive(j, ret, failure);
}

int journey_begin(const char *url, AVDictionary **options,
                  const AVIOInterruptCB *interrupt, void *log, Journey **journey)
{
    Journey *j = *journey = journey_alloc(log, EVENTS_BRIEF);

    if (!j)
        return AVERROR(ENOMEM);
    int ret = prepare(j, url, options, interrupt);
    if (ret >= 0) {
        Failure failure;
        ret = journey_ask(j, interrupt, &failure);
    }
    j->refusal = FFMIN(ret, 0);
    return j->refusal;
}

const char *journey_key(const Journey *j)
{
    return j->request->key;
}

bool journey_is_to_be_sent(const Journey *j)
{
    return !j->settled && !j->refusal;
}

int journey_send(Journey *j)
{
    int ret = journey_is_to_be_sent(j) ? batch_enter(&j->plan, &j->entry) : 0;

    if (ret == AVERROR(EEXIST)) /* two of the same */
        ret = 0;
    if (ret >= 0 && !j->entry)
        j->settled = true;
    return ret;
}

int journey_places(void)
{
    return batch_places();
}

void journey_expect(Events *voice, int total, int waiting)
{
    batch_expect(voice, total, waiting);
}

int journey_turn(const AVIOInterruptCB *interrupt)
{
    return batch_turn(interrupt);
}

bool journey_has_ended(const Journey *j)
{
    return !j->entry || batch_has_ended(j->entry);
}

static void report_error(const Journey *j, int error, JourneyReport *report)
{
    const char *said = j->events ? events_error(j->events) : "";
    av_strlcpy(report->error, *said ? said : av_err2str(error), sizeof(report->error));
}

/* What the ledger says by now of a journey that failed. */
static void recall_record(Journey *j)
{
    Record *record = NULL;

    if (!j->store || store_load(j->store, j->request->key, false, &j->out, &record) < 0)
        return;
    record_free(&j->record);
    j->record = record;
}

int journey_finish(Journey **journey, const AVIOInterruptCB *interrupt,
                   JourneyReport *report)
{
    Journey *j = *journey;
    int ret;

    *report = (JourneyReport){.usd = -1, .state = record_state_name(RECORD_NEW)};
    j->interrupt = interrupt;
    ret = j->refusal ? j->refusal : j->entry ? journey_await(j) : journey_proceed(j);
    if (ret < 0) {
        report_error(j, ret, report);
        recall_record(j);
    }
    ret = journey_conclude(j, ret, &report->path);
    if (ret < 0 && !report->error[0])
        report_error(j, ret, report);
    if (j->request) {
        av_strlcpy(report->key, j->request->key, sizeof(report->key));
        report->dry_run = j->request->dry_run;
    }
    if (j->record) {
        av_strlcpy(report->status, j->record->status, sizeof(report->status));
        report->state = record_state_name(j->record->state);
        report->usd = j->record->usd;
    }
    if (report->dry_run)
        report->usd = j->plan.price;
    *journey = NULL;
    return journey_arrive(j, ret, &report->failure);
}

void journey_give(Journey **journey, bool announce)
{
    Journey *j = *journey;

    *journey = NULL;
    if (j && j->entry)
        batch_give(&j->entry, j, journey_release, announce);
    else
        journey_free(&j);
}

void journey_free(Journey **journey)
{
    Failure failure;

    if (*journey)
        journey_arrive(*journey, 0, &failure);
    *journey = NULL;
}

int journey_dispatch(const char *url, AVDictionary **options,
                     const AVIOInterruptCB *interrupt, char *key, Failure *failure)
{
    Journey *j;
    int ret = journey_prepare(url, options, interrupt, NULL, &j, failure);

    if (ret < 0)
        return ret;
    if (key)
        av_strlcpy(key, journey_key(j), REQUEST_KEY_SIZE);
    if (j->request->dry_run) {
        j->interrupt = interrupt;
        ret = journey_proceed(j);
    } else if ((ret = journey_ask(j, interrupt, failure)) >= 0) {
        ret = journey_send(j);
    }
    if (ret >= 0 && j->entry)
        ret = batch_wait_for_answer(j->entry, j->events, interrupt, &j->failure);
    j->interrupt = NULL;
    if (ret >= 0) {
        journey_give(&j, false);
        return 0;
    }
    return journey_arrive(j, ret, failure);
}
