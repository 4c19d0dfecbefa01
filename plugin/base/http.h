/* i2v: one libcurl exchange: limits, redirects, time-outs, secrets
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_HTTP_H
#define I2V_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libavformat/avio.h>

#include "base/body.h"
#include "base/reply.h"

/** A set of exchanges that one thread drives together. Not thread-safe. */
typedef struct Http Http;

/** What to send. Every pointer is borrowed and must outlive the exchange. */
typedef struct HttpRequest {
    const char *url;
    const char *bearer;   ///< API key; sent to url alone; redirects are then not followed
    const char *header;   ///< a further header line, "Name: value", or NULL
    const char *ca_file;  ///< CA bundle, or NULL for libcurl's own
    const char *method;   ///< in place of the usual one, or NULL
    const BodyPart *body; ///< to POST, in parts; NULL makes it a GET
    int body_parts;       ///< how many
    const char *type;     ///< of the body, NULL = JSON
    int64_t range_from;   ///< bytes=N- when above 0
    int64_t max_size;     ///< bytes of body accepted, at most
    int total_ms;         ///< limit for the whole exchange, 0 = none
    int stall_ms;         ///< limit for a time without a byte in either direction
    int max_redirects;    ///< 0, or with a bearer: a redirect is an answer like any other
    bool allow_http;      ///< whether plain http is acceptable for url and redirects
    bool plain;           ///< ask for the bytes as they are, without a content coding

    void *opaque; ///< for the callbacks
    /** Called before the last bytes of the body are handed to libcurl; < 0 aborts unsent.
     */
    int (*on_last_byte)(void *opaque);
    /** Given each header of the final answer, its value trimmed. */
    void (*on_header)(void *opaque, const char *name, const char *value);
    /** Given each piece of a 2xx body instead of collecting it, with the reply as far as
     * it has come; < 0 aborts. */
    int (*on_data)(void *opaque, const HttpReply *head, const uint8_t *data, size_t size);
} HttpRequest;

typedef struct HttpExchange HttpExchange;

/** @return a new set, or NULL without memory. */
Http *http_alloc(void);

/** Frees the set and cancels what is in it; sets *http to NULL. */
void http_free(Http **http);

/**
 * Start an exchange.
 * @return 0 and *exchange, or AVERROR(EINVAL) for a url that may not be asked,
 * AVERROR(ENOMEM)
 */
int http_start(Http *http, const HttpRequest *request, HttpExchange **exchange);

/** Let every exchange of the set go on for at most `ms` milliseconds; returns early when
 * one has news. @return 0 or a negative AVERROR */
int http_drive(Http *http, int ms);

/** @return the reply once the exchange has ended, else NULL. Owned by the exchange. */
const HttpReply *http_reply(const HttpExchange *exchange);

/** Take the reply of an exchange that has ended; free it with reply_clear(). */
void http_take_reply(HttpExchange *exchange, HttpReply *reply);

/** End an exchange, in whatever state, and set *exchange to NULL. */
void http_end(HttpExchange **exchange);

/**
 * One exchange from start to end, in http_run.c; looks at `interrupt` at least every 100
 * ms.
 * @param reply  filled in; the caller frees it with reply_clear(), also on error
 * @return reply->error, or AVERROR(EINTR) when interrupted
 */
int http_run(const HttpRequest *request, const AVIOInterruptCB *interrupt,
             HttpReply *reply);

#endif
