/* i2v: the key of a request: what makes two requests the same generation
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request/key.h"

#include <stdlib.h>
#include <string.h>

#include <libavutil/bprint.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/digest.h"

/* Raise it when the meaning of a key changes: every clip bought before is then asked for
 * anew, so there had better be no reason. */
#define KEY_SCHEMA 2

static int compare_names(const void *a, const void *b)
{
    return strcmp((*(const cJSON *const *)a)->string, (*(const cJSON *const *)b)->string);
}

static int print_canonical(const cJSON *json, AVBPrint *text);

static int print_leaf(const cJSON *json, AVBPrint *text)
{
    char *leaf = cJSON_PrintUnformatted(json);
    if (!leaf)
        return AVERROR(ENOMEM);
    av_bprintf(text, "%s", leaf);
    cJSON_free(leaf);
    return 0;
}

static int print_name(const char *name, AVBPrint *text)
{
    cJSON *string = cJSON_CreateStringReference(name);
    int ret = string ? print_leaf(string, text) : AVERROR(ENOMEM);
    cJSON_Delete(string);
    return ret;
}

/* JSON without spaces and with the members of objects in one order, however they were
 * given. */
static int print_members(const cJSON *json, AVBPrint *text)
{
    int count = cJSON_GetArraySize(json), i = 0, ret = 0;
    const cJSON *item, **items = av_malloc_array((size_t)count + 1, sizeof(*items));

    if (!items)
        return AVERROR(ENOMEM);
    cJSON_ArrayForEach(item, json) items[i++] = item;
    if (cJSON_IsObject(json))
        qsort(items, (size_t)count, sizeof(*items), compare_names);
    av_bprintf(text, cJSON_IsObject(json) ? "{" : "[");
    for (i = 0; i < count && ret >= 0; i++) {
        av_bprintf(text, i ? "," : "");
        if (cJSON_IsObject(json)) {
            ret = print_name(items[i]->string, text);
            av_bprintf(text, ":");
        }
        if (ret >= 0)
            ret = print_canonical(items[i], text);
    }
    av_bprintf(text, cJSON_IsObject(json) ? "}" : "]");
    av_free(items);
    return ret;
}

static int print_canonical(const cJSON *json, AVBPrint *text)
{
    return cJSON_IsObject(json) || cJSON_IsArray(json) ? print_members(json, text)
                                                       : print_leaf(json, text);
}

/* How the still is fitted, as far as it makes a difference: the digest says which picture
 * it is, and one that has the shape already is neither cut nor padded nor stretched. */
static StillTarget effective_target(const StillTarget *asked, const Still *still)
{
    StillTarget target = *asked;
    int width = still_width(still), height = still_height(still);

    if (!target.width) {
        target.width = width;
        target.height = height;
    }
    bool same_size = width == target.width && height == target.height;
    bool same_shape = (int64_t)width * target.height == (int64_t)height * target.width;
    if (same_size || (same_shape && target.fit != STILL_NONE))
        target.fit = STILL_COVER;
    else if (target.fit != STILL_FILL)
        return target;
    target.position = STILL_CENTER;
    return target;
}

static bool add_still(cJSON *key, const Still *still, const StillTarget *asked,
                      const char *url)
{
    char digest[DIGEST_TEXT_SIZE];
    if (!still)
        return cJSON_AddStringToObject(key, "image", url);
    StillTarget target = effective_target(asked, still);
    digest_hex(still_digest(still), 32, digest);
    return cJSON_AddStringToObject(key, "image", digest) &&
           cJSON_AddNumberToObject(key, "width", target.width) &&
           cJSON_AddNumberToObject(key, "height", target.height) &&
           cJSON_AddStringToObject(key, "fit",
                                   options_value_name("fit", (int)target.fit)) &&
           cJSON_AddStringToObject(
               key, "fit_position",
               options_value_name("fit_position", (int)target.position));
}

/* What was bought before there were last frames has no such member. */
static bool add_end(cJSON *key, const Request *r, const Still *end)
{
    cJSON *member = r->end_image ? cJSON_AddObjectToObject(key, "end_image") : NULL;
    return !r->end_image ||
           (member && add_still(member, end, &r->end_target, r->end_image));
}

int key_of(const Request *request, const Still *still, const Still *end, char *key)
{
    cJSON *json = cJSON_CreateObject(), *fields = cJSON_Duplicate(request->fields, 1);
    AVBPrint text;
    int ret = AVERROR(ENOMEM);

    av_bprint_init(&text, 1024, AV_BPRINT_SIZE_UNLIMITED);
    if (!json || !fields || !cJSON_AddItemToObject(json, "fields", fields))
        goto end;
    fields = NULL;
    if (!cJSON_AddNumberToObject(json, "schema", KEY_SCHEMA) ||
        !cJSON_AddStringToObject(json, "origin", request->origin) ||
        !cJSON_AddNumberToObject(json, "take", request->take) ||
        !add_still(json, still, &request->target, request->image) ||
        !add_end(json, request, end) || print_canonical(json, &text) < 0 ||
        !av_bprint_is_complete(&text))
        goto end;
    ret = digest_text(text.str, text.len, key);
end:
    av_bprint_finalize(&text, NULL);
    cJSON_Delete(fields);
    cJSON_Delete(json);
    return ret;
}
