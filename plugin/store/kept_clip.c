/* i2v: the clips of the store, and what their records say of them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/digest.h"
#include "base/download.h"
#include "base/files.h"
#include "store/journal.h"

/* A clip of more bytes is read only where size or time say that it has changed. */
#define LARGE_CLIP (64 << 20)

char *store_clip_path(const Store *store, const char *key)
{
    return store_path(store, key, ".mp4");
}

char *store_part_path(const Store *store, const char *key)
{
    return store_path(store, key, STORE_PART);
}

bool store_has_any_clip(const Store *store, const char *key)
{
    char *clip = store_clip_path(store, key);
    bool there = clip && !access(clip, F_OK);
    av_free(clip);
    return there;
}

int64_t store_remove_file(const Store *store, const char *key, const char *suffix)
{
    char *path = store_path(store, key, suffix);
    struct stat st;
    int64_t size = path && !lstat(path, &st) && !unlink(path) ? (int64_t)st.st_size : 0;
    av_free(path);
    return size;
}

void store_drop_part(const Store *store, const char *key)
{
    store_remove_file(store, key, STORE_PART);
    store_remove_file(store, key, STORE_PART DOWNLOAD_NOTE);
}

int store_keep_broken(const Store *store, const char *key, char **path)
{
    char *part = store_part_path(store, key);
    int ret;

    *path = store_path(store, key, STORE_BROKEN);
    ret = !part || !*path           ? AVERROR(ENOMEM)
          : rename(part, *path) < 0 ? AVERROR(errno)
                                    : 0;
    if (ret < 0)
        av_freep(path);
    av_free(part);
    store_drop_part(store, key);
    return ret;
}

int store_publish(const Store *store, const char *key)
{
    char *part = store_part_path(store, key), *clip = store_clip_path(store, key);
    int ret = part && clip ? 0 : AVERROR(ENOMEM);
    if (ret >= 0 && rename(part, clip) < 0)
        ret = AVERROR(errno);
    if (ret >= 0)
        ret = files_sync_directory(clip);
    if (ret >= 0)
        store_remove_file(store, key, STORE_BROKEN);
    av_free(part);
    av_free(clip);
    return ret;
}

int store_proves_clip(const Store *store, const char *key,
                      const AVIOInterruptCB *interrupt, char digest[DIGEST_TEXT_SIZE])
{
    char *part = store_part_path(store, key), *clip = store_clip_path(store, key);
    JournalPage page = {0};
    int ret =
        part && clip ? download_is_whole(part, clip, interrupt, digest) : AVERROR(ENOMEM);

    if (!ret && (ret = journal_read(store, key, &page)) >= 0 && page.record &&
        page.record->clip_hash[0] && (ret = digest_file(clip, interrupt, digest)) >= 0)
        ret = !strcmp(digest, page.record->clip_hash);
    record_free(&page.record);
    av_free(part);
    av_free(clip);
    return ret;
}

int store_clear_clip(const Store *store, const char *key, Outcome *out)
{
    char *clip = store_clip_path(store, key);
    int ret = clip ? 0 : AVERROR(ENOMEM);

    store_drop_part(store, key);
    if (ret >= 0 && !access(clip, F_OK))
        ret = store_move_aside(clip,
                               "The clip %s is of an earlier generation; it was moved to "
                               "%s.",
                               out);
    av_free(clip);
    return ret;
}

static void time_text(const struct stat *st, char *text, size_t size)
{
    snprintf(text, size, "%lld.%09ld", (long long)st->st_mtim.tv_sec,
             st->st_mtim.tv_nsec);
}

int store_note_clip(const Store *store, Record *record, const char *hash,
                    const AVIOInterruptCB *interrupt)
{
    char *clip = store_clip_path(store, record->key);
    struct stat st;
    int ret = !clip ? AVERROR(ENOMEM) : stat(clip, &st) < 0 ? AVERROR(errno) : 0;

    if (ret >= 0 && hash)
        av_strlcpy(record->clip_hash, hash, sizeof(record->clip_hash));
    else if (ret >= 0)
        ret = digest_file(clip, interrupt, record->clip_hash);
    if (ret >= 0) {
        record->clip_size = st.st_size;
        time_text(&st, record->clip_time, sizeof(record->clip_time));
    }
    av_free(clip);
    return ret;
}

static bool is_noted(const char *clip, const Record *record)
{
    char time[48], digest[DIGEST_TEXT_SIZE];
    struct stat st;

    if (stat(clip, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size != record->clip_size)
        return false;
    time_text(&st, time, sizeof(time));
    if (st.st_size > LARGE_CLIP && !strcmp(record->clip_time, time))
        return true;
    return digest_file(clip, NULL, digest) >= 0 && !strcmp(record->clip_hash, digest);
}

bool store_has_clip(const Store *store, const Record *record)
{
    char *clip = store_clip_path(store, record->key);
    bool there = clip && is_noted(clip, record);
    av_free(clip);
    return there;
}

/* Put a record on disk that has the facts now, unless somebody is at the request: then
 * the next one does. */
static void note_facts(const Store *store, const Record *record, const Outcome *out)
{
    Outcome its = out ? outcome_like(out) : (Outcome){0};
    Record *r = NULL;
    int lock = store_lock(store, record->key);

    if (lock >= 0 && store_load(store, record->key, true, &its, &r) >= 0 &&
        r->state == RECORD_READY && !r->clip.width &&
        !strcmp(r->clip_hash, record->clip_hash))
        store_save(store, record, &its);
    record_free(&r);
    store_unlock(&lock);
}

int store_look_at_clip(const Store *store, Record *record,
                       const AVIOInterruptCB *interrupt, const Outcome *out)
{
    double asked = record->duration > 0 ? record->duration : 0;
    ClipFacts facts;

    if (record->state != RECORD_READY || record->clip.width)
        return 0;
    char *clip = store_clip_path(store, record->key);
    int ret = clip ? clip_verify(clip, asked, interrupt, &facts) : AVERROR(ENOMEM);
    av_free(clip);
    if (ret >= 0) {
        record->clip = facts;
        note_facts(store, record, out);
    }
    return ret == AVERROR(EINTR) || ret == AVERROR(ENOMEM) ? ret : 0;
}
