/* i2v: what JSON says
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_JSON_H
#define I2V_JSON_H

#include <stdbool.h>
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

/* Texts that may be long, many, cut or damaged: read without a tree. */

/** A member of an object where it stands in a text; both are slices. */
typedef struct JsonPair {
    const char *name; ///< what is between the quotes, as written
    size_t name_size;
    const char *value; ///< a whole JSON value, quotes and brackets included
    size_t size;
} JsonPair;

/**
 * The next member of an object. What is in a value is not looked at: only that it is
 * whole, and that what belongs behind it is there.
 * @param at  from the object's bracket on; is moved behind the member. Where there is no
 * other it is on the closing bracket, or on what is no JSON
 * @return whether there is one
 */
bool json_next(const char **at, const char *end, JsonPair *pair);

/** Whether the member has this name. */
bool json_is(const JsonPair *pair, const char *name);

/** Copy a text value, cut to fit; what is escaped is taken for what it stands for.
 * @return false when it is no text */
bool json_copy_text(const JsonPair *pair, char *to, size_t size);

/** Whether the value is a number of digits alone. */
bool json_is_digits(const JsonPair *pair);

/** The value as a number, or `missing`; for a program in the C locale. */
double json_value(const JsonPair *pair, double missing);

#endif
