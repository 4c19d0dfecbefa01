/* i2v: a number for each key
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/places.h"

#include <string.h>

#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "store/record.h"

/* FNV-1a. All of a key counts: those that somebody made by hand differ at their end. */
static uint64_t hash_of(const char *key)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (int i = 0; i < RECORD_KEY_DIGITS; i++)
        hash = (hash ^ (unsigned char)key[i]) * 0x100000001b3;
    return hash;
}

static Place *place_of(const Places *x, uint64_t hash)
{
    size_t i = (size_t)hash & (x->room - 1);
    while (x->places[i].at >= 0 && x->places[i].hash != hash)
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
            *place_of(&wide, x->places[i].hash) = x->places[i];
    FFSWAP(Place *, x->places, wide.places);
    x->room = wide.room;
    av_free(wide.places);
    return 0;
}

int places_put(Places *x, const char *key, int64_t at)
{
    uint64_t hash = hash_of(key);

    if (x->count >= x->room / 2 && grow(x) < 0)
        return AVERROR(ENOMEM);
    Place *place = place_of(x, hash);
    if (place->at < 0) {
        *place = (Place){hash, at};
        x->count++;
    }
    return 0;
}

int64_t places_find(const Places *places, const char *key)
{
    return places->room ? place_of(places, hash_of(key))->at : -1;
}

void places_clear(Places *places)
{
    av_free(places->places);
    *places = (Places){0};
}
