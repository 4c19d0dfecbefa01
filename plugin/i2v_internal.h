/* i2v: opening, as the face sees it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_INTERNAL_H
#define I2V_INTERNAL_H

#include "i2v.h"

/** i2v_open_input() on a context whose iformat names us in the log.
 * @param interrupt  looked at in place of the context's, or NULL
 * @param demuxer    the hollow demuxer, or NULL */
int i2v_open(AVFormatContext **ps, const char *url, AVDictionary **options,
             const AVIOInterruptCB *interrupt, const AVInputFormat *demuxer);

#endif
