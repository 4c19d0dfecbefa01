/* i2v: what earlier runs found out about stills that have not changed since
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_KNOWN_STILLS_H
#define I2V_KNOWN_STILLS_H

#include "base/outcome.h"
#include "still/still.h"
#include "store/store.h"

/**
 * A still that need not be decoded to know what a request's key says of it: an earlier
 * run noted it, and its file is the same. What was found once holds for this process.
 * @param directory  of the store, which may not be there
 * @param still      set to it, for which still_is_read() is false, or to NULL: not known
 * @return 0, or a negative AVERROR after one sentence when its content had to be looked
 * at and could not. Thread-safe
 */
int known_stills_find(const char *directory, const StillSource *source, Still **still);

/** Remember what was read for the same source, in this process. Thread-safe. */
void known_stills_remember(const StillSource *source, const Still *still);

/** Note what is known of a still, if it has an identity and is not noted. That it cannot
 * be noted is said at AV_LOG_DEBUG alone. Thread-safe. */
void known_stills_add(const Store *store, const StillKnown *known, Outcome *out);

#endif
