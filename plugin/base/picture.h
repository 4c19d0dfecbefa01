/* i2v: one picture through filters of libavfilter
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_PICTURE_FILTER_H
#define I2V_PICTURE_FILTER_H

#include <libavfilter/avfilter.h>
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
 * Begin a graph of filters with a source of one picture, whose pixels are taken for
 * square.
 * @param in      borrowed
 * @param source  owned by the graph
 * @return 0 or a negative AVERROR
 */
int picture_source(AVFilterGraph *graph, const AVFrame *in, AVFilterContext **source);

/**
 * Put a filter behind another of its graph.
 * @param last    the other, and on success this one
 * @param set     pairs of an option and its value, which is not parsed, and a NULL; or
 *                NULL
 * @param format  of further options, in libavfilter's syntax
 * @return 0 or a negative AVERROR; libavfilter may have said why
 */
int picture_append(AVFilterContext **last, const char *name, const char *const *set,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

/** Give that source its picture, and the end, once the graph is configured. */
int picture_source_feed(AVFilterContext *source, const AVFrame *in);

#endif
