/* i2v: the shots of a manifest: who waits for whom, and who asks for the same
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/shots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/mem.h>

/* What lines may have in common: an id is found by it and may stand once; a file may be
 * written once; lines of one key are one request. */
typedef enum What { ID, ACCOUNT, KEY } What;

typedef struct Common {
    const char *text; ///< "" where a line has none
    Shot *shot;       ///< NULL = what is looked for
} Common;

static Common common_of(Shot *shot, What what)
{
    /* Of one that has to wait for another the key may change yet. */
    const char *text = what == ID        ? shot->line->plain
                       : what == ACCOUNT ? shot->account
                       : shot->before    ? NULL
                                         : shot->look.key;

    return (Common){text ? text : "", shot};
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const Common *)a)->text, ((const Common *)b)->text);
}

static int by_text(const void *a, const void *b)
{
    const Common *one = a, *other = b;
    int order = compare(a, b);

    return order ? order : one->shot->line->number - other->shot->line->number;
}

static void note_common(Shots *s, What what, Shot *shot, Shot *earlier)
{
    char why[256];

    if (what == KEY) {
        earlier->twin = shot;
        shot->follows = true;
        return;
    }
    snprintf(why, sizeof(why), "Line %d %s already.", earlier->line->number,
             what == ID ? "has this id"
                        : "saves its clip, or the account beside it, there");
    shots_refuse(s, shot, AVERROR(EINVAL), why);
}

/* Sort by it, and note what is there twice. */
static void find_common(Shots *s, What what, Common *sorted)
{
    for (int i = 0; i < s->count; i++)
        sorted[i] = common_of(&s->all[i], what);
    qsort(sorted, (size_t)s->count, sizeof(*sorted), by_text);
    for (int i = 1; i < s->count; i++)
        if (*sorted[i].text && !compare(&sorted[i], &sorted[i - 1]))
            note_common(s, what, sorted[i].shot, sorted[i - 1].shot);
}

/* Who needs whom */

static void find_before(Shots *s, Shot *shot, const Common *sorted)
{
    Common wanted = {shot->line->from, NULL};
    const Common *found =
        bsearch(&wanted, sorted, (size_t)s->count, sizeof(*sorted), compare);
    char why[512];

    if (found) {
        shot->before = found->shot;
        shot->next = shot->before->after;
        shot->before->after = shot;
        return;
    }
    snprintf(
        why, sizeof(why),
        "The field image is shot:%.200s, and no line has that id; shot: takes the id "
        "of another line of its manifest.",
        wanted.text);
    shots_refuse(s, shot, AVERROR(EINVAL), why);
}

/* Whether it waits for itself in the end. */
static bool is_in_circle(const Shots *s, const Shot *shot)
{
    const Shot *before = shot->before;

    for (int i = 0; before && before != shot && i < s->count; i++)
        before = before->before;
    return before == shot;
}

/* None before the one that it needs. What is left over waits in a circle. */
static void find_turns(Shots *s)
{
    char why[256];

    for (int i = 0; i < s->count; i++)
        if (!s->all[i].before)
            s->turn[s->nb_turn++] = &s->all[i];
    for (int i = 0; i < s->nb_turn; i++)
        for (Shot *after = s->turn[i]->after; after; after = after->next)
            s->turn[s->nb_turn++] = after;
    for (int i = 0; i < s->count && s->nb_turn < s->count; i++) {
        Shot *shot = &s->all[i];
        if (!is_in_circle(s, shot))
            continue;
        snprintf(why, sizeof(why),
                 "The shot waits for itself: it begins with a frame of %s%s.",
                 shot->before->line->name,
                 shot->before == shot ? ""
                                      : ", which begins, in the end, with one of it");
        shots_refuse(s, shot, AVERROR(EINVAL), why);
    }
}

int shots_link(Shots *s)
{
    Common *by_id = av_calloc((size_t)s->count, sizeof(*by_id));

    if (!by_id)
        return AVERROR(ENOMEM);
    find_common(s, ID, by_id);
    for (int i = s->count - 1; i >= 0; i--)
        if (s->all[i].line->from)
            find_before(s, &s->all[i], by_id);
    find_turns(s);
    av_free(by_id);
    return 0;
}

int shots_group(Shots *s)
{
    Common *sorted = av_calloc((size_t)s->count, sizeof(*sorted));

    if (!sorted)
        return AVERROR(ENOMEM);
    find_common(s, ACCOUNT, sorted);
    find_common(s, KEY, sorted);
    av_free(sorted);
    return 0;
}
