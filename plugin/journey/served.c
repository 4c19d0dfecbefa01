/* i2v: whether an engine serves a request's model, and how much longer
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/served.h"

#include <pthread.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/mem.h>

#include "base/clock.h"
#include "engine/engine.h"
#include "journey/learn.h"

/* What a purchase can do without it does not wait for long. */
#define COURTESY_MS 4000

/* A process that has much to buy does not ask again for each. */
#define KEPT_US    (60 * 1000000LL)
#define KEPT_LISTS 16

/* What the engine answered when it was asked for a model. */
typedef struct Answer {
    char *origin, *model;
    int64_t when; ///< clock_now()
    Catalogue *catalogue;
    int ret;
    char why[96];
} Answer;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Answer answers[KEPT_LISTS]; ///< under the lock
static char warned[256];           ///< under the lock: the model that was warned of last

/* The list */

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

/* Called with the lock. @return NULL when there is none that is young enough; one that
 * could not be had does for a courtesy alone */
static const Answer *find_answer(const Request *r, bool needed)
{
    for (Answer *a = answers; a < answers + KEPT_LISTS; a++)
        if (is_of(a, r) && clock_now() - a->when < KEPT_US && (a->ret >= 0 || !needed))
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

static void tell(const Answer *answer, Served *served)
{
    *served = (Served){answer->ret, answer->catalogue, answer->why};
}

int served_ask(const Request *r, bool needed, const AVIOInterruptCB *interrupt,
               Served *served)
{
    CatalogueSource source = request_source(r, interrupt);
    Answer fresh = {0};
    const Answer *answer;

    pthread_mutex_lock(&lock);
    if ((answer = find_answer(r, needed))) {
        tell(answer, served);
        return 0;
    }
    pthread_mutex_unlock(&lock);
    source.timeout_ms = needed ? 0 : COURTESY_MS;
    fresh.ret = r->engine->list(&source, r->model_name, &fresh.catalogue, fresh.why,
                                sizeof(fresh.why));
    fresh.when = clock_now();
    fresh.origin = av_strdup(r->origin);
    fresh.model = av_strdup(r->model_name);
    int ret = !fresh.origin || !fresh.model ? AVERROR(ENOMEM)
              : fresh.ret == AVERROR(EINTR) || fresh.ret == AVERROR(ENOMEM) ? fresh.ret
                                                                            : 0;
    if (ret < 0) {
        forget(&fresh);
        return ret;
    }
    pthread_mutex_lock(&lock);
    tell(keep_answer(r, &fresh), served);
    return 0;
}

void served_release(void)
{
    pthread_mutex_unlock(&lock);
}

/* The retirements */

/* By the name that is asked for, else by the other one of the table.
 * @return whether there is something to say; free *catalogue in any case */
static int find_retirement(const Request *r, const Store *store,
                           const AVIOInterruptCB *interrupt, Catalogue **catalogue,
                           CatalogueRetirement *retired)
{
    LearnFrom from = {r->engine, request_source(r, interrupt), store};
    const char *alias = r->model ? r->model->alias : NULL;
    char why[96];
    int ret;

    *catalogue = NULL;
    if (!r->engine->retirements)
        return 0;
    from.source.timeout_ms = COURTESY_MS;
    ret = learn_retirements(&from, catalogue, why, sizeof(why));
    if (ret < 0)
        return ret == AVERROR(EINTR) ? ret : 0;
    return catalogue_retirement(*catalogue, r->model_name, retired) >= 0 ||
           (alias && catalogue_retirement(*catalogue, alias, retired) >= 0);
}

static bool is_withdrawn(const CatalogueRetirement *retired)
{
    return retired->status && !av_strcasecmp(retired->status, "withdrawn");
}

/* Whether the model was not warned of just now. */
static bool is_news(const Request *r)
{
    pthread_mutex_lock(&lock);
    bool news = strcmp(warned, r->model_name);
    av_strlcpy(warned, r->model_name, sizeof(warned));
    pthread_mutex_unlock(&lock);
    return news;
}

static void describe_replacement(const CatalogueRetirement *retired, char *text,
                                 size_t size)
{
    if (retired->replaced_by)
        snprintf(text, size, "its replacement: %smodel %s", options_dash(),
                 retired->replaced_by);
    else
        av_strlcpy(text, "no replacement", size);
}

int served_check(const Request *r, const Store *store, Events *events,
                 const AVIOInterruptCB *interrupt, Outcome *out)
{
    CatalogueRetirement retired;
    Catalogue *catalogue;
    char replacement[256] = "";
    int ret = find_retirement(r, store, interrupt, &catalogue, &retired);

    if (ret > 0)
        describe_replacement(&retired, replacement, sizeof(replacement));
    if (ret == AVERROR(EINTR))
        events_fail(events, out, FAILURE_LATER, ret, "Interrupted. Nothing was bought.");
    else if (ret > 0 && is_withdrawn(&retired))
        ret = events_fail(
            events, out, FAILURE_REQUEST, AVERROR(EINVAL),
            "The gateway has withdrawn the model %s%s%s, and names %s; nothing sent.",
            r->model_name, retired.shutdown_at ? ", on " : "",
            retired.shutdown_at ? retired.shutdown_at : "", replacement);
    else if (ret > 0 && events_speak(events) && is_news(r))
        events_say(events, AV_LOG_WARNING,
                   "The gateway lists the model %s as %s%s%s; it names %s.",
                   r->model_name, retired.status ? retired.status : "retired",
                   retired.shutdown_at ? ", to be shut down on " : "",
                   retired.shutdown_at ? retired.shutdown_at : "", replacement);
    catalogue_free(&catalogue);
    return FFMIN(ret, 0);
}

int served_is(const Request *r, const Store *store, const AVIOInterruptCB *interrupt,
              Outcome *out)
{
    CatalogueRetirement retired;
    Catalogue *catalogue = NULL;
    Served served;
    char why[96];
    int ret = served_ask(r, true, interrupt, &served);

    if (ret < 0)
        return ret;
    ret = served.ret < 0 ? served.ret
                         : catalogue_find(served.catalogue, r->model_name) >= 0;
    av_strlcpy(why, served.why, sizeof(why));
    served_release();
    if (ret < 0)
        return outcome_fail(out, FAILURE_GATEWAY, ret,
                            "Which of the models of the option model are served %s does "
                            "not tell: %s; nothing sent.",
                            r->origin, why);
    if (ret > 0) {
        int gone = find_retirement(r, store, interrupt, &catalogue, &retired);
        ret = gone < 0 ? gone : !(gone && is_withdrawn(&retired));
    }
    catalogue_free(&catalogue);
    return ret;
}

void served_say_replacement(const Request *r, const Store *store, Events *events,
                            const AVIOInterruptCB *interrupt)
{
    CatalogueRetirement retired;
    Catalogue *catalogue;
    char replacement[256] = "";
    int ret = find_retirement(r, store, interrupt, &catalogue, &retired);

    if (ret > 0)
        describe_replacement(&retired, replacement, sizeof(replacement));
    if (!ret && catalogue)
        events_say(events, AV_LOG_ERROR, "i2vctl models lists what the gateway serves.");
    else if (ret > 0)
        events_say(events, AV_LOG_ERROR,
                   "The gateway lists the model %s as %s%s%s and names %s.",
                   r->model_name, retired.status ? retired.status : "retired",
                   retired.shutdown_at ? " since " : "",
                   retired.shutdown_at ? retired.shutdown_at : "", replacement);
    catalogue_free(&catalogue);
}
