/* i2v: the launcher: runs a program with the image-to-video source in its FFmpeg
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "launcher/ask.h"
#include "launcher/path.h"
#include "launcher/preload.h"
#include "launcher/program.h"
#include "launcher/stop.h"

/* The two of the build and of the installation differ in where the preload lies. */
#ifndef I2V_WAY
#error "I2V_WAY is the way from the launcher's directory to that of the preload"
#endif

static const char usage[] =
    "usage: i2v [--check] [--] PROGRAM [ARGUMENT]...\n"
    "       i2v --help | --version\n"
    "\n"
    "Run PROGRAM with the i2v source in its FFmpeg, as a demuxer, URL or filter:\n"
    "  i2v ffmpeg -f i2v -prompt \"She smiles\" -duration 8 -i still.png out.mp4\n"
    "  i2v ffmpeg -i \"i2v:still.png?prompt=She+smiles&duration=8\" out.mp4\n"
    "  i2v ffmpeg -filter_complex \"i2v=still.png:prompt='She smiles'[v]\" -map \"[v]\" "
    "out.mp4\n"
    "With \"i2v-gateway --\" before it, such a command needs no key and costs nothing.\n"
    "\n"
    "  --check     only say whether PROGRAM can host i2v, and how\n"
    "  --help      this text\n"
    "  --version   the versions of i2v and of what it is built on\n"
    "\n"
    "i2vctl models lists the models. The manuals are i2v(1), with an example for each\n"
    "option, and i2v-hosts(7), for other programs than ffmpeg.\n"
    "\n"
    "Exit status: that of PROGRAM, or\n"
    "  64   i2v was called in a wrong way\n"
    "  126  PROGRAM cannot host i2v, or cannot be run\n"
    "  127  PROGRAM was not found\n"
    "\n"
    "Environment:\n"
    "  I2V_DISABLE=1     run PROGRAM as it is\n"
    "  I2V_EXEC=1        rewrite the command line of an ffmpeg, preload nothing\n"
    "  I2V_NO_INHERIT=1  keep i2v out of what PROGRAM starts\n"
    "  I2V_DEBUG=1       say what is hooked\n";

static bool is_set(const char *value)
{
    return value && *value && strcmp(value, "0");
}

/* End well, if what was printed got out. */
_Noreturn static void finish(void)
{
    if (fflush(stdout) || ferror(stdout))
        stop(EXIT_FAILURE, "cannot write: %s", strerror(errno));
    exit(EXIT_SUCCESS);
}

/* ---- --version ---- */

/* What i2vctl says of the libraries it is built on, if it lies beside us. */
static void print_versions_of_command(const Places *places)
{
    char path[PATH_MAX + sizeof("/i2vctl")], option[] = "--version", *line = NULL;
    char *argv[] = {path, option, NULL};
    size_t size = 0;
    Asked asked;

    snprintf(path, sizeof(path), "%s/i2vctl", places->bin);
    if (!ask_begin(&asked, argv, NULL))
        return;
    while (getline(&line, &size, asked.answer) >= 0)
        if (path_begins(line, "libcurl ") || path_begins(line, "cJSON "))
            fputs(line, stdout);
    free(line);
    ask_end(&asked);
}

/* What the installed parts are and are built for; none of them has to be there. */
_Noreturn static void print_versions(const char *self)
{
    Places places;
    char *majors;

    puts("i2v " I2V_VERSION);
    if (places_find(&places, self, I2V_WAY)) {
        majors = places_majors(&places, true);
        if (majors && *majors)
            printf("libavformat %s\n", majors);
        else
            printf("libavformat: no plugin in %s\n", places.plugins);
        free(majors);
        print_versions_of_command(&places);
    }
    finish();
}

/* ---- how a program is run ---- */

/* Become a program. What is no program for the kernel is one for the shell. */
_Noreturn static void run(const char *path, char *const argv[])
{
    int error;

    execvp(path, argv);
    error = errno;
    stop(error == ENOENT || error == ENOTDIR ? NOT_FOUND : CANNOT_RUN, "%s: %s", path,
         strerror(error));
}

