/* i2v: what a service says of its requests: holding a value against it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/schema.h"

#include <stdint.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/common.h>

#include "base/json.h"
#include "base/text.h"

/* Deeper there is nothing that a person would type. */
#define MAX_DEPTH 12

/* A request with more fields is nobody's, and takes long to compare. */
#define MOST_FIELDS 1000

/* A list of values that is longer helps nobody. */
#define MOST_SHOWN 24

/* Where in the object it is. */
typedef struct Place {
    const struct Place *outer; ///< NULL = the object itself
    const char *name;          ///< of a member; NULL = an item
    int item;
    int depth;
    const char *const *elsewhere; ///< members that count as given, or NULL
    bool loose;                   ///< one of several schemas: others may name members
} Place;

const cJSON *schema_of_document(const cJSON *document)
{
    const cJSON *path;

    cJSON_ArrayForEach(path, json_member(document, "paths"))
    {
        const cJSON *body = json_member(json_member(path, "post"), "requestBody");
        const cJSON *type = json_member(json_member(body, "content"), "application/json");
        const cJSON *schema = json_member(type, "schema");
        const cJSON *properties = json_member(schema, "properties");
        if (cJSON_IsObject(properties) && cJSON_GetArraySize(properties) <= MOST_FIELDS)
            return schema;
    }
    return NULL;
}

const cJSON *schema_property(const cJSON *schema, const char *name)
{
    const cJSON *property = json_member(json_member(schema, "properties"), name);
    return cJSON_IsObject(property) ? property : NULL;
}

static bool is_listed(const cJSON *list, const char *name)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, list)
    {
        const char *text = cJSON_GetStringValue(item);
        if (text && !strcmp(text, name))
            return true;
    }
    return false;
}

bool schema_requires(const cJSON *schema, const char *name)
{
    const cJSON *required = json_member(schema, "required");
    return cJSON_IsArray(required) && is_listed(required, name);
}

/* anyOf and oneOf: a value that suits two of them is not refused for that. */
static const cJSON *alternatives(const cJSON *schema)
{
    static const char *const names[] = {"anyOf", "oneOf"};

    for (size_t i = 0; i < FF_ARRAY_ELEMS(names); i++) {
        const cJSON *list = json_member(schema, names[i]);
        if (cJSON_IsArray(list) && list->child)
            return list;
    }
    return NULL;
}

bool schema_may_be(const cJSON *schema, const char *type)
{
    const cJSON *own = json_member(schema, "type"), *one;

    if (cJSON_IsArray(own))
        return is_listed(own, type);
    if (cJSON_IsString(own))
        return !strcmp(own->valuestring, type);
    cJSON_ArrayForEach(one, alternatives(schema))
    {
        const char *name = json_text(one, "type");
        if (name && !strcmp(name, type))
            return true;
    }
    return false;
}

/* Saying what is wrong */

static void say_place(AVBPrint *why, const Place *place)
{
    if (!place->outer)
        return;
    say_place(why, place->outer);
    if (place->name)
        av_bprintf(why, "%s%s", place->outer->outer ? "." : "", place->name);
    else
        av_bprintf(why, "[%d]", place->item);
}

static void say_value(AVBPrint *why, const cJSON *value)
{
    char *text = cJSON_PrintUnformatted(value);

    if (cJSON_IsString(value))
        av_bprintf(why, "'%.60s'", value->valuestring);
    else
        av_bprintf(why, "%.60s", text ? text : "?");
    cJSON_free(text);
}

/* "a, b or c" of a list's items, or of its members' names. */
static void say_list(AVBPrint *why, const cJSON *list, bool names)
{
    const cJSON *item;
    int left = MOST_SHOWN;

    cJSON_ArrayForEach(item, list)
    {
        if (item->prev->next) /* not the first */
            av_bprintf(why, "%s", item->next && left ? ", " : " or ");
        if (!left--) {
            av_bprintf(why, "others");
            return;
        }
        if (names)
            av_bprintf(why, "%s", text_is_plain(item->string) ? item->string : "?");
        else if (cJSON_IsString(item))
            av_bprintf(why, "%s",
                       text_is_plain(item->valuestring) ? item->valuestring : "?");
        else
            say_value(why, item);
    }
}

