/* i2v: what the command line of this process says of i2v
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_SHIM_COMMAND_H
#define I2V_SHIM_COMMAND_H

/*
 * Every hooked program tells by its words whether the user means i2v at all. That of
 * ffmpeg tells more: it opens its inputs one after the other, but the requests in them
 * should run side by side. So its words are read here as ffmpeg will read them, and when
 * it opens the first input everything that it is going to open is known.
 */

#include <stdbool.h>
#include "filtergraph.h"
#include "host/face.h"

/** What a command line of ffmpeg names. Strings of inputs are borrowed from the words. */
typedef struct Command {
    I2VNamed *requests; ///< in the order of the words, the same one maybe more than once
    int nb_requests;
    Graph **graphs; ///< in turn, those that FFmpeg would refuse among them
    int nb_graphs;
    const char *missing; ///< the first plain file that is named as an input and that did
                         ///< not exist, or NULL
} Command;

/** Note the words of this process, its argv; from our constructor. */
void command_note(char *const *words);

/** The words of this process; NULL before they are noted. */
char *const *command_words(void);

/**
 * Whether "i2v" is anywhere in the words of this process.
 * @param asked  whether it is one of them, or the scheme of a URL: the user means us
 */
bool command_mentions_us(bool *asked);

/** Whether this process ends when it finds an option of an input that the open has left
 * over, as ffmpeg and ffplay do. */
bool command_is_strict(void);

/** Whether a URL, or NULL, is one of ours. */
bool command_is_our_url(const char *url);

/**
 * Read a command line as ffmpeg does: as every version of it does, and where they differ
 * it is not understood. Files that hold a graph are read. Any thread may call.
 * @param words  argv, NULL-terminated; borrowed until command_free(); or NULL
 * @return 0 and *command, or NULL in it when this is no command of ffmpeg's or it is not
 * understood; -ENOMEM and NULL
 */
int command_read(char *const *words, Command **command);

/** Whether this is the description of one of its graphs, in a word, in a file or for the
 * device lavfi. */
bool command_has_graph(const Command *command, const char *description);

/** Free; sets *command to NULL. */
void command_free(Command **command);

#endif
