/* i2v: the end of a journey: what the clip is, and where it lies
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey_internal.h"

#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>

#include "clip_digest.h"
#include "facts.h"
#include "files.h"
#include "provenance.h"
#include "substitute.h"

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

/* What only reading the clip tells is found once, and kept when no other process has the
 * record: the facts of one that an earlier version brought, and, where the account is
 * written at once, its digest. */
static int know_clip(Journey *j, const char *path)
{
    ClipFacts facts;
    bool wants_digest = j->request->save && !record_text(j->record, RECORD_CLIP_HASH);
    int lock, ret;

    if (facts_read(j->record, &facts) && !wants_digest)
        return 0;
    lock = store_lock(j->store, j->request->key);
    if (lock >= 0) {
        record_free(&j->record);
        ret = store_load(j->store, j->request->key, true, j->log, &j->record);
        if (ret < 0)
            goto end;
    }
    ret = facts_complete(j->record, path, j->interrupt);
    if (wants_digest)
        store_digest_clip(j->store, j->record);
    if (ret >= 0 && lock >= 0)
        store_save(j->store, j->record, j->log);
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
    int ret = store_load(j->store, r->key, false, j->log, &j->record);
    if (ret >= 0)
        ret = know_clip(j, path);
    if (ret >= 0 && !record_text(j->record, RECORD_CLIP_HASH))
        clip_digest_later(j->store, r->key);
    if (ret < 0)
        return ret;
    Event event = {
        .name = "clip",
        .path = path,
        .status = record_text(j->record, RECORD_STATUS),
        .usd = record_number(j->record, RECORD_USD, -1),
        .retryable = -1,
    };
    facts_say(j->record, r, j->events);
    if (event.usd >= 0 && !j->served)
        events_say(j->events, AV_LOG_INFO, "Cost: %.4g USD.\n", event.usd);
    if (record_text(j->record, RECORD_ID))
        events_set_id(j->events, record_text(j->record, RECORD_ID));
    events_note(j->events, &event);
    return j->tags && r->tags != TAGS_NONE
               ? provenance_tags(j->record, r->tags == TAGS_ALL, j->tags)
               : 0;
}

/* silence=1: a clip without audio is given out with a silent track. */
static int add_silence(Journey *j, char **path)
{
    ClipFacts facts;
    char *with = NULL;

    if (!j->request->silence)
        return 0;
    if (!facts_read(j->record, &facts)) {
        events_say(j->events, AV_LOG_ERROR,
                   "silence=1: whether the clip %s has audio cannot be told.\n", *path);
        return AVERROR_INVALIDDATA;
    }
    if (facts.has_audio)
        return 0;
    int ret = substitute_silence(*path, j->interrupt, j->log, &with);
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
