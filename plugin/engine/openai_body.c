/* i2v: what a server in OpenAI's style is sent: a form with the still as a file
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/openai.h"

#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/digest.h"
#include "base/json.h"

/* Of a digest, in the boundary between two parts. */
#define BOUNDARY_DIGITS 32

/* As forms of the web have names (HTML, multipart/form-data). */
static void print_name(AVBPrint *text, const char *name)
{
    for (; *name; name++) {
        if (*name == '"' || *name == '\r' || *name == '\n')
            av_bprintf(text, "%%%02X", *name);
        else
            av_bprint_chars(text, *name, 1);
    }
}

static void begin_part(AVBPrint *text, const char *boundary, const char *name)
{
    av_bprintf(text, "--%s\r\nContent-Disposition: form-data; name=\"", boundary);
    print_name(text, name);
    av_bprintf(text, "\"");
}

/* Some servers take an empty part for a value, so none is sent.
 * @return 0 or AVERROR(ENOMEM) */
static int add_field(AVBPrint *text, const char *boundary, const cJSON *field)
{
    bool plain = cJSON_IsString(field) || cJSON_IsRaw(field);
    char *printed = plain ? NULL : cJSON_PrintUnformatted(field);
    const char *value = plain ? field->valuestring : printed;

    if (value && *value) {
        begin_part(text, boundary, field->string);
        av_bprintf(text, "\r\n\r\n%s\r\n", value);
    }
    cJSON_free(printed);
    return value ? 0 : AVERROR(ENOMEM);
}

/* One that is in no part: it is the digest of all of them. @return 0 or AVERROR(ENOMEM)
 */
static int choose_boundary(const cJSON *fields, const StillFile *file,
                           char boundary[BOUNDARY_DIGITS + 1])
{
    char *text = cJSON_PrintUnformatted(fields), digest[DIGEST_TEXT_SIZE];
    const BodyPart parts[] = {{BODY_BYTES, text, text ? strlen(text) : 0},
                              {BODY_BYTES, file->data, file->size}};
    int ret = text ? body_digest(parts, 2, digest) : AVERROR(ENOMEM);

    if (ret >= 0)
        av_strlcpy(boundary, digest, BOUNDARY_DIGITS + 1);
    cJSON_free(text);
    return ret;
}

/* What is shown of a request. */
static int show(const cJSON *fields, EngineBody *body)
{
    cJSON *json = cJSON_Duplicate(fields, 1);
    const EngineStill *still = &body->stills[0];
    char *text =
        json && (!still->field || cJSON_AddStringToObject(json, still->field, still->url))
            ? cJSON_PrintUnformatted(json)
            : NULL;

    body->text = text ? av_strdup(text) : NULL;
    cJSON_free(text);
    cJSON_Delete(json);
    return body->text ? 0 : AVERROR(ENOMEM);
}

int openai_body(const cJSON *fields, EngineBody *body)
{
    const StillFile *file = &body->stills[0].file;
    char boundary[BOUNDARY_DIGITS + 1];
    const cJSON *field;
    AVBPrint text;
    int ret = 0;

    if (!file->data)
        return show(fields, body);
    if (choose_boundary(fields, file, boundary) < 0)
        return AVERROR(ENOMEM);
    av_bprint_init(&text, 0, AV_BPRINT_SIZE_UNLIMITED);
    cJSON_ArrayForEach(field, fields) if (ret >= 0) ret =
        add_field(&text, boundary, field);
    begin_part(&text, boundary, body->stills[0].field);
    /* A bare name: some servers make it part of a path. */
    av_bprintf(&text, "; filename=\"still.%s\"\r\nContent-Type: %s\r\n\r\n",
               strcmp(file->mime, "image/jpeg") ? "png" : "jpg", file->mime);
    size_t head = text.len;
    av_bprintf(&text, "\r\n--%s--\r\n", boundary);
    size_t size = text.len;
    body->type = av_asprintf("multipart/form-data; boundary=%s", boundary);
    if (ret < 0 || !av_bprint_is_complete(&text) || !body->type) {
        av_bprint_finalize(&text, NULL);
        return AVERROR(ENOMEM);
    }
    if (av_bprint_finalize(&text, &body->text) < 0)
        return AVERROR(ENOMEM);
    body->parts[0] = (BodyPart){BODY_BYTES, body->text, head};
    body->parts[1] = (BodyPart){BODY_BYTES, file->data, file->size};
    body->parts[2] = (BodyPart){BODY_BYTES, body->text + head, size - head};
    body->count = 3;
    return 0;
}
