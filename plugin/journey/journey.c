/* i2v: the journey of one request, from options to a clip
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/state.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "job/batch.h"
#include "store/account.h"
#include "journey/price.h"
#include "made/stand_in.h"

Journey *journey_alloc(void *log, EventsVoice voice)
{
    Journey *j = av_mallocz(sizeof(*j));

    if (!j)
        return NULL;
    j->log = log ? log : events_anyone;
    j->out.log = j->log;
    j->voice = voice;
    j->failure = FAILURE_STORE;
    j->plan.price = -1;
    return j;
}

static void end_journey(Journey *j)
{
    batch_leave(&j->entry); // what it borrows is freed below
    options_free(&j->options);
    request_free(&j->request);
    journey_note_stills(j);
    still_free(&j->still);
    still_free(&j->end);
    store_close(&j->store);
    record_free(&j->record);
    events_free(&j->events);
    engine_body_clear(&j->body);
    av_free(j->shown);
}

/* What a caller's white- and blacklists say of us */

static const char *given(const AVDictionary *options, const char *name, const char *field)
{
    const AVDictionaryEntry *entry = av_dict_get(options, name, NULL, AV_DICT_MATCH_CASE);
    return entry ? entry->value : field;
}

static int refuse_list(void *log, const char *list, const char *value, const char *name)
{
    av_log(log, AV_LOG_ERROR,
           "The %s \"%s\" excludes %s, which this input needs; nothing sent.\n", list,
           value, name);
    return AVERROR(EINVAL);
}

static int check_protocol(const Journey *j, const AVDictionary *options, const char *name)
{
    const AVFormatContext *ctx = j->caller;
    const char *white =
        given(options, "protocol_whitelist", ctx ? ctx->protocol_whitelist : NULL);
    const char *black =
        given(options, "protocol_blacklist", ctx ? ctx->protocol_blacklist : NULL);
    if (white && av_match_list(name, white, ',') <= 0)
        return refuse_list(j->log, "protocol_whitelist", white, name);
    if (black && av_match_list(name, black, ',') > 0)
        return refuse_list(j->log, "protocol_blacklist", black, name);
    return 0;
}

/* A caller who restricts what may be opened restricts us too. */
static int check_lists(const Journey *j, const char *url, const AVDictionary *options)
{
    const AVFormatContext *ctx = j->caller;
    const char *formats =
        given(options, "format_whitelist", ctx ? ctx->format_whitelist : NULL);
    int ret = 0;

    if (formats && av_match_list("i2v", formats, ',') <= 0)
        return refuse_list(j->log, "format_whitelist", formats, "i2v");
    if (options_url_body(url) && (ret = check_protocol(j, options, "i2v")) < 0)
        return ret;
    const char *stills[] = {j->options->image, j->options->end_image};
    for (size_t i = 0; i < FF_ARRAY_ELEMS(stills) && ret >= 0; i++)
        if (stills[i])
            ret = check_protocol(j, options, still_protocol(stills[i]));
    return ret;
}

/* Options -> request -> still: read -> key. */
static int check(Journey *j, const char *url, AVDictionary **options)
{
    int ret;

    j->failure = FAILURE_REQUEST;
    if ((ret = options_gather(url, options, &j->out, &j->options)) < 0 ||
        (ret = check_lists(j, url, options ? *options : NULL)) < 0 ||
        (ret = request_check(j->options, &j->out, &j->request)) < 0 ||
        (ret = request_check_gateway(j->request, j->options, &j->out)) < 0)
        return ret;
    j->failure = FAILURE_STORE;
    if ((ret = request_check_places(j->request, j->options, &j->out)) < 0)
        return ret;
    j->failure = FAILURE_REQUEST;
    if ((ret = journey_see_stills(j)) < 0)
        return ret;
    return request_settle(j->request, j->still, j->end, &j->out);
}

/* The first line of a prompt, not too long. */
void journey_say_request(Journey *j)
{
    const Request *r = j->request;
    AVBPrint text;
    const cJSON *field;
    int prompt = (int)strcspn(r->prompt, "\r\n");

    if (j->said || batch_has(r)) /* of what was sent ahead */
        return;
    j->said = true;
    cJSON *fields = provenance_request(r->fields); // without what may be secret in it
    av_bprint_init(&text, 0, AV_BPRINT_SIZE_AUTOMATIC);
    av_bprintf(&text, "%s", r->model_name);
    cJSON_ArrayForEach(field, fields)
    {
        if (!strcmp(field->string, "model") || !strcmp(field->string, "prompt"))
            continue;
        char *value = cJSON_PrintUnformatted(field);
        av_bprintf(&text, ", %s %s", field->string,
                   cJSON_IsString(field) ? field->valuestring
                   : value               ? value
                                         : "?");
        cJSON_free(value);
    }
    cJSON_Delete(fields);
    if (j->still)
        av_bprintf(&text, ", still %dx%d", still_width(j->still), still_height(j->still));
    /* Do not cut a character of several bytes in two. */
    for (prompt = FFMIN(prompt, 60); (r->prompt[prompt] & 0xC0) == 0x80;)
        prompt--;
    events_say(j->events, AV_LOG_INFO, "%s: \"%.*s%s\" [key %.12s]\n", text.str, prompt,
               r->prompt, r->prompt[prompt] ? "..." : "", r->key);
    Event event = {
        .name = "request", .usd = -1, .retryable = -1, .message = r->model_name};
    events_note(j->events, &event);
}

