/* i2v: the ledger and the clips
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_STORE_H
#define I2V_STORE_H

/*
 * What was bought is kept in one directory, private to the user. A request has a key
 * (key_of()), and each key has up to these files there:
 *
 *   KEY.json           its record: what was asked, what became of it (store/record.h)
 *   KEY.json.tmp       the record while it is being written
 *   KEY.json.TIME.bad  a record that was damaged and is rebuilt; an older clip that was
 *                      moved aside is KEY.mp4.TIME.bad
 *   KEY.mp4            its clip, whole and verified (store/clip.h says what a clip is)
 *   KEY.mp4.part       the clip while it is being downloaded
 *   KEY.mp4.part.note  how much of it is there, of which version (base/resume.h); also
 *                      for the moment in which KEY.mp4 is there and not in its record
 *   KEY.broken.mp4     a file that the server itself has broken; never served
 *   KEY.mp4.TIME.bad   a clip that is not the one of its record, moved aside
 *   KEY.kept           the request is to stay: neither pruned nor forgotten. It is a file
 *                      of its own, so that no job at work and no rebuilt record loses it
 *   KEY.lock           whoever creates, downloads or removes holds its lock
 *   KEY.probe          there for a moment, to find out whether the store can be written
 *
 * Beside them lies what is of all requests:
 *
 *   journal.jsonl      each durable step is a line (store/journal.h); it outlives records
 *                      and clips: what was spent is summed by it, and a record that is
 *                      damaged or missing is rebuilt from it
 *   stats.json         how long generations took (store/durations.h)
 *   models/            what the engine says of its models (store/document.h)
 *
 * A record is loaded, its members are set, and it is saved: into the journal, and into
 * its file, which is replaced or left as it was. Whoever saves holds the key's lock;
 * anybody may load. A .part
 * becomes the clip by store_publish(), and the record says which clip that was, so that
 * another in its place is noticed. store/provenance.h tells those outside where a clip
 * comes from.
 *
 * Where nothing else is said, functions return 0 or a negative AVERROR, paths and other
 * texts are freed with av_free() and are NULL without memory.
 */

#include <stdbool.h>
#include <stdint.h>

#include <libavformat/avio.h>

#include "base/outcome.h"
#include "store/record.h"

/** A store that is open. Thread-safe. */
typedef struct Store Store;

/** Open the store, creating its directory with mode 0700. Fails with a sentence on `out`.
 */
int store_open(const char *directory, Outcome *out, Store **store);

/** One more reference, to be closed like the first. Thread-safe. */
Store *store_ref(Store *store);

/** Close, with the last reference; sets *store to NULL. Thread-safe. */
void store_close(Store **store);

/** Find out by doing whether the store can be written. Fails with a sentence. The caller
 * holds the key's lock. */
int store_probe(const Store *store, const char *key, Outcome *out);

/** Where a file of a key lies, or of another name. */
char *store_path(const Store *store, const char *key, const char *suffix);

/* Locks */

/**
 * Try to lock a key (or another name) against other processes and threads; never waits.
 * @return a descriptor for store_unlock(), AVERROR(EAGAIN) while another holds it, or
 * another negative AVERROR
 */
int store_lock(const Store *store, const char *key);

/** Let others know that the clip of a key is waited for, without a lock.
 * @return a descriptor for store_unlock(), or a negative AVERROR */
int store_attend(const Store *store, const char *key);

/** Whether any process, or thread of this one, waits for the clip of a key. */
bool store_is_attended(const Store *store, const char *key);

/** Unlock, or wait no more; sets *lock to -1. */
void store_unlock(int *lock);

/* Records */

/**
 * Read the record of a key. Fails with a sentence. A key without one gets a RECORD_NEW.
 * One that is damaged, of another version, or missing while the journal or what is left
 * of it tells of the request, is rebuilt, so that what may be paid for is not bought
 * again (store/rebuild.h).
 * @param locked  whether the caller holds the key's lock. If so what was rebuilt is
 * saved, with a WARNING, and a damaged file is kept beside it. If not, nothing is touched
 * and nothing said: the holder may be mending it
 * @param record  free with record_free()
 */
int store_load(const Store *store, const char *key, bool locked, Outcome *out,
               Record **record);

