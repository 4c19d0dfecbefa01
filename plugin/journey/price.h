/* i2v: what a request costs (inside journey)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_PRICE_H
#define I2V_PRICE_H

#include <stdbool.h>

#include <libavformat/avio.h>

#include "base/events.h"
#include "request/request.h"

/** Ask what a request costs, say it, and hold it against max_cost and, with what this
 * process buys already, against max_total.
 * @param usd  below 0 when it is not known
 * @return 0; AVERROR(ECANCELED) when it is above a limit, or not known and there is one;
 * the error of asking when there is a limit and the engine could not be asked */
int price_ask(const Request *request, Events *events, const AVIOInterruptCB *interrupt,
              double *usd, Outcome *out);

/** What several requests cost together. */
typedef struct PriceSum {
    int buys;         ///< how many of them have to be bought
    int unpriced;     ///< how many of these whose price is not known
    double usd;       ///< of the others
    double max_total; ///< the least that a request allows for all; below 0 = no limit
} PriceSum;

/** Add one. @param usd  below 0 = not known */
void price_add(PriceSum *sum, double usd, double max_total);

/** "2 to buy, for 0.8 USD and ...", or "nothing to buy". */
void price_say_sum(const PriceSum *sum, char *text, size_t size);

/** Hold a sum, with what this process buys already, against its limit.
 * @return 0, or AVERROR(ECANCELED) after a sentence */
int price_check_sum(const PriceSum *sum, Outcome *out);

#endif
