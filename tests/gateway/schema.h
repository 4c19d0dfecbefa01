/* i2v: the stand-in gateway: the part of JSON Schema that its models are written in.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GATEWAY_SCHEMA_H
#define GATEWAY_SCHEMA_H

#include "util.h"

#include <cjson/cJSON.h>

/* Whether the schema makes sense: no unknown keyword (at its top those that begin with x-
 * pass), every default and every word of an enumeration of its own type. NULL, or a
 * sentence on the first mistake, to be freed. */
char *schema_verify(const cJSON *schema);
/* What is wrong with a value, one issue a field, is added to issues. The path names the
 * value: "" is the body itself. */
void schema_check(const cJSON *schema, const cJSON *value, const char *path,
                  Buffer *issues);

/* Begins an issue; what is wrong with the field is to be appended. */
void schema_issue(Buffer *issues, const char *path);
/* The name of a value's type as messages have it; "undefined" for NULL. */
const char *schema_type_name(const cJSON *value);

#endif
