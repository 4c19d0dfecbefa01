/* i2v: what is said of all jobs together
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/batch_say.h"

#include <stdio.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>

#include "base/text.h"

/* Of job_expect(). */
static struct {
    Events *voice;
    int total;
    int waiting;
    int64_t began; ///< clock_now()
} expected;

void say_expected(Events *voice, int total, int waiting)
{
    if (!expected.voice)
        expected.began = clock_now();
    expected.voice = voice;
    expected.total = total;
    expected.waiting = waiting;
}

static Stage stage_of(const Job *job)
{
    return job->begun ? job_stage(job) : STAGE_BEFORE;
}

static void put_count(char *text, size_t size, int count, const char *what)
{
    if (count)
        av_strlcatf(text, size, "%s%d %s", *text ? ", " : "", count, what);
}

void say_progress(const Job *jobs, int finished, int64_t began)
{
    int live = 0, queued = 0, downloading = 0, done = finished;
    const Job *first = NULL, *voice = NULL;
    char text[128] = "";
    double usual = 0;

    for (const Job *job = jobs; job; job = job->next) {
        if (job->ended)
            continue;
        live++;
        first = first ? first : job;
        if (!voice && job->waiting)
            voice = job;
        queued += stage_of(job) <= STAGE_BUSY;
        downloading += stage_of(job) == STAGE_DOWNLOADING;
        usual = FFMAX(usual, job->begun ? job_usual(job) : 0);
    }
    bool alone = expected.voice ? expected.total == 1 : live == 1 && !finished;
    if (live == 1 && alone && first->begun)
        job_say_progress(first);
    if (!live || alone)
        return;
    int to_come = expected.voice ? expected.waiting : 0;
    if (expected.voice)
        done = expected.total - to_come - live;
    put_count(text, sizeof(text), live - queued - downloading, "generating");
    put_count(text, sizeof(text), queued, "queued");
    put_count(text, sizeof(text), downloading, "downloading");
    put_count(text, sizeof(text), done, "done");
    put_count(text, sizeof(text), to_come, "to come");
    events_progress(expected.voice ? expected.voice : (voice ? voice : first)->events,
                    text, clock_now() - (expected.voice ? expected.began : began), usual);
}

/* Not by av_log(), whose lock a signal handler that calls exit() may have interrupted. */
void say_unclaimed(const Job *jobs)
{
    char text[2048];

    if (av_log_get_level() < AV_LOG_WARNING)
        return;
    for (const Job *job = jobs; job; job = job->next) {
        const char *id = job->record ? job->record->id : NULL;
        bool sent = id || (job->begun && job_stage(job) == STAGE_SENT);

        if (!job->ahead || !sent ||
            (job->ended && job->out.error && job->out.kind != FAILURE_LATER))
            continue;
        snprintf(
            text, sizeof(text),
            "i2v: %s %s was sent ahead and never opened; i2vctl wait --store '%s' %.12s "
            "brings its clip.\n",
            id ? "The generation" : "A request whose answer had not come, key",
            id ? id : job->request->key, job->request->store, job->request->key);
        text_defuse(text);
        dprintf(STDERR_FILENO, "%s", text);
    }
}
