/* i2v: one picture through filters of libavfilter
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_PICTURE_FILTER_H
#define I2V_PICTURE_FILTER_H

#include <libavutil/dict.h>
#include <libavutil/frame.h>

/**
 * Run one picture through a chain of filters. Its pixels are taken for square.
 * @param in     borrowed
 * @param chain  in libavfilter's syntax; never of a stranger's text
 * @param out    free with av_frame_free(); NULL on error
 * @return 0 or a negative AVERROR; libavfilter may have said why
 */
int picture_filter(const AVFrame *in, const char *chain, AVFrame **out);

/**
 * Run one picture through one filter several times. Its options are set by their names
 * and not parsed out of a description, so that they may hold any text.
 * @param name     of the filter
 * @param options  of each time; those that the filter took are gone after
 * @param count    times
 * @return as picture_filter(); AVERROR_FILTER_NOT_FOUND when there is no such filter
 */
int picture_filter_by_name(const AVFrame *in, const char *name, AVDictionary **options,
                           int count, AVFrame **out);

#endif
