/* i2v: the body of a create call: the fields, and the stills fitted and encoded
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/body.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/base64.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/digest.h"
#include "base/http.h"
#include "request/kept.h"

/* One still: a file, in whose place the body has a mark at first, or a URL. */
typedef struct Part {
    StillFile file;
    char mark[REQUEST_KEY_SIZE + 8];
    char *shown; ///< when that is wanted
} Part;

static void part_free(Part *part)
{
    still_file_clear(&part->file);
    av_freep(&part->shown);
}

static char *describe_file(const StillFile *file)
{
    char digest[DIGEST_TEXT_SIZE];

    if (digest_text(file->data, file->size, digest) < 0)
        return NULL;
    return av_asprintf("%s, %dx%d, %zu bytes, SHA-256 %s", file->mime, file->width,
                       file->height, file->size, digest);
}

static char *describe_url(const char *url)
{
    char *bare = NULL;

    return http_bare_url(url, &bare) >= 0 ? bare : av_strdup("a URL");
}

static int make_part(const Still *still, const char *url, const StillTarget *target,
                     bool show, Outcome *out, Part *part)
{
    int ret = still ? still_encode(still, target, out, &part->file) : 0;

    if (ret < 0 || !show || (!still && !url))
        return ret;
    part->shown = still ? describe_file(&part->file) : describe_url(url);
    return part->shown ? 0 : AVERROR(ENOMEM);
}

/* What goes in place of a mark, its NUL included. */
static size_t uri_size(const StillFile *file)
{
    return strlen("data:;base64,") + strlen(file->mime) + AV_BASE64_SIZE(file->size);
}

/* @return its end */
static char *write_uri(const StillFile *file, char *to, size_t size)
{
    int head = snprintf(to, size, "data:%s;base64,", file->mime);

    av_base64_encode(to + head, (int)size - head, file->data, (int)file->size);
    return to + size - 1;
}

/* The mark that comes first. */
static const Part *next_part(const Part *parts, int count, const char *text,
                             const char **at)
{
    const Part *next = NULL;

    for (int i = 0; i < count; i++) {
        const char *mark = parts[i].file.data ? strstr(text, parts[i].mark) : NULL;
        if (mark && (!next || mark < *at)) {
            *at = mark;
            next = &parts[i];
        }
    }
    return next;
}

/* The body with the files in place of their marks: written there at once, since they are
 * by far the most of it. */
static char *fill_in(const char *text, const Part *parts, int count)
{
    size_t size = strlen(text) + 1;
    const char *at = text;
    const Part *part;
    char *body, *to;

    for (int i = 0; i < count; i++) {
        if (parts[i].file.size >= INT_MAX / 2)
            return NULL;
        size += parts[i].file.data ? uri_size(&parts[i].file) : 0;
    }
    if (!(body = to = av_malloc(size)))
        return NULL;
    while ((part = next_part(parts, count, text, &at))) {
        memcpy(to, text, (size_t)(at - text));
        to = write_uri(&part->file, to + (at - text), uri_size(&part->file));
        text = at + strlen(part->mark);
    }
    memcpy(to, text, strlen(text) + 1);
    return body;
}

static char *make_body(const Request *request, Part parts[2])
{
    const char *urls[] = {request->image, request->end_image};
    char *text, *body;

    for (int i = 0; i < 2; i++) {
        if (!parts[i].file.data)
            continue;
        /* The key is of all fields, so that none of them holds it. */
        snprintf(parts[i].mark, sizeof(parts[i].mark), "still%d-%s", i, request->key);
        urls[i] = parts[i].mark;
    }
    text = request_body(request, urls[0], urls[1]);
    body = text ? fill_in(text, parts, 2) : NULL;
    cJSON_free(text);
    return body;
}

/* A URL or a data: URI may also have come by params. */
static char *make_shown(const Request *request, const char *first, const char *last)
{
    Request shown = *request;
    shown.fields = kept_fields(request->fields);
    char *text = shown.fields ? request_body(&shown, first, last) : NULL;
    cJSON_Delete(shown.fields);
    return text;
}

int body_make(const Request *request, const Still *still, const Still *end, Outcome *out,
              char **body, char **shown)
{
    Part parts[2] = {0};
    int ret = make_part(still, request->image, &request->target, shown, out, &parts[0]);

    *body = NULL;
    if (shown)
        *shown = NULL;
    if (ret >= 0)
        ret = make_part(end, request->end_image, &request->end_target, shown, out,
                        &parts[1]);
    if (ret >= 0) {
        *body = make_body(request, parts);
        if (shown)
            *shown = make_shown(request, parts[0].shown, parts[1].shown);
        ret = *body && (!shown || *shown) ? 0 : AVERROR(ENOMEM);
    }
    part_free(&parts[0]);
    part_free(&parts[1]);
    return ret;
}
