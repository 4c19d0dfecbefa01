/* i2v: what came of an exchange, and the header fields of its answer
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <libavutil/time.h>

/* A cache keeps nothing longer, seconds. */
#define MAX_AGE 31536000

void reply_clear(HttpReply *reply)
{
    av_freep(&reply->body);
    av_freep(&reply->redirect);
    reply->size = 0;
}

void reply_clear_fields(HttpReply *reply)
{
    reply->retry_after = reply->retry_date = reply->date = reply->content_length = -1;
    reply->age = 0;
    reply->range_first = reply->range_total = -1;
    reply->content_type[0] = '\0';
    reply->etag[0] = reply->last_modified[0] = '\0';
    reply->coded = false;
}

/* Retry-After is a number of seconds or a date (RFC 9110, 10.2.3). */
static void parse_retry_after(const char *value, HttpReply *reply)
{
    char *end;
    long long seconds = strtoll(value, &end, 10);
    bool number = end != value && !*end;

    reply->retry_after = number && seconds >= 0 ? seconds : -1;
    reply->retry_date = number ? -1 : (int64_t)curl_getdate(value, NULL);
}

/* A date is one of the server's clock, which may be another than this machine's. */
void reply_settle_times(HttpReply *reply)
{
    if (reply->date >= 0)
        reply->date += reply->age; /* RFC 9111, 5.1 */
    if (reply->retry_date >= 0) {
        int64_t now = reply->date >= 0 ? reply->date : av_gettime() / 1000000;
        reply->retry_after = FFMAX(0, reply->retry_date - now);
    }
}

/* "bytes 5-9/10", with a total of * when it is not known, and of a 416 a range of * (RFC
 * 9110, 14.4). */
static void parse_content_range(const char *value, HttpReply *reply)
{
    long long first = -1, last, total = -1;
    if (sscanf(value, "bytes */%lld", &total) < 1)
        sscanf(value, "bytes %lld-%lld/%lld", &first, &last, &total);
    reply->range_first = first;
    reply->range_total = total;
}

/* Half of a validator is none. */
static void take_whole(char *to, size_t size, const char *value)
{
    av_strlcpy(to, strlen(value) < size ? value : "", size);
}

void reply_take_field(HttpReply *reply, const char *name, const char *value)
{
    if (!strcasecmp(name, "retry-after"))
        parse_retry_after(value, reply);
    else if (!strcasecmp(name, "date"))
        reply->date = (int64_t)curl_getdate(value, NULL);
    else if (!strcasecmp(name, "age"))
        reply->age = av_clip64(strtoll(value, NULL, 10), 0, MAX_AGE);
    else if (!strcasecmp(name, "content-length"))
        reply->content_length = strtoll(value, NULL, 10);
    else if (!strcasecmp(name, "content-type"))
        av_strlcpy(reply->content_type, value, sizeof(reply->content_type));
    else if (!strcasecmp(name, "content-range"))
        parse_content_range(value, reply);
    else if (!strcasecmp(name, "etag"))
        take_whole(reply->etag, sizeof(reply->etag), value);
    else if (!strcasecmp(name, "last-modified"))
        take_whole(reply->last_modified, sizeof(reply->last_modified), value);
    else if (!strcasecmp(name, "content-encoding") && *value)
        reply->coded |= strcasecmp(value, "identity") != 0;
}

int reply_error(int code)
{
    switch (code) {
    case CURLE_OK:
        return 0;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return AVERROR(EHOSTUNREACH);
    case CURLE_COULDNT_CONNECT:
        return AVERROR(ECONNREFUSED);
    case CURLE_OPERATION_TIMEDOUT:
        return AVERROR(ETIMEDOUT);
    case CURLE_OUT_OF_MEMORY:
        return AVERROR(ENOMEM);
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_RECV_ERROR:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return AVERROR(ECONNRESET);
    default:
        return AVERROR(EIO);
    }
}
