/* i2v: the ledger and the clips
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_STORE_H
#define I2V_STORE_H

#include <stdbool.h>
#include <stdint.h>

/** The directory of the ledger and the clips. Thread-safe once open. */
typedef struct Store Store;

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
#define RECORD_ACCOUNT    "account" /* short keyed digest of the API key */
#define RECORD_ORIGIN     "origin"  /* of the gateway */
#define RECORD_MODEL      "model"
#define RECORD_PROMPT     "prompt"
#define RECORD_TAKE       "take"
#define RECORD_CREATED    "created"            /* when it was intended */
#define RECORD_CLIENT_IDS "client_request_ids" /* of every try, separated by spaces */
#define RECORD_SENT_AT    "sent"
#define RECORD_ID         "id" /* of the generation */
#define RECORD_ACCEPTED   "accepted"
#define RECORD_STATUS     "status" /* the gateway's own word */
#define RECORD_USD        "usd"
#define RECORD_ERROR      "error" /* the gateway's own words */
#define RECORD_ENDED      "ended"
#define RECORD_CLIP_SIZE  "clip_size" /* bytes */
#define RECORD_CLIP_TIME  "clip_time" /* of its last change, text */
#define RECORD_CLIP_HASH  "clip_sha256"
#define RECORD_CLIP_TEXT  "clip_text" /* what the clip is, in a line */

/** One request's page in the ledger. Not thread-safe. */
typedef struct Record Record;

/**
 * Open the store, creating its directory with mode 0700.
 * @return 0 and *store, or a negative AVERROR after one sentence on `log`
 */
int store_open(const char *directory, void *log, Store **store);

/** Close; sets *store to NULL. */
void store_close(Store **store);

/** Find out by doing whether the store can be written.
 * @return 0, or a negative AVERROR after one sentence on `log` */
int store_probe(const Store *store, void *log);

/**
 * Read a request's record. A damaged or foreign one is moved aside with a warning when
 * the key is locked, and a new one takes its place; else it is given out as
 * RECORD_DAMAGED, since whoever holds the lock may be mending it.
 * @param locked  the caller holds the key's lock
 * @return 0 and *record (free with record_free()), or a negative AVERROR after a sentence
 */
int store_load(const Store *store, const char *key, bool locked, void *log,
               Record **record);

/** Write a record, atomically and durably. @return 0 or a negative AVERROR after a
 * sentence */
int store_save(const Store *store, Record *record, void *log);

/**
 * Try to lock a key against other processes and threads; never waits.
 * @return a descriptor for store_unlock(), AVERROR(EAGAIN) while another holds it, or a
 *         negative AVERROR
 */
int store_lock(const Store *store, const char *key);

/** Unlock; sets *lock to -1. */
void store_unlock(int *lock);

/** Where a clip is or will be, and where it grows; free with av_free(), NULL without
 * memory. */
char *store_clip_path(const Store *store, const char *key);
char *store_part_path(const Store *store, const char *key);

/** Put the finished .part of a key in its place, durably. @return 0 or a negative AVERROR
 */
int store_publish(const Store *store, const char *key);

/** Note in a record what tells its published clip from another: size, time and digest.
 * @return 0 or a negative AVERROR */
int store_note_clip(const Store *store, Record *record);

/** Whether the clip of a record is there as it was noted. One whose size and time have
 * not changed is not read again. */
bool store_has_clip(const Store *store, const Record *record);

/** Now, as the times of a record are written. */
double record_now(void);

RecordState record_state(const Record *record);
void record_set_state(Record *record, RecordState state);

/** A text or a number of the record; NULL or `fallback` when it has none. Borrowed. */
const char *record_text(const Record *record, const char *name);
double record_number(const Record *record, const char *name, double fallback);

/** Set, or with NULL remove. @return 0 or AVERROR(ENOMEM) */
int record_set_text(Record *record, const char *name, const char *value);
int record_set_number(Record *record, const char *name, double value);

/** Add a line to the record's history: the time and what happened. @return 0,
 * AVERROR(ENOMEM) */
int record_add_history(Record *record, const char *what);

/** Free; sets *record to NULL. */
void record_free(Record **record);

#endif
