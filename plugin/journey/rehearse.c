/* i2v: a journey without a purchase, and one whose clip did not come
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/state.h"

#include <errno.h>
#include <unistd.h>

#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>

#include "made/stand_in.h"

/* A dry run */

static void say_fields(Journey *j)
{
    cJSON *shown = cJSON_Parse(j->shown), *field;
    events_say(j->events, AV_LOG_INFO, "Dry run: to %s would be sent:\n",
               j->request->origin);
    cJSON_ArrayForEach(field, shown)
    {
        char *value = cJSON_PrintUnformatted(field);
        events_say(j->events, AV_LOG_INFO, "  %s: %s\n", field->string,
                   value ? value : "?");
        cJSON_free(value);
    }
    cJSON_Delete(shown);
}

/* What a real run would do before it bought, or instead. @return whether it would buy */
static bool say_known(Journey *j)
{
    const char *id = j->record->id;
    RecordState state = j->record->state;
    char *clip = store_clip_path(j->store, j->request->key);
    bool there = clip && !access(clip, F_OK);

    av_free(clip);
    if (j->served || (there && state != RECORD_READY)) {
        events_say(j->events, AV_LOG_INFO,
                   "Dry run: the store has this clip; a real run would serve it.\n");
    } else if (state == RECORD_REFUSED) {
        events_say(j->events, AV_LOG_WARNING,
                   "Dry run: moderation refused this request before (%s); a real run "
                   "would end here.\n",
                   record_error(j->record));
    } else if (state == RECORD_SENT) {
        events_say(j->events, AV_LOG_INFO,
                   "Dry run: an earlier run sent this request and did not hear the "
                   "answer; a real run would look for its generation first.\n");
    } else if (generation_can_reuse(j->record)) {
        events_say(j->events, AV_LOG_INFO,
                   "Dry run: a real run would pick up generation %s.\n", id ? id : "?");
    } else {
        return true;
    }
    return false;
}

/* What would be sent, and at what price. */
static int say_purchase(Journey *j, double *usd)
{
    int ret = journey_make_body(j, &j->shown);
    if (ret < 0)
        return ret;
    say_fields(j);
    if ((ret = journey_ask_price(j, usd)) < 0)
        return ret;
    if (!j->request->api_key)
        events_say(j->events, AV_LOG_WARNING,
                   "There is no API key; a real run would end here.\n");
    return 0;
}

/* Everything up to the create call, and what a real run would do. */
int journey_rehearse(Journey *j)
{
    const Request *r = j->request;
    double usd = -1;
    int ret = journey_look_up(j);

    j->plan.price = -1;

    if (ret < 0)
        return ret;
    bool buys = say_known(j);
    if (buys && r->reuse_only) {
        generation_say_nothing_to_reuse(j->events);
        return AVERROR(ENOENT);
    }
    if (buys && (ret = say_purchase(j, &usd)) < 0)
        return ret;
    j->plan.price = usd;
    events_say(j->events, AV_LOG_INFO, "Dry run: key %s; nothing sent.\n", r->key);
    Event event = {
        .name = "dry_run", .usd = usd, .retryable = -1, .message = r->model_name};
    events_note(j->events, &event);
    return 0;
}

/* What is made here in place of the clip */

/* The picture of a still that only the gateway was to read. */
static int need_still(Journey *j)
{
    if (!j->request->image_as_url)
        return journey_need_stills(j);
    if (j->still)
        return 0;
    return journey_read_still(j, j->request->image, j->request->image_time, &j->still);
}

static void note_made(Journey *j, const char *name, const char *path)
{
    Event event = {.name = name, .path = path, .usd = -1, .retryable = -1};
    events_note(j->events, &event);
}

/* A tag on the input, which programs copy into what they make of it. */
static void tag_stand_in(Journey *j, const char *what)
{
    if (j->tags && j->request->tags != TAGS_NONE)
        av_dict_set(j->tags, "generation_stand_in", what, 0);
}

int journey_deliver_animatic(Journey *j, char **path)
{
    j->failure = FAILURE_STORE;
    int ret = need_still(j);
    if (ret >= 0)
        ret = substitute_animatic(j->request, j->still, j->interrupt, &j->out, path);
    if (ret < 0)
        return ret;
    if (j->request->save && !j->submit)
        events_say(j->events, AV_LOG_WARNING, "Dry run: nothing is saved as %s.\n",
                   j->request->save);
    events_say(j->events, AV_LOG_INFO, "Dry run: the input is an animatic, %s.\n", *path);
    note_made(j, "animatic", *path);
    tag_stand_in(j, "dry_run");
    return 0;
}

bool journey_is_dry_run(const AVDictionary *options, void *log)
{
    AVDictionary *copy = NULL;
    Options *gathered = NULL;
    int ret = av_dict_copy(&copy, options, 0);

    if (ret >= 0)
        ret = options_gather("", &copy, log, &gathered);
    bool dry = ret >= 0 && gathered->dry_run > 0;
    options_free(&gathered);
    av_dict_free(&copy);
    return dry;
}

int journey_find_rehearsed(const AVDictionary *options, const char *key, void *log,
                           char **path)
{
    *path = NULL;
    return journey_is_dry_run(options, log) ? substitute_find_animatic(key, log, path)
                                            : 0;
}

/* Whether what went wrong is the generation's matter and not the command's. */
bool journey_may_fall_back(const Journey *j, int error)
{
    const Request *r = j->request;
    return r && j->store && r->fallback == FALLBACK_STILL && !r->dry_run && r->image[0] &&
           error != AVERROR(EINTR) && error != AVERROR(ENOMEM) &&
           error != AVERROR(EDOM) && error != AVERROR(ENOKEY) &&
           !(error == AVERROR(ENOENT) && r->reuse_only);
}

/* @return 0, or the error that there was */
int journey_fall_back(Journey *j, int error, char **path)
{
    if (!journey_may_fall_back(j, error) || need_still(j) < 0 ||
        substitute_still(j->request, j->still, j->interrupt, &j->out, path) < 0)
        return error;
    events_say(
        j->events, AV_LOG_ERROR,
        "fallback=still: the input is not the clip but the still, with silence.\n");
    note_made(j, "fallback", *path);
    tag_stand_in(j, "fallback");
    return 0;
}
