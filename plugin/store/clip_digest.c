/* i2v: the SHA-256 of a clip, which nothing waits for
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/clip_digest.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>

/* What the end of a process may still have to do: so many clips, and so many bytes of
 * more than one. */
#define MOST_LEFT  16
#define MOST_BYTES (64 << 20)

typedef struct Left {
    Store *store;
    char key[RECORD_KEY_SIZE];
} Left;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Left left[MOST_LEFT];
static int left_count;
static int64_t left_bytes;

/* exit() may be called from within a signal handler, in the midst of anything: malloc(),
 * or with a lock held. The signal is blocked then. */
static bool is_in_handler(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU, SIGALRM};
    sigset_t blocked;

    if (pthread_sigmask(SIG_BLOCK, NULL, &blocked))
        return true;
    for (size_t i = 0; i < FF_ARRAY_ELEMS(signals); i++)
        if (sigismember(&blocked, signals[i]))
            return true;
    return false;
}

static void take_at_exit(void)
{
    if (is_in_handler() || pthread_mutex_trylock(&lock))
        return;
    while (left_count) {
        Left *last = &left[--left_count];
        store_note_digest(last->store, last->key, NULL);
        store_close(&last->store);
    }
    pthread_mutex_unlock(&lock);
}

/* What is left is the parent's to do. */
static void forget_in_child(void)
{
    static const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;

    lock = fresh;
    left_count = 0;
    left_bytes = 0;
}

static void set_up_process(void)
{
    atexit(take_at_exit);
    pthread_atfork(NULL, NULL, forget_in_child);
}

/* @return whether it is left, for the end of the process */
static bool leave(const Store *store, const char *key, int64_t size)
{
    for (int i = 0; i < left_count; i++)
        if (!strcmp(left[i].key, key) && store_is(left[i].store, store))
            return true;
    if (left_count == MOST_LEFT || (left_count && left_bytes + size > MOST_BYTES) ||
        !(left[left_count].store = store_copy(store)))
        return false;
    av_strlcpy(left[left_count++].key, key, RECORD_KEY_SIZE);
    left_bytes += size;
    return true;
}

void clip_digest_later(const Store *store, const char *key, int64_t size,
                       const AVIOInterruptCB *interrupt)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, set_up_process);
    pthread_mutex_lock(&lock);
    bool is_left = leave(store, key, size);
    pthread_mutex_unlock(&lock);
    if (!is_left)
        store_note_digest(store, key, interrupt);
}
