/* i2v: a job in progress (inside job)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_JOB_STATE_H
#define I2V_JOB_STATE_H

#include <stdatomic.h>

#include "base/clock.h"
#include "base/download.h"
#include "base/http.h"
#include "engine/engine.h"
#include "job/job.h"
#include "job/schedule.h"

#define SECOND_US   (1000000LL)
#define DAY_SECONDS (24 * 3600.0)

/** A Retry-After is kept up to here, seconds. */
#define MAX_RETRY_AFTER 120

/** What a job is doing. */
typedef enum Phase {
    PHASE_LOOK,   ///< decide by the record
    PHASE_READY,  ///< ask whether the engine takes requests
    PHASE_CREATE, ///< send it once
    PHASE_FIND,   ///< look a lost create call up at the engine
    PHASE_POLL,   ///< ask how it is
    PHASE_FETCH,  ///< bring the clip
    PHASE_END,
} Phase;

/** How far a job is, for whoever counts them. */
typedef enum Stage {
    STAGE_BEFORE,      ///< nothing of it is sent
    STAGE_BUSY,        ///< the engine had too many at once and is asked again
    STAGE_SENT,        ///< being sent, or looked for
    STAGE_GENERATING,  ///< at the engine
    STAGE_DOWNLOADING, ///< its clip is on its way
    STAGE_ENDED,
} Stage;

/* Times are clock_now(), microseconds, unless another unit is named. */
struct Job {
    /* What it is about. */
    Request *request;
    Store *store;
    Still *still, *end;
    Events *events;
    bool may_create;
    const char *refusal;
    double price;
    bool counted; ///< budget_take() has its price

    /* Its place in the batch, under the batch's lock. */
    Job *next;
    int references;     ///< the list's own is not counted
    atomic_int waiting; ///< threads
    bool ahead;         ///< as of JobPlan, until somebody asks for it
    bool orphan;        ///< nobody has waited for it yet
    bool begun;
    atomic_bool ended;

    /* Of whoever drives. */
    Http *http;
    const AVIOInterruptCB *interrupt; ///< looked at during what takes long
    EngineAccess access;
    EngineCall *call;
    Record *record;
    int lock;     ///< of the key, -1 = not held
    int attended; ///< store_attend() while its generation is waited for, else below 0
    Outcome out;

    Phase phase;
    int64_t phase_began;
    int64_t waiting_since; ///< when max_wait began
    int64_t patience;      ///< the longest max_wait of those who wait, from then on
    int64_t wake;          ///< before which there is nothing to do
    char cause[160];       ///< what last went wrong on the way, or ""
    int weather;           ///< polls or downloads in a row that told nothing
    char status[64];       ///< last heard
    char statuses[256];    ///< all that were said, a | behind each
    double progress;       ///< per cent, as last heard; not above 0 = not said
    EngineUsage usage;     ///< heard so far
    char *key_again;       ///< of the key file, when it was read once more
    bool foreign;          ///< the record is of another account's generation
    bool said_waiting;     ///< for another process
    int in_flight;         ///< jobs under way in this process

    struct {
        EngineBody body;    ///< made when it is needed
        char client_id[40]; ///< of the call at hand
        int unsent;         ///< calls in a row that did not go out
        bool busy;          ///< the last one was refused for too many at once
        int64_t not_before; ///< up to which a busy engine asked for peace
        int faults;         ///< calls that a failing engine answered
        char *suspect;      ///< id that came with such an answer, or NULL
    } create;
    struct {
        bool untold; ///< there was a row that does not tell whose it is
        bool asking; ///< about create.suspect, before the call is sent again
        int offset;  ///< rows passed over
        char after[ENGINE_ID_SIZE];     ///< the last of them
        char candidate[ENGINE_ID_SIZE]; ///< seen once
        int64_t window[2];              ///< of the look at hand, Unix time in seconds
        int64_t began;                  ///< when its first page was asked for
        int64_t until;                  ///< a listing that begins from then on decides
        bool enough;                    ///< `until` is not cut short by max_wait
    } find;
    struct {
        Schedule schedule;
        bool answered;       ///< a poll told something in this run
        int64_t empty_since; ///< when it was first completed without a clip, 0 = never
        bool checking;       ///< whether what ended without a clip has one meanwhile
        bool checked;        ///< and it has none
        char trouble[512];   ///< what was last said to have gone wrong
        int unknown;         ///< polls in a row that did not know it
        int same;            ///< and that went wrong in the same words
        double last_pending; ///< record_now() at the last poll that said so, 0 = none
    } poll;
    struct {
        Download *download;
        char *url;
        bool moved;          ///< to where the API key does not go
        int64_t bytes;       ///< that were there after the last attempt
        int64_t retry_after; ///< of the last attempt, seconds, -1 = not said
        int refused;         ///< attempts in a row that found the URL no longer good
        int damaged;         ///< attempts that did not verify
        char damaged_hash[DIGEST_TEXT_SIZE]; ///< of the last of them that was whole
    } fetch;
};

/* The batch's side of a job: its life, in life.c. */

/** @return a job that has not begun, or NULL without memory */
Job *job_alloc(const JobPlan *plan, const Outcome *out);

/** Begin. @param http,interrupt  borrowed until job_end() */
void job_begin(Job *job, Http *http, const AVIOInterruptCB *interrupt);

/** Where it speaks: AVClass-led, borrowed. */
void job_set_log(Job *job, void *log);

