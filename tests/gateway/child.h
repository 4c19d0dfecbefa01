/* i2v: the stand-in gateway: ffmpeg and ffprobe as child processes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GATEWAY_CHILD_H
#define GATEWAY_CHILD_H

#include "util.h"

#include <stdatomic.h>

/* Runs a program (found in PATH, no shell) with stdin empty, and waits for it; it is
 * killed after so many seconds, or as soon as *stop is set. What it writes is appended
 * to output and errors (at most 64 MiB each). Its exit status, or -1. */
int run_child(const char *const argv[], Buffer *output, Buffer *errors, int seconds,
              const atomic_int *stop);

/* Whether a program of that name lies in PATH. */
int program_exists(const char *name);

#endif
