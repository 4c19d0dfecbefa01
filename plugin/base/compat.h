/* i2v: every FFmpeg version difference, once, as a feature macro
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_COMPAT_H
#define I2V_COMPAT_H

#include <stdbool.h>

#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavformat/avformat.h>
#include <libavutil/frame.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libavutil/version.h>

/* AVClass.child_class_iterate came with libavutil 56.53, which is FFmpeg 4.4's. Where it
 * is set, child_class_next is not asked; that is gone since libavutil 57. */
#define I2V_HAVE_CHILD_CLASS_ITERATE \
    (LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(56, 53, 100))

/* The child of a class behind `previous`; *state begins as NULL. */
static inline const AVClass *i2v_child_class(const AVClass *parent,
                                             const AVClass *previous, void **state)
{
#if I2V_HAVE_CHILD_CLASS_ITERATE
    (void)previous;
    return av_opt_child_class_iterate(parent, state);
#else
    (void)state;
    return av_opt_child_class_next(parent, previous);
#endif
}

/* AVInputFormat pointers became const in libavformat 59. */
#if LIBAVFORMAT_VERSION_MAJOR >= 59
typedef const AVInputFormat I2VInputFormat;
#else
typedef AVInputFormat I2VInputFormat;
#endif

/* AVCodecParameters.ch_layout replaced channels and channel_layout in libavcodec 59.24.
 */
#define I2V_HAVE_CH_LAYOUT (LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(59, 24, 100))

/* AVFrame.interlaced_frame became a flag in libavutil 58.7. */
#ifdef AV_FRAME_FLAG_INTERLACED
#define I2V_HAVE_INTERLACED_FLAG 1
#else
#define I2V_HAVE_INTERLACED_FLAG 0
#endif

/* The side data of a stream moved from AVStream to its codecpar in libavcodec 60.30,
 * which is FFmpeg 6.1's. */
#define I2V_HAVE_CODED_SIDE_DATA (LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 30, 100))

/* Stream groups, of which a tiled HEIF is one, came with FFmpeg 7. */
#define I2V_HAVE_TILE_GRID (LIBAVFORMAT_VERSION_MAJOR >= 61)

/* Filter links carry colour space and range since FFmpeg 7. */
#define I2V_HAVE_BUFFERSRC_COLOR (LIBAVFILTER_VERSION_MAJOR >= 10)

/* ... and whether alpha is premultiplied since libavfilter 11.8, which is FFmpeg 8.1's.
 */
#define I2V_HAVE_ALPHA_MODE (LIBAVFILTER_VERSION_INT >= AV_VERSION_INT(11, 8, 100))

/* Decoders can read ICC profiles (when built with lcms2) since FFmpeg 5.1. */
#ifdef AV_CODEC_FLAG2_ICC_PROFILES
#define I2V_HAVE_ICC_PROFILES 1
#else
#define I2V_HAVE_ICC_PROFILES 0
#endif

/* Sizes of AVBufferRef, and of what is hashed, became size_t in libavutil 57. */
#if LIBAVUTIL_VERSION_MAJOR >= 57
typedef size_t I2VBufferSize;
#else
typedef int I2VBufferSize;
#endif

/* AVFormatContext.io_close2 came with FFmpeg 5.0 and closes a context's file since 7. */
#define I2V_HAVE_IO_CLOSE2 (LIBAVFORMAT_VERSION_MAJOR >= 59)

/* A host reads the public fields of an AVInputFormat or AVFilter alone, but FFmpeg keeps
 * private ones behind them: zeros, in what it has not made itself. */
#define I2V_ROOM_BEHIND 1024

/* Asks an interrupt callback, which may be missing. libavformat's own helper is private.
 */
static inline bool i2v_interrupted(const AVIOInterruptCB *interrupt)
{
    return interrupt && interrupt->callback && interrupt->callback(interrupt->opaque);
}

#endif
