/* i2v: what is said of all generations under way together
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/entry.h"

#include <stdio.h>
#include <unistd.h>

#include <libavutil/log.h>
#include <libavutil/time.h>

/* Of batch_expect(). */
static struct {
    Events *voice;
    int total;
    int waiting;
    int64_t began; ///< av_gettime_relative()
} expected;

void batch_set_expected(Events *voice, int total, int waiting)
{
    if (!expected.voice)
        expected.began = av_gettime_relative();
    expected.voice = voice;
    expected.total = total;
    expected.waiting = waiting;
}

void batch_say_progress(const BatchEntry *entries, int finished, int64_t began)
{
    int live = 0, queued = 0, downloading = 0, done = finished;
    const BatchEntry *first = NULL, *voice = NULL;
    char text[128], arriving[32] = "";

    for (const BatchEntry *e = entries; e; e = e->next) {
        GenerationStage stage = e->g ? generation_stage(e->g) : STAGE_BEFORE;
        if (e->ended)
            continue;
        live++;
        first = first ? first : e;
        if (!voice && e->waiting)
            voice = e;
        queued += stage <= STAGE_BUSY;
        downloading += stage == STAGE_DOWNLOADING;
    }
    bool alone = expected.voice ? expected.total == 1 : live == 1 && !finished;
    if (live == 1 && alone && first->g)
        generation_say_progress(first->g);
    if (!live || alone)
        return;
    if (expected.voice) {
        queued += expected.waiting;
        done = expected.total - expected.waiting - live;
        live += expected.waiting;
    }
    if (downloading)
        snprintf(arriving, sizeof(arriving), "%d downloading, ", downloading);
    snprintf(text, sizeof(text), "%d queued, %d generating, %s%d done", queued,
             live - queued - downloading, arriving, done);
    events_progress(
        expected.voice ? expected.voice : (voice ? voice : first)->plan->events, text,
        av_gettime_relative() - (expected.voice ? expected.began : began), -1);
}

/* Not by av_log(), whose lock a signal handler that calls exit() may have interrupted. */
void batch_say_unclaimed(const BatchEntry *entries)
{
    if (av_log_get_level() < AV_LOG_WARNING)
        return;
    for (const BatchEntry *e = entries; e; e = e->next) {
        const char *id = e->g ? generation_id(e->g) : e->id[0] ? e->id : NULL;
        bool sent = id || (e->g && generation_stage(e->g) == STAGE_SENT);
        if (!e->announce || !sent ||
            (e->ended && e->result < 0 && e->failure != FAILURE_LATER))
            continue;
        dprintf(
            STDERR_FILENO,
            "i2v: %s %s was sent ahead and never opened; i2vctl wait --store '%s' %.12s "
            "brings its clip.\n",
            id ? "The generation" : "A request whose answer had not come, key",
            id ? id : e->key, e->store, e->key);
    }
}
