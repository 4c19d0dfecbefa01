/* i2v: the API key: from a file, the environment, or the place below the home directory
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_API_KEY_H
#define I2V_API_KEY_H

#include "base/outcome.h"
#include "request/options.h"
#include "request/request.h"

/** Find the key of the request's engine. None is no error yet: what the store has can be
 * had without one. @return 0, or a negative AVERROR after one sentence on `out` */
int api_key_find(const Options *options, Outcome *out, Request *request);

#endif
