/* i2v: what JSON says
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#include <libavutil/mem.h>

#include "base/text.h"

/* In C a NUL ends a text, so that an id would be another one. What JSON has for it is
 * made the control character 1, which is as odd and ends nothing. */
static void replace_nuls(char *text, size_t size)
{
    for (char *at = text; (at = memchr(at, 0, size - (size_t)(at - text)));)
        *at = '\1';
    for (char *at = text; (at = strchr(at, '\\')); at += 2) {
        if (!at[1])
            break;
        if (!strncmp(at, "\\u0000", 6))
            at[5] = '1';
    }
}

cJSON *json_parse(const char *text, size_t size)
{
    char *copy = size ? av_malloc(size + 1) : NULL;
    cJSON *json = NULL;

    if (copy) {
        memcpy(copy, text, size);
        copy[size] = '\0';
        replace_nuls(copy, size);
        json = cJSON_ParseWithLength(copy, size);
    }
    av_free(copy);
    return json;
}

cJSON *json_member(const cJSON *json, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(json, name);
}

const char *json_text(const cJSON *json, const char *name)
{
    const char *text = cJSON_GetStringValue(json_member(json, name));
    return text && *text ? text : NULL;
}

double json_number(const cJSON *json, const char *name, double missing)
{
    const cJSON *item = json_member(json, name);
    return cJSON_IsNumber(item) ? item->valuedouble : missing;
}

/* Without a tree */

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
        at++;
    return at;
}

/* Behind a string that begins here, or NULL. */
static const char *skip_string(const char *at, const char *end)
{
    if (at >= end || *at++ != '"')
        return NULL;
    while (at < end && *at != '"') {
        if ((unsigned char)*at < ' ' && *at != '\t') /* as cJSON has it */
            return NULL;
        at += 1 + (*at == '\\');
    }
    return at < end ? at + 1 : NULL;
}

/* Behind an object or array. */
static const char *skip_nested(const char *at, const char *end)
{
    int depth = 0;

    while (at && at < end) {
        if (*at == '"') {
            at = skip_string(at, end);
            continue;
        }
        if (!*at)
            return NULL;
        depth += (*at == '{' || *at == '[') - (*at == '}' || *at == ']');
        at++;
        if (!depth)
            return at;
    }
    return NULL;
}

static const char *skip_value(const char *at, const char *end)
{
    const char *start = at;

    if (at < end && *at == '"')
        return skip_string(at, end);
    if (at < end && (*at == '{' || *at == '['))
        return skip_nested(at, end);
    /* A number, or true, false, null. */
    while (at < end &&
           (*at == '-' || *at == '+' || *at == '.' || (*at >= '0' && *at <= '9') ||
            (*at >= 'a' && *at <= 'z') || *at == 'E'))
        at++;
    return at > start ? at : NULL;
}

bool json_next(const char **at, const char *end, JsonPair *pair)
{
    const char *p = skip_space(*at, end), *behind;

    if (p < end && (*p == '{' || *p == ','))
        p = skip_space(p + 1, end);
    *at = p;
    if (!(behind = skip_string(p, end)))
        return false;
    pair->name = p + 1;
    pair->name_size = (size_t)(behind - p) - 2;
    p = skip_space(behind, end);
    if (p >= end || *p != ':')
        return false;
    pair->value = skip_space(p + 1, end);
    if (!(behind = skip_value(pair->value, end)))
        return false;
    pair->size = (size_t)(behind - pair->value);
    p = skip_space(behind, end);
    if (p >= end || (*p != ',' && *p != '}'))
        return false;
    *at = p;
    return true;
}

bool json_is(const JsonPair *pair, const char *name)
{
    size_t size = strlen(name);
    return pair->name_size == size && !memcmp(pair->name, name, size);
}

/* As much of a text as there is room for, whole characters all. */
static void copy_beginning(char *to, const char *text, size_t length, size_t size)
{
    if (length >= size)
        length = text_cut(text, size - 1);
    memcpy(to, text, length);
    to[length] = '\0';
}

bool json_copy_text(const JsonPair *pair, char *to, size_t size)
{
    if (*pair->value != '"')
        return false;
    if (!memchr(pair->value, '\\', pair->size)) {
        copy_beginning(to, pair->value + 1, pair->size - 2, size);
        return true;
    }
    cJSON *json = cJSON_ParseWithLength(pair->value, pair->size);
    const char *text = cJSON_GetStringValue(json);
    if (text)
        copy_beginning(to, text, strlen(text), size);
    cJSON_Delete(json);
    return text;
}

bool json_is_digits(const JsonPair *pair)
{
    return strspn(pair->value, "0123456789") >= pair->size;
}

double json_value(const JsonPair *pair, double missing)
{
    char text[64];

    if (pair->size >= sizeof(text) || !strchr("-0123456789", *pair->value))
        return missing;
    memcpy(text, pair->value, pair->size);
    text[pair->size] = '\0';
    return strtod(text, NULL);
}
