/* i2v: whether a program will take its command line
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exec/trial.h"

#include <errno.h>
#include <string.h>

#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "exec/words.h"

/* Opening this fails, and the program says so by this name and with this reason; the name
 * alone it also says where an option is no good. */
#define NOWHERE "/dev/null/i2v"
#define REASON  "Not a directory"

/* What the program says of an option that it does not have. */
#define UNKNOWN "Unrecognized option"

/* What writes, and what may be read before the inputs are opened. */
static const char of_ffmpeg[] =
    "filter_complex filter_complex_script lavfi progress report";
static const char of_ffprobe[] = "o report";

enum { FIRST = 4 }; ///< words before those of the command line

typedef struct Trial {
    const Program *program;
    char *const *words;
    const Command *command;
    const char **run;
    int count;
} Trial;

/* How many of the words from one on go: an option, and its value.
 * @param group  they belong to the input that is tried: another format than what the name
 * says would take it for something else */
static int count_dropped(const Trial *t, int word, bool group)
{
    const CommandWord *use = &t->command->words[word];
    const char *name = t->words[word] + 1;
    const char *left_out = t->program->kind == COMMAND_FFMPEG ? of_ffmpeg : of_ffprobe;

    if (words_drop(use, name) || (group && use->use == WORD_FORMAT))
        return 2;
    if (!command_is_option(t->command, word) ||
        !names_has(left_out, name + (*name == '/')))
        return 0;
    return strcmp(name, "report") ? 2 : 1;
}

static void add(Trial *t, int from, int to, bool group)
{
    while (from < to) {
        int dropped = count_dropped(t, from, group);

        if (!dropped)
            t->run[t->count++] = t->words[from];
        from += dropped ? dropped : 1;
    }
}

/* Say what the program has said, in its own words. */
static void repeat(const char *text, const Outcome *out)
{
    for (size_t size; *text; text += size + (text[size] == '\n')) {
        size = strcspn(text, "\n");
        if (size)
            outcome_say(out, AV_LOG_ERROR, "%.*s", (int)size, text);
    }
}

/* Run what there is of it. */
static int run(Trial *t, Outcome *out, int *status)
{
    char *text = NULL;
    int ended = 0, ret;

    /* Whatever is to be said, it is, from the first word on and at the last. */
    t->run[t->count++] = "-loglevel";
    t->run[t->count++] = "info";
    t->run[t->count] = NULL;
    ret = program_run(t->program, t->run, out, &text, &ended);
    if (ret >= 0 && !(strstr(text, NOWHERE) && strstr(text, REASON))) {
        repeat(text, out);
        outcome_say(out, AV_LOG_ERROR,
                    "%s does not take this command line; nothing sent.",
                    t->program->name);
        *status = strstr(text, UNKNOWN) || !ended ? TRIAL_UNKNOWN : ended;
    }
    av_free(text);
    return ret;
}

/* All of the command line, with the first input. */
static int run_all(Trial *t, Outcome *out, int *status)
{
    const CommandInput *first = t->command->nb_inputs ? &t->command->inputs[0] : NULL;

    if (first)
        add(t, 1, first->word, true);
    else
        t->run[t->count++] = "-i";
    t->run[t->count++] = NOWHERE;
    add(t, first ? first->word + 1 : 1, t->command->nb_words, false);
    return run(t, out, status);
}

int trial_run(const Program *program, char *const *words, const Command *command,
              Outcome *out, int *status)
{
    Trial t = {.program = program, .words = words, .command = command};
    static const char *const before[FIRST] = {NULL, "-hide_banner", "-loglevel", "info"};
    int ret;

    *status = 0;
    t.run = av_calloc((size_t)command->nb_words + FIRST + 5, sizeof(*t.run));
    if (!t.run)
        return AVERROR(ENOMEM);
    for (t.count = 0; t.count < FIRST; t.count++)
        t.run[t.count] = t.count ? before[t.count] : words[0];
    ret = run_all(&t, out, status);
    for (int i = 1; i < command->nb_inputs && ret >= 0 && !*status; i++) {
        const CommandInput *input = &command->inputs[i];

        t.count = FIRST;
        add(&t, input->start, input->word, true);
        t.run[t.count++] = NOWHERE;
        /* Nothing but -i and the name says nothing new. */
        if (t.count > FIRST + 2 && command->words[input->word].use == WORD_INPUT)
            ret = run(&t, out, status);
    }
    av_free(t.run);
    return ret;
}
