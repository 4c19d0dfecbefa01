/* i2v: the requests that the command line of this process names
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_SHIM_AHEAD_H
#define I2V_SHIM_AHEAD_H

#include <stdbool.h>
#include "host/face.h"
#include "filtergraph.h"

/** What a command line of ffmpeg names. */
typedef struct Ahead Ahead;

/**
 * Read a command line as ffmpeg does: as every version of it does, and where they differ
 * it is not understood. Files that hold a graph are read. Any thread may call.
 * @param arguments  argv, NULL-terminated; borrowed until ahead_free()
 * @return 0 and *ahead, or NULL in it when this is no command of ffmpeg's or it is not
 * understood; -ENOMEM and NULL
 */
int ahead_read(char *const *arguments, Ahead **ahead);

/** The requests in the order of the command line, the same one maybe more than once;
 * owned by `ahead`. A filter without arguments has "" for a text; `options` is never
 * NULL. */
const I2VNamed *ahead_requests(const Ahead *ahead, int *count);

/** The graphs that the command line names, in turn, those that FFmpeg would refuse among
 * them; NULL behind the last. Owned by `ahead`. */
const Graph *ahead_graph(const Ahead *ahead, int n);

/** Whether the command line has this as the description of a graph, in a word, in a file
 * or for the device lavfi. */
bool ahead_has_graph(const Ahead *ahead, const char *description);

/** The first plain file that the command line names as an input and that did not exist;
 * NULL without one. Borrowed from the arguments. */
const char *ahead_missing(const Ahead *ahead);

/** Whether a program ends when it finds an option of an input that the open has left
 * over: ffmpeg and ffplay do. */
bool ahead_is_strict(const char *program);

/** Free; sets *ahead to NULL. */
void ahead_free(Ahead **ahead);

#endif
