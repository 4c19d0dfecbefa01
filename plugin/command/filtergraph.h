/* i2v: the source filters i2v and ai2v in the description of a filter graph
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_FILTERGRAPH_H
#define I2V_FILTERGRAPH_H

/*
 * FFmpeg's parsers make every filter of a graph at once, and a hook sees their input
 * alone. So the description is read before them, by the same grammar: the sources in it
 * become requests, and FFmpeg gets a description in which its own movie and amovie read
 * the clips in their place.
 */

#include <stdbool.h>
#include <stddef.h>
#include "host/face.h"

/** One filter of a description. */
typedef struct GraphFilter {
    size_t start, end; ///< where its name begins and its arguments end, bytes
    char *name;        ///< unescaped, without the instance
    char *instance;    ///< what stands behind the @, or NULL without any
    char *arguments;   ///< unescaped as the filter gets them, NULL without a =
    bool is_source;    ///< i2v or ai2v
} GraphFilter;

/** A description that was read; owns everything in it. */
typedef struct Graph {
    const char *text; ///< the description
    GraphFilter *filters;
    int nb_filters;
    I2VNamed *sources; ///< those of the filters, in their order; "" for no arguments
    int nb_sources;
    bool open_ended; ///< ends with a separator, which FFmpeg before 6.0 refuses
    char why[256];   ///< what is wrong with the last filter or behind it, or ""
    char strings[];
} Graph;

/** Whether a filter of this name is a source. */
bool filtergraph_is_source(const char *name);

/** Whether a description can have a source at all, without reading it. It may be NULL. */
bool filtergraph_may_have_source(const char *text);

/**
 * Read a description by the grammar of FFmpeg's graph parsers: everything that any of its
 * versions takes. What they would refuse ends the reading, and so does a quote in the
 * arguments of a source that is never closed. Without a source the description is
 * FFmpeg's to judge, whatever `why` says. Takes linear time; any thread may call.
 * @return 0 and *graph (free with filtergraph_free()), or -ENOMEM and NULL
 */
int filtergraph_read(const char *text, Graph **graph);

/**
 * The description with FFmpeg's movie or amovie in place of every source. Everything else
 * is the same byte for byte.
 * @param arguments  one for each source, in their order, as the filter is to get them;
 * NULL for none. The array may be NULL when the graph has no source.
 * @return free with free(); NULL without memory
 */
char *filtergraph_rewrite(const Graph *graph, const char *const *arguments);

/** Free; sets *graph to NULL. */
void filtergraph_free(Graph **graph);

#endif
