/* i2v: a request's fields: one vocabulary of options, each model's own names
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request/steps.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <libavutil/parseutils.h>

#include "base/json.h"
#include "base/text.h"
#include "engine/schema.h"
#include "request/params.h"

/* What a model that is not in the table is asked with. */
static const Model generic = {
    .image_field = "image_url",
    .end_image_field = "last_image_url",
    .ratio_field = "aspect_ratio",
    .audio_field = "generate_audio",
};

static const Model *names_of(const Request *r)
{
    return r->model ? r->model : &generic;
}

/* The options that a model's row knows of. */
static void list_vocabulary(AVBPrint *list, const Model *model)
{
    const struct {
        const char *option;
        bool taken;
    } options[] = {
        {"resolution", model->resolutions[0]},
        {"aspect_ratio", model->aspect_ratios[0]},
        {"duration", model->durations[0] || model->longest},
        {"end_image", model->end_image_field},
        {"audio", model->audio_field},
        {"negative_prompt", model_field(model, "negative_prompt")},
        {"seed", model_field(model, "seed")},
    };
    for (size_t i = 0; i < FF_ARRAY_ELEMS(options); i++)
        if (options[i].taken)
            av_bprintf(list, "%s%s", list->len ? ", " : "", options[i].option);
}

int fields_refuse_option(const char *option, const Request *r, Outcome *out)
{
    AVBPrint list;
    av_bprint_init(&list, 0, AV_BPRINT_SIZE_AUTOMATIC);
    list_vocabulary(&list, r->model);
    return outcome_refuse(
        out, "The option %s cannot be set for %s; beside still and prompt it takes %s.",
        option, r->model_name, list.len ? list.str : "nothing");
}

/* One value into the fields, in place of what is there. Takes item over. */
static int put(Request *r, const char *name, cJSON *item)
{
    cJSON_DeleteItemFromObjectCaseSensitive(r->fields, name);
    if (item && cJSON_AddItemToObject(r->fields, name, item))
        return 0;
    cJSON_Delete(item);
    return AVERROR(ENOMEM);
}

static int check_name(const char *option, const char *value, const char *const *names,
                      const Request *r, Outcome *out)
{
    AVBPrint list;
    if (text_is_listed(value, names))
        return 0;
    if (!names[0] && !strcmp(option, "aspect_ratio"))
        return outcome_refuse(
            out, "The option %s cannot be set for %s: its clip follows the still.",
            option, r->model_name);
    if (!names[0])
        return fields_refuse_option(option, r, out);
    av_bprint_init(&list, 0, AV_BPRINT_SIZE_AUTOMATIC);
    model_list_names(names, &list);
    return outcome_refuse(out, "The option %s cannot be '%s': %s takes %s.", option,
                          value, r->model_name, list.str);
}

/* Where resolution and ratio become a size once the still is known. */

static int keep(char **to, const char *text)
{
    av_free(*to);
    return (*to = av_strdup(text)) ? 0 : AVERROR(ENOMEM);
}

static int keep_resolution(const char *resolution, Outcome *out, Request *r)
{
    int width, height, step = r->model->size_step;

    if (model_frame(r->model, resolution, 1, &width, &height))
        return keep(&r->resolution, resolution);
    return outcome_refuse(
        out,
        "The option resolution cannot be '%s': it takes WIDTHxHEIGHT, both multiples of "
        "%d, such as %dx%d, or the shorter side, such as 480p or 720p.",
        resolution, step, 52 * step, 30 * step);
}

static int keep_ratio(const char *text, Outcome *out, Request *r)
{
    int width, height;
    double ratio;

    if (!model_parse_ratio(text, &ratio) || ratio > MODEL_MAX_RATIO ||
        ratio < 1 / MODEL_MAX_RATIO)
        return outcome_refuse(
            out,
            "The option aspect_ratio cannot be '%s': it takes WIDTH:HEIGHT up to %.0f:1, "
            "or auto.",
            text, MODEL_MAX_RATIO);
    if (model_parse_size(r->model, r->resolution, &width, &height) &&
        fabs(log(ratio * height / width)) > 0.1)
        return outcome_refuse(
            out, "The option aspect_ratio is %s, and the resolution %s has another one.",
            text, r->resolution);
    return keep(&r->ratio, text);
}

