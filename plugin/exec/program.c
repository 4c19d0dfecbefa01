/* i2v: what an ffmpeg or ffprobe says of itself
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exec/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/common.h>
#include <libavutil/mem.h>
#include <libavutil/time.h>

#include "base/compat.h"

#define BLANKS " \t"

enum {
    WAIT_MS = 100,
    MOST_SECONDS = 60, ///< then it is none that answers
    MOST_BYTES = 16 << 20,
};

/* The environment without what makes ffmpeg write files or colours.
 * @return an array to be freed with av_free(), or NULL without memory */
static char **plain_environment(void)
{
    static char no_colour[] = "AV_LOG_FORCE_NOCOLOR=1";
    size_t count = 0;
    char **list;

    for (char **at = environ; at && *at; at++)
        count++;
    list = av_malloc_array(count + 2, sizeof(*list));
    if (!list)
        return NULL;
    count = 0;
    for (char **at = environ; at && *at; at++)
        if (!av_strstart(*at, "FFREPORT=", NULL) &&
            !av_strstart(*at, "AV_LOG_FORCE_", NULL))
            list[count++] = *at;
    list[count++] = no_colour;
    list[count] = NULL;
    return list;
}

/* Start a program. @param from  set to where it prints @return 0 or a negative AVERROR */
static int start(const char *const *words, pid_t *pid, int *from)
{
    char **environment = plain_environment();
    posix_spawn_file_actions_t files;
    int ends[2], error;

    if (!environment)
        return AVERROR(ENOMEM);
    if (pipe2(ends, O_CLOEXEC) < 0) {
        error = errno;
        av_free(environment);
        return AVERROR(error);
    }
    error = posix_spawn_file_actions_init(&files);
    if (!error) {
        posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&files, ends[1], 1);
        posix_spawn_file_actions_adddup2(&files, ends[1], 2);
        error =
            posix_spawnp(pid, words[0], &files, NULL, (char *const *)words, environment);
        posix_spawn_file_actions_destroy(&files);
    }
    close(ends[1]);
    if (error)
        close(ends[0]);
    else
        *from = ends[0];
    av_free(environment);
    return AVERROR(error);
}

/* All that it prints. @return 0 or a negative AVERROR */
static int hear(int from, const AVIOInterruptCB *interrupt, AVBPrint *text)
{
    int64_t until = av_gettime_relative() + MOST_SECONDS * INT64_C(1000000);
    struct pollfd open = {.fd = from, .events = POLLIN};
    char piece[1 << 14];

    while (text->len <= MOST_BYTES) {
        if (i2v_interrupted(interrupt))
            return AVERROR(EINTR);
        if (av_gettime_relative() > until)
            return AVERROR(ETIMEDOUT);
        int ready = poll(&open, 1, WAIT_MS);
        ssize_t got = ready > 0 ? read(from, piece, sizeof(piece)) : 0;
        if ((ready < 0 || got < 0) && errno != EINTR)
            return AVERROR(errno);
        if (ready > 0 && !got)
            return av_bprint_is_complete(text) ? 0 : AVERROR(ENOMEM);
        if (got > 0)
            av_bprint_append_data(text, piece, (unsigned)got);
    }
    return AVERROR(EFBIG);
}

