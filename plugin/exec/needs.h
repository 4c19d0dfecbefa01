/* i2v: what a program needs to play the clips of its command line (inside exec)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_EXEC_NEEDS_H
#define I2V_EXEC_NEEDS_H

#include "exec/program.h"

/**
 * Find out whether a program has what it takes: the demuxer, the decoders unless it
 * copies, for a graph the filters.
 * @return 0, or a negative AVERROR after a sentence
 */
int needs_check(Program *program, const Command *command, Outcome *out);

#endif
