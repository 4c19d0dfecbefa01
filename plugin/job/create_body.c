/* i2v: the body of a create call: the fields, and the stills fitted and encoded
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/create_body.h"

#include <libavutil/avstring.h>
#include <libavutil/mem.h>

#include "base/digest.h"
#include "base/url.h"
#include "request/scrub.h"

/* What is shown of a still; NULL without memory. */
static char *describe(const EngineStill *still)
{
    const StillFile *file = &still->file;
    char digest[DIGEST_TEXT_SIZE], *bare = NULL;

    if (!file->data)
        return url_bare(still->url, &bare) >= 0 ? bare : av_strdup("a URL");
    digest_text(file->data, file->size, digest);
    return av_asprintf("%s, %dx%d, %zu bytes, SHA-256 %s", file->mime, file->width,
                       file->height, file->size, digest);
}

/* A URL or a data: URI may also have come by params. */
int body_show(const Request *request, const EngineBody *body, char **shown)
{
    EngineBody copy = {0};
    char *texts[2] = {0};
    cJSON *fields = scrub_fields(request->fields);
    int ret = fields ? 0 : AVERROR(ENOMEM);

    *shown = NULL;
    for (int i = 0; i < 2 && ret >= 0; i++) {
        if (!body->stills[i].field)
            continue;
        texts[i] = describe(&body->stills[i]);
        copy.stills[i] = (EngineStill){.field = body->stills[i].field, .url = texts[i]};
        ret = texts[i] ? 0 : AVERROR(ENOMEM);
    }
    if (ret >= 0 && (ret = request->engine->body(fields, &copy)) >= 0)
        *shown = copy.text;
    av_free(texts[0]);
    av_free(texts[1]);
    cJSON_Delete(fields);
    return ret;
}

int body_make(const Request *request, Still *still, Still *end, Outcome *out,
              EngineBody *body)
{
    EngineStill *first = &body->stills[0], *last = &body->stills[1];
    int ret = 0;

    engine_body_clear(body);
    *first = (EngineStill){.field = request->image_field, .url = request->image};
    if (request->end_image)
        *last =
            (EngineStill){.field = request->end_image_field, .url = request->end_image};
    if (still)
        ret = still_encode(still, &request->target, out, &first->file);
    if (ret >= 0 && end)
        ret = still_encode(end, &request->end_target, out, &last->file);
    if (ret >= 0)
        ret = request->engine->body(request->fields, body);
    if (ret < 0)
        engine_body_clear(body);
    return ret;
}
