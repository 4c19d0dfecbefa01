/* i2v: what size a still must have for its model
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_TARGET_H
#define I2V_TARGET_H

#include "base/outcome.h"
#include "request/request.h"

/**
 * Settle aspect ratio, the sizes of the stills and of the clip that is asked for.
 * @param still  the still, or NULL where the gateway fetches it
 * @param end    the last frame, or NULL
 * @return 0, AVERROR(ENOMEM), or AVERROR(EINVAL) after one sentence on `out` when a still
 * is to be sent as it is (fit=none) and the model takes none of that size
 */
int target_settle(Request *request, const Still *still, const Still *end, Outcome *out);

/**
 * The size of a clip made here in place of the model's: the one that was asked for, else
 * one of the still's shape that such a model might give.
 * @param width,height  set to even numbers of pixels
 */
void target_of_clip(const Request *request, const Still *still, int *width, int *height);

#endif
