/* i2v: the command: which requests of the ledger are selected (inside ctl)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * jobs, page and prune take the same selection: keys, and options that all have to hold.
 */
#ifndef I2V_SELECT_H
#define I2V_SELECT_H

#include "ctl/ctl.h"
#include "store/store.h"
#include "store/survey.h"

/** What was typed of it. Texts are borrowed. */
typedef struct Selection {
    char *const *keys;                  ///< or their beginnings, or ids of generations
    int nb_keys;                        ///< 0 = any
    unsigned states;                    ///< a bit for each RecordState, 0 = any
    const char *project, *model, *word; ///< NULL = any
    double since, before;               ///< ages in seconds, below 0 = any
    bool kept;
} Selection;

/** Read it. Refuses other options of a request than project, model and store.
 * @param command  for the sentence
 * @param keys     behind the options; borrowed
 * @return 0 or AVERROR(EINVAL) */
int select_parse(const Arguments *arguments, const char *command, char *const *keys,
                 int nb_keys, Outcome *out, Selection *selection);

/** Mark every other row as gone. @return 0; AVERROR(ENOENT) for a key that the ledger
 * does not have, or another negative AVERROR, after a sentence */
int select_rows(const Selection *selection, const Store *store, Survey *survey,
                Outcome *out);

/** Drop every other generation, of which project, model and ages tell. */
void select_generations(const Selection *selection, Survey *survey);

/** How many rows are not gone. */
int select_count(const Survey *survey);

#endif
