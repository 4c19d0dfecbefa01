/* i2v: a command line with clips in place of what named them (inside exec)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_EXEC_WORDS_H
#define I2V_EXEC_WORDS_H

#include "command/command.h"

/**
 * Write the command line anew. Only the words of our requests change: their options and
 * -f i2v go, an input becomes the path of its clip, and a graph gets movies that read
 * theirs. Of a graph in a file the program gets an open file without a name.
 * @param words  argv
 * @param with   for each request, in their order: an input's path, or the arguments of
 * the movie
 * @param run    the new list; it and its words live as long as the process
 * @return 0 or a negative AVERROR
 */
int words_rewrite(char *const *words, const Command *command, char *const *with,
                  char ***run);

/** Whether a word with this use goes, and its value with it. @param name  the option's */
bool words_drop(const CommandWord *word, const char *name);

#endif
