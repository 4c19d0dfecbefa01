/* i2v: what is fetched before a call goes on to FFmpeg
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ahead.h"
#include "fetch.h"
#include "interrupt.h"

/* FFmpeg's AVERROR_FILTER_NOT_FOUND */
#define FILTER_NOT_FOUND (-(0xF8 | 'F' << 8 | 'I' << 16 | 'L' << 24))

/* What the command line names, the first time that anybody asks; else NULL. */
static Ahead *read_command(char *const *arguments)
{
    static atomic_flag asked = ATOMIC_FLAG_INIT;
    Ahead *ahead = NULL;

    if (!host_sends_ahead() || !arguments || atomic_flag_test_and_set(&asked))
        return NULL;
    ahead_read(arguments, &ahead);
    return ahead;
}

/* Whether one of the requests will have made this file by the time that it is opened. */
static bool is_saved(const I2VNamed *named, int count, const char *path)
{
    for (int i = 0; i < count; i++)
        for (const char *const *at = named[i].options; at && at[0]; at += 2)
            if (!strcmp(at[0], "save") && !strcmp(at[1], path))
                return true;
    return false;
}

/* What FFmpeg would refuse is refused before anything is bought for it. */
static int check(Host *host, const I2VFace *plugin, const Graph *graph)
{
    typedef const struct AVFilter *GetByName(const char *name);
    GetByName *get_by_name = (GetByName *)host_real(host, HOOK_avfilter_get_by_name);
    char sentence[256];

    if (*graph->why && filtergraph_may_have_source(graph->text)) {
        plugin->complain("i2v", graph->why);
        return -EINVAL;
    }
    /* FFmpeg before 6 takes nothing behind a separator for a filter without a name. */
    if (graph->open_ended && !host_has(host, HOOK_avfilter_graph_segment_parse)) {
        plugin->complain("i2v", "No such filter: ''; nothing sent");
        return -EINVAL;
    }
    for (int i = 0; i < graph->nb_filters; i++) {
        if (graph->filters[i].is_source || !get_by_name ||
            get_by_name(graph->filters[i].name))
            continue;
        snprintf(sentence, sizeof(sentence), "No such filter: '%s'; nothing sent",
                 graph->filters[i].name);
        plugin->complain("i2v", sentence);
        return FILTER_NOT_FOUND;
    }
    return 0;
}

/* Check and send all of them; one alone is but checked. */
static int send(Host *host, const I2VFace *plugin, const Ahead *ahead,
                const I2VInterrupt *interrupt)
{
    const char *missing = ahead_missing(ahead);
    const I2VNamed *named;
    const Graph *graph;
    char sentence[512];
    int count, ret = 0;

    named = ahead_requests(ahead, &count);
    if (missing && !is_saved(named, count, missing)) {
        snprintf(sentence, sizeof(sentence),
                 "%s: No such file or directory; this command names it as an input, so "
                 "nothing was sent.",
                 missing);
        plugin->complain("i2v", sentence);
        return -ENOENT;
    }
    for (int i = 0; i < count && ret >= 0; i++)
        if (!named[i].filter)
            ret = plugin->check_named(&named[i]);
    for (int i = 0; ret >= 0 && (graph = ahead_graph(ahead, i)); i++)
        ret = check(host, plugin, graph);
    if (ret < 0)
        return ret;
    host_debug("the command line names %d request(s)", count);
    return count > 1 ? plugin->send_ahead(named, count, interrupt) : 0;
}

/* Whether the program will end with an option that this open leaves over. */
static int check_given(const I2VFace *plugin, char *const *arguments,
                       const struct AVDictionary *options)
{
    if (!options || !arguments || !*arguments || !ahead_is_strict(*arguments))
        return 0;
    return plugin->check_given(options);
}

int fetch_ahead(Host *host, const I2VFace *plugin, char *const *arguments,
                const char *url, const struct AVDictionary *options,
                const I2VInterrupt *interrupt)
{
    int count, ret = check_given(plugin, arguments, options);
    Ahead *ahead = ret < 0 ? NULL : read_command(arguments);
    const I2VNamed *named;
    bool understood = false;

    if (!ahead)
        return ret;
    named = ahead_requests(ahead, &count);
    for (int i = 0; i < count && !understood; i++)
        understood = !named[i].filter && plugin->is_same(&named[i], url, options);
    if (understood)
        ret = send(host, plugin, ahead, interrupt);
    ahead_free(&ahead);
    return ret;
}

/* The sources of a graph, as the plugin is told of them. */
static I2VNamed *name_sources(const Graph *graph)
{
    I2VNamed *named = calloc((size_t)graph->nb_sources, sizeof(*named));
    int count = 0;

    for (int i = 0; named && i < graph->nb_filters; i++) {
        const GraphFilter *filter = &graph->filters[i];

        if (!filter->is_source)
            continue;
        named[count].filter = filter->name;
        named[count++].text = filter->arguments ? filter->arguments : "";
    }
    return named;
}

/* Everything that the graph and, the first time, the command line names. */
static int send_graph(Host *host, const I2VFace *plugin, char *const *arguments,
                      const Graph *graph, const I2VNamed *named,
                      const I2VInterrupt *interrupt)
{
    Ahead *ahead = read_command(arguments);
    int ret = 0;

    if (ahead && ahead_has_graph(ahead, graph->text))
        ret = send(host, plugin, ahead, interrupt);
    else if (graph->nb_sources > 1 && host_sends_ahead())
        ret = plugin->send_ahead(named, graph->nb_sources, interrupt);
    ahead_free(&ahead);
    return ret;
}

static int fetch_sources(Host *host, const I2VFace *plugin, char *const *arguments,
                         const Graph *graph, const I2VInterrupt *interrupt,
                         char **rewritten)
{
    I2VNamed *named = name_sources(graph);
    char **movies = calloc((size_t)graph->nb_sources, sizeof(*movies));
    int ret = -ENOMEM;

    if (named && movies)
        ret = send_graph(host, plugin, arguments, graph, named, interrupt);
    for (int i = 0; ret >= 0 && i < graph->nb_sources; i++)
        ret = plugin->fetch_source(&named[i], interrupt, &movies[i]);
    if (ret >= 0) {
        *rewritten = filtergraph_rewrite(graph, (const char *const *)movies);
        ret = *rewritten ? 0 : -ENOMEM;
    }
    for (int i = 0; movies && i < graph->nb_sources; i++)
        if (movies[i])
            plugin->release(movies[i]);
    free(movies);
    free(named);
    return ret;
}

int fetch_graph(Host *host, const I2VFace *plugin, char *const *arguments,
                struct AVFormatContext *opening, const Graph *graph, char **rewritten)
{
    Interrupt interrupt;
    int ret = check(host, plugin, graph);

    *rewritten = NULL;
    if (ret < 0)
        return ret;
    interrupt_begin(&interrupt, plugin, opening);
    ret = fetch_sources(host, plugin, arguments, graph, &interrupt.asked, rewritten);
    interrupt_end();
    if (*rewritten)
        host_debug("graph: %s", *rewritten);
    return ret;
}
