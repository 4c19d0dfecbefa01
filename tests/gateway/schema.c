/* i2v: the stand-in gateway: the part of JSON Schema that its models are written in: the
 * check of a request by a schema, and of a schema itself.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "schema.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const cJSON *get(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

const char *schema_type_name(const cJSON *value)
{
    if (!value)
        return "undefined";
    if (cJSON_IsString(value))
        return "string";
    if (cJSON_IsNumber(value))
        return "number";
    if (cJSON_IsBool(value))
        return "boolean";
    if (cJSON_IsNull(value))
        return "null";
    return cJSON_IsArray(value) ? "array" : "object";
}

void schema_issue(Buffer *issues, const char *path)
{
    buffer_text(issues, issues->size ? "; " : "Body validation error! ");
    if (*path)
        buffer_format(issues, "%s: ", path);
}

static const char *type_of(const cJSON *schema)
{
    const char *type = cJSON_GetStringValue(get(schema, "type"));

    return type ? type : "";
}

static int is_url(const char *text)
{
    static const char *const schemes[] = {"http://", "https://", "data:"};

    for (int i = 0; i < 3; i++)
        if (!strncmp(text, schemes[i], strlen(schemes[i])))
            return strlen(text) > strlen(schemes[i]);
    return 0;
}

static double count_characters(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += (*text & 0xc0) != 0x80;
    return (double)count;
}

static int listed(const cJSON *list, const cJSON *value)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, list)
    {
        if (cJSON_Compare(item, value, 1))
            return 1;
    }
    return 0;
}

static void name_value(const cJSON *value, Buffer *text)
{
    if (cJSON_IsString(value))
        buffer_format(text, "'%s'", value->valuestring);
    else
        buffer_format(text, "%.15g", value->valuedouble);
}

static void check_enum(const cJSON *list, const cJSON *value, const char *path,
                       Buffer *issues)
{
    const cJSON *item;

    if (!list || listed(list, value))
        return;
    schema_issue(issues, path);
    buffer_text(issues, "Invalid enum value. Expected ");
    cJSON_ArrayForEach(item, list)
    {
        buffer_text(issues, item->prev->next ? " | " : "");
        name_value(item, issues);
    }
    buffer_text(issues, ", received ");
    name_value(value, issues);
}

/* Lengths of text and lists, and numbers themselves, all by the same words. */
static int check_bound(const cJSON *bound, int least, double value, const char *what,
                       const char *unit, const char *path, Buffer *issues)
{
    if (!bound || (least ? value >= bound->valuedouble : value <= bound->valuedouble))
        return 0;
    schema_issue(issues, path);
    if (*unit)
        buffer_format(issues, "%s must contain at %s %.15g %s", what,
                      least ? "least" : "most", bound->valuedouble, unit);
    else
        buffer_format(issues, "%s must be %s than or equal to %.15g", what,
                      least ? "greater" : "less", bound->valuedouble);
    return 1;
}

static void check_text(const cJSON *schema, const cJSON *value, const char *path,
                       Buffer *issues)
{
    double length = count_characters(value->valuestring);

    if (get(schema, "format") && !is_url(value->valuestring)) {
        schema_issue(issues, path);
        buffer_text(issues, "Invalid url");
    } else if (!check_bound(get(schema, "minLength"), 1, length, "String", "character(s)",
                            path, issues) &&
               !check_bound(get(schema, "maxLength"), 0, length, "String", "character(s)",
                            path, issues)) {
        check_enum(get(schema, "enum"), value, path, issues);
    }
}

static void check_number(const cJSON *schema, const cJSON *value, const char *path,
                         Buffer *issues)
{
    double number = value->valuedouble;

    if (!strcmp(type_of(schema), "integer") && fabs(number - round(number)) > 0) {
        schema_issue(issues, path);
        buffer_text(issues, "Expected integer, received float");
    } else if (!check_bound(get(schema, "minimum"), 1, number, "Number", "", path,
                            issues) &&
               !check_bound(get(schema, "maximum"), 0, number, "Number", "", path,
                            issues)) {
        check_enum(get(schema, "enum"), value, path, issues);
    }
}

