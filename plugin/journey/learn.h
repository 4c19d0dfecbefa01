/* i2v: what an engine says of its models: asked for once, kept beside the ledger
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_LEARN_H
#define I2V_LEARN_H

#include "engine/engine.h"
#include "engine/schema_model.h"
#include "store/store.h"

/** Who is asked, and where it is kept. Borrowed. */
typedef struct LearnFrom {
    const Engine *engine;
    CatalogueSource source;
    const Store *store; ///< NULL = nothing is kept
} LearnFrom;

/**
 * What a model takes, by its engine's own schema. One that is in the table is asked for
 * by learn_entry() alone, and renewed here when it is a week old; another the first time.
 * @param name   an id or an alias
 * @param model  free with schema_model_free(); NULL where there is no schema, and of a
 *               model of the table when none is kept
 * @return 0; AVERROR(EINTR); or after a sentence a negative AVERROR, when nothing is
 * known of the model and the engine cannot be asked
 */
int learn_model(const LearnFrom *from, const char *name, Model **model, Outcome *out);

/** The same as it is kept, however old; nothing is asked.
 * @return 0; or AVERROR(ENOMEM) */
int learn_kept(const LearnFrom *from, const char *name, Model **model);

/**
 * The same of a model that the engine's list has, asked for now and kept.
 * @return 0; or a negative AVERROR, with the reason in `why`
 */
int learn_entry(const LearnFrom *from, const Catalogue *catalogue, int n, Model **model,
                Outcome *out, char *why, size_t why_size);

/**
 * Which models are retired. For five minutes what is kept does, as the engine allows.
 * @param catalogue  free with catalogue_free()
 * @return 0; or a negative AVERROR, with the reason in `why`
 */
int learn_retirements(const LearnFrom *from, Catalogue **catalogue, char *why,
                      size_t why_size);

#endif
