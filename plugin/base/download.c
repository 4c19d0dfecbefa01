/* i2v: fetch a clip into a file, resumable
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/download.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/files.h"
#include "base/resume.h"

#define MAX_BYTES     (2LL << 30)
#define STALL_MS      30000
#define MAX_REDIRECTS 5

struct Download {
    HttpExchange *exchange;
    int fd, note_fd;
    ResumeNote note; ///< of what is there now
    char condition[sizeof("If-Range: ") + RESUME_VALIDATOR_SIZE];
    DownloadState now;
    int64_t from;   ///< bytes that were there when it started
    bool started;   ///< the first byte of the body has been looked at
    Digest *digest; ///< of the bytes that are there now
    bool mismatch;  ///< what the server sends is not the range or size it announced
};

static int restart(Download *d)
{
    d->now.bytes = 0;
    digest_finish(&d->digest, NULL);
    if (ftruncate(d->fd, 0) < 0)
        return AVERROR(errno);
    d->digest = digest_begin();
    return d->digest ? 0 : AVERROR(ENOMEM);
}

/* What the note promises is there: @return 1 when it is, 0, AVERROR(EINTR) or another
 * negative AVERROR */
static int prove(Download *d, const AVIOInterruptCB *interrupt)
{
    uint8_t bytes[DIGEST_SIZE];
    char digest[DIGEST_TEXT_SIZE];
    struct stat st;

    if (!resume_read(d->note_fd, &d->note) || !d->note.validator[0])
        return 0;
    if (fstat(d->fd, &st) < 0)
        return AVERROR(errno);
    if (st.st_size < d->note.bytes)
        return 0;
    if (ftruncate(d->fd, (off_t)d->note.bytes) < 0)
        return AVERROR(errno);
    if (!(d->digest = digest_begin()))
        return AVERROR(ENOMEM);
    int64_t ret = digest_descriptor(d->digest, d->fd, interrupt);
    if (ret < 0)
        return (int)ret;
    digest_peek(d->digest, bytes);
    digest_hex(bytes, sizeof(bytes), digest);
    return !strcmp(digest, d->note.digest);
}

/* Go on from what an earlier attempt left, or begin anew. */
static int take_up(Download *d, const AVIOInterruptCB *interrupt)
{
    int ret = prove(d, interrupt);

    if (ret < 0)
        return ret;
    if (!ret) {
        d->now.size = -1;
        return restart(d);
    }
    d->from = d->now.bytes = d->note.bytes;
    d->now.size = d->note.size;
    snprintf(d->condition, sizeof(d->condition), "If-Range: %s", d->note.validator);
    return 0;
}

/* After each piece: what a kill then leaves is gone on from. */
static void note_progress(Download *d)
{
    uint8_t bytes[DIGEST_SIZE];

    digest_peek(d->digest, bytes);
    digest_hex(bytes, sizeof(bytes), d->note.digest);
    d->note.bytes = d->now.bytes;
    d->note.size = d->now.size;
    resume_write(d->note_fd, &d->note);
}

/* The rest of what is there, and of no other version of it. */
static bool is_continuation(const Download *d, const HttpReply *head)
{
    return head->range_first == d->from && !head->coded &&
           (!d->from || resume_is_same(&d->note, head)) &&
           (d->now.size < 0 || head->range_total < 0 || head->range_total == d->now.size);
}

/* Decide by the reply's head where its body belongs. */
static int place_body(Download *d, const HttpReply *head)
{
    /* A part that was not asked for, and does not say of what, is all there is. */
    bool part = head->status == 206 && (d->from || head->range_first >= 0);
    int64_t size = part ? head->range_total : head->content_length;
    int ret = 0;

    d->started = true;
    if (part && !is_continuation(d, head)) {
        d->mismatch = true;
        return AVERROR_INVALIDDATA;
    }
    if (part && size < 0)
        size = d->now.size;
    /* The length is that of the coded bytes, and a coding need not come out the same. */
    if (head->coded)
        size = -1;
    if (size > MAX_BYTES)
        return AVERROR(EFBIG);
    if (!part && d->from)
        ret = restart(d); /* the server begins again: it ignores ranges, or has another */
    if (!d->now.bytes)
        resume_validator(head, d->note.validator);
    if (head->coded)
        d->note.validator[0] = '\0';
    d->now.size = size;
    return ret;
}

