/* i2v: times as text, and waits of a given length
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_CLOCK_H
#define I2V_CLOCK_H

#include <pthread.h>
#include <stdint.h>

/** Bytes that a time takes as text, its NUL included. */
#define CLOCK_TEXT_SIZE 32

/** ISO 8601 in UTC, "2026-11-20T10:00:00Z", of Unix time in seconds. Thread-safe. */
void clock_text(int64_t seconds, char text[CLOCK_TEXT_SIZE]);

/** Wait for a condition for so many milliseconds at most. `lock` is held by the caller,
 * as of pthread_cond_timedwait(). */
void clock_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int ms);

#endif
