/* i2v: what an engine says of its models: asked for once, kept beside the ledger
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_LEARN_H
#define I2V_LEARN_H

#include "engine/engine.h"
#include "engine/schema_model.h"
#include "store/store.h"

/** Who is asked, and where it is kept. Borrowed. */
typedef struct LearnFrom {
    const Engine *engine; ///< that has schemas
    CatalogueSource source;
    const Store *store; ///< NULL = nothing is kept
} LearnFrom;

/**
 * What a model takes, as it is kept, however old; nothing is asked.
 * @param name   an id or an alias
 * @param model  free with schema_model_free(); NULL where nothing is kept
 * @param due    whether learn_model() is to be called before something is bought: nothing
 *               is known of the model, or it is kept for more than a week. Of one of the
 *               table that is not kept the table does
 * @return 0, or AVERROR(ENOMEM)
 */
int learn_kept(const LearnFrom *from, const char *name, Model **model, bool *due);

/**
 * The same, asked for now and kept.
 * @param model  NULL where the engine has no schema of it
 * @return 0; AVERROR(EINTR); or after a sentence a negative AVERROR, when nothing is
 * known of the model and the engine cannot be asked
 */
int learn_model(const LearnFrom *from, const char *name, Model **model, Outcome *out);

/**
 * The same of a model that the engine's list has.
 * @return 0; or a negative AVERROR, with the reason in `why`
 */
int learn_entry(const LearnFrom *from, const Catalogue *catalogue, int n, Model **model,
                Outcome *out, char *why, size_t why_size);

/**
 * Which models are retired. For five minutes what is kept does, as the engine allows, and
 * where it cannot be asked what is older, too.
 * @param catalogue  free with catalogue_free()
 * @return 0; or a negative AVERROR, with the reason in `why`
 */
int learn_retirements(const LearnFrom *from, Catalogue **catalogue, char *why,
                      size_t why_size);

#endif
