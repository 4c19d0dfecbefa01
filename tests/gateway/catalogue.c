/* i2v: the stand-in gateway: the models it serves, their retirement, the balance.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway.h"
#include "model.h"
#include "published.h"

#include <stdlib.h>
#include <string.h>

#define BALANCE_USD 100.0

/* Whether a comma-separated list holds the word. */
static int list_holds(const char *list, const char *word)
{
    char *copy = checked_strdup(list), *rest = copy, *item;
    int found = 0;

    while (!found && (item = strsep(&rest, ",")))
        found = !strcasecmp(item, word);
    free(copy);
    return found;
}

static int id_wanted(const Model *model, const char *list)
{
    const cJSON *alias;

    if (list_holds(list, model->id))
        return 1;
    cJSON_ArrayForEach(alias, model->aliases)
    {
        if (list_holds(list, alias->valuestring))
            return 1;
    }
    return 0;
}

static void add_words(cJSON *object, const char *name, const char *words)
{
    char *copy = checked_strdup(words), *rest = copy, *word;
    cJSON *list = cJSON_AddArrayToObject(object, name);

    while ((word = strsep(&rest, " ")))
        cJSON_AddItemToArray(list, cJSON_CreateString(word));
    free(copy);
}

/* What every entry has. */
static cJSON *describe_model(const Exchange *x, const char *id, const char *developer)
{
    cJSON *entry = cJSON_CreateObject(), *info;
    const char *name = strchr(id, '/');
    char *url =
        text_format("https://docs.aimlapi.com/api-references/video-models/%s", id);

    cJSON_AddStringToObject(entry, "id", id);
    info = cJSON_AddObjectToObject(entry, "info");
    cJSON_AddStringToObject(info, "name", name ? name + 1 : id);
    cJSON_AddStringToObject(info, "developer", developer);
    cJSON_AddStringToObject(info, "description", "");
    cJSON_AddStringToObject(info, "url", "");
    cJSON_AddStringToObject(info, "docsUrl", url);
    free(url);
    url = text_format("%s/docs-json?model=%s&endpoint=internal%%2Fvideo-generations"
                      "%%2Fsubmit",
                      x->gateway->api_base, id);
    cJSON_AddStringToObject(info, "docsJson", url);
    cJSON_AddStringToObject(entry, "type", "internal/video-generations/submit");
    free(url);
    return entry;
}

/* Whether the model would also do without an image. */
static int takes_text_alone(const Model *model)
{
    const cJSON *name;

    cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(model->schema, "required"))
    {
        if (!strcmp(name->valuestring, model->first))
            return 0;
    }
    return 1;
}

static const char *capabilities_of(const Model *model)
{
    if (!model->first)
        return "text_to_video";
    int audio =
        !cJSON_IsString(model->audio) || !strcmp(model->audio->valuestring, "always");

    if (takes_text_alone(model))
        return audio ? "audio_generation image_to_video text_to_video"
                     : "image_to_video text_to_video";
    return audio ? "audio_generation image_to_video" : "image_to_video";
}

/* The sections that a list asks for, or all of them. */
static int wants(const Exchange *x, const char *section)
{
    const char *include = exchange_query(x, "include"),
               *details = exchange_query(x, "details");

    return (include && (list_holds(include, "all") || list_holds(include, section))) ||
           (details && (!strcmp(details, "true") || !strcmp(details, "1")));
}

static int does_any(const char *capabilities, const char *list)
{
    char *copy = checked_strdup(capabilities), *rest = copy, *word;
    int found = 0;

    while (!found && (word = strsep(&rest, " ")))
        found = list_holds(list, word);
    free(copy);
    return found;
}

/* Adds an entry unless the filters leave it out; pricing is not taken over. */
static void add_entry(const Exchange *x, cJSON *data, cJSON *entry, const cJSON *aliases,
                      const char *capabilities, const cJSON *pricing)
{
    const char *capability = exchange_query(x, "capabilities");
    cJSON *modalities;

    if (capability && !does_any(capabilities, capability)) {
        cJSON_Delete(entry);
        return;
    }
    cJSON_AddItemToObject(entry, "aliases", cJSON_Duplicate(aliases, 1));
    add_words(entry, "tags", "playground:video tier:tier_2");
    if (wants(x, "modalities")) {
        modalities = cJSON_AddObjectToObject(entry, "modalities");
        add_words(modalities, "input",
                  does_any(capabilities, "image_to_video") ? "image text" : "text");
        add_words(modalities, "output", "video");
    }
    if (wants(x, "capabilities"))
        add_words(entry, "capabilities", capabilities);
    if (wants(x, "pricing"))
        cJSON_AddItemToObject(entry, "pricing", cJSON_Duplicate(pricing, 1));
    cJSON_AddItemToArray(data, entry);
}

