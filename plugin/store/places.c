/* i2v: where each key begins
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/places.h"

#include <string.h>

#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

static uint64_t digits_of(const char *key)
{
    uint64_t digits = 0;
    for (int i = 0; i < 16; i++)
        digits = digits * 16 + ((unsigned)key[i] & 15) + (key[i] > '9' ? 9 : 0);
    return digits;
}

static Place *place_of(const Places *x, uint64_t digits)
{
    size_t i = (size_t)digits & (x->room - 1);
    while (x->places[i].at >= 0 && x->places[i].digits != digits)
        i = (i + 1) & (x->room - 1);
    return &x->places[i];
}

static int grow(Places *x)
{
    Places wide = {.room = FFMAX(x->room * 2, 1024)};

    if (!(wide.places = av_malloc_array(wide.room, sizeof(*wide.places))))
        return AVERROR(ENOMEM);
    memset(wide.places, -1, wide.room * sizeof(*wide.places));
    for (size_t i = 0; i < x->room; i++)
        if (x->places[i].at >= 0)
            *place_of(&wide, x->places[i].digits) = x->places[i];
    FFSWAP(Place *, x->places, wide.places);
    x->room = wide.room;
    av_free(wide.places);
    return 0;
}

int places_put(Places *x, const char *key, int64_t at)
{
    uint64_t digits = digits_of(key);

    if (x->count >= x->room / 2 && grow(x) < 0)
        return AVERROR(ENOMEM);
    Place *place = place_of(x, digits);
    if (place->at < 0) {
        *place = (Place){digits, at};
        x->count++;
    }
    return 0;
}

int64_t places_find(const Places *places, const char *key)
{
    return places->room ? place_of(places, digits_of(key))->at : -1;
}

void places_clear(Places *places)
{
    av_free(places->places);
    *places = (Places){0};
}
