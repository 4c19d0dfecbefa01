/* i2v: the stand-in gateway: the models it serves, their retirement, the balance.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway.h"
#include "contract.h"

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

static int id_wanted(size_t n, const char *list)
{
    char *copy = checked_strdup(list), *rest = copy, *item;
    int found = 0;

    while (!found && (item = strsep(&rest, ",")))
        found = contract_model_matches(n, item);
    free(copy);
    return found;
}

void api_models(Exchange *x, Reply *reply)
{
    const char *id = exchange_query(x, "id"), *include = exchange_query(x, "include");
    const char *capability = exchange_query(x, "capabilities");
    int all = include && list_holds(include, "all");
    int pricing = all || (include && list_holds(include, "pricing"));
    int capabilities = all || (include && list_holds(include, "capabilities"));
    cJSON *answer = cJSON_CreateObject(), *data, *model;

    cJSON_AddStringToObject(answer, "object", "list");
    data = cJSON_AddArrayToObject(answer, "data");
    for (size_t n = 0; (model = contract_describe_model(n, pricing, capabilities)); n++)
        if ((id && !id_wanted(n, id)) ||
            (capability && !list_holds(capability, "image_to_video")))
            cJSON_Delete(model);
        else
            cJSON_AddItemToArray(data, model);
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
    cJSON_AddStringToObject(entry, "replaced_by", successor);
    cJSON_AddStringToObject(entry, "reason", "provider_delisted");
    cJSON_AddItemToArray(data, entry);
}

void api_deprecations(Exchange *x, Reply *reply)
{
    cJSON *answer = cJSON_CreateObject(), *data;
    char now[TIME_TEXT];

    (void)x;
    format_time(now_us(), now);
    cJSON_AddStringToObject(answer, "object", "list");
    cJSON_AddStringToObject(answer, "generated_at", now);
    data = cJSON_AddArrayToObject(answer, "data");
    add_retirement(data, "test/withdrawn-i2v", "withdrawn-i2v", "withdrawn", "2026-09-24",
                   "google/veo-3.1-i2v-fast");
    add_retirement(data, "openai/sora-2-i2v", "sora-2-i2v", "deprecated", NULL,
                   "google/veo-3.1-i2v-fast");
    reply_json(reply, 200, answer);
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
