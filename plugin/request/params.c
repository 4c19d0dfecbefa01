/* i2v: the option params: further request fields, from text to JSON
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request/params.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/files.h"
#include "base/json.h"

/* Far above any request that a gateway would take. */
#define MAX_FILE (1 << 20)

/* From here on not every whole number is a double. */
#define MAX_EXACT 9007199254740992.0

/* Whether a number in there would not go out as it came in. */
static bool has_rounded(const cJSON *json)
{
    const cJSON *item;
    if (cJSON_IsNumber(json)) {
        char *printed = cJSON_PrintUnformatted(json);
        bool rounded = fabs(json->valuedouble) >= MAX_EXACT || !printed ||
                       strtod(printed, NULL) != json->valuedouble;
        cJSON_free(printed);
        return rounded;
    }
    cJSON_ArrayForEach(item, json) if (has_rounded(item)) return true;
    return false;
}

static int parse_object(const char *text, const char *where, Outcome *out, cJSON **fields)
{
    *fields = cJSON_ParseWithOpts(text, NULL, 1);
    if (!cJSON_IsObject(*fields))
        return outcome_refuse(
            out, "The option params must be a JSON object; %s is not one.", where);
    if (has_rounded(*fields))
        return outcome_refuse(
            out, "The option params holds a number with more digits than JSON keeps; "
                 "give that field as name=value.");
    return 0;
}

static int parse_file(const char *path, Outcome *out, cJSON **fields)
{
    char *text = NULL;
    int ret = files_read_text(path, MAX_FILE, "params", out, &text);
    if (ret >= 0)
        ret = parse_object(text, path, out, fields);
    av_free(text);
    return ret;
}

bool params_is_number(const char *s)
{
    s += *s == '-';
    if (!av_isdigit(*s) || (*s == '0' && av_isdigit(s[1])))
        return false;
    s += strspn(s, "0123456789");
    if (*s == '.') {
        if (!av_isdigit(*++s))
            return false;
        s += strspn(s, "0123456789");
    }
    if (*s == 'e' || *s == 'E') {
        s++;
        s += *s == '-' || *s == '+';
        if (!av_isdigit(*s))
            return false;
        s += strspn(s, "0123456789");
    }
    return !*s;
}

static cJSON *value_of(const char *text)
{
    /* As it stands: a 64-bit seed would lose digits as a double. */
    if (params_is_number(text))
        return cJSON_CreateRaw(text);
    cJSON *value = strchr("{[\"tfn", text[0]) ? cJSON_ParseWithOpts(text, NULL, 1) : NULL;
    return value ? value : cJSON_CreateString(text);
}

/* Copy one name=value up to an unescaped colon. */
static const char *next_pair(const char *from, char *pair)
{
    while (*from && *from != ':') {
        if (from[0] == '\\' && (from[1] == ':' || from[1] == '\\'))
            from++;
        *pair++ = *from++;
    }
    *pair = '\0';
    return from;
}

static int add_pair(char *pair, int number, Outcome *out, cJSON *fields)
{
    size_t name =
        strspn(pair, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");

    if (!name || pair[name] != '=')
        return outcome_refuse(
            out,
            "The option params is name=value:name=value; number %d of them is not of "
            "that form. A colon inside a value is written \\:",
            number); // what it is may be a key
    pair[name] = '\0';
    if (json_member(fields, pair))
        return outcome_refuse(out, "The option params names the field %s twice.", pair);
    cJSON *value = value_of(pair + name + 1);
    if (!value || !cJSON_AddItemToObject(fields, pair, value)) {
        cJSON_Delete(value);
        return AVERROR(ENOMEM);
    }
    return 0;
}

static int parse_pairs(const char *text, Outcome *out, cJSON **fields)
{
    char *pair = av_malloc(strlen(text) + 1);
    int ret = 0;

    *fields = cJSON_CreateObject();
    if (!pair || !*fields)
        ret = AVERROR(ENOMEM);
    for (int number = 1; ret >= 0; number++) {
        text = next_pair(text, pair);
        ret = add_pair(pair, number, out, *fields);
        if (!*text++)
            break;
    }
    av_free(pair);
    return ret;
}

int params_parse(const char *text, Outcome *out, cJSON **fields)
{
    int ret;

    *fields = NULL;
    if (text[0] == '@')
        ret = parse_file(text + 1, out, fields);
    else if (text[strspn(text, " \t\r\n")] == '{')
        ret = parse_object(text, "it", out, fields);
    else
        ret = parse_pairs(text, out, fields);
    if (ret < 0) {
        cJSON_Delete(*fields);
        *fields = NULL;
    }
    return ret;
}

char *params_text(const cJSON *item)
{
    if (cJSON_IsString(item) || cJSON_IsRaw(item))
        return av_strdup(item->valuestring);
    char *printed = cJSON_PrintUnformatted(item), *text = av_strdup(printed);
    cJSON_free(printed);
    return text;
}
