/* i2v: the shots of a manifest: what they cost
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/shots.h"

#include <libavutil/bprint.h>

/* More names are counted and not shown. */
#define MAX_NAMED 8

/* In a dry run of all of them: whether it would be. */
bool shots_buy(const Shots *s, const Shot *shot)
{
    return shot->look.buys && !shot->follows && (!shot->look.dry_run || s->rehearsed);
}

void shots_add_up(const Shots *s, PriceSum *sum)
{
    for (int i = 0; i < s->count; i++)
        if (shots_buy(s, &s->all[i]))
            price_add(sum, s->all[i].look.price, s->all[i].look.max_total);
}

/* Which shots of a film are bought. */
static void name_bought(const Shots *s, const PriceSum *sum, AVBPrint *names)
{
    int named = 0;

    for (int i = 0; i < s->count; i++) {
        const Shot *shot = &s->all[i];
        if (!shots_buy(s, shot))
            continue;
        if (named++ < MAX_NAMED)
            av_bprintf(names, "%s%s", named > 1 ? ", " : "", shot->line->plain);
    }
    if (sum->buys > MAX_NAMED)
        av_bprintf(names, " and %d more", sum->buys - MAX_NAMED);
}

int shots_price(const Shots *s, const PriceSum *sum)
{
    const char *dry = s->rehearsed ? "Dry run: " : "";
    AVBPrint names;
    char text[128];

    price_say_sum(sum, text, sizeof(text));
    av_bprint_init(&names, 0, AV_BPRINT_SIZE_AUTOMATIC);
    if (s->is_film)
        name_bought(s, sum, &names);
    events_say(s->voice, AV_LOG_INFO, "%s%d %s%s, %s%s%s.", dry, s->count,
               s->is_film ? "shot" : "request", s->count == 1 ? "" : "s", text,
               *names.str ? ": " : "", names.str);
    av_bprint_finalize(&names, NULL);
    return price_check_sum(sum, s->out);
}
