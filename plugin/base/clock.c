/* i2v: times as text, and waits of a given length
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/clock.h"

#include <time.h>

void clock_text(int64_t seconds, char text[CLOCK_TEXT_SIZE])
{
    time_t when = (time_t)seconds;
    struct tm tm;
    if (!gmtime_r(&when, &tm) ||
        !strftime(text, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm))
        text[0] = '\0';
}

void clock_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    pthread_cond_timedwait(condition, lock, &until);
}
