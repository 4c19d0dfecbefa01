/* i2v: the stand-in gateway: the documents by which the API publishes what a model takes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GATEWAY_PUBLISHED_H
#define GATEWAY_PUBLISHED_H

#include "model.h"

/* Whether JSON is such a document: OpenAPI, as GET /docs-json serves it. */
int published_is(const cJSON *json);
/* A schema file out of a document: its request, strict, and what a model must say beside
 * it, of which the document knows nothing. NULL when there is no request in it. */
cJSON *published_to_schema(const cJSON *document);
/* The document of a model: its own, or made of its schema; NULL for a model that takes
 * whatever it is given. */
cJSON *published_document(const Model *model);

#endif
