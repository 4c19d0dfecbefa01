/* i2v: the gateway's API: create, poll, find; JSON in and out
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_GATEWAY_H
#define I2V_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/http.h"

/** Where the gateway is and who asks. Borrowed. */
typedef struct Gateway {
    const char *origin;
    const char *api_key;
    const char *ca_file;
    bool allow_http;
} Gateway;

typedef enum GatewayJobState {
    JOB_PENDING,
    JOB_COMPLETED,
    JOB_FAILED,
} GatewayJobState;

/** What was spent, as far as it is said; below 0 where it is not. */
typedef struct GatewayUsage {
    double usd, credits, tokens;
} GatewayUsage;

#define GATEWAY_NO_USAGE ((GatewayUsage){-1, -1, -1})

/** What an answer says of a generation. Strings are owned, NULL = not said. */
typedef struct GatewayJob {
    char *id;
    GatewayJobState state;
    char status[64];   ///< the gateway's own word, "" when it gave none
    bool status_known; ///< a word this client knows
    char *url;         ///< of the clip
    char *error;       ///< the gateway's own words on a failure
    bool moderated;    ///< the failure is a refusal by moderation
    GatewayUsage usage;
} GatewayJob;

/** What an answer means for the money. */
typedef enum GatewayVerdict {
    GATEWAY_UNSENT,  ///< the request never went out whole: nothing can have been accepted
    GATEWAY_JOB,     ///< a clear answer about a generation, or a page of the usage log
    GATEWAY_REFUSED, ///< a clear refusal: nothing was accepted
    GATEWAY_BUSY,    ///< refused for now (429)
    GATEWAY_FAULT,   ///< 500 or 503 in the gateway's own words
    GATEWAY_LOST,    ///< no clear answer
} GatewayVerdict;

typedef struct GatewayAnswer {
    GatewayVerdict verdict;
    int error;           ///< AVERROR that fits, 0 with GATEWAY_JOB
    int status;          ///< HTTP status, 0 when none came
    int64_t retry_after; ///< seconds, -1 when not said
    int64_t date;        ///< the gateway's clock, Unix time, -1 when not said
    bool permanent;      ///< GATEWAY_UNSENT for a reason that trying again does not mend
    bool stopped;        ///< GATEWAY_UNSENT because on_last_byte said so
    bool moderated;      ///< GATEWAY_REFUSED by moderation
    char text[512];      ///< for a person: the gateway's words, or what went wrong
    GatewayJob job; ///< with GATEWAY_JOB from create, poll, and find when it found one;
                    ///< with GATEWAY_FAULT its id may be of something accepted or not
    bool more;      ///< find: further pages follow
    int rows;       ///< find: rows on this page
} GatewayAnswer;

/** Seconds by which clocks may differ for a row of the usage log to be found. */
#define GATEWAY_SKEW 600

/** Rows of the usage log on a page. */
#define GATEWAY_LOG_ROWS 100

typedef struct GatewayCall GatewayCall;

/**
 * Ask for a generation.
 * @param body         the request as JSON; borrowed until gateway_end()
 * @param client_id    X-Client-Request-Id; borrowed likewise
 * @param on_last_byte called before the last byte of body is handed over; < 0 stops it
 * unsent
 * @return 0 and *call, or a negative AVERROR
 */
int gateway_create(const Gateway *gateway, Http *http, const char *body,
                   const char *client_id, int (*on_last_byte)(void *opaque), void *opaque,
                   GatewayCall **call);

/** Ask how a generation is. @return 0 and *call, or a negative AVERROR */
int gateway_poll(const Gateway *gateway, Http *http, const char *id, GatewayCall **call);

/**
 * Look through one page of the usage log for a create call.
 * @param client_ids  the client request ids of its tries, separated by spaces; borrowed
 * @param since       start of the window, Unix time in seconds; it ends now
 * @param offset      rows to pass over
 * @return 0 and *call, or a negative AVERROR
 */
int gateway_find(const Gateway *gateway, Http *http, const char *client_ids,
                 int64_t since, int offset, GatewayCall **call);

/** Whether the call has ended; fills *answer once it has (gateway_answer_clear() frees).
 */
bool gateway_answered(GatewayCall *call, GatewayAnswer *answer);

/** End a call, in whatever state; sets *call to NULL. */
void gateway_end(GatewayCall **call);

void gateway_answer_clear(GatewayAnswer *answer);

/** Read a generation from an answer's body. @return 0, AVERROR_INVALIDDATA,
 * AVERROR(ENOMEM) */
int gateway_parse_job(const char *body, size_t size, GatewayJob *job);

/** Read a page of the usage log. @return 0, AVERROR_INVALIDDATA, AVERROR(ENOMEM) */
int gateway_parse_rows(const char *body, size_t size, const char *client_ids,
                       GatewayAnswer *answer);

/** Whether a body is a JSON object, whole. */
bool gateway_is_object(const char *body, size_t size);

/** What an error's body says, in one line without control characters. */
void gateway_error_text(const char *body, size_t size, char *text, size_t text_size);

/** Whether an error's words speak of moderation. */
bool gateway_is_moderation(const char *text);

void gateway_job_clear(GatewayJob *job);

#endif
