/* i2v: the filters that an animatic's pictures come out of
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_ANIMATIC_GRAPH_H
#define I2V_ANIMATIC_GRAPH_H

#include <stdint.h>

#include <libavfilter/avfilter.h>

#include "base/outcome.h"
#include "made/animatic.h"

/**
 * Make the filters of a plan. Where they cannot draw its text they are made without it,
 * and a warning is given on `out`.
 * @param width   of the pictures, which are yuv420p; pixels, even, as is the height
 * @param frames  of the clip: so many less the first can be taken from `sink`
 * @param graph   free with avfilter_graph_free(); NULL on error
 * @param sink    owned by the graph
 * @param first   an empty frame, which gets the first picture
 * @return 0 or a negative AVERROR; libavfilter may have said why
 */
int animatic_graph_open(const AnimaticPlan *plan, int width, int height, int64_t frames,
                        Outcome *out, AVFilterGraph **graph, AVFilterContext **sink,
                        AVFrame *first);

#endif
