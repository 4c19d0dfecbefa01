/* i2v: the clips of the store, and what their records say of them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/digest.h"
#include "base/files.h"

char *store_clip_path(const Store *store, const char *key)
{
    return store_path(store, key, ".mp4");
}

char *store_part_path(const Store *store, const char *key)
{
    return store_path(store, key, ".mp4.part");
}

int store_publish(const Store *store, const char *key)
{
    char *part = store_part_path(store, key), *clip = store_clip_path(store, key);
    int ret = part && clip ? 0 : AVERROR(ENOMEM);
    if (ret >= 0 && rename(part, clip) < 0)
        ret = AVERROR(errno);
    if (ret >= 0)
        ret = files_sync_directory(clip);
    av_free(part);
    av_free(clip);
    return ret;
}

int store_clear_clip(const Store *store, const char *key, Outcome *out)
{
    char *part = store_part_path(store, key), *clip = store_clip_path(store, key);
    int ret = part && clip ? 0 : AVERROR(ENOMEM);
    if (ret >= 0)
        unlink(part);
    if (ret >= 0 && !access(clip, F_OK))
        ret = store_move_aside(clip,
                               "The clip %s is of an earlier generation; it was moved to "
                               "%s.\n",
                               out);
    av_free(part);
    av_free(clip);
    return ret;
}

static void time_text(const struct stat *st, char *text, size_t size)
{
    snprintf(text, size, "%lld.%09ld", (long long)st->st_mtim.tv_sec,
             st->st_mtim.tv_nsec);
}

int store_note_clip(const Store *store, Record *record)
{
    char *clip = store_clip_path(store, record->key);
    struct stat st;
    int ret = !clip ? AVERROR(ENOMEM) : stat(clip, &st) < 0 ? AVERROR(errno) : 0;

    if (ret >= 0) {
        time_text(&st, record->clip_time, sizeof(record->clip_time));
        record->clip_size = st.st_size;
        record->clip_hash[0] = '\0';
    }
    av_free(clip);
    return ret;
}

static bool has_noted_size(const struct stat *st, const Record *record)
{
    return S_ISREG(st->st_mode) && st->st_size == record->clip_size;
}

static bool has_noted_time(const struct stat *st, const Record *record)
{
    char time[48];

    time_text(st, time, sizeof(time));
    return !strcmp(record->clip_time, time);
}

int store_digest_clip(const Store *store, Record *record,
                      const AVIOInterruptCB *interrupt)
{
    char *clip = store_clip_path(store, record->key);
    struct stat st;
    int ret = 0;

    if (!clip) {
        ret = AVERROR(ENOMEM);
    } else if (record->state == RECORD_READY && !record->clip_hash[0] &&
               !stat(clip, &st) && has_noted_size(&st, record) &&
               has_noted_time(&st, record)) {
        ret = digest_file(clip, interrupt, record->clip_hash);
        ret = ret < 0 ? ret : 1;
    }
    av_free(clip);
    return ret;
}

/* What the record on disk is, if it is ready and lacks a digest; else NULL. */
static Record *read_undigested(const Store *store, const char *key)
{
    Record *record;
    char *text;

    if (store_read_record(store, key, &record, &text) < 0 || !record ||
        record->state != RECORD_READY || record->clip_hash[0])
        record_free(&record);
    av_free(text);
    return record;
}

int64_t store_note_digest(const Store *store, const char *key,
                          const AVIOInterruptCB *interrupt)
{
    Record *record = read_undigested(store, key);
    int lock = record ? store_lock(store, key) : AVERROR(ENOENT);
    int64_t size = 0;

    record_free(&record);
    if (lock >= 0)
        record = read_undigested(store, key);
    if (record && store_digest_clip(store, record, interrupt) > 0 &&
        store_write_record(store, record) >= 0)
        size = record->clip_size;
    record_free(&record);
    store_unlock(&lock);
    return size;
}

bool store_doubts_clip(const Store *store, const Record *record)
{
    bool digested = record->clip_hash[0];
    char *clip = digested ? NULL : store_clip_path(store, record->key);
    struct stat st;
    bool doubts = clip && !stat(clip, &st) && !has_noted_time(&st, record);

    av_free(clip);
    return doubts;
}

static bool is_noted(const char *clip, const struct stat *st, const Record *record)
{
    const char *hash = record->clip_hash;
    char digest[DIGEST_TEXT_SIZE];

    if (!has_noted_size(st, record))
        return false;
    if (!*hash || has_noted_time(st, record))
        return true;
    return digest_file(clip, NULL, digest) >= 0 && !strcmp(digest, hash);
}

bool store_has_clip(const Store *store, const Record *record)
{
    char *clip = store_clip_path(store, record->key);
    struct stat st;
    bool there = clip && !stat(clip, &st) && is_noted(clip, &st, record);
    av_free(clip);
    return there;
}
