/* i2v: what came of an exchange, and the header fields of its answer
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_REPLY_H
#define I2V_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What came of it. */
typedef struct HttpReply {
    int error;              ///< 0 when a whole answer arrived, else an AVERROR
    bool sent;              ///< the last byte of the request was handed over
    bool from_callback;     ///< error is what a callback returned
    char why[256];          ///< for a person, when error is set
    int status;             ///< HTTP status, 0 when no header arrived
    char *body;             ///< collected body, NUL-terminated; NULL when empty
    size_t size;            ///< bytes in body
    int64_t retry_after;    ///< seconds, -1 when not given
    int64_t retry_date;     ///< of a Retry-After that is a date, -1 when not given
    int64_t date;           ///< the server's clock, Unix time, -1 when not given
    int64_t age;            ///< seconds that a cache has kept it
    int64_t content_length; ///< bytes, -1 when not given
    int64_t range_first;    ///< of Content-Range, -1 when not given
    int64_t range_total;    ///< of Content-Range, -1 when not given; also with a 416
    char content_type[64];
    char etag[192];         ///< "" when not given, or too long
    char last_modified[64]; ///< likewise
    char *redirect;         ///< where a redirect that is not followed leads, or NULL
    bool coded;             ///< it came in a content coding: content_length is of that
} HttpReply;

/** Frees what the reply holds. */
void reply_clear(HttpReply *reply);

/** Nothing is known of the answer's header yet. */
void reply_clear_fields(HttpReply *reply);

/** Take a header field in, its value trimmed. */
void reply_take_field(HttpReply *reply, const char *name, const char *value);

/** With the whole header here: date and retry_after as of the server's own clock. */
void reply_settle_times(HttpReply *reply);

/** The AVERROR for how libcurl ended a transfer, a CURLcode; 0 for CURLE_OK. */
int reply_error(int code);

#endif
