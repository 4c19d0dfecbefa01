/* i2v: where a clip comes from: the account beside a saved one, and tags
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/account.h"

#include <errno.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/files.h"
#include "base/url.h"

/* Raise it when a reader of the accounts would no longer understand them. */
#define ACCOUNT_VERSION 1

#define SUFFIX ".i2v.json"

/* ISO 8601 ends before, and no clock is right there: Unix time in seconds. */
#define YEAR_10000 253402300800.0

/* What is kept of a request */

/* The text in place of one that is too large or too secret to keep, or NULL. */
static char *scrubbed(const char *value)
{
    char digest[DIGEST_TEXT_SIZE], *bare = NULL;

    if (av_stristart(value, "data:", NULL)) {
        size_t head = strcspn(value, ", \t\r\n");
        if (value[head] != ',') /* no data: URI, but words */
            return av_strdup(value);
        return digest_text(value, strlen(value), digest) < 0
                   ? NULL
                   : av_asprintf("data: URI of %zu bytes, SHA-256 %s", strlen(value),
                                 digest);
    }
    if (!av_stristart(value, "http://", NULL) && !av_stristart(value, "https://", NULL))
        return av_strdup(value);
    return url_bare(value, &bare) < 0 ? av_strdup("a URL") : bare;
}

static int scrub(cJSON *item)
{
    int ret = 0;

    if (cJSON_IsString(item)) {
        char *text = scrubbed(item->valuestring);
        if (!text)
            return AVERROR(ENOMEM);
        if (strcmp(text, item->valuestring) && !cJSON_SetValuestring(item, text))
            ret = AVERROR(ENOMEM);
        av_free(text);
        return ret;
    }
    for (cJSON *child = item->child; child && ret >= 0; child = child->next)
        ret = scrub(child);
    return ret;
}

cJSON *provenance_request(const cJSON *fields)
{
    cJSON *copy = cJSON_Duplicate(fields, 1);
    bool kept = copy;

    for (cJSON *field = copy ? copy->child : NULL; field && kept; field = field->next)
        if (strcmp(field->string, "prompt")) /* words, whatever they begin with */
            kept = scrub(field) >= 0;
    if (!kept) {
        cJSON_Delete(copy);
        return NULL;
    }
    return copy;
}

/* The account */

char *provenance_path(const char *path)
{
    const char *name = av_basename(path), *dot = strrchr(name, '.');
    size_t size = dot && dot > name ? (size_t)(dot - path) : strlen(path);
    char *stem = av_strndup(path, size);
    char *result = stem ? av_asprintf("%s" SUFFIX, stem) : NULL;
    av_free(stem);
    return result;
}

static bool put_text(cJSON *to, const char *name, const char *value)
{
    return !value || cJSON_AddStringToObject(to, name, value);
}

static bool put_number(cJSON *to, const char *name, const Record *record,
                       const char *from)
{
    double value = record_number(record, from, -1);
    return value < 0 || cJSON_AddNumberToObject(to, name, value);
}

static bool put_copy(cJSON *to, const char *name, const cJSON *json)
{
    cJSON *copy = json ? cJSON_Duplicate(json, 1) : NULL;
    if (copy && cJSON_AddItemToObject(to, name, copy))
        return true;
    cJSON_Delete(copy);
    return !json;
}

/* What an earlier version noted of a request: not the fields themselves. */
static bool put_remembered(cJSON *to, const Record *record)
{
    cJSON *fields = cJSON_AddObjectToObject(to, "fields");
    bool timed = record_number(record, RECORD_DURATION, 0) > 0;
    return fields && put_text(fields, "model", record_text(record, RECORD_MODEL)) &&
           put_text(fields, "prompt", record_text(record, RECORD_PROMPT)) &&
           (!timed || put_number(fields, "duration", record, RECORD_DURATION));
}

static bool put_request(cJSON *to, const Record *record)
{
    const cJSON *fields = record_json(record, RECORD_REQUEST);
    return to && (fields ? put_copy(to, "fields", fields) : put_remembered(to, record)) &&
           put_text(to, "image_sha256", record_text(record, RECORD_IMAGE_HASH)) &&
           put_text(to, "end_image_sha256", record_text(record, RECORD_END_HASH)) &&
           put_text(to, "body_sha256", record_text(record, RECORD_REQUEST_HASH)) &&
           put_number(to, "take", record, RECORD_TAKE);
}

/* The client request ids stand in one text, one a try. */
static bool put_words(cJSON *to, const char *name, const char *words)
{
    cJSON *list = words ? cJSON_AddArrayToObject(to, name) : NULL;
    while (list && *words) {
        size_t size = strcspn(words, " ");
        char *word = av_strndup(words, size);
        cJSON *item = word ? cJSON_CreateString(word) : NULL;
        av_free(word);
        if (!item || !cJSON_AddItemToArray(list, item)) {
            cJSON_Delete(item);
            return false;
        }
        words += size;
        words += strspn(words, " ");
    }
    return !words || list;
}

