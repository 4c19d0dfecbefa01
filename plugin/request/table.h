/* i2v: the table of options, as the files of the options share it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_OPTIONS_TABLE_H
#define I2V_OPTIONS_TABLE_H

#include <stdbool.h>

#include <libavutil/bprint.h>
#include <libavutil/opt.h>

#include "request/options.h"

/** An option by its name, or NULL; a named value is none. */
const AVOption *options_find(const char *name);

/** Refuse what is no option.
 * @param where    "I2V_DEFAULTS"
 * @param foreign  only what a stranger may say is listed
 * @return AVERROR_OPTION_NOT_FOUND after one sentence on `out` */
int options_refuse_unknown(const char *name, const char *where, bool foreign,
                           Outcome *out);

#endif
