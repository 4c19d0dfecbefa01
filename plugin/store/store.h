/* i2v: the ledger and the clips
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_STORE_H
#define I2V_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include <libavformat/avio.h>

#include "base/outcome.h"
#include "store/record.h"

/** The directory of the ledger and the clips. Thread-safe once open. */
typedef struct Store Store;

/**
 * Open the store, creating its directory with mode 0700.
 * @return 0 and *store, or a negative AVERROR after one sentence on `out`
 */
int store_open(const char *directory, Outcome *out, Store **store);

/** Another handle of the same store, or NULL without memory. */
Store *store_copy(const Store *store);

/** Whether two are the same store. */
bool store_is(const Store *store, const Store *other);

/** Close; sets *store to NULL. */
void store_close(Store **store);

/** Find out by doing whether the store can be written. The caller holds the key's lock.
 * @return 0, or a negative AVERROR after one sentence on `out` */
int store_probe(const Store *store, const char *key, Outcome *out);

/**
 * Read a request's record. A damaged or foreign one is moved aside with a warning when
 * the key is locked, and what a record of another version knows of a generation takes its
 * place, or a new one; else it is given out as
 * RECORD_DAMAGED, since whoever holds the lock may be mending it.
 * @param locked  the caller holds the key's lock
 * @return 0 and *record (free with record_free()), or a negative AVERROR after a sentence
 */
int store_load(const Store *store, const char *key, bool locked, Outcome *out,
               Record **record);

/** Write a record, atomically and durably. @return 0 or a negative AVERROR after a
 * sentence */
int store_save(const Store *store, const Record *record, Outcome *out);

/**
 * Try to lock a key (or another name) against other processes and threads; never waits.
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

/** Where a file of the store that belongs to no key lies; free with av_free(). */
char *store_file_path(const Store *store, const char *name);

/** Read a file of the store whole, NUL-terminated; free with av_free().
 * @param max  bytes it may have
 * @return 0, with *text NULL when there is no such file; AVERROR_INVALIDDATA when it is
 * larger or no file; or another negative AVERROR */
int store_read_file(const char *path, int64_t max, char **text);

/** Put the finished .part of a key in its place, durably. @return 0 or a negative AVERROR
 */
int store_publish(const Store *store, const char *key);

/** Make room for the clip of a new generation: what is there of another's is removed as
 * far as it is a beginning, and moved aside when it is a clip.
 * @return 0 or a negative AVERROR */
int store_clear_clip(const Store *store, const char *key, Outcome *out);

/** Note in a record what tells its published clip from another: size and time. The digest
 * is still to be taken. @return 0 or a negative AVERROR */
int store_note_clip(const Store *store, Record *record);

/** Take the digest of a ready clip into its record, in memory.
 * @return 1, 0 when there is nothing to take: the record has it, or the clip is not the
 * one that was noted; AVERROR(EINTR) or another negative AVERROR */
int store_digest_clip(const Store *store, Record *record,
                      const AVIOInterruptCB *interrupt);

/** The same in the record on disk, if nobody else is at it. Says nothing, and takes no
 * lock for what has its digest or is gone.
 * @return bytes that were read, 0 when nothing was noted */
int64_t store_note_digest(const Store *store, const char *key,
                          const AVIOInterruptCB *interrupt);

/** Whether the clip of a record may be another than the one that was noted: it has
 * another time, and there is no digest to tell. */
bool store_doubts_clip(const Store *store, const Record *record);

/** Whether the clip of a record is there as it was noted. One whose size and time have
 * not changed is not read again. */
bool store_has_clip(const Store *store, const Record *record);

/** The keys of every record, in no order; free them with store_free_keys().
 * @return 0 or a negative AVERROR, *keys then NULL and *count 0 */
int store_list(const Store *store, char ***keys, int *count);

/** Free what store_list() gave; sets *keys to NULL. */
void store_free_keys(char ***keys, int count);

/** What store_prune() did. */
typedef struct StorePruned {
    int records, clips; ///< removed
    int64_t bytes;      ///< freed
    int kept;           ///< unfinished records, kept whatever their age
} StorePruned;

/**
 * Remove the clips and records of requests that ended before a time; never those of an
 * unfinished one, nor what another process is at.
 * @param before  Unix time in seconds
 * @return 0 or a negative AVERROR, which may come after some were removed
 */
int store_prune(const Store *store, double before, Outcome *out, StorePruned *pruned);

#endif
