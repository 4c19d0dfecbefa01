/* i2v: the SHA-256 of a clip, which nothing waits for
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_CLIP_DIGEST_H
#define I2V_CLIP_DIGEST_H

#include "store/store.h"

/**
 * Have the digest of a ready clip taken into its record when the process ends: it takes
 * some milliseconds a megabyte, and whoever opens the clip is not to wait for them. A
 * process that is killed, or exits from within a signal handler, leaves it to the next
 * that uses the clip. Beyond a few clips or bytes it is taken at once, or the end of the
 * process would take long. Thread-safe.
 * @param store  copied
 * @param size   bytes of the clip
 */
void clip_digest_later(const Store *store, const char *key, int64_t size,
                       const AVIOInterruptCB *interrupt);

#endif