/* "the field X cannot be V: it takes "; more is to follow. @return false */
static bool begin(AVBPrint *why, const Place *place, const cJSON *value)
{
    av_bprintf(why, "the field ");
    say_place(why, place);
    av_bprintf(why, " cannot be ");
    say_value(why, value);
    av_bprintf(why, ": it takes ");
    return false;
}

/* One keyword, or some that belong together */

static const char *type_of(const cJSON *value)
{
    if (cJSON_IsString(value))
        return "string";
    if (cJSON_IsBool(value))
        return "boolean";
    if (cJSON_IsNull(value))
        return "null";
    if (cJSON_IsNumber(value))
        return "number";
    return cJSON_IsArray(value) ? "array" : "object";
}

static const char *name_type(const char *type)
{
    static const char *const names[][2] = {
        {"string", "a text"},          {"number", "a number"},
        {"integer", "a whole number"}, {"boolean", "true or false"},
        {"array", "a JSON list"},      {"object", "a JSON object"},
    };
    for (size_t i = 0; i < FF_ARRAY_ELEMS(names); i++)
        if (!strcmp(names[i][0], type))
            return names[i][1];
    return "something else";
}

static bool is_whole(const cJSON *value)
{
    return cJSON_IsNumber(value) && value->valuedouble > -9e18 &&
           value->valuedouble < 9e18 &&
           value->valuedouble == (double)(int64_t)value->valuedouble;
}

static bool check_type(const cJSON *schema, const cJSON *value, const Place *place,
                       AVBPrint *why)
{
    const cJSON *own = json_member(schema, "type");
    const char *type =
        cJSON_IsArray(own) ? cJSON_GetStringValue(own->child) : cJSON_GetStringValue(own);

    if (!type || schema_may_be(schema, type_of(value)) ||
        (schema_may_be(schema, "integer") && is_whole(value)))
        return true;
    begin(why, place, value);
    av_bprintf(why, "%s", name_type(type));
    return false;
}

static bool check_enum(const cJSON *schema, const cJSON *value, const Place *place,
                       AVBPrint *why)
{
    const cJSON *list = json_member(schema, "enum"), *item;

    if (!cJSON_IsArray(list) || !list->child)
        return true;
    cJSON_ArrayForEach(item, list)
    {
        if (cJSON_Compare(item, value, true))
            return true;
    }
    begin(why, place, value);
    say_list(why, list, false);
    return false;
}

/* A scheme and something behind it: http:, https:, data:. */
static bool is_uri(const char *text)
{
    size_t scheme = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "0123456789+-.");
    return scheme && text[scheme] == ':' && text[scheme + 1] && !strchr(text, ' ');
}

static bool check_text(const cJSON *schema, const cJSON *value, const Place *place,
                       AVBPrint *why)
{
    double length = (double)text_length(value->valuestring);
    const char *format = json_text(schema, "format");
    double least = json_number(schema, "minLength", length);
    double most = json_number(schema, "maxLength", length);

    if (format && !strcmp(format, "uri") && !is_uri(value->valuestring)) {
        begin(why, place, value);
        av_bprintf(why, "a URL");
        return false;
    }
    if (length >= least && length <= most)
        return true;
    begin(why, place, value);
    av_bprintf(why, "a text of at %s %.0f characters, and this has %.0f",
               length < least ? "least" : "most", length < least ? least : most, length);
    return false;
}

/* Whether a number is a bound, or beyond one, that is not taken itself: a number of its
 * own, or a flag of the other bound. */
static bool is_excluded(const cJSON *schema, double number)
{
    const cJSON *low = json_member(schema, "exclusiveMinimum");
    const cJSON *high = json_member(schema, "exclusiveMaximum");

    return (cJSON_IsNumber(low) && number <= low->valuedouble) ||
           (cJSON_IsNumber(high) && number >= high->valuedouble) ||
           (cJSON_IsTrue(low) && number <= json_number(schema, "minimum", number - 1)) ||
           (cJSON_IsTrue(high) && number >= json_number(schema, "maximum", number + 1));
}

