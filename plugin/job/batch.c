/* i2v: the jobs of this process, and who drives them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/state.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/mem.h>

#include "base/clock.h"
#include "base/compat.h"
#include "base/line.h"
#include "job/batch_say.h"
#include "job/budget.h"

/* An interrupt is looked at this often. */
#define TURN_MS 90

/* A pause between two turns that counts as such. */
#define UNDRIVEN_US (1000000LL)

/* Whoever has what it waited for stays at most this long for answers to create calls. */
#define STAY_US (5 * 1000000LL)

#define USUAL_PARALLEL 8
#define MOST_PARALLEL  1000

/* All of this is protected by the lock, but while a thread drives, the jobs are its own:
 * who wants to change the list waits for it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool driving;
static int wanted; ///< threads that want to change the list
static Job *jobs;
static Http *http;                    ///< while there are jobs
static int parallel;                  ///< at most so many in flight, 0 = not read yet
static int finished;                  ///< since the batch was last at rest
static int64_t began;                 ///< when that was, clock_now()
static int64_t driven;                ///< when it last was, clock_now(), 0 = never
static const AVIOInterruptCB *driver; ///< of the thread that drives

/* The list. What is called here has the lock. */

/* Wait until nobody drives. */
static void stop_driving(void)
{
    wanted++;
    while (driving)
        pthread_cond_wait(&changed, &lock);
    wanted--;
}

/* A job that was interrupted has no result to share. */
static bool is_void(const Job *job)
{
    return job->ended && job->out.error == AVERROR(EINTR);
}

/* One that may not buy is no help to one that may. */
static Job *find(const Request *request)
{
    for (Job *job = jobs; job; job = job->next)
        if (!is_void(job) && !strcmp(job->request->key, request->key) &&
            !strcmp(job->request->store, request->store) &&
            job->request->reuse_only == request->reuse_only)
            return job;
    return NULL;
}

static bool is_at_rest(void)
{
    for (const Job *job = jobs; job; job = job->next)
        if (!job->ended)
            return false;
    return true;
}

static void remove_job(Job *gone)
{
    for (Job **at = &jobs; *at; at = &(*at)->next) {
        if (*at == gone) {
            *at = gone->next;
            break;
        }
    }
    job_free(&gone);
    if (is_at_rest())
        http_free(&http);
}

/* A job without references stays while it runs unasked, or until somebody has heard how
 * it failed. */
static bool is_kept(const Job *job)
{
    return job->orphan && (!job->ended || job->ahead || job->out.error);
}

/* What nobody will ask for. */
static void sweep(void)
{
    Job *next;

    for (Job *job = jobs; job; job = next) {
        next = job->next;
        if (!job->references && !is_kept(job))
            remove_job(job);
    }
}

static bool is_in_flight(const Job *job)
{
    return job->begun && !job->ended && job_stage(job) < STAGE_DOWNLOADING;
}

static int count_in_flight(void)
{
    int count = 0;

    for (const Job *job = jobs; job; job = job->next)
        count += is_in_flight(job);
    return count;
}

/* Whether a job has to let others go first: there is no place for it, or one before it is
 * to be asked for again at the same origin. */
static bool must_queue(const Job *job)
{
    if (job->begun && job_stage(job) > STAGE_BUSY)
        return false;
    for (const Job *other = jobs; other != job; other = other->next)
        if (other->begun && job_stage(other) == STAGE_BUSY &&
            !strcmp(other->request->origin, job->request->origin))
            return true;
    return !job->begun && count_in_flight() >= parallel;
}

/* How many may be in flight. @return AVERROR(EINVAL) when I2V_PARALLEL is no such number
 */
static int read_parallel(void)
{
    const char *text = secure_getenv("I2V_PARALLEL");
    char *end = "";
    long value = text && *text ? strtol(text, &end, 10) : USUAL_PARALLEL;

    if (*end || value < 1 || value > MOST_PARALLEL)
        return AVERROR(EINVAL);
    parallel = (int)value;
    return 0;
}

