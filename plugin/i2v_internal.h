/* i2v: opening, as the face sees it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_INTERNAL_H
#define I2V_INTERNAL_H

#include <libavformat/avformat.h>

/** The demuxer "i2v": a name, and a class of options; static. */
const AVInputFormat *i2v_demuxer(void);

/** As i2v_open_input(). @param interrupt  looked at in place of the context's, or NULL */
int i2v_open(AVFormatContext **ps, const char *url, AVDictionary **options,
             const AVIOInterruptCB *interrupt);

#endif
