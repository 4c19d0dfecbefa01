/* i2v: ffmpeg and ffprobe that no preload reaches
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exec/exec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/common.h>
#include <libavutil/mem.h>

#include "base/compat.h"
#include "base/events.h"
#include "base/line.h"
#include "base/text.h"
#include "command/check.h"
#include "exec/help.h"
#include "exec/needs.h"
#include "exec/program.h"
#include "exec/trial.h"
#include "exec/words.h"
#include "host/named.h"
#include "request/options.h"

/* libavformat of FFmpeg 6.0, and its minor of 6.1, since which ffmpeg ends with the low
 * byte of an AVERROR; before with 1, as ffprobe always. */
enum { MAJOR_6 = 60, MINOR_6_1 = 16 };

typedef struct Exec {
    char *const *words;
    const AVIOInterruptCB *interrupt;
    Outcome out;
    const I2VFace *face;
    Program program;
    Command *command;
    char **with; ///< for each request, av_free()
} Exec;

/* ---- what is not understood ---- */

/* As a shell takes it back. */
static void put_quoted(AVBPrint *line, const char *word)
{
    if (*word && !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "0123456789_-+=./,:@%")]) {
        av_bprintf(line, " %s", word);
        return;
    }
    av_bprintf(line, " '");
    for (; *word; word++)
        if (*word == '\'')
            av_bprintf(line, "'\\''");
        else
            av_bprintf(line, "%c", *word);
    av_bprintf(line, "'");
}

/* The command that would serve for an input. */
static void say_fetch(const Exec *e, const I2VNamed *named)
{
    AVBPrint line;

    av_bprint_init(&line, 0, AV_BPRINT_SIZE_UNLIMITED);
    for (const char *const *at = named->options; at && at[0]; at += 2)
        if (options_knows(at[0])) {
            av_bprintf(&line, " --%s", at[0]);
            /* Where a key may stand, by mistake or by right, the value is not said. */
            put_quoted(&line, text_is_among(at[0], "api_key_file|base_url|params")
                                  ? "..."
                                  : at[1]);
        }
    if (named->text[0] == '-' && named->text[1])
        av_bprintf(&line, " --");
    put_quoted(&line, named->text);
    outcome_say(&e->out, AV_LOG_ERROR,
                "This gets the clip for any ffmpeg: i2vctl fetch%s", line.str);
    av_bprint_finalize(&line, NULL);
}

/* What would serve in place of the command line. */
static void say_instead(const Exec *e)
{
    bool said = false;

    for (int i = 0; e->command && i < e->command->nb_requests; i++)
        if (!e->command->requests[i].filter) {
            say_fetch(e, &e->command->requests[i]);
            said = true;
        }
    if (!said)
        outcome_say(&e->out, AV_LOG_ERROR,
                    "This gets a clip for any ffmpeg: i2vctl fetch --prompt TEXT "
                    "[OPTION]... STILL");
}

static bool mentions_us(const Exec *e)
{
    for (int i = 1; e->words[i]; i++)
        if (strstr(e->words[i], "i2v"))
            return true;
    return e->command->nb_requests;
}

/* ---- what the program is asked to do ---- */

/* As ffmpeg takes -loglevel: flags, and the level last. One that is none the program
 * refuses itself. */
static void take_level(const Exec *e)
{
    for (int i = 0; i + 1 < e->command->nb_words; i++) {
        const char *word = e->words[i], *value = e->words[i + 1];
        const char *last = strrchr(value, '+');
        char *end;

        if (!command_is_option(e->command, i) ||
            (strcmp(word, "-v") && strcmp(word, "-loglevel")))
            continue;
        value = last ? last + 1 : value;
        int level = events_level(value);
        if (level == EVENTS_NO_LEVEL && *value) {
            level = (int)strtol(value, &end, 10);
            level = *end ? EVENTS_NO_LEVEL : level;
        }
        if (level != EVENTS_NO_LEVEL)
            av_log_set_level(level);
    }
}

static bool has_filter(const CommandHost *host, const char *name)
{
    const Program *program = host->opaque;

    return program_lists(program, PROGRAM_FILTERS, name);
}

static int check(Exec *e)
{
    CommandHost host = {
        .face = e->face,
        .takes_open_end = e->program.dialect.avformat_major >= MAJOR_6,
        .ends_with_left_over = e->program.kind == COMMAND_FFMPEG,
        .has_filter = has_filter,
        .opaque = &e->program,
    };
    int ret = e->command->nb_graphs
                  ? program_ask_list(&e->program, PROGRAM_FILTERS, &e->out)
                  : 0;

    if (ret >= 0)
        ret = command_check(&host, e->command);
    return ret < 0 ? ret : needs_check(&e->program, e->command, &e->out);
}

/* Check all and send what has to be sent, then wait for one after the other. */
static int fetch(Exec *e)
{
    const Command *command = e->command;
    const I2VInterrupt interrupt = {e->interrupt->callback, e->interrupt->opaque};
    const char *ahead = getenv("I2V_AHEAD");
    int ret = 0;

    e->with = av_calloc((size_t)command->nb_requests, sizeof(*e->with));
    if (!e->with)
        return AVERROR(ENOMEM);
    if (command->nb_requests > 1 && !(ahead && !strcmp(ahead, "0")))
        ret = e->face->send_ahead(command->requests, command->nb_requests, &interrupt);
    for (int i = 0; i < command->nb_requests && ret >= 0; i++) {
        const I2VNamed *named = &command->requests[i];
        ret = named->filter ? e->face->fetch_source(named, &interrupt, &e->with[i])
                            : named_fetch_input(named, &interrupt, &e->out, &e->with[i]);
    }
    return ret;
}

