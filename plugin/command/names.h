/* i2v: the options of ffmpeg and ffprobe, by their names
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_COMMAND_NAMES_H
#define I2V_COMMAND_NAMES_H

#include <stdbool.h>

/** A program whose command line can be read. */
typedef enum CommandProgram {
    COMMAND_OTHER, ///< any other
    COMMAND_FFMPEG,
    COMMAND_FFPROBE,
    COMMAND_FFPLAY, ///< known by its name alone
} CommandProgram;

/** Which program a word runs, also as it is called where there are several: ffmpeg-7.1,
 * ffmpeg5, ffmpeg_g. @param words  argv, or NULL */
CommandProgram names_program(char *const *words);

/** Whether a command line lets ffmpeg or ffplay redraw how far it is: -nostats is not the
 * last word on that. @param words  argv, or NULL */
bool names_wants_stats(char *const *words);

/** What is known of the very program that gets the command line. */
typedef struct CommandDialect {
    unsigned avformat_major; ///< of its libavformat
} CommandDialect;

/** A major of libavformat of each time: between two of these words are read alike. */
extern const unsigned names_times[3];

/** What an option is followed by. */
typedef enum OptionKind {
    OPTION_VALUED,  ///< by its value
    OPTION_SWITCH,  ///< by nothing
    OPTION_FINAL,   ///< the program prints something and opens nothing
    OPTION_UNCLEAR, ///< by a value in some versions only, and the version is not known
} OptionKind;

/** Which of these an option is. A name that is in no table of the program's is an
 * AVOption, which has a value, or the program refuses it before it opens anything.
 * @param name     without its dash
 * @param dialect  or NULL */
OptionKind names_kind(CommandProgram program, const CommandDialect *dialect,
                      const char *name);

/** Whether ffmpeg has an option of this name that hides the AVOption of that name. */
bool names_hides(const char *name);

/** Whether ffmpeg has it for outputs alone, and refuses it before an input. */
bool names_is_of_outputs(const char *name);

/** Whether -/NAME reads the value from a file, as since 7.0. @param dialect  or NULL */
bool names_reads_files(const CommandDialect *dialect);

/** The option of a demuxer that ffmpeg makes of one of its own before an input, whether
 * or not the demuxer has it; or NULL. */
const char *names_of_format(const char *name);

/** Whether an option has one of these names, whatever stream specifier stands behind it.
 * @param names  between single blanks */
bool names_has(const char *names, const char *option);

#endif
