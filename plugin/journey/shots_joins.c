/* i2v: the shots of a manifest: whether they can be one film
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/shots.h"

#include <stdio.h>
#include <string.h>

#include "base/files.h"

/* What is known of a clip before it is there, one property after the other. */
typedef enum Trait { SIZE, RATE, SOUND, NB_TRAITS } Trait;

static bool has_trait(const JourneyOutlook *look, Trait trait)
{
    return trait == SIZE   ? look->sized
           : trait == RATE ? look->rate > 0
                           : look->audio >= 0;
}

/* @return whether it is the same in both, else in words how it differs */
static bool is_alike(const JourneyOutlook *a, const JourneyOutlook *b, Trait trait,
                     char *text, size_t size)
{
    if (trait == SIZE)
        snprintf(text, size, "%dx%d and %dx%d", a->width, a->height, b->width, b->height);
    else if (trait == RATE)
        snprintf(text, size, "%d and %d frames a second", a->rate, b->rate);
    else
        snprintf(text, size, "one %s sound, the other %s; silence=1 gives each a track",
                 a->audio ? "with" : "without", a->audio ? "without" : "with");
    return trait == SIZE   ? a->width == b->width && a->height == b->height
           : trait == RATE ? a->rate == b->rate
                           : a->audio == b->audio;
}

/* Each property against that of the first shot of which it is known. */
static void check_join(Shots *s, Shot *shot, const Shot *first[NB_TRAITS])
{
    char differ[128], why[512];

    for (Trait trait = SIZE; trait < NB_TRAITS; trait++) {
        if (!has_trait(&shot->look, trait))
            continue;
        if (!first[trait])
            first[trait] = shot;
        if (is_alike(&first[trait]->look, &shot->look, trait, differ, sizeof(differ)))
            continue;
        snprintf(why, sizeof(why),
                 "Its clip would not join that of %s: %s. Ask for the same of both, or "
                 "join them by filters.",
                 first[trait]->line->name, differ);
        shots_refuse(s, shot, AVERROR(EINVAL), why);
        return;
    }
}

/* Of a clip whose length is known nothing can be shown behind its end. */
static void check_trim(Shots *s, Shot *shot)
{
    char why[128];

    if (shot->look.seconds > 0 && shot->line->trim_end > shot->look.seconds)
        outcome_say(&(Outcome){.log = shot->line}, AV_LOG_WARNING,
                    "The field trim ends at %.6g s, and the clip lasts %.6g s.",
                    shot->line->trim_end, shot->look.seconds);
    if (shot->look.seconds <= 0 || shot->line->trim_start < shot->look.seconds)
        return;
    snprintf(why, sizeof(why),
             "The field trim begins at %.6g s, and the clip lasts %.6g s.",
             shot->line->trim_start, shot->look.seconds);
    shots_refuse(s, shot, AVERROR(EINVAL), why);
}

/* What is written anyway must not be the film's file. */
static void check_output(Shots *s, Shot *shot)
{
    const JourneyOutlook *look = &shot->look;

    if (s->output && ((look->save && (!strcmp(look->save, s->output) ||
                                      files_are_same(look->save, s->output))) ||
                      (look->clip && files_are_same(look->clip, s->output))))
        shots_refuse(s, shot, AVERROR(EINVAL),
                     "The film would be written over the clip of this line.");
}

void shots_check_joins(Shots *s)
{
    const Shot *first[NB_TRAITS] = {NULL};

    for (int i = 0; i < s->count; i++) {
        if (!s->all[i].checked)
            continue;
        check_join(s, &s->all[i], first);
        check_output(s, &s->all[i]);
        check_trim(s, &s->all[i]);
    }
}
