/* i2v: what is fetched before a call goes on to FFmpeg
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_FETCH_H
#define I2V_FETCH_H

#include "filtergraph.h"
#include "host.h"

/**
 * At the first input or graph of a process, check and send what else its command line
 * names, unless I2V_AHEAD is 0.
 * @param host       who opens it
 * @param arguments  argv of the process, NULL-terminated, or NULL
 * @param url,options  the input that is being opened
 * @param interrupt    looked at meanwhile
 * @return 0, or a negative AVERROR after a sentence: nothing was sent
 */
int fetch_ahead(Host *host, const I2VFace *plugin, char *const *arguments,
                const char *url, const struct AVDictionary *options,
                const I2VInterrupt *interrupt);

/**
 * Fetch the clips of every source in a graph's description.
 * @param host         whose graph it is
 * @param arguments    as of fetch_ahead()
 * @param opening      the context of the open in progress on this thread, or NULL
 * @param graph        with at least one source
 * @param rewritten    the description that FFmpeg is to be given, free with free(); NULL
 * on error
 * @return 0, or a negative AVERROR after a sentence
 */
int fetch_graph(Host *host, const I2VFace *plugin, char *const *arguments,
                struct AVFormatContext *opening, const Graph *graph, char **rewritten);

#endif