/* One that is listed and makes no clip of a still. */
static void add_other(const Exchange *x, cJSON *data, const char *wanted)
{
    static const char id[] = "openai/sora-2-t2v";
    cJSON *aliases, *pricing;

    if (wanted && !list_holds(wanted, id) && !list_holds(wanted, strchr(id, '/') + 1))
        return;
    aliases = cJSON_CreateArray();
    cJSON_AddItemToArray(aliases, cJSON_CreateString(strchr(id, '/') + 1));
    pricing =
        cJSON_Parse("{\"kind\":\"fixed\",\"currency\":\"USD\",\"units\":[{\"price\":0.13,"
                    "\"unit\":\"second\",\"per\":1}]}");
    add_entry(x, data, describe_model(x, id, "Open AI"), aliases,
              "audio_generation text_to_video", pricing);
    cJSON_Delete(aliases);
    cJSON_Delete(pricing);
}

void api_models(Exchange *x, Reply *reply)
{
    const char *wanted = exchange_query(x, "id");
    cJSON *answer = cJSON_CreateObject(), *data;
    const Model *model;

    cJSON_AddStringToObject(answer, "object", "list");
    data = cJSON_AddArrayToObject(answer, "data");
    for (size_t n = 0; (model = models_at(n)); n++)
        if (!wanted || id_wanted(model, wanted))
            add_entry(x, data, describe_model(x, model->id, model->developer),
                      model->aliases, capabilities_of(model), model->pricing);
    add_other(x, data, wanted);
    reply_json(reply, 200, answer);
}

static void add_retirement(cJSON *data, const char *id, const char *alias,
                           const char *status, const char *shutdown,
                           const char *successor)
{
    cJSON *entry = cJSON_CreateObject();

    cJSON_AddStringToObject(entry, "id", id);
    cJSON_AddItemToArray(cJSON_AddArrayToObject(entry, "aliases"),
                         cJSON_CreateString(alias));
    cJSON_AddStringToObject(entry, "status", status);
    cJSON_AddStringToObject(entry, "deprecated_at", "2026-03-24");
    if (shutdown)
        cJSON_AddStringToObject(entry, "shutdown_at", shutdown);
    else
        cJSON_AddNullToObject(entry, "shutdown_at");
    if (successor)
        cJSON_AddStringToObject(entry, "replaced_by", successor);
    else
        cJSON_AddNullToObject(entry, "replaced_by");
    cJSON_AddStringToObject(entry, "reason", "provider_delisted");
    cJSON_AddItemToArray(data, entry);
}

void api_deprecations(Exchange *x, Reply *reply)
{
    cJSON *answer = cJSON_CreateObject(), *data;
    const char *known = exchange_header(x, "If-None-Match");
    char now[TIME_TEXT], digest[DIGEST_TEXT], *text, *etag;

    format_time(now_us(), now);
    cJSON_AddStringToObject(answer, "object", "list");
    cJSON_AddStringToObject(answer, "generated_at", now);
    data = cJSON_AddArrayToObject(answer, "data");
    add_retirement(data, "test/withdrawn-i2v", "withdrawn-i2v", "withdrawn", "2026-09-24",
                   "google/veo-3.1-i2v-fast");
    add_retirement(data, "test/gone-i2v", "gone-i2v", "withdrawn", "2026-10-01", NULL);
    add_retirement(data, "openai/sora-2-i2v", "sora-2-i2v", "deprecated", NULL,
                   "google/veo-3.1-i2v-fast");
    text = cJSON_PrintUnformatted(data);
    sha256_text(text, strlen(text), digest);
    free(text);
    etag = text_format("W/\"%.16s\"", digest);
    if (known && !strcmp(known, etag)) {
        cJSON_Delete(answer);
        reply_text(reply, 304, "application/json", "");
    } else {
        reply_json(reply, 200, answer);
    }
    reply_header(reply, "ETag", etag);
    reply_header(reply, "Cache-Control", checked_strdup("public, max-age=300"));
}

void api_docs(Exchange *x, Reply *reply)
{
    const char *name = exchange_query(x, "model");
    const Model *model = name ? models_find(name) : NULL;
    cJSON *document = model ? published_document(model) : NULL;

    if (document)
        reply_json(reply, 200, document);
    else
        reply_error(x, reply, 404, "Not Found");
}

void api_billing(Exchange *x, Reply *reply)
{
    JobList *list = &x->gateway->jobs;
    cJSON *answer = cJSON_CreateObject();
    double left = BALANCE_USD;
    int64_t now = now_us();

    pthread_mutex_lock(&list->lock);
    for (size_t i = 0; i < list->nb_jobs; i++)
        if (job_status_locked(list->jobs[i], now) == JOB_COMPLETED)
            left -= list->jobs[i]->usd;
    pthread_mutex_unlock(&list->lock);
    cJSON_AddNumberToObject(answer, "current_balance", left);
    cJSON_AddStringToObject(answer, "currency", "USD");
    reply_json(reply, 200, answer);
}
