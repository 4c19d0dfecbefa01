/* i2v: times as text
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clock.h"

#include <time.h>

void clock_text(int64_t seconds, char text[CLOCK_TEXT_SIZE])
{
    time_t when = (time_t)seconds;
    struct tm tm;
    if (!gmtime_r(&when, &tm) ||
        !strftime(text, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm))
        text[0] = '\0';
}
