/* i2v: the body of a create call: the fields, and the stills fitted and encoded
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_BODY_H
#define I2V_BODY_H

#include "base/outcome.h"
#include "request/request.h"
#include "still/still.h"

/**
 * Fit and encode the stills and put the body together.
 * @param still,end  NULL where the gateway fetches them, or there is no last frame
 * @param body       zeroed; free with engine_body_clear(); empty on error
 * @param shown      NULL, or set to the body as it may be shown: of each still its type,
 * size and digest, of a URL what is not secret in it; free with av_free()
 * @return 0, or a negative AVERROR after one sentence on `out`. What is cut or padded is
 * said at AV_LOG_WARNING.
 */
int body_make(const Request *request, const Still *still, const Still *end, Outcome *out,
              EngineBody *body, char **shown);

#endif
