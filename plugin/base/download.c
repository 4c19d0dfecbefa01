/* i2v: fetch a clip into a file, resumable
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/download.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/error.h>
#include <libavutil/mem.h>

#define MAX_BYTES     (2LL << 30)
#define STALL_MS      30000
#define MAX_REDIRECTS 5

struct Download {
    HttpExchange *exchange;
    int fd;
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

/* Take the digest of what an earlier attempt left. */
static int digest_beginning(Download *d, const AVIOInterruptCB *interrupt)
{
    d->digest = digest_begin();
    int64_t ret =
        d->digest ? digest_descriptor(d->digest, d->fd, interrupt) : AVERROR(ENOMEM);
    return ret == d->from ? 0 : ret < 0 ? (int)ret : AVERROR(EIO);
}

/* Decide by the reply's head where its body belongs. */
static int place_body(Download *d, const HttpReply *head)
{
    int64_t size = head->status == 206 ? head->range_total : head->content_length;
    int ret = 0;

    d->started = true;
    if (head->status == 206 && head->range_first != d->from)
        d->mismatch = true;
    if (d->now.size >= 0 && size >= 0 && size != d->now.size && head->status == 206)
        d->mismatch = true;
    if (d->mismatch)
        return AVERROR_INVALIDDATA;
    if (size > MAX_BYTES)
        return AVERROR(EFBIG);
    if (head->status != 206 && d->from)
        ret = restart(d); /* the server ignores ranges and begins again */
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
    }
    return ret;
}

int download_start(Http *http, const DownloadSource *source, Download **download)
{
    Download *d = av_mallocz(sizeof(*d));
    struct stat st;
    int ret;

    if (!d)
        return AVERROR(ENOMEM);
    d->now.size = source->size;
    d->fd =
        open(source->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (d->fd < 0 || fstat(d->fd, &st) < 0) {
        ret = AVERROR(errno);
        goto fail;
    }
    d->from = d->now.bytes = st.st_size;
    /* More than there should be: have it sent again from the start. */
    if (d->now.size >= 0 && d->from > d->now.size)
        d->from = 0;
    if ((ret = d->from ? digest_beginning(d, source->interrupt) : restart(d)) < 0)
        goto fail;
    HttpRequest request = {
        .url = source->url,
        .ca_file = source->ca_file,
        .allow_http = source->allow_http,
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
    if (reply->status == 416 && d->now.bytes && reply->range_total == d->now.bytes) {
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
    d->now.error = reply->error ? reply->error : AVERROR(EIO);
    if (d->mismatch) {
        snprintf(d->now.why, sizeof(d->now.why),
                 "the server sent other bytes than were asked for");
        restart(d);
        d->now.size = -1;
        return DOWNLOAD_BROKEN;
    }
    if (reply->error) {
        bool full = reply->error == AVERROR(ENOSPC) || reply->error == AVERROR(EDQUOT) ||
                    reply->error == AVERROR(EFBIG);
        snprintf(d->now.why, sizeof(d->now.why), "%s",
                 reply->from_callback ? av_err2str(reply->error) : reply->why);
        return full ? DOWNLOAD_HOPELESS : DOWNLOAD_BROKEN;
    }
    return reply->status >= 200 && reply->status < 300 ? judge_body(d)
                                                       : judge_status(d, reply);
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
    digest_finish(&d->digest, NULL);
    av_freep(download);
}
