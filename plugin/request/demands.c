/* i2v: what a model demands of a request as a whole
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request/steps.h"

#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/json.h"
#include "base/text.h"
#include "engine/schema.h"
#include "request/params.h"

static int check_stills(const Request *r, Outcome *out)
{
    if (r->end_image && !r->model->end_image_field)
        return fields_refuse_option("end_image", r, out);
    if (r->end_image || !r->model->needs_end_image)
        return 0;
    return outcome_refuse(
        out, "The model %s needs a last frame: name it with the option end_image.",
        r->model_name);
}

/* Some models take a list of prompts in its place. */
static int check_prompt(const Request *r, Outcome *out)
{
    int longest = r->model ? r->model->longest_prompt : 0;
    const char *instead = r->model ? r->model->prompt_instead : NULL;
    bool has_instead = instead && json_member(r->fields, instead);

    if (r->model && r->model->takes_no_prompt)
        return !r->prompt[0]
                   ? 0
                   : outcome_refuse(out, "The model %s takes no prompt.", r->model_name);
    if (!r->prompt[0] && !has_instead)
        return outcome_refuse(
            out, "There is no prompt: say what happens in the clip with the option "
                 "prompt, or name a text file with prompt_file.");
    if (r->prompt[0] && has_instead)
        return outcome_refuse(
            out,
            "The model %s takes either a prompt or the field %s of params, not both.",
            r->model_name, instead);
    if (!longest || text_length(r->prompt) <= (size_t)longest)
        return 0;
    return outcome_refuse(out, "The prompt has %zu characters; %s takes at most %d.",
                          text_length(r->prompt), r->model_name, longest);
}

/* A field's value as text: given, or by default; free with av_free(). NULL: none. */
static char *current(const Request *r, const char *name)
{
    const cJSON *item = json_member(r->fields, name);
    const ModelField *field = model_field(r->model, name);

    if (item)
        return params_text(item);
    if (r->model->audio_field && !strcmp(name, r->model->audio_field))
        return av_strdup(r->model->audio == MODEL_AUDIO_ON ? "true" : "false");
    return field && field->value ? av_strdup(field->value) : NULL;
}

/* The option by which a field is set, for people. */
static const char *known_as(const Request *r, const char *field)
{
    if (r->model->end_image_field && !strcmp(field, r->model->end_image_field))
        return "end_image";
    return r->model->audio_field && !strcmp(field, r->model->audio_field) ? "audio"
                                                                          : field;
}

static bool is_met(const Request *r, const ModelRule *rule)
{
    if (r->model->end_image_field && !strcmp(rule->when, r->model->end_image_field))
        return r->end_image;
    char *value = current(r, rule->when);
    bool met = value && (!rule->is || text_is_among(value, rule->is));
    av_free(value);
    return met;
}

static int check_rules(const Request *r, Outcome *out)
{
    for (const ModelRule *rule = r->model->rules; rule < r->model->rules + MODEL_RULES;
         rule++) {
        if (!rule->when || !is_met(r, rule))
            continue;
        char *value = current(r, rule->field);
        bool broken = value && !text_is_among(value, rule->only);
        if (broken)
            outcome_refuse(out, "With %s%s%s the model %s takes %s=%s alone, not %s.",
                           known_as(r, rule->when), rule->is ? "=" : "",
                           rule->is ? rule->is : "", r->model_name,
                           known_as(r, rule->field), rule->only, value);
        av_free(value);
        if (broken)
            return AVERROR(EINVAL);
    }
    return 0;
}

/* All of it, by the service's own schema: the gateway ignores what it does not know, and
 * bills what was not meant. */
static int check_schema(const Request *r, Outcome *out)
{
    char image[64], end_image[64];
    /* The ratio is chosen by the still. */
    const char *ratio =
        r->ratio_is_auto && r->model->aspect_ratios[0] ? r->model->ratio_field : "";
    const char *const elsewhere[] = {"model", image, end_image, ratio, NULL};
    cJSON *fields = fields_parsed(r);
    AVBPrint why;

    if (!fields)
        return AVERROR(ENOMEM);
    cJSON_DeleteItemFromObjectCaseSensitive(fields, "model");
    model_path_field(r->image_field, image, sizeof(image));
    model_path_field(r->end_image ? r->end_image_field : "", end_image,
                     sizeof(end_image));
    av_bprint_init(&why, 0, AV_BPRINT_SIZE_AUTOMATIC);
    bool taken = schema_takes(r->model->schema, fields, elsewhere, &why);
    cJSON_Delete(fields);
    return taken ? 0
                 : outcome_refuse(out, "The model %s does not take this request: %s.",
                                  r->model_name, why.str);
}

int demands_check(const Request *r, Outcome *out)
{
    int ret = check_prompt(r, out);

    if (ret < 0 || !r->model)
        return ret;
    if ((ret = check_stills(r, out)) < 0 || (ret = check_rules(r, out)) < 0)
        return ret;
    return r->model->schema ? check_schema(r, out) : 0;
}
