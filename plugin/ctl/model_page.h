/* i2v: the command: the page of one model (inside ctl)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A model has a row in our table, an entry in what the gateway serves, or both. Here the
 * two become one: its cells for the list of models, and the whole page of it.
 */
#ifndef I2V_CTL_MODEL_PAGE_H
#define I2V_CTL_MODEL_PAGE_H

#include <stddef.h>

#include <cjson/cJSON.h>

#include "engine/engine.h"

/** Bytes that the texts of a page take at most, their NUL included. */
#define PAGE_TEXT 1024

/** One model. Everything is borrowed. */
typedef struct ModelPage {
    const Model *model;           ///< its row, or NULL when our table has none
    const Catalogue *catalogue;   ///< what the gateway serves, NULL = not known
    int entry;                    ///< the model's in it, -1 = not listed
    const Catalogue *retirements; ///< NULL = not known
} ModelPage;

/** What is known of a row of the table. */
ModelPage page_of_row(const Model *model, const Catalogue *catalogue,
                      const Catalogue *retirements);

/** The name to ask for it by. */
const char *page_name(const ModelPage *page);

/** Another name in turn, each once. @return NULL behind the last one */
const char *page_other_name(const ModelPage *page, int which);

/** What the gateway says of its end. @return 0, AVERROR(ENOENT) when nothing */
int page_retirement(const ModelPage *page, CatalogueRetirement *retirement);

/** "served", "not listed", "withdrawn on 2026-09-24; use google/veo-3.1-i2v", ... */
void page_state(const ModelPage *page, char *text, size_t size);

/** What it costs now, or "-". */
void page_price(const ModelPage *page, char *text, size_t size);

/** Whether its clips have audio, in a word: "always", "never", "on" or "off" (which can
 * be switched), "-" when it is not known. */
const char *page_audio(const ModelPage *page);

/** Whether it takes a last frame: "yes", "no", "needed", "-". */
const char *page_end_image(const ModelPage *page);

/** All of it. @return an object, free with cJSON_Delete(); NULL without memory */
cJSON *page_json(const ModelPage *page);

/** Print all of it for a person, on standard output. */
void page_print(const ModelPage *page);

#endif
