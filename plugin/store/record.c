/* i2v: one request's page in the ledger
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/record.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <libavutil/time.h>

/* Raise it when a record is no longer readable by what came before. */
#define RECORD_VERSION 1

/* A gateway whose status swings to and fro must not fill the disk. */
#define MAX_HISTORY 500

struct Record {
    char key[RECORD_KEY_SIZE];
    cJSON *json;
};

static const char *const state_names[] = {
    [RECORD_NEW] = "new",         [RECORD_INTENT] = "intent",
    [RECORD_SENT] = "sent",       [RECORD_RUNNING] = "running",
    [RECORD_READY] = "ready",     [RECORD_FAILED] = "failed",
    [RECORD_REFUSED] = "refused", [RECORD_DAMAGED] = "damaged",
};

Record *record_alloc(const char *key)
{
    Record *r = av_mallocz(sizeof(*r));
    if (!r)
        return NULL;
    av_strlcpy(r->key, key, sizeof(r->key));
    r->json = cJSON_CreateObject();
    if (!r->json || !cJSON_AddNumberToObject(r->json, "version", RECORD_VERSION) ||
        !cJSON_AddStringToObject(r->json, "key", key))
        record_free(&r);
    return r;
}

static bool is_of(const cJSON *json, const char *key)
{
    const char *its_key =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "key"));
    return its_key && !strcmp(its_key, key);
}

static bool has_text(const cJSON *json, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
    return text && *text;
}

/* A state that is not known might be one that was paid for. */
static bool is_record(const cJSON *json, const char *key)
{
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(json, "version");
    const char *name =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, RECORD_STATE));
    bool known = !name && !cJSON_GetObjectItemCaseSensitive(json, RECORD_STATE);

    for (int i = 0; name && i < (int)FF_ARRAY_ELEMS(state_names); i++)
        known |= !strcmp(name, state_names[i]);
    if (name && !strcmp(name, state_names[RECORD_RUNNING]))
        known = has_text(json, RECORD_ID);
    if (name && !strcmp(name, state_names[RECORD_SENT]))
        known = has_text(json, RECORD_CLIENT_IDS);
    return known && is_of(json, key) && cJSON_IsNumber(version) &&
           version->valueint == RECORD_VERSION;
}

Record *record_salvage(const char *key, const char *text)
{
    static const char *const texts[] = {RECORD_ACCOUNT,   RECORD_ORIGIN,  RECORD_MODEL,
                                        RECORD_PROMPT,    RECORD_PROJECT, RECORD_ID,
                                        RECORD_CLIENT_IDS};
    static const char *const numbers[] = {RECORD_TAKE, RECORD_CREATED, RECORD_SENT_AT,
                                          RECORD_ACCEPTED};
    cJSON *json = text ? cJSON_Parse(text) : NULL;
    bool sent = has_text(json, RECORD_CLIENT_IDS) &&
                cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(json, RECORD_SENT_AT));
    bool worth = is_of(json, key) && (has_text(json, RECORD_ID) || sent);
    Record *r = worth ? record_alloc(key) : NULL;
    Record old = {.json = json};

    for (size_t i = 0; r && i < FF_ARRAY_ELEMS(texts); i++)
        if (record_text(&old, texts[i]))
            record_set_text(r, texts[i], record_text(&old, texts[i]));
    for (size_t i = 0; r && i < FF_ARRAY_ELEMS(numbers); i++)
        if (record_number(&old, numbers[i], -1) >= 0)
            record_set_number(r, numbers[i], record_number(&old, numbers[i], 0));
    if (r && record_json(&old, RECORD_REQUEST))
        record_set_json(r, RECORD_REQUEST,
                        cJSON_DetachItemFromObjectCaseSensitive(json, RECORD_REQUEST));
    if (r) {
        record_set_state(r, has_text(json, RECORD_ID) ? RECORD_RUNNING : RECORD_SENT);
        record_add_history(r, "salvaged", NULL);
    }
    cJSON_Delete(json);
    return r;
}

