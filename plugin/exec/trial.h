/* i2v: whether a program will take its command line (inside exec)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_EXEC_TRIAL_H
#define I2V_EXEC_TRIAL_H

#include "exec/program.h"

/** In place of a status: the program does not have an option. */
enum { TRIAL_UNKNOWN = -1 };

/**
 * Find out whether a program takes the options of its command line, those of its inputs
 * of ours included, before anything is bought for it. It is run with the name of an input
 * that cannot exist: it reads its words as it will read them, and ends when it opens
 * that. Without what writes files or devices, and without graphs, which it may read
 * before.
 * @param words   argv
 * @param status  set to 0; to the program's own where it refuses the command line, which
 * it has said itself; or to TRIAL_UNKNOWN where there is an option that it does not have
 * @return 0 or a negative AVERROR
 */
int trial_run(const Program *program, char *const *words, const Command *command,
              Outcome *out, int *status);

#endif
