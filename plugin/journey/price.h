/* i2v: what the gateway asks for a request, and what it names in place of a model
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_QUOTE_H
#define I2V_QUOTE_H

#include <libavformat/avio.h>

#include "base/events.h"
#include "request/request.h"

/**
 * Look the price of a request up, say it, and hold it against max_cost.
 * @param usd  set to the price, below 0 when it is not known
 * @return 0; AVERROR(EDOM) when it is above max_cost, or not known and there is a limit;
 * the error of asking when there is a limit and the gateway could not be asked;
 * AVERROR(EINTR). Each was said in one sentence.
 */
int quote_price(const Request *request, Events *events, const AVIOInterruptCB *interrupt,
                double *usd);

/** Say at AV_LOG_ERROR what the gateway names in place of the request's model, when it
 * has retired that; else nothing. */
void quote_replacement(const Request *request, Events *events,
                       const AVIOInterruptCB *interrupt);

#endif