/** Put a step on disk, durably: into the journal and into the record, or it fails with a
 * sentence and the record is as it was; but from the id on, behind which money is, the
 * record is written even where the journal cannot be. */
int store_save(const Store *store, const Record *record, Outcome *out);

/** Whether a step of this request was put on disk, by whomever, since this process first
 * opened the store. No clock is asked. */
bool store_noted_lately(const Store *store, const char *key);

/** Whether the journal has a generation as that of another request; or cannot be read. */
bool store_knows_id(const Store *store, const char *key, const char *id);

/* Clips */

/** Where the clip of a key is or will be, and where it grows. */
char *store_clip_path(const Store *store, const char *key);
char *store_part_path(const Store *store, const char *key);

/** Whether anything lies in the place of a key's clip, whatever it is. */
bool store_has_any_clip(const Store *store, const char *key);

/** Rename the .part of a key to its clip, durably. What was kept broken goes. The note of
 * the .part stays until store_drop_part(): it proves the clip until the record does. */
int store_publish(const Store *store, const char *key);

/** Whether the clip of a key is proved, by the note of its .part or by the journal, which
 * is ahead of the record.
 * @param digest  set to its SHA-256 if it is
 * @return 1, 0, AVERROR(EINTR), or another negative AVERROR */
int store_proves_clip(const Store *store, const char *key,
                      const AVIOInterruptCB *interrupt, char digest[DIGEST_TEXT_SIZE]);

/** Remove the .part of a key, and its note. */
void store_drop_part(const Store *store, const char *key);

/** Keep the .part of a key as what the server has broken, in place of an earlier one.
 * @param path  set to where it is then */
int store_keep_broken(const Store *store, const char *key, char **path);

/** Make room for the clip of a new generation: a clip of an older one is moved aside with
 * a WARNING, and a .part removed. */
int store_clear_clip(const Store *store, const char *key, Outcome *out);

/**
 * Note in a record, not on disk, which clip is there: its size, time of change and
 * SHA-256.
 * @param hash  the SHA-256, or NULL to read the clip for it
 * @return also AVERROR(EINTR)
 */
int store_note_clip(const Store *store, Record *record, const char *hash,
                    const AVIOInterruptCB *interrupt);

/** Whether the clip that a record notes is there. It is read, unless it is large and has
 * size and time as noted. */
bool store_has_clip(const Store *store, const Record *record);

/**
 * Find out what the clip of a record is where the record does not say, as one that was
 * rebuilt from the journal: it is read, and noted on disk unless another is at the
 * request.
 * @param out  for what is said of it; no failure is left in it
 * @return 0, also when it could not be told: record->clip.width is 0 then;
 * AVERROR(EINTR), AVERROR(ENOMEM)
 */
int store_look_at_clip(const Store *store, Record *record,
                       const AVIOInterruptCB *interrupt, const Outcome *out);

/* Pruning */

/** Mark a request as one that is to stay, or take the mark away, durably. The caller
 * holds its lock, so that nobody prunes it meanwhile. @return nothing said */
int store_keep(const Store *store, const char *key, bool keep);

/** Whether a request is marked so. */
bool store_is_kept(const Store *store, const char *key);

struct Survey;

/** What is to be pruned. */
typedef struct StorePrune {
    double before; ///< what ended before that; Unix time in seconds
    struct Survey
        *among; ///< of its rows that are not gone; those that stay are gone then
    bool dry_run;
} StorePrune;

/** What store_prune() did, or would do. */
typedef struct StorePruned {
    int records, clips; ///< removed
    int64_t bytes;      ///< freed
    int unfinished;     ///< kept whatever their age, as are those with another at them
    int kept;           ///< marked to stay
} StorePruned;

/**
 * Remove the clips and records of requests that ended before a time, and what crashes
 * left; never an unfinished request, nor one that is marked to stay or that another
 * process is at. One that cannot be read does not keep the others: how many there are is
 * said at the end. Fails with a sentence.
 */
int store_prune(const Store *store, const StorePrune *prune, Outcome *out,
                StorePruned *pruned);

/** Drop a request whatever became of it: its record and what is there of its clip, but no
 * whole clip; only the journal knows of it then. Fails with a sentence. The caller holds
 * its lock, of which the file goes too. */
int store_forget(const Store *store, const Record *record, Outcome *out);

#endif
