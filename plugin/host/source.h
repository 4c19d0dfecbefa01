/* i2v: one source filter of a graph, i2v or ai2v (inside host)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_SOURCE_H
#define I2V_SOURCE_H

#include <stdbool.h>

#include <libavfilter/avfilter.h>
#include <libavformat/avformat.h>

#include "base/outcome.h"

/** What one filter of a graph asks for: a request of ours, and what FFmpeg's movie is to
 * do with its clip. */
typedef struct Source Source;

/** The class behind -h filter=i2v (or ai2v): the still first, then movie's options, then
 * a request's that may come from a graph. Static; NULL where FFmpeg has no movie filter,
 * or without memory. Thread-safe. */
const AVClass *source_class(bool audio);

/** What av_log() names i2v, or ai2v; static. */
void *source_log(bool audio);

/** FFmpeg's own filter that reads the clip, or NULL where there is none; static. */
const AVFilter *source_movie_filter(bool audio);

/**
 * Read a filter's arguments.
 * @param filter     "i2v" or "ai2v"
 * @param arguments  as a filter gets them, or NULL
 * @param out        its log is source_log()
 * @return 0 and *source (free with source_free()), or after one sentence AVERROR(EINVAL),
 * AVERROR_OPTION_NOT_FOUND or AVERROR_FILTER_NOT_FOUND, or AVERROR(ENOMEM). Thread-safe.
 */
int source_read(const char *filter, const char *arguments, Outcome *out, Source **source);

/** As source_read(), of options by their names. They all stay in `options`, and no other
 * may be there. */
int source_read_options(const char *filter, const AVDictionary *options, Outcome *out,
                        Source **source);

/** The options of the request, as journey_fetch() takes them with OPTIONS_GRAPH_URL;
 * owned by `source`. */
const AVDictionary *source_options(const Source *source);

/**
 * Bring the request to its clip. What this process has fetched for a filter already is
 * not asked for again while the file is there, and one thread fetches while others wait.
 * @param interrupt  looked at at least every 100 ms, or NULL
 * @param out        its log is source_log()
 * @param path       free with av_free(); NULL on error
 * @return as i2v_fetch(); without a sentence where another thread said it. Thread-safe.
 */
int source_fetch(const Source *source, const AVIOInterruptCB *interrupt, Outcome *out,
                 char **path);

/** Whether source_fetch() would have it at once, since this process has fetched it
 * before. Thread-safe. */
bool source_is_fetched(const Source *source);

/** The arguments of movie or amovie that reads a clip, as a filter gets them; free with
 * av_free(), NULL without memory. */
char *source_movie(const Source *source, const char *path);

/** Free; sets *source to NULL. */
void source_free(Source **source);

#endif
