/* i2v: what a request costs
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/price.h"

#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>

#include "engine/engine.h"
#include "job/budget.h"
#include "journey/served.h"

/* Of what is left of a decimal fraction in a double. */
#define EPSILON 1e-9

static bool has_limit(const Request *r)
{
    return r->max_cost >= 0 || r->max_total >= 0;
}

static int price_by(const Catalogue *catalogue, const Request *r, CataloguePrice *price)
{
    int n = catalogue_find(catalogue, r->model_name);
    cJSON *fields = n >= 0 ? request_fields(r) : NULL;
    int ret;

    if (n < 0) {
        snprintf(price->text, sizeof(price->text), "the %s does not list the model",
                 r->engine->called);
        ret = AVERROR(ENOENT);
    } else {
        ret = fields ? r->engine->price(catalogue, n, fields, request_seconds(r), price)
                     : AVERROR(ENOMEM);
    }
    cJSON_Delete(fields);
    return ret;
}

/* The price by the gateway's list. @return 0; or with price->text AVERROR(ENODATA),
 * AVERROR(ENOENT) for a model that is not listed, or an error of asking */
static int look_up(const Request *r, const AVIOInterruptCB *interrupt,
                   CataloguePrice *price)
{
    Served served;
    int ret;

    if (!r->engine->list || !r->engine->price) {
        snprintf(price->text, sizeof(price->text), "the engine %s names no prices",
                 r->engine->name);
        return AVERROR(ENODATA);
    }
    if ((ret = served_ask(r, has_limit(r), interrupt, &served)) < 0)
        return ret;
    if ((ret = served.ret) < 0)
        snprintf(price->text, sizeof(price->text), "the %s's list: %s", r->engine->called,
                 served.why);
    else
        ret = price_by(served.catalogue, r, price);
    served_release();
    return ret;
}

static int refuse_unknown(const Request *r, Events *events, const CataloguePrice *price,
                          int error, Outcome *out)
{
    bool unpriced = error == AVERROR(ENODATA) || error == AVERROR(ENOENT);
    bool one = r->max_cost >= 0;

    return events_fail(
        events, out, unpriced ? FAILURE_REQUEST : FAILURE_GATEWAY,
        unpriced ? AVERROR(ECANCELED) : error,
        "The price of this clip is not known (%s), and %s=%.10g allows none that is "
        "not; nothing sent.",
        price->text, one ? "max_cost" : "max_total", one ? r->max_cost : r->max_total);
}

/* Against what one clip, and all of the command, may cost. */
static int check_limits(const Request *r, Events *events, const CataloguePrice *price,
                        Outcome *out)
{
    const char *most = price->at_most ? "up to " : "";
    double before = budget_taken();

    if (r->max_cost >= 0 && price->usd > r->max_cost + EPSILON)
        return events_fail(
            events, out, FAILURE_REQUEST, AVERROR(ECANCELED),
            "This clip would cost %s%.4g USD (%s), which is above max_cost=%.10g; nothing "
            "sent.",
            most, price->usd, price->text, r->max_cost);
    if (r->max_total < 0 || before + price->usd <= r->max_total + EPSILON)
        return 0;
    return events_fail(events, out, FAILURE_REQUEST, AVERROR(ECANCELED),
                       "This clip would cost %s%.4g USD (%s)%s, which is above "
                       "max_total=%.10g; it is not sent.",
                       most, price->usd, price->text,
                       before > 0 ? " beside what this command has bought" : "",
                       r->max_total);
}

int price_ask(const Request *r, Events *events, const AVIOInterruptCB *interrupt,
              double *usd, Outcome *out)
{
    CataloguePrice price = {0};
    int ret = look_up(r, interrupt, &price);
    Event event = {.name = "price", .usd = -1, .retryable = -1, .message = price.text};

    *usd = -1;
    if (ret == AVERROR(EINTR))
        return events_fail(events, out, FAILURE_LATER, ret,
                           "Interrupted. Nothing was bought.");
    if (ret == AVERROR(ENOMEM))
        return outcome_end(out, FAILURE_GATEWAY, ret);
    if (ret >= 0)
        event.usd = *usd = price.usd;
    events_note(events, &event);
    if (ret < 0 && has_limit(r))
        return refuse_unknown(r, events, &price, ret, out);
    if (ret < 0) {
        events_say(events, ret == AVERROR(ENOENT) ? AV_LOG_WARNING : AV_LOG_INFO,
                   "Price: not known (%s).", price.text);
        return 0;
    }
    events_say(events, AV_LOG_INFO, "Price: %s%.4g USD (%s).",
               price.at_most ? "at most " : "", price.usd, price.text);
    return check_limits(r, events, &price, out);
}

/* Several */

void price_add(PriceSum *sum, double usd, double max_total)
{
    sum->buys++;
    sum->unpriced += usd < 0;
    sum->usd += usd > 0 ? usd : 0;
    if (max_total >= 0 && (sum->max_total < 0 || max_total < sum->max_total))
        sum->max_total = max_total;
}

void price_say_sum(const PriceSum *sum, char *text, size_t size)
{
    if (!sum->buys)
        snprintf(text, size, "nothing to buy");
    else if (sum->unpriced == sum->buys)
        snprintf(text, size, "%d to buy, for a price that is not known", sum->buys);
    else if (sum->unpriced)
        snprintf(text, size,
                 "%d to buy, for %.4g USD and the price of %d that is not known",
                 sum->buys, sum->usd, sum->unpriced);
    else
        snprintf(text, size, "%d to buy, for %.4g USD", sum->buys, sum->usd);
}

int price_check_sum(const PriceSum *sum, Outcome *out)
{
    double usd = sum->usd + budget_taken();

    if (sum->max_total < 0 || usd <= sum->max_total + EPSILON)
        return 0;
    return outcome_fail(out, FAILURE_REQUEST, AVERROR(ECANCELED),
                        "The %d clip%s to buy would cost %.4g USD together, which is "
                        "above max_total=%.10g; nothing sent.",
                        sum->buys, sum->buys == 1 ? "" : "s", usd, sum->max_total);
}
