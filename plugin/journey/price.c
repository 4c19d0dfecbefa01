/* i2v: what a request costs, and what replaces a retired model
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/price.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/mem.h>

#include "base/clock.h"
#include "engine/engine.h"

/* Without a limit the price is a courtesy, and a purchase need not wait for it long. */
#define COURTESY_MS 4000

/* A process that has much to buy does not ask again for each. */
#define KEPT_US    (60 * 1000000LL)
#define KEPT_LISTS 16

/* What the gateway answered when it was asked for a model. */
typedef struct Answer {
    char *origin, *model;
    int64_t when; ///< clock_now()
    Catalogue *catalogue;
    int ret;
    char why[96];
} Answer;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Answer answers[KEPT_LISTS]; ///< under the lock

static CatalogueSource source_of(const Request *r, const AVIOInterruptCB *interrupt)
{
    return (CatalogueSource){
        .origin = r->origin,
        .ca_file = r->ca_file,
        .allow_http = r->allow_http,
        .interrupt = interrupt,
    };
}

static bool is_of(const Answer *answer, const Request *r)
{
    return answer->origin && !strcmp(answer->origin, r->origin) &&
           !strcmp(answer->model, r->model_name);
}

static void forget(Answer *answer)
{
    av_free(answer->origin);
    av_free(answer->model);
    catalogue_free(&answer->catalogue);
    *answer = (Answer){0};
}

/* Called with the lock. @return NULL when there is none that is young enough; of one that
 * could not be had a limit would make too much */
static const Answer *find_answer(const Request *r)
{
    for (Answer *a = answers; a < answers + KEPT_LISTS; a++)
        if (is_of(a, r) && clock_now() - a->when < KEPT_US &&
            (a->ret >= 0 || r->max_cost < 0))
            return a;
    return NULL;
}

/* Called with the lock: in place of an older one, else of the oldest. */
static const Answer *keep_answer(const Request *r, const Answer *answer)
{
    Answer *place = answers;

    for (Answer *a = answers; a < answers + KEPT_LISTS && !is_of(place, r); a++)
        if (is_of(a, r) || a->when < place->when)
            place = a;
    forget(place);
    *place = *answer;
    return place;
}

/* What the gateway says of the request's model. @return 0, AVERROR(ENOMEM) or
 * AVERROR(EINTR), with the lock held in any case; *answer then stays until it is released
 */
static int ask(const Request *r, const AVIOInterruptCB *interrupt, const Answer **answer)
{
    CatalogueSource source = source_of(r, interrupt);
    Answer fresh = {0};

    pthread_mutex_lock(&lock);
    if ((*answer = find_answer(r)))
        return 0;
    pthread_mutex_unlock(&lock);
    source.timeout_ms = r->max_cost >= 0 ? 0 : COURTESY_MS;
    fresh.ret = r->engine->list(&source, r->model_name, &fresh.catalogue, fresh.why,
                                sizeof(fresh.why));
    fresh.when = clock_now();
    fresh.origin = av_strdup(r->origin);
    fresh.model = av_strdup(r->model_name);
    pthread_mutex_lock(&lock);
    int ret = !fresh.origin || !fresh.model ? AVERROR(ENOMEM)
              : fresh.ret == AVERROR(EINTR) || fresh.ret == AVERROR(ENOMEM) ? fresh.ret
                                                                            : 0;
    if (ret < 0)
        forget(&fresh);
    else
        *answer = keep_answer(r, &fresh);
    return ret;
}

static int price_by(const Catalogue *catalogue, const Request *r, CataloguePrice *price)
{
    int n = catalogue_find(catalogue, r->model_name);
    cJSON *fields = n >= 0 ? request_fields(r) : NULL;
    int ret;

    if (n < 0) {
        av_strlcpy(price->text, "the gateway does not list the model",
                   sizeof(price->text));
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
    const Answer *answer;
    int ret;

    if (!r->engine->list || !r->engine->price) {
        snprintf(price->text, sizeof(price->text), "the engine %s names no prices",
                 r->engine->name);
        return AVERROR(ENODATA);
    }
    ret = ask(r, interrupt, &answer);

    if (ret >= 0 && (ret = answer->ret) < 0)
        snprintf(price->text, sizeof(price->text), "the gateway's list: %s", answer->why);
    if (ret >= 0)
        ret = price_by(answer->catalogue, r, price);
    pthread_mutex_unlock(&lock);
    return ret;
}

static int refuse_unknown(const Request *r, Events *events, const CataloguePrice *price,
                          int error, Outcome *out)
{
    bool unpriced = error == AVERROR(ENODATA) || error == AVERROR(ENOENT);
    return events_fail(
        events, out, unpriced ? FAILURE_REQUEST : FAILURE_GATEWAY,
        unpriced ? AVERROR(EDOM) : error,
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
        events, out, FAILURE_REQUEST, AVERROR(EDOM),
        "This clip would cost %s%.4g USD (%s), which is above max_cost=%.10g; nothing sent.",
        price.at_most ? "up to " : "", price.usd, price.text, r->max_cost);
}

void price_say_replacement(const Request *r, Events *events,
                           const AVIOInterruptCB *interrupt)
{
    CatalogueSource source = source_of(r, interrupt);
    CatalogueRetirement retired;
    Catalogue *catalogue = NULL;
    char why[96];

    if (!r->engine->retirements ||
        r->engine->retirements(&source, &catalogue, why, sizeof(why)) < 0)
        goto end;
    if (catalogue_retirement(catalogue, r->model_name, &retired) < 0) {
        events_say(events, AV_LOG_ERROR, "i2vctl models lists what the gateway serves.");
        goto end;
    }
    events_say(events, AV_LOG_ERROR, "The gateway lists the model %s as %s%s%s%s%s%s.",
               r->model_name, retired.status ? retired.status : "retired",
               retired.shutdown_at ? " since " : "",
               retired.shutdown_at ? retired.shutdown_at : "",
               retired.replaced_by ? " and names its replacement: -model " : "",
               retired.replaced_by ? retired.replaced_by : "",
               retired.replaced_by ? "" : ", and names no replacement");
end:
    catalogue_free(&catalogue);
}
