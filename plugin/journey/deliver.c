/* i2v: the end of a journey: what the clip is, and where it lies
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/state.h"

#include <errno.h>

#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>

#include "store/clip_digest.h"
#include "store/facts.h"
#include "base/files.h"
#include "store/account.h"
#include "made/made.h"

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

/* What only reading the clip tells is found once, and kept when no other process has the
 * record: the facts of one that an earlier version brought, and, where the account is
 * written at once, its digest. */
static int know_clip(Journey *j, const char *path)
{
    ClipFacts facts;
    bool had_facts = facts_read(j->record, &facts);
    bool wants_digest = j->request->save && !record_text(j->record, RECORD_CLIP_HASH);
    int lock, ret, taken = 0;

    if (had_facts && !wants_digest)
        return 0;
    if ((ret = lock_record(j, &lock)) < 0)
        goto end;
    ret = facts_complete(j->record, path, j->interrupt);
    if (ret >= 0 && wants_digest)
        ret = taken = store_digest_clip(j->store, j->record, j->interrupt);
    if (ret >= 0 && lock >= 0 && (!had_facts || taken))
        store_save(j->store, j->record, &j->out);
    if (ret != AVERROR(EINTR)) /* what is not known is not spoken of */
        ret = 0;
end:
    store_unlock(&lock);
    return ret;
}

int journey_confirm_clip(Journey *j)
{
    char *path = store_clip_path(j->store, j->request->key);
    ClipFacts facts;
    int ret = path ? clip_verify(path, 0, j->interrupt, &facts) : AVERROR(ENOMEM);
    int lock = -1, loaded;

    j->served = ret >= 0;
    if (ret < 0 && ret != AVERROR_INVALIDDATA) {
        j->failure = ret == AVERROR(EINTR) ? FAILURE_LATER : FAILURE_STORE;
        if (ret == AVERROR(EINTR))
            events_say(j->events, AV_LOG_ERROR, "Interrupted.\n");
        else
            events_say(j->events, AV_LOG_ERROR, "Cannot look at the clip %s: %s.\n",
                       path ? path : "", av_err2str(ret));
        goto end;
    }
    if ((loaded = lock_record(j, &lock)) < 0) {
        j->failure = FAILURE_STORE;
        ret = loaded;
        goto end;
    }
    if (j->served) {
        ret = store_note_clip(j->store, j->record);
        if (ret >= 0 && lock >= 0)
            store_save(j->store, j->record, &j->out); // another time, if not now
        goto end;
    }
    events_say(j->events, AV_LOG_WARNING,
               "The clip %s is damaged (%s); it is fetched again.\n", path, facts.why);
    j->failure = FAILURE_STORE;
    /* Without a size it is not the one that was noted. */
    ret = lock < 0 ? lock : record_set_text(j->record, RECORD_CLIP_SIZE, NULL);
    if (ret >= 0)
        ret = store_save(j->store, j->record, &j->out);
end:
    store_unlock(&lock);
    av_free(path);
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
    if (!record_text(j->record, RECORD_CLIP_HASH))
        clip_digest_later(j->store, r->key,
                          (int64_t)record_number(j->record, RECORD_CLIP_SIZE, 0),
                          j->interrupt);
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
    int ret = made_silent(*path, j->interrupt, &j->out, &with);
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