/* Whether a field is there, and its values are the schema's matter. */
static bool is_free(const Request *r, const char *field, const char *const *names)
{
    return !names[0] && r->model->schema && schema_property(r->model->schema, field);
}

/* A text, or the number that the schema has in its place. */
static cJSON *value_of(const Request *r, const char *field, const char *text)
{
    const cJSON *schema = r->model ? r->model->schema : NULL;
    const cJSON *property = schema ? schema_property(schema, field) : NULL;
    bool number =
        property && params_is_number(text) &&
        (schema_may_be(property, "integer") || schema_may_be(property, "number"));

    return number ? cJSON_CreateRaw(text) : cJSON_CreateString(text);
}

static int check_resolution(const char *given, Outcome *out, Request *r)
{
    const char *resolution = given ? given
                             : r->model && !model_is_learned(r->model)
                                 ? r->model->resolution
                                 : NULL;
    int ret = 0;
    if (r->model && r->model->size_field)
        return keep_resolution(resolution, out, r);
    if (r->model && given && !is_free(r, "resolution", r->model->resolutions))
        ret = check_name("resolution", given, r->model->resolutions, r, out);
    return ret < 0 || !resolution
               ? ret
               : put(r, "resolution", value_of(r, "resolution", resolution));
}

static int check_aspect_ratio(const char *given, Outcome *out, Request *r)
{
    char ratio[32];
    int ret = 0;

    av_strlcpy(ratio, given && given[0] ? given : "auto", sizeof(ratio));
    for (char *c = ratio; *c; c++)
        if (*c == '/')
            *c = ':';
    r->ratio_is_auto = !strcmp(ratio, "auto");
    if (r->ratio_is_auto)
        return 0;
    if (r->model && r->model->size_field)
        return keep_ratio(ratio, out, r);
    if (r->model && !is_free(r, r->model->ratio_field, r->model->aspect_ratios))
        ret = check_name("aspect_ratio", ratio, r->model->aspect_ratios, r, out);
    return ret < 0 ? ret : put(r, names_of(r)->ratio_field, cJSON_CreateString(ratio));
}

static int refuse_duration(const char *duration, const Request *r, Outcome *out)
{
    AVBPrint list;
    if (r->model && !r->model->durations[0] && !r->model->longest)
        return fields_refuse_option("duration", r, out);
    av_bprint_init(&list, 0, AV_BPRINT_SIZE_AUTOMATIC);
    if (r->model)
        model_list_durations(r->model, &list);
    av_bprintf(&list, r->model ? " seconds" : "a time above 0");
    return outcome_refuse(out, "The option duration cannot be '%s': %s takes %s.",
                          duration, r->model_name, list.str);
}

static const char *duration_field(const Request *r)
{
    const char *field = r->model ? r->model->duration_field : NULL;
    return field ? field : "duration";
}

static int put_duration(double seconds, Request *r)
{
    const char *field = duration_field(r);
    const cJSON *schema = r->model ? r->model->schema : NULL;
    char text[32];

    snprintf(text, sizeof(text), "%.10g", seconds);
    bool as_text = schema && schema_may_be(schema_property(schema, field), "string");
    return put(r, field,
               as_text ? cJSON_CreateString(text) : cJSON_CreateNumber(seconds));
}

/* @param counted  it is told in frames */
static int check_duration(const char *given, bool counted, Outcome *out, Request *r)
{
    int64_t us = 0;

    if (!given && counted)
        return 0;
    if (!given) {
        r->duration = r->model ? r->model->duration : 0;
        if (r->model && model_is_learned(r->model))
            return 0;
    } else {
        if (av_parse_time(&us, given, 1) < 0 || us <= 0 || us > DAY_US ||
            (r->model &&
             (us % SECOND_US || !model_takes_duration(r->model, (int)(us / SECOND_US)))))
            return refuse_duration(given, r, out);
        r->duration = (int)(us / SECOND_US);
    }
    if (us % SECOND_US)
        return put_duration((double)us / SECOND_US, r);
    return r->duration ? put_duration(r->duration, r) : 0;
}

