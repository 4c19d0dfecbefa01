/* i2v: the command: one model, as our table and the gateway have it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_I2VCTL_LISTING_H
#define I2V_I2VCTL_LISTING_H

#include <stddef.h>

#include <cjson/cJSON.h>

#include "engine/engine.h"

/** Bytes that the texts of a listing take at most, their NUL included. */
#define LISTING_TEXT 1024

/** One model. Everything is borrowed. */
typedef struct Listing {
    const Model *model;           ///< its row, or NULL when our table has none
    const Catalogue *catalogue;   ///< what the gateway serves, NULL = not known
    int entry;                    ///< the model's in it, -1 = not listed
    const Catalogue *retirements; ///< NULL = not known
} Listing;

/** What is known of a row of the table. */
Listing listing_of_row(const Model *model, const Catalogue *catalogue,
                       const Catalogue *retirements);

/** The name to ask for it by. */
const char *listing_name(const Listing *listing);

/** Another name in turn, each once. @return NULL behind the last one */
const char *listing_other_name(const Listing *listing, int which);

/** What the gateway says of its end. @return 0, AVERROR(ENOENT) when nothing */
int listing_retirement(const Listing *listing, CatalogueRetirement *retirement);

/** "served", "not listed", "withdrawn on 2026-09-24; use google/veo-3.1-i2v", ... */
void listing_state(const Listing *listing, char *text, size_t size);

/** What it costs now, or "-". */
void listing_price(const Listing *listing, char *text, size_t size);

/** Whether its clips have audio, in a word: "always", "never", "on" or "off" (which can
 * be switched), "-" when it is not known. */
const char *listing_audio(const Listing *listing);

/** Whether it takes a last frame: "yes", "no", "needed", "-". */
const char *listing_end_image(const Listing *listing);

/** All of it. @return an object, free with cJSON_Delete(); NULL without memory */
cJSON *listing_json(const Listing *listing);

/** Print all of it for a person, on standard output. */
void listing_print(const Listing *listing);

#endif
