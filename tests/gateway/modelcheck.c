/* i2v: the stand-in gateway: whether a model's schema file makes sense, so that a mistake
 * in one shows when the program starts and not with some request.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "modelcheck.h"
#include "schema.h"

#include <stdlib.h>
#include <string.h>

static const cJSON *get(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static int is_positive(const cJSON *value)
{
    return cJSON_IsNumber(value) && value->valuedouble > 0;
}

static const cJSON *property(const cJSON *schema, const char *name)
{
    return get(get(schema, "properties"), name);
}

/* The members of an object, each with the first letter of its type in `known`, a list
 * such as " first:s least-side:n exact:b". */
static char *check_members(const cJSON *object, const char *where, const char *known)
{
    const cJSON *item;

    if (!cJSON_IsObject(object))
        return text_format("%s must be an object", where);
    cJSON_ArrayForEach(item, object)
    {
        char *name = text_format(" %s:%c", item->string, *schema_type_name(item));
        int good = strstr(known, name) != NULL;

        free(name);
        if (!good)
            return text_format("%s: %s is not known, or of another type", where,
                               item->string);
    }
    return NULL;
}

/* Whether a path leads to a property of the schema that takes a URL. */
static int is_image_field(const cJSON *schema, const char *path)
{
    char *copy = checked_strdup(path), *rest = copy, *name;
    const cJSON *at = schema;

    while (at && (name = strsep(&rest, ".")))
        at = property(at, name);
    free(copy);
    return at && get(at, "format");
}

static char *check_still(const cJSON *schema)
{
    const cJSON *still = get(schema, "x-still"), *item;
    const char *first = cJSON_GetStringValue(get(still, "first"));
    const char *end = cJSON_GetStringValue(get(still, "end"));
    static const char *const ranges[] = {"ratio", "ratio-within"};
    char *why =
        check_members(still, "x-still",
                      " first:s end:s exact:b least-side:n ratio:a ratio-within:a "
                      "most-bytes:n formats:a");

    if (why)
        return why;
    if (!still->child)
        return NULL; /* it makes no clip of a still */
    if (!first || !is_image_field(schema, first) || (end && !is_image_field(schema, end)))
        return checked_strdup("x-still: first and end must be fields of format uri");
    for (int i = 0; i < 2; i++) {
        item = get(still, ranges[i]);
        if (item && (cJSON_GetArraySize(item) != 2 || !is_positive(item->child) ||
                     !is_positive(item->child->next)))
            return text_format("x-still: %s must be two numbers", ranges[i]);
    }
    cJSON_ArrayForEach(item, get(still, "formats"))
    {
        if (!cJSON_IsString(item))
            return checked_strdup("x-still: formats must be MIME types");
    }
    return NULL;
}

/* Every word of the resolution must be known to a table of x-size. */
static char *check_resolutions(const cJSON *schema, const cJSON *table, const char *type)
{
    const cJSON *word;

    cJSON_ArrayForEach(word, get(property(schema, "resolution"), "enum"))
    {
        if (strcmp(schema_type_name(get(table, word->valuestring)), type))
            return text_format("x-size: nothing for the resolution %s",
                               word->valuestring);
    }
    return NULL;
}

static char *check_size(const cJSON *schema)
{
    const cJSON *size = get(schema, "x-size"), *sides = get(size, "sides"), *item;
    const char *follows = cJSON_GetStringValue(get(size, "follows"));
    char *why =
        check_members(size, "x-size", " follows:s sides:o side:n sizes:o ratio:s");

    if (why)
        return why;
    if (!follows || (strcmp(follows, "request") && strcmp(follows, "still")))
        return checked_strdup("x-size: follows must be request or still");
    if (!sides && !get(size, "side") && !get(size, "sizes"))
        return checked_strdup("x-size: side, sides or sizes must be there");
    cJSON_ArrayForEach(item, sides)
    {
        if (!is_positive(item))
            return checked_strdup("x-size: sides must be numbers of pixels");
    }
    if (get(size, "sizes"))
        return check_resolutions(schema, get(size, "sizes"), "object");
    return check_resolutions(schema, sides, "number");
}

/* {field, default} or {switch, default}: a property and what it is when not given. */
static int is_choice(const cJSON *schema, const cJSON *choice, const char *key,
                     const char *type)
{
    const char *name = cJSON_GetStringValue(get(choice, key));
    const cJSON *field = name ? property(schema, name) : NULL;

    return name && get(choice, "default") &&
           !strcmp(schema_type_name(get(choice, "default")), type) &&
           (field || cJSON_IsTrue(get(schema, "additionalProperties")));
}

static char *check_clip(const cJSON *schema)
{
    const cJSON *rate = get(schema, "x-rate"), *audio = get(schema, "x-audio");
    const cJSON *duration = property(schema, "duration");
    const char *word = cJSON_GetStringValue(audio);

    if (!is_positive(rate) && !is_choice(schema, rate, "field", "number"))
        return checked_strdup("x-rate must be a number, or a field and its default");
    if (word ? strcmp(word, "always") && strcmp(word, "never")
             : !is_choice(schema, audio, "switch", "boolean"))
        return checked_strdup("x-audio must be always, never, or a switch and its "
                              "default");
    if (!get(duration, "default") && !is_positive(get(schema, "x-duration")))
        return checked_strdup("neither duration has a default nor is x-duration there");
    return NULL;
}

static int is_rate(const cJSON *rate)
{
    return (cJSON_IsString(get(rate, "unit")) || cJSON_IsString(get(rate, "name"))) &&
           is_positive(get(rate, "price")) && is_positive(get(rate, "per"));
}