/* Further fields, typed from the table */

static bool is_whole(const char *text)
{
    text += *text == '-';
    return *text && !text[strspn(text, "0123456789")];
}

/* Whether a text is a value of a field of one value. */
static bool is_value(const ModelField *field, const char *text)
{
    bool numeric = params_is_number(text);
    double number = 0;

    if (numeric) { /* strtod() would follow the host's locale */
        cJSON *parsed = cJSON_Parse(text);
        number = parsed ? parsed->valuedouble : 0;
        cJSON_Delete(parsed);
    }
    if (field->words)
        return text_is_listed(text, field->words);
    switch (field->type) {
    case MODEL_TEXT:
    case MODEL_URL:
        return !field->longest || text_length(text) <= (size_t)field->longest;
    case MODEL_BOOL:
        return text_is_among(text, "true|false|1|0");
    case MODEL_INTEGER:
        numeric &= is_whole(text);
        /* fallthrough */
    default:
        return numeric && ((field->min == 0 && field->max == 0) ||
                           (number >= field->min && number <= field->max));
    }
}

/* The value as the field's type has it; NULL without memory. */
static cJSON *typed(const ModelField *field, const char *text)
{
    switch (field->type) {
    case MODEL_TEXT:
    case MODEL_URL:
        return cJSON_CreateString(text);
    case MODEL_BOOL:
        return cJSON_CreateBool(!strcmp(text, "true") || !strcmp(text, "1"));
    default:
        return cJSON_CreateRaw(text); /* a double would round a long seed */
    }
}

static int refuse_value(const char *option, const ModelField *field, const char *text,
                        const Request *r, Outcome *out)
{
    AVBPrint list;
    bool of_params = !strcmp(option, "params");
    av_bprint_init(&list, 0, AV_BPRINT_SIZE_AUTOMATIC);
    model_list_values(field, &list);
    return outcome_refuse(out, "The option %s%s%s cannot be '%.60s': %s takes %s.",
                          option, of_params ? ": the field " : "",
                          of_params ? field->name : "", text, r->model_name, list.str);
}

/* A field that the table knows. `item` stays the caller's. */
static int add_known(const char *option, const ModelField *field, const cJSON *item,
                     Outcome *out, Request *r)
{
    char *text = params_text(item);
    bool fits;
    int ret;

    if (!text)
        return AVERROR(ENOMEM);
    if (field->type == MODEL_LIST)
        fits = cJSON_IsArray(item) &&
               (!field->longest || cJSON_GetArraySize(item) <= field->longest);
    else if (field->type == MODEL_OBJECT)
        fits = cJSON_IsObject(item);
    else
        fits = !cJSON_IsArray(item) && !cJSON_IsObject(item) && !cJSON_IsNull(item) &&
               is_value(field, text);
    if (!fits)
        ret = refuse_value(option, field, text, r, out);
    else if (field->type == MODEL_LIST || field->type == MODEL_OBJECT)
        ret = put(r, field->name, cJSON_Duplicate(item, 1));
    else
        ret = put(r, field->name, typed(field, text));
    av_free(text);
    return ret;
}

/* An option that sets the field of its own name. */
static int check_further(const char *name, const char *value, ModelFieldType type,
                         Outcome *out, Request *r)
{
    const ModelField any = {.name = name, .type = type};
    const ModelField *field = r->model ? model_field(r->model, name) : &any;
    if (!value)
        return 0;
    if (!field)
        return fields_refuse_option(name, r, out);
    cJSON *item = cJSON_CreateString(value);
    int ret = item ? add_known(name, field, item, out, r) : AVERROR(ENOMEM);
    cJSON_Delete(item);
    return ret;
}

