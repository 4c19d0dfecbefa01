/* i2v: what an engine says to everybody, kept beside the ledger
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/document.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "store/parts.h"

#define DIRECTORY  "models"
#define MAX_FILE   (8 << 20)
#define MOST_SHOWN 80 ///< characters of a name in that of its file

/* To be recognized by a person, and told apart by the digest. */
static char *path_of(const Store *store, const char *origin, const char *name)
{
    char shown[MOST_SHOWN + 1], digest[DIGEST_TEXT_SIZE], *path = NULL;
    char *whole = av_asprintf("%s %s", origin, name);

    if (!whole)
        return NULL;
    digest_text(whole, strlen(whole), digest);
    av_strlcpy(shown, name, sizeof(shown));
    for (char *c = shown; *c; c++)
        if (!av_isdigit(*c) && !(av_tolower(*c) >= 'a' && av_tolower(*c) <= 'z') &&
            !strchr(".-_", *c))
            *c = '_';
    path = av_asprintf("%s/" DIRECTORY "/%s-%.12s.json", store->directory, shown, digest);
    av_free(whole);
    return path;
}

int document_read(const Store *store, const char *origin, const char *name,
                  EngineDocument *document, int64_t *age)
{
    char *path = path_of(store, origin, name), *text = NULL;
    size_t size = 0;
    int ret = path ? files_read_bytes(path, MAX_FILE, &text, &size) : AVERROR(ENOMEM);
    cJSON *file = ret >= 0 && text ? json_parse(text, size) : NULL;
    const char *its_origin = json_text(file, "origin"),
               *its_name = json_text(file, "name");
    const char *etag = json_text(file, "etag");
    double got = json_number(file, "got", -1);

    *document = (EngineDocument){0};
    *age = INT64_MAX;
    if (ret == AVERROR_INVALIDDATA ||
        (ret >= 0 && (!its_origin || !its_name || strcmp(its_origin, origin) ||
                      strcmp(its_name, name))))
        ret = AVERROR(ENOENT);
    if (ret >= 0) {
        double passed = (double)time(NULL) - got;
        document->json = cJSON_DetachItemFromObjectCaseSensitive(file, "document");
        if (!document->json ||
            (!cJSON_IsObject(document->json) && !cJSON_IsNull(document->json)))
            ret = AVERROR(ENOENT);
        if (!cJSON_IsObject(document->json)) {
            cJSON_Delete(document->json);
            document->json = NULL;
        }
        av_strlcpy(document->etag, etag && text_is_plain(etag) ? etag : "",
                   sizeof(document->etag));
        if (got > 0 && passed >= 0)
            *age = (int64_t)passed;
    }
    cJSON_Delete(file);
    av_free(text);
    av_free(path);
    return ret;
}

int document_write(const Store *store, const char *origin, const char *name,
                   const EngineDocument *document)
{
    char *path = path_of(store, origin, name), *text = NULL, *slash;
    cJSON *file = cJSON_CreateObject();
    bool whole =
        path && cJSON_AddStringToObject(file, "origin", origin) &&
        cJSON_AddStringToObject(file, "name", name) &&
        cJSON_AddNumberToObject(file, "got", (double)time(NULL)) &&
        cJSON_AddStringToObject(file, "etag", document->etag) &&
        (document->json ? cJSON_AddItemReferenceToObject(file, "document", document->json)
                        : cJSON_AddNullToObject(file, "document") != NULL);
    int ret = AVERROR(ENOMEM);

    if (whole && (text = cJSON_PrintUnformatted(file))) {
        slash = strrchr(path, '/');
        *slash = '\0';
        ret = files_make_directory(path);
        *slash = '/';
    }
    if (ret >= 0)
        ret = files_save(path, text, strlen(text), 0600);
    cJSON_free(text);
    cJSON_Delete(file);
    av_free(path);
    return ret;
}
