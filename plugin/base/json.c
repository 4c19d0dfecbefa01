/* i2v: what JSON says
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/json.h"

#include <string.h>

#include <libavutil/mem.h>

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
