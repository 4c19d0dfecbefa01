/* i2v: what is said: log lines, progress, I2V_LOG
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/events.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>
#include <libavutil/time.h>

#include "base/clock.h"
#include "base/line.h"
#include "base/text.h"

#define REDRAWN_US (1000000LL)
#define QUIET_US   (30 * 1000000LL)

/* The process has one watchdog and one line: when something was last said, and the line
 * drawn, clock_now(). */
static _Atomic int64_t spoken;
static _Atomic int64_t drawn;

static atomic_bool warned;  ///< of an I2V_LOG that cannot be written
static atomic_bool several; ///< requests of this process, whose lines mix

struct Events {
    void *log;
    int fd; ///< I2V_LOG, -1 when there is none
    EventsVoice voice;
    char key[65];
    char id[256];
};

static const AVClass anyone_class = {EVENTS_CLASS("i2v")};
static const AVClass *const anyone = &anyone_class;
void *const events_anyone = (void *)&anyone;

int events_level(const char *name)
{
    static const struct {
        const char *name;
        int level;
    } levels[] = {
        {"quiet", AV_LOG_QUIET},     {"panic", AV_LOG_PANIC},     {"fatal", AV_LOG_FATAL},
        {"error", AV_LOG_ERROR},     {"warning", AV_LOG_WARNING}, {"info", AV_LOG_INFO},
        {"verbose", AV_LOG_VERBOSE}, {"debug", AV_LOG_DEBUG},     {"trace", AV_LOG_TRACE},
    };
    for (size_t i = 0; i < FF_ARRAY_ELEMS(levels); i++)
        if (!strcmp(levels[i].name, name))
            return levels[i].level;
    return EVENTS_NO_LEVEL;
}

static bool is_full(EventsVoice voice)
{
    return voice == EVENTS_FULL || voice == EVENTS_HELD;
}

/* A FIFO that nobody reads is not waited for; one that somebody does is written as any
 * file. */
static int open_log(const char *path)
{
    const int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY;
    int fd = open(path, flags | O_NONBLOCK, 0600);

    if (fd >= 0)
        fcntl(fd, F_SETFL, O_APPEND);
    return fd;
}

Events *events_alloc(void *log, EventsVoice voice)
{
    const char *path = secure_getenv("I2V_LOG");
    Events *events = av_mallocz(sizeof(*events));

    if (!events)
        return NULL;
    events->log = log;
    events->voice = voice;
    if (is_full(voice))
        atomic_store(&spoken, clock_now());
    events->fd = -1;
    if (path && *path) {
        events->fd = open_log(path);
        if (events->fd < 0 && !atomic_exchange(&warned, true))
            av_log(log, AV_LOG_WARNING,
                   "I2V_LOG names %s, which cannot be written: %s.\n", path,
                   av_err2str(AVERROR(errno)));
    }
    return events;
}

void events_free(Events **events)
{
    if (!*events)
        return;
    if ((*events)->fd >= 0)
        close((*events)->fd);
    av_freep(events);
}

void events_set_log(Events *events, void *log)
{
    events->log = log;
}

void events_set_key(Events *events, const char *key)
{
    av_strlcpy(events->key, key, sizeof(events->key));
}

void events_set_id(Events *events, const char *generation_id)
{
    av_strlcpy(events->id, generation_id, sizeof(events->id));
}

void events_tell_apart(void)
{
    atomic_store(&several, true);
}

bool events_speak(const Events *events)
{
    return events->voice != EVENTS_QUIET;
}

/* A line that says whose it is, where that needs saying; one that ends with the key has
 * said it. */
