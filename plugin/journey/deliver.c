/* i2v: the end of a journey: what the clip is, and where it lies
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/deliver.h"

#include <errno.h>
#include <math.h>

#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>

#include "base/files.h"
#include "journey/state.h"
#include "store/provenance.h"
#include "made/stand_in.h"

/* A clip may last so much longer or shorter than asked, seconds. */
#define DURATION_SLACK 0.5

/* 29.97 is not 30; what rounding leaves of a rate is closer. */
#define RATE_SLACK 0.01

/* What is said of the clip */

static void compare_size(const ClipFacts *facts, const Request *r, Events *events)
{
    if (r->width && (facts->width != r->width || facts->height != r->height))
        events_say(events, AV_LOG_WARNING,
                   "The clip is %dx%d, not the %dx%d that was asked for.\n", facts->width,
                   facts->height, r->width, r->height);
    if (r->duration && fabs(facts->duration - r->duration) > DURATION_SLACK)
        events_say(events, AV_LOG_WARNING,
                   "The clip lasts %.2f s, not the %d s that were asked for.\n",
                   facts->duration, r->duration);
}

static void compare_rate(const Record *record, const Request *r, Events *events)
{
    const ClipFacts *facts = &record->clip;
    double rate = av_q2d(facts->rate);
    /* A request that is picked up by its key knows this by its record alone. */
    int asked = r->rate ? r->rate : record->rate;

    if (asked > 0 && rate > 0 && fabs(rate - asked) > RATE_SLACK)
        events_say(events, AV_LOG_WARNING,
                   "The clip has %.6g frames a second, not the %d that were asked for.\n",
                   rate, asked);
    if (facts->variable)
        events_say(events, AV_LOG_WARNING,
                   "The clip's frame rate is variable, %.6g a second on average; the "
                   "filter fps makes it constant.\n",
                   rate);
}

void deliver_say_clip(const Record *record, const Request *request, Events *events)
{
    const ClipFacts *facts = &record->clip;

    if (facts->text[0])
        events_say(events, AV_LOG_INFO, "Clip: %s.\n", facts->text);
    if (!facts->width)
        return;
    compare_size(facts, request, events);
    compare_rate(record, request, events);
    if (facts->untagged[0])
        events_say(events, AV_LOG_WARNING,
                   "The clip does not say what its colours mean (%s), so programs guess; "
                   "the filter setparams says it.\n",
                   facts->untagged);
    if (!facts->has_audio && !request->mute && !request->silence && !record->mute)
        events_say(events, AV_LOG_WARNING,
                   "The clip has no audio; silence=1 adds a silent track.\n");
    if (facts->c2pa)
        events_say(events, AV_LOG_INFO,
                   "The clip carries C2PA content credentials; they stay in the saved "
                   "original.\n");
}

/* Delivering */

static int save(Journey *j, const char *path)
{
    int ret = files_copy(path, j->request->save);
    if (ret < 0) {
        events_say(j->events, AV_LOG_ERROR,
                   "Cannot save the clip as %s: %s; it is kept as %s.\n",
                   j->request->save, av_err2str(ret), path);
        return ret;
    }
    ret = provenance_write(j->record, j->request->save);
    if (ret < 0)
        events_say(j->events, AV_LOG_ERROR,
                   "Cannot write the account of the clip beside %s, where it is saved: "
                   "%s.\n",
                   j->request->save, av_err2str(ret));
    return ret;
}

/* The record as it is now, with its lock if nobody else has that. */
static int lock_record(Journey *j, int *lock)
{
    *lock = store_lock(j->store, j->request->key);
    if (*lock < 0)
        return 0;
    record_free(&j->record);
    return store_load(j->store, j->request->key, true, &j->out, &j->record);
}

/* What a clip is, where its record does not tell. */
static int look_at_clip(Record *record, const char *path,
                        const AVIOInterruptCB *interrupt)
{
    ClipFacts facts;
    int ret = record->clip.width ? 0 : clip_verify(path, 0, interrupt, &facts);
    if (ret >= 0 && !record->clip.width)
        record->clip = facts;
    return ret;
}

/* What only reading the clip tells is found once, and kept when no other process has the
 * record. */
static int know_clip(Journey *j, const char *path)
{
    int lock, ret;

    if (j->record->clip.width)
        return 0;
    if ((ret = lock_record(j, &lock)) < 0)
        goto end;
    ret = look_at_clip(j->record, path, j->interrupt);
    if (ret >= 0 && lock >= 0)
        store_save(j->store, j->record, &j->out);
    if (ret != AVERROR(EINTR)) /* what is not known is not spoken of */
        ret = 0;
end:
    store_unlock(&lock);
    return ret;
}

/* What a pipeline needs to know of the clip, and where it lies; j->record is then as the
 * journey left it. */
static int describe_clip(Journey *j, const char *path)
{
    const Request *r = j->request;

    record_free(&j->record);
    int ret = store_load(j->store, r->key, false, &j->out, &j->record);
    if (ret >= 0)
        ret = know_clip(j, path);
    if (ret < 0)
        return ret;
    Event event = {
        .name = "clip",
        .path = path,
        .status = j->record->status[0] ? j->record->status : NULL,
        .usd = j->record->usd,
        .retryable = -1,
    };
    deliver_say_clip(j->record, r, j->events);
    if (event.usd >= 0 && !j->served)
        events_say(j->events, AV_LOG_INFO, "Cost: %.4g USD.\n", event.usd);
    if (j->record->id)
        events_set_id(j->events, j->record->id);
    events_note(j->events, &event);
    return j->tags && r->tags != TAGS_NONE
               ? provenance_tags(j->record, r->tags == TAGS_ALL, j->tags)
               : 0;
}

/* silence=1: a clip without audio is given out with a silent track. */
static int add_silence(Journey *j, char **path)
{
    char *with = NULL;

    if (!j->request->silence)
        return 0;
    if (!j->record->clip.width) {
        events_say(j->events, AV_LOG_ERROR,
                   "silence=1: whether the clip %s has audio cannot be told.\n", *path);
        return AVERROR_INVALIDDATA;
    }
    if (j->record->clip.has_audio)
        return 0;
    int ret = substitute_silence(*path, j->interrupt, &j->out, &with);
    if (ret < 0)
        return ret;
    events_say(j->events, AV_LOG_INFO,
               "The clip has no audio: a silent track was added (silence=1).\n");
    av_free(*path);
    *path = with;
    return 0;
}

int journey_deliver(Journey *j, char **path)
{
    int ret;

    j->failure = FAILURE_STORE;
    *path = store_clip_path(j->store, j->request->key);
    ret = *path ? describe_clip(j, *path) : AVERROR(ENOMEM);
    if (ret >= 0 && j->request->save)
        ret = save(j, *path);
    if (ret >= 0)
        ret = add_silence(j, path);
    if (ret < 0)
        av_freep(path);
    return ret;
}
