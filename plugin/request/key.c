/* i2v: the key of a request: what makes two requests the same generation
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request/steps.h"

#include <stdlib.h>
#include <string.h>

#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/digest.h"

/* Raise it when the meaning of a key changes: every clip bought before is then asked for
 * anew, so there had better be no reason. */
#define KEY_SCHEMA 2

static int compare_names(const void *a, const void *b)
{
    return strcmp((*(cJSON *const *)a)->string, (*(cJSON *const *)b)->string);
}

/* Put the members of objects into one order, however they were given.
 * @return 0 or AVERROR(ENOMEM) */
static int sort_members(cJSON *json)
{
    int count = cJSON_GetArraySize(json), i = 0, ret = 0;
    cJSON *item, **items = av_malloc_array((size_t)count + 1, sizeof(*items));

    if (!items)
        return AVERROR(ENOMEM);
    cJSON_ArrayForEach(item, json)
    {
        items[i++] = item;
        if (ret >= 0 && (cJSON_IsObject(item) || cJSON_IsArray(item)))
            ret = sort_members(item);
    }
    if (cJSON_IsObject(json) && count) {
        qsort(items, (size_t)count, sizeof(*items), compare_names);
        json->child = items[0];
        for (i = 0; i < count; i++) {
            items[i]->next = i + 1 < count ? items[i + 1] : NULL;
            items[i]->prev = items[i ? i - 1 : count - 1];
        }
    }
    av_free(items);
    return ret;
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

static bool add_still(cJSON *key, const Request *r, const Still *still,
                      const StillTarget *asked, const char *url)
{
    char digest[DIGEST_TEXT_SIZE];
    if (!still)
        return cJSON_AddStringToObject(key, "image", url);
    StillTarget target = effective_target(asked, still);
    /* What size its model demands is not known here, and may be known to its engine. */
    if (!r->model && asked->fit != STILL_NONE) {
        target.fit = asked->fit;
        target.position = asked->position;
    }
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
           (member && add_still(member, r, end, &r->end_target, r->end_image));
}

int key_of(const Request *request, int take, const Still *still, const Still *end,
           char *key)
{
    cJSON *json = cJSON_CreateObject(), *fields = cJSON_Duplicate(request->fields, 1);
    char *text = NULL;
    int ret = AVERROR(ENOMEM);

    if (!json || !fields || !cJSON_AddItemToObject(json, "fields", fields))
        goto end;
    fields = NULL;
    if (!cJSON_AddNumberToObject(json, "schema", KEY_SCHEMA) ||
        !cJSON_AddStringToObject(json, "origin", request->origin) ||
        (request->engine != engine_default() &&
         !cJSON_AddStringToObject(json, "engine", request->engine->name)) ||
        !cJSON_AddNumberToObject(json, "take", take) ||
        !add_still(json, request, still, &request->target, request->image) ||
        !add_end(json, request, end) || sort_members(json) < 0 ||
        !(text = cJSON_PrintUnformatted(json)))
        goto end;
    digest_text(text, strlen(text), key);
    ret = 0;
end:
    cJSON_free(text);
    cJSON_Delete(fields);
    cJSON_Delete(json);
    return ret;
}
