/* i2v: what a service says of its requests: a JSON Schema
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Of JSON Schema what occurs in OpenAPI 3.0 documents of such services is understood:
 * type, nullable, enum, format uri, minimum, maximum (and whether these are taken), the
 * least and the most characters and items, items, properties, required, anyOf and oneOf.
 * Whatever else it says is passed over, and so is a keyword whose value makes no sense. A
 * reference is not followed. Unlike in JSON Schema a member that is not among the
 * properties is not taken: a service that ignores it makes, and bills, what was not asked
 * for.
 */
#ifndef I2V_SCHEMA_H
#define I2V_SCHEMA_H

#include <stdbool.h>

#include <cjson/cJSON.h>

struct AVBPrint;

/** The schema of what is posted, within an OpenAPI document: that of the first path that
 * takes JSON. Borrowed; NULL where there is none. */
const cJSON *schema_of_document(const cJSON *document);

/** A property of an object, or NULL. */
const cJSON *schema_property(const cJSON *schema, const char *name);

/** Whether a property must be there. */
bool schema_requires(const cJSON *schema, const char *name);

/** Whether a value may be of this type, "string"; also one of several. */
bool schema_may_be(const cJSON *schema, const char *type);

/**
 * Whether an object is what a schema takes.
 * @param elsewhere  members that come later: they count as given; ends with NULL
 * @param why        when it is not, a clause is added: "the field fps cannot be 24: it
 *                   takes 25 or 50"
 */
bool schema_takes(const cJSON *schema, const cJSON *object, const char *const *elsewhere,
                  struct AVBPrint *why);

#endif
