/* i2v: the clips that this process has fetched for the filters of its graphs
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include <libavutil/bprint.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>

#include "base/clock.h"
#include "base/compat.h"
#include "journey/journey.h"
#include "request/options.h"
#include "host/source_parts.h"

#define WAIT_MS 100

/*
 * A program parses one graph two to four times, from several threads. What the first
 * parse brought is what the others get, even if the still has changed or was standard
 * input, and what one of them failed in is not tried again by those that waited for it.
 */
typedef struct Fetch {
    struct Fetch *next;
    char *request;
    char *path;       ///< of the clip, once there is one
    int error;        ///< how the last try ended
    unsigned tries;   ///< that have ended
    unsigned waiting; ///< threads
    bool busy;        ///< a thread is fetching it
} Fetch;

/* All of this is protected by the lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static Fetch *fetches;

/* The same text for the same request, in whatever order it was written. */
static char *describe(const Source *source)
{
    const AVDictionaryEntry *entry;
    AVBPrint text;
    char *request = NULL;

    av_bprint_init(&text, 0, AV_BPRINT_SIZE_UNLIMITED);
    for (const AVOption *o = options_class.option; o->name; o++) {
        if (o->type == AV_OPT_TYPE_CONST ||
            !(entry = av_dict_get(source->options, o->name, NULL, AV_DICT_MATCH_CASE)))
            continue;
        av_bprintf(&text, "%s=%zu:%s", o->name, strlen(entry->value), entry->value);
    }
    av_bprint_finalize(&text, av_bprint_is_complete(&text) ? &request : NULL);
    return request;
}

/* Takes `request` over. */
static Fetch *find_or_add(char *request)
{
    Fetch *fetch = fetches;
    while (fetch && strcmp(fetch->request, request))
        fetch = fetch->next;
    if (fetch || !(fetch = av_mallocz(sizeof(*fetch)))) {
        av_free(request);
        return fetch;
    }
    fetch->request = request;
    fetch->next = fetches;
    fetches = fetch;
    return fetch;
}

/* Nobody needs to know of a failure that nobody waited for. */
static void drop_if_idle(Fetch *fetch)
{
    Fetch **at = &fetches;
    if (fetch->path || fetch->busy || fetch->waiting)
        return;
    while (*at != fetch)
        at = &(*at)->next;
    *at = fetch->next;
    av_free(fetch->request);
    av_free(fetch);
}

/* Wait until no other thread is at it.
 * @return 0, AVERROR(EINTR), or what the other failed in */
static int wait_for_other(Fetch *fetch, const AVIOInterruptCB *interrupt)
{
    int ret = 0;

    fetch->waiting++;
    while (ret >= 0 && fetch->busy) {
        unsigned tries = fetch->tries;
        clock_wait(&changed, &lock, WAIT_MS);
        pthread_mutex_unlock(&lock);
        bool leave = i2v_interrupted(interrupt);
        pthread_mutex_lock(&lock);
        if (leave)
            ret = AVERROR(EINTR);
        else if (fetch->tries != tries && fetch->error != AVERROR(EINTR))
            ret = fetch->error; /* of an EINTR it is this thread's turn */
    }
    fetch->waiting--;
    return ret;
}

/* The lock is held here, and let go for the length of the journey. */
static int bring_for_all(Fetch *fetch, const Source *source,
                         const AVIOInterruptCB *interrupt, Outcome *out)
{
    AVDictionary *options = NULL;
    Ask ask = {.url = OPTIONS_GRAPH_URL, .options = &options, .interrupt = interrupt};
    char *path = NULL;

    av_freep(&fetch->path);
    fetch->busy = true;
    pthread_mutex_unlock(&lock);
    int ret = av_dict_copy(&options, source->options, 0);
    if (ret >= 0)
        ret = journey_fetch(&ask, &path, out);
    av_dict_free(&options);
    pthread_mutex_lock(&lock);
    fetch->busy = false;
    fetch->path = path;
    fetch->error = FFMIN(ret, 0);
    fetch->tries++;
    pthread_cond_broadcast(&changed);
    return fetch->error;
}

int source_fetch(const Source *source, const AVIOInterruptCB *interrupt, Outcome *out,
                 char **path)
{
    char *request = describe(source);

    *path = NULL;
    if (!request)
        return AVERROR(ENOMEM);
    pthread_mutex_lock(&lock);
    Fetch *fetch = find_or_add(request);
    int ret = fetch ? wait_for_other(fetch, interrupt) : AVERROR(ENOMEM);
    if (ret >= 0 && (!fetch->path || access(fetch->path, R_OK) < 0))
        ret = bring_for_all(fetch, source, interrupt, out);
    if (ret >= 0 && !(*path = av_strdup(fetch->path)))
        ret = AVERROR(ENOMEM);
    if (fetch)
        drop_if_idle(fetch);
    pthread_mutex_unlock(&lock);
    return ret;
}

bool source_is_fetched(const Source *source)
{
    char *request = describe(source);
    bool there = false;

    pthread_mutex_lock(&lock);
    for (const Fetch *fetch = request ? fetches : NULL; fetch; fetch = fetch->next)
        if (!strcmp(fetch->request, request))
            there = fetch->path && !access(fetch->path, R_OK);
    pthread_mutex_unlock(&lock);
    av_free(request);
    return there;
}
