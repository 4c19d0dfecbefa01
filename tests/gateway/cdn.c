/* i2v: the stand-in gateway: the file server that the result URLs point to.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Range {
    uint64_t first, last;
} Range;

typedef enum RangeKind { RANGE_NONE, RANGE_GOOD, RANGE_UNSATISFIABLE } RangeKind;

/* One range; several, or what is not a range at all, are answered with the whole file, as
 * the standard allows. */
static RangeKind parse_range(const char *text, uint64_t size, Range *range)
{
    const char *dash;
    char *first;
    long long from = 0, to = INT64_MAX;
    int bad;

    if (!text || strncmp(text, "bytes=", 6))
        return RANGE_NONE;
    text += 6;
    dash = strchr(text, '-');
    if (!dash || (dash == text && !dash[1]))
        return RANGE_NONE;
    first = checked_strdup(text);
    first[dash - text] = 0;
    bad = (*first && parse_integer(first, 0, INT64_MAX, &from)) ||
          (dash[1] && parse_integer(dash + 1, 0, INT64_MAX, &to)) ||
          (*first && to < from);
    if (!bad && !*first) { /* the last so many bytes */
        from = to >= (long long)size ? 0 : (long long)size - to;
        to = to ? INT64_MAX : -1;
    }
    free(first);
    if (bad)
        return RANGE_NONE;
    if (from >= (long long)size || to < from)
        return RANGE_UNSATISFIABLE;
    range->first = (uint64_t)from;
    range->last = to >= (long long)size ? size - 1 : (uint64_t)to;
    return RANGE_GOOD;
}

/* Another start than was asked for, as the fault has it, but within the file. */
static void shift_range(Range *range, long long by, uint64_t size)
{
    long long first = (long long)range->first + by;

    range->first = first < 0 ? 0 : (uint64_t)first;
    if (range->first >= size)
        range->first = size - 1;
    if (range->last < range->first)
        range->last = range->first;
}

static void serve_file(const Exchange *x, Reply *reply, const Job *job, ClipKind kind)
{
    const char *condition = exchange_header(x, "If-Range");
    char *tag = text_format("\"%.32s-%s\"", job->digest, clip_kind_name(kind));
    RangeKind wanted = RANGE_NONE;
    struct stat info;
    Range range = {0};
    uint64_t size;

    if (fstat(reply->fd, &info))
        info.st_size = 0;
    size = (uint64_t)info.st_size;
    if (!x->plan.ignore_range && (!condition || !strcmp(condition, tag)))
        wanted = parse_range(exchange_header(x, "Range"), size, &range);
    if (wanted == RANGE_UNSATISFIABLE) {
        reply_text(reply, 416, "text/plain", "Range Not Satisfiable\n");
        reply_header(reply, "Content-Range",
                     text_format("bytes */%llu", (unsigned long long)size));
    } else if (wanted == RANGE_GOOD) {
        if (x->plan.wrong_range)
            shift_range(&range, x->plan.wrong_range, size);
        reply->status = 206;
        reply->offset = range.first;
        reply->size = range.last - range.first + 1;
        reply_header(reply, "Content-Range",
                     text_format("bytes %llu-%llu/%llu", (unsigned long long)range.first,
                                 (unsigned long long)range.last,
                                 (unsigned long long)size));
    } else {
        reply->status = 200;
        reply->size = size;
    }
    if (wanted != RANGE_UNSATISFIABLE)
        reply->type = "video/mp4";
    reply_header(reply, "Accept-Ranges", checked_strdup("bytes"));
    reply_header(reply, "ETag", tag);
}

void files_download(Exchange *x, Reply *reply)
{
    JobList *list = &x->gateway->jobs;
    Job *job = jobs_find_clip(list, x->path);
    ClipKind kind;
    char *file;

    if (!job || job_status(list, job, now_us()) != JOB_COMPLETED) {
        reply_text(reply, 404, "text/html",
                   "<html><body><h1>404 Not Found</h1></body></html>\n");
        return;
    }
    pthread_mutex_lock(&list->lock);
    job->downloads++;
    pthread_mutex_unlock(&list->lock);
    kind = x->plan.has_clip ? x->plan.clip : job->kind;
    file = x->plan.file ? checked_strdup(x->plan.file) : render_variant(list, job, kind);
    reply->fd = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
    free(file);
    if (reply->fd < 0)
        reply_text(reply, 500, "text/plain",
                   "the stand-in cannot make this kind of clip\n");
    else
        serve_file(x, reply, job, kind);
}
