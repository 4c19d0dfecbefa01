/* i2v: how long generations took, for the poller
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/stats.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>

#include "base/files.h"

/* The store's lock and file of this name. */
#define NAME "stats"

#define MAX_SIZE (1 << 20)

/* No generation is waited for longer; what is, is a clock that was set. */
#define LONGEST_S (24 * 3600.0)

/* Of every model and length that a text may be about. */
static void print_name(const char *model, int length, char *name, size_t size)
{
    snprintf(name, size, "%.200s %d", model, length);
}

/* The file as it is, or empty. */
static cJSON *load(const Store *store)
{
    char *path = store_file_path(store, NAME ".json"), *text = NULL;
    cJSON *json = NULL;

    if (path && files_read(path, MAX_SIZE, &text) >= 0 && text)
        json = cJSON_Parse(text);
    av_free(text);
    av_free(path);
    if (cJSON_IsObject(json))
        return json;
    cJSON_Delete(json);
    return cJSON_CreateObject();
}

int stats_read(const Store *store, const char *model, int length,
               double durations[STATS_MAX])
{
    char name[256];
    cJSON *json = load(store);
    const cJSON *item;
    int count = 0;

    print_name(model, length, name, sizeof(name));
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, name))
    {
        if (cJSON_IsNumber(item) && item->valuedouble > 0 &&
            item->valuedouble <= LONGEST_S && count < STATS_MAX)
            durations[count++] = item->valuedouble;
    }
    cJSON_Delete(json);
    return count;
}

static int append(cJSON *json, const char *name, double duration)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(json, name);
    cJSON *item = cJSON_CreateNumber(duration);

    if (!cJSON_IsArray(list)) {
        cJSON_DeleteItemFromObjectCaseSensitive(json, name);
        list = cJSON_AddArrayToObject(json, name);
    }
    if (!item || !cJSON_AddItemToArray(list, item)) {
        cJSON_Delete(item);
        return AVERROR(ENOMEM);
    }
    while (cJSON_GetArraySize(list) > STATS_MAX)
        cJSON_DeleteItemFromArray(list, 0);
    return 0;
}

void stats_add(const Store *store, const char *model, int length, double duration,
               Outcome *out)
{
    int lock = store_lock(store, NAME), ret = lock;
    char *path = store_file_path(store, NAME ".json"), *text = NULL, name[256];
    cJSON *json = NULL;

    /* While another writes, this one is not worth waiting for. */
    if (ret < 0 || duration > LONGEST_S)
        goto end;
    print_name(model, length, name, sizeof(name));
    json = load(store);
    ret = json ? append(json, name, duration) : AVERROR(ENOMEM);
    if (ret >= 0)
        text = cJSON_PrintUnformatted(json);
    if (ret >= 0)
        ret = path && text ? files_write(path, text, strlen(text)) : AVERROR(ENOMEM);
end:
    if (ret < 0)
        outcome_say(out, AV_LOG_DEBUG, "No history of durations: %s.", av_err2str(ret));
    store_unlock(&lock);
    cJSON_free(text);
    cJSON_Delete(json);
    av_free(path);
}
