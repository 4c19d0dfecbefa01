/* i2v: the engine aimlapi, as its files share it (inside engine)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_AIMLAPI_H
#define I2V_AIMLAPI_H

#include "engine/engine.h"

extern const Engine aimlapi;

extern const Model aimlapi_models[]; ///< ends with one without a name

/** Rows of the usage log on a page. */
#define AIMLAPI_LOG_ROWS 100

/** Read a generation from an answer's body. @return 0, AVERROR_INVALIDDATA,
 * AVERROR(ENOMEM) */
int aimlapi_parse_job(const char *body, size_t size, EngineJob *job);

/** Read a page of the usage log. @return 0, AVERROR_INVALIDDATA, AVERROR(ENOMEM) */
int aimlapi_parse_rows(const char *body, size_t size, const char *client_ids,
                       EngineAnswer *answer);

/* As of struct Engine. */

int aimlapi_body(const cJSON *fields, EngineBody *body);
int aimlapi_list(const CatalogueSource *source, const char *model, Catalogue **catalogue,
                 char *why, size_t why_size);
int aimlapi_retirements(const CatalogueSource *source, EngineDocument *document,
                        char *why, size_t why_size);
int aimlapi_schema(const CatalogueSource *source, const Catalogue *catalogue, int n,
                   EngineDocument *document, char *why, size_t why_size);
int aimlapi_price(const Catalogue *catalogue, int n, const cJSON *fields, double seconds,
                  CataloguePrice *price);
void aimlapi_price_text(const Catalogue *catalogue, int n, char *text, size_t size);

#endif
