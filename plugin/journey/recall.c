/* i2v: a journey that begins at the ledger
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/state.h"

#include <errno.h>
#include <string.h>

#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>

/* What the ledger says when there is nothing to wait for. */
static int check_recalled(Journey *j, const char *key)
{
    const char *error = j->record->error;

    switch (j->record->state) {
    case RECORD_FAILED:
        events_say(j->events, AV_LOG_ERROR, "The generation %s failed: %s.\n",
                   j->record->id, record_error(j->record));
        j->failure = FAILURE_GATEWAY;
        return AVERROR_EXTERNAL;
    case RECORD_DAMAGED:
        events_say(j->events, AV_LOG_ERROR,
                   "The record of the request %.12s is damaged; make the request again "
                   "with its options.\n",
                   key);
        return AVERROR_INVALIDDATA;
    case RECORD_NEW:
    case RECORD_INTENT:
        events_say(j->events, AV_LOG_ERROR,
                   "The request %.12s was never accepted%s%s; there is nothing to wait "
                   "for.\n",
                   key, error ? ": " : "", error ? error : "");
        return AVERROR(ENOENT);
    default:
        return 0;
    }
}

/* A request from its record, in place of one from options. */
static int recall(Journey *j, const char *key, AVDictionary **options)
{
    char *directory = NULL;
    int ret;

    if (!(j->events = events_alloc(j->log, j->voice)))
        return AVERROR(ENOMEM);
    j->failure = FAILURE_REQUEST;
    if ((ret = options_gather("", options, &j->out, &j->options)) < 0)
        return ret;
    j->failure = FAILURE_STORE;
    if ((ret = request_find_store(j->options, &j->out, &directory)) >= 0 &&
        (ret = store_open(directory, &j->out, &j->store)) >= 0)
        ret = store_load(j->store, key, false, &j->out, &j->record);
    av_free(directory);
    if (ret < 0)
        return ret;
    events_set_key(j->events, key);
    j->failure = FAILURE_REQUEST;
    if ((ret = check_recalled(j, key)) < 0)
        return ret;
    EarlierRequest earlier = {
        .key = key,
        .model = j->record->model,
        .prompt = j->record->prompt,
        .take = j->record->take >= 0 ? j->record->take : 1,
        .duration = FFMAX(j->record->duration, 0),
        .width = FFMAX(j->record->width, 0),
        .height = FFMAX(j->record->height, 0),
    };
    const char *origin = j->record->origin;
    ret = request_recall(&earlier, j->options, &j->out, &j->request);
    /* The API key is for the gateway that is named now, and for no other. */
    if (ret >= 0 && !record_is_finished(j->record) && origin &&
        strcmp(origin, j->request->origin)) {
        events_say(j->events, AV_LOG_ERROR,
                   "The request %.12s was made at %s, and base_url names %s.\n", key,
                   origin, j->request->origin);
        ret = AVERROR(EINVAL);
    }
    record_free(&j->record);
    return ret;
}

int journey_pick_up(const char *key, AVDictionary **options,
                    const AVIOInterruptCB *interrupt, void *log, char **path,
                    Failure *failure)
{
    Journey *j = journey_alloc(log, EVENTS_FULL);

    *path = NULL;
    *failure = FAILURE_STORE;
    if (!j)
        return AVERROR(ENOMEM);
    j->interrupt = interrupt;
    int ret = recall(j, key, options);
    if (ret >= 0)
        ret = journey_bring(j);
    if (ret >= 0)
        ret = journey_deliver(j, path);
    return journey_arrive(j, ret, failure);
}
