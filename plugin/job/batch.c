/* i2v: the generations of this process that are under way together
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/entry.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>
#include <libavutil/time.h>

#include "base/clock.h"
#include "base/compat.h"

/* An interrupt is looked at this often. */
#define TURN_MS 90

/* A pause between two turns that counts as such. */
#define UNDRIVEN_US (1000000LL)

/* Whoever has what it waited for stays at most this long for answers to create calls. */
#define STAY_US (5 * 1000000LL)

#define USUAL_PARALLEL 8
#define MOST_PARALLEL  1000

/* All of this is protected by the lock, but while a thread drives, the entries are its
 * own: who wants to change the list waits for it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool driving;
static int wanted; ///< threads that want to change the list
static BatchEntry *entries;
static Http *http;     ///< while there are generations
static int parallel;   ///< at most so many in flight, 0 = not read yet
static int finished;   ///< since the batch was last at rest
static int64_t began;  ///< when that was, av_gettime_relative()
static int64_t driven; ///< when it last was, av_gettime_relative(), 0 = never
static const AVIOInterruptCB *driver; ///< of the thread that drives

/* The list */

/* Called and left with the lock: nobody drives. */
static void stop_driving(void)
{
    wanted++;
    while (driving)
        pthread_cond_wait(&changed, &lock);
    wanted--;
}

static BatchEntry *find(const Request *request)
{
    for (BatchEntry *e = entries; e; e = e->next)
        if (!strcmp(e->key, request->key) && !strcmp(e->store, request->store))
            return e;
    return NULL;
}

static bool is_at_rest(void)
{
    for (const BatchEntry *e = entries; e; e = e->next)
        if (!e->ended)
            return false;
    return true;
}

static void unlink_entry(BatchEntry *gone)
{
    for (BatchEntry **at = &entries; *at; at = &(*at)->next) {
        if (*at == gone) {
            *at = gone->next;
            break;
        }
    }
    generation_end(&gone->g);
    if (is_at_rest())
        http_free(&http);
    av_free(gone->store);
    av_free(gone);
}

/* Called with the lock. One that nobody has asked for yet stays, if there is something to
 * say about it: that it failed, or that it was for nothing. */
static void drop_user(BatchEntry *e)
{
    stop_driving();
    if (!--e->users && (!e->given || e->ended))
        unlink_entry(e);
    pthread_cond_broadcast(&changed);
}

static bool is_in_flight(const BatchEntry *e)
{
    return e->g && generation_stage(e->g) < STAGE_DOWNLOADING;
}

/* Whether an entry has to let others go first: there is no place for it, or one before it
 * is to be asked for again by the same gateway. */
static bool must_queue(const BatchEntry *e)
{
    int in_flight = 0;

    if (e->g && generation_stage(e->g) > STAGE_BUSY)
        return false;
    for (const BatchEntry *other = entries; other != e; other = other->next)
        if (other->g && generation_stage(other->g) == STAGE_BUSY &&
            !strcmp(other->plan->request->origin, e->plan->request->origin))
            return true;
    for (const BatchEntry *other = entries; other; other = other->next)
        in_flight += is_in_flight(other);
    return !e->g && in_flight >= parallel;
}

/* What was given to the batch, came to its clip and was not announced is done with. */
static void sweep(void)
{
    BatchEntry *next;

    for (BatchEntry *e = entries; e; e = next) {
        next = e->next;
        if (e->given && e->ended && !e->users && !e->announce && e->result >= 0)
            unlink_entry(e);
    }
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

static void say_parallel(Events *events)
{
    events_say(
        events, AV_LOG_ERROR,
        "I2V_PARALLEL is '%s'; it takes a whole number from 1 to %d; nothing sent.\n",
        getenv("I2V_PARALLEL"), MOST_PARALLEL);
}

/* exit() may have been called by a signal handler in the midst of anything: no lock is
 * waited for. */
static void say_at_exit(void)
{
    if (pthread_mutex_trylock(&lock))
        return;
    if (!driving)
        batch_say_unclaimed(entries);
    pthread_mutex_unlock(&lock);
}

/* A child of fork() has its parent's batch, with its parent's connections, and no thread
 * that drives it. */
static void forget_in_child(void)
{
    static const pthread_mutex_t fresh_lock = PTHREAD_MUTEX_INITIALIZER;
    static const pthread_cond_t fresh_changed = PTHREAD_COND_INITIALIZER;

    lock = fresh_lock;
    changed = fresh_changed;
    entries = NULL;
    http = NULL;
    driving = false;
    wanted = 0;
}

static void set_up_process(void)
{
    atexit(say_at_exit);
    pthread_atfork(NULL, NULL, forget_in_child);
}

static void append(BatchEntry *e)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    BatchEntry **at = &entries;

    pthread_once(&once, set_up_process);

    if (is_at_rest()) {
        finished = 0;
        began = av_gettime_relative();
    }
    for (; *at; at = &(*at)->next)
        if (!(*at)->ended)
            events_tell_apart();
    *at = e;
}

