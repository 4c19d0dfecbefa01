/* i2v: how long generations took, as the store remembers it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_DURATIONS_H
#define I2V_DURATIONS_H

#include "store/store.h"

/** No generation is waited for longer, in seconds; what is, is a clock that was set. */
#define DURATIONS_LONGEST_S (24 * 3600.0)

/**
 * Read how long the last generations of a model took whose clips have a length.
 * @param length     of the clip, seconds
 * @param durations  seconds each, in no order
 * @param most       how many there may be
 * @return how many there are; 0 also where nothing can be read
 */
int durations_read(const Store *store, const char *model, int length, double *durations,
                   int most);

/** Note how many seconds a generation took. Thread-safe; that it cannot be written is
 * said at AV_LOG_DEBUG alone.
 * @param log  AVClass-led, borrowed */
void durations_note(const Store *store, const char *model, int length, double seconds,
                    void *log);

#endif