/* Whether the words may name i2v: one does, or a file that may hold a graph. */
static bool may_name_i2v(char *const words[])
{
    static const char *const files[] = {"-filter_complex_script", "-filter_script",
                                        "-graph_file", "-/"};

    for (; *words; words++) {
        if (strstr(*words, "i2v"))
            return true;
        for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
            if (path_begins(*words, files[i]))
                return true;
    }
    return false;
}

/* Where `i2vctl exec` is. Ends the process if it is not there. The caller's. */
static char *find_command(const Places *places)
{
    char *path = NULL;

    if (asprintf(&path, "%s/i2vctl", places->bin) < 0)
        stop(CANNOT_RUN, "out of memory");
    if (!path_is_file(path))
        stop(CANNOT_RUN, "%s is missing", path);
    return path;
}

/* Have i2vctl read what the program is told, and run it. */
_Noreturn static void hand_over(const Places *places, char *const words[])
{
    char *path = find_command(places);
    size_t count = 0;
    const char **argv;

    while (words[count])
        count++;
    argv = calloc(count + 4, sizeof(*argv));
    if (!argv)
        stop(CANNOT_RUN, "out of memory");
    argv[0] = "i2vctl";
    argv[1] = "exec";
    argv[2] = "--";
    memcpy(argv + 3, words, count * sizeof(*argv));
    execv(path, (char *const *)argv);
    stop(CANNOT_RUN, "%s: %s", path, strerror(errno));
}

/* ---- --check ---- */

_Noreturn static void say_reach(const Program *program, const Places *places)
{
    const char *path = program->path;

    if (program->reach == REACH_WORDS) {
        free(find_command(places));
        printf("%s %s%s; i2v reads its command line and gives it the clips\n", path,
               program->state ? "cannot be preloaded: it "
                              : "is not preloaded, as I2V_EXEC says",
               program->state ? program->state : "");
    } else {
        preload_check(places->preload);
        if (program->avformat)
            printf("%s uses libavformat %u, for which i2v has a plugin: what it opens "
                   "with it can be i2v's\n",
                   path, program->avformat);
        else
            printf("%s has no libavformat of its own; what it starts or loads can host "
                   "i2v\n",
                   path);
    }
    finish();
}

/* ---- the command line ---- */

_Noreturn static void complain_of_usage(const char *option)
{
    fputs(usage, stderr);
    if (option)
        stop(WRONG_USAGE, "unknown option %s", option);
    exit(WRONG_USAGE);
}

/* Read our own options. @return the program and its arguments */
static char **read_options(char **argv, bool *only_check)
{
    char **word = argv + 1;

    for (; *word && **word == '-'; word++) {
        if (!strcmp(*word, "--check")) {
            *only_check = true;
        } else if (!strcmp(*word, "-h") || !strcmp(*word, "--help")) {
            fputs(usage, stdout);
            finish();
        } else if (!strcmp(*word, "--version")) {
            print_versions(argv[0]);
        } else if (!strcmp(*word, "--")) {
            word++;
            break;
        } else {
            complain_of_usage(*word);
        }
    }
    if (!*word || !**word)
        complain_of_usage(NULL);
    return word;
}

int main(int argc, char **argv)
{
    bool only_check = false;
    char **words = argc > 0 ? read_options(argv, &only_check) : NULL;
    Program program;
    Places places;

    if (!words)
        complain_of_usage(NULL);
    program_open(&program, words[0]);
    if (!only_check && is_set(getenv("I2V_DISABLE")))
        run(program.path, words);
    if (!places_find(&places, argv[0], I2V_WAY))
        return CANNOT_RUN;
    program_read(&program, &places, is_set(getenv("I2V_EXEC")));
    if (program.reach == REACH_NONE)
        stop(CANNOT_RUN,
             "cannot host i2v: %s %s%s; 'i2vctl fetch' gets the clip for any ffmpeg",
             program.path, program.state, program.hence);
    if (only_check)
        say_reach(&program, &places);
    if (program.reach == REACH_PRELOAD) {
        preload_check(places.preload);
        preload_join(places.preload);
    } else {
        preload_leave();
        if (may_name_i2v(words + 1))
            hand_over(&places, words);
    }
    run(program.path, words);
}
