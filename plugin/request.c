/* i2v: a checked request and its key
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>
#include <libavutil/parseutils.h>

#include "files.h"
#include "key.h"
#include "params.h"

#define SECOND_US (1000000LL)
#define DAY_US    (24 * 3600 * SECOND_US)
#define MAX_TEXT  (1 << 20)

static int copy(char **to, const char *from)
{
    *to = from ? av_strdup(from) : NULL;
    return from && !*to ? AVERROR(ENOMEM) : 0;
}

/* The prompt */

static bool is_utf8(const char *text)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + strlen(text);
    int32_t code;
    while (at < end)
        if (av_utf8_decode(&code, &at, end, 0) < 0)
            return false;
    return true;
}

/* Drop a byte order mark, the CR of each CRLF and the last newline. */
static void normalize_text(char *text)
{
    char *to = text;
    const char *from = text;
    av_strstart(from, "\xEF\xBB\xBF", &from);
    for (; *from; from++)
        if (from[0] != '\r' || from[1] != '\n')
            *to++ = *from;
    if (to > text && to[-1] == '\n')
        to--;
    *to = '\0';
}

static int check_prompt(const Options *o, void *log, Request *r)
{
    int ret;
    if (o->prompt && o->prompt_file) {
        av_log(log, AV_LOG_ERROR,
               "The options prompt and prompt_file are both given; give one of them.\n");
        return AVERROR(EINVAL);
    }
    if (o->prompt_file) {
        if ((ret = files_read_text(o->prompt_file, MAX_TEXT, "prompt_file", log,
                                   &r->prompt)) < 0)
            return ret;
        normalize_text(r->prompt);
    } else if ((ret = copy(&r->prompt, o->prompt)) < 0) {
        return ret;
    }
    if (!r->prompt || !r->prompt[strspn(r->prompt, " \t\r\n")]) {
        av_log(log, AV_LOG_ERROR,
               "There is no prompt: say what happens in the clip with the option "
               "prompt, or name a text file with prompt_file.\n");
        return AVERROR(EINVAL);
    }
    if (!is_utf8(r->prompt)) {
        av_log(log, AV_LOG_ERROR, "The option %s is not valid UTF-8.\n",
               o->prompt_file ? "prompt_file" : "prompt");
        return AVERROR(EINVAL);
    }
    return 0;
}

/* The still */

static bool is_web_url(const char *image)
{
    return av_stristart(image, "http://", NULL) || av_stristart(image, "https://", NULL);
}

static int check_image(const Options *o, void *log, Request *r)
{
    int ret;
    if (!o->image || !o->image[0]) {
        av_log(log, AV_LOG_ERROR,
               "There is no still: name it as the input (-i still.png), in the URL "
               "(i2v:still.png?prompt=...) or with the option image.\n");
        return AVERROR(EINVAL);
    }
    if ((ret = copy(&r->image, o->image)) < 0 ||
        (ret = copy(&r->image_time, o->image_time)) < 0)
        return ret;
    r->target.fit = (StillFit)o->fit;
    r->target.position = (StillPosition)o->fit_position;
    r->image_as_url = o->fit == STILL_NONE && is_web_url(o->image);
    return 0;
}

/* The model and what it takes */

static void list_numbers(AVBPrint *list, const int *numbers)
{
    for (int i = 0; numbers[i]; i++)
        av_bprintf(list, "%s%d", !i ? "" : numbers[i + 1] ? ", " : " or ", numbers[i]);
}

static void list_names(AVBPrint *list, const char *const *names)
{
    for (int i = 0; names[i]; i++)
        av_bprintf(list, "%s%s", !i ? "" : names[i + 1] ? ", " : " or ", names[i]);
}

static int refuse_duration(const Options *o, const Request *r, void *log)
{
    AVBPrint list;
    av_bprint_init(&list, 0, 256);
    if (r->model)
        list_numbers(&list, r->model->durations);
    av_bprintf(&list, r->model ? " seconds" : "a time above 0");
    av_log(log, AV_LOG_ERROR, "The option duration cannot be '%s': %s takes %s.\n",
           o->duration, r->model_name, list.str);
    av_bprint_finalize(&list, NULL);
    return AVERROR(EINVAL);
}