static int check_audio(const Options *o, Outcome *out, Request *r)
{
    const Model *model = names_of(r);
    bool by_default = !r->model || model->audio == MODEL_AUDIO_ALWAYS ||
                      model->audio == MODEL_AUDIO_ON ||
                      model->audio == MODEL_AUDIO_UNKNOWN;

    r->audible = o->audio < 0 ? by_default : o->audio;
    r->mute = !o->audio;
    if (o->audio < 0 || (r->model && o->audio == by_default && !model_is_learned(model)))
        return 0;
    if (model->audio_field)
        return put(r, model->audio_field, cJSON_CreateBool(o->audio));
    if (model->audio == MODEL_AUDIO_UNKNOWN)
        return fields_refuse_option("audio", r, out);
    if (by_default)
        return outcome_refuse(
            out, "The option audio cannot be 0 for %s: its clips always have audio.",
            r->model_name);
    return outcome_refuse(
        out,
        "The option audio cannot be 1 for %s: its clips have no audio; silence=1 "
        "adds a silent track.",
        r->model_name);
}

/* The option that sets a request field, or NULL. */
static const char *option_of(const char *name, const Request *r)
{
    const Model *model = names_of(r);

    if (!strcmp(name, "model") || !strcmp(name, "prompt"))
        return name;
    if (model->size_field && (!strcmp(name, "width") || !strcmp(name, "height")))
        return "resolution";
    if (model_path_is(model->image_field, name))
        return "image";
    if (model->end_image_field && !strcmp(name, model->end_image_field) &&
        (r->model || r->end_image))
        return "end_image";
    return NULL;
}

/* Take a field that an option sets too out of params; it is then checked as the option
 * is. */
static int override(cJSON *params, const char *name, char **option)
{
    cJSON *item = cJSON_DetachItemFromObjectCaseSensitive(params, name);
    if (!item)
        return 0;
    *option = params_text(item);
    cJSON_Delete(item);
    return *option ? 0 : AVERROR(ENOMEM);
}

static int add_param(cJSON *item, Outcome *out, Request *r)
{
    const Model *model = names_of(r);
    const char *option = option_of(item->string, r);
    const ModelField audio = {.name = model->audio_field, .type = MODEL_BOOL};
    const ModelField *field = r->model ? model_field(r->model, item->string) : NULL;
    bool switches =
        r->model && model->audio_field && !strcmp(item->string, model->audio_field);
    int ret;

    if (option)
        return outcome_refuse(
            out, "The option params cannot set the field %s; use the option %s.",
            item->string, option);
    if (switches)
        field = &audio;
    if (!field || field->type == MODEL_ANY)
        return put(r, item->string, cJSON_Duplicate(item, 1));
    ret = add_known("params", field, item, out, r);
    if (ret >= 0 && switches) {
        r->audible = cJSON_IsTrue(json_member(r->fields, audio.name));
        r->mute = !r->audible;
    }
    return ret;
}

static int add_params(const cJSON *params, Outcome *out, Request *r)
{
    cJSON *item;
    int ret = 0;
    for (item = params ? params->child : NULL; item && ret >= 0; item = item->next)
        ret = add_param(item, out, r);
    return ret;
}

/* The fields by options, and by params over them. */
static int fill(const Options *o, cJSON *params, Outcome *out, Request *r)
{
    char *resolution = NULL, *ratio = NULL, *duration = NULL;
    const char *size = names_of(r)->size_field;
    bool counted = size && json_member(params, "num_frames");
    int ret;

    if ((ret = override(params, size ? size : "resolution", &resolution)) < 0 ||
        (ret = override(params, names_of(r)->ratio_field, &ratio)) < 0 ||
        (ret = override(params, duration_field(r), &duration)) < 0 ||
        (ret = check_resolution(resolution ? resolution : o->resolution, out, r)) < 0 ||
        (ret = check_aspect_ratio(ratio ? ratio : o->aspect_ratio, out, r)) < 0 ||
        (ret = check_duration(duration ? duration : o->duration, counted, out, r)) < 0 ||
        (ret = check_audio(o, out, r)) < 0 ||
        (ret = check_further("negative_prompt", o->negative_prompt, MODEL_TEXT, out, r)) <
            0 ||
        (ret = check_further("seed", o->seed, MODEL_INTEGER, out, r)) < 0)
        goto end;
    ret = add_params(params, out, r);
end:
    av_free(resolution);
    av_free(ratio);
    av_free(duration);
    return ret;
}