static void check_array(const cJSON *schema, const cJSON *value, const char *path,
                        Buffer *issues)
{
    double count = cJSON_GetArraySize(value);
    const cJSON *item;
    int at = 0;

    if (check_bound(get(schema, "minItems"), 1, count, "Array", "element(s)", path,
                    issues) ||
        check_bound(get(schema, "maxItems"), 0, count, "Array", "element(s)", path,
                    issues))
        return;
    cJSON_ArrayForEach(item, value)
    {
        char *name = text_format("%s.%d", path, at++);

        schema_check(get(schema, "items"), item, name, issues);
        free(name);
    }
}

static char *child_path(const char *path, const char *name)
{
    return text_format("%s%s%s", path, *path ? "." : "", name);
}

static void check_keys(const cJSON *schema, const cJSON *value, const char *path,
                       Buffer *issues)
{
    const cJSON *properties = get(schema, "properties"), *item, *other;

    cJSON_ArrayForEach(item, value)
    {
        char *name = child_path(path, item->string);

        if (!get(properties, item->string) &&
            !cJSON_IsTrue(get(schema, "additionalProperties"))) {
            schema_issue(issues, name);
            buffer_format(issues, "Unrecognized key(s) in object: '%s'", item->string);
        }
        for (other = item->next; other; other = other->next)
            if (!strcmp(item->string, other->string)) {
                schema_issue(issues, name);
                buffer_text(issues, "Duplicate key");
            }
        free(name);
    }
}

static int is_required(const cJSON *schema, const char *name)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, get(schema, "required"))
    {
        if (!strcmp(item->valuestring, name))
            return 1;
    }
    return 0;
}

static void check_object(const cJSON *schema, const cJSON *value, const char *path,
                         Buffer *issues)
{
    const cJSON *property;

    cJSON_ArrayForEach(property, get(schema, "properties"))
    {
        const cJSON *item = get(value, property->string);
        char *name = child_path(path, property->string);

        if (item) {
            schema_check(property, item, name, issues);
        } else if (is_required(schema, property->string)) {
            schema_issue(issues, name);
            buffer_text(issues, "Required");
        }
        free(name);
    }
    check_keys(schema, value, path, issues);
}

void schema_check(const cJSON *schema, const cJSON *value, const char *path,
                  Buffer *issues)
{
    const char *type = type_of(schema), *got = schema_type_name(value);
    const char *expected = strcmp(type, "integer") ? type : "number";

    if (strcmp(expected, got)) {
        schema_issue(issues, path);
        buffer_format(issues, "Expected %s, received %s", expected, got);
    } else if (cJSON_IsString(value)) {
        check_text(schema, value, path, issues);
    } else if (cJSON_IsNumber(value)) {
        check_number(schema, value, path, issues);
    } else if (cJSON_IsArray(value)) {
        check_array(schema, value, path, issues);
    } else if (cJSON_IsObject(value)) {
        check_object(schema, value, path, issues);
    }
}

/* The check of a schema itself */

/* What each keyword is of, and for which types; the type of `type` is text. */
static const struct {
    const char *name, *types, *is;
} keywords[] = {
    {"type", "string number integer boolean array object", "string"},
    {"enum", "string number integer", "array"},
    {"format", "string", "string"},
    {"minLength", "string", "number"},
    {"maxLength", "string", "number"},
    {"minimum", "number integer", "number"},
    {"maximum", "number integer", "number"},
    {"minItems", "array", "number"},
    {"maxItems", "array", "number"},
    {"items", "array", "object"},
    {"properties", "object", "object"},
    {"required", "object", "array"},
    {"additionalProperties", "object", "boolean"},
};

