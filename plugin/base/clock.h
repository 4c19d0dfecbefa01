/* i2v: the time that goes by, points in time as text, waits of a given length
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_CLOCK_H
#define I2V_CLOCK_H

#include <pthread.h>
#include <stdint.h>

/*
 * How long something took, and when it is to end, is measured by clock_now(), which no
 * setting of the machine's clock moves. Where even the kernel's monotonic clock stands
 * still (a faked or broken one), the time that was slept counts: see clock_pass().
 * All of this is thread-safe.
 */

/** Microseconds since some point in the past. */
int64_t clock_now(void);

/**
 * What waits for `ms` milliseconds at most by other means calls this after it. If the
 * clock did not move meanwhile at all, it sleeps for as long, and lets clock_now() go on
 * by it, so that whatever is to end by the clock does end.
 * @param before  clock_now() before the wait
 */
void clock_pass(int64_t before, int ms);

/** Sleep for so many milliseconds. */
void clock_sleep(int ms);

/** Wait for a condition for so many milliseconds at most. `lock` is held by the caller,
 * as of pthread_cond_timedwait(). */
void clock_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int ms);

/** Bytes that a time takes as text, its NUL included. */
#define CLOCK_TEXT_SIZE 32

/** ISO 8601 in UTC, "2026-11-20T10:00:00Z", of Unix time in seconds. */
void clock_text(int64_t seconds, char text[CLOCK_TEXT_SIZE]);

#endif
