/* i2v: the requests that the command line of this process names
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_AHEAD_H
#define I2V_AHEAD_H

#include <stdbool.h>
#include "../plugin/face.h"

/** What a command line of ffmpeg names. */
typedef struct Ahead Ahead;

/**
 * Read a command line as ffmpeg does.
 * @param arguments  argv, NULL-terminated; borrowed until ahead_free()
 * @return 0 and *ahead, or NULL in it when this is no command of ffmpeg's or it is not
 * understood; -ENOMEM
 */
int ahead_read(char *const *arguments, Ahead **ahead);

/** The requests in the order of the command line; owned by `ahead`. */
const I2VNamed *ahead_requests(const Ahead *ahead, int *count);

/** Whether the command line has this as the description of a graph. */
bool ahead_has_graph(const Ahead *ahead, const char *description);

/** A plain file that the command line names as an input and that does not exist, or
 * NULL. */
const char *ahead_missing(const Ahead *ahead);

/** Free; sets *ahead to NULL. */
void ahead_free(Ahead **ahead);

#endif
