/* i2v: how long generations took, for the poller
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_STATS_H
#define I2V_STATS_H

#include "base/outcome.h"
#include "store/store.h"

/** Durations kept of each model and length. */
#define STATS_MAX 64

/**
 * Read what is known of a model's clips of a length. Missing or damaged, there is no
 * history. Thread-safe.
 * @param length     of the clip, seconds
 * @param durations  seconds from acceptance to completion, oldest first
 * @return how many there are
 */
int stats_read(const Store *store, const char *model, int length,
               double durations[STATS_MAX]);

/** Note one more, in seconds. History is a convenience: that it cannot be written is said
 * at AV_LOG_DEBUG alone. Thread-safe. */
void stats_add(const Store *store, const char *model, int length, double duration,
               Outcome *out);

#endif
