/* i2v: what time it is at an engine, by the Date of its last answer
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/call.h"

#include <pthread.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/mem.h>

#include "base/clock.h"

/* One entry an origin, which a process has a handful of; they live as long as it. */
typedef struct Heard {
    struct Heard *next;
    char *origin;
    int64_t date; ///< Unix time, seconds
    int64_t when; ///< clock_now()
} Heard;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Heard *heard; ///< under the lock

static Heard *find(const char *origin)
{
    Heard *h = heard;

    while (h && strcmp(h->origin, origin))
        h = h->next;
    return h;
}

static Heard *add(const char *origin)
{
    Heard *h = av_mallocz(sizeof(*h));

    if (!h || !(h->origin = av_strdup(origin))) {
        av_free(h);
        return NULL;
    }
    h->next = heard;
    return heard = h;
}

void engine_hear_date(const char *origin, int64_t date)
{
    if (date <= 0)
        return;
    pthread_mutex_lock(&lock);
    Heard *h = find(origin);
    if (!h)
        h = add(origin);
    if (h) { /* without memory it is not known, as if it had not been said */
        h->date = date;
        h->when = clock_now();
    }
    pthread_mutex_unlock(&lock);
}

int64_t engine_time(const char *origin)
{
    pthread_mutex_lock(&lock);
    const Heard *h = find(origin);
    int64_t now = h ? h->date + (clock_now() - h->when) / 1000000 : -1;
    pthread_mutex_unlock(&lock);
    return now;
}
