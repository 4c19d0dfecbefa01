/* i2v: the program that the launcher is to run
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_LAUNCHER_PROGRAM_H
#define I2V_LAUNCHER_PROGRAM_H

#include <stdbool.h>
#include "launcher/binary.h"
#include "launcher/preload.h"

/** How i2v gets at a program. */
typedef enum Reach {
    REACH_PRELOAD, ///< also where the program has no libavformat itself
    REACH_WORDS,   ///< no preload does, but what its command line says can be read
    REACH_NONE,
} Reach;

/** Its strings live as long as the process, which becomes the program. */
typedef struct Program {
    char *path; ///< as exec will find it
    Binary binary;
    Reach reach;
    unsigned avformat; ///< major of the libavformat that it loads, 0 = none
    char *state;       ///< why no preload reaches it, "is ..."; NULL if one does
    const char *hence; ///< what follows from that, to be said after it; may be ""
} Program;

/** Find a program. Ends the process if it is not there or no executable file. */
void program_open(Program *program, const char *name);

/**
 * Read it, and decide how i2v gets at it.
 * @param by_words of an ffmpeg or ffprobe read the command line, though a preload may
 *                 reach it
 */
void program_read(Program *program, const Places *places, bool by_words);

#endif
