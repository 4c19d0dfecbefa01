/* i2v: what an ffmpeg or ffprobe says of itself (inside exec)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_EXEC_PROGRAM_H
#define I2V_EXEC_PROGRAM_H

#include <stdbool.h>

#include <libavformat/avio.h>

#include "base/outcome.h"
#include "command/command.h"

/** The lists of components that a program prints. */
typedef enum ProgramList {
    PROGRAM_FILTERS,
    PROGRAM_DEMUXERS,
    PROGRAM_DECODERS,
    PROGRAM_LISTS,
} ProgramList;

/** What a program printed. */
typedef struct Program {
    const char *name; ///< as it was typed; borrowed
    CommandProgram kind;
    CommandDialect dialect;
    unsigned minor;                   ///< of its libavformat, as the major in `dialect`
    char *options;                    ///< of -h full
    char *lists[PROGRAM_LISTS];       ///< NULL = not asked for
    const AVIOInterruptCB *interrupt; ///< borrowed
} Program;

/*
 * Asking starts the program, which gets nothing to read and writes no report. These
 * return 0, AVERROR(EINTR), or another negative AVERROR after a sentence.
 */

/** Ask a program for its version and options.
 * @param program  its name, kind and interrupt are set; free with program_free() */
int program_ask(Program *program, Outcome *out);

/** Ask it for a list, once. */
int program_ask_list(Program *program, ProgramList list, Outcome *out);

/** Run it with other words.
 * @param words   NULL-terminated
 * @param text    what it printed, not empty; free with av_free()
 * @param status  with which it ended */
int program_run(const Program *program, const char *const *words, Outcome *out,
                char **text, int *status);

/** Whether -h shows an option. @param option  without its dash */
bool program_shows(const Program *program, const char *option);

/** Whether a list that was asked for has a name. */
bool program_lists(const Program *program, ProgramList list, const char *name);

/** Whether the decoders that were asked for have one of a codec by another name. */
bool program_decodes(const Program *program, const char *codec);

/** Free what is in it. */
void program_free(Program *program);

#endif
