/* i2v: one request's page in the ledger
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_RECORD_H
#define I2V_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/digest.h"
#include "store/clip.h"

/** How far a request has come; each is on disk before the next step is taken. */
typedef enum RecordState {
    RECORD_NEW,     ///< nothing on disk yet
    RECORD_INTENT,  ///< about to be sent, or known not to have been accepted
    RECORD_SENT,    ///< may have been accepted; no id yet
    RECORD_RUNNING, ///< accepted; the id is known
    RECORD_READY,   ///< the clip is in the store
    RECORD_FAILED,  ///< the generation failed
    RECORD_REFUSED, ///< refused by moderation
} RecordState;

/** Hexadecimal SHA-256 and its NUL. */
#define RECORD_KEY_SIZE   DIGEST_TEXT_SIZE
#define RECORD_KEY_DIGITS (RECORD_KEY_SIZE - 1)

/** A client request id is this and so many hexadecimal digits, of which the first are the
 * first of the key, so that it can be found where nothing else of the request is left. */
#define RECORD_TRY            "i2v-"
#define RECORD_TRY_DIGITS     32
#define RECORD_TRY_KEY_DIGITS 16
#define RECORD_TRY_SIZE       (sizeof(RECORD_TRY) + RECORD_TRY_DIGITS)

/**
 * What the ledger knows of a request. Whoever writes it sets members and then calls
 * store_save(). A text that is not known is NULL or "", a point in time 0, any other
 * number -1. Times are Unix time in seconds, with a fraction. Texts that are pointers are
 * the record's own: see record_set(). Not thread-safe.
 */
typedef struct Record {
    char key[RECORD_KEY_SIZE]; ///< of the request
    RecordState state;

    /* What was asked. */
    char account[17]; ///< short keyed digest of the API key
    char *engine;     ///< its name, NULL = the default one
    char *origin;     ///< of the engine
    char *model;
    char *prompt;
    char *project; ///< a label to sum by; no part of the key
    char *image;   ///< name of the still: a path, or a URL without what may be secret
    int take;
    char first[RECORD_KEY_SIZE]; ///< key of its take 1, "" where it is that itself
    int duration;                ///< seconds, 0 = left to the model
    int width, height;           ///< pixels, 0 = left to the model
    int rate;                    ///< frames a second, 0 = none
    bool mute;                   ///< no audio
    cJSON *request;              ///< its fields without what may be secret, or NULL
    cJSON *options; ///< what asks for it again: texts by the options' names, or NULL
    char image_hash[DIGEST_TEXT_SIZE];     ///< SHA-256 of the still's source
    char end_image_hash[DIGEST_TEXT_SIZE]; ///< and of the last frame's
    char request_hash[DIGEST_TEXT_SIZE];   ///< and of the create call's body
    int64_t request_size;                  ///< of that body, bytes

    /* What became of it. */
    double created;   ///< when it was intended
    double price;     ///< USD that the gateway asked before
    char *client_ids; ///< client request ids of every try, separated by spaces
    double sent_at;
    double gateway_time; ///< when it was sent, by the engine's clock
    char *id;            ///< of the generation
    double accepted;
    char status[64]; ///< the gateway's own word
    double usd, credits, tokens;
    char *url;    ///< of the clip, without what could be secret in it
    char *error;  ///< the gateway's own words
    bool faulted; ///< sent, and answered with a fault of the engine's own (500, 503)
    bool empty;   ///< it failed by being completed without a clip
    double ended;

    /* The clip in the store. */
    int64_t clip_size;                ///< bytes
    char clip_time[48];               ///< of its last change, text
    char clip_hash[DIGEST_TEXT_SIZE]; ///< SHA-256
    ClipFacts clip;                   ///< width 0 = it has not been looked at

    cJSON *history; ///< array of what happened, or NULL; see record_add_history()
    cJSON *rest;    ///< members that this version does not know; they stay
    bool journaled; ///< the journal has what the file has, set by store_save()
    bool rebuilt;   ///< not read from its own file, set by store_load()
} Record;

/** A page with nothing on it but its key. @return NULL without memory */
Record *record_alloc(const char *key);

/** Read a page. @return 0 and *record, AVERROR_INVALIDDATA when the text is not the page
 * of this key in this version, AVERROR(ENOMEM) */
int record_parse(const char *key, const char *text, Record **record);

/** Take in what a line of the journal says, or what was found in a damaged page; what it
 * does not say stays. @param json  emptied of what was taken @return 0, AVERROR(ENOMEM)
 */
int record_take(Record *record, cJSON *json);

/** Move what a record does not know from another of the same generation. */
void record_fill(Record *record, Record *from);

/**
 * A line for the journal: key, state and, of what it keeps, what is new.
 * @param before  what it has already; NULL = nothing, as for another generation
 * @return an object, free with cJSON_Delete(); with key and state alone where nothing is
 * new; NULL without memory
 */
cJSON *record_line(const Record *record, const Record *before);

/** Whether two may be of one generation by the client request ids of its tries, which
 * grow: those of one begin with those of the other. @param a, b  may be NULL */
bool record_shares_tries(const char *a, const char *b);

/** Make up the client request id of another try, and add it to the record's.
 * @return 0, AVERROR(ENOMEM) */
int record_add_try(Record *record, char try[RECORD_TRY_SIZE]);

/** Whether a request in this state has come to its end. */
bool record_is_ended(RecordState state);

/** Whether a generation in this state is paid for: not one that failed or was refused. */
bool record_is_charged(RecordState state);

/** What it cost in USD; below 0 where that is not known, or it is not charged. */
double record_cost(const Record *record);

/** Have it sent, with no answer known: it may be paid for, and is looked for.
 * @param tries  its client request ids where the record has none; NULL = any that this
 * request may have had
 * @return 0, AVERROR(ENOMEM) */
int record_be_sent(Record *record, const char *tries);

/** Write a page as text; free it with cJSON_free(). @return NULL without memory */
char *record_print(const Record *record);

/** Free; sets *record to NULL. */
void record_free(Record **record);

/** Set a text of a record to a copy of `value`, or to NULL.
 * @return 0, or AVERROR(ENOMEM) and the text is as it was */
int record_set(char **member, const char *value);

/** Add a line to the record's history: the time, what happened, and the gateway's status
 * where it is one (else NULL). @return 0, AVERROR(ENOMEM) */
int record_add_history(Record *record, const char *what, const char *status);

/** Forget the generation, its clip and what it was sent with; what was asked and the
 * history stay. */
void record_forget_generation(Record *record);

/** Whether nothing more is to come: the clip is there, or it was refused or failed. */
bool record_is_finished(const Record *record);

/** The name of a state; static. */
const char *record_state_name(RecordState state);

/** The state of a name. @return false, and *state as it was, for what is none */
bool record_state_of(const char *name, RecordState *state);

/** Why it was refused or failed, in the gateway's words as far as there are any. */
const char *record_error(const Record *record);

/** Now, as the times of a record are written. */
double record_now(void);

#endif
