/* i2v: values that the program would refuse
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exec/values.h"

#include <stdlib.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/parseutils.h>

#include "base/events.h"
#include "exec/needs.h"

/* The program reads these before it opens anything, and would end with one that is none
 * only once the clips are there. */
static int check_times(CommandProgram program, char *const *words, const Command *command,
                       Outcome *out)
{
    static const char times[] = "itsoffset ss sseof t to";

    for (int i = 0; i + 1 < command->nb_words; i++) {
        const char *name = words[i] + 1;
        int64_t time;

        if (program == COMMAND_FFMPEG && needs_is_option(command, i) &&
            names_has(times, name) && av_parse_time(&time, words[i + 1], 1) < 0)
            return outcome_refuse(
                out, "Invalid duration specification for %s: %s; nothing sent.", name,
                words[i + 1]);
    }
    return 0;
}

/* As ffmpeg takes -loglevel: flags and a level, with + or - before each.
 * @return a level, or EVENTS_NO_LEVEL, which is none with *valid */
static int read_level(const char *text, bool *valid)
{
    static const char flags[] = "repeat,level,time,datetime,mem";
    int level = EVENTS_NO_LEVEL;

    *valid = *text;
    for (size_t size; *valid && *text; text += size) {
        char word[16], *end;

        text += strspn(text, "+-");
        size = strcspn(text, "+-");
        av_strlcpy(word, text, FFMIN(size + 1, sizeof(word)));
        if (!size || av_match_list(word, flags, ',') > 0)
            continue;
        level = events_level(word);
        if (level == EVENTS_NO_LEVEL) {
            level = (int)strtol(word, &end, 10);
            *valid = !*end;
        }
    }
    return level;
}

static int take_level(char *const *words, const Command *command, Outcome *out)
{
    for (int i = 0; i + 1 < command->nb_words; i++) {
        const char *word = words[i];
        bool valid;
        int level;

        if (!needs_is_option(command, i) ||
            (strcmp(word, "-v") && strcmp(word, "-loglevel")))
            continue;
        level = read_level(words[i + 1], &valid);
        if (!valid)
            return outcome_refuse(out, "Invalid loglevel \"%s\"; nothing sent.",
                                  words[i + 1]);
        if (level != EVENTS_NO_LEVEL)
            av_log_set_level(level);
    }
    return 0;
}

int values_check(CommandProgram program, char *const *words, const Command *command,
                 Outcome *out)
{
    int ret = take_level(words, command, out);

    return ret < 0 ? ret : check_times(program, words, command, out);
}
