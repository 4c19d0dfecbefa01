/* i2v: what an engine says of its models, read
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/catalogue.h"

#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/json.h"
#include "base/text.h"

/* More names than that of one model are nonsense, and take long to compare. */
#define MAX_ALIASES 16

/* The whole catalogue has about a thousand; each is compared with all before it. */
#define MAX_ENTRIES 2000

/* A text that is longer is no name. */
#define MAX_TEXT 255

typedef struct Entry {
    const cJSON *json;
    const char *id;
} Entry;

struct Catalogue {
    cJSON *json;
    Entry *entries; ///< each id once
    int count;
};

/* A text that can be shown: UTF-8 without control characters, not too long. */
static const char *shown(const cJSON *item)
{
    const char *text = cJSON_GetStringValue(item);
    return text && *text && strlen(text) <= MAX_TEXT && text_is_plain(text) ? text : NULL;
}

/* A model is listed once for each kind of endpoint that serves it. */
static int worth(const cJSON *entry)
{
    const char *type = cJSON_GetStringValue(json_member(entry, "type"));
    return 2 * (type && av_stristr(type, "video")) +
           cJSON_IsObject(json_member(entry, "pricing"));
}

static int find_id(const Catalogue *catalogue, const char *name)
{
    for (int i = 0; i < catalogue->count; i++)
        if (!av_strcasecmp(catalogue->entries[i].id, name))
            return i;
    return -1;
}

static int take_entries(Catalogue *catalogue, const cJSON *data)
{
    bool one = cJSON_IsObject(data);
    int count = one ? 1 : FFMIN(cJSON_GetArraySize(data), MAX_ENTRIES);
    const cJSON *entry = one ? data : data->child;

    catalogue->entries = av_calloc((size_t)count + 1, sizeof(*catalogue->entries));
    if (!catalogue->entries)
        return AVERROR(ENOMEM);
    for (int i = 0; i < count; i++, entry = entry->next) {
        const char *id = shown(json_member(entry, "id"));
        int known = id ? find_id(catalogue, id) : -1;
        if (known >= 0 && worth(entry) > worth(catalogue->entries[known].json))
            catalogue->entries[known] = (Entry){entry, id};
        else if (id && known < 0)
            catalogue->entries[catalogue->count++] = (Entry){entry, id};
    }
    return 0;
}

int catalogue_of(cJSON *json, Catalogue **catalogue)
{
    Catalogue *c = av_mallocz(sizeof(*c));
    int ret = AVERROR_INVALIDDATA;

    *catalogue = c;
    if (!c) {
        cJSON_Delete(json);
        return AVERROR(ENOMEM);
    }
    c->json = json;
    const cJSON *data = json_member(c->json, "data");
    if (cJSON_IsArray(data) || cJSON_IsObject(data))
        ret = take_entries(c, data);
    if (ret < 0)
        catalogue_free(catalogue);
    return ret;
}

int catalogue_parse(const char *body, size_t size, Catalogue **catalogue)
{
    return catalogue_of(json_parse(body, size), catalogue);
}

void catalogue_free(Catalogue **catalogue)
{
    if (!*catalogue)
        return;
    cJSON_Delete((*catalogue)->json);
    av_freep(&(*catalogue)->entries);
    av_freep(catalogue);
}

int catalogue_count(const Catalogue *catalogue)
{
    return catalogue ? catalogue->count : 0;
}

const char *catalogue_id(const Catalogue *catalogue, int n)
{
    return catalogue->entries[n].id;
}

const char *catalogue_alias(const Catalogue *catalogue, int n, int which)
{
    const cJSON *aliases = json_member(catalogue->entries[n].json, "aliases"), *alias;
    int left = MAX_ALIASES;
    cJSON_ArrayForEach(alias, aliases)
    {
        if (!left--)
            break;
        if (shown(alias) && !which--)
            return alias->valuestring;
    }
    return NULL;
}

static bool has_alias(const Catalogue *catalogue, int n, const char *name)
{
    const char *alias;
    for (int i = 0; (alias = catalogue_alias(catalogue, n, i)); i++)
        if (!av_strcasecmp(alias, name))
            return true;
    return false;
}

int catalogue_find(const Catalogue *catalogue, const char *name)
{
    int found = catalogue ? find_id(catalogue, name) : -1;
    for (int i = 0; i < catalogue_count(catalogue) && found < 0; i++)
        if (has_alias(catalogue, i, name))
            found = i;
    return found;
}

const char *catalogue_docs(const Catalogue *catalogue, int n)
{
    return shown(
        json_member(json_member(catalogue->entries[n].json, "info"), "docsJson"));
}

const cJSON *catalogue_pricing(const Catalogue *catalogue, int n)
{
    const cJSON *pricing = json_member(catalogue->entries[n].json, "pricing");
    return cJSON_IsObject(pricing) ? pricing : NULL;
}

int catalogue_retirement(const Catalogue *catalogue, const char *name,
                         CatalogueRetirement *retirement)
{
    int n = catalogue_find(catalogue, name);

    *retirement = (CatalogueRetirement){0};
    if (n < 0)
        return AVERROR(ENOENT);
    const cJSON *entry = catalogue->entries[n].json;
    *retirement = (CatalogueRetirement){
        .id = catalogue_id(catalogue, n),
        .status = shown(json_member(entry, "status")),
        .shutdown_at = shown(json_member(entry, "shutdown_at")),
        .replaced_by = shown(json_member(entry, "replaced_by")),
        .reason = shown(json_member(entry, "reason")),
    };
    return 0;
}
