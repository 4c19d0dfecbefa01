/* i2v: a text of any kind in a few lines that can be drawn
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_CAPTION_H
#define I2V_CAPTION_H

#include <stdint.h>

#define CAPTION_MAX_LINES 6

/** Lines of valid UTF-8 without a control character in them. */
typedef struct Caption {
    int count;
    char *line[CAPTION_MAX_LINES];
} Caption;

/**
 * Break a text into lines, at its spaces where that is possible. What does not fit ends
 * in "...". Control characters become spaces, spaces beside one another one, what would
 * turn the direction of the text is left out, and bytes that are not UTF-8 become U+FFFD.
 * @param text     any bytes
 * @param columns  that a line may have, at least 4; wide characters count as two
 * @param lines    that there may be, 1 to CAPTION_MAX_LINES
 * @param caption  to be cleared with caption_clear()
 * @return 0 or AVERROR(ENOMEM)
 */
int caption_wrap(const char *text, int columns, int lines, Caption *caption);

void caption_clear(Caption *caption);

/** Columns that a line of a caption takes. */
int caption_columns(const char *line);

#endif