int job_check_parallel(Outcome *out)
{
    pthread_mutex_lock(&lock);
    int ret = parallel ? 0 : read_parallel();
    pthread_mutex_unlock(&lock);
    if (ret < 0)
        return outcome_fail(
            out, FAILURE_REQUEST, ret,
            "I2V_PARALLEL is '%s'; it takes a whole number from 1 to %d; nothing sent.",
            getenv("I2V_PARALLEL"), MOST_PARALLEL);
    return 0;
}

/* The process */

/* exit() may have been called by a signal handler in the midst of anything: no lock is
 * waited for. */
static void say_at_exit(void)
{
    line_erase();
    if (pthread_mutex_trylock(&lock))
        return;
    if (!driving)
        say_unclaimed(jobs);
    pthread_mutex_unlock(&lock);
}

/* A child of fork() has its parent's jobs, with its parent's connections, and no thread
 * that drives them. */
static void forget_in_child(void)
{
    static const pthread_mutex_t fresh_lock = PTHREAD_MUTEX_INITIALIZER;
    static const pthread_cond_t fresh_changed = PTHREAD_COND_INITIALIZER;

    lock = fresh_lock;
    changed = fresh_changed;
    jobs = NULL;
    http = NULL;
    driving = false;
    wanted = 0;
}

static void set_up_process(void)
{
    atexit(say_at_exit);
    pthread_atfork(NULL, NULL, forget_in_child);
}

/* Entering and leaving */

static void append(Job *job)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    Job **at = &jobs;

    pthread_once(&once, set_up_process);
    if (is_at_rest()) {
        finished = 0;
        began = clock_now();
    }
    for (; *at; at = &(*at)->next)
        if (!(*at)->ended)
            events_tell_apart();
    *at = job;
}

static int enter(Job *job, const JobPlan *plan)
{
    if (!http && !(http = http_alloc()))
        return AVERROR(ENOMEM);
    if (plan->may_create &&
        !(job->counted = budget_take(plan->price, plan->request->max_total)))
        return AVERROR(ECANCELED);
    append(job);
    FFSWAP(Still *, job->still, *plan->still);
    FFSWAP(Still *, job->end, *plan->end);
    /* One that has to queue makes it again when its turn comes. */
    if (!must_queue(job))
        FFSWAP(EngineBody, job->create.body, *plan->body);
    return 0;
}

int job_enter(const JobPlan *plan, Job **job, Outcome *out)
{
    int ret = job_check_parallel(out);

    *job = NULL;
    if (ret < 0)
        return ret;
    Job *made = job_alloc(plan, out);
    if (!made)
        return AVERROR(ENOMEM);
    pthread_mutex_lock(&lock);
    stop_driving();
    sweep();
    if (!(*job = find(plan->request)) && (ret = enter(made, plan)) >= 0)
        FFSWAP(Job *, *job, made);
    if (*job)
        (*job)->references++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    job_free(&made);
    return ret;
}

void job_withdraw(Job **job)
{
    if (!*job)
        return;
    pthread_mutex_lock(&lock);
    (*job)->orphan = (*job)->ahead = false;
    pthread_mutex_unlock(&lock);
    job_unref(job);
}

