/* i2v: any document with a model's schema, the model made of it, and a request held
 * against it SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include <libavutil/bprint.h>

#include "base/json.h"
#include "base/text.h"
#include "engine/schema.h"
#include "engine/schema_model.h"

long fuzz_good;

static const Model row = {
    .name = "a/b",
    .image_field = "image_url",
    .ratio_field = "aspect_ratio",
    .durations = {4, 8},
    .duration = 4,
    .resolutions = {"720p"},
    .resolution = "720p",
};

static void look_at(const Model *model)
{
    static const char *const elsewhere[] = {"prompt", NULL};
    cJSON *request = cJSON_Parse("{\"duration\":8,\"ratio\":\"16:9\",\"x\":[{\"a\":1}]}");
    AVBPrint text;

    av_bprint_init(&text, 0, AV_BPRINT_SIZE_AUTOMATIC);
    for (const ModelField *field = model->fields; field->name; field++) {
        FUZZ_CHECK(text_is_plain(field->name));
        model_list_values(field, &text);
    }
    model_list_names(model->resolutions, &text);
    model_list_names(model->aspect_ratios, &text);
    model_list_durations(model, &text);
    FUZZ_CHECK(model->shortest <= model->longest);
    FUZZ_CHECK(model->duration >= 0 && model->duration <= 3600);
    av_bprint_clear(&text);
    if (!schema_takes(model->schema, request, elsewhere, &text))
        FUZZ_CHECK(text.len);
    else
        FUZZ_CHECK(!text.len);
    cJSON_Delete(request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int i = 0; i < 2; i++) {
        AVBPrint text;
        Model *model;
        if (schema_model(json_parse((const char *)data, size), "b", i ? &row : NULL,
                         &model) < 0)
            continue;
        look_at(model);
        av_bprint_init(&text, 0, AV_BPRINT_SIZE_AUTOMATIC);
        schema_model_compare(model, &row, &text);
        schema_model_free(&model);
        fuzz_good++;
    }
    return 0;
}
