/* i2v: what is checked, sent and fetched before a call goes on to FFmpeg
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "command/check.h"
#include "fetch.h"
#include "say.h"
#include "words.h"

/* What the command line names, the first time that anybody asks; else NULL. */
static Command *read_command(void)
{
    static atomic_flag asked = ATOMIC_FLAG_INIT;
    Command *command = NULL;

    if (user_sends_ahead() && words_get() && !atomic_flag_test_and_set(&asked))
        command_read(words_get(), NULL, &command, NULL);
    return command;
}

static bool has_filter(const CommandHost *host, const char *name)
{
    typedef const struct AVFilter *GetByName(const char *name);
    GetByName *get_by_name =
        (GetByName *)host_real(host->opaque, HOOK_avfilter_get_by_name);

    return !get_by_name || get_by_name(name);
}

static CommandHost command_host(Host *host, const I2VFace *plugin)
{
    return (CommandHost){
        .face = plugin,
        .takes_open_end = host_has(host, HOOK_avfilter_graph_segment_parse),
        .ends_with_left_over = true, /* only ffmpeg's words are read */
        .has_filter = has_filter,
        .opaque = host,
    };
}

/* Check all that the command line names, then send it. One request alone is not sent: it
 * is being opened. */
static int send_command(Host *host, const I2VFace *plugin, const Command *command,
                        const I2VInterrupt *interrupt)
{
    CommandHost asked = command_host(host, plugin);
    int ret = command_check(&asked, command);

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
    int ret = options && words_are_strict() ? plugin->check_given(options) : 0;
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
    CommandHost asked = command_host(host, plugin);
    char **movies = NULL;
    int ret = command_check_graph(&asked, graph);
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
