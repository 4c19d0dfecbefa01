/* i2v: ffmpeg and ffprobe that no preload reaches
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_EXEC_H
#define I2V_EXEC_H

/*
 * A program that is linked statically, or to another C library or FFmpeg, cannot be given
 * a demuxer; it can be given another command line. So the program is asked what it is
 * (program.h), its words are read as it will read them (command/command.h), everything in
 * them is checked, sent together and fetched, and what named the requests is replaced by
 * their clips (words.h). Whoever called runs the program with what comes out. All or
 * nothing: where a word is not understood nothing is sent.
 */

#include <libavformat/avio.h>

/** The exit status where the command line is not understood. */
enum { EXEC_NOT_UNDERSTOOD = 126 };

/**
 * Prepare the command line of a program.
 * @param words      argv, NULL-terminated
 * @param interrupt  looked at at least every 100 ms
 * @param run        the words that the program is to be run with; they and their list
 * live as long as the process, and files that they name are open for it; NULL where
 * nothing is left to do
 * @return 0; the exit status that the program would have ended with, had it been hosted,
 * after a sentence; or AVERROR(EINTR) where a signal would have ended it
 */
int exec_prepare(char *const *words, const AVIOInterruptCB *interrupt, char ***run);

#endif
