/* i2v: what the gateway asks for a request, and what it names in place of a model
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "quote.h"

#include <errno.h>
#include <stdio.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/log.h>

#include "catalogue.h"
#include "fields.h"

/* Without a limit the price is a courtesy, and a purchase need not wait for it long. */
#define COURTESY_MS 4000

static CatalogueSource source_of(const Request *r, const AVIOInterruptCB *interrupt)
{
    return (CatalogueSource){
        .origin = r->origin,
        .ca_file = r->ca_file,
        .allow_http = r->allow_http,
        .interrupt = interrupt,
    };
}

/* The price by the gateway's list. @return 0; or with price->text AVERROR(ENODATA),
 * AVERROR(ENOENT) for a model that is not listed, or an error of asking */
static int look_up(const Request *r, const AVIOInterruptCB *interrupt,
                   CataloguePrice *price)
{
    CatalogueSource source = source_of(r, interrupt);
    Catalogue *catalogue = NULL;
    char why[96] = "";

    source.timeout_ms = r->max_cost >= 0 ? 0 : COURTESY_MS;
    int ret = catalogue_models(&source, r->model_name, &catalogue, why, sizeof(why));
    if (ret < 0) {
        snprintf(price->text, sizeof(price->text), "the gateway's list: %s", why);
        return ret;
    }
    int n = catalogue_find(catalogue, r->model_name);
    cJSON *fields = n >= 0 ? fields_with_defaults(r) : NULL;
    if (n < 0) {
        av_strlcpy(price->text, "the gateway does not list the model",
                   sizeof(price->text));
        ret = AVERROR(ENOENT);
    } else {
        ret = fields ? catalogue_price(catalogue, n, fields, request_seconds(r), price)
                     : AVERROR(ENOMEM);
    }
    cJSON_Delete(fields);
    catalogue_free(&catalogue);
    return ret;
}

static int refuse_unknown(const Request *r, Events *events, const CataloguePrice *price,
                          int error)
{
    events_say(events, AV_LOG_ERROR,
               "The price of this clip is not known (%s), and max_cost=%.10g allows none "
               "that is not; nothing sent.\n",
               price->text, r->max_cost);
    return error == AVERROR(ENODATA) || error == AVERROR(ENOENT) ? AVERROR(EDOM) : error;
}

int quote_price(const Request *r, Events *events, const AVIOInterruptCB *interrupt,
                double *usd)
{
    CataloguePrice price = {0};
    int ret = look_up(r, interrupt, &price);
    Event event = {.name = "price", .usd = -1, .retryable = -1, .message = price.text};

    *usd = -1;
    if (ret == AVERROR(EINTR)) {
        events_say(events, AV_LOG_ERROR, "Interrupted. Nothing was bought.\n");
        return ret;
    }
    if (ret == AVERROR(ENOMEM))
        return ret;
    if (ret >= 0)
        event.usd = *usd = price.usd;
    events_note(events, &event);
    if (ret < 0 && r->max_cost >= 0)
        return refuse_unknown(r, events, &price, ret);
    if (ret < 0) {
        events_say(events, ret == AVERROR(ENOENT) ? AV_LOG_WARNING : AV_LOG_INFO,
                   "Price: not known (%s).\n", price.text);
        return 0;
    }
    events_say(events, AV_LOG_INFO, "Price: %s%.4g USD (%s).\n",
               price.at_most ? "at most " : "", price.usd, price.text);
    if (r->max_cost < 0 || price.usd <= r->max_cost + 1e-9)
        return 0;
    events_say(events, AV_LOG_ERROR,
               "This clip would cost %s%.4g USD (%s), which is above max_cost=%.10g; "
               "nothing sent.\n",
               price.at_most ? "up to " : "", price.usd, price.text, r->max_cost);
    return AVERROR(EDOM);
}

void quote_replacement(const Request *r, Events *events, const AVIOInterruptCB *interrupt)
{
    CatalogueSource source = source_of(r, interrupt);
    CatalogueRetirement retired;
    Catalogue *catalogue = NULL;
    char why[96];

    if (catalogue_retirements(&source, &catalogue, why, sizeof(why)) < 0)
        goto end;
    if (catalogue_retirement(catalogue, r->model_name, &retired) < 0) {
        events_say(events, AV_LOG_ERROR,
                   "i2vctl models lists what the gateway serves.\n");
        goto end;
    }
    events_say(events, AV_LOG_ERROR, "The gateway lists the model %s as %s%s%s%s%s%s.\n",
               r->model_name, retired.status ? retired.status : "retired",
               retired.shutdown_at ? " since " : "",
               retired.shutdown_at ? retired.shutdown_at : "",
               retired.replaced_by ? " and names its replacement: -model " : "",
               retired.replaced_by ? retired.replaced_by : "",
               retired.replaced_by ? "" : ", and names no replacement");
end:
    catalogue_free(&catalogue);
}
