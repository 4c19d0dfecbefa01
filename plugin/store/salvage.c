/* i2v: what stands whole in a damaged page or line of the ledger
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/salvage.h"

#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/json.h"
#include "base/text.h"
#include "store/record.h"

/* Nested, a member of the same name is another's: those of a page begin a line. */
#define INDENT "\n\t"

/* The first of a name counts. @return false without memory */
static bool add(cJSON *to, const JsonPair *pair)
{
    char name[64];
    cJSON *value = NULL;

    if (pair->name_size >= sizeof(name))
        return true;
    memcpy(name, pair->name, pair->name_size);
    name[pair->name_size] = '\0';
    if (!cJSON_GetObjectItemCaseSensitive(to, name))
        value = cJSON_ParseWithLength(pair->value, pair->size);
    if (!value)
        return true;
    /* What is no text any more is not what was noted. */
    const char *text = cJSON_GetStringValue(value);
    if ((text && !text_is_utf8(text)) || !text_is_utf8(name)) {
        cJSON_Delete(value);
        return true;
    }
    if (cJSON_AddItemToObject(to, name, value))
        return true;
    cJSON_Delete(value);
    return false;
}

/* One after the other, as far as they are whole. */
static bool add_row(cJSON *to, const char **at, const char *end)
{
    JsonPair pair;
    bool ok = true;

    while (ok && json_next(at, end, &pair))
        ok = add(to, &pair);
    return ok;
}

cJSON *salvage_members(const char *text, size_t size)
{
    cJSON *members = cJSON_CreateObject();
    const char *at = text, *end = text + size;
    bool ok = members;

    if (ok && size && *text == '{')
        ok = add_row(members, &at, end);
    for (; ok &&
           (at = memmem(at, (size_t)(end - at), INDENT "\"", sizeof(INDENT "\"") - 1));) {
        at += sizeof(INDENT) - 1;
        ok = add_row(members, &at, end);
    }
    if (!ok) {
        cJSON_Delete(members);
        return NULL;
    }
    return members;
}

int salvage_tries(const char *key, const char *text, size_t size, char **tries)
{
    char start[sizeof(RECORD_TRY) + RECORD_TRY_KEY_DIGITS];
    const char *end = text + size, *at = text;

    snprintf(start, sizeof(start), RECORD_TRY "%.*s", RECORD_TRY_KEY_DIGITS, key);
    *tries = NULL;
    while ((at = memmem(at, (size_t)(end - at), start, strlen(start)))) {
        char try[RECORD_TRY_SIZE] = RECORD_TRY;
        at += sizeof(RECORD_TRY) - 1;
        if (end - at < RECORD_TRY_DIGITS)
            break;
        memcpy(try + sizeof(RECORD_TRY) - 1, at, RECORD_TRY_DIGITS);
        if (strspn(try + sizeof(RECORD_TRY) - 1, "0123456789abcdef") !=
                RECORD_TRY_DIGITS ||
            (*tries && strstr(*tries, try)))
            continue;
        char *more = *tries ? av_asprintf("%s %s", *tries, try) : av_strdup(try);
        av_free(*tries);
        if (!(*tries = more))
            return AVERROR(ENOMEM);
    }
    return 0;
}
