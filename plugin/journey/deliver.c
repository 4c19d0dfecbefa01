/* i2v: the end of a journey: what the clip is, and where it lies
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/ends.h"

#include <math.h>

#include <libavutil/mem.h>

#include "base/files.h"
#include "store/provenance.h"
#include "made/made.h"

/* A clip may last so much longer or shorter than asked, seconds. */
#define DURATION_SLACK 0.5

/* 29.97 is not 30; what rounding leaves of a rate is closer. */
#define RATE_SLACK 0.01

/* What is said of the clip */

static void compare_size(const ClipFacts *facts, const Request *r, Events *events)
{
    if (r->width && (facts->width != r->width || facts->height != r->height))
        events_say(events, AV_LOG_WARNING,
                   "The clip is %dx%d, not the %dx%d that was asked for.", facts->width,
                   facts->height, r->width, r->height);
    if (r->duration && fabs(facts->duration - r->duration) > DURATION_SLACK)
        events_say(events, AV_LOG_WARNING,
                   "The clip lasts %.2f s, not the %d s that were asked for.",
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
                   "The clip has %.6g frames a second, not the %d that were asked for.",
                   rate, asked);
    if (facts->variable)
        events_say(events, AV_LOG_WARNING,
                   "The clip's frame rate is variable, %.6g a second on average; the "
                   "filter fps makes it constant.",
                   rate);
}

void deliver_say_clip(const Record *record, const Request *request, Events *events)
{
    const ClipFacts *facts = &record->clip;

    if (facts->text[0])
        events_say(events, AV_LOG_INFO, "Clip: %s.", facts->text);
    if (!facts->width)
        return;
    if (facts->unusual[0])
        events_say(events, AV_LOG_WARNING, "The clip is unusual: %s.", facts->unusual);
    compare_size(facts, request, events);
    compare_rate(record, request, events);
    if (facts->untagged[0])
        events_say(events, AV_LOG_WARNING,
                   "The clip does not say what its colours mean (%s), so programs guess; "
                   "the filter setparams says it.",
                   facts->untagged);
    if (!facts->has_audio && !request->mute && !request->silence && !record->mute)
        events_say(events, AV_LOG_WARNING,
                   "The clip has no audio; silence=1 adds a silent track.");
    if (facts->c2pa)
        events_say(events, AV_LOG_INFO,
                   "The clip carries C2PA content credentials; they stay in the saved "
                   "original.");
}

/* Delivering */

static int save(const Order *o, const char *path, Outcome *out)
{
    const char *to = o->request->save;
    int ret = files_copy(path, to);

    if (ret < 0)
        return events_fail(o->events, out, FAILURE_STORE, ret,
                           "Cannot save the clip as %s: %s; it is kept as %s.", to,
                           av_err2str(ret), path);
    if ((ret = provenance_write(o->record, to)) < 0)
        return events_fail(o->events, out, FAILURE_STORE, ret,
                           "Cannot write the account of the clip beside %s, where it is "
                           "saved: %s.",
                           to, av_err2str(ret));
    return 0;
}

/* What it did cost, unless that is the price that was said before.
 * @param earlier  an earlier run has bought it */
static void say_cost(const Order *o, bool earlier)
{
    const Record *r = o->record;

    if (r->usd >= 0 && !o->served && (earlier || fabs(r->usd - r->price) > 1e-6))
        events_say(o->events, AV_LOG_INFO, "Cost: %.4g USD.", r->usd);
}

/* What a pipeline needs to know of the clip, and where it lies; o->record is then as the
 * job left it. */
static int describe(Order *o, const char *path, Outcome *out)
{
    const Request *r = o->request;
    bool earlier = !o->known && o->record &&
                   (o->record->state == RECORD_SENT || job_can_reuse(o->record));

    record_free(&o->record);
    int ret = store_load(o->store, r->key, false, out, &o->record);
    if (ret >= 0)
        ret = store_look_at_clip(o->store, o->record, o->ask->interrupt, out);
    if (ret < 0)
        return ret;
    const Record *record = o->record;
    Event event = {
        .name = "clip",
        .path = path,
        .status = record->status,
        .usd = record->usd,
        .retryable = -1,
    };
    deliver_say_clip(record, r, o->events);
    say_cost(o, earlier);
    if (record->id)
        events_set_id(o->events, record->id);
    events_note(o->events, &event);
    return o->ask->tags && r->tags != TAGS_NONE
               ? provenance_tags(record, r->tags == TAGS_ALL, o->ask->tags)
               : 0;
}

/* silence=1: a clip without audio is given out with a silent track. */
static int add_silence(const Order *o, char **path, Outcome *out)
{
    const ClipFacts *facts = &o->record->clip;
    char *with = NULL;

    if (!o->request->silence || (facts->width && facts->has_audio))
        return 0;
    if (!facts->width)
        return events_fail(o->events, out, FAILURE_STORE, AVERROR_INVALIDDATA,
                           "silence=1: whether the clip %s has audio cannot be told.",
                           *path);
    int ret = made_silent(*path, o->ask->interrupt, out, &with);
    if (ret < 0)
        return ret;
    events_say(o->events, AV_LOG_INFO,
               "The clip has no audio: a silent track was added (silence=1).");
    av_free(*path);
    *path = with;
    return 0;
}

int deliver(Order *o, char **path, Outcome *out)
{
    o->arrived = true;
    *path = store_clip_path(o->store, o->request->key);
    int ret = *path ? describe(o, *path, out) : AVERROR(ENOMEM);
    if (ret >= 0 && o->request->save)
        ret = save(o, *path, out);
    if (ret >= 0)
        ret = add_silence(o, path, out);
    if (ret < 0)
        av_freep(path);
    return ret;
}
