/* i2v: the bytes of stills that this process has read already
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/clock.h"
#include "still/parts.h"

#define USUAL_BYTES (256 << 20)
#define WAIT_MS     50

struct StillCacheEntry {
    StillCacheEntry *next;
    char *name;
    AVBufferRef *buf;       ///< NULL until all was read
    StillIdentity identity; ///< of the file that it was read from
    StillGrow part;         ///< of a stream whose reading was interrupted
    uint64_t used;          ///< when, by the cache's own clock
    bool busy;              ///< a thread is reading it
    bool pinned;            ///< cannot be read again
};

/* All of this is protected by the lock, but an entry's part is its reader's. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static StillCacheEntry *entries;
static uint64_t ticks;
static int64_t most_bytes = USUAL_BYTES;

static void entry_free(StillCacheEntry *entry)
{
    av_buffer_unref(&entry->buf);
    av_freep(&entry->part.data);
    av_freep(&entry->name);
    av_free(entry);
}

static void unlink_entry(StillCacheEntry *entry)
{
    StillCacheEntry **at = &entries;
    while (*at && *at != entry)
        at = &(*at)->next;
    if (*at)
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
    if (!entry)
        return NULL;
    entry->name = av_strdup(name);
    if (!entry->name) {
        av_free(entry);
        return NULL;
    }
    entry->next = entries;
    entries = entry;
    return entry;
}

/* The oldest go until the rest fits; whoever still uses their bytes has a reference. */
static void evict(const StillCacheEntry *newest)
{
    for (;;) {
        StillCacheEntry *oldest = NULL;
        int64_t total = 0;
        for (StillCacheEntry *entry = entries; entry; entry = entry->next) {
            if (entry->pinned || entry->busy || !entry->buf)
                continue;
            total += (int64_t)entry->buf->size;
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
                      StillCacheEntry **entry, StillBytes *bytes)
{
    StillCacheEntry *found;
    int ret = 0;

    pthread_mutex_lock(&lock);
    /* Looked up again after each wait: a reader that failed takes its entry away. */
    while ((found = find_or_add(name)) && found->busy) {
        clock_wait(&changed, &lock, WAIT_MS);
        pthread_mutex_unlock(&lock);
        ret = i2v_interrupted(interrupt) ? AVERROR(EINTR) : 0;
        pthread_mutex_lock(&lock);
        if (ret < 0)
            goto end;
    }
    if (!found) {
        ret = AVERROR(ENOMEM);
    } else if (found->buf) {
        found->used = ++ticks;
        bytes->identity = found->identity;
        bytes->buf = av_buffer_ref(found->buf);
        ret = bytes->buf ? 1 : AVERROR(ENOMEM);
    } else {
        found->busy = true;
        *entry = found;
    }
end:
    pthread_mutex_unlock(&lock);
    return ret;
}

bool still_is_kept(const char *image)
{
    const StillCacheEntry *entry;

    pthread_mutex_lock(&lock);
    for (entry = entries; entry && strcmp(entry->name, image);)
        entry = entry->next;
    pthread_mutex_unlock(&lock);
    return entry;
}

StillGrow *still_cache_part(StillCacheEntry *entry)
{
    return &entry->part;
}

int still_cache_leave(StillCacheEntry *entry, const StillBytes *bytes, bool pinned)
{
    int ret = 0;

    pthread_mutex_lock(&lock);
    entry->busy = false;
    entry->pinned = pinned;
    entry->used = ++ticks;
    if (bytes && bytes->buf) {
        entry->identity = bytes->identity;
        entry->buf = av_buffer_ref(bytes->buf);
        ret = entry->buf ? 0 : AVERROR(ENOMEM);
    }
    if (entry->buf)
        evict(entry);
    else if (!entry->part.size)
        unlink_entry(entry);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return ret;
}
