/* i2v: a record that cannot be read, from what is left of it (inside store)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_STORE_REBUILD_H
#define I2V_STORE_REBUILD_H

#include "store/store.h"

/*
 * Four things may tell of a request whose record is damaged or missing: the temporary
 * file of a write, the damaged text itself, the journal, and the mark in the key's lock
 * (store_mark()). Where they differ, the one counts that protects what may be paid for:
 * an id, then "sent", then what ended it. What may have been sent and has left no client
 * request id is looked for by the beginning that all tries of its key share.
 */

/** The text of a file that should be a record. */
typedef struct RecordText {
    char *text; ///< NULL = there is no file
    size_t size;
} RecordText;

/**
 * Rebuild the record of a key.
 * @param file    what its own file holds, which is no record
 * @param record  free it; RECORD_NEW when nothing tells of the request
 * @param from    set to what most of it comes of, for a sentence; static
 * @return 0 or a negative AVERROR, nothing logged
 */
int rebuild_record(const Store *store, const char *key, const RecordText *file,
                   Record **record, const char **from);

/**
 * A record that is whole, and of a state in which money may be spent: where a power cut
 * has put back an older one, the journal or the lock's mark has a later step. It is then
 * brought up to that.
 * @return 1 when it was, 0, or a negative AVERROR, nothing logged
 */
int rebuild_bring_up(const Store *store, Record **record);

/** Whether a record is brought up to what the journal has before it is believed. */
bool rebuild_doubts(const Record *record);

/**
 * Note in the lock of a key that a create call may have been accepted, or that none is
 * open. It is a witness more for when record and journal are both lost; whether it could
 * be written does not matter.
 * @param tries  client request ids, or NULL
 */
void store_mark(const Store *store, const char *key, const char *tries);

#endif