static int check_duration(const Options *o, void *log, Request *r)
{
    int64_t us;

    if (!o->duration) {
        r->duration = r->model ? r->model->duration : 0;
    } else {
        if (av_parse_time(&us, o->duration, 1) < 0 || us <= 0 || us > DAY_US)
            return refuse_duration(o, r, log);
        bool taken = !r->model;
        for (const int *d = r->model ? r->model->durations : (const int[]){0}; *d; d++)
            taken |= us == *d * SECOND_US;
        if (!taken)
            return refuse_duration(o, r, log);
        r->duration = (int)(us / SECOND_US);
        if (us % SECOND_US)
            return cJSON_AddNumberToObject(r->fields, "duration", (double)us / SECOND_US)
                       ? 0
                       : AVERROR(ENOMEM);
    }
    if (r->duration && !cJSON_AddNumberToObject(r->fields, "duration", r->duration))
        return AVERROR(ENOMEM);
    return 0;
}

/* One of a model's names for a thing, or a sentence. */
static int check_name(const char *option, const char *value, const char *const *names,
                      const Request *r, void *log)
{
    AVBPrint list;
    for (const char *const *name = names; *name; name++)
        if (!strcmp(*name, value))
            return 0;
    av_bprint_init(&list, 0, 256);
    list_names(&list, names);
    if (names[0])
        av_log(log, AV_LOG_ERROR, "The option %s cannot be '%s': %s takes %s.\n", option,
               value, r->model_name, list.str);
    else
        av_log(log, AV_LOG_ERROR,
               "The option %s cannot be set for %s: its clip follows the still.\n",
               option, r->model_name);
    av_bprint_finalize(&list, NULL);
    return AVERROR(EINVAL);
}

static int check_resolution(const Options *o, void *log, Request *r)
{
    const char *resolution = o->resolution ? o->resolution
                             : r->model    ? r->model->resolution
                                           : NULL;
    int ret = 0;
    if (r->model && resolution)
        ret = check_name("resolution", resolution, r->model->resolutions, r, log);
    if (ret >= 0 && resolution &&
        !cJSON_AddStringToObject(r->fields, "resolution", resolution))
        ret = AVERROR(ENOMEM);
    return ret;
}

static int check_aspect_ratio(const Options *o, void *log, Request *r)
{
    char ratio[32];
    av_strlcpy(ratio, o->aspect_ratio && o->aspect_ratio[0] ? o->aspect_ratio : "auto",
               sizeof(ratio));
    for (char *c = ratio; *c; c++)
        if (*c == '/')
            *c = ':';
    r->ratio_is_auto = !strcmp(ratio, "auto");
    if (r->ratio_is_auto)
        return 0;
    int ret =
        r->model ? check_name("aspect_ratio", ratio, r->model->aspect_ratios, r, log) : 0;
    if (ret >= 0 && !cJSON_AddStringToObject(r->fields, "aspect_ratio", ratio))
        ret = AVERROR(ENOMEM);
    return ret;
}

/* The option that sets a request field, or NULL. */
static const char *option_of(const char *name, const Request *r)
{
    static const char *const same[] = {"model", "prompt"};
    for (size_t i = 0; i < FF_ARRAY_ELEMS(same); i++)
        if (!strcmp(name, same[i]))
            return same[i];
    return !strcmp(name, r->image_field) ? "image" : NULL;
}

/* Take a field that an option sets too out of params; it is then checked as the option
 * is. */
