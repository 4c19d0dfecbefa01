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

/* One question, while the program answers it. */
typedef struct Question {
    const char *words[3];
    char **answer; ///< set to what it printed
    pid_t pid;
    int from; ///< where it prints
    AVBPrint text;
} Question;

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

/* @return 0 or a negative AVERROR */
static int start(const char *name, Question *question, char *const *environment)
{
    char *const argv[] = {(char *)name, (char *)"-hide_banner",
                          (char *)question->words[0], (char *)question->words[1], NULL};
    posix_spawn_file_actions_t files;
    int ends[2], error;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return AVERROR(errno);
    error = posix_spawn_file_actions_init(&files);
    if (!error) {
        posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&files, ends[1], 1);
        posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
        error = posix_spawnp(&question->pid, name, &files, NULL, argv, environment);
        posix_spawn_file_actions_destroy(&files);
    }
    close(ends[1]);
    if (error)
        close(ends[0]);
    else
        question->from = ends[0];
    return AVERROR(error);
}

/* Read what there is. @return 1, 0 at the end, or a negative AVERROR */
static int read_more(Question *question)
{
    char piece[1 << 14];
    ssize_t got = read(question->from, piece, sizeof(piece));

    if (got < 0)
        return errno == EINTR ? 1 : AVERROR(errno);
    av_bprint_append_data(&question->text, piece, (unsigned)got);
    if (question->text.len > MOST_BYTES)
        return AVERROR(EFBIG);
    return av_bprint_is_complete(&question->text) ? got > 0 : AVERROR(ENOMEM);
}

/* All at once, for as long as any answers. @return 0 or a negative AVERROR */
static int hear(Question *questions, int count, const AVIOInterruptCB *interrupt)
{
    int64_t until = av_gettime_relative() + MOST_SECONDS * INT64_C(1000000);
    struct pollfd open[8];
    int ret = 0, left = count;

    for (int i = 0; i < count; i++)
        open[i] = (struct pollfd){.fd = questions[i].from, .events = POLLIN};
    while (left && ret >= 0) {
        if (i2v_interrupted(interrupt))
            return AVERROR(EINTR);
        if (av_gettime_relative() > until)
            return AVERROR(ETIMEDOUT);
        if (poll(open, (nfds_t)count, WAIT_MS) < 0 && errno != EINTR)
            return AVERROR(errno);
        for (int i = 0; i < count && ret >= 0; i++) {
            if (open[i].fd < 0 || !open[i].revents)
                continue;
            ret = read_more(&questions[i]);
            if (!ret) {
                open[i].fd = -1;
                left--;
            }
        }
    }
    return FFMIN(ret, 0);
}

/* End what was asked. @return 0, or a negative AVERROR: it gave no answer */
static int finish(Question *question, int ret)
{
    int status = 0;

    if (question->from >= 0)
        close(question->from);
    if (question->pid > 0) {
        if (ret < 0)
            kill(question->pid, SIGKILL);
        while (waitpid(question->pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    if (ret >= 0 && (!WIFEXITED(status) || !question->text.len))
        ret = AVERROR_EXTERNAL;
    int made = av_bprint_finalize(&question->text, ret >= 0 ? question->answer : NULL);
    return ret < 0 ? ret : FFMIN(made, 0);
}

/* "libavformat    59. 27.100 / 59. 27.100": built with, and there. */
static bool read_version(const char *text, Program *program)
{
    const char *line = text ? strstr(text, "libavformat ") : NULL;
    unsigned built[3];

    return line && sscanf(line, "libavformat %u. %u. %u / %u. %u.", &built[0], &built[1],
                          &built[2], &program->major, &program->minor) == 5;
}

int program_ask(const char *name, CommandProgram kind, const AVIOInterruptCB *interrupt,
                Outcome *out, Program *program)
{
    char *version = NULL, **environment = plain_environment();
    Question questions[] = {
        {.words = {"-version"}, .answer = &version},
        {.words = {"-h", "full"}, .answer = &program->options},
        {.words = {"-filters"}, .answer = &program->filters},
        {.words = {"-demuxers"}, .answer = &program->demuxers},
        {.words = {"-decoders"}, .answer = &program->decoders},
    };
    int count = FF_ARRAY_ELEMS(questions), ret = environment ? 0 : AVERROR(ENOMEM);

    *program = (Program){.name = name, .kind = kind};
    for (int i = 0; i < count; i++) {
        questions[i].from = -1;
        av_bprint_init(&questions[i].text, 0, AV_BPRINT_SIZE_UNLIMITED);
    }
    for (int i = 0; i < count && ret >= 0; i++)
        ret = start(name, &questions[i], environment);
    if (ret >= 0)
        ret = hear(questions, count, interrupt);
    for (int i = 0; i < count; i++)
        ret = finish(&questions[i], ret);
    if (ret >= 0 && !read_version(version, program))
        ret = AVERROR_EXTERNAL;
    av_free(environment);
    av_free(version);
    if (ret >= 0 || ret == AVERROR(ENOMEM) || ret == AVERROR(EINTR))
        return ret;
    return outcome_fail(
        out, FAILURE_REQUEST, ret,
        "%s does not say what it is (-version, -h full, -filters, -demuxers, -decoders): "
        "%s; nothing sent. i2vctl fetch gets the clip for any ffmpeg.",
        name, av_err2str(ret));
}

/* Whether a line of -h is of this option: its name behind a dash, and then a blank, a
 * stream specifier or the end. */
static bool is_line_of(const char *line, const char *name, size_t size)
{
    line += strspn(line, BLANKS);
    return line[0] == '-' && !strncmp(line + 1, name, size) &&
           (!line[1 + size] || strchr(" \t\n[<", line[1 + size]));
}

static bool has_line(const char *text, const char *name, size_t size)
{
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (is_line_of(line, name, size))
            return true;
    }
    return false;
}

bool program_knows(const Program *program, const char *option)
{
    size_t size = strcspn(option, ":");

    /* A switch is turned off by `no` before it, and an option of a codec may be for one
     * kind of stream by the letter before it. */
    return size && (has_line(program->options, option, size) ||
                    (size > 2 && !strncmp(option, "no", 2) &&
                     has_line(program->options, option + 2, size - 2)) ||
                    (size > 1 && strchr("vas", option[0]) &&
                     has_line(program->options, option + 1, size - 1)));
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

bool program_lists(const char *list, const char *name)
{
    for (const char *line = list; line; line = strchr(line, '\n')) {
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
    return program_lists(program->decoders, codec) ||
           strstr(program->decoders, by_another);
}

void program_free(Program *program)
{
    av_freep(&program->options);
    av_freep(&program->filters);
    av_freep(&program->demuxers);
    av_freep(&program->decoders);
}
