/* i2v: how something ended, and why
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_OUTCOME_H
#define I2V_OUTCOME_H

#include <stdbool.h>

#include <libavutil/error.h>

/** What a failure is about. The command has an exit status for each. */
typedef enum Failure {
    FAILURE_NONE,
    FAILURE_REQUEST,   ///< refused as it stands
    FAILURE_MODERATED, ///< refused for what is in it
    FAILURE_GATEWAY,   ///< the service is not to be reached, fails, or failed at it
    FAILURE_LATER,     ///< goes on at the service: to be picked up later
    FAILURE_KEY,       ///< key or credit
    FAILURE_STORE,     ///< store not writable
} Failure;

/**
 * How a call ended. Whoever calls has one, zeroed but for its first three, and hands it
 * down; whoever fails fills it by outcome_fail() and returns its error. Without memory
 * (AVERROR(ENOMEM)) or interrupted (AVERROR(EINTR)) a function may fail without a word.
 * Not thread-safe.
 */
typedef struct Outcome {
    void *log;     ///< AVClass-led, for av_log(); borrowed, may be NULL
    bool quiet;    ///< nothing is said; a failure's sentence is kept
    bool keeps;    ///< a failure's sentence is kept and not said; all else is
    int error;     ///< 0, or a negative AVERROR
    Failure kind;  ///< FAILURE_NONE as long as nothing failed
    char why[512]; ///< the sentence, without its newline; "" = none
    bool noted;    ///< I2V_LOG has it
    bool held;     ///< the sentence was kept and not said, as of EVENTS_HELD
} Outcome;

/** Say a sentence that is no failure, by av_log(). @param format  as of outcome_fail() */
void outcome_say(const Outcome *out, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * Fail: say a sentence at AV_LOG_ERROR, and keep it.
 * @param out     may be NULL: the sentence is said and not kept
 * @param error   a negative AVERROR
 * @param format  of one sentence, without a newline
 * @return error
 */
int outcome_fail(Outcome *out, Failure kind, int error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** Fail: the request is refused as it stands. @return AVERROR(EINVAL) */
#define outcome_refuse(out, ...) \
    outcome_fail(out, FAILURE_REQUEST, AVERROR(EINVAL), __VA_ARGS__)

/** As outcome_fail() for a sentence that was said. @return error */
int outcome_set(Outcome *out, Failure kind, int error, const char *sentence);

/** Fill in error and kind if a function failed without saying why.
 * @param kind  what it is about where nothing was said
 * @return error */
int outcome_end(Outcome *out, Failure kind, int error);

/** A fresh one that speaks as another does. */
Outcome outcome_like(const Outcome *out);

/** How another ended, which said it. @return its error */
int outcome_share(Outcome *out, const Outcome *other);

#endif
