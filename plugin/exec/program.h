/* i2v: what an ffmpeg or ffprobe says of itself (inside exec)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_EXEC_PROGRAM_H
#define I2V_EXEC_PROGRAM_H

#include <stdbool.h>

#include <libavformat/avio.h>

#include "base/outcome.h"
#include "command/command.h"

/** What a program printed. */
typedef struct Program {
    const char *name; ///< as it was typed; borrowed
    CommandProgram kind;
    unsigned major, minor; ///< of its libavformat
    char *options;         ///< of -h full
    char *filters, *demuxers, *decoders;
} Program;

/** Ask a program. It gets nothing to read, and writes no report.
 * @param program  free with program_free(), on failure too
 * @return 0, AVERROR(EINTR), or another negative AVERROR after a sentence */
int program_ask(const char *name, CommandProgram kind, const AVIOInterruptCB *interrupt,
                Outcome *out, Program *program);

/** Whether it has an option. @param option  without its dash */
bool program_knows(const Program *program, const char *option);

/** Whether a list of it, as ->filters, has a name. */
bool program_lists(const char *list, const char *name);

/** Whether it decodes a codec, by whatever decoder. */
bool program_decodes(const Program *program, const char *codec);

/** Free what is in it. */
void program_free(Program *program);

#endif