/* How many values a property can take; 0: it cannot decide on a price. */
static int count_values(const cJSON *field)
{
    const char *type = cJSON_GetStringValue(get(field, "type"));

    if (!field || !get(field, "default"))
        return 0;
    return strcmp(type, "boolean") ? cJSON_GetArraySize(get(field, "enum")) : 2;
}

static char *check_variants(const cJSON *schema, const cJSON *pricing)
{
    const cJSON *dimensions = get(pricing, "dimensions"), *dimension, *variant, *other;
    const cJSON *list = get(pricing, "variants");
    Buffer issues = {0};
    int expected = 1;

    cJSON_ArrayForEach(dimension, dimensions)
    {
        const char *name = dimension->valuestring ? dimension->valuestring : "";

        expected *= count_values(property(schema, name));
        cJSON_ArrayForEach(variant, list)
        {
            const cJSON *value = get(get(variant, "when"), name);

            schema_check(property(schema, name), value, name, &issues);
        }
    }
    cJSON_ArrayForEach(variant, list)
    {
        expected -= is_rate(variant) && cJSON_GetArraySize(get(variant, "when")) ==
                                            cJSON_GetArraySize(dimensions);
        for (other = variant->next; other; other = other->next)
            if (cJSON_Compare(get(variant, "when"), get(other, "when"), 1))
                expected++;
    }
    if (!list || expected)
        buffer_text(&issues, "not every variant has one price");
    return issues.size ? issues.data : NULL;
}

static char *check_pricing(const cJSON *schema)
{
    const cJSON *pricing = get(schema, "x-pricing");
    const char *kind = cJSON_GetStringValue(get(pricing, "kind"));
    char *why = check_members(pricing, "x-pricing",
                              " kind:s currency:s units:a dimensions:a variants:a"),
         *text;

    if (why || !kind)
        return why ? why : checked_strdup("x-pricing has no kind");
    if (!strcmp(kind, "variants")) {
        text = check_variants(schema, pricing);
        why = text ? text_format("x-pricing: %s", text) : NULL;
        free(text);
    } else if (!strcmp(kind, "fixed")) {
        if (cJSON_GetArraySize(get(pricing, "units")) != 1 ||
            !is_rate(get(pricing, "units")->child))
            why = checked_strdup("x-pricing: units must be one price");
    } else if (strcmp(kind, "variable") || !is_positive(get(schema, "x-charge"))) {
        why = checked_strdup("x-pricing: it must be fixed, have variants, or be variable "
                             "with an x-charge");
    }
    return why;
}

/* The fields that a rule names must be there, and so must the values. */
static char *check_condition(const cJSON *schema, const cJSON *rule, const char *key)
{
    const cJSON *part = get(rule, key), *item, *value;
    Buffer issues = {0};

    if (!part || !part->child)
        return text_format("x-rules: a rule has no %s", key);
    cJSON_ArrayForEach(item, part)
    {
        if (!property(schema, item->string))
            return text_format("x-rules: there is no field %s", item->string);
        if (cJSON_IsString(item) && !strcmp(item->valuestring, "given") && *key == 'i')
            continue;
        if (!item->child)
            return text_format("x-rules: %s has no values", item->string);
        cJSON_ArrayForEach(value, item)
        {
            schema_check(property(schema, item->string), value, item->string, &issues);
        }
    }
    return issues.data;
}

static char *check_rules(const cJSON *schema)
{
    static const char *const lists[] = {"one-of", "not-both"};
    const cJSON *rule, *name;
    char *why = NULL;

    cJSON_ArrayForEach(rule, get(schema, "x-rules"))
    {
        why = check_members(rule, "x-rules", " if:o then:o one-of:a not-both:a");
        if (!why && get(rule, "if")) {
            why = check_condition(schema, rule, "if");
            if (!why)
                why = check_condition(schema, rule, "then");
        }
        for (int i = 0; i < 2; i++)
            cJSON_ArrayForEach(name, get(rule, lists[i]))
            {
                if (!why &&
                    (!cJSON_IsString(name) || !property(schema, name->valuestring)))
                    why = text_format("x-rules: %s names no field", lists[i]);
            }
        if (why)
            return why;
    }
    return NULL;
}

static const char own_keywords[] =
    " x-developer x-aliases x-still x-size x-rate x-audio x-duration x-rules x-answer "
    "x-pricing x-charge ";

static char *check_identity(const cJSON *schema)
{
    const cJSON *item;
    char *why = NULL;

    cJSON_ArrayForEach(item, schema)
    {
        char *word = text_format(" %s ", item->string);

        if (!why && !strncmp(item->string, "x-", 2) && !strstr(own_keywords, word))
            why = text_format("there is no keyword %s", item->string);
        free(word);
    }
    if (!why && (!cJSON_IsString(get(schema, "title")) ||
                 !cJSON_IsString(get(schema, "x-developer")) ||
                 !cJSON_IsArray(get(schema, "x-aliases"))))
        why = checked_strdup("title, x-developer and x-aliases must be there");
    cJSON_ArrayForEach(item, get(schema, "x-aliases"))
    {
        if (!why && !cJSON_IsString(item))
            why = checked_strdup("x-aliases must be names");
    }
    if (!why && get(schema, "x-answer"))
        why = check_members(get(schema, "x-answer"), "x-answer", " id:s video:s");
    return why;
}

char *model_verify(const cJSON *schema)
{
    char *(*const checks[])(const cJSON *) = {
        schema_verify, check_identity, check_still, check_size,
        check_clip,    check_pricing,  check_rules};
    char *why = NULL;

    for (size_t i = 0; i < sizeof(checks) / sizeof(*checks) && !why; i++)
        why = checks[i](schema);
    return why;
}
