/* i2v: one request's page in the ledger
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_RECORD_H
#define I2V_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

/** How far a request has come; each is on disk before the next step is taken. */
typedef enum RecordState {
    RECORD_NEW,     ///< nothing on disk yet
    RECORD_INTENT,  ///< about to be sent, or known not to have been accepted
    RECORD_SENT,    ///< may have been accepted; no id yet
    RECORD_RUNNING, ///< accepted; the id is known
    RECORD_READY,   ///< the clip is in the store
    RECORD_FAILED,  ///< the generation failed
    RECORD_REFUSED, ///< refused by moderation
    RECORD_DAMAGED, ///< cannot be read; store_load() under the lock moves it aside
} RecordState;

/* The members of a record. Times are Unix time in seconds, with a fraction. */
#define RECORD_STATE        "state"
#define RECORD_ACCOUNT      "account" /* short keyed digest of the API key */
#define RECORD_ORIGIN       "origin"  /* of the gateway */
#define RECORD_MODEL        "model"
#define RECORD_PROMPT       "prompt"
#define RECORD_PROJECT      "project" /* a label to sum by; no part of the key */
#define RECORD_TAKE         "take"
#define RECORD_PRICE        "price"    /* USD that the gateway asked */
#define RECORD_DURATION     "duration" /* asked for, seconds; 0 = left to the model */
#define RECORD_WIDTH        "width"    /* asked for, pixels; 0 = left to the model */
#define RECORD_HEIGHT       "height"
#define RECORD_RATE         "rate"    /* asked for, frames a second; 0 = none */
#define RECORD_MUTE         "mute"    /* 1 = no audio was asked for */
#define RECORD_REQUEST      "request" /* its fields, JSON; see provenance_request() */
#define RECORD_IMAGE_HASH   "image_sha256"       /* of the still's source */
#define RECORD_END_HASH     "end_image_sha256"   /* and of the last frame's */
#define RECORD_REQUEST_HASH "request_sha256"     /* of the create call's body */
#define RECORD_REQUEST_SIZE "request_size"       /* bytes */
#define RECORD_CREATED      "created"            /* when it was intended */
#define RECORD_CLIENT_IDS   "client_request_ids" /* of every try, separated by spaces */
#define RECORD_SENT_AT      "sent"
#define RECORD_ID           "id" /* of the generation */
#define RECORD_ACCEPTED     "accepted"
#define RECORD_STATUS       "status" /* the gateway's own word */
#define RECORD_USD          "usd"
#define RECORD_CREDITS      "credits"
#define RECORD_TOKENS       "tokens"
#define RECORD_URL          "url"   /* of the clip, without what could be secret in it */
#define RECORD_ERROR        "error" /* the gateway's own words */
#define RECORD_ENDED        "ended"
#define RECORD_CLIP_SIZE    "clip_size" /* bytes */
#define RECORD_CLIP_TIME    "clip_time" /* of its last change, text */
#define RECORD_CLIP_HASH    "clip_sha256"
#define RECORD_CLIP_TEXT    "clip_text"  /* what the clip is, in a line */
#define RECORD_CLIP_FACTS   "clip_facts" /* the same in JSON; see facts_note() */

/** Hexadecimal SHA-256 and its NUL. */
#define RECORD_KEY_SIZE 65

/** Not thread-safe. */
typedef struct Record Record;

/** A page with nothing on it but its key. @return NULL without memory */
Record *record_alloc(const char *key);

/** Read a page. @return 0 and *record, AVERROR_INVALIDDATA when the text is not the page
 * of this key in this version, AVERROR(ENOMEM) */
int record_parse(const char *key, const char *text, Record **record);

/** What a page that record_parse() refuses still knows of something that is paid for: the
 * id of a generation, or that it was sent. @return NULL when it knows neither */
Record *record_salvage(const char *key, const char *text);

/** Write a page as text; free it with cJSON_free(). @return NULL without memory */
char *record_print(const Record *record);

/** Free; sets *record to NULL. */
void record_free(Record **record);

/** Now, as the times of a record are written. */
double record_now(void);

const char *record_key(const Record *record);

RecordState record_state(const Record *record);
void record_set_state(Record *record, RecordState state);

/** The name of a state; static. */
const char *record_state_name(RecordState state);

/** Whether nothing more is to come: the clip is there, or it was refused or failed. */
bool record_is_finished(const Record *record);

/** A text or a number of the record; NULL or `fallback` when it has none. Borrowed. */
const char *record_text(const Record *record, const char *name);
double record_number(const Record *record, const char *name, double fallback);

/** A whole number from 0 up, whatever stands there. */
int record_integer(const Record *record, const char *name, int fallback);

/** Why it was refused or failed, in the gateway's words as far as there are any. */
const char *record_error(const Record *record);

/** Set, or with NULL remove. @return 0 or AVERROR(ENOMEM) */
int record_set_text(Record *record, const char *name, const char *value);
int record_set_number(Record *record, const char *name, double value);

/** JSON of the record, borrowed, or NULL; and put some in its place, NULL removes.
 * `value` is the record's from then on, also when that fails. @return 0 or
 * AVERROR(ENOMEM) */
const cJSON *record_json(const Record *record, const char *name);
int record_set_json(Record *record, const char *name, cJSON *value);

/** Add a line to the record's history: the time, what happened, and the gateway's status
 * where it is one (else NULL). @return 0, AVERROR(ENOMEM) */
int record_add_history(Record *record, const char *what, const char *status);

#endif
