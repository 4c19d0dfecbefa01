/* i2v: public API, and the journey of one request
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "i2v_internal.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include <libavutil/avstring.h>
#include <libavutil/base64.h>
#include <libavutil/bprint.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "clip.h"
#include "compat.h"
#include "events.h"
#include "facts.h"
#include "files.h"
#include "options.h"
#include "provenance.h"
#include "request.h"
#include "still.h"
#include "store.h"

/* Everything one journey holds; journey_end() frees it from any state. */
typedef struct Journey {
    void *log;
    const AVIOInterruptCB *interrupt;
    AVFormatContext *caller; ///< whose lists count, or NULL
    Options *options;
    Request *request;
    Still *still;
    Store *store;
    Record *record; ///< as it was when the journey began, and at the end as it is then
    Events *events;
    char *body;  ///< of the create call, when one may be needed
    bool submit; ///< the gateway's acceptance is all that is wanted
    GenerationFailure failure;
} Journey;

static void journey_end(Journey *j)
{
    options_free(&j->options);
    request_free(&j->request);
    still_free(&j->still);
    store_close(&j->store);
    record_free(&j->record);
    events_free(&j->events);
    cJSON_free(j->body);
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

static int check_protocol(AVFormatContext *ctx, const AVDictionary *options,
                          const char *name)
{
    const char *white = given(options, "protocol_whitelist", ctx->protocol_whitelist);
    const char *black = given(options, "protocol_blacklist", ctx->protocol_blacklist);
    if (white && av_match_list(name, white, ',') <= 0)
        return refuse_list(ctx, "protocol_whitelist", white, name);
    if (black && av_match_list(name, black, ',') > 0)
        return refuse_list(ctx, "protocol_blacklist", black, name);
    return 0;
}

/* A caller who restricts what may be opened restricts us too. */
static int check_lists(const Journey *j, const char *url, const AVDictionary *options)
{
    AVFormatContext *ctx = j->caller;
    const char *formats =
        ctx ? given(options, "format_whitelist", ctx->format_whitelist) : NULL;
    int ret = 0;

    if (!ctx)
        return 0;
    if (formats && av_match_list("i2v", formats, ',') <= 0)
        return refuse_list(ctx, "format_whitelist", formats, "i2v");
    if (options_url_body(url) && (ret = check_protocol(ctx, options, "i2v")) < 0)
        return ret;
    return check_protocol(ctx, options,
                          still_protocol(j->options->image ? j->options->image : ""));
}

/* Options -> request -> still: read -> key. */
static int check(Journey *j, const char *url, AVDictionary **options)
{
    int ret;

    j->failure = FAILURE_REQUEST;
    if ((ret = options_gather(url, options, j->log, &j->options)) < 0 ||
        (ret = check_lists(j, url, options ? *options : NULL)) < 0 ||
        (ret = request_check(j->options, j->log, &j->request)) < 0 ||
        (ret = request_check_gateway(j->request, j->options, j->log)) < 0)
        return ret;
    j->failure = FAILURE_STORE;
    if ((ret = request_check_places(j->request, j->options, j->log)) < 0)
        return ret;
    j->failure = FAILURE_REQUEST;
    if (!j->request->image_as_url) {
        StillSource source = {
            .image = j->request->image,
            .image_time = j->request->image_time,
            .ca_file = j->request->ca_file,
            .interrupt = j->interrupt,
            .log = j->log,
        };
        if ((ret = still_read(&source, &j->still)) < 0)
            return ret;
    }
    return request_settle(j->request, j->still, j->log);
}

/* The first line of a prompt, not too long. */
static void say_request(Journey *j)
{
    const Request *r = j->request;
    AVBPrint text;
    const cJSON *field;
    int prompt = (int)strcspn(r->prompt, "\r\n");

    av_bprint_init(&text, 0, AV_BPRINT_SIZE_AUTOMATIC);
    av_bprintf(&text, "%s", r->model_name);
    cJSON_ArrayForEach(field, r->fields)
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

/* Still: fit, encode -> the body of the create call. */
static int make_body(Journey *j)
{
    StillFile file = {0};
    char *uri = NULL;
    int ret = 0;

    if (j->request->image_as_url) {
        j->body = request_body(j->request, j->request->image);
        return j->body ? 0 : AVERROR(ENOMEM);
    }
    if ((ret = still_encode(j->still, &j->request->target, j->log, &file)) < 0)
        return ret;
    size_t head = strlen("data:;base64,") + strlen(file.mime);
    size_t size = head + AV_BASE64_SIZE(file.size);
    ret = AVERROR(ENOMEM);
    if (file.size < INT_MAX / 2 && (uri = av_malloc(size))) {
        snprintf(uri, size, "data:%s;base64,", file.mime);
        if (av_base64_encode(uri + head, (int)(size - head), file.data, (int)file.size))
            j->body = request_body(j->request, uri);
    }
    if (j->body)
        ret = 0;
    av_free(uri);
    av_free(file.data);
    return ret;
}

/* A number of a record, whatever stands there. */
static int number_of(const Record *record, const char *name, int fallback)
{
    return (int)av_clipd(record_number(record, name, fallback), 0, INT_MAX);
}

/* A clip that the store has already. */
static void say_served(Journey *j)
{
    char day[16] = "an earlier day";
    time_t when = number_of(j->record, RECORD_ACCEPTED, 0);
    struct tm tm;
    if (when && localtime_r(&when, &tm))
        strftime(day, sizeof(day), "%Y-%m-%d", &tm);
    events_say(j->events, AV_LOG_INFO, "Serving take %d of %s; -take %d buys another.\n",
               j->request->take, day, j->request->take + 1);
    Event event = {.name = "served", .usd = -1, .retryable = -1};
    events_note(j->events, &event);
}

/* Store: known? -> whatever is left to do. */
static int bring(Journey *j)
{
    int ret;
    if ((ret = store_load(j->store, j->request->key, false, j->log, &j->record)) < 0) {
        j->failure = FAILURE_STORE;
        return ret;
    }
    if (record_state(j->record) == RECORD_READY && store_has_clip(j->store, j->record)) {
        say_served(j);
        return 0;
    }
    if (!generation_can_reuse(j->record) && !j->request->reuse_only &&
        j->request->api_key && (ret = make_body(j)) < 0)
        return ret;
    GenerationPlan plan = {
        .request = j->request,
        .store = j->store,
        .events = j->events,
        .body = j->body,
        .interrupt = j->interrupt,
        .submit = j->submit,
    };
    return generation_run(&plan, &j->failure);
}

static int save(Journey *j, const char *path)
{
    int ret = files_copy(path, j->request->save);
    if (ret < 0) {
        events_say(j->events, AV_LOG_ERROR,
                   "Cannot save the clip as %s: %s; it is kept as %s.\n",
                   j->request->save, av_err2str(ret), path);
        return ret;
    }
    ret = provenance_write(j->record, j->request->save);
    if (ret < 0)
        events_say(j->events, AV_LOG_ERROR,
                   "Cannot write the account of the clip beside %s, where it is saved: "
                   "%s.\n",
                   j->request->save, av_err2str(ret));
    return ret;
}

/* What a pipeline needs to know of the clip, and where it lies; j->record is then as the
 * journey left it. */
static int describe_clip(Journey *j, const char *path)
{
    record_free(&j->record);
    int ret = store_load(j->store, j->request->key, false, j->log, &j->record);
    if (ret < 0)
        return ret;
    Record *record = j->record;
    facts_complete(record, path, j->interrupt);
    Event event = {
        .name = "clip",
        .path = path,
        .status = record_text(record, RECORD_STATUS),
        .usd = record_number(record, RECORD_USD, -1),
        .retryable = -1,
    };
    facts_say(record, j->request, j->events);
    if (record_text(record, RECORD_ID))
        events_set_id(j->events, record_text(record, RECORD_ID));
    events_note(j->events, &event);
    return 0;
}

static int deliver(Journey *j, char **path)
{
    int ret;

    j->failure = FAILURE_STORE;
    *path = store_clip_path(j->store, j->request->key);
    ret = *path ? describe_clip(j, *path) : AVERROR(ENOMEM);
    if (ret >= 0 && j->request->save)
        ret = save(j, *path);
    if (ret < 0)
        av_freep(path);
    return ret;
}

/* Every way to fail, those before anything was sent included. */
static void note_failure(Journey *j, int error)
{
    Event event = {
        .name = "error",
        .usd = -1,
        .message = *events_error(j->events) ? events_error(j->events) : av_err2str(error),
        .retryable = j->failure == FAILURE_LATER || j->failure == FAILURE_GATEWAY,
    };
    events_note(j->events, &event);
}

/* The journey as far as the ledger. */
static int set_out(Journey *j, const char *url, AVDictionary **options)
{
    int ret;

    if (!(j->events = events_alloc(j->log)))
        return AVERROR(ENOMEM);
    if ((ret = check(j, url, options)) < 0)
        return ret;
    events_set_key(j->events, j->request->key);
    say_request(j);
    j->failure = FAILURE_STORE;
    if ((ret = store_open(j->request->store, j->log, &j->store)) < 0)
        return ret;
    j->failure = FAILURE_REQUEST;
    return bring(j);
}

/* How it ended. @return ret */
static int arrive(Journey *j, int ret, GenerationFailure *failure)
{
    if (ret < 0 && j->events)
        note_failure(j, ret);
    *failure = ret < 0 ? j->failure : FAILURE_NONE;
    journey_end(j);
    return ret;
}

int i2v_journey(const char *url, AVDictionary **options, const AVIOInterruptCB *interrupt,
                AVFormatContext *caller, void *log, char **path,
                GenerationFailure *failure)
{
    Journey j = {.log = log, .interrupt = interrupt, .caller = caller};
    int ret = set_out(&j, url, options);

    *path = NULL;
    if (ret >= 0)
        ret = deliver(&j, path);
    return arrive(&j, ret, failure);
}

int i2v_send(const char *url, AVDictionary **options, const AVIOInterruptCB *interrupt,
             void *log, char *key, GenerationFailure *failure)
{
    Journey j = {.log = log, .interrupt = interrupt, .submit = true};
    int ret = set_out(&j, url, options);

    if (ret >= 0 && key)
        av_strlcpy(key, j.request->key, I2V_KEY_SIZE);
    return arrive(&j, ret, failure);
}

/* What the ledger says when there is nothing to wait for. */
static int check_recalled(Journey *j, const char *key)
{
    const char *error = record_text(j->record, RECORD_ERROR);

    switch (record_state(j->record)) {
    case RECORD_FAILED:
        events_say(j->events, AV_LOG_ERROR, "The generation %s failed: %s.\n",
                   record_text(j->record, RECORD_ID), record_error(j->record));
        j->failure = FAILURE_GATEWAY;
        return AVERROR_EXTERNAL;
    case RECORD_DAMAGED:
        events_say(j->events, AV_LOG_ERROR,
                   "The record of the request %.12s is damaged; make the request again "
                   "with its options.\n",
                   key);
        return AVERROR_INVALIDDATA;
    case RECORD_NEW:
    case RECORD_INTENT:
        events_say(j->events, AV_LOG_ERROR,
                   "The request %.12s was never accepted%s%s; there is nothing to wait "
                   "for.\n",
                   key, error ? ": " : "", error ? error : "");
        return AVERROR(ENOENT);
    default:
        return 0;
    }
}

/* A request from its record, in place of one from options. */
static int recall(Journey *j, const char *key, AVDictionary **options)
{
    char *directory = NULL;
    int ret;

    if (!(j->events = events_alloc(j->log)))
        return AVERROR(ENOMEM);
    j->failure = FAILURE_REQUEST;
    if ((ret = options_gather("", options, j->log, &j->options)) < 0)
        return ret;
    j->failure = FAILURE_STORE;
    if ((ret = request_find_store(j->options, j->log, &directory)) >= 0 &&
        (ret = store_open(directory, j->log, &j->store)) >= 0)
        ret = store_load(j->store, key, false, j->log, &j->record);
    av_free(directory);
    if (ret < 0)
        return ret;
    events_set_key(j->events, key);
    j->failure = FAILURE_REQUEST;
    if ((ret = check_recalled(j, key)) < 0)
        return ret;
    EarlierRequest earlier = {
        .key = key,
        .model = record_text(j->record, RECORD_MODEL),
        .prompt = record_text(j->record, RECORD_PROMPT),
        .take = number_of(j->record, RECORD_TAKE, 1),
        .duration = number_of(j->record, RECORD_DURATION, 0),
        .width = number_of(j->record, RECORD_WIDTH, 0),
        .height = number_of(j->record, RECORD_HEIGHT, 0),
    };
    const char *origin = record_text(j->record, RECORD_ORIGIN);
    ret = request_recall(&earlier, j->options, j->log, &j->request);
    /* The API key is for the gateway that is named now, and for no other. */
    if (ret >= 0 && !record_is_finished(j->record) && origin &&
        strcmp(origin, j->request->origin)) {
        events_say(j->events, AV_LOG_ERROR,
                   "The request %.12s was made at %s, and base_url names %s.\n", key,
                   origin, j->request->origin);
        ret = AVERROR(EINVAL);
    }
    record_free(&j->record);
    return ret;
}

int i2v_pick_up(const char *key, AVDictionary **options, const AVIOInterruptCB *interrupt,
                void *log, char **path, GenerationFailure *failure)
{
    Journey j = {.log = log, .interrupt = interrupt};
    int ret = recall(&j, key, options);

    *path = NULL;
    if (ret >= 0)
        ret = bring(&j);
    if (ret >= 0)
        ret = deliver(&j, path);
    return arrive(&j, ret, failure);
}

/* Opening */

int i2v_open(AVFormatContext **ps, const char *url, AVDictionary **options,
             const AVInputFormat *demuxer)
{
    GenerationFailure failure;
    AVFormatContext *ctx = *ps ? *ps : avformat_alloc_context();
    char *path = NULL;

    if (!ctx)
        return AVERROR(ENOMEM);
    /* av_log() names a context after its demuxer; until the clip is opened that is us. */
    ctx->iformat = (I2VInputFormat *)demuxer;
    int ret =
        i2v_journey(url, options, &ctx->interrupt_callback, ctx, ctx, &path, &failure);
    ctx->iformat = NULL;
    *ps = ctx;
    if (ret >= 0) {
        ret = clip_open(ps, path, options);
    } else {
        avformat_free_context(ctx);
        *ps = NULL;
    }
    av_free(path);
    return ret;
}

/* Public functions */

static const AVClass log_class = {
    .class_name = "i2v",
    .item_name = av_default_item_name,
    .version = LIBAVUTIL_VERSION_INT,
};

static const AVClass *const log_context = &log_class;

int i2v_check(const char *url, AVDictionary **options, char *key)
{
    Journey j = {.log = (void *)&log_context};
    int ret = check(&j, url, options);
    if (ret >= 0)
        ret = store_open(j.request->store, j.log, &j.store);
    if (ret >= 0)
        ret = store_probe(j.store, j.log);
    if (ret >= 0 && key)
        av_strlcpy(key, j.request->key, I2V_KEY_SIZE);
    journey_end(&j);
    return ret;
}

int i2v_fetch(const char *url, AVDictionary **options, const AVIOInterruptCB *interrupt,
              char **path)
{
    GenerationFailure failure;
    return i2v_journey(url, options, interrupt, NULL, (void *)&log_context, path,
                       &failure);
}

int i2v_submit(const char *url, AVDictionary **options, const AVIOInterruptCB *interrupt,
               char *key)
{
    GenerationFailure failure;
    return i2v_send(url, options, interrupt, (void *)&log_context, key, &failure);
}

int i2v_open_input(AVFormatContext **ps, const char *url, AVDictionary **options)
{
    return i2v_open(ps, url, options, NULL);
}

const AVClass *i2v_get_class(void)
{
    return &options_class;
}

unsigned i2v_version(void)
{
    return I2V_VERSION_INT;
}
