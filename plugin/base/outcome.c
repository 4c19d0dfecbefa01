/* i2v: how something ended, and why
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/outcome.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/log.h>

#include "base/text.h"

static void say(const Outcome *out, int level, const char *sentence)
{
    if (!out || !out->quiet)
        av_log(out ? out->log : NULL, level, "%s\n", sentence);
}

void outcome_say(const Outcome *out, int level, const char *format, ...)
{
    char sentence[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    text_defuse(sentence);
    say(out, level, sentence);
}

int outcome_fail(Outcome *out, Failure kind, int error, const char *format, ...)
{
    char sentence[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    text_defuse(sentence);
    if (!out || !out->keeps)
        say(out, AV_LOG_ERROR, sentence);
    return outcome_set(out, kind, error, sentence);
}

int outcome_set(Outcome *out, Failure kind, int error, const char *sentence)
{
    if (!out)
        return error;
    out->error = error;
    out->kind = kind;
    out->noted = out->held = false;
    size_t size = strlen(sentence);
    if (size >= sizeof(out->why))
        size = text_cut(sentence, sizeof(out->why) - 1);
    av_strlcpy(out->why, sentence, size + 1);
    return error;
}

int outcome_end(Outcome *out, Failure kind, int error)
{
    return error < 0 && out->error != error ? outcome_set(out, kind, error, "") : error;
}

Outcome outcome_like(const Outcome *out)
{
    return (Outcome){.log = out->log, .quiet = out->quiet, .keeps = out->keeps};
}

int outcome_share(Outcome *out, const Outcome *other)
{
    if (out) {
        outcome_set(out, other->kind, other->error, other->why);
        out->noted = other->noted;
        out->held = other->held;
    }
    return other->error;
}