static bool put_generation(cJSON *to, const Record *record)
{
    return to && put_text(to, "id", record_text(record, RECORD_ID)) &&
           put_text(to, "origin", record_text(record, RECORD_ORIGIN)) &&
           put_words(to, "client_request_ids", record_text(record, RECORD_CLIENT_IDS)) &&
           put_text(to, "status", record_text(record, RECORD_STATUS)) &&
           put_text(to, "url", record_text(record, RECORD_URL));
}

static bool put_times(cJSON *to, const Record *record)
{
    static const char *const names[] = {RECORD_CREATED, RECORD_SENT_AT, RECORD_ACCEPTED,
                                        RECORD_ENDED};
    char text[CLOCK_TEXT_SIZE];

    for (size_t i = 0; to && i < FF_ARRAY_ELEMS(names); i++) {
        double when = record_number(record, names[i], -1);
        if (when < 0 || when >= YEAR_10000)
            continue;
        clock_text((int64_t)when, text);
        if (!put_text(to, names[i], text))
            return false;
    }
    return to;
}

static bool put_usage(cJSON *to, const Record *record)
{
    return to && put_number(to, "usd", record, RECORD_USD) &&
           put_number(to, "credits", record, RECORD_CREDITS) &&
           put_number(to, "tokens", record, RECORD_TOKENS);
}

static bool put_clip(cJSON *to, const Record *record, const char *clip)
{
    const cJSON *fact, *facts = record_json(record, RECORD_CLIP_FACTS);
    bool whole = to && put_text(to, "file", av_basename(clip)) &&
                 put_number(to, "size", record, RECORD_CLIP_SIZE) &&
                 put_text(to, "sha256", record_text(record, RECORD_CLIP_HASH)) &&
                 put_text(to, "description", record_text(record, RECORD_CLIP_TEXT));

    cJSON_ArrayForEach(fact, facts)
    {
        if (whole && fact->string)
            whole = put_copy(to, fact->string, fact);
    }
    return whole;
}

static cJSON *account_of(const Record *record, const char *clip)
{
    cJSON *json = cJSON_CreateObject();
    if (json && cJSON_AddNumberToObject(json, "version", ACCOUNT_VERSION) &&
        put_text(json, "generator", "i2v " I2V_VERSION) &&
        put_text(json, "key", record_key(record)) &&
        put_text(json, "digital_source_type", PROVENANCE_SOURCE_TYPE) &&
        put_request(cJSON_AddObjectToObject(json, "request"), record) &&
        put_generation(cJSON_AddObjectToObject(json, "generation"), record) &&
        put_times(cJSON_AddObjectToObject(json, "times"), record) &&
        put_usage(cJSON_AddObjectToObject(json, "usage"), record) &&
        put_clip(cJSON_AddObjectToObject(json, "clip"), record, clip))
        return json;
    cJSON_Delete(json);
    return NULL;
}

int provenance_write(const Record *record, const char *clip)
{
    cJSON *json = account_of(record, clip);
    char *printed = json ? cJSON_Print(json) : NULL;
    char *text = printed ? av_asprintf("%s\n", printed) : NULL;
    char *path = provenance_path(clip);
    int ret = text && path ? files_save(path, text, strlen(text)) : AVERROR(ENOMEM);

    av_free(path);
    av_free(text);
    cJSON_free(printed);
    cJSON_Delete(json);
    return ret;
}

/* Tags */

static int tag(AVDictionary **tags, const char *name, const char *value)
{
    return value ? av_dict_set(tags, name, value, 0) : 0;
}

/* As JSON writes it: with a point, whatever the host's locale. */
static int tag_number(AVDictionary **tags, const char *name, double value)
{
    cJSON *number = value >= 0 ? cJSON_CreateNumber(value) : NULL;
    char *text = number ? cJSON_PrintUnformatted(number) : NULL;
    int ret = value >= 0 && !text ? AVERROR(ENOMEM) : tag(tags, name, text);
    cJSON_free(text);
    cJSON_Delete(number);
    return ret;
}

int provenance_tags(const Record *record, bool all, AVDictionary **tags)
{
    int ret = tag(tags, "generation_id", record_text(record, RECORD_ID));
    if (ret >= 0)
        ret = tag(tags, "digital_source_type", PROVENANCE_SOURCE_TYPE);
    if (!all || ret < 0)
        return ret;
    if ((ret = tag(tags, "generation_model", record_text(record, RECORD_MODEL))) < 0 ||
        (ret = tag(tags, "generation_prompt", record_text(record, RECORD_PROMPT))) < 0 ||
        (ret = tag_number(tags, "generation_take",
                          record_number(record, RECORD_TAKE, -1))) < 0)
        return ret;
    return tag_number(tags, "generation_cost", record_number(record, RECORD_USD, -1));
}