/* ---- the whole ---- */

/* Whether the command line may be about us, by any version: a word may hold our name for
 * another reason, and then the program is not asked. @return 1, 0 or AVERROR(ENOMEM) */
static int may_be_ours(char *const *words)
{
    bool ours = false;

    for (size_t i = 0; i < FF_ARRAY_ELEMS(names_times) && !ours; i++) {
        const CommandDialect dialect = {.avformat_major = names_times[i]};
        CommandProblem problem = {0};
        Command *command;

        if (command_read(words, &dialect, &command, &problem) < 0)
            return AVERROR(ENOMEM);
        ours = !command || problem.why || command->is_final || command->nb_requests;
        command_free(&command);
    }
    return ours;
}

/* @return 0, a status above it, or a negative AVERROR after a sentence */
static int prepare(Exec *e, char ***run)
{
    CommandProgram kind = names_program(e->words);
    CommandProblem problem = {0};
    int ret, status;

    if (kind != COMMAND_FFMPEG && kind != COMMAND_FFPROBE) {
        outcome_fail(&e->out, FAILURE_REQUEST, AVERROR(EINVAL),
                     "%s is neither ffmpeg nor ffprobe by its name, whose command lines "
                     "i2vctl exec reads; i2vctl fetch gets the clip for any program.",
                     e->words[0]);
        return EXEC_NOT_UNDERSTOOD;
    }
    *run = (char **)e->words;
    if ((ret = may_be_ours(e->words)) <= 0)
        return ret;
    e->program = (Program){.name = e->words[0], .kind = kind, .interrupt = e->interrupt};
    ret = program_ask(&e->program, &e->out);
    if (ret < 0)
        return ret == AVERROR(ENOMEM) || ret == AVERROR(EINTR) ? ret
                                                               : EXEC_NOT_UNDERSTOOD;
    ret = command_read(e->words, &e->program.dialect, &e->command, &problem);
    if (ret < 0)
        return AVERROR(ENOMEM);
    if (problem.why && mentions_us(e)) {
        outcome_fail(&e->out, FAILURE_REQUEST, AVERROR(EINVAL),
                     "%s cannot be hosted, and in its command line %s %s; nothing sent.",
                     e->words[0], problem.word, problem.why);
        say_instead(e);
        return EXEC_NOT_UNDERSTOOD;
    }
    if (problem.why)
        return 0;
    if (e->command->is_final && help_print(e->words))
        *run = NULL;
    if (e->command->is_final || !e->command->nb_requests)
        return 0; /* it is not about us, and the program's to judge */
    take_level(e);
    line_allow(names_wants_stats(e->words));
    if ((ret = check(e)) < 0)
        return ret;
    ret = trial_run(&e->program, e->words, e->command, &e->out, &status);
    if (ret < 0)
        return ret;
    if (status == TRIAL_UNKNOWN)
        say_instead(e);
    if (status)
        return status == TRIAL_UNKNOWN ? EXEC_NOT_UNDERSTOOD : status;
    if ((ret = fetch(e)) < 0)
        return ret;
    ret = words_rewrite(e->words, e->command, e->with, run);
    /* A signal that came when nothing waited for it. */
    return ret >= 0 && i2v_interrupted(e->interrupt) ? AVERROR(EINTR) : ret;
}

/* How the program would have ended. */
static int status_of(const Exec *e, int ret)
{
    const Program *p = &e->program;
    bool tells = p->dialect.avformat_major > MAJOR_6 ||
                 (p->dialect.avformat_major == MAJOR_6 && p->minor >= MINOR_6_1);

    if (ret == AVERROR(EINTR) &&
        (p->kind != COMMAND_FFMPEG || !p->dialect.avformat_major))
        return ret; /* it dies of the signal, as we do while it is not known */
    return p->kind == COMMAND_FFMPEG && tells ? ret & 0xFF : 1;
}

/* As the shim says what it does. */
static void say_command(char *const *run)
{
    const char *wish = getenv("I2V_DEBUG");
    AVBPrint line;

    if (!wish || !*wish || !strcmp(wish, "0"))
        return;
    av_bprint_init(&line, 0, AV_BPRINT_SIZE_UNLIMITED);
    for (; *run; run++)
        put_quoted(&line, *run);
    fprintf(stderr, "i2v: exec:%s\n", line.str);
    av_bprint_finalize(&line, NULL);
}

int exec_prepare(char *const *words, const AVIOInterruptCB *interrupt, char ***run)
{
    Exec e = {
        .words = words,
        .interrupt = interrupt,
        .out = {.log = events_anyone},
        .face = i2v_face(I2V_FACE_VERSION),
    };
    int ret = prepare(&e, run);

    if (ret < 0)
        ret = status_of(&e, ret);
    else if (!ret && *run)
        say_command(*run);
    for (int i = 0; e.with && i < e.command->nb_requests; i++)
        av_free(e.with[i]);
    av_free(e.with);
    command_free(&e.command);
    program_free(&e.program);
    return ret;
}
