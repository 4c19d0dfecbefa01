/* i2v: what JSON says
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/json.h"

#include <string.h>

cJSON *json_parse(const char *text, size_t size)
{
    return size && !memchr(text, 0, size) ? cJSON_ParseWithLength(text, size) : NULL;
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
