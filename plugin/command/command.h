/* i2v: what a command line of ffmpeg or ffprobe says of i2v
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_COMMAND_H
#define I2V_COMMAND_H

/*
 * ffmpeg opens its inputs one after the other, but the requests in them should run side
 * by side; and an ffmpeg that no preload reaches can only be given another command line.
 * So its words are read here as the program itself will read them, on libc alone: which
 * of them are a request of ours, and which stand for one.
 */

#include <stdbool.h>
#include "command/filtergraph.h"
#include "command/names.h"
#include "host/face.h"

/** What a word is to us. */
typedef enum WordUse {
    WORD_PLAIN,       ///< a value, the name of a file, what ends the options
    WORD_OPTION,      ///< the name of an option, with its dash
    WORD_BEFORE_OURS, ///< the same, with a value, whosever it is, of an input of ours:
                      ///< index = its request
    WORD_FORMAT,      ///< -f: index likewise, or below 0 before another file
    WORD_INPUT,       ///< what names an input of ours: index likewise
    WORD_GRAPH,  ///< the description of a graph with sources of ours: index = the graph
    WORD_SCRIPT, ///< the name of a file that holds one: index likewise
} WordUse;

typedef struct CommandWord {
    WordUse use;
    int index;
} CommandWord;

/** An input, whosever it is. */
typedef struct CommandInput {
    int start; ///< no word of its options stands before
    int word;  ///< that names it
} CommandInput;

enum { KIND_VIDEO = 1, KIND_AUDIO = 2 }; ///< of streams

/** What a command line names. Strings of inputs are borrowed from the words. */
typedef struct Command {
    I2VNamed *requests; ///< in the order of the words, the same one maybe more than once
    int nb_requests;
    Graph **graphs; ///< in turn, those that FFmpeg would refuse among them
    int nb_graphs;
    const char *missing; ///< the first plain file that is named as an input, that did not
                         ///< exist and that no request before it saves, or NULL
    const char *standing; ///< the first output that is there already and that the command
                          ///< leaves as it is (-n), or NULL
    const char *nowhere;  ///< the first output whose directory does not exist, or NULL
    CommandInput *inputs; ///< in turn; with a dialect, also those that are not ours
    int nb_inputs;
    const char *misplaced; ///< the first option of outputs that stands before an input,
                           ///< with its dash, or NULL
    const char **behind; ///< options of outputs that come behind an input of ours: name,
                         ///< value, ..., NULL; or NULL
    int nb_behind;       ///< strings in there
    CommandWord *words;  ///< one for each word
    int nb_words;
    unsigned
        decoded;   ///< the kinds of streams that an output neither leaves out nor copies
    bool is_final; ///< the program only prints something, whatever else is there
} Command;

/** Why a command line is not understood. */
typedef struct CommandProblem {
    const char *word; ///< where, borrowed
    const char *why;  ///< static, the rest of a sentence: "has no value"
} CommandProblem;

/** Whether a word is the name of an option. */
bool command_is_option(const Command *command, int word);

/** Whether a URL, or NULL, is one of ours. */
bool command_is_our_url(const char *url);

/**
 * Read a command line as the program does. Files that hold a graph are read. Any thread
 * may call.
 * @param words    argv, NULL-terminated; borrowed until command_free(); or NULL
 * @param dialect  of the program, and everything in its command line is read; or NULL:
 * what every version of ffmpeg reads alike, for what can be sent ahead: where they differ
 * it is not understood, and a graph of one stream is passed over, which may go unused
 * @param problem  set where it is not understood, and *command has what stands before; or
 * NULL
 * @return 0 and *command, or NULL in it when this is no command of such a program or it
 * is not understood; -ENOMEM and NULL
 */
int command_read(char *const *words, const CommandDialect *dialect, Command **command,
                 CommandProblem *problem);

/** Whether this is the description of one of its graphs, in a word, in a file or for the
 * device lavfi. */
bool command_has_graph(const Command *command, const char *description);

/** Free; sets *command to NULL. */
void command_free(Command **command);

#endif
