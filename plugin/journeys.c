/* i2v: several journeys under way at once
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey_internal.h"

#include <errno.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>

static const AVClass voice_class = {
    .class_name = "i2v",
    .item_name = av_default_item_name,
    .version = LIBAVUTIL_VERSION_INT,
};

/* What its own call would find out without asking the gateway for a clip. */
static int foresee(Journey *j)
{
    int ret = journey_look_up(j);

    if (ret < 0 || j->served)
        return ret;
    ret = generation_foresee(j->request, j->record, j->events, &j->failure);
    return ret < 0 ? ret : journey_plan(j);
}

int journey_prepare(const char *url, AVDictionary **options,
                    const AVIOInterruptCB *interrupt, void *log, Journey **journey,
                    GenerationFailure *failure)
{
    Journey *j = av_mallocz(sizeof(*j));
    int ret;

    *journey = NULL;
    *failure = FAILURE_STORE;
    if (!j)
        return AVERROR(ENOMEM);
    j->voice = &voice_class;
    j->log = log ? log : &j->voice;
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
    *failure = FAILURE_NONE;
    if (ret < 0) {
        journey_arrive(j, ret, failure);
        av_freep(&j);
    }
    *journey = j;
    return ret;
}

int journey_ask(Journey *j, const AVIOInterruptCB *interrupt, GenerationFailure *failure)
{
    int ret;

    j->interrupt = interrupt;
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

const char *journey_key(const Journey *j)
{
    return j->request->key;
}

int journey_send(Journey *j)
{
    int ret = j->settled ? 0 : batch_enter(&j->plan, &j->entry);

    if (ret == AVERROR(EEXIST)) /* two of the same */
        ret = 0;
    if (ret >= 0 && !j->entry)
        j->settled = true;
    if (ret >= 0 && batch_places() < 0)
        journey_drop_body(j); /* not for a while */
    return ret;
}

int journey_places(void)
{
    return batch_places();
}

int journey_turn(const AVIOInterruptCB *interrupt)
{
    return batch_turn(interrupt);
}

bool journey_has_ended(const Journey *j)
{
    return !j->entry || batch_has_ended(j->entry);
}

int journey_finish(Journey **journey, const AVIOInterruptCB *interrupt,
                   JourneyReport *report)
{
    Journey *j = *journey;
    int ret;

    *report = (JourneyReport){.usd = -1};
    j->interrupt = interrupt;
    ret = j->entry ? journey_await(j) : journey_proceed(j);
    ret = journey_conclude(j, ret, &report->path);
    av_strlcpy(report->key, j->request->key, sizeof(report->key));
    if (ret < 0)
        av_strlcpy(report->error,
                   *events_error(j->events) ? events_error(j->events) : av_err2str(ret),
                   sizeof(report->error));
    if (j->record) {
        const char *status = record_text(j->record, RECORD_STATUS);
        av_strlcpy(report->status, status ? status : "", sizeof(report->status));
        report->usd = record_number(j->record, RECORD_USD, -1);
    }
    journey_arrive(j, ret, &report->failure);
    av_freep(journey);
    return ret;
}

/* The batch has brought it to its end, and its own call will say what there is to say of
 * the clip. */
static void release(void *owner, int result, GenerationFailure failure)
{
    Journey *j = owner;

    j->failure = failure;
    journey_arrive(j, result, &failure);
    av_free(j);
}

void journey_give(Journey **journey, bool announce)
{
    Journey *j = *journey;

    *journey = NULL;
    if (j && j->entry)
        batch_give(&j->entry, j, release, announce);
    else
        journey_free(&j);
}

void journey_free(Journey **journey)
{
    GenerationFailure failure;

    if (*journey)
        journey_arrive(*journey, 0, &failure);
    av_freep(journey);
}

int journey_dispatch(const char *url, AVDictionary **options,
                     const AVIOInterruptCB *interrupt, char *key,
                     GenerationFailure *failure)
{
    Journey *j;
    int ret = journey_prepare(url, options, interrupt, NULL, &j, failure);

    if (ret < 0)
        return ret;
    if (key)
        av_strlcpy(key, journey_key(j), REQUEST_KEY_SIZE);
    j->interrupt = interrupt;
    if (j->request->dry_run)
        ret = journey_rehearse(j);
    else if ((ret = journey_quote(j)) >= 0)
        ret = journey_send(j);
    if (ret >= 0 && j->entry)
        ret = batch_wait_for_answer(j->entry, interrupt, &j->failure);
    j->interrupt = NULL;
    if (ret >= 0) {
        journey_give(&j, false);
        return 0;
    }
    journey_arrive(j, ret, failure);
    av_free(j);
    return ret;
}