static void say(Events *events, int level, const char *sentence)
{
    bool sign = atomic_load(&several) && is_full(events->voice) && events->key[0] &&
                !strstr(sentence, "[key ");

    if (!events_speak(events))
        return;
    if (events->voice == EVENTS_BRIEF && level == AV_LOG_INFO)
        level = AV_LOG_VERBOSE;
    av_log(events->log, level, "%s%.*s%s%s\n", sign ? "[key " : "", sign ? 12 : 0,
           events->key, sign ? "] " : "", sentence);
    if (level <= av_log_get_level())
        atomic_store(&spoken, clock_now());
}

void events_say(Events *events, int level, const char *format, ...)
{
    char sentence[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    text_defuse(sentence);
    say(events, level, sentence);
}

int events_fail(Events *events, Outcome *out, Failure kind, int error, const char *format,
                ...)
{
    char sentence[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    text_defuse(sentence);
    if (events->voice != EVENTS_HELD)
        say(events, AV_LOG_ERROR, sentence);
    outcome_set(out, kind, error, sentence);
    if (out)
        out->held = events->voice == EVENTS_HELD;
    return error;
}

static void add_time(cJSON *line)
{
    char text[CLOCK_TEXT_SIZE], stamp[CLOCK_TEXT_SIZE + 8];
    int64_t now = av_gettime();
    clock_text(now / 1000000, text);
    snprintf(stamp, sizeof(stamp), "%.19s.%03dZ", text, (int)(now / 1000 % 1000));
    cJSON_AddStringToObject(line, "time", stamp);
}

static void add_text(cJSON *line, const char *name, const char *value)
{
    if (value && *value)
        cJSON_AddStringToObject(line, name, value);
}

void events_note(Events *events, const Event *event)
{
    cJSON *line;
    if (events->fd < 0 ||
        (events->voice == EVENTS_QUIET && strcmp(event->name, "error")) ||
        !(line = cJSON_CreateObject()))
        return;
    add_time(line);
    add_text(line, "event", event->name);
    add_text(line, "key", events->key);
    add_text(line, "id", events->id);
    add_text(line, "client_request_id", event->client_id);
    add_text(line, "status", event->status);
    if (event->usd >= 0)
        cJSON_AddNumberToObject(line, "usd", event->usd);
    add_text(line, "path", event->path);
    if (event->retryable >= 0)
        cJSON_AddBoolToObject(line, "retryable", event->retryable);
    add_text(line, "message", event->message);
    char *text = cJSON_PrintUnformatted(line);
    char *whole = text ? av_asprintf("%s\n", text) : NULL;
    /* One write, so that lines of several processes do not mix. A log that fails must not
     * fail the journey. */
    if (whole && write(events->fd, whole, strlen(whole)) < 0)
        av_log(events->log, AV_LOG_DEBUG, "I2V_LOG: %s\n", av_err2str(AVERROR(errno)));
    av_free(whole);
    cJSON_free(text);
    cJSON_Delete(line);
}

void events_note_failure(Events *events, Outcome *out)
{
    Event event = {
        .name = "error",
        .usd = -1,
        .message = *out->why ? out->why : av_err2str(out->error),
        .retryable = out->kind == FAILURE_LATER || out->kind == FAILURE_GATEWAY,
    };

    if (!out->noted)
        events_note(events, &event);
    out->noted = true;
}

void events_progress(Events *events, const char *what, int64_t elapsed, double usual)
{
    int64_t now = clock_now();
    bool line = line_is_possible();
    char text[256], expected[32] = "";

    if (line ? line_is_drawn() && now - atomic_load(&drawn) < REDRAWN_US
             : now - atomic_load(&spoken) < QUIET_US)
        return;
    if (usual > 0)
        snprintf(expected, sizeof(expected), ", %.0f s usual", FFMAX(usual, 1));
    snprintf(text, sizeof(text), "%s%s, %lld s%s", line ? "i2v: " : "", what,
             (long long)(elapsed / 1000000), expected);
    atomic_store(&spoken, now);
    if (!line) {
        av_log(events->log, AV_LOG_INFO, "%s\n", text);
        return;
    }
    atomic_store(&drawn, now);
    line_draw(text);
}
