/* i2v: where in the journal each key begins (inside store)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_STORE_PLACES_H
#define I2V_STORE_PLACES_H

#include <stddef.h>
#include <stdint.h>

/** A key by its first digits: two that share these begin with the first of both. */
typedef struct Place {
    uint64_t digits;
    int64_t at; ///< below 0 = none
} Place;

/** Empty when zeroed. Not thread-safe. */
typedef struct Places {
    Place *places; ///< half of it empty
    size_t room;   ///< a power of two
    size_t count;
} Places;

/** Note where a key begins, unless that is noted. @return 0, AVERROR(ENOMEM) */
int places_put(Places *places, const char *key, int64_t at);

/** @return where a key begins, below 0 for one that is not noted */
int64_t places_find(const Places *places, const char *key);

/** Forget all, and free what they took. */
void places_clear(Places *places);

#endif
