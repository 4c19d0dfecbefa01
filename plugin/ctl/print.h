/* i2v: the command: results on standard output (inside ctl)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What all subcommands print by: one line for a shell to take, JSON for programs, and the
 * question at the end whether all of it could be written.
 */
#ifndef I2V_CTL_PRINT_H
#define I2V_CTL_PRINT_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/outcome.h"

/** Print a line at once. @param what  it is, for the sentence when it cannot be printed
 * @return 0 or a negative AVERROR */
int ctl_print_line(const char *line, const char *what, Outcome *out);

/** A value as text, in which nothing is left that a terminal would obey.
 * @return free with av_free(), NULL without memory */
char *ctl_json_text(const cJSON *json, bool formatted);

/** Print a value, to be followed by ctl_print_end().
 * @param json  taken over; NULL when there was no memory for it
 * @return 0 or AVERROR(ENOMEM) */
int ctl_print_json(cJSON *json);

/** From here on nothing is left to do but to print: when its reader goes away the command
 * ends without a word, as others do. */
void ctl_print_begin(void);

/** Whether all that was printed is written. @param what  it is, for the sentence when it
 * is not @return 0 or a negative AVERROR */
int ctl_print_end(const char *what, Outcome *out);

#endif
