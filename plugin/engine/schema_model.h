/* i2v: what a model takes, made out of its schema
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_SCHEMA_MODEL_H
#define I2V_SCHEMA_MODEL_H

#include "engine/models.h"

struct AVBPrint;

/**
 * Make a model of the document that has its schema. Which field an option sets is told by
 * what the field is called and takes. What the schema does not say is as in the row; its
 * defaults stay where the schema still takes them, so that a request is what it was.
 * @param document  OpenAPI; is taken over, also on error
 * @param name      that the model is asked for by
 * @param row       of the table, static; NULL when the model is not in it
 * @return 0 and *model, free with schema_model_free(); AVERROR_INVALIDDATA for a document
 *         without a schema, AVERROR(ENOMEM)
 */
int schema_model(cJSON *document, const char *name, const Model *row, Model **model);

/** Free what schema_model() made; sets *model to NULL. */
void schema_model_free(Model **model);

/** Say in which options and fields a model differs from its row: "duration: 4 or 8 (in
 * the table 4, 8 or 12)"; nothing when in none. */
void schema_model_compare(const Model *model, const Model *row, struct AVBPrint *text);

#endif
