/* i2v: the clip of an input that a command line names
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_NAMED_H
#define I2V_NAMED_H

#include "base/outcome.h"
#include "host/face.h"

/**
 * Fetch the clip of an input for a program that can only be given a file: its tags are in
 * the file, unless it is one that cannot have any, which is said.
 * @param named  without a filter
 * @param out    whose log says it
 * @param path   free with av_free(); NULL on error
 * @return as i2v_fetch(). Thread-safe.
 */
int named_fetch_input(const I2VNamed *named, const I2VInterrupt *interrupt, Outcome *out,
                      char **path);

#endif
