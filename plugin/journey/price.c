/* i2v: what a request costs
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/price.h"

#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>

#include "engine/engine.h"
#include "journey/served.h"

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
    if ((ret = served_ask(r, r->max_cost >= 0, interrupt, &served)) < 0)
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
    return events_fail(
        events, out, unpriced ? FAILURE_REQUEST : FAILURE_GATEWAY,
        unpriced ? AVERROR(ECANCELED) : error,
        "The price of this clip is not known (%s), and max_cost=%.10g allows none that is "
        "not; nothing sent.",
        price->text, r->max_cost);
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
    if (ret < 0 && r->max_cost >= 0)
        return refuse_unknown(r, events, &price, ret, out);
    if (ret < 0) {
        events_say(events, ret == AVERROR(ENOENT) ? AV_LOG_WARNING : AV_LOG_INFO,
                   "Price: not known (%s).", price.text);
        return 0;
    }
    events_say(events, AV_LOG_INFO, "Price: %s%.4g USD (%s).",
               price.at_most ? "at most " : "", price.usd, price.text);
    if (r->max_cost < 0 || price.usd <= r->max_cost + 1e-9)
        return 0;
    return events_fail(
        events, out, FAILURE_REQUEST, AVERROR(ECANCELED),
        "This clip would cost %s%.4g USD (%s), which is above max_cost=%.10g; nothing sent.",
        price.at_most ? "up to " : "", price.usd, price.text, r->max_cost);
}