static int override(cJSON *params, const char *name, char **option)
{
    cJSON *item = cJSON_DetachItemFromObjectCaseSensitive(params, name);
    int ret = 0;
    if (!item)
        return 0;
    char *text = cJSON_IsString(item) ? NULL : cJSON_PrintUnformatted(item);
    *option = av_strdup(text ? text : cJSON_IsString(item) ? item->valuestring : "");
    if (!*option)
        ret = AVERROR(ENOMEM);
    cJSON_free(text);
    cJSON_Delete(item);
    return ret;
}

/* Add what is left of params to the fields. */
static int add_params(cJSON *params, void *log, Request *r)
{
    cJSON *item;
    while (params && (item = params->child)) {
        const char *option = option_of(item->string, r);
        if (option) {
            av_log(log, AV_LOG_ERROR,
                   "The option params cannot set the field %s; use the option %s.\n",
                   item->string, option);
            return AVERROR(EINVAL);
        }
        cJSON_DetachItemViaPointer(params, item);
        cJSON_DeleteItemFromObjectCaseSensitive(r->fields, item->string);
        if (!cJSON_AddItemToObject(r->fields, item->string, item)) {
            cJSON_Delete(item);
            return AVERROR(ENOMEM);
        }
    }
    return 0;
}

/* The fields that depend on the model: by options, and by params over them. */
static int check_fields(const Options *o, void *log, Request *r)
{
    Options given = *o;
    char *resolution = NULL, *ratio = NULL, *duration = NULL;
    cJSON *params = NULL;
    int ret = 0;

    if (o->params && o->params[0])
        ret = params_parse(o->params, log, &params);
    if (ret < 0 || (ret = override(params, "resolution", &resolution)) < 0 ||
        (ret = override(params, "aspect_ratio", &ratio)) < 0 ||
        (ret = override(params, "duration", &duration)) < 0)
        goto end;
    if (resolution)
        given.resolution = resolution;
    if (ratio)
        given.aspect_ratio = ratio;
    if (duration)
        given.duration = duration;
    if ((ret = check_resolution(&given, log, r)) < 0 ||
        (ret = check_aspect_ratio(&given, log, r)) < 0 ||
        (ret = check_duration(&given, log, r)) < 0)
        goto end;
    ret = add_params(params, log, r);
end:
    cJSON_Delete(params);
    av_free(resolution);
    av_free(ratio);
    av_free(duration);
    return ret;
}

static int check_model(const Options *o, void *log, Request *r)
{
    int ret;
    if (!o->model || !o->model[0] || !is_utf8(o->model)) {
        av_log(log, AV_LOG_ERROR, "The option model must name a model of the gateway.\n");
        return AVERROR(EINVAL);
    }
    r->model = model_find(o->model);
    if (!r->model)
        av_log(log, AV_LOG_INFO,
               "The model %s is not known to i2v: it is sent as asked.\n", o->model);
    r->fields = cJSON_CreateObject();
    if (!r->fields)
        return AVERROR(ENOMEM);
    if ((ret = copy(&r->model_name, r->model ? r->model->name : o->model)) < 0 ||
        (ret = copy(&r->image_field, r->model ? r->model->image_field : "image_url")) < 0)
        return ret;
    if (!cJSON_AddStringToObject(r->fields, "model", r->model_name) ||
        !cJSON_AddStringToObject(r->fields, "prompt", r->prompt))
        return AVERROR(ENOMEM);
    return check_fields(o, log, r);
}

/* Waiting */

static int check_waiting(const Options *o, void *log, Request *r)
{
    if (o->max_wait < 0 || o->max_wait > DAY_US) {
        av_log(log, AV_LOG_ERROR, "The option max_wait must be from 0 to 24 hours.\n");
        return AVERROR(EINVAL);
    }
    if (o->poll_interval < 0 || o->poll_interval > DAY_US / 24) {
        av_log(log, AV_LOG_ERROR,
               "The option poll_interval must be from 0 (adaptive) to 1 hour.\n");
        return AVERROR(EINVAL);
    }
    r->max_wait = o->max_wait;
    r->poll_interval = o->poll_interval;
    r->take = o->take;
    r->reuse_only = o->reuse == REUSE_ONLY;
    return 0;
}

