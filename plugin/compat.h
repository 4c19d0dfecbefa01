/* i2v: every FFmpeg version difference, once, as a feature macro
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_COMPAT_H
#define I2V_COMPAT_H

#include <stdbool.h>

#include <libavcodec/version.h>
#include <libavformat/avformat.h>
#include <libavutil/log.h>
#include <libavutil/version.h>

/* AVClass.child_class_iterate replaced child_class_next in libavutil 57. */
#define I2V_HAVE_CHILD_CLASS_ITERATE (LIBAVUTIL_VERSION_MAJOR >= 57)

/* AVInputFormat pointers became const in libavformat 59. */
#if LIBAVFORMAT_VERSION_MAJOR >= 59
typedef const AVInputFormat I2VInputFormat;
#else
typedef AVInputFormat I2VInputFormat;
#endif

/* AVCodecParameters.ch_layout replaced channels and channel_layout in libavcodec 59.24. */
#define I2V_HAVE_CH_LAYOUT (LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(59, 24, 100))

/* Asks an interrupt callback, which may be missing. libavformat's own helper is private. */
static inline bool i2v_interrupted(const AVIOInterruptCB *interrupt)
{
    return interrupt && interrupt->callback && interrupt->callback(interrupt->opaque);
}

#endif