static int take_data(void *opaque, const HttpReply *head, const uint8_t *data,
                     size_t size)
{
    Download *d = opaque;
    int ret = d->started ? 0 : place_body(d, head);

    if (ret >= 0 && d->now.size >= 0 && d->now.bytes + (int64_t)size > d->now.size) {
        d->mismatch = true;
        ret = AVERROR_INVALIDDATA;
    }
    if (ret >= 0 && d->now.bytes + (int64_t)size > MAX_BYTES)
        ret = AVERROR(EFBIG);
    while (ret >= 0 && size) {
        ssize_t put = write(d->fd, data, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return AVERROR(errno);
        digest_update(d->digest, data, (size_t)put);
        data += put;
        size -= (size_t)put;
        d->now.bytes += put;
        note_progress(d);
    }
    return ret;
}

static int open_file(const char *path, int flags)
{
    return files_open(path, O_RDWR | O_NOFOLLOW | flags);
}

static int open_files(Download *d, const char *path)
{
    char *note = av_asprintf("%s" DOWNLOAD_NOTE, path);

    if (!note)
        return AVERROR(ENOMEM);
    if ((d->fd = open_file(path, O_APPEND)) >= 0)
        d->note_fd = open_file(note, 0);
    av_free(note);
    return d->fd < 0 ? d->fd : FFMIN(d->note_fd, 0);
}

int download_is_whole(const char *path, const char *file,
                      const AVIOInterruptCB *interrupt, char digest[DIGEST_TEXT_SIZE])
{
    char *name = av_asprintf("%s" DOWNLOAD_NOTE, path);
    int fd = name ? open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1, ret;
    ResumeNote note;
    struct stat st;
    bool noted = fd >= 0 && resume_read(fd, &note) && !stat(file, &st) &&
                 S_ISREG(st.st_mode) && st.st_size == note.bytes &&
                 (note.size < 0 || note.size == note.bytes);

    if (fd >= 0)
        close(fd);
    if (!name)
        return AVERROR(ENOMEM);
    av_free(name);
    ret = noted ? digest_file(file, interrupt, digest) : 0;
    return ret < 0 ? ret : noted && !strcmp(digest, note.digest);
}

int download_start(Http *http, const DownloadSource *source, Download **download)
{
    Download *d = av_mallocz(sizeof(*d));
    int ret;

    if (!d)
        return AVERROR(ENOMEM);
    d->fd = d->note_fd = -1;
    if ((ret = open_files(d, source->path)) < 0 ||
        (ret = take_up(d, source->interrupt)) < 0)
        goto fail;
    HttpRequest request = {
        .url = source->url,
        .bearer = source->api_key && *source->api_key ? source->api_key : NULL,
        .header = d->from ? d->condition : NULL,
        .ca_file = source->ca_file,
        .allow_http = source->allow_http,
        .plain = true,
        .range_from = d->from,
        .max_size = MAX_BYTES,
        .stall_ms = STALL_MS,
        .max_redirects = MAX_REDIRECTS,
        .opaque = d,
        .on_data = take_data,
    };
    if ((ret = http_start(http, &request, &d->exchange)) < 0)
        goto fail;
    *download = d;
    return 0;
fail:
    download_end(&d);
    return ret;
}

/* The whole body of a 2xx is here. */
static DownloadResult judge_body(Download *d)
{
    if (d->now.size >= 0 && d->now.bytes != d->now.size) {
        snprintf(d->now.why, sizeof(d->now.why), "%lld bytes of %lld arrived",
                 (long long)d->now.bytes, (long long)d->now.size);
        return DOWNLOAD_BROKEN;
    }
    uint8_t digest[DIGEST_SIZE];

    if (fsync(d->fd) < 0) {
        snprintf(d->now.why, sizeof(d->now.why), "%s", av_err2str(AVERROR(errno)));
        return DOWNLOAD_HOPELESS;
    }
    if (d->digest) {
        digest_finish(&d->digest, digest);
        digest_hex(digest, sizeof(digest), d->now.digest);
    }
    return DOWNLOAD_DONE;
}

static DownloadResult judge_status(Download *d, const HttpReply *reply)
{
    snprintf(d->now.why, sizeof(d->now.why), "HTTP %d", reply->status);
    /* Not every server says then of which version that is. */
    bool same = resume_is_same(&d->note, reply) ||
                (d->now.size == d->now.bytes && !*reply->etag && !*reply->last_modified);
    if (reply->status == 416 && d->now.bytes && reply->range_total == d->now.bytes &&
        same) {
        /* There is no more: what is here is all, whatever was announced before. */
        d->now.size = d->now.bytes;
        return judge_body(d);
    }
    if (reply->status == 416) {
        /* What is here does not fit what is there. */
        restart(d);
        d->now.size = -1;
        return DOWNLOAD_BROKEN;
    }
    if (reply->redirect && reply->status < 400)
        return DOWNLOAD_MOVED;
    if (reply->status == 408 || reply->status == 425 || reply->status == 429 ||
        reply->status >= 500)
        return DOWNLOAD_BROKEN;
    return DOWNLOAD_EXPIRED;
}

DownloadResult download_result(Download *d)
{
    const HttpReply *reply = http_reply(d->exchange);

    if (!reply)
        return DOWNLOAD_GOING;
    d->now.retry_after = reply->retry_after;
    d->now.status = reply->status;
    d->now.url = reply->redirect;
    d->now.error = reply->error ? reply->error : AVERROR(EIO);
    bool good = reply->status >= 200 && reply->status < 300;
    /* Without any body it has not been looked at yet what it would be the body of. */
    int placed = good && !reply->error && !d->started ? place_body(d, reply) : 0;
    /* Of a range in a coding nothing is of use. */
    if (d->mismatch || (reply->status == 206 && reply->coded)) {
        snprintf(d->now.why, sizeof(d->now.why),
                 "the server sent other bytes than were asked for");
        restart(d);
        d->now.size = -1;
        return DOWNLOAD_BROKEN;
    }
    if (placed < 0) {
        snprintf(d->now.why, sizeof(d->now.why), "%s", av_err2str(placed));
        d->now.error = placed;
        return DOWNLOAD_HOPELESS;
    }
    if (reply->error) {
        bool full = reply->error == AVERROR(ENOSPC) || reply->error == AVERROR(EDQUOT) ||
                    reply->error == AVERROR(EFBIG);
        snprintf(d->now.why, sizeof(d->now.why), "%s",
                 reply->from_callback ? av_err2str(reply->error) : reply->why);
        return full ? DOWNLOAD_HOPELESS : DOWNLOAD_BROKEN;
    }
    return good ? judge_body(d) : judge_status(d, reply);
}

const DownloadState *download_state(const Download *download)
{
    return &download->now;
}

void download_end(Download **download)
{
    Download *d = *download;
    if (!d)
        return;
    http_end(&d->exchange);
    if (d->fd >= 0)
        close(d->fd);
    if (d->note_fd >= 0)
        close(d->note_fd);
    digest_finish(&d->digest, NULL);
    av_freep(download);
}
