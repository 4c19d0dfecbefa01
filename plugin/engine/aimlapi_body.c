/* i2v: what aimlapi is sent: JSON with the stills in it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/aimlapi.h"

#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/json.h"

/* Where the bytes of a still go. In JSON a control character is escaped, so that no field
 * holds one of these. */
static const char gaps[] = "\1\2";

/* A still at a member or at a path of them, "image_list[]" being a list of it alone. An
 * image inside another object says that it
 * is one. Takes value over. */
static bool place(cJSON *body, const char *path, cJSON *value)
{
    size_t size = strcspn(path, ".[");
    char name[64];

    av_strlcpy(name, path, FFMIN(size + 1, sizeof(name)));
    if (path[size] != '.') {
        bool list = path[size] == '[';
        cJSON *array = list ? cJSON_AddArrayToObject(body, name) : NULL;
        if (value && (list ? array && cJSON_AddItemToArray(array, value)
                           : cJSON_AddItemToObject(body, name, value)))
            return true;
        cJSON_Delete(value);
        return false;
    }
    cJSON *inner = json_member(body, name);
    if (!inner)
        inner = cJSON_AddObjectToObject(body, name);
    if (!place(inner, path + size + 1, value))
        return false;
    return strcmp(path + size, ".url") || cJSON_AddStringToObject(inner, "type", "image");
}

static cJSON *value_of(const EngineStill *still, char gap)
{
    char uri[64];

    if (!still->file.data)
        return cJSON_CreateString(still->url);
    snprintf(uri, sizeof(uri), "\"data:%s;base64,%c\"", still->file.mime, gap);
    return cJSON_CreateRaw(uri);
}

/* The text cut at its gaps, and the files in them. */
static void cut(EngineBody *body)
{
    const char *text = body->text;
    BodyPart *part = body->parts;

    for (;;) {
        size_t size = strcspn(text, gaps);
        *part++ = (BodyPart){BODY_BYTES, text, size};
        if (!text[size])
            break;
        const StillFile *file = &body->stills[strchr(gaps, text[size]) - gaps].file;
        *part++ = (BodyPart){BODY_BASE64, file->data, file->size};
        text += size + 1;
    }
    body->count = (int)(part - body->parts);
}

int aimlapi_body(const cJSON *fields, EngineBody *body)
{
    cJSON *json = cJSON_Duplicate(fields, 1);
    bool whole = json;
    char *text;

    for (int i = 0; i < 2; i++)
        if (whole && body->stills[i].field)
            whole =
                place(json, body->stills[i].field, value_of(&body->stills[i], gaps[i]));
    text = whole ? cJSON_PrintUnformatted(json) : NULL;
    body->text = text ? av_strdup(text) : NULL;
    cJSON_free(text);
    cJSON_Delete(json);
    if (!body->text)
        return AVERROR(ENOMEM);
    cut(body);
    return 0;
}
