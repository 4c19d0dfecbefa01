/* i2v: the state of a generation in progress, between generation, create, find, wait
 * and ledger
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_GENERATION_INTERNAL_H
#define I2V_GENERATION_INTERNAL_H

#include "base/download.h"
#include "engine/engine.h"
#include "job/job.h"
#include "base/http.h"
#include "job/schedule.h"

/** A Retry-After is kept up to here, seconds. */
#define MAX_RETRY_AFTER 120

/** What it is doing; each phase is one function that never blocks. */
typedef enum Phase {
    PHASE_LOOK, ///< decide by the record
    PHASE_CREATE,
    PHASE_FIND, ///< look a lost create call up in the usage log
    PHASE_POLL,
    PHASE_DOWNLOAD,
    PHASE_END,
} Phase;

struct Generation {
    const GenerationPlan *plan;
    const Request *request;
    Events *events;
    EngineAccess gateway;
    Http *http;
    const AVIOInterruptCB *interrupt;
    Record *record;
    Outcome *out; ///< of what is said below
    int lock;     ///< of the key, -1 = not held

    Phase phase;
    int64_t phase_began; ///< av_gettime_relative()
    char cause[160];     ///< what last went wrong on the way, or ""
    int result;          ///< once PHASE_END
    Failure failure;
    int64_t waiting_since; ///< av_gettime_relative(), when max_wait began
    int64_t wake;          ///< av_gettime_relative() before which there is nothing to do
    EngineCall *call;
    Download *download;

    char client_id[40];  ///< of the create call at hand
    int unsent;          ///< create calls in a row that did not go out
    bool busy;           ///< the last create call was refused for too many at once
    int64_t not_before;  ///< av_gettime_relative() up to which a busy one asked for peace
    int faults;          ///< create calls answered 500 or 503
    char suspect[256];   ///< id that came with a 500 or 503, "" = none
    bool asking_suspect; ///< the last doubt before another try
    bool foreign;        ///< the record is of another account's generation
    bool clock_differs;  ///< the gateway's clock and this machine's disagree
    int find_offset;     ///< rows of the usage log passed over
    int64_t find_began;  ///< av_gettime_relative(), when its first page was asked for
    int64_t find_until;  ///< a listing that begins from then on decides
    bool find_enough;    ///< find_until is not cut short by max_wait
    int weather;         ///< polls or downloads in a row that told nothing
    bool answered;       ///< a poll told something in this run
    Schedule schedule;   ///< of the polls
    double last_pending; ///< record_now() at the last poll that said so, 0 = none
    double took;         ///< seconds, to be noted for the schedule; 0 = no more
    int64_t retry_after; ///< of the last download, seconds, -1 = not said
    int64_t part_bytes;  ///< bytes of the clip after the last attempt
    int damaged;         ///< downloads that did not verify
    char *url;           ///< of the clip
    int64_t clip_size;   ///< bytes the server announced, -1 = not yet
    char status[64];     ///< last heard and said
    EngineUsage usage;   ///< heard so far
    char *key_again;     ///< of the key file, when it was read once more
    bool said_waiting;   ///< for another process
};

/** One step of a phase. */
void generation_create(Generation *g);
void generation_find(Generation *g);
void generation_poll(Generation *g);
void generation_download(Generation *g);

/** Do nothing for a while, but not beyond max_wait. */
void generation_sleep(Generation *g, int64_t us);

/** Seconds to wait after the n-th failure in a row (n from 1), doubling to `most`, a
 * quarter of it chance, and at least what the server asked for up to two minutes. In
 * microseconds. */
int64_t generation_backoff(int n, int most, int64_t retry_after);

/** Whether max_wait, counted from waiting_since, is over. */
bool generation_is_over(const Generation *g);

/** End with an error that was said. */
void generation_fail(Generation *g, int error, Failure failure);

/** End because reuse=only forbids what would come next. */
void generation_refuse_to_spend(Generation *g);

/** What an answer's error is about. */
Failure generation_failure_of(int error);

/** Take the key's lock; what else the caller does waits until it is true. Ends the
 * generation when it cannot be had at all, and sleeps while another has it. */
bool generation_lock(Generation *g);

/** Under the lock: read the record again, unless the ledger has gone on to another
 * generation meanwhile. Without a record ours is the one.
 * @return 1 when ours is current, 0 when it is not and must not be written, or a
 * negative AVERROR after a sentence */
int generation_refresh(Generation *g);

/** Put what is asked for into the record; not yet on disk. @return 0 or AVERROR(ENOMEM)
 */
int generation_describe(Generation *g);

/** Put what was heard of usage and of the clip's URL into the record; not yet on disk. */
void generation_fill(Generation *g);

/** What a job says was spent; what it does not say stays. */
void generation_take_usage(Generation *g, const EngineUsage *said);

/** The key was refused: read its file again, once. @return whether it holds another,
 * which is then used */
bool generation_try_key_again(Generation *g);

/** Note whose generation it is, and warn when it was another account's. */
void generation_set_account(Generation *g);
void generation_check_account(Generation *g);

/** Put a state on disk, with a line of history as of record_add_history(). Ends the
 * generation and returns a negative AVERROR when it cannot. */
int generation_record(Generation *g, RecordState state, const char *what,
                      const char *status);

/** Send the create call again after so many microseconds; 0: because nothing of it was
 * found. */
void generation_create_again(Generation *g, const char *why, int64_t us);

/** Nothing was accepted: say so, and let a later run create without looking. */
void generation_end_refused(Generation *g, const EngineAnswer *answer);

/** The answer has the id: put it on disk and wait on it. */
void generation_accept(Generation *g, const EngineAnswer *answer);

/** Microseconds until it is asked how the generation is, after an answer. */
int64_t generation_next_poll(const Generation *g, const EngineAnswer *answer);

/** Take in what a job says: status, failure, URL. Chooses the next phase. */
void generation_take_job(Generation *g, const EngineJob *job);

/** When the store has a whole clip that the ledger does not speak of, take it into the
 * ledger, which ends the generation; sleeps while another has the lock. @return whether
 * there is one */
bool generation_adopt(Generation *g);

/** Write an event about this generation to I2V_LOG. */
void generation_note(Generation *g, const char *name, const char *status,
                     const char *message, int retryable);

#endif