/* What is there of the same request already. @return AVERROR(EEXIST) when it counts */
static int check_double(const Request *request)
{
    BatchEntry *e = find(request);

    if (e && (!e->ended || !e->given || e->users))
        return AVERROR(EEXIST);
    if (e) /* nobody came for how it ended */
        unlink_entry(e);
    return 0;
}

int batch_enter(const GenerationPlan *plan, BatchEntry **entry)
{
    BatchEntry *e = av_mallocz(sizeof(*e));
    int ret = 0, set = 0;

    if (!e || !(e->store = av_strdup(plan->request->store))) {
        av_free(e);
        return AVERROR(ENOMEM);
    }
    e->plan = plan;
    e->users = 1;
    av_strlcpy(e->key, plan->request->key, sizeof(e->key));
    pthread_mutex_lock(&lock);
    stop_driving();
    sweep();
    if ((ret = check_double(plan->request)) >= 0 && !http && !(http = http_alloc()))
        ret = AVERROR(ENOMEM);
    if (ret >= 0 && !parallel)
        ret = set = read_parallel();
    if (ret >= 0) {
        append(e);
        if (must_queue(e))
            plan->drop_body(plan->opaque);
    }
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    if (set < 0)
        say_parallel(plan->events);
    if (ret < 0) {
        av_free(e->store);
        av_freep(&e);
    }
    *entry = e;
    return ret;
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

static void end(BatchEntry *e, int result, Failure failure)
{
    if (e->g && generation_id(e->g))
        av_strlcpy(e->id, generation_id(e->g), sizeof(e->id));
    generation_end(&e->g);
    e->result = result;
    e->failure = failure;
    finished++;
    e->plan = NULL;
    if (e->given)
        e->release(e->owner, result, failure);
    e->ended = true;
}

/* Let an entry go on. @return whether it has ended */
static bool step(BatchEntry *e)
{
    Failure failure = FAILURE_STORE;
    int ret = e->g ? 0 : generation_start(e->plan, http, &driver_interrupt, &e->g);

    if (ret < 0) {
        end(e, ret, failure);
        return true;
    }
    if (!generation_step(e->g))
        return false;
    ret = generation_result(e->g, &failure);
    end(e, ret, failure);
    return true;
}

/* A place is free: the first that was refused for want of it may try again. */
static void hurry(void)
{
    for (BatchEntry *e = entries; e; e = e->next) {
        if (e->g && generation_stage(e->g) == STAGE_BUSY) {
            generation_hurry(e->g);
            return;
        }
    }
}

/* Time in which nobody drove is not time that anybody waited. */
static void forgive(void)
{
    int64_t now = av_gettime_relative(), gap = now - driven;

    for (BatchEntry *e = entries; e && driven && gap > UNDRIVEN_US; e = e->next)
        if (e->g)
            generation_forgive(e->g, gap);
    driven = now;
}

/* Every entry one step further, then nothing until there is news, for TURN_MS at most. */
static void drive(void)
{
    int idle = TURN_MS;
    bool news = false, calls = false;

    forgive();
    for (BatchEntry *e = entries; e; e = e->next) {
        if (e->ended || must_queue(e))
            continue;
        if (step(e)) {
            news = true;
            hurry();
            continue;
        }
        idle = FFMIN(idle, generation_idle(e->g, TURN_MS));
        calls |= generation_uses_http(e->g);
    }
    batch_say_progress(entries, finished, began);
    if (!news && (!calls || http_drive(http, idle) < 0))
        av_usleep((unsigned)idle * 1000);
    driven = av_gettime_relative();
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

int batch_turn(const AVIOInterruptCB *interrupt)
{
    if (i2v_interrupted(interrupt))
        return AVERROR(EINTR);
    pthread_mutex_lock(&lock);
    turn(interrupt);
    pthread_mutex_unlock(&lock);
    return 0;
}

/* Waiting */

/* Called with the lock, which it lets go to speak: whoever waited no longer does. */
static int give_up(BatchEntry *e, Events *events, Failure *failure)
{
    stop_driving();
    if (e->ended) {
        *failure = e->failure;
        return e->result;
    }
    bool shared = e->users > 1;
    *failure = FAILURE_LATER;
    driving = true;
    pthread_mutex_unlock(&lock);
    if (shared) {
        events_say(events, AV_LOG_ERROR,
                   "Interrupted. The generation goes on, since others wait for it.\n");
    } else {
        if (e->g)
            generation_interrupt(e->g);
        else
            events_say(events, AV_LOG_ERROR, "Interrupted. Nothing was sent.\n");
        end(e, AVERROR(EINTR), FAILURE_LATER);
    }
    pthread_mutex_lock(&lock);
    driving = false;
    pthread_cond_broadcast(&changed);
    return AVERROR(EINTR);
}

/* Whether the gateway has answered, or it is clear that it is not to be asked yet. */
static bool is_answered(const BatchEntry *e)
{
    if (e->g && generation_stage(e->g) >= STAGE_GENERATING)
        return true;
    return e->g ? generation_stage(e->g) == STAGE_BUSY : must_queue(e);
}

/* Whether an answer would be left unread: nobody waits for it. */
static bool is_being_sent(void)
{
    for (const BatchEntry *e = entries; e; e = e->next)
        if (e->g && !e->waiting && generation_uses_http(e->g) &&
            generation_stage(e->g) < STAGE_GENERATING)
            return true;
    return false;
}

/* Called with the lock. Nobody may come for a while. */
static void stay(const AVIOInterruptCB *interrupt)
{
    int64_t until = av_gettime_relative() + STAY_US;

    for (;;) {
        stop_driving();
        if (!is_being_sent() || av_gettime_relative() >= until)
            return;
        pthread_mutex_unlock(&lock);
        bool stop = i2v_interrupted(interrupt);
        pthread_mutex_lock(&lock);
        if (stop)
            return;
        turn(interrupt);
    }
}

/* Called with the lock. */
static int wait_for(BatchEntry *e, bool answer, Events *events,
                    const AVIOInterruptCB *interrupt, Failure *failure)
{
    atomic_fetch_add(&e->waiting, 1);
    while (!e->ended) {
        pthread_mutex_unlock(&lock);
        bool stop = i2v_interrupted(interrupt);
        pthread_mutex_lock(&lock);
        if (stop) {
            atomic_fetch_sub(&e->waiting, 1);
            return give_up(e, events, failure);
        }
        if (answer) {
            stop_driving();
            if (!e->ended && is_answered(e))
                break;
        }
        turn(interrupt);
    }
    atomic_fetch_sub(&e->waiting, 1);
    if (!answer)
        stay(interrupt);
    *failure = e->ended ? e->failure : FAILURE_NONE;
    return e->ended ? e->result : 0;
}

int batch_wait(BatchEntry *entry, Events *events, const AVIOInterruptCB *interrupt,
               Failure *failure)
{
    pthread_mutex_lock(&lock);
    int ret = wait_for(entry, false, events, interrupt, failure);
    pthread_mutex_unlock(&lock);
    return ret;
}

int batch_wait_for_answer(BatchEntry *entry, Events *events,
                          const AVIOInterruptCB *interrupt, Failure *failure)
{
    pthread_mutex_lock(&lock);
    int ret = wait_for(entry, true, events, interrupt, failure);
    pthread_mutex_unlock(&lock);
    return ret;
}

int batch_places(void)
{
    pthread_mutex_lock(&lock);
    stop_driving();
    if (!parallel)
        read_parallel();
    int places = parallel;
    for (const BatchEntry *e = entries; e; e = e->next)
        places -= is_in_flight(e) || (!e->ended && !e->g);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return places;
}

void batch_expect(Events *voice, int total, int waiting)
{
    pthread_mutex_lock(&lock);
    stop_driving();
    batch_set_expected(voice, total, waiting);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

bool batch_has_ended(BatchEntry *entry)
{
    pthread_mutex_lock(&lock);
    bool ended = entry->ended;
    pthread_mutex_unlock(&lock);
    return ended;
}

void batch_leave(BatchEntry **entry)
{
    if (!*entry)
        return;
    pthread_mutex_lock(&lock);
    drop_user(*entry);
    pthread_mutex_unlock(&lock);
    *entry = NULL;
}

/* Entries without an owner */

void batch_give(BatchEntry **entry, void *owner,
                void (*release)(void *owner, int result, Failure failure), bool announce)
{
    BatchEntry *e = *entry;

    /* The owner holds the entry's place too, and may be gone as soon as it is given. */
    *entry = NULL;
    pthread_mutex_lock(&lock);
    stop_driving();
    bool ended = e->ended;
    int result = e->result;
    Failure failure = e->failure;
    e->given = true;
    e->announce = announce;
    e->owner = owner;
    e->release = release;
    e->users--;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    if (ended)
        release(owner, result, failure);
}

bool batch_hand_over(BatchEntry **entry, void *owner, void (*detach)(void *owner),
                     void (*release)(void *owner, int result, Failure failure))
{
    BatchEntry *e = *entry;

    pthread_mutex_lock(&lock);
    stop_driving();
    bool wanted_by_others = !e->ended && !e->given && e->users > 1;
    if (wanted_by_others) {
        *entry = NULL;
        e->given = true;
        e->owner = owner;
        e->release = release;
        e->users--;
        detach(owner);
    }
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return wanted_by_others;
}

bool batch_has(const Request *request)
{
    pthread_mutex_lock(&lock);
    const BatchEntry *e = find(request);
    bool has = e && (!e->ended || e->announce);
    pthread_mutex_unlock(&lock);
    return has;
}

bool batch_join(const Request *request, Events *events, const AVIOInterruptCB *interrupt,
                int *result, Failure *failure)
{
    pthread_mutex_lock(&lock);
    BatchEntry *e = find(request);
    if (e) {
        e->users++;
        *result = wait_for(e, false, events, interrupt, failure);
        drop_user(e);
    }
    pthread_mutex_unlock(&lock);
    /* Its owner was interrupted, and whoever asks now was not: it goes on alone. */
    return e && (*result != AVERROR(EINTR) || i2v_interrupted(interrupt));
}