void job_unref(Job **job)
{
    Job *left = *job;

    if (!left)
        return;
    *job = NULL;
    pthread_mutex_lock(&lock);
    stop_driving();
    left->references--;
    sweep();
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

bool job_is_known(const Request *request)
{
    pthread_mutex_lock(&lock);
    const Job *job = find(request);
    bool known = job && (!job->ended || job->ahead);
    pthread_mutex_unlock(&lock);
    return known;
}

bool job_has_ended(const Job *job)
{
    return job->ended;
}

/* Driving */

/* Asked by what takes long within a step: by whoever drives, since a callback is for its
 * own thread. */
static int is_driver_interrupted(void *opaque)
{
    (void)opaque;
    return i2v_interrupted(driver);
}

static const AVIOInterruptCB driver_interrupt = {is_driver_interrupted, NULL};

static void end(Job *job)
{
    job_end(job);
    finished++;
    job->ended = true;
}

/* Let a job go on. @return whether it has ended */
static bool step(Job *job, int in_flight)
{
    if (!job->begun)
        job_begin(job, http, &driver_interrupt);
    job->begun = true;
    if (!job_step(job, in_flight))
        return false;
    end(job);
    return true;
}

/* A place is free: the first that was refused for want of it may try again. */
static void hurry(void)
{
    for (Job *job = jobs; job; job = job->next) {
        if (job->begun && !job->ended && job_stage(job) == STAGE_BUSY) {
            job_hurry(job);
            return;
        }
    }
}

/* Time in which nobody drove is not time that anybody waited. */
static void forgive(void)
{
    int64_t now = clock_now(), gap = now - driven;

    for (Job *job = jobs; job && driven && gap > UNDRIVEN_US; job = job->next)
        if (job->begun)
            job_forgive(job, gap);
    driven = now;
}

/* Every job one step further, then nothing until there is news, for TURN_MS at most. */
static void drive(void)
{
    int idle = TURN_MS, in_flight = count_in_flight();
    bool news = false, calls = false;

    forgive();
    for (Job *job = jobs; job; job = job->next) {
        if (job->ended || must_queue(job))
            continue;
        if (step(job, in_flight)) {
            news = true;
            hurry();
            continue;
        }
        idle = FFMIN(idle, job_idle(job, TURN_MS));
        calls |= job_uses_http(job);
    }
    say_progress(jobs, finished, began);
    if (!news && (!calls || http_drive(http, idle) < 0))
        clock_sleep(idle);
    driven = clock_now();
}

/* Called with the lock. */
static void turn(const AVIOInterruptCB *interrupt)
{
    if (driving || wanted) {
        clock_wait(&changed, &lock, TURN_MS);
        return;
    }
    driving = true;
    driver = interrupt;
    pthread_mutex_unlock(&lock);
    drive();
    pthread_mutex_lock(&lock);
    driving = false;
    pthread_cond_broadcast(&changed);
}

int job_drive(const AVIOInterruptCB *interrupt)
{
    if (i2v_interrupted(interrupt))
        return AVERROR(EINTR);
    pthread_mutex_lock(&lock);
    turn(interrupt);
    pthread_mutex_unlock(&lock);
    return 0;
}

/* Waiting. What is called here has the lock, and lets it go to ask or to speak. */

static bool is_interrupted(const AVIOInterruptCB *interrupt)
{
    pthread_mutex_unlock(&lock);
    bool interrupted = i2v_interrupted(interrupt);
    pthread_mutex_lock(&lock);
    return interrupted;
}

static void end_interrupted(Job *job)
{
    if (job->begun)
        job_interrupt(job);
    else
        job_fail(job, FAILURE_LATER, AVERROR(EINTR), "Interrupted. Nothing was sent.");
    events_note_failure(job->events, &job->out);
    end(job);
}

/* One of several waits no longer. */
static int leave(Job *job, int error, int64_t max_wait, Outcome *out)
{
    if (error == AVERROR(EINTR))
        return events_fail(job->events, out, FAILURE_LATER, error,
                           "Interrupted. The generation goes on, since others wait for "
                           "it.");
    return events_fail(job->events, out, FAILURE_LATER, error,
                       "max_wait is over after %lld s. The generation goes on, since "
                       "others wait for it longer; the same command picks it up.",
                       (long long)(max_wait / SECOND_US));
}

/* Whoever waited no longer does. */
static int give_up(Job *job, int error, int64_t max_wait, Outcome *out)
{
    stop_driving();
    if (job->ended)
        return outcome_share(out, &job->out);
    bool shared = job->references > 1;
    driving = true;
    pthread_mutex_unlock(&lock);
    if (shared)
        leave(job, error, max_wait, out);
    else
        end_interrupted(job);
    pthread_mutex_lock(&lock);
    driving = false;
    pthread_cond_broadcast(&changed);
    return shared ? error : outcome_share(out, &job->out);
}

/* Whether a caller has waited long enough of a job that others wait for longer. Left
 * alone with it, it is the job's own matter to end. */
static bool is_out_of_patience(Job *job, int64_t joined, int64_t max_wait)
{
    if (clock_now() - joined <= max_wait)
        return false;
    stop_driving();
    if (job->references == 1)
        job->patience = FFMIN(job->patience, max_wait);
    return !job->ended && job->patience > max_wait &&
           clock_now() - FFMAX(joined, job->waiting_since) > max_wait;
}

/* Let a job go on for as long as this caller wants to wait. */
static void be_patient(Job *job, int64_t joined, int64_t max_wait)
{
    int64_t since = job->begun ? joined - job->waiting_since : 0;
    job->patience = FFMAX(job->patience, since + max_wait);
}

/* Whether an answer would be left unread: nobody waits for it. */
static bool is_being_sent(void)
{
    for (const Job *job = jobs; job; job = job->next)
        if (job->begun && !job->ended && !job->waiting && job_uses_http(job) &&
            job_stage(job) < STAGE_GENERATING)
            return true;
    return false;
}

/* Nobody may come for a while. */
static void stay(const AVIOInterruptCB *interrupt)
{
    int64_t until = clock_now() + STAY_US;

    for (;;) {
        stop_driving();
        if (!is_being_sent() || clock_now() >= until || is_interrupted(interrupt))
            return;
        turn(interrupt);
    }
}

/* What is waited for: the end, or that the gateway has answered. */
typedef enum Until { UNTIL_ENDED, UNTIL_ACCEPTED, UNTIL_QUEUED } Until;

static bool is_there(const Job *job, Until until)
{
    if (job->ended)
        return true;
    if (until == UNTIL_ENDED)
        return false;
    stop_driving();
    Stage stage = job->begun ? job_stage(job) : STAGE_BEFORE;
    return job->ended || stage >= STAGE_GENERATING ||
           (until == UNTIL_QUEUED &&
            (stage == STAGE_BUSY || (!job->begun && must_queue(job))));
}

static int wait_until(Job *job, Until until, int64_t max_wait,
                      const AVIOInterruptCB *interrupt, Outcome *out)
{
    int64_t joined = clock_now();
    int ret = 0;

    pthread_mutex_lock(&lock);
    stop_driving();
    if (until == UNTIL_ENDED)
        be_patient(job, joined, max_wait);
    job->orphan = job->orphan && until != UNTIL_ENDED;
    job->ahead = job->ahead && job->orphan;
    job->waiting++;
    while (ret >= 0 && !is_there(job, until)) {
        if (is_interrupted(interrupt))
            ret = AVERROR(EINTR);
        else if (until == UNTIL_ENDED && is_out_of_patience(job, joined, max_wait))
            ret = AVERROR(ETIMEDOUT);
        else
            turn(interrupt);
    }
    job->waiting--;
    if (ret < 0)
        ret = give_up(job, ret, max_wait, out);
    else if (until == UNTIL_ENDED)
        stay(interrupt);
    line_erase();
    if (ret >= 0 && job->ended && job->out.error)
        ret = outcome_share(out, &job->out);
    /* Who hears of its end has it; one that was only to be sent goes on for whoever asks.
     */
    if (job->ended)
        job->orphan = job->ahead = false;
    else if (ret >= 0)
        job->orphan = true;
    /* The job goes on, and what its caller lent it is not to be used any more. */
    if (!job->ended) {
        stop_driving();
        if (job->out.log == out->log)
            job_set_log(job, events_anyone);
    }
    pthread_mutex_unlock(&lock);
    return ret;
}

int job_wait(Job *job, int64_t max_wait, const AVIOInterruptCB *interrupt, Outcome *out)
{
    return wait_until(job, UNTIL_ENDED, max_wait, interrupt, out);
}

int job_wait_accepted(Job *job, bool or_queued, const AVIOInterruptCB *interrupt,
                      Outcome *out)
{
    return wait_until(job, or_queued ? UNTIL_QUEUED : UNTIL_ACCEPTED, 0, interrupt, out);
}

int job_places(void)
{
    pthread_mutex_lock(&lock);
    stop_driving();
    int places = parallel;
    for (const Job *job = jobs; job; job = job->next)
        places -= is_in_flight(job) || (!job->ended && !job->begun);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return places;
}

void job_expect(Events *voice, int total, int waiting)
{
    pthread_mutex_lock(&lock);
    stop_driving();
    say_expected(voice, total, waiting);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}
