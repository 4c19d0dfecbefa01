/* i2v: the stand-in gateway: what was asked, for /control/state and --verbose.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>

static void note_free(Note *note)
{
    char *texts[] = {
        note->method, note->path,         note->user_agent,       note->range,
        note->expect, note->content_type, note->client_request_id};

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        free(texts[i]);
    *note = (Note){0};
}

static char *copy_header(const Exchange *x, const char *name)
{
    const char *value = exchange_header(x, name);

    return value ? checked_strdup(value) : NULL;
}

static void note_user_agent(Gateway *gateway, const char *agent)
{
    size_t at = 0;

    while (agent && at < gateway->nb_user_agents &&
           strcmp(agent, gateway->user_agents[at]))
        at++;
    if (!agent || at < gateway->nb_user_agents)
        return;
    gateway->user_agents =
        checked_realloc(gateway->user_agents, (at + 1) * sizeof(*gateway->user_agents));
    gateway->user_agents[at] = checked_strdup(agent);
    gateway->nb_user_agents = at + 1;
}

typedef struct Search {
    const char *key;
    int found;
} Search;

static enum MHD_Result search_header(void *opaque, enum MHD_ValueKind kind,
                                     const char *name, const char *value)
{
    Search *search = opaque;

    (void)kind;
    if (!strcasecmp(name, "Authorization") || strstr(name, search->key) ||
        (value && strstr(value, search->key)))
        search->found = 1;
    return MHD_YES;
}

/* The key, or any Authorization, must never reach the file server. */
static int brings_key(const Exchange *x)
{
    Search search = {x->gateway->api_key, 0};

    MHD_get_connection_values(x->connection, MHD_HEADER_KIND, search_header, &search);
    return search.found || strstr(x->uri, x->gateway->api_key);
}

static unsigned client_port(const Exchange *x)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr_in *address =
        info ? (const struct sockaddr_in *)info->client_addr : NULL;

    return address ? ntohs(address->sin_port) : 0;
}

void note_request(Exchange *x)
{
    Gateway *gateway = x->gateway;
    int brought = x->on_files && brings_key(x);
    char digest[DIGEST_TEXT], *seed;
    Note *note;

    pthread_mutex_lock(&gateway->lock);
    gateway->key_at_files |= brought;
    gateway->seen[x->endpoint]++;
    seed = text_format("%llu %lld", (unsigned long long)++gateway->nb_requests,
                       (long long)now_us());
    if (!x->route || strncmp(x->path, "/control/", 9)) {
        x->note = ++gateway->nb_notes;
        note = &gateway->notes[(x->note - 1) % NB_NOTES];
        note_free(note);
        note->endpoint = x->endpoint;
        note->method = checked_strdup(x->method);
        note->path = checked_strdup(x->uri);
        note->user_agent = copy_header(x, "User-Agent");
        note->client_request_id = copy_header(x, "X-Client-Request-Id");
        note->range = copy_header(x, "Range");
        note->content_type = copy_header(x, "Content-Type");
        note->expect = copy_header(x, "Expect");
        note->connection = client_port(x);
        note->has_authorization = exchange_header(x, "Authorization") != NULL;
        note_user_agent(gateway, note->user_agent);
    }
    pthread_mutex_unlock(&gateway->lock);
    sha256_text(seed, strlen(seed), digest);
    uuid_like(digest, x->request_id);
    free(seed);
}

void note_status(const Exchange *x, unsigned status)
{
    Gateway *gateway = x->gateway;

    pthread_mutex_lock(&gateway->lock);
    if (x->note && gateway->nb_notes - x->note < NB_NOTES)
        gateway->notes[(x->note - 1) % NB_NOTES].status = status;
    pthread_mutex_unlock(&gateway->lock);
    if (gateway->verbose)
        fprintf(stderr, "i2v-gateway: %s %s %s -> %u\n", endpoint_name(x->endpoint),
                x->method, x->uri, status);
}

static void add_nullable(cJSON *object, const char *name, const char *text)
{
    if (text)
        cJSON_AddStringToObject(object, name, text);
    else
        cJSON_AddNullToObject(object, name);
}

static cJSON *describe(const Note *note)
{
    cJSON *object = cJSON_CreateObject(), *headers;

    cJSON_AddStringToObject(object, "endpoint", endpoint_name(note->endpoint));
    cJSON_AddStringToObject(object, "method", note->method);
    cJSON_AddStringToObject(object, "path", note->path);
    cJSON_AddNumberToObject(object, "status", note->status);
    cJSON_AddNumberToObject(object, "connection", note->connection);
    headers = cJSON_AddObjectToObject(object, "headers");
    add_nullable(headers, "user-agent", note->user_agent);
    add_nullable(headers, "x-client-request-id", note->client_request_id);
    add_nullable(headers, "range", note->range);
    add_nullable(headers, "content-type", note->content_type);
    add_nullable(headers, "expect", note->expect);
    cJSON_AddBoolToObject(headers, "has_authorization", note->has_authorization);
    return object;
}

static cJSON *describe_counts(const Gateway *gateway)
{
    cJSON *counts = cJSON_CreateObject();

    cJSON_AddNumberToObject(counts, "create_seen",
                            (double)gateway->seen[ENDPOINT_CREATE]);
    cJSON_AddNumberToObject(counts, "create_accepted", (double)gateway->accepted);
    for (int i = ENDPOINT_POLL; i <= ENDPOINT_CANCEL; i++)
        cJSON_AddNumberToObject(counts, endpoint_name((Endpoint)i),
                                (double)gateway->seen[i]);
    return counts;
}

cJSON *notes_counts(Gateway *gateway)
{
    pthread_mutex_lock(&gateway->lock);
    cJSON *counts = describe_counts(gateway);
    pthread_mutex_unlock(&gateway->lock);
    return counts;
}

void notes_describe(Gateway *gateway, cJSON *state)
{
    cJSON *agents, *requests;
    uint64_t first;

    pthread_mutex_lock(&gateway->lock);
    cJSON_AddItemToObject(state, "counts", describe_counts(gateway));
    cJSON_AddBoolToObject(state, "key_at_cdn", gateway->key_at_files);
    agents = cJSON_AddArrayToObject(state, "user_agents");
    for (size_t i = 0; i < gateway->nb_user_agents; i++)
        cJSON_AddItemToArray(agents, cJSON_CreateString(gateway->user_agents[i]));
    requests = cJSON_AddArrayToObject(state, "requests");
    first = gateway->nb_notes > NB_NOTES ? gateway->nb_notes - NB_NOTES : 0;
    for (uint64_t i = first; i < gateway->nb_notes; i++)
        cJSON_AddItemToArray(requests, describe(&gateway->notes[i % NB_NOTES]));
    pthread_mutex_unlock(&gateway->lock);
}

void notes_free(Gateway *gateway)
{
    for (int i = 0; i < NB_NOTES; i++)
        note_free(&gateway->notes[i]);
    for (size_t i = 0; i < gateway->nb_user_agents; i++)
        free(gateway->user_agents[i]);
    free(gateway->user_agents);
}
