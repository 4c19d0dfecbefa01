/* i2v: the steps from options to a request and its key (inside request)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_REQUEST_STEPS_H
#define I2V_REQUEST_STEPS_H

#include "request/request.h"

/**
 * Find the model's row and turn the options into its fields, params over them. Sets
 * everything of the request that depends on the model but not on the stills; prompt and
 * end_image must be set.
 * @return 0, AVERROR(EINVAL) after one sentence on `out` that says what the model takes,
 * AVERROR(ENOMEM), or the error of reading the file that params names
 */
int fields_check(const Options *options, Outcome *out, Request *request);

/** Find the key of the request's engine. None is no error yet: what the store has can be
 * had without one. */
int api_key_find(const Options *options, Outcome *out, Request *request);

/**
 * Settle aspect ratio, the sizes of the stills and of the clip that is asked for. The
 * stills are those of request_settle().
 * @return 0, AVERROR(ENOMEM), or AVERROR(EINVAL) after one sentence on `out` when a still
 * is to be sent as it is (fit=none) and the model takes none of that size
 */
int target_settle(Request *request, const Still *still, const Still *end, Outcome *out);

/**
 * SHA-256 over a schema number, the gateway's origin, all request fields, the stills'
 * digests with how they are fitted where that makes a difference, and take. No secret is
 * in it, and no release may change it. The stills are those of request_settle().
 * @param key  REQUEST_KEY_SIZE bytes
 * @return 0 or AVERROR(ENOMEM)
 */
int key_of(const Request *request, const Still *still, const Still *end, char *key);

#endif
