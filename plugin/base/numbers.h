/* i2v: how numbers are written, whatever the host's locale
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_NUMBERS_H
#define I2V_NUMBERS_H

#include <locale.h>

/**
 * A host that calls setlocale() may have "1,5" for 1.5, and with it all that reads and
 * writes numbers in here: libavutil's options, sums of money, JSON. Between these two the
 * calling thread has the point; other threads keep theirs.
 */
typedef struct Numbers {
    locale_t host; ///< (locale_t)0: it has the point anyway
    locale_t ours;
} Numbers;

/** Without memory it stays as it is. */
void numbers_begin(Numbers *numbers);

/** @return ret, for the end of a function */
int numbers_end(Numbers *numbers, int ret);

#endif
