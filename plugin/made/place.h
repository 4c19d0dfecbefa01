/* i2v: where what is made here lies (inside made)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_PLACE_H
#define I2V_PLACE_H

#include "base/outcome.h"

/** Raise it when what is made changes: what was made before is then left alone. */
#define PLACE_FORMAT 1

/**
 * The path of what is known by a name.
 * @param path  free with av_free(); set on failure, too
 * @return 1 when it is there, 0 when it is to be made, or a negative AVERROR after a
 * sentence. Thread-safe
 */
int place_find(const char *name, Outcome *out, char **path);

/** The same of what is no MP4. @param suffix  CLIP_SCRIPT */
int place_find_as(const char *name, const char *suffix, Outcome *out, char **path);

/** The same of a copy of a clip. @param kind  what is done to it, and by what */
int place_find_copy(const char *kind, const char *clip, Outcome *out, char **path);

#endif
