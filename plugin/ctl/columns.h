/* i2v: the command: texts as a terminal shows them (inside ctl)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is shown may be anybody's: whatever could steer a terminal, or turn the direction
 * of what stands behind it, is a space. LC_CTYPE is that of main(), a UTF-8 one.
 */
#ifndef I2V_COLUMNS_H
#define I2V_COLUMNS_H

#include <stdbool.h>

#include <libavutil/bprint.h>

/** Columns that a text takes. */
int columns_of(const char *text);

/** Add a text in so many columns: filled with spaces, or cut and ended with "...".
 * @param right  the spaces come first */
void columns_put(AVBPrint *to, const char *text, int columns, bool right);

/** Add a text whole, lines of its own among it.
 * @param indent  before each line but the first, columns */
void columns_put_lines(AVBPrint *to, const char *text, int indent);

/** Whether a text has something in it, but for a line's end or a tab, that is shown as a
 * space. */
bool columns_steer(const char *text);

/** Whether a text has a word in it, in either case. */
bool columns_find(const char *text, const char *word);

#endif
