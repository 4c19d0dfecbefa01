/* i2v: the source filters i2v and ai2v in the description of a filter graph
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_FILTERGRAPH_H
#define I2V_FILTERGRAPH_H

#include <stdbool.h>
#include <stddef.h>

/** One filter of a description. Strings are owned by the graph. */
typedef struct GraphFilter {
    size_t start, end; ///< where its name begins and its arguments end, bytes
    char *name;        ///< unescaped, without the instance
    char *instance;    ///< what stands behind the @, or NULL
    char *arguments;   ///< unescaped as the filter gets them, NULL without any
    bool is_source;    ///< i2v or ai2v
} GraphFilter;

/** A description that was read. */
typedef struct Graph {
    const char *text; ///< borrowed
    GraphFilter *filters;
    int nb_filters;
    int nb_sources;
    char why[256]; ///< what is wrong with the description behind the last filter, or ""
} Graph;

/**
 * Read a description in the grammar of FFmpeg's graph parsers. What they would refuse
 * ends the reading, and so does a quote in the arguments of a source that is never
 * closed.
 * @return 0 and *graph (free with filtergraph_free()), or -ENOMEM
 */
int filtergraph_read(const char *text, Graph **graph);

/**
 * The description with every source in place of which FFmpeg's movie or amovie stands.
 * Everything else is the same byte for byte.
 * @param arguments  one for each source, in their order, as a filter gets them
 * @return free with free(); NULL without memory
 */
char *filtergraph_rewrite(const Graph *graph, const char *const *arguments);

/** Free; sets *graph to NULL. */
void filtergraph_free(Graph **graph);

#endif
