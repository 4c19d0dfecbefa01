/* i2v: what is checked, sent and fetched before a call goes on to FFmpeg
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_SHIM_FETCH_H
#define I2V_SHIM_FETCH_H

/*
 * The steps between a hook and the plugin. At the first input or graph of a process its
 * whole command line is read: everything in it is checked, then sent, before anything is
 * waited for. A mistake that FFmpeg would find later is found here, before it costs
 * money.
 */

#include "command/filtergraph.h"
#include "host.h"

/**
 * Before an input is opened: check what it is given and, if it is the first, check and
 * send what else the command line names, unless I2V_AHEAD is 0.
 * @param host         who opens it
 * @param url,options  the input
 * @param interrupt    looked at meanwhile
 * @return 0, or a negative AVERROR after a sentence: nothing was sent
 */
int fetch_ahead(Host *host, const I2VFace *plugin, const char *url,
                const struct AVDictionary *options, const I2VInterrupt *interrupt);

/**
 * Fetch the clips of every source in a graph, and first what fetch_ahead() does.
 * @param host       whose graph it is
 * @param graph      with at least one source
 * @param rewritten  the description that FFmpeg is to be given, free with free(); NULL on
 * error
 * @return 0, or a negative AVERROR after a sentence
 */
int fetch_graph(Host *host, const I2VFace *plugin, const Graph *graph,
                const I2VInterrupt *interrupt, char **rewritten);

#endif
