/* i2v: what each known model takes: for people
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/models.h"

#include <libavutil/bprint.h>

void model_list_names(const char *const *names, AVBPrint *list)
{
    for (int i = 0; names[i]; i++)
        av_bprintf(list, "%s%s", !i ? "" : names[i + 1] ? ", " : " or ", names[i]);
}

void model_list_durations(const Model *model, AVBPrint *list)
{
    for (int i = 0; model->durations[i]; i++)
        av_bprintf(list, "%s%d",
                   !i                        ? ""
                   : model->durations[i + 1] ? ", "
                                             : " or ",
                   model->durations[i]);
    if (model->longest)
        av_bprintf(list, "%d to %d", model->shortest, model->longest);
}

void model_list_values(const ModelField *field, AVBPrint *list)
{
    if (field->words[0]) {
        model_list_names(field->words, list);
        return;
    }
    av_bprintf(list, "%s%s", field->type == MODEL_BOOL ? "" : "a ",
               model_type_name(field->type));
    if (field->min != 0 || field->max != 0)
        av_bprintf(list, " from %.10g to %.10g", field->min, field->max);
    if (field->longest)
        av_bprintf(list, " of at most %d %s", field->longest,
                   field->type == MODEL_LIST ? "items" : "characters");
}

const char *model_type_name(ModelFieldType type)
{
    static const char *const names[] = {
        [MODEL_TEXT] = "text",
        [MODEL_URL] = "URL",
        [MODEL_INTEGER] = "whole number",
        [MODEL_NUMBER] = "number",
        [MODEL_BOOL] = "true or false",
        [MODEL_LIST] = "JSON list",
        [MODEL_OBJECT] = "JSON object",
    };
    return names[type];
}
