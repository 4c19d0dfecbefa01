/* i2v: the program that the launcher is to run
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "command/names.h"
#include "launcher/ask.h"
#include "launcher/path.h"
#include "launcher/program.h"
#include "launcher/stop.h"

void program_open(Program *program, const char *name)
{
    *program = (Program){.hence = "", .path = path_find(name)};
    if (!program->path)
        stop(NOT_FOUND, "%s: not found", name);
    if (!path_is_file(program->path) || access(program->path, X_OK))
        stop(CANNOT_RUN, "%s: not an executable file", name);
}

/* The command line of these is understood. */
static bool is_ffmpeg(const char *path)
{
    CommandProgram kind = names_program((char *const[]){(char *)path, NULL});

    return kind == COMMAND_FFMPEG || kind == COMMAND_FFPROBE;
}

/* Say why no preload reaches a program. */
__attribute__((format(printf, 4, 5))) static void out_of_reach(Program *program,
                                                               Reach reach,
                                                               const char *hence,
                                                               const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (vasprintf(&program->state, format, args) < 0)
        stop(CANNOT_RUN, "out of memory");
    va_end(args);
    program->hence = hence;
    program->reach = reach;
}

static bool is_sandboxed(const char *path)
{
    return path_begins(path, "/snap/bin/") ||
           path_begins(path, "/var/lib/snapd/snap/bin/") ||
           strstr(path, "/flatpak/exports/bin/");
}

static bool changes_user(const char *path)
{
    struct stat info;

    return !stat(path, &info) && (info.st_mode & (S_ISUID | S_ISGID));
}

/* The loader of this C library: our own, or one that is named as only its are. */
static bool is_our_loader(const char *loader)
{
    const char *name = path_base(loader), *own = binary_own_loader();

    return (own && !strcmp(name, path_base(own))) || path_begins(name, "ld-linux") ||
           path_begins(name, "ld64") || path_begins(name, "ld.so");
}

/*
 * The major of libavformat among all that the loader would load, as ldd asks it. Nothing
 * of the program is run; nor is a loader that only the program names.
 */
static unsigned ask_loader(const Program *program)
{
    const char *own = binary_own_loader();
    const char *loader = own ? own : program->binary.loader;
    char trace[] = "LD_TRACE_LOADED_OBJECTS=1", *line = NULL;
    char *argv[] = {(char *)loader, program->path, NULL};
    unsigned major = 0;
    size_t size = 0;
    Asked asked;

    if (*loader != '/' || !ask_begin(&asked, argv, trace))
        return 0;
    while (getline(&line, &size, asked.answer) >= 0) {
        char *library = line + strspn(line, "\t ");

        library[strcspn(library, " \n")] = '\0';
        if (!major)
            major = binary_avformat(library);
    }
    free(line);
    ask_end(&asked);
    return major;
}

static void read_libraries(Program *program, const Places *places, Reach reach)
{
    const Binary *binary = &program->binary;
    char *majors;

    if (!*binary->loader && !binary->needs_any) {
        out_of_reach(program, reach, ", so nothing can be preloaded into it",
                     "is statically linked");
        return;
    }
    if (*binary->loader && !is_our_loader(binary->loader)) {
        const char *name = path_base(binary->loader);

        out_of_reach(program, reach, "", "is built for another C library (%s)",
                     path_begins(name, "ld-musl") ? "musl" : name);
        return;
    }
    program->avformat = binary->avformat;
    if (!program->avformat && binary->needs_others)
        program->avformat = ask_loader(program);
    if (!program->avformat || places_have(places, program->avformat))
        return;
    majors = places_majors(places, false);
    out_of_reach(program, reach, "",
                 "needs FFmpeg's libavformat %u, and there are plugins for %s in %s",
                 program->avformat, majors && *majors ? majors : "none", places->plugins);
    free(majors);
}

void program_read(Program *program, const Places *places, bool by_words)
{
    static const char ignored[] = ", so the system ignores preloads";
    const char *path = program->path;
    Reach otherwise = is_ffmpeg(path) ? REACH_WORDS : REACH_NONE;

    program->reach = REACH_PRELOAD;
    if (is_sandboxed(path)) {
        out_of_reach(program, REACH_NONE, "",
                     "runs in a sandbox that no preload reaches");
        return;
    }
    if (changes_user(path)) {
        out_of_reach(program, otherwise, ignored, "is set-user-ID or set-group-ID");
        return;
    }
    binary_read(path, &program->binary);
    switch (program->binary.kind) {
    case BINARY_NONE:
        return; // a script: what it starts is hosted
    case BINARY_DAMAGED:
        out_of_reach(program, REACH_NONE, "", "is a damaged program, or none");
        return;
    case BINARY_OTHER_MACHINE:
        out_of_reach(program, otherwise, "", "is built for another machine");
        return;
    case BINARY_OTHER_SIZE:
        out_of_reach(program, otherwise, "", "is not of i2v's word size (32 or 64 bits)");
        return;
    case BINARY_OURS:
        break;
    }
    if (getxattr(path, "security.capability", NULL, 0) > 0)
        out_of_reach(program, otherwise, ignored, "has file capabilities");
    else
        read_libraries(program, places, otherwise);
    if (by_words && otherwise == REACH_WORDS)
        program->reach = REACH_WORDS;
}