/* A clip that the store has already. */
static void say_served(Journey *j)
{
    char day[16] = "an earlier day";
    time_t when = record_integer(j->record, RECORD_ACCEPTED, 0);
    struct tm tm;
    if (when && localtime_r(&when, &tm))
        strftime(day, sizeof(day), "%Y-%m-%d", &tm);
    events_say(j->events, AV_LOG_INFO, "Serving take %d of %s; -take %d buys another.\n",
               j->request->take, day, j->request->take + 1);
    Event event = {.name = "served", .usd = -1, .retryable = -1};
    events_note(j->events, &event);
}

/* Store: known? */
int journey_look_up(Journey *j)
{
    record_free(&j->record);
    int ret = store_load(j->store, j->request->key, false, &j->out, &j->record);
    if (ret < 0) {
        j->failure = FAILURE_STORE;
        return ret;
    }
    j->served =
        record_state(j->record) == RECORD_READY && store_has_clip(j->store, j->record);
    return j->served && store_doubts_clip(j->store, j->record) ? journey_confirm_clip(j)
                                                               : 0;
}

int journey_ask_price(Journey *j, double *usd)
{
    int ret = quote_price(j->request, j->events, j->interrupt, usd);
    if (ret < 0)
        j->failure = ret == AVERROR(EINTR)  ? FAILURE_LATER
                     : ret == AVERROR(EDOM) ? FAILURE_REQUEST
                                            : FAILURE_GATEWAY;
    return ret;
}

/* Whether what is bought could be kept, before the gateway is asked anything. A lock that
 * cannot be had is the generation's to speak of. */
static bool can_keep(Journey *j, int *ret)
{
    int lock = store_lock(j->store, j->request->key);
    if (lock < 0 && lock != AVERROR(EAGAIN))
        return false;
    if (lock >= 0 && (*ret = store_probe(j->store, j->request->key, &j->out)) < 0)
        j->failure = FAILURE_STORE;
    store_unlock(&lock);
    return *ret >= 0;
}

/* The body of the create call, made when it is needed. */
static int give_body(void *opaque, const EngineBody **body)
{
    Journey *j = opaque;
    int ret = j->body.count ? 0 : journey_make_body(j, NULL);

    *body = &j->body;
    return ret;
}

/* What is large and can be made again. */
void journey_drop_body(Journey *j)
{
    journey_drop_pictures(j);
    engine_body_clear(&j->body);
}

/* Whether a create call may come, and what it takes. */
static int plan_create(Journey *j)
{
    const Request *r = j->request;
    const EngineBody *body;
    int ret;

    if (generation_can_reuse(j->record) || r->reuse_only || !r->api_key)
        return 0;
    /* What may be paid for already is looked for at any price. */
    bool sent = record_state(j->record) == RECORD_SENT;
    if (sent && r->max_cost >= 0) {
        j->plan.refusal =
            "The request is not sent anew before its price was held against max_cost; the "
            "same command does that.";
        return 0;
    }
    if ((ret = give_body(j, &body)) < 0)
        return ret;
    if (r->silence && (ret = substitute_check_place(&j->out)) < 0) {
        j->failure = FAILURE_STORE;
        return ret;
    }
    j->plan.may_create = true;
    j->quotable = !sent && can_keep(j, &ret);
    return ret;
}

int journey_quote(Journey *j)
{
    return j->quotable ? journey_ask_price(j, &j->plan.price) : 0;
}

static void drop_body(void *opaque)
{
    journey_drop_body(opaque);
}

static void note_accepted(void *opaque)
{
    journey_note_stills(opaque);
}

int journey_plan(Journey *j)
{
    j->plan = (GenerationPlan){
        .request = j->request,
        .store = j->store,
        .events = j->events,
        .out = &j->out,
        .price = -1,
        .submit = j->submit,
        .opaque = j,
        .body = give_body,
        .drop_body = drop_body,
        .accepted = note_accepted,
    };
    return plan_create(j);
}

/* How the generation ended, by this call's hand or another's. */
static int take_end(Journey *j, int ret)
{
    /* Of a poll it would mean that the generation is not known. */
    if (ret == AVERROR_HTTP_NOT_FOUND && j->failure == FAILURE_REQUEST)
        quote_replacement(j->request, j->events, j->interrupt);
    return ret;
}

/* Wait for the end of what was sent. */
int journey_await(Journey *j)
{
    int ret = batch_wait(j->entry, j->events, j->interrupt, &j->failure);

    if (batch_has_ended(j->entry))
        batch_leave(&j->entry);
    return take_end(j, ret);
}

