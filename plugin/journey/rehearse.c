/* i2v: an order without a purchase: a dry run
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/ends.h"

#include <unistd.h>

#include <libavutil/mem.h>

#include "job/create_body.h"
#include "journey/journey.h"
#include "journey/price.h"
#include "made/made.h"

/* A dry run */

static void say_fields(const Order *o, const char *shown)
{
    cJSON *fields = cJSON_Parse(shown), *field;

    events_say(o->events, AV_LOG_INFO,
               "Dry run: to %s would be sent:", o->request->origin);
    cJSON_ArrayForEach(field, fields)
    {
        char *value = cJSON_PrintUnformatted(field);
        events_say(o->events, AV_LOG_INFO, "  %s: %s", field->string,
                   value ? value : "?");
        cJSON_free(value);
    }
    cJSON_Delete(fields);
}

/* What a real run would do before it bought, or instead. @return whether it would buy */
static bool say_known(const Order *o)
{
    const Record *r = o->record;
    char *clip = store_clip_path(o->store, o->request->key);
    bool there = clip && !access(clip, F_OK);

    av_free(clip);
    if (o->served || (there && r->state != RECORD_READY))
        events_say(o->events, AV_LOG_INFO,
                   "Dry run: the store has this clip; a real run would serve it.");
    else if (r->state == RECORD_REFUSED)
        events_say(
            o->events, AV_LOG_WARNING,
            "Dry run: moderation refused this request before (%s); a real run would "
            "end here.",
            record_error(r));
    else if (r->state == RECORD_SENT)
        events_say(
            o->events, AV_LOG_INFO,
            "Dry run: an earlier run sent this request and did not hear the answer; "
            "a real run would look for its generation first.");
    else if (job_can_reuse(r))
        events_say(o->events, AV_LOG_INFO,
                   "Dry run: a real run would pick up generation %s.",
                   r->id ? r->id : "?");
    else
        return true;
    return false;
}

/* What would be sent, and at what price. */
static int say_purchase(Order *o, Outcome *out)
{
    char *shown = NULL;
    int ret = body_make(o->request, o->still, o->end, out, &o->body);

    if (ret < 0 || (ret = body_show(o->request, &o->body, &shown)) < 0)
        return ret;
    say_fields(o, shown);
    av_free(shown);
    o->quotable = true;
    if ((ret = order_price(o, out)) < 0)
        return ret;
    if (!o->request->api_key)
        events_say(o->events, AV_LOG_WARNING,
                   "There is no API key; a real run would end here.");
    return 0;
}

/* What is made here in place of the clip */

static int make_animatic(Order *o, char **path, Outcome *out)
{
    int ret = order_need_still(o, out);

    if (ret >= 0)
        ret = made_animatic(o->request, o->still, o->ask->interrupt, out, path);
    if (ret < 0)
        return outcome_end(out, FAILURE_STORE, ret);
    if (o->request->save)
        events_say(o->events, AV_LOG_WARNING, "Dry run: nothing is saved as %s.",
                   o->request->save);
    events_say(o->events, AV_LOG_INFO, "Dry run: an animatic stands for the clip, %s.",
               *path);
    note_stand_in(o, "animatic", "dry_run", *path);
    return 0;
}

int rehearse(Order *o, char **path, Outcome *out)
{
    const Request *r = o->request;
    bool buys = say_known(o);
    int ret;

    if (buys && r->reuse_only)
        return job_say_nothing_to_reuse(o->events, out);
    if (buys && (ret = say_purchase(o, out)) < 0)
        return ret;
    events_say(o->events, AV_LOG_INFO, "Dry run: key %s; nothing sent.", r->key);
    Event event = {.name = "dry_run",
                   .usd = o->plan.price,
                   .retryable = -1,
                   .message = r->model_name};
    events_note(o->events, &event);
    return path ? make_animatic(o, path, out) : 0;
}

bool journey_is_dry_run(const AVDictionary *options)
{
    Outcome unheard = {.quiet = true}; // the request itself says what is wrong
    AVDictionary *copy = NULL;
    Options *gathered = NULL;
    int ret = av_dict_copy(&copy, options, 0);

    if (ret >= 0)
        ret = options_gather("", &copy, &unheard, &gathered);
    bool dry = ret >= 0 && gathered->dry_run > 0;
    options_free(&gathered);
    av_dict_free(&copy);
    return dry;
}

int journey_find_rehearsed(const AVDictionary *options, const char *key, char **path,
                           Outcome *out)
{
    *path = NULL;
    return journey_is_dry_run(options) ? made_find_animatic(key, out, path) : 0;
}