/** End what it has going on, and free what only a job that goes on needs. */
void job_end(Job *job);

/** Free it, in whatever state; sets *job to NULL. */
void job_free(Job **job);

/* And what drives it, in phases.c. */

/** Let it go on without blocking.
 * @param in_flight  jobs under way in this process, which poll less often the more there
 * are
 * @return whether it has ended */
bool job_step(Job *job, int in_flight);

/** Its stage. */
Stage job_stage(const Job *job);

/** Milliseconds for which there is nothing to do unless its Http has news, at most
 * `most`.
 */
int job_idle(const Job *job, int most);

/** Whether it has something going on in its Http. */
bool job_uses_http(const Job *job);

/** Say how it stands, when that is due. */
void job_say_progress(const Job *job);

/** Seconds that a generation like the one it waits for usually takes, 0 = not known, or
 * it does not wait for one. */
double job_usual(const Job *job);

/** Nobody drove it for so many microseconds: they do not count as waiting. */
void job_forgive(Job *job, int64_t us);

/** A busy engine may have room now: ask again as soon as it allows. */
void job_hurry(Job *job);

/** End it because nobody waits any longer; what becomes of it is said. */
void job_interrupt(Job *job);

/* The phases: a step each, which returns the phase to go on in. */

Phase look_step(Job *job);
Phase ready_step(Job *job);
Phase create_step(Job *job);

/** Another run's try was answered with a fault: look for it before another one. */
Phase create_after_fault(Job *job);

Phase find_step(Job *job);

/** Microseconds in which a row of what was sent may still appear. */
int64_t find_watch(const Job *job);

Phase poll_step(Job *job);
Phase fetch_step(Job *job);

/* What the phases share, in state.c. */

/** End with a sentence. @return PHASE_END */
Phase job_fail(Job *job, Failure kind, int error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** End with what job->out has, or for want of memory. @return PHASE_END */
Phase job_give_up(Job *job, Failure kind, int error);

/** End well. @return PHASE_END */
Phase job_succeed(Job *job);

/** Do nothing for a while, but not beyond max_wait. @return `phase` */
Phase job_sleep(Job *job, Phase phase, int64_t us);

/** Microseconds to wait after the n-th failure in a row (n from 1): seconds, doubling to
 * `most`, a quarter of it chance, and at least what the server asked for up to
 * MAX_RETRY_AFTER. */
int64_t job_backoff(int n, int most, int64_t retry_after);

/** When max_wait is over. */
int64_t job_deadline(const Job *job);

/** What an error of the engine's is about. */
Failure job_kind_of(int error);

/** Write an event about this job to I2V_LOG. */
void job_note(Job *job, const char *name, const char *status, const char *message,
              int retryable);

/** Take the key's lock. @return 1; 0 while another has it, and the job sleeps; or a
 * negative AVERROR when it cannot be had at all, after a sentence */
int job_lock(Job *job);

/** Under the lock: read the record again, unless the ledger has gone on to another
 * generation meanwhile. Without a record ours is the one.
 * @return 1 when ours is current, 0 when it is not and must not be written, or a negative
 * AVERROR after a sentence */
int job_refresh(Job *job);

/** Put a state on disk, with a line of history as of record_add_history(). @return 0, or
 * a negative AVERROR after a sentence; the job is then to end */
int job_record(Job *job, RecordState state, const char *what, const char *status);

/** Note whose generation it is; and warn when it is another account's. */
int job_set_account(Job *job);
void job_check_account(Job *job);

/** Say that there is no API key. @return AVERROR(ENOKEY) */
int job_miss_key(const Request *request, Events *events, Outcome *out);

/** The key was refused: read its file again, once. @return whether it holds another,
 * which is then used */
bool job_try_key_again(Job *job);

/* What an answer does to the job and its record, in answer.c. */

/** Take in what was spent; what is not said stays. */
void answer_take_usage(Job *job, const EngineUsage *said);

/** Put what was heard of usage and of the clip's URL into the record; not yet on disk.
 * @return 0 or AVERROR(ENOMEM) */
int answer_fill(Job *job);

/** It has the id: put that on disk and wait on it.
 * @param when  record_now() when it was accepted */
Phase answer_accept(Job *job, const EngineAnswer *answer, double when);

/** Nothing was accepted: say so, and let a later run create without looking. */
Phase answer_refuse(Job *job, const EngineAnswer *answer);

/** Nothing was accepted, and the create call is sent again after so many microseconds;
 * 0: because nothing of it was found. */
Phase answer_create_again(Job *job, const char *why, int64_t us);

/** What ended without a clip still has none: the next step is a new generation. */
Phase answer_create_after_all(Job *job);

/** How long ago it was accepted, microseconds. Clocks jump: it is no less than this run
 * has waited, and no more than a request may be waited for. */
int64_t answer_age(const Job *job);

/** Take in how the generation is: status, failure, URL. */
Phase answer_take_state(Job *job, const EngineAnswer *answer);

/* The clip, in fetch.c. */

/** When the store has a clip that the ledger does not speak of, take it into the ledger.
 * @param proved  only one that is known for what was downloaded; else any that plays
 * @return whether there is one; *next is then the phase to go on in */
bool fetch_adopt(Job *job, bool proved, Phase *next);

/** Likewise of a request of which nothing tells what became of it, in find.c. */
bool find_unproved_clip(Job *job, Phase *next);

#endif
