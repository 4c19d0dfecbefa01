/* i2v: the stand-in gateway: the models it serves, read from their schema files.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model.h"
#include "modelcheck.h"
#include "published.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static Model *models;
static size_t nb_models;

static const cJSON *get(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static int has_name(const Model *model, const char *name)
{
    const cJSON *alias;

    if (!strcmp(model->id, name))
        return 1;
    cJSON_ArrayForEach(alias, model->aliases)
    {
        if (!strcmp(alias->valuestring, name))
            return 1;
    }
    return 0;
}

const Model *models_find(const char *name)
{
    for (size_t i = 0; i < nb_models; i++)
        if (has_name(&models[i], name))
            return &models[i];
    return NULL;
}

const Model *models_at(size_t n)
{
    return n < nb_models ? &models[n] : NULL;
}

static void fill_in(Model *model)
{
    const cJSON *schema = model->schema, *answer = get(schema, "x-answer");

    model->id = cJSON_GetStringValue(get(schema, "title"));
    model->developer = cJSON_GetStringValue(get(schema, "x-developer"));
    model->aliases = get(schema, "x-aliases");
    model->properties = get(schema, "properties");
    model->still = get(schema, "x-still");
    model->first = cJSON_GetStringValue(get(model->still, "first"));
    model->end = cJSON_GetStringValue(get(model->still, "end"));
    model->size = get(schema, "x-size");
    model->rate = get(schema, "x-rate");
    model->audio = get(schema, "x-audio");
    model->rules = get(schema, "x-rules");
    model->pricing = get(schema, "x-pricing");
    model->answer_id = cJSON_GetStringValue(get(answer, "id"));
    if (!model->answer_id)
        model->answer_id = "id";
    model->video_array = get(answer, "video") != NULL;
    if (get(schema, "x-duration"))
        model->duration = get(schema, "x-duration")->valueint;
    if (get(schema, "x-charge"))
        model->charge = get(schema, "x-charge")->valuedouble;
}

/* NULL, or what is wrong with it. */
static char *check_names(const Model *model)
{
    const cJSON *alias;

    if (models_find(model->id))
        return text_format("there is a model %s already", model->id);
    cJSON_ArrayForEach(alias, model->aliases)
    {
        if (models_find(alias->valuestring))
            return text_format("there is a model %s already", alias->valuestring);
    }
    return NULL;
}

/* What is published takes the place of what was written by hand. */
static void drop_namesake(const Model *model)
{
    for (size_t i = 0; i < nb_models; i++) {
        if (!has_name(&models[i], model->id))
            continue;
        cJSON_Delete(models[i].schema);
        cJSON_Delete(models[i].document);
        models[i--] = models[--nb_models];
    }
}

static int add_model(const char *file, const char *text, size_t size)
{
    Model model = {.schema = cJSON_ParseWithLengthOpts(text, size + 1, NULL, 1)};
    char *why = NULL;

    if (published_is(model.schema)) {
        model.document = model.schema;
        model.schema = published_to_schema(model.document);
    }
    if (!model.schema)
        why = checked_strdup("it is not JSON, or has no request");
    else
        why = model_verify(model.schema);
    if (!why) {
        fill_in(&model);
        if (model.document)
            drop_namesake(&model);
        why = check_names(&model);
    }
    if (why) {
        fprintf(stderr, "i2v-gateway: the schema %s is broken: %s\n", file, why);
        cJSON_Delete(model.schema);
        cJSON_Delete(model.document);
        free(why);
        return -1;
    }
    models = checked_realloc(models, (nb_models + 1) * sizeof(*models));
    models[nb_models++] = model;
    return 0;
}

static int add_file(const char *file)
{
    Buffer text = {0};
    int status = -1;

    if (read_file(file, &text))
        fprintf(stderr, "i2v-gateway: cannot read %s: %s\n", file, strerror(errno));
    else
        status = add_model(file, text.data, text.size);
    buffer_free(&text);
    return status;
}

static int is_schema(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return length > 5 && !strcmp(entry->d_name + length - 5, ".json");
}

static int add_directory(const char *directory)
{
    struct dirent **entries;
    int count = scandir(directory, &entries, is_schema, alphasort), status = 0;

    if (count < 0)
        return add_file(directory);
    for (int i = 0; i < count; i++) {
        char *file = text_format("%s/%s", directory, entries[i]->d_name);

        if (!status)
            status = add_file(file);
        free(file);
        free(entries[i]);
    }
    free(entries);
    return status;
}

int models_load(const char *further)
{
    int status = 0;

    for (size_t i = 0; i < nb_embedded_schemas && !status; i++)
        status =
            add_model(embedded_schemas[i].name, (const char *)embedded_schemas[i].data,
                      embedded_schemas[i].size);
    return status || !further ? status : add_directory(further);
}

void models_free(void)
{
    while (nb_models) {
        cJSON_Delete(models[--nb_models].schema);
        cJSON_Delete(models[nb_models].document);
    }
    free(models);
    models = NULL;
}

cJSON *model_item(const cJSON *object, const char *path)
{
    char *copy = checked_strdup(path), *rest = copy, *name;
    const cJSON *item = object;

    while (item && (name = strsep(&rest, ".")))
        item = get(item, name);
    free(copy);
    return (cJSON *)item;
}

const cJSON *model_value(const Model *model, const cJSON *fields, const char *field)
{
    const cJSON *value = get(fields, field);

    return value ? value : get(get(model->properties, field), "default");
}

static int matches(const Model *model, const cJSON *when, const cJSON *fields)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, when)
    {
        if (!cJSON_Compare(item, model_value(model, fields, item->string), 1))
            return 0;
    }
    return 1;
}

double model_price(const Model *model, const cJSON *fields, int duration)
{
    const cJSON *units = get(model->pricing, "units"), *unit;
    const cJSON *rate = units ? units->child : NULL;

    cJSON_ArrayForEach(unit, get(model->pricing, "variants"))
    {
        if (matches(model, get(unit, "when"), fields))
            rate = unit;
    }
    if (!rate)
        return model->charge * duration;
    unit = get(rate, "unit") ? get(rate, "unit") : get(rate, "name");
    return get(rate, "price")->valuedouble / get(rate, "per")->valuedouble *
           (strcmp(unit->valuestring, "second") ? 1 : duration);
}
