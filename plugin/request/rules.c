/* i2v: which of a model's fields go together
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request/rules.h"

#include <errno.h>
#include <string.h>

#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>

#include "request/params.h"
#include "base/text.h"

/* A field's value as text: given, or by default; free with av_free(). NULL: none. */
static char *current(const Request *r, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(r->fields, name);
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
    bool end_image =
        r->model->end_image_field && !strcmp(rule->when, r->model->end_image_field);
    if (end_image)
        return r->end_image;
    char *value = current(r, rule->when);
    bool met = value && (!rule->is || text_is_among(value, rule->is));
    av_free(value);
    return met;
}

int rules_check(const Request *r, Outcome *out)
{
    for (const ModelRule *rule = r->model->rules; rule < r->model->rules + MODEL_RULES;
         rule++) {
        if (!rule->when || !is_met(r, rule))
            continue;
        char *value = current(r, rule->field);
        bool broken = value && !text_is_among(value, rule->only);
        if (broken)
            outcome_fail(out, FAILURE_REQUEST, AVERROR(EINVAL),
                         "With %s%s%s the model %s takes %s=%s alone, not %s.",
                         known_as(r, rule->when), rule->is ? "=" : "",
                         rule->is ? rule->is : "", r->model_name,
                         known_as(r, rule->field), rule->only, value);
        av_free(value);
        if (broken)
            return AVERROR(EINVAL);
    }
    return 0;
}
