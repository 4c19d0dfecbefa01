/* i2v: the journey of one request, from options to a clip
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/journey.h"

#include <libavutil/avstring.h>
#include <libavutil/mem.h>

#include "journey/ends.h"
#include "journey/film.h"

int journey_fetch(const Ask *ask, char **path, Outcome *out)
{
    Order o = {0};
    Job *job = NULL;
    int ret;

    *path = NULL;
    if (film_is(ask))
        return film_fetch(ask, path, out);      // several of these, joined
    if ((ret = order_read(&o, ask, out)) < 0 || // options -> request -> still -> key
        (ret = order_look_up(&o, out)) < 0)     // store: known?
        goto end;
    order_say(&o);
    if (o.request->dry_run)
        ret = rehearse(&o, path, out);
    else if (o.served ||
             ((ret = order_quote(&o, out)) >= 0 && // still: fit, encode; engine: price
              (ret = order_enter(&o, false, &job, out)) >= 0 &&
              // create -> wait -> download -> verify -> store
              (ret = order_wait(&o, job, out)) >= 0))
        ret = deliver(&o, path, out);
end:
    if (ret < 0)
        ret = fall_back(&o, ret, path, out);
    job_unref(&job);
    order_free(&o);
    return ret;
}

int journey_pick_up(const char *key, const Ask *ask, char **path, Outcome *out)
{
    Order o = {0};
    Job *job = NULL;
    int ret;

    *path = NULL;
    ret = order_recall(&o, key, ask, out);
    if (ret >= 0 && o.served)
        order_say_served(&o);
    if (ret >= 0 && (o.served || ((ret = order_enter(&o, false, &job, out)) >= 0 &&
                                  (ret = order_wait(&o, job, out)) >= 0)))
        ret = deliver(&o, path, out);
    if (ret < 0)
        ret = fall_back(&o, ret, path, out);
    job_unref(&job);
    order_free(&o);
    return ret;
}

int journey_cancel(const char *key, const Ask *ask, Outcome *out)
{
    Order o = {0};
    int ret = order_recall(&o, key, ask, out);

    if (ret >= 0)
        ret = job_cancel(o.request, o.store, ask->interrupt, o.events, out);
    order_free(&o);
    return ret;
}

/* Whether the engine has it already, and its clip is not here. */
static bool is_accepted(const Order *o)
{
    const Record *r = o->record;
    return r->id && (r->state == RECORD_RUNNING || r->state == RECORD_READY);
}

static int send(Order *o, bool stays, Outcome *out)
{
    Job *job = NULL;
    int ret;

    if (stays && o->known)
        return 0;
    if (!stays && is_accepted(o)) {
        events_say(o->events, AV_LOG_INFO, "Accepted before, as generation %s.",
                   o->record->id);
        return 0;
    }
    if ((ret = order_quote(o, out)) >= 0 && (ret = order_enter(o, false, &job, out)) >= 0)
        ret = job_wait_accepted(job, stays, o->ask->interrupt, out);
    job_unref(&job);
    return ret;
}

static int submit(const Ask *ask, bool stays, char *key, Outcome *out)
{
    Order o = {0};
    char *animatic = NULL;
    int ret;

    if ((ret = order_read(&o, ask, out)) < 0 || (ret = order_look_up(&o, out)) < 0)
        goto end;
    if (key)
        av_strlcpy(key, o.request->key, REQUEST_KEY_SIZE);
    order_say(&o);
    if (o.request->dry_run)
        ret = rehearse(&o, stays ? NULL : &animatic, out);
    else if (!o.served)
        ret = send(&o, stays, out);
end:
    ret = ret < 0 ? fall_back(&o, ret, NULL, out) : o.request->dry_run && !stays;
    av_free(animatic);
    order_free(&o);
    return ret;
}

static int check(const Ask *ask, char *key, Outcome *out)
{
    Order o = {0};
    bool can_keep;
    int ret = order_read(&o, ask, out);

    if (ret >= 0)
        ret = order_check_store(&o, &can_keep, out);
    if (ret >= 0 && key)
        av_strlcpy(key, o.request->key, REQUEST_KEY_SIZE);
    order_free(&o);
    return ret;
}

/* Of one request or of a film */

/* Those shots that need no other; the rest is sent by who waits for the film. */
static int submit_film(const Ask *ask, bool stays, Outcome *out)
{
    FilmRoots roots = {0};
    PriceSum sum = {.max_total = -1};
    int ret = film_foresee(ask, &roots, out);

    if (ret >= 0) {
        shots_add_up(roots.shots, &sum);
        ret = shots_price(roots.shots, &sum);
    }
    for (int i = 0; i < roots.count && ret >= 0; i++)
        ret = submit(&roots.asks[i], stays, NULL, out);
    film_roots_clear(&roots);
    return outcome_end(out, FAILURE_STORE, ret);
}

int journey_submit(const Ask *ask, bool stays, char *key, Outcome *out)
{
    if (!film_is(ask))
        return submit(ask, stays, key, out);
    if (key)
        *key = '\0';
    return submit_film(ask, stays, out);
}

int journey_check(const Ask *ask, char *key, Outcome *out)
{
    if (!film_is(ask))
        return check(ask, key, out);
    int ret = film_check(ask, out);
    if (ret >= 0 && key)
        *key = '\0';
    return ret;
}
