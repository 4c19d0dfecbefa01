/* i2v: a number for each key, such as its place (inside store)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_STORE_PLACES_H
#define I2V_STORE_PLACES_H

#include <stddef.h>
#include <stdint.h>

/** A key by its hash: of two that share it the first counts. */
typedef struct Place {
    uint64_t hash;
    int64_t at; ///< below 0 = none
} Place;

/** Empty when zeroed. Not thread-safe. */
typedef struct Places {
    Place *places; ///< half of it empty
    size_t room;   ///< a power of two
    size_t count;
} Places;

/** Note the place of a key, not below 0, unless it has one. @return 0, AVERROR(ENOMEM) */
int places_put(Places *places, const char *key, int64_t at);

/** @return the place of a key, below 0 for one that has none */
int64_t places_find(const Places *places, const char *key);

/** Forget all, and free what they took. */
void places_clear(Places *places);

#endif
