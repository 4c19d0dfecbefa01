/* i2v: values that the program would refuse (inside exec)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_EXEC_VALUES_H
#define I2V_EXEC_VALUES_H

#include "base/outcome.h"
#include "command/command.h"

/**
 * Check the values that a program reads before it opens anything: with one that is none
 * it would end once the clips are there. Its log level becomes ours.
 * @param words  argv
 * @return 0, or AVERROR(EINVAL) after a sentence
 */
int values_check(CommandProgram program, char *const *words, const Command *command,
                 Outcome *out);

#endif
