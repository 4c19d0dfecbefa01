/* i2v: the SHA-256 of a clip, which nothing waits for
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clip_digest.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/avstring.h>

/* What the end of a process may still have to do. */
#define MOST_LEFT 16

typedef struct Left {
    Store *store;
    char key[RECORD_KEY_SIZE];
} Left;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Left left[MOST_LEFT];
static int left_count;

/* What cannot be noted now is noted another time: nothing is said. */
static void take(const Store *store, const char *key)
{
    Record *record = NULL;
    int held = store_lock(store, key);

    if (held >= 0 && store_load(store, key, false, NULL, &record) >= 0 &&
        store_digest_clip(store, record) > 0)
        store_save(store, record, NULL);
    record_free(&record);
    store_unlock(&held);
}

/* exit() may have been called by a signal handler in the midst of anything: no lock is
 * waited for. */
static void take_at_exit(void)
{
    if (pthread_mutex_trylock(&lock))
        return;
    while (left_count) {
        Left *last = &left[--left_count];
        take(last->store, last->key);
        store_close(&last->store);
    }
    pthread_mutex_unlock(&lock);
}

static void set_up_process(void)
{
    atexit(take_at_exit);
}

/* @return whether it is left, for the end of the process */
static bool leave(const Store *store, const char *key)
{
    if (left_count == MOST_LEFT || !(left[left_count].store = store_copy(store)))
        return false;
    av_strlcpy(left[left_count++].key, key, RECORD_KEY_SIZE);
    return true;
}

void clip_digest_later(const Store *store, const char *key)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, set_up_process);
    pthread_mutex_lock(&lock);
    bool is_left = leave(store, key);
    pthread_mutex_unlock(&lock);
    if (!is_left)
        take(store, key);
}
