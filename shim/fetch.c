/* i2v: what is checked, sent and fetched before a call goes on to FFmpeg
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "command.h"
#include "fetch.h"
#include "say.h"

/* FFmpeg's AVERROR_FILTER_NOT_FOUND */
#define FILTER_NOT_FOUND (-(0xF8 | 'F' << 8 | 'I' << 16 | 'L' << 24))

/* What the command line names, the first time that anybody asks; else NULL. */
static Command *read_command(void)
{
    static atomic_flag asked = ATOMIC_FLAG_INIT;
    Command *command = NULL;

    if (user_sends_ahead() && command_words() && !atomic_flag_test_and_set(&asked))
        command_read(command_words(), &command);
    return command;
}

/* Whether one of the requests will have made this file by the time that it is opened. */
static bool is_saved(const Command *command, const char *path)
{
    for (int i = 0; i < command->nb_requests; i++)
        for (const char *const *at = command->requests[i].options; at && at[0]; at += 2)
            if (!strcmp(at[0], "save") && !strcmp(at[1], path))
                return true;
    return false;
}

/* What FFmpeg would refuse is refused before anything is bought for it. */
static int check_graph(Host *host, const I2VFace *plugin, const Graph *graph)
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
        const GraphFilter *filter = &graph->filters[i];

        if (filter->is_source || !get_by_name || get_by_name(filter->name))
            continue;
        snprintf(sentence, sizeof(sentence), "No such filter: '%s'; nothing sent",
                 filter->name);
        plugin->complain("i2v", sentence);
        return FILTER_NOT_FOUND;
    }
    return 0;
}

/* Check all that the command line names, then send it. One request alone is not sent: it
 * is being opened. */
static int send_command(Host *host, const I2VFace *plugin, const Command *command,
                        const I2VInterrupt *interrupt)
{
    char sentence[512];
    int ret = 0;

    if (command->missing && !is_saved(command, command->missing)) {
        snprintf(sentence, sizeof(sentence),
                 "%s: No such file or directory; this command names it as an input, so "
                 "nothing was sent.",
                 command->missing);
        plugin->complain("i2v", sentence);
        return -ENOENT;
    }
    for (int i = 0; i < command->nb_requests && ret >= 0; i++)
        if (!command->requests[i].filter)
            ret = plugin->check_named(&command->requests[i]);
    for (int i = 0; i < command->nb_graphs && ret >= 0; i++)
        ret = check_graph(host, plugin, command->graphs[i]);
    if (ret < 0)
        return ret;
    say_debug("the command line names %d request(s)", command->nb_requests);
    if (command->nb_requests < 2)
        return 0;
    return plugin->send_ahead(command->requests, command->nb_requests, interrupt);
}

int fetch_ahead(Host *host, const I2VFace *plugin, const char *url,
                const struct AVDictionary *options, const I2VInterrupt *interrupt)
{
    int ret = options && command_is_strict() ? plugin->check_given(options) : 0;
    Command *command = ret < 0 ? NULL : read_command();
    bool understood = false;

    for (int i = 0; command && i < command->nb_requests && !understood; i++)
        understood = !command->requests[i].filter &&
                     plugin->is_same(&command->requests[i], url, options);
    if (understood)
        ret = send_command(host, plugin, command, interrupt);
    command_free(&command);
    return ret;
}

int fetch_graph(Host *host, const I2VFace *plugin, const Graph *graph,
                const I2VInterrupt *interrupt, char **rewritten)
{
    char **movies = NULL;
    int ret = check_graph(host, plugin, graph);
    Command *command;

    *rewritten = NULL;
    if (ret < 0)
        return ret;
    movies = calloc((size_t)graph->nb_sources, sizeof(*movies));
    if (!movies)
        return -ENOMEM;
    command = read_command();
    if (command && command_has_graph(command, graph->text))
        ret = send_command(host, plugin, command, interrupt);
    else if (graph->nb_sources > 1 && user_sends_ahead())
        ret = plugin->send_ahead(graph->sources, graph->nb_sources, interrupt);
    command_free(&command);
    for (int i = 0; ret >= 0 && i < graph->nb_sources; i++)
        ret = plugin->fetch_source(&graph->sources[i], interrupt, &movies[i]);
    if (ret >= 0) {
        *rewritten = filtergraph_rewrite(graph, (const char *const *)movies);
        ret = *rewritten ? 0 : -ENOMEM;
    }
    for (int i = 0; i < graph->nb_sources; i++)
        if (movies[i])
            plugin->release(movies[i]);
    free(movies);
    if (*rewritten)
        say_debug("graph: %s", *rewritten);
    return ret;
}
