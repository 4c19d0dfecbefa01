/* i2v: the body of a create call: the stills fitted and encoded, and put together by the
 * engine
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_CREATE_BODY_H
#define I2V_CREATE_BODY_H

#include "base/outcome.h"
#include "engine/engine.h"
#include "request/request.h"
#include "still/still.h"

/**
 * Fit and encode the stills and put the body together.
 * @param still,end  NULL where the engine fetches them, or there is no last frame
 * @param body       free with engine_body_clear(); what it held is freed
 * @return 0, or a negative AVERROR after one sentence on `out`. What is cut or padded is
 * said at AV_LOG_WARNING.
 */
int body_make(const Request *request, Still *still, Still *end, Outcome *out,
              EngineBody *body);

/** The body as it may be shown: of each still its type, size and digest, of a URL what is
 * not secret in it.
 * @param shown  free with av_free()
 * @return as of body_make() */
int body_show(const Request *request, const EngineBody *body, char **shown);

#endif