#define NB_KEYWORDS (sizeof(keywords) / sizeof(*keywords))

static int has_word(const char *list, const char *word)
{
    size_t length = strlen(word);
    const char *at = list;

    while (length && (at = strstr(at, word)) &&
           ((at > list && at[-1] != ' ') || (at[length] && at[length] != ' ')))
        at += length;
    return length && at;
}

static const char *place(const char *path)
{
    return *path ? path : "the request";
}

static char *verify_keyword(const cJSON *schema, const cJSON *item, const char *path)
{
    size_t at = 0;

    for (const cJSON *other = item->next; other; other = other->next)
        if (!strcmp(item->string, other->string))
            return text_format("%s: %s is there twice", place(path), item->string);
    if (!strcmp(item->string, "default") ||
        (!*path && (!strncmp(item->string, "x-", 2) || !strcmp(item->string, "title"))))
        return NULL;
    while (at < NB_KEYWORDS && strcmp(keywords[at].name, item->string))
        at++;
    if (at == NB_KEYWORDS)
        return text_format("%s: there is no keyword %s", place(path), item->string);
    if (strcmp(keywords[at].is, schema_type_name(item)))
        return text_format("%s: %s must be of type %s", place(path), item->string,
                           keywords[at].is);
    if (!has_word(keywords[at].types, type_of(schema)))
        return text_format("%s: %s is not for the type '%s'", place(path), item->string,
                           type_of(schema));
    if (!strcmp(item->string, "format") && strcmp(item->valuestring, "uri"))
        return text_format("%s: there is no format '%s'", place(path), item->valuestring);
    return NULL;
}

/* Every word of an enumeration and the default must be what the schema lets pass. */
static char *verify_values(const cJSON *schema, const char *path)
{
    const cJSON *item, *list = get(schema, "enum"), *standard = get(schema, "default");
    Buffer issues = {0};
    char *why = NULL;

    cJSON_ArrayForEach(item, list)
    {
        schema_check(schema, item, "a word of its enum", &issues);
    }
    if (standard)
        schema_check(schema, standard, "the default", &issues);
    if (issues.size)
        why = text_format("%s: %s", place(path), issues.data);
    else if (list && !list->child)
        why = text_format("%s: enum is empty", place(path));
    buffer_free(&issues);
    return why;
}

static char *verify(const cJSON *schema, const char *path);

static char *verify_object(const cJSON *schema, const char *path)
{
    const cJSON *item, *properties = get(schema, "properties");
    char *why = NULL;

    if (!properties || !get(schema, "additionalProperties"))
        return text_format("%s: properties and additionalProperties must be there",
                           place(path));
    cJSON_ArrayForEach(item, get(schema, "required"))
    {
        if (!cJSON_IsString(item) || !get(properties, item->valuestring))
            return text_format("%s: what is required must be a property", place(path));
    }
    cJSON_ArrayForEach(item, properties)
    {
        char *name = child_path(path, item->string);

        if (!why)
            why = verify(item, name);
        free(name);
    }
    return why;
}

static char *verify(const cJSON *schema, const char *path)
{
    const cJSON *item;
    char *why, *name;

    if (!cJSON_IsObject(schema) || !get(schema, "type"))
        return text_format("%s: expected an object with a type", place(path));
    cJSON_ArrayForEach(item, schema)
    {
        if ((why = verify_keyword(schema, item, path)))
            return why;
    }
    if (!strcmp(type_of(schema), "object"))
        why = verify_object(schema, path);
    else if (strcmp(type_of(schema), "array"))
        why = NULL;
    else if (!get(schema, "items"))
        why = text_format("%s: items must be there", place(path));
    else {
        name = text_format("%s.items", path);
        why = verify(get(schema, "items"), name);
        free(name);
    }
    return why ? why : verify_values(schema, path);
}

char *schema_verify(const cJSON *schema)
{
    return verify(schema, "");
}
