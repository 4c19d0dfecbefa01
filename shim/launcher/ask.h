/* i2v: what another program answers the launcher
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_LAUNCHER_ASK_H
#define I2V_LAUNCHER_ASK_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

typedef struct Asked {
    FILE *answer; ///< its standard output
    pid_t pid;
} Asked;

/**
 * Start a program by its path, without a preload, with nothing to read and silent on
 * standard error.
 * @param extra a variable for its environment, NAME=VALUE, or NULL
 * @return whether it runs; then it has to be given to ask_end()
 */
bool ask_begin(Asked *asked, char *const argv[], char *extra);

/** Wait for its end. */
void ask_end(Asked *asked);

#endif
