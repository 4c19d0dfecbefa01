/* i2v: the grammar of filter graphs once more, read by libavutil's own tokens
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_GRAPH_REFERENCE_H
#define I2V_GRAPH_REFERENCE_H

#include "command/filtergraph.h"

/** Whether a quote is open at the end of these bytes. */
bool reference_is_open(const char *from, const char *to);

/** Compare what filtergraph_read() made of a description with what av_get_token() reads.
 * @return NULL, or in what they differ; static */
const char *reference_check(const Graph *graph);

/** Compare what filtergraph_rewrite() made of a graph in which nothing is wrong with the
 * graph: the same filters with movie and amovie in it, the rest the same bytes.
 * @return NULL, or what is wrong; static */
const char *reference_check_rewritten(const Graph *graph, const char *const *arguments,
                                      const char *rewritten);

#endif
