/* i2v: the stand-in gateway: the file server that the result URLs point to.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
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

/* What an answer has to say of its file, with which version of it that is; to be freed.
 */
static char *make_validator(const Exchange *x, const Job *job, ClipKind kind)
{
    time_t changed = (time_t)(job->created_us / 1000000) - 100 + kind;
    char date[64];
    struct tm tm;

    if (x->plan.validator == VALIDATOR_NONE)
        return NULL;
    if (x->plan.validator != VALIDATOR_DATE)
        return text_format("%s\"%.32s-%s\"",
                           x->plan.validator == VALIDATOR_WEAK ? "W/" : "", job->digest,
                           clip_kind_name(kind));
    gmtime_r(&changed, &tm);
    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
    return checked_strdup(date);
}

/* A weak one is good for no range (RFC 9110, 13.1.5). */
static int range_holds(const Exchange *x, const char *validator)
{
    const char *condition = exchange_header(x, "If-Range");

    return !condition || (validator && x->plan.validator != VALIDATOR_WEAK &&
                          !strcmp(condition, validator));
}

static void serve_file(const Exchange *x, Reply *reply, const Job *job, ClipKind kind)
{
    char *validator = make_validator(x, job, kind);
    RangeKind wanted = RANGE_NONE;
    struct stat info;
    Range range = {0};
    uint64_t size;

    if (fstat(reply->fd, &info))
        info.st_size = 0;
    size = (uint64_t)info.st_size;
    if (!x->plan.ignore_range && range_holds(x, validator))
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
        reply->type = kind == CLIP_WEBM ? "video/webm" : "video/mp4";
    reply_header(reply, "Accept-Ranges", checked_strdup("bytes"));
    if (validator)
        reply_header(reply,
                     x->plan.validator == VALIDATOR_DATE ? "Last-Modified" : "ETag",
                     validator);
}

/* Whether something stands in the request that must have been encoded, or is twice. */
static int is_badly_encoded(const Exchange *x)
{
    for (const char *at = x->uri; *at; at++)
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f ||
            strchr("\"<>[]\\^`{|}#", *at))
            return 1;
    for (const char *at = x->path; (at = strchr(at, '%')); at++)
        if (isxdigit((unsigned char)at[1]) && isxdigit((unsigned char)at[2]))
            return 1;
    return 0;
}

void files_serve(Exchange *x, Reply *reply, Job *job)
{
    ClipKind kind = x->plan.has_clip ? x->plan.clip : job->kind;
    char *file = x->plan.file ? checked_strdup(x->plan.file)
                              : render_variant(&x->gateway->jobs, job, kind);

    reply->fd = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
    free(file);
    if (reply->fd < 0)
        reply_text(reply, 500, "text/plain",
                   "the stand-in cannot make this kind of clip\n");
    else
        serve_file(x, reply, job, kind);
}

void files_download(Exchange *x, Reply *reply)
{
    JobList *list = &x->gateway->jobs;
    Job *job = jobs_find_clip(list, x->path);

    if (is_badly_encoded(x)) {
        reply_text(reply, 400, "text/plain", "Bad Request\n");
        return;
    }
    if (!job || job_status(list, job, now_us()) != JOB_COMPLETED) {
        reply_text(reply, 404, "text/html",
                   "<html><body><h1>404 Not Found</h1></body></html>\n");
        return;
    }
    pthread_mutex_lock(&list->lock);
    job->downloads++;
    pthread_mutex_unlock(&list->lock);
    files_serve(x, reply, job);
}
