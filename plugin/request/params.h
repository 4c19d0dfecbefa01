/* i2v: the option params: further request fields, from text to JSON
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_PARAMS_H
#define I2V_PARAMS_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/outcome.h"

/**
 * Read further request fields: a JSON object, @FILE with one, or name=value:name=value
 * where
 * `\:` stands for a colon and `\\` for a backslash. A value is what it is in JSON (a
 * number, true, null, an object), else a string.
 * @return 0 and *fields (an object, free with cJSON_Delete()), or AVERROR(EINVAL),
 *         AVERROR(ENOMEM), or the error of reading the file, after one sentence on `out`
 */
int params_parse(const char *text, Outcome *out, cJSON **fields);

/** Whether a text is a number as JSON writes it. */
bool params_is_number(const char *text);

/** The text that a value came from, or would be; free with av_free(), NULL without
 * memory. */
char *params_text(const cJSON *value);

#endif
