/* i2v: the time that goes by, points in time as text, waits of a given length
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/clock.h"

#include <stdatomic.h>
#include <time.h>

#include <libavutil/time.h>

/* What was slept while the clock stood still, microseconds. */
static atomic_int_least64_t slept;

int64_t clock_now(void)
{
    return av_gettime_relative() + atomic_load(&slept);
}

void clock_sleep(int ms)
{
    int64_t before = clock_now();

    av_usleep((unsigned)ms * 1000);
    if (clock_now() == before)
        atomic_fetch_add(&slept, ms * INT64_C(1000));
}

void clock_pass(int64_t before, int ms)
{
    if (clock_now() == before)
        clock_sleep(ms);
}

void clock_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    pthread_cond_clockwait(condition, lock, CLOCK_MONOTONIC, &until);
}

void clock_text(int64_t seconds, char text[CLOCK_TEXT_SIZE])
{
    time_t when = (time_t)seconds;
    struct tm tm;

    if (!gmtime_r(&when, &tm) ||
        !strftime(text, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm))
        text[0] = '\0';
}
