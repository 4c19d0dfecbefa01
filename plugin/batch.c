/* i2v: the generations of this process that are under way together
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "batch.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>
#include <libavutil/time.h>

#include "compat.h"

/* An interrupt is looked at this often. */
#define TURN_MS 50

#define USUAL_PARALLEL 8
#define MOST_PARALLEL  1000

struct BatchEntry {
    BatchEntry *next;
    const GenerationPlan *plan; ///< NULL once it is released
    char key[REQUEST_KEY_SIZE];
    char *store;
    char id[256];  ///< of the generation, as far as it is known
    Generation *g; ///< NULL before it begins and when it has ended
    atomic_bool ended;
    int result; ///< once it has ended
    GenerationFailure failure;
    int users;          ///< owner and joiners
    atomic_bool waited; ///< somebody waits for it
    bool given;         ///< the batch is the owner
    bool announce;      ///< see batch_give()
    void *owner;
    void (*release)(void *owner, int result, GenerationFailure failure);
};

/* All of this is protected by the lock, but while a thread drives, the entries are its
 * own: who wants to change the list waits for it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool driving;
static int wanted; ///< threads that want to change the list
static BatchEntry *entries;
static Http *http;                    ///< while there are generations
static int parallel;                  ///< at most so many in flight, 0 = not read yet
static int finished;                  ///< since the batch was last at rest
static int64_t began;                 ///< when that was, av_gettime_relative()
static const AVIOInterruptCB *driver; ///< of the thread that drives

/* Of batch_expect(). */
static struct {
    Events *voice;
    int total;
    int waiting;
    int64_t began; ///< av_gettime_relative()
} expected;

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