int request_check(const Options *options, void *log, Request **request)
{
    Request *r = av_mallocz(sizeof(*r));
    int ret;

    *request = NULL;
    if (!r)
        return AVERROR(ENOMEM);
    if ((ret = check_prompt(options, log, r)) < 0 ||
        (ret = check_image(options, log, r)) < 0 ||
        (ret = check_model(options, log, r)) < 0 ||
        (ret = check_waiting(options, log, r)) < 0) {
        request_free(&r);
        return ret;
    }
    *request = r;
    return 0;
}

int request_recall(const EarlierRequest *earlier, const Options *options, void *log,
                   Request **request)
{
    Request *r = av_mallocz(sizeof(*r));
    int ret;

    *request = NULL;
    if (!r)
        return AVERROR(ENOMEM);
    if ((ret = copy(&r->model_name, earlier->model)) < 0 ||
        (ret = copy(&r->prompt, earlier->prompt)) < 0 ||
        (ret = copy(&r->image, "")) < 0 || (ret = check_waiting(options, log, r)) < 0 ||
        (ret = request_check_gateway(r, options, log)) < 0 ||
        (ret = request_check_places(r, options, log)) < 0)
        goto fail;
    r->take = earlier->take;
    r->duration = earlier->duration;
    r->target.width = earlier->width;
    r->target.height = earlier->height;
    r->reuse_only = true;
    av_strlcpy(r->key, earlier->key, sizeof(r->key));
    *request = r;
    return 0;
fail:
    request_free(&r);
    return ret;
}

/* What the still decides */

static const char *field(const Request *r, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(r->fields, name));
}

static int settle_size(Request *r, const Still *still, void *log)
{
    if (r->ratio_is_auto && r->model && r->model->aspect_ratios[0]) {
        const char *ratio =
            still ? model_nearest_ratio(r->model, still_width(still), still_height(still))
                  : r->model->aspect_ratios[0];
        if (!cJSON_AddStringToObject(r->fields, "aspect_ratio", ratio))
            return AVERROR(ENOMEM);
    }
    if (!r->model || !still)
        return 0;
    const char *resolution = field(r, "resolution"), *ratio = field(r, "aspect_ratio");
    const ModelSize *size =
        resolution && ratio ? model_size(r->model, resolution, ratio) : NULL;
    if (size && (r->target.fit != STILL_NONE || r->model->exact)) {
        r->target.width = size->width;
        r->target.height = size->height;
    } else if (FFMIN(still_width(still), still_height(still)) < r->model->min_side) {
        av_log(log, AV_LOG_ERROR,
               "The option fit=none sends a still of %dx%d, but %s takes none whose "
               "shorter side is below %d pixels.\n",
               still_width(still), still_height(still), r->model_name,
               r->model->min_side);
        return AVERROR(EINVAL);
    }
    return 0;
}

int request_settle(Request *request, const Still *still, void *log)
{
    int ret = settle_size(request, still, log);
    if (still)
        digest_hex(still_digest(still), 32, request->image_hash);
    return ret < 0 ? ret : key_of(request, still, request->key);
}

char *request_body(const Request *request, const char *image_url)
{
    cJSON *body = cJSON_Duplicate(request->fields, 1);
    char *text = NULL;
    if (body && cJSON_AddStringToObject(body, request->image_field, image_url))
        text = cJSON_PrintUnformatted(body);
    cJSON_Delete(body);
    return text;
}

void request_free(Request **request)
{
    Request *r = *request;
    if (!r)
        return;
    av_freep(&r->model_name);
    av_freep(&r->image_field);
    av_freep(&r->prompt);
    cJSON_Delete(r->fields);
    av_freep(&r->image);
    av_freep(&r->image_time);
    av_freep(&r->save);
    av_freep(&r->api_key);
    av_freep(&r->api_key_path);
    av_freep(&r->origin);
    av_freep(&r->ca_file);
    av_freep(&r->store);
    av_freep(request);
}