int program_run(const Program *program, const char *const *words, Outcome *out,
                char **text, int *status)
{
    AVBPrint heard;
    pid_t pid = -1;
    int from = -1, state = 0, ret = start(words, &pid, &from);

    *text = NULL;
    av_bprint_init(&heard, 0, AV_BPRINT_SIZE_UNLIMITED);
    if (ret >= 0) {
        ret = hear(from, program->interrupt, &heard);
        close(from);
        if (ret < 0)
            kill(pid, SIGKILL);
        while (waitpid(pid, &state, 0) < 0 && errno == EINTR)
            ;
    }
    /* A signal is for the program, too, and may have ended it before we look. */
    if (i2v_interrupted(program->interrupt))
        ret = AVERROR(EINTR);
    if (ret >= 0 && (!WIFEXITED(state) || !heard.len))
        ret = AVERROR_EXTERNAL;
    *status = WEXITSTATUS(state);
    int made = av_bprint_finalize(&heard, ret >= 0 ? text : NULL);
    ret = ret < 0 ? ret : FFMIN(made, 0);
    if (ret >= 0 || ret == AVERROR(ENOMEM) || ret == AVERROR(EINTR))
        return ret;
    return outcome_fail(
        out, FAILURE_REQUEST, ret,
        "%s gives no answer to %s%s: %s; nothing sent. i2vctl fetch gets the "
        "clip for any ffmpeg.",
        program->name, words[1], words[2] ? " ..." : "", av_err2str(ret));
}

/* "libavformat    59. 27.100 / 59. 27.100": built with, and there. */
static bool read_version(Program *program)
{
    const char *line = strstr(program->options, "libavformat ");
    unsigned built[3];

    return line &&
           sscanf(line, "libavformat %u. %u. %u / %u. %u.", &built[0], &built[1],
                  &built[2], &program->dialect.avformat_major, &program->minor) == 5;
}

int program_ask(Program *program, Outcome *out)
{
    /* The version is in what it says before. */
    const char *const words[] = {program->name, "-h", "full", NULL};
    int status, ret = program_run(program, words, out, &program->options, &status);

    if (ret < 0 || read_version(program))
        return ret;
    return outcome_fail(
        out, FAILURE_REQUEST, AVERROR_EXTERNAL,
        "%s -h full does not say which FFmpeg it is; nothing sent. i2vctl "
        "fetch gets the clip for any ffmpeg.",
        program->name);
}

int program_ask_list(Program *program, ProgramList list, Outcome *out)
{
    static const char *const words[PROGRAM_LISTS] = {
        [PROGRAM_FILTERS] = "-filters",
        [PROGRAM_DEMUXERS] = "-demuxers",
        [PROGRAM_DECODERS] = "-decoders",
    };

    const char *const run[] = {program->name, words[list], NULL};
    int status;

    return program->lists[list]
               ? 0
               : program_run(program, run, out, &program->lists[list], &status);
}

/* Whether a line of -h is of this option: its name behind a dash, and then a blank, a
 * stream specifier or the end. */
static bool is_line_of(const char *line, const char *name, size_t size)
{
    line += strspn(line, BLANKS);
    return line[0] == '-' && !strncmp(line + 1, name, size) &&
           (!line[1 + size] || strchr(" \t\n[<", line[1 + size]));
}

bool program_shows(const Program *program, const char *option)
{
    size_t size = strlen(option);

    for (const char *line = program->options; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (is_line_of(line, option, size))
            return true;
    }
    return false;
}

/* Whether it is one of the first words of a line, whose names stand between commas. */
static bool is_in_line(const char *line, const char *name)
{
    size_t length = strlen(name);

    for (int word = 0; word < 3; word++) {
        line += strspn(line, BLANKS);
        size_t size = strcspn(line, BLANKS "\n");
        for (size_t at = 0; word && at < size;) {
            size_t one = FFMIN(strcspn(line + at, ","), size - at);
            if (one == length && !strncmp(line + at, name, one))
                return true;
            at += one + 1;
        }
        line += size;
    }
    return false;
}

bool program_lists(const Program *program, ProgramList list, const char *name)
{
    for (const char *line = program->lists[list]; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (is_in_line(line, name))
            return true;
    }
    return false;
}

bool program_decodes(const Program *program, const char *codec)
{
    char by_another[64];

    snprintf(by_another, sizeof(by_another), "(codec %s)", codec);
    return strstr(program->lists[PROGRAM_DECODERS], by_another);
}

void program_free(Program *program)
{
    av_freep(&program->options);
    for (int i = 0; i < PROGRAM_LISTS; i++)
        av_freep(&program->lists[i]);
}
