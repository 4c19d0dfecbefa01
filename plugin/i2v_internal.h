/* i2v: the hollow demuxer, as the face sees it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_INTERNAL_H
#define I2V_INTERNAL_H

#include "i2v.h"

/** The demuxer "i2v": a name, and a class of options; static. */
const AVInputFormat *i2v_demuxer(void);

#endif
