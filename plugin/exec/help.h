/* i2v: -h of what the program has not (inside exec)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_EXEC_HELP_H
#define I2V_EXEC_HELP_H

#include <stdbool.h>

/** Print what a hosted program would for -h demuxer=i2v, filter=i2v or filter=ai2v.
 * @param words  argv @return whether they ask for that */
bool help_print(char *const *words);

#endif
