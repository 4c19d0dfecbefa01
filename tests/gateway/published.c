/* i2v: the stand-in gateway: the documents by which the API publishes what a model takes.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A document has no word on unknown fields, which the service ignores and bills. The
 * stand-in is strict there, so that a test shows what would have been bought in vain.
 */
#include "published.h"

#include <stdlib.h>
#include <string.h>

static const cJSON *get(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const cJSON *request_of(const cJSON *document)
{
    const cJSON *post = get(get(get(document, "paths"), "/v2/video/generations"), "post");

    return get(get(get(get(post, "requestBody"), "content"), "application/json"),
               "schema");
}

int published_is(const cJSON *json)
{
    return cJSON_IsString(get(json, "openapi"));
}

/* From a document to a schema file */

static const char *type_of(const cJSON *schema)
{
    const char *type = cJSON_GetStringValue(get(schema, "type"));

    return type ? type : "";
}

/* A default that is a number is written as text. */
static void mend_default(cJSON *schema)
{
    const cJSON *standard = get(schema, "default");
    const char *type = type_of(schema);
    int numeric = !strcmp(type, "integer") || !strcmp(type, "number");

    if (cJSON_IsString(standard) && numeric)
        cJSON_ReplaceItemInObjectCaseSensitive(
            schema, "default", cJSON_CreateNumber(atof(standard->valuestring)));
    else if (cJSON_IsNull(standard))
        cJSON_DeleteItemFromObjectCaseSensitive(schema, "default");
}

/* Of several ways to give a field the first will do. */
static void take_first_way(cJSON *schema)
{
    static const char *const names[] = {"anyOf", "oneOf"};

    for (int i = 0; i < 2; i++) {
        cJSON *ways = cJSON_DetachItemFromObjectCaseSensitive(schema, names[i]), *item;

        while (ways && ways->child && (item = ways->child->child))
            cJSON_AddItemToObject(schema, item->string,
                                  cJSON_DetachItemViaPointer(ways->child, item));
        cJSON_Delete(ways);
    }
}

static void make_strict(cJSON *schema)
{
    static const char *const useless[] = {"nullable", "title", "description", "example"};
    cJSON *properties, *item;

    take_first_way(schema);
    for (size_t i = 0; i < sizeof(useless) / sizeof(*useless); i++)
        cJSON_DeleteItemFromObjectCaseSensitive(schema, useless[i]);
    if (!cJSON_IsArray(get(schema, "required")))
        cJSON_DeleteItemFromObjectCaseSensitive(schema, "required");
    mend_default(schema);
    if (!strcmp(type_of(schema), "array") && !get(schema, "items"))
        cJSON_AddStringToObject(cJSON_AddObjectToObject(schema, "items"), "type",
                                "string");
    if (get(schema, "items"))
        make_strict((cJSON *)get(schema, "items"));
    if (strcmp(type_of(schema), "object"))
        return;
    properties = (cJSON *)get(schema, "properties");
    cJSON_DeleteItemFromObjectCaseSensitive(schema, "additionalProperties");
    cJSON_AddBoolToObject(schema, "additionalProperties", !properties);
    if (!properties)
        cJSON_AddObjectToObject(schema, "properties");
    cJSON_ArrayForEach(item, properties)
    {
        make_strict(item);
    }
}

/* The first of these that is a property. */
static const char *first_of(const cJSON *properties, const char *const *names)
{
    while (*names && !get(properties, *names))
        names++;
    return *names;
}

static void add_still(cJSON *schema, const cJSON *properties)
{
    static const char *const firsts[] = {"image_url", "reference_image_url", "video_url",
                                         NULL};
    static const char *const lasts[] = {"last_image_url", "tail_image_url", NULL};
    cJSON *still = cJSON_AddObjectToObject(schema, "x-still");
    const char *first = first_of(properties, firsts);
    const char *last = first_of(properties, lasts);

    if (first)
        cJSON_AddStringToObject(still, "first", first);
    if (last)
        cJSON_AddStringToObject(still, "end", last);
}

static void add_size(cJSON *schema, const cJSON *properties)
{
    cJSON *size = cJSON_AddObjectToObject(schema, "x-size"), *sides;
    const cJSON *word, *words = get(get(properties, "resolution"), "enum");

    cJSON_AddStringToObject(size, "follows", "still");
    cJSON_AddNumberToObject(size, "side", 720);
    sides = words ? cJSON_AddObjectToObject(size, "sides") : NULL;
    cJSON_ArrayForEach(word, words)
    {
        const char *name = cJSON_GetStringValue(word);
        int side = name ? atoi(name) : 0;

        if (name)
            cJSON_AddNumberToObject(sides, name, side >= 100 ? side : 720);
    }
}

static void add_audio(cJSON *schema, const cJSON *properties)
{
    static const char *const names[] = {"generate_audio", "generate_audio_switch", NULL};
    const char *name = first_of(properties, names);
    cJSON *audio;

    if (!name) {
        cJSON_AddStringToObject(schema, "x-audio", "always");
        return;
    }
    audio = cJSON_AddObjectToObject(schema, "x-audio");
    cJSON_AddStringToObject(audio, "switch", name);
    cJSON_AddBoolToObject(audio, "default",
                          !cJSON_IsFalse(get(get(properties, name), "default")));
}

static void add_price(cJSON *schema)
{
    cJSON *pricing = cJSON_AddObjectToObject(schema, "x-pricing"), *unit;

    cJSON_AddStringToObject(pricing, "kind", "fixed");
    cJSON_AddStringToObject(pricing, "currency", "USD");
    unit = cJSON_CreateObject();
    cJSON_AddNumberToObject(unit, "price", 0.1);
    cJSON_AddStringToObject(unit, "unit", "second");
    cJSON_AddNumberToObject(unit, "per", 1);
    cJSON_AddItemToArray(cJSON_AddArrayToObject(pricing, "units"), unit);
}

static void add_names(cJSON *schema, const cJSON *names)
{
    const char *id = names && names->child ? names->child->valuestring : "?";
    cJSON *aliases = cJSON_AddArrayToObject(schema, "x-aliases");
    const cJSON *name = names ? names->child : NULL;
    char *developer = checked_strdup(id);

    developer[strcspn(developer, "/")] = '\0';
    cJSON_AddStringToObject(schema, "title", id);
    cJSON_AddStringToObject(schema, "x-developer", developer);
    while (name && (name = name->next))
        cJSON_AddItemToArray(aliases, cJSON_CreateString(name->valuestring));
    free(developer);
}

cJSON *published_to_schema(const cJSON *document)
{
    const cJSON *published = request_of(document), *properties;
    cJSON *schema = published ? cJSON_Duplicate(published, 1) : NULL, *model;

    if (!schema || !get(schema, "properties"))
        return schema;
    make_strict(schema);
    properties = get(schema, "properties");
    add_names(schema, get(get(properties, "model"), "enum"));
    model = cJSON_CreateObject();
    cJSON_AddStringToObject(model, "type", "string");
    cJSON_ReplaceItemInObjectCaseSensitive((cJSON *)properties, "model", model);
    add_still(schema, properties);
    add_size(schema, properties);
    cJSON_AddNumberToObject(schema, "x-rate", 24);
    add_audio(schema, properties);
    if (!get(get(properties, "duration"), "default"))
        cJSON_AddNumberToObject(schema, "x-duration", 5);
    add_price(schema);
    return schema;
}

/* From a schema file to a document */

static void make_public(cJSON *schema)
{
    const cJSON *standard = get(schema, "default");
    cJSON *item, *next;

    for (item = schema->child; item; item = next) {
        next = item->next;
        if (!strncmp(item->string, "x-", 2) ||
            !strcmp(item->string, "additionalProperties"))
            cJSON_Delete(cJSON_DetachItemViaPointer(schema, item));
    }
    if (cJSON_IsNumber(standard) && !strcmp(type_of(schema), "integer")) {
        char *text = text_format("%d", standard->valueint);

        cJSON_ReplaceItemInObjectCaseSensitive(schema, "default",
                                               cJSON_CreateString(text));
        free(text);
    }
    if (get(schema, "items"))
        make_public((cJSON *)get(schema, "items"));
    cJSON_ArrayForEach(item, get(schema, "properties"))
    {
        make_public(item);
    }
}

cJSON *published_document(const Model *model)
{
    cJSON *schema, *document, *at, *names;
    const cJSON *alias;

    if (model->document)
        return cJSON_Duplicate(model->document, 1);
    if (cJSON_IsTrue(get(model->schema, "additionalProperties")))
        return NULL;
    schema = cJSON_Duplicate(model->schema, 1);
    make_public(schema);
    names =
        cJSON_AddArrayToObject((cJSON *)get(get(schema, "properties"), "model"), "enum");
    cJSON_AddItemToArray(names, cJSON_CreateString(model->id));
    cJSON_ArrayForEach(alias, model->aliases)
    {
        cJSON_AddItemToArray(names, cJSON_CreateString(alias->valuestring));
    }
    document = cJSON_CreateObject();
    cJSON_AddStringToObject(document, "openapi", "3.0.0");
    at = cJSON_AddObjectToObject(document, "info");
    cJSON_AddStringToObject(at, "title", "AIML API");
    cJSON_AddStringToObject(at, "version", "1.0.0");
    at = cJSON_AddObjectToObject(document, "paths");
    at = cJSON_AddObjectToObject(at, "/v2/video/generations");
    at = cJSON_AddObjectToObject(at, "post");
    at = cJSON_AddObjectToObject(at, "requestBody");
    cJSON_AddBoolToObject(at, "required", 1);
    at = cJSON_AddObjectToObject(at, "content");
    at = cJSON_AddObjectToObject(at, "application/json");
    cJSON_AddItemToObject(at, "schema", schema);
    return document;
}