static bool check_number(const cJSON *schema, const cJSON *value, const Place *place,
                         AVBPrint *why)
{
    double number = value->valuedouble;
    double least = json_number(schema, "minimum", number);
    double most = json_number(schema, "maximum", number);
    bool bounded = cJSON_IsNumber(json_member(schema, "minimum")) &&
                   cJSON_IsNumber(json_member(schema, "maximum"));
    bool excluded = is_excluded(schema, number);

    if (number >= least && number <= most && !excluded)
        return true;
    begin(why, place, value);
    if (excluded)
        av_bprintf(why, "a number within its bounds, and not one of them");
    else if (bounded)
        av_bprintf(why, "a number from %.10g to %.10g", least, most);
    else
        av_bprintf(why, "a number of at %s %.10g", number < least ? "least" : "most",
                   number < least ? least : most);
    return false;
}

static bool check(const cJSON *schema, const cJSON *value, const Place *place,
                  AVBPrint *why);

static bool check_items(const cJSON *schema, const cJSON *value, const Place *place,
                        AVBPrint *why)
{
    const cJSON *items = json_member(schema, "items"), *item;
    double count = cJSON_GetArraySize(value);
    double least = json_number(schema, "minItems", count);
    double most = json_number(schema, "maxItems", count);
    Place at = {.outer = place, .depth = place->depth + 1};

    if (count < least || count > most) {
        begin(why, place, value);
        av_bprintf(why, "a list of at %s %.0f items", count < least ? "least" : "most",
                   count < least ? least : most);
        return false;
    }
    cJSON_ArrayForEach(item, value)
    {
        if (!check(items, item, &at, why))
            return false;
        at.item++;
    }
    return true;
}

static bool check_members(const cJSON *schema, const cJSON *value, const Place *place,
                          AVBPrint *why)
{
    const cJSON *properties = json_member(schema, "properties"), *member, *name;
    const cJSON *others = json_member(schema, "additionalProperties");
    bool strict = cJSON_IsObject(properties) && properties->child && !place->loose &&
                  !cJSON_IsTrue(others) && !cJSON_IsObject(others);

    cJSON_ArrayForEach(member, value)
    {
        const Place at = {place, member->string, 0, place->depth + 1, NULL, false};
        const cJSON *property = schema_property(schema, member->string);
        if (!property && strict) {
            av_bprintf(why, "there is no field ");
            say_place(why, &at);
            av_bprintf(why, "; there is ");
            say_list(why, properties, true);
            return false;
        }
        if (!check(property, member, &at, why))
            return false;
    }
    cJSON_ArrayForEach(name, json_member(schema, "required"))
    {
        if (!cJSON_IsString(name) || json_member(value, name->valuestring) ||
            text_is_listed(name->valuestring, place->elsewhere))
            continue;
        const Place at = {place, name->valuestring, 0, place->depth + 1, NULL, false};
        av_bprintf(why, "the field ");
        say_place(why, &at);
        av_bprintf(why, " must be given");
        return false;
    }
    return true;
}

static bool check_alternatives(const cJSON *list, const cJSON *value, const Place *place,
                               AVBPrint *why)
{
    const unsigned before = why->len;
    const cJSON *one;
    Place at = *place;

    at.loose = true;
    cJSON_ArrayForEach(one, list)
    {
        if (check(one, value, &at, why)) {
            why->len = FFMIN(before, why->size - 1);
            why->str[why->len] = '\0';
            return true;
        }
        av_bprintf(why, "%s", one->next ? "; or " : "");
    }
    return false;
}

static bool check(const cJSON *schema, const cJSON *value, const Place *place,
                  AVBPrint *why)
{
    const cJSON *list = alternatives(schema);

    if (!cJSON_IsObject(schema) || place->depth > MAX_DEPTH ||
        (cJSON_IsNull(value) && cJSON_IsTrue(json_member(schema, "nullable"))))
        return true;
    if (!check_type(schema, value, place, why) ||
        !check_enum(schema, value, place, why) ||
        (list && !check_alternatives(list, value, place, why)))
        return false;
    if (cJSON_IsString(value))
        return check_text(schema, value, place, why);
    if (cJSON_IsNumber(value))
        return check_number(schema, value, place, why);
    if (cJSON_IsArray(value))
        return check_items(schema, value, place, why);
    return !cJSON_IsObject(value) || check_members(schema, value, place, why);
}

bool schema_takes(const cJSON *schema, const cJSON *object, const char *const *elsewhere,
                  AVBPrint *why)
{
    const Place place = {.elsewhere = elsewhere};
    return check(schema, object, &place, why);
}