static void release(BatchEntry *e)
{
    void (*function)(void *, int, GenerationFailure) = e->release;
    e->plan = NULL;
    e->release = NULL;
    if (function)
        function(e->owner, e->result, e->failure);
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

static void append(BatchEntry *e)
{
    BatchEntry **at = &entries;

    if (is_at_rest()) {
        finished = 0;
        began = av_gettime_relative();
    }
    while (*at)
        at = &(*at)->next;
    *at = e;
}

int batch_enter(const GenerationPlan *plan, BatchEntry **entry)
{
    BatchEntry *e = av_mallocz(sizeof(*e));
    int ret = 0;

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
    if (find(plan->request))
        ret = AVERROR(EEXIST);
    else if (!http && !(http = http_alloc()))
        ret = AVERROR(ENOMEM);
    else if (!parallel && (ret = read_parallel()) < 0)
        say_parallel(plan->events);
    else
        append(e);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
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

static void end(BatchEntry *e, int result, GenerationFailure failure)
{
    if (e->g && generation_id(e->g))
        av_strlcpy(e->id, generation_id(e->g), sizeof(e->id));
    generation_end(&e->g);
    e->result = result;
    e->failure = failure;
    finished++;
    if (e->given)
        release(e);
    e->ended = true;
}

static bool is_in_flight(const BatchEntry *e)
{
    return e->g && generation_stage(e->g) < STAGE_DOWNLOADING;
}

/* Let an entry go on. @return whether it has ended */
static bool step(BatchEntry *e)
{
    GenerationFailure failure = FAILURE_STORE;
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

/* Whether an entry has to let others go first. */
static bool must_queue(const BatchEntry *e, int in_flight, const char *busy)
{
    if (!e->g)
        return in_flight >= parallel || (busy && !strcmp(busy, e->plan->request->origin));
    return busy && generation_stage(e->g) <= STAGE_BUSY &&
           !strcmp(busy, e->plan->request->origin);
}

/* One line for all, or that of the only one. */
static void say_progress(void)
{
    int live = 0, queued = 0, downloading = 0, done = finished;
    const BatchEntry *first = NULL, *voice = NULL;
    char text[128], arriving[32] = "";

    for (const BatchEntry *e = entries; e; e = e->next) {
        GenerationStage stage = e->g ? generation_stage(e->g) : STAGE_BEFORE;
        if (e->ended)
            continue;
        live++;
        first = first ? first : e;
        voice = voice || !e->waited ? voice : e;
        queued += stage <= STAGE_BUSY;
        downloading += stage == STAGE_DOWNLOADING;
    }
    bool alone = expected.voice ? expected.total == 1 : live == 1 && !finished;
    if (live == 1 && alone && first->g)
        generation_say_progress(first->g);
    if (!live || alone)
        return;
    if (expected.voice) {
        queued += expected.waiting;
        done = expected.total - expected.waiting - live;
        live += expected.waiting;
    }
    if (downloading)
        snprintf(arriving, sizeof(arriving), "%d downloading, ", downloading);
    snprintf(text, sizeof(text), "%d queued, %d generating, %s%d done", queued,
             live - queued - downloading, arriving, done);
    events_progress(
        expected.voice ? expected.voice : (voice ? voice : first)->plan->events, text,
        av_gettime_relative() - (expected.voice ? expected.began : began), -1);
}

/* Every entry one step further, then nothing until there is news, for TURN_MS at most. */
static void drive(void)
{
    int idle = TURN_MS, in_flight = 0;
    const char *busy = NULL;
    bool news = false, calls = false;

    for (BatchEntry *e = entries; e; e = e->next)
        in_flight += is_in_flight(e);
    for (BatchEntry *e = entries; e; e = e->next) {
        if (e->ended || must_queue(e, in_flight, busy))
            continue;
        in_flight += !e->g;
        if (step(e)) {
            news = true;
            in_flight--;
            hurry();
            continue;
        }
        if (!busy && generation_stage(e->g) == STAGE_BUSY)
            busy = e->plan->request->origin;
        idle = FFMIN(idle, generation_idle(e->g, TURN_MS));
        calls |= generation_uses_http(e->g);
    }
    say_progress();
    if (news)
        return;
    if (!calls || http_drive(http, idle) < 0)
        av_usleep((unsigned)idle * 1000);
}

static void wait_for_change(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += TURN_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    pthread_cond_timedwait(&changed, &lock, &until);
}

/* Called with the lock. */
static void turn(const AVIOInterruptCB *interrupt)
{
    if (driving || wanted) {
        wait_for_change();
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

/* Called with the lock: whoever waited no longer does. */
static int give_up(BatchEntry *e, Events *events, GenerationFailure *failure)
{
    stop_driving();
    if (e->ended) {
        *failure = e->failure;
        return e->result;
    }
    *failure = FAILURE_LATER;
    if (e->users > 1) {
        events_say(events, AV_LOG_ERROR,
                   "Interrupted. The generation goes on, since others wait for it.\n");
        return AVERROR(EINTR);
    }
    if (e->g)
        generation_interrupt(e->g);
    else
        events_say(events, AV_LOG_ERROR, "Interrupted. Nothing was sent.\n");
    end(e, AVERROR(EINTR), FAILURE_LATER);
    return AVERROR(EINTR);
}

/* Whether the gateway has answered, or it is clear that it is not to be asked yet. */
static bool is_answered(const BatchEntry *e)
{
    int in_flight = 0;
    const BatchEntry *other;

    if (e->g)
        return generation_stage(e->g) == STAGE_BUSY ||
               generation_stage(e->g) >= STAGE_GENERATING;
    for (other = entries; other != e; other = other->next) {
        in_flight += is_in_flight(other);
        if (other->g && generation_stage(other->g) == STAGE_BUSY)
            return true;
    }
    return in_flight >= parallel;
}

/* Called with the lock. */
static int wait_for(BatchEntry *e, bool answer, Events *events,
                    const AVIOInterruptCB *interrupt, GenerationFailure *failure)
{
    e->waited = true;
    while (!e->ended) {
        pthread_mutex_unlock(&lock);
        bool stop = i2v_interrupted(interrupt);
        pthread_mutex_lock(&lock);
        if (stop)
            return give_up(e, events, failure);
        if (answer && !driving && is_answered(e)) {
            *failure = FAILURE_NONE;
            return 0;
        }
        turn(interrupt);
    }
    *failure = e->failure;
    return e->result;
}

int batch_wait(BatchEntry *entry, const AVIOInterruptCB *interrupt,
               GenerationFailure *failure)
{
    pthread_mutex_lock(&lock);
    Events *events = entry->plan ? entry->plan->events : NULL;
    int ret = wait_for(entry, false, events, interrupt, failure);
    pthread_mutex_unlock(&lock);
    return ret;
}

int batch_wait_for_answer(BatchEntry *entry, const AVIOInterruptCB *interrupt,
                          GenerationFailure *failure)
{
    pthread_mutex_lock(&lock);
    int ret = wait_for(entry, true, entry->plan->events, interrupt, failure);
    entry->waited = false;
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
        places -= !e->ended && (!e->g || is_in_flight(e));
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return places;
}

void batch_expect(Events *voice, int total, int waiting)
{
    pthread_mutex_lock(&lock);
    stop_driving();
    if (!expected.voice)
        expected.began = av_gettime_relative();
    expected.voice = voice;
    expected.total = total;
    expected.waiting = waiting;
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

/* Nobody may be left to see the lock released, and exit() may have been called by a
 * signal handler in the midst of anything: then nothing is said. */
static void say_unclaimed(void)
{
    static const AVClass log_class = {
        .class_name = "i2v",
        .item_name = av_default_item_name,
        .version = LIBAVUTIL_VERSION_INT,
    };
    static const AVClass *const log = &log_class;

    if (pthread_mutex_trylock(&lock))
        return;
    for (BatchEntry *e = driving ? NULL : entries; e; e = e->next) {
        const char *id = e->g ? generation_id(e->g) : e->id[0] ? e->id : NULL;
        if (!e->announce || !id ||
            (e->ended && e->result < 0 && e->failure != FAILURE_LATER))
            continue;
        av_log(
            (void *)&log, AV_LOG_WARNING,
            "The generation %s was sent ahead and never opened; i2vctl wait %.12s brings "
            "its clip.\n",
            id, e->key);
    }
    pthread_mutex_unlock(&lock);
}

static void say_unclaimed_at_exit(void)
{
    atexit(say_unclaimed);
}

void batch_give(BatchEntry **entry, void *owner,
                void (*release_owner)(void *owner, int result, GenerationFailure failure),
                bool announce)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    BatchEntry *e = *entry;

    if (announce)
        pthread_once(&once, say_unclaimed_at_exit);
    pthread_mutex_lock(&lock);
    stop_driving();
    e->given = true;
    e->announce = announce;
    e->owner = owner;
    e->release = release_owner;
    e->users--;
    if (e->ended)
        release(e);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    *entry = NULL;
}

bool batch_has(const Request *request)
{
    pthread_mutex_lock(&lock);
    bool has = find(request);
    pthread_mutex_unlock(&lock);
    return has;
}

bool batch_join(const Request *request, Events *events, const AVIOInterruptCB *interrupt,
                int *result, GenerationFailure *failure)
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
