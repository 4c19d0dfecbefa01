/* i2v: the shots of a manifest on their way
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/shots.h"

#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/mem.h>

#include "base/compat.h"
#include "job/job.h"

/* What is returned below ends the whole: interrupted, no memory, what the caller makes of
 * a result, or not even one can be sent. */

static int start(Shots *s, Shot *shot);

static void queue(Shots *s, Shot *shot)
{
    if (!shot->queued && !shot->follows)
        s->ready[s->nb_ready++] = shot;
    shot->queued = true;
}

/* Another line has it, and the sum of all is to be what was paid. */
static bool is_counted(const Shots *s, const Shot *shot)
{
    for (int i = 0; shot->before && i < s->count; i++) {
        const Shot *other = &s->all[i];
        if (other != shot && other->ended && !strcmp(other->look.key, shot->look.key))
            return true;
    }
    return shot->follows;
}

/* A shot has ended: those that begin with a frame of it can go on. */
static int end(Shots *s, Shot *shot, int its_ret, JourneyReport *report)
{
    int ret;

    shot->ended = true;
    s->nb_ended++;
    if (report->key[0])
        av_strlcpy(shot->look.key, report->key, sizeof(shot->look.key));
    if (report->usd > 0 && report->key[0] && is_counted(s, shot))
        report->usd = 0;
    ret = s->ended ? s->ended(s->opaque, shot, its_ret, report) : 0;
    if (its_ret >= 0)
        shot->out.kind = FAILURE_NONE;
    shot->path = report->path;
    report->path = NULL;
    for (Shot *after = shot->after; after; after = after->next)
        queue(s, after);
    return ret;
}

/* Bring a shot that has ended to its result. */
static int finish(Shots *s, Shot *shot)
{
    JourneyReport report;
    int ret = journey_finish(&shot->journey, s->interrupt, &report, &shot->out);

    if (ret != AVERROR(EINTR))
        ret = end(s, shot, ret, &report);
    av_free(report.path);
    return ret;
}

/* Those with the same request, which have waited for this one. As long as this one has
 * its job they share how it ended. */
static int start_twins(Shots *s, const Shot *shot)
{
    int ret = 0;

    for (Shot *twin = shot->twin; twin && ret >= 0; twin = twin->twin)
        ret = start(s, twin);
    return ret;
}

/* The shot before it did not come to a clip: nothing is bought that would go on from
 * there. A still that stands in for that one does for this one, too. */
static int give_up(Shots *s, Shot *shot)
{
    const Shot *before = shot->before;
    JourneyReport report = {.usd = -1, .state = "new"};
    int ret =
        outcome_fail(&shot->out, before->out.kind ? before->out.kind : FAILURE_GATEWAY,
                     AVERROR_EXTERNAL,
                     "It begins with a frame of %s, which did not come to a clip; "
                     "not sent.",
                     before->line->name);

    if (before->path && shot->look.falls_back) {
        report.path = av_strdup(before->path);
        ret = report.path ? 0 : AVERROR(ENOMEM);
    }
    if (ret != AVERROR(ENOMEM))
        ret = end(s, shot, ret, &report);
    av_free(report.path);
    return ret;
}

static int start(Shots *s, Shot *shot)
{
    AVDictionary *options = NULL;
    Ask ask;
    int ret;

    if (shot->before && (!shot->before->path || shot->before->out.error))
        return give_up(s, shot);
    ret = shots_ask(s, shot, &ask, &options);
    if (ret >= 0)
        ret = journey_begin(&ask, &shot->journey, &shot->out);
    av_dict_free(&options);
    if (!shot->journey || ret == AVERROR(EINTR))
        return ret;
    if (!journey_has_ended(shot->journey)) {
        s->under_way[s->nb_under_way++] = shot;
        return 0;
    }
    ret = finish(s, shot);
    return ret < 0 || shot->follows ? ret : start_twins(s, shot);
}

/* What was checked to be settled ends before anything is waited for. */
static int start_settled(Shots *s)
{
    int ret = 0;

    for (int i = 0; i < s->nb_turn && ret >= 0; i++) {
        Shot *shot = s->turn[i];

        if (i2v_interrupted(s->interrupt))
            return AVERROR(EINTR);
        /* Those that begin with a frame of one of these follow in the queue. */
        if (!shot->look.settled || shot->follows || shot->before)
            continue;
        shot->queued = true;
        ret = start(s, shot);
    }
    return ret;
}

/* Those that have ended leave. */
static int collect(Shots *s)
{
    int left = 0, ret = 0;

    for (int i = 0; i < s->nb_under_way; i++) {
        Shot *shot = s->under_way[i];
        if (ret < 0 || !journey_has_ended(shot->journey)) {
            s->under_way[left++] = shot;
            continue;
        }
        if (!shot->follows)
            ret = start_twins(s, shot);
        if (ret >= 0)
            ret = finish(s, shot);
        if (ret < 0 && shot->journey)
            s->under_way[left++] = shot;
    }
    s->nb_under_way = left;
    return ret;
}

static int run(Shots *s)
{
    int ret = start_settled(s);

    for (int i = 0; i < s->nb_turn; i++)
        if (!s->turn[i]->before)
            queue(s, s->turn[i]);
    while (ret >= 0 && s->nb_ended < s->count) {
        if (s->nb_begun < s->nb_ready && (!s->nb_under_way || job_places() > 0))
            ret = start(s, s->ready[s->nb_begun++]);
        job_expect(s->voice, s->count, s->count - s->nb_ended - s->nb_under_way);
        if (ret >= 0 && s->nb_under_way)
            ret = job_drive(s->interrupt);
        else if (ret >= 0 && s->nb_begun == s->nb_ready && s->nb_ended < s->count)
            ret = AVERROR_BUG; // rather than to turn for ever
        if (ret >= 0)
            ret = collect(s);
    }
    return ret;
}

/* Those under way are left to a later run. */
static int leave(Shots *s)
{
    for (int i = 0; i < s->nb_under_way; i++) {
        JourneyReport report = {0}; /* that it is left is said */
        Shot *shot = s->under_way[i];
        if (shot->journey)
            journey_finish(&shot->journey, s->interrupt, &report, &shot->out);
        av_free(report.path);
    }
    return events_fail(s->voice, s->out, FAILURE_REQUEST, AVERROR(EINTR),
                       "Interrupted with %d of %d %s left; the same command goes on with "
                       "them.",
                       s->count - s->nb_ended, s->count,
                       s->is_film ? "shots" : "requests");
}

int shots_run(Shots *s)
{
    Failure kind;
    int ret = run(s);

    job_expect(NULL, 0, 0);
    if (ret == AVERROR(EINTR))
        return leave(s);
    if (ret < 0)
        return ret;
    int failed = shots_count_failed(s, &kind);
    return failed ? events_fail(s->voice, s->out, kind, AVERROR_EXTERNAL,
                                "%d of %d %s did not come to a clip.", failed, s->count,
                                s->is_film ? "shots" : "requests")
                  : 0;
}
