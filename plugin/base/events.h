/* i2v: what is said: log lines, progress, I2V_LOG
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_EVENTS_H
#define I2V_EVENTS_H

#include <limits.h>
#include <stdint.h>

#include <libavutil/log.h>
#include <libavutil/version.h>

#include "base/outcome.h"

/** What begins the AVClass of everything here that only has a name in the log. */
#define EVENTS_CLASS(name)                                   \
    .class_name = (name), .item_name = av_default_item_name, \
    .version = LIBAVUTIL_VERSION_INT

/** The level of av_log() that FFmpeg calls so ("verbose"), or EVENTS_NO_LEVEL. */
int events_level(const char *name);
#define EVENTS_NO_LEVEL INT_MIN

/** A context for av_log() that is called "i2v"; static. */
extern void *const events_anyone;

/** The voice of one piece of work. Not thread-safe. */
typedef struct Events Events;

/** Something that happened, for I2V_LOG. NULL and negative = not known. */
typedef struct Event {
    const char *name; ///< request, intent, sent, accepted, status, retry, ...
    const char *client_id;
    const char *status;
    const char *path;
    const char *message;
    double usd;    ///< < 0 = not known
    int retryable; ///< 1 yes, 0 no, -1 = does not apply
} Event;

/** How much a voice says. */
typedef enum EventsVoice {
    EVENTS_FULL,
    EVENTS_HELD,  ///< full, but a failure's sentence is only kept, for the caller to say
    EVENTS_BRIEF, ///< one of many: what others say at INFO is said at VERBOSE
    EVENTS_QUIET, ///< nothing; I2V_LOG has the errors
} EventsVoice;

/**
 * @param log  AVClass-led context for av_log(); borrowed
 * @return the voice, or NULL without memory; an I2V_LOG that cannot be opened is a
 * warning
 */
Events *events_alloc(void *log, EventsVoice voice);

/** Frees; sets *events to NULL. */
void events_free(Events **events);

/** Another context for av_log(); borrowed. */
void events_set_log(Events *events, void *log);

/** What every later event carries; copied. */
void events_set_key(Events *events, const char *key);
void events_set_id(Events *events, const char *generation_id);

/** This process has several requests under way: from here on each line of a full voice
 * begins with its key. Thread-safe. */
void events_tell_apart(void);

/** Whether a warning would be said. */
bool events_speak(const Events *events);

/** Say a sentence on the log.
 * @param format  without a newline */
void events_say(Events *events, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Say a sentence at AV_LOG_ERROR, and fail with it as outcome_fail() does.
 * @return error */
int events_fail(Events *events, Outcome *out, Failure kind, int error, const char *format,
                ...) __attribute__((format(printf, 5, 6)));

/** Write an event to I2V_LOG, whatever the log level. */
void events_note(Events *events, const Event *event);

/** Write a failure to I2V_LOG, once. */
void events_note_failure(Events *events, Outcome *out);

/**
 * Say how it stands, as often as it is due: in the line of the terminal that is redrawn
 * each second, until line_erase(), or a line every 30 s where there is none. Call as
 * often as convenient.
 * @param what     "queued", "3 generating, 1 queued"
 * @param elapsed  microseconds since it began
 * @param usual    seconds that it usually takes, 0 = not known
 */
void events_progress(Events *events, const char *what, int64_t elapsed, double usual);

#endif