int record_parse(const char *key, const char *text, Record **record)
{
    cJSON *json = cJSON_ParseWithOpts(text, NULL, 1);
    bool whole = is_record(json, key);
    Record *r = whole ? av_mallocz(sizeof(*r)) : NULL;

    *record = r;
    if (!r) {
        cJSON_Delete(json);
        return whole ? AVERROR(ENOMEM) : AVERROR_INVALIDDATA;
    }
    av_strlcpy(r->key, key, sizeof(r->key));
    r->json = json;
    return 0;
}

char *record_print(const Record *record)
{
    return cJSON_Print(record->json);
}

void record_free(Record **record)
{
    if (*record)
        cJSON_Delete((*record)->json);
    av_freep(record);
}

double record_now(void)
{
    return (double)av_gettime() / 1e6;
}

const char *record_key(const Record *record)
{
    return record->key;
}

RecordState record_state(const Record *record)
{
    const char *name = record_text(record, RECORD_STATE);
    for (int i = 0; name && i < (int)FF_ARRAY_ELEMS(state_names); i++)
        if (!strcmp(name, state_names[i]))
            return (RecordState)i;
    return RECORD_NEW;
}

void record_set_state(Record *record, RecordState state)
{
    record_set_text(record, RECORD_STATE, state_names[state]);
}

const char *record_state_name(RecordState state)
{
    return state_names[state];
}

bool record_is_finished(const Record *record)
{
    switch (record_state(record)) {
    case RECORD_READY:
    case RECORD_FAILED:
    case RECORD_REFUSED:
        return true;
    case RECORD_INTENT: /* refused in clear words, or still on its way out */
        return record_number(record, RECORD_ENDED, 0) > 0;
    default:
        return false;
    }
}

const char *record_text(const Record *record, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(record->json, name));
}

double record_number(const Record *record, const char *name, double fallback)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(record->json, name);
    return cJSON_IsNumber(item) ? item->valuedouble : fallback;
}

int record_integer(const Record *record, const char *name, int fallback)
{
    return (int)av_clipd(record_number(record, name, fallback), 0, INT_MAX);
}

const char *record_error(const Record *record)
{
    const char *error = record_text(record, RECORD_ERROR);
    return error ? error : "no reason given";
}

int record_set_text(Record *record, const char *name, const char *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(record->json, name);
    return !value || cJSON_AddStringToObject(record->json, name, value) ? 0
                                                                        : AVERROR(ENOMEM);
}

int record_set_number(Record *record, const char *name, double value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(record->json, name);
    return cJSON_AddNumberToObject(record->json, name, value) ? 0 : AVERROR(ENOMEM);
}

const cJSON *record_json(const Record *record, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(record->json, name);
}

int record_set_json(Record *record, const char *name, cJSON *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(record->json, name);
    if (!value || cJSON_AddItemToObject(record->json, name, value))
        return 0;
    cJSON_Delete(value);
    return AVERROR(ENOMEM);
}

int record_add_history(Record *record, const char *what, const char *status)
{
    cJSON *history = cJSON_GetObjectItemCaseSensitive(record->json, "history");
    cJSON *line = cJSON_CreateObject();
    if (!history)
        history = cJSON_AddArrayToObject(record->json, "history");
    if (!history || !line || !cJSON_AddNumberToObject(line, "time", record_now()) ||
        !cJSON_AddStringToObject(line, "what", what) ||
        (status && !cJSON_AddStringToObject(line, "status", status)) ||
        !cJSON_AddItemToArray(history, line)) {
        cJSON_Delete(line);
        return AVERROR(ENOMEM);
    }
    /* How it began and how it ends matter more than the middle. */
    if (cJSON_GetArraySize(history) > MAX_HISTORY)
        cJSON_DeleteItemFromArray(history, MAX_HISTORY / 2);
    return 0;
}