/* Store: known? -> whatever is left to do. */
int journey_bring(Journey *j)
{
    int ret;

    do {
        bool joined = batch_join(j->request, j->events, j->interrupt, &ret, &j->failure);
        if (joined && ret < 0) {
            j->noted = !*events_error(j->events); /* by whoever said it */
            return take_end(j, ret);
        }
        if ((ret = journey_look_up(j)) < 0)
            return ret;
        if (j->served) {
            if (!joined)
                say_served(j);
            j->served = !joined;
            return 0;
        }
        if ((ret = journey_plan(j)) < 0 || (ret = journey_quote(j)) < 0)
            return ret;
        ret = batch_enter(&j->plan, &j->entry);
    } while (ret == AVERROR(EEXIST));
    return ret < 0 ? ret : journey_await(j);
}

void journey_note_failure(Journey *j, int error)
{
    if (j->noted)
        return;
    j->noted = true;
    Event event = {
        .name = "error",
        .usd = -1,
        .message = *events_error(j->events) ? events_error(j->events) : av_err2str(error),
        .retryable = j->failure == FAILURE_LATER || j->failure == FAILURE_GATEWAY,
    };
    events_note(j->events, &event);
}

int journey_set_out(Journey *j, const char *url, AVDictionary **options)
{
    int ret;

    if (!(j->events = events_alloc(j->log, j->voice)))
        return AVERROR(ENOMEM);
    if ((ret = check(j, url, options)) < 0)
        return ret;
    events_set_key(j->events, j->request->key);
    j->failure = FAILURE_STORE;
    if ((ret = store_open(j->request->store, &j->out, &j->store)) < 0)
        return ret;
    j->failure = FAILURE_REQUEST;
    return 0;
}

int journey_proceed(Journey *j)
{
    journey_say_request(j);
    return j->request->dry_run ? journey_rehearse(j) : journey_bring(j);
}

static int go(Journey *j, const char *url, AVDictionary **options)
{
    int ret = journey_set_out(j, url, options);
    return ret < 0 ? ret : journey_proceed(j);
}

/* The call that began it has returned, and others wait for its clip. */
static void detach(void *owner)
{
    Journey *j = owner;

    j->log = j->out.log = events_anyone;
    events_set_log(j->events, j->log);
    j->interrupt = NULL;
    j->caller = NULL;
    j->tags = NULL;
}

void journey_release(void *owner, int result, Failure failure)
{
    Journey *j = owner;

    j->failure = failure;
    journey_arrive(j, result, &failure);
}

/* How it ended. @return ret */
int journey_arrive(Journey *j, int ret, Failure *failure)
{
    if (ret < 0 && j->events)
        journey_note_failure(j, ret);
    *failure = ret < 0 ? j->failure : FAILURE_NONE;
    if (j->entry && batch_hand_over(&j->entry, j, detach, journey_release))
        return ret;
    end_journey(j);
    av_free(j);
    return ret;
}

/* The clip, or what stands in for it. */
int journey_conclude(Journey *j, int ret, char **path)
{
    *path = NULL;
    if (ret < 0 && journey_may_fall_back(j, ret)) {
        journey_note_failure(j, ret);
        return journey_fall_back(j, ret, path);
    }
    if (ret < 0)
        return ret;
    return j->request->dry_run ? journey_deliver_animatic(j, path)
                               : journey_deliver(j, path);
}

int journey_fetch(const char *url, AVDictionary **options,
                  const AVIOInterruptCB *interrupt, AVFormatContext *caller, void *log,
                  char **path, AVDictionary **tags, Failure *failure)
{
    Journey *j = journey_alloc(log, EVENTS_FULL);

    *path = NULL;
    *failure = FAILURE_STORE;
    if (!j)
        return AVERROR(ENOMEM);
    j->interrupt = interrupt;
    j->caller = caller;
    j->tags = tags;
    return journey_arrive(j, journey_conclude(j, go(j, url, options), path), failure);
}

int journey_submit(const char *url, AVDictionary **options,
                   const AVIOInterruptCB *interrupt, void *log, char *key,
                   Failure *failure)
{
    Journey *j = journey_alloc(log, EVENTS_FULL);

    *failure = FAILURE_STORE;
    if (!j)
        return AVERROR(ENOMEM);
    j->interrupt = interrupt;
    j->submit = true;
    int ret = go(j, url, options);
    if (ret >= 0 && key)
        av_strlcpy(key, j->request->key, REQUEST_KEY_SIZE);
    /* What waits for the key is to find something. */
    if (ret >= 0 && j->request->dry_run) {
        char *path = NULL;
        ret = journey_deliver_animatic(j, &path);
        av_free(path);
        ret = ret < 0 ? ret : 1;
    }
    return journey_arrive(j, ret, failure);
}

int journey_check(const char *url, AVDictionary **options, void *log, char *key)
{
    Journey j = {.log = log, .out.log = log};
    int ret = check(&j, url, options);
    if (ret >= 0)
        ret = store_open(j.request->store, &j.out, &j.store);
    if (ret >= 0)
        can_keep(&j, &ret);
    if (ret >= 0 && key)
        av_strlcpy(key, j.request->key, REQUEST_KEY_SIZE);
    end_journey(&j);
    return ret;
}
