/* i2v: an order whose clip did not come, and what is given out in its place
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/ends.h"

#include "journey/served.h"
#include "made/made.h"

void note_stand_in(const Order *o, const char *event, const char *tag, const char *path)
{
    Event made = {.name = event, .path = path, .usd = -1, .retryable = -1};

    events_note(o->events, &made);
    /* A tag on the input, which programs copy into what they make of it. */
    if (o->ask->tags && o->request->tags != TAGS_NONE)
        av_dict_set(o->ask->tags, "generation_stand_in", tag, 0);
}

/* Whether what went wrong is the generation's matter and not the command's. */
bool may_fall_back(const Order *o, int error)
{
    const Request *r = o->request;

    return r && o->whole && !o->arrived && r->fallback == FALLBACK_STILL && !r->dry_run &&
           r->image[0] && error != AVERROR(EINTR) && error != AVERROR(ENOMEM) &&
           error != AVERROR(ECANCELED) && error != AVERROR(ENOKEY) &&
           !(error == AVERROR(ENOENT) && r->reuse_only);
}

int fall_back(Order *o, int error, char **path, Outcome *out)
{
    outcome_end(out, FAILURE_STORE, error);
    if (!o->events)
        return error;
    events_note_failure(o->events, out);
    /* Of a poll it would mean that the generation is not known. */
    if (error == AVERROR_HTTP_NOT_FOUND && out->kind == FAILURE_REQUEST)
        served_say_replacement(o->request, o->store, o->events, o->ask->interrupt);
    if (!path || !may_fall_back(o, error))
        return error;
    Outcome its = outcome_like(out);
    if (order_need_still(o, &its) < 0 ||
        made_still(o->request, o->still, o->ask->interrupt, &its, path) < 0)
        return error;
    events_say(
        o->events, AV_LOG_ERROR,
        "fallback=still: what is given is not the clip but the still, with silence.");
    note_stand_in(o, "fallback", "fallback", *path);
    return 0;
}
