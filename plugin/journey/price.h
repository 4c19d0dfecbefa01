/* i2v: what a request costs (inside journey)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_PRICE_H
#define I2V_PRICE_H

#include <libavformat/avio.h>

#include "base/events.h"
#include "request/request.h"

/** Ask what a request costs, say it, and hold it against max_cost.
 * @param usd  below 0 when it is not known
 * @return 0; AVERROR(ECANCELED) when it is above max_cost, or not known and there is a
 * limit; the error of asking when there is a limit and the engine could not be asked */
int price_ask(const Request *request, Events *events, const AVIOInterruptCB *interrupt,
              double *usd, Outcome *out);

#endif
