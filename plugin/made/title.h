/* i2v: the words on a clip that is made here (inside made)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A text of any kind is broken into a few lines that can be drawn, and these become
 * filters behind those that make the picture.
 */
#ifndef I2V_TITLE_H
#define I2V_TITLE_H

#include <libavfilter/avfilter.h>

#define TITLE_MAX_LINES 6

/** Lines of valid UTF-8 without a control character in them. */
typedef struct Title {
    int count;
    char *line[TITLE_MAX_LINES];
} Title;

/**
 * Break a text into lines, at its spaces where that is possible. What does not fit ends
 * in "...". Control characters become spaces, spaces beside one another one, what would
 * turn the direction of the text is left out, and bytes that are not UTF-8 become U+FFFD.
 * @param text     any bytes
 * @param columns  that a line may have, at least 4; wide characters count as two
 * @param lines    that there may be, 1 to TITLE_MAX_LINES
 * @param title    to be cleared with title_clear()
 * @return 0 or AVERROR(ENOMEM)
 */
int title_wrap(const char *text, int columns, int lines, Title *title);

void title_clear(Title *title);

/** Columns that a line takes. */
int title_columns(const char *line);

/**
 * Put filters behind another that draw words on its pictures.
 * @param last           as of picture_append()
 * @param width,height   of the pictures, pixels
 * @param stamp,caption  as of AnimaticPlan
 * @return 0 or a negative AVERROR; libavfilter may have said why
 */
int title_draw(AVFilterContext **last, int width, int height, const char *stamp,
               const char *caption);

#endif
