/* i2v: what JSON says
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_JSON_H
#define I2V_JSON_H

#include <stddef.h>

#include <cjson/cJSON.h>

/** JSON that came from elsewhere; free with cJSON_Delete(). A NUL in it, which would end
 * a text early, has become the control character 1.
 * @return NULL for what is none, or without memory */
cJSON *json_parse(const char *text, size_t size);

/** A member of an object, or NULL. */
cJSON *json_member(const cJSON *json, const char *name);

/** A member that is a text and not empty, or NULL. */
const char *json_text(const cJSON *json, const char *name);

/** A member that is a number, or else `missing`. */
double json_number(const cJSON *json, const char *name, double missing);

#endif
