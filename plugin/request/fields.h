/* i2v: a request's fields: one vocabulary of options, each model's own names
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_FIELDS_H
#define I2V_FIELDS_H

#include "base/outcome.h"
#include "request/options.h"
#include "request/request.h"

/**
 * Find the model's row and turn the options into its fields, params over them. Sets
 * everything of the request that depends on the model but not on the stills; prompt and
 * end_image must be set.
 * @return 0, AVERROR(EINVAL) after one sentence on `out` that says what the model takes,
 * AVERROR(ENOMEM), or the error of reading the file that params names
 */
int fields_check(const Options *options, Outcome *out, Request *request);

/**
 * The fields with the model's documented defaults for those that are not sent, as a price
 * may depend on them.
 * @return an object, free with cJSON_Delete(); NULL without memory
 */
cJSON *fields_with_defaults(const Request *request);

#endif
