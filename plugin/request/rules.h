/* i2v: which of a model's fields go together
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_RULES_H
#define I2V_RULES_H

#include "base/outcome.h"
#include "request/request.h"

/**
 * Hold a request's fields against the rules of its model.
 * @param request  with its model, fields and end_image
 * @return 0, or AVERROR(EINVAL) after one sentence on `out`
 */
int rules_check(const Request *request, Outcome *out);

#endif