/* The fields of a request whose model is given. */
static int make(const Options *o, cJSON *params, Outcome *out, Request *r)
{
    int ret;

    r->fields = cJSON_CreateObject();
    if (!r->fields ||
        (o->model && !cJSON_AddStringToObject(r->fields, "model", r->model_name)) ||
        (r->prompt[0] && !cJSON_AddStringToObject(r->fields, "prompt", r->prompt)))
        return AVERROR(ENOMEM);
    if ((ret = fill(o, params, out, r)) < 0 || (ret = demands_check(r, out)) < 0)
        return ret;
    const cJSON *fps = json_member(r->fields, "fps");
    if (cJSON_IsRaw(fps))
        r->rate = atoi(fps->valuestring);
    return 0;
}

int fields_check(const Options *o, Outcome *out, Request *r)
{
    cJSON *params = NULL;
    int ret;

    bool named = o->model && o->model[0] && text_is_plain(o->model);
    if (!named && (o->model || !r->engine->any_model))
        return outcome_refuse(out, "The option model must name a model of the %s.",
                              r->engine->called);
    if (o->negative_prompt && !text_is_utf8(o->negative_prompt))
        return outcome_refuse(out, "The option negative_prompt is not valid UTF-8.");
    r->model = r->learned ? r->learned
               : named    ? model_find(r->engine->models, o->model)
                          : NULL;
    const char *name = r->model ? r->model->name : o->model;
    if (!r->model && (r->model = r->engine->any_model))
        name = named ? o->model : r->model->name;
    r->model_name = av_strdup(name);
    if (!r->model_name)
        return AVERROR(ENOMEM);
    if (!names_of(r)->image_field)
        return outcome_refuse(out, "The model %s makes no clip of one still.", name);
    r->image_field = names_of(r)->image_field;
    r->end_image_field = names_of(r)->end_image_field;
    ret = o->params && o->params[0] ? params_parse(o->params, out, &params) : 0;
    if (ret >= 0)
        ret = make(o, params, out, r);
    cJSON_Delete(params);
    return ret;
}

cJSON *fields_parsed(const Request *r)
{
    char *text = cJSON_PrintUnformatted(r->fields);
    cJSON *fields = text ? cJSON_Parse(text) : NULL;

    cJSON_free(text);
    return fields;
}

cJSON *request_fields(const Request *r)
{
    cJSON *all = fields_parsed(r);
    const Model *model = r->model;

    for (const ModelField *field = model ? model->fields : NULL;
         all && field && field->name; field++) {
        if (!field->value || json_member(all, field->name))
            continue;
        bool is_text = field->type == MODEL_TEXT || field->type == MODEL_URL;
        cJSON_AddItemToObject(all, field->name,
                              is_text ? cJSON_CreateString(field->value)
                                      : cJSON_Parse(field->value));
    }
    if (all && model && model_is_learned(model) && model->resolution &&
        !json_member(all, "resolution"))
        cJSON_AddStringToObject(all, "resolution", model->resolution);
    if (all && model && model->audio_field && !json_member(all, model->audio_field))
        cJSON_AddBoolToObject(all, model->audio_field, r->audible);
    return all;
}

void request_put_fields(AVBPrint *to, const cJSON *fields)
{
    for (const cJSON *f = fields ? fields->child : NULL; f; f = f->next) {
        if (!strcmp(f->string, "model") || !strcmp(f->string, "prompt"))
            continue;
        char *value = cJSON_IsString(f) ? NULL : cJSON_PrintUnformatted(f);
        av_bprintf(to, "%s%s %s", to->len ? ", " : "", f->string,
                   cJSON_IsString(f) ? f->valuestring
                   : value           ? value
                                     : "?");
        cJSON_free(value);
    }
}
