/* i2v: the body of a create call: the fields, and the stills fitted and encoded
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "body.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/base64.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "digest.h"
#include "http.h"
#include "provenance.h"

/* One still as the body has it, and as it is shown. */
typedef struct Part {
    char *sent;
    char *shown;
} Part;

static void part_free(Part *part)
{
    av_freep(&part->sent);
    av_freep(&part->shown);
}

static char *data_uri(const StillFile *file)
{
    size_t head = strlen("data:;base64,") + strlen(file->mime);
    size_t size = head + AV_BASE64_SIZE(file->size);
    char *uri = file->size < INT_MAX / 2 ? av_malloc(size) : NULL;

    if (!uri)
        return NULL;
    snprintf(uri, size, "data:%s;base64,", file->mime);
    if (!av_base64_encode(uri + head, (int)(size - head), file->data, (int)file->size))
        av_freep(&uri);
    return uri;
}

static int part_of_still(const Still *still, const StillTarget *target, void *log,
                         Part *part)
{
    char digest[DIGEST_TEXT_SIZE];
    StillFile file = {0};
    int ret = still_encode(still, target, log, &file);

    if (ret < 0)
        return ret;
    part->sent = data_uri(&file);
    ret = digest_text((const char *)file.data, file.size, digest);
    if (ret >= 0)
        part->shown = av_asprintf("%s, %dx%d, %zu bytes, SHA-256 %s", file.mime,
                                  file.width, file.height, file.size, digest);
    av_free(file.data);
    return part->sent && part->shown ? 0 : AVERROR(ENOMEM);
}

static int part_of(const Still *still, const char *url, const StillTarget *target,
                   void *log, Part *part)
{
    if (still)
        return part_of_still(still, target, log, part);
    if (!url)
        return 0;
    part->sent = av_strdup(url);
    if (http_bare_url(url, &part->shown) < 0)
        part->shown = av_strdup("a URL");
    return part->sent && part->shown ? 0 : AVERROR(ENOMEM);
}

/* A URL or a data: URI may also have come by params. */
static char *make_shown(const Request *request, const char *first, const char *last)
{
    Request shown = *request;
    shown.fields = provenance_request(request->fields);
    char *text = shown.fields ? request_body(&shown, first, last) : NULL;
    cJSON_Delete(shown.fields);
    return text;
}

int body_make(const Request *request, const Still *still, const Still *end, void *log,
              char **body, char **shown)
{
    Part first = {0}, last = {0};
    int ret = part_of(still, request->image, &request->target, log, &first);

    *body = NULL;
    if (shown)
        *shown = NULL;
    if (ret >= 0)
        ret = part_of(end, request->end_image, &request->end_target, log, &last);
    if (ret >= 0) {
        *body = request_body(request, first.sent, last.sent);
        if (shown)
            *shown = make_shown(request, first.shown, last.shown);
        ret = *body && (!shown || *shown) ? 0 : AVERROR(ENOMEM);
    }
    part_free(&first);
    part_free(&last);
    return ret;
}
