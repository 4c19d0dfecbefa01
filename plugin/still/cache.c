/* i2v: the stills that this process has read already, and their bytes
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <libavutil/mem.h>

#include "base/clock.h"
#include "still/parts.h"

#define USUAL_BYTES (256 << 20)
#define WAIT_MS     50

/* Protects all of this; but what a held entry has is its holder's. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static StillCacheEntry *entries;
static uint64_t ticks;
static int64_t most_bytes = USUAL_BYTES;

Still *still_ref(Still *still)
{
    atomic_fetch_add(&still->users, 1);
    return still;
}

void still_free(Still **still)
{
    Still *gone = *still;

    *still = NULL;
    if (!gone)
        return;
    /* Only the cache may stay, which keeps no picture that can be decoded again. */
    if (gone->image && !pthread_mutex_trylock(&gone->lock)) {
        av_frame_free(&gone->frame);
        pthread_mutex_unlock(&gone->lock);
    }
    if (atomic_fetch_sub(&gone->users, 1) > 1)
        return;
    for (int i = 0; i < STILL_MOST_FILES; i++)
        av_buffer_unref(&gone->encoded[i].file.buf);
    av_frame_free(&gone->frame);
    still_bytes_clear(&gone->bytes);
    pthread_mutex_destroy(&gone->lock);
    av_free(gone->label);
    av_free(gone);
}

static void entry_free(StillCacheEntry *entry)
{
    for (int i = 0; i < STILL_MOST_TIMES; i++)
        still_free(&entry->stills[i]);
    av_buffer_unref(&entry->buf);
    av_freep(&entry->part.data);
    av_freep(&entry->name);
    av_free(entry);
}

static void unlink_entry(StillCacheEntry *entry)
{
    StillCacheEntry **at = &entries;
    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    entry_free(entry);
}

static StillCacheEntry *find_or_add(const char *name)
{
    StillCacheEntry *entry = entries;
    while (entry && strcmp(entry->name, name))
        entry = entry->next;
    if (entry)
        return entry;
    entry = av_mallocz(sizeof(*entry));
    if (entry && !(entry->name = av_strdup(name)))
        av_freep(&entry);
    if (!entry)
        return NULL;
    entry->next = entries;
    entries = entry;
    return entry;
}

static int64_t entry_size(const StillCacheEntry *entry)
{
    int64_t size = entry->buf ? (int64_t)entry->buf->size : 0;
    for (int i = 0; i < STILL_MOST_TIMES && entry->stills[i]; i++)
        size += atomic_load(&entry->stills[i]->kept);
    return size;
}

/* The oldest go until the rest fits; whoever still uses what they had has a reference. */
static void evict(const StillCacheEntry *newest)
{
    for (;;) {
        StillCacheEntry *oldest = NULL;
        int64_t total = 0;
        for (StillCacheEntry *entry = entries; entry; entry = entry->next) {
            if (entry->pinned || entry->busy)
                continue;
            total += entry_size(entry);
            if (entry != newest && (!oldest || entry->used < oldest->used))
                oldest = entry;
        }
        if (total <= most_bytes || !oldest)
            return;
        unlink_entry(oldest);
    }
}

void still_keep(int64_t bytes)
{
    pthread_mutex_lock(&lock);
    most_bytes = bytes;
    pthread_mutex_unlock(&lock);
}

int still_cache_enter(const char *name, const AVIOInterruptCB *interrupt,
                      StillCacheEntry **entry)
{
    StillCacheEntry *found;
    int ret = 0;

    pthread_mutex_lock(&lock);
    /* Looked up again after each wait: a holder that failed takes its entry away. */
    while ((found = find_or_add(name)) && found->busy && ret >= 0) {
        clock_wait(&changed, &lock, WAIT_MS);
        pthread_mutex_unlock(&lock);
        ret = i2v_interrupted(interrupt) ? AVERROR(EINTR) : 0;
        pthread_mutex_lock(&lock);
    }
    if (ret >= 0 && !found)
        ret = AVERROR(ENOMEM);
    if (ret >= 0) {
        found->busy = true;
        *entry = found;
    }
    pthread_mutex_unlock(&lock);
    return ret;
}

int still_cache_bytes(const StillCacheEntry *entry, StillBytes *bytes)
{
    if (!entry->buf)
        return 0;
    bytes->buf = av_buffer_ref(entry->buf);
    bytes->size = (int64_t)entry->buf->size;
    return bytes->buf ? 1 : AVERROR(ENOMEM);
}

int still_cache_fill(StillCacheEntry *entry, const StillBytes *bytes, bool pinned)
{
    entry->pinned = pinned;
    entry->buf = bytes->buf ? av_buffer_ref(bytes->buf) : NULL;
    return bytes->buf && !entry->buf ? AVERROR(ENOMEM) : 0;
}

Still *still_cache_find(const StillCacheEntry *entry, int64_t time)
{
    for (int i = 0; i < STILL_MOST_TIMES && entry->stills[i]; i++)
        if (entry->stills[i]->time == time)
            return still_ref(entry->stills[i]);
    return NULL;
}

void still_cache_add(StillCacheEntry *entry, Still *still)
{
    still_free(&entry->stills[STILL_MOST_TIMES - 1]);
    memmove(&entry->stills[1], &entry->stills[0],
            sizeof(entry->stills) - sizeof(entry->stills[0]));
    entry->stills[0] = still_ref(still);
}

void still_cache_leave(StillCacheEntry *entry)
{
    pthread_mutex_lock(&lock);
    entry->busy = false;
    entry->used = ++ticks;
    if (entry->buf || entry->stills[0])
        evict(entry);
    else if (!entry->part.size)
        unlink_entry(entry);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}
