/* i2v: the line on a terminal that is redrawn while something is waited for
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_LINE_H
#define I2V_LINE_H

#include <stdbool.h>

/*
 * A process has one such line. It is written to standard error past av_log(), which lets
 * no escape sequence through, and never stands in the way: while it may be drawn, what
 * av_log() prints, whoever calls it, is printed where it was.
 *
 * It is drawn for whoever sits before a terminal: in the foreground, at AV_LOG_INFO, and
 * neither with TERM=dumb nor AV_LOG_FORCE_NOCOLOR.
 *
 * All of this is thread-safe.
 */

/** Say whether av_log() prints on standard error, by FFmpeg's own callback, and the user
 * has not asked for quiet. It does not until somebody says so. */
void line_allow(bool allowed);

/** Whether it can be drawn now. */
bool line_is_possible(void);

/** Whether it stands there. */
bool line_is_drawn(void);

/** Draw it, in place of what it said before, cut to the terminal's width.
 * @param text  one line of UTF-8 */
void line_draw(const char *text);

/** Erase it, since something is printed by other means or nothing is waited for. It never
 * waits, and so may be called from a handler of exit(). */
void line_erase(void);

#endif
