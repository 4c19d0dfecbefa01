/* i2v: where a clip comes from: the account beside a saved one, and tags
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/provenance.h"

#include <errno.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/clock.h"
#include "base/files.h"
#include "base/text.h"
#include "request/request.h"
#include "store/put.h"

/* Raise it when a reader of the accounts would no longer understand them. */
#define ACCOUNT_VERSION 1

/* ISO 8601 ends before, and no clock is right there: Unix time in seconds. */
#define YEAR_10000 253402300800.0

static bool put_request(cJSON *to, const Record *record)
{
    return to && record_put_copy(to, "fields", record->request) &&
           record_put_text(to, "image_sha256", record->image_hash) &&
           record_put_text(to, "end_image_sha256", record->end_image_hash) &&
           record_put_text(to, "body_sha256", record->request_hash) &&
           record_put_number(to, "take", record->take);
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
        words += size + strspn(words + size, " ");
    }
    return !words || list;
}

static bool put_generation(cJSON *to, const Record *record)
{
    return to && record_put_text(to, "id", record->id) &&
           record_put_text(to, "origin", record->origin) &&
           put_words(to, "client_request_ids", record->client_ids) &&
           record_put_text(to, "status", record->status) &&
           record_put_text(to, "url", record->url);
}

static bool put_times(cJSON *to, const Record *record)
{
    const struct {
        const char *name;
        double when;
    } times[] = {{"created", record->created},
                 {"sent", record->sent_at},
                 {"accepted", record->accepted},
                 {"ended", record->ended}};
    char text[CLOCK_TEXT_SIZE];

    for (size_t i = 0; to && i < FF_ARRAY_ELEMS(times); i++) {
        if (times[i].when <= 0 || times[i].when >= YEAR_10000)
            continue;
        clock_text((int64_t)times[i].when, text);
        if (!record_put_text(to, times[i].name, text))
            return false;
    }
    return to;
}

static bool put_usage(cJSON *to, const Record *record)
{
    return to && record_put_number(to, "usd", record->usd) &&
           record_put_number(to, "credits", record->credits) &&
           record_put_number(to, "tokens", record->tokens);
}

static bool put_clip(cJSON *to, const Record *record, const char *clip)
{
    return to && record_put_text(to, "file", av_basename(clip)) &&
           record_put_number(to, "size", (double)record->clip_size) &&
           record_put_text(to, "sha256", record->clip_hash) &&
           record_put_text(to, "description", record->clip.text) &&
           (!record->clip.width || record_put_facts(to, &record->clip));
}

static cJSON *account_of(const Record *record, const char *clip)
{
    cJSON *json = cJSON_CreateObject();
    if (json && cJSON_AddNumberToObject(json, "version", ACCOUNT_VERSION) &&
        record_put_text(json, "generator", "i2v " I2V_VERSION) &&
        record_put_text(json, "key", record->key) &&
        record_put_text(json, "digital_source_type", PROVENANCE_SOURCE_TYPE) &&
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
    char *path = account_path(clip);
    int ret = text && path ? files_save(path, text, strlen(text), 0666) : AVERROR(ENOMEM);

    av_free(path);
    av_free(text);
    cJSON_free(printed);
    cJSON_Delete(json);
    return ret;
}

/* Tags */

/* Programs print tags as they are. */
static int tag(AVDictionary **tags, const char *name, const char *value)
{
    char *text = value ? av_strdup(value) : NULL;

    if (value && !text)
        return AVERROR(ENOMEM);
    if (text)
        text_defuse(text);
    return text ? av_dict_set(tags, name, text, AV_DICT_DONT_STRDUP_VAL) : 0;
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
    int ret = tag(tags, "generation_id", record->id);
    if (ret >= 0)
        ret = tag(tags, "digital_source_type", PROVENANCE_SOURCE_TYPE);
    if (!all || ret < 0)
        return ret;
    if ((ret = tag(tags, "generation_model", record->model)) < 0 ||
        (ret = tag(tags, "generation_prompt", record->prompt)) < 0 ||
        (ret = tag_number(tags, "generation_take", record->take)) < 0)
        return ret;
    return tag_number(tags, "generation_cost", record->usd);
}

/* Bytes of the longest name that a transport stream has room for; its muxer refuses a
 * longer one. */
#define LONGEST_NAME 255

/* {"generation_id":…,"digital_source_type":…}; NULL without memory */
static char *mark_of(const char *id, const char *type)
{
    cJSON *json = cJSON_CreateObject();
    bool whole = json && (!id || cJSON_AddStringToObject(json, "generation_id", id)) &&
                 cJSON_AddStringToObject(json, "digital_source_type", type);
    char *text = whole ? cJSON_PrintUnformatted(json) : NULL;

    cJSON_Delete(json);
    return text;
}

static int put_mark(AVDictionary **tags, const AVDictionary *own, const char *name,
                    const char *id, const char *type, size_t longest)
{
    char *text;
    int ret;

    if (av_dict_get(own, name, NULL, 0))
        return 0;
    text = mark_of(id, type);
    if (text && longest && strlen(text) > longest) {
        cJSON_free(text);
        text = mark_of(NULL, type);
    }
    ret = text ? av_dict_set(tags, name, text, 0) : AVERROR(ENOMEM);
    cJSON_free(text);
    return ret;
}

int provenance_mark(AVDictionary **tags, const AVDictionary *own)
{
    const AVDictionaryEntry *type = av_dict_get(*tags, "digital_source_type", NULL, 0);
    const AVDictionaryEntry *id = av_dict_get(*tags, "generation_id", NULL, 0);
    char *of_id = NULL, *of_type = NULL;
    int ret = 0;

    if (!type)
        return 0;
    /* What is added may move the entries. */
    of_type = av_strdup(type->value);
    of_id = id ? av_strdup(id->value) : NULL;
    if (!of_type || (id && !of_id))
        ret = AVERROR(ENOMEM);
    if (ret >= 0)
        ret = put_mark(tags, own, "comment", of_id, of_type, 0);
    if (ret >= 0)
        ret = put_mark(tags, own, "service_provider", of_id, of_type, LONGEST_NAME);
    av_free(of_id);
    av_free(of_type);
    return ret;
}
