/* i2v: times as text
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_CLOCK_H
#define I2V_CLOCK_H

#include <stdint.h>

/** Bytes that a time takes as text, its NUL included. */
#define CLOCK_TEXT_SIZE 32

/** ISO 8601 in UTC, "2026-11-20T10:00:00Z", of Unix time in seconds. Thread-safe. */
void clock_text(int64_t seconds, char text[CLOCK_TEXT_SIZE]);

#endif
