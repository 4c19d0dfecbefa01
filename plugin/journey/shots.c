/* i2v: the shots of a manifest
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/shots.h"

#include <stdio.h>
#include <string.h>

#include <libavutil/common.h>
#include <libavutil/mem.h>

#include "base/clock.h"
#include "job/job.h"

int shots_read(Shots *s, const char *path)
{
    int ret;

    s->began = clock_now();
    s->from_stdin = !strcmp(path, "-");
    if ((ret = manifest_read(path, s->interrupt, s->out, &s->lines, &s->count)) < 0)
        return ret;
    if (!s->count)
        return s->is_film ? outcome_refuse(s->out, "The film %s holds no shot.", path)
                          : 0;
    s->all = av_calloc((size_t)s->count, sizeof(*s->all));
    s->turn = av_calloc((size_t)s->count, sizeof(*s->turn));
    s->ready = av_calloc((size_t)s->count, sizeof(*s->turn));
    s->under_way = av_calloc((size_t)s->count, sizeof(*s->under_way));
    if (!s->all || !s->turn || !s->ready || !s->under_way)
        return AVERROR(ENOMEM);
    for (int i = 0; i < s->count; i++)
        s->all[i] = (Shot){.line = &s->lines[i], .out = {.log = &s->lines[i]}};
    return 0;
}

/* Shorter than any frame, seconds. */
#define JUST_BEFORE 0.001

/* What a stranger has named may say no more than a stranger may. */
static int check_foreign(const Shots *s, const AVDictionary *options, Outcome *out)
{
    const AVDictionaryEntry *entry = NULL;
    int ret = 0;

    while (s->origin && ret >= 0 &&
           (entry = av_dict_get(options, "", entry, AV_DICT_IGNORE_SUFFIX)))
        ret = options_check_foreign(*s->origin, entry->key, entry->value, out);
    return s->origin && ret >= 0 ? options_check_limits(*s->origin, options, out) : ret;
}

/* Of a shot whose end is trimmed, the time of the last frame that is shown. */
static void shot_end(const Shot *shot, char *time, size_t size)
{
    double end = shot->line->trim_end;

    if (end > 0 && (shot->look.seconds <= 0 || end < shot->look.seconds))
        snprintf(time, size, "%.6f", end - JUST_BEFORE);
}

int shots_options(const Shots *s, Shot *shot, const char *still, AVDictionary **options)
{
    int ret = manifest_parse(shot->line, &shot->out, options);

    if (ret < 0 || (ret = check_foreign(s, *options, &shot->out)) < 0 ||
        (ret = manifest_add_defaults(s->defaults, options)) < 0)
        return ret;
    /* A clip of ours is nobody's to forbid. */
    if (!shot->line->from)
        return FFMIN(av_dict_copy(options, s->lists, AV_DICT_DONT_OVERWRITE), 0);
    ret = av_dict_set(options, "image", still, 0);
    /* The last frame that is shown, unless it says another. */
    if (ret >= 0 && still) {
        char time[32] = "end";
        shot_end(shot->before, time, sizeof(time));
        ret = av_dict_set(options, "image_time", time, AV_DICT_DONT_OVERWRITE);
    }
    return FFMIN(ret, 0);
}

int shots_ask(const Shots *s, Shot *shot, Ask *ask, AVDictionary **options)
{
    const Shot *before = shot->before;
    const char *still = !before ? NULL : before->path ? before->path : before->look.clip;
    int ret = shots_options(s, shot, still, options);

    *ask = (Ask){
        .options = options,
        .interrupt = s->interrupt,
        .caller = before ? NULL : s->caller,
        .id = shot->line->plain,
        .tags = s->is_film ? &shot->tags : NULL,
        .voice = EVENTS_BRIEF,
    };
    return ret;
}

void shots_refuse(Shots *s, Shot *shot, int error, const char *why)
{
    Outcome *out = &shot->out;

    out->keeps = false;
    out->quiet = s->nb_bad++ >= SHOTS_MAX_SHOWN;
    outcome_fail(out, out->kind ? out->kind : FAILURE_REQUEST, error, "%s", why);
}

int shots_fetch(Shots *s)
{
    PriceSum sum = {.max_total = -1};
    int ret;

    if ((ret = job_check_parallel(s->out)) < 0 || (ret = shots_check(s, true)) < 0)
        return ret;
    shots_add_up(s, &sum);
    if ((ret = shots_price(s, &sum)) < 0)
        return ret;
    return shots_run(s);
}

int shots_count_failed(const Shots *s, Failure *kind)
{
    int failed = 0;

    *kind = FAILURE_NONE;
    for (int i = s->count - 1; i >= 0; i--) {
        if (s->all[i].out.kind == FAILURE_NONE)
            continue;
        *kind = s->all[i].out.kind;
        failed++;
    }
    return failed;
}

void shots_free(Shots *s)
{
    for (int i = 0; s->all && i < s->count; i++) {
        Shot *shot = &s->all[i];
        journey_free(&shot->journey, false);
        journey_outlook_clear(&shot->look);
        av_dict_free(&shot->tags);
        av_free(shot->account);
        av_free(shot->path);
    }
    av_freep(&s->all);
    av_freep(&s->turn);
    av_freep(&s->ready);
    av_freep(&s->under_way);
    manifest_free(&s->lines, s->count);
    s->count = 0;
}
