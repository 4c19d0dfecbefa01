/* i2v: a command line with clips in place of what named them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exec/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/files.h"
#include "request/options.h"

/* What the caller restricts is heeded by us, and would keep the clip from being read. */
static const char lists[] = "protocol_whitelist,protocol_blacklist,format_whitelist,"
                            "enable_drefs";

bool words_drop(const CommandWord *word, const char *name)
{
    return (word->use == WORD_FORMAT && word->index >= 0) ||
           (word->use == WORD_BEFORE_OURS &&
            (options_knows(name) || av_match_list(name, lists, ',') > 0));
}

/* The arguments of the movies in a graph, out of those of all requests. */
static char *rewrite_graph(const Command *command, int index, char *const *with)
{
    const Graph *graph = command->graphs[index];
    const char **arguments = av_calloc((size_t)graph->nb_sources, sizeof(*arguments));
    int before = 0, request = 0;
    char *text = NULL;

    if (!arguments)
        return NULL;
    for (int i = 0; i < index; i++)
        before += command->graphs[i]->nb_sources;
    for (int source = -before; source < graph->nb_sources; request++) {
        if (!command->requests[request].filter)
            continue;
        if (source >= 0)
            arguments[source] = with[request];
        source++;
    }
    text = filtergraph_rewrite(graph, arguments);
    av_free(arguments);
    return text;
}

/* A file that nobody has to remove: the program opens it by the name of a descriptor that
 * it inherits. @param name  free with av_free() */
static int unnamed_file(const char *text, char **name)
{
    int fd = memfd_create("i2v-graph", 0);
    int ret = fd < 0 ? AVERROR(errno) : files_put(fd, text, strlen(text));

    *name = ret >= 0 ? av_asprintf("/dev/fd/%d", fd) : NULL;
    if (ret >= 0 && !*name)
        ret = AVERROR(ENOMEM);
    if (fd >= 0 && ret < 0)
        close(fd);
    return ret;
}

/* What stands in place of a word. */
static int replace(const Command *command, const CommandWord *word, char *const *with,
                   char **text)
{
    const char *path;
    char *graph;
    int ret;

    if (word->use == WORD_INPUT) {
        path = with[word->index];
        /* A name that does not begin at the root could look like another protocol's. */
        *text = av_asprintf("%s%s", path[0] == '/' ? "" : "file:", path);
        return *text ? 0 : AVERROR(ENOMEM);
    }
    graph = rewrite_graph(command, word->index, with);
    if (!graph)
        return AVERROR(ENOMEM);
    if (word->use == WORD_SCRIPT) {
        ret = unnamed_file(graph, text);
    } else {
        *text = av_strdup(graph);
        ret = *text ? 0 : AVERROR(ENOMEM);
    }
    free(graph);
    return ret;
}

int words_rewrite(char *const *words, const Command *command, char *const *with,
                  char ***run)
{
    char **list = av_calloc((size_t)command->nb_words + 1, sizeof(*list));
    int count = 0, ret = list ? 0 : AVERROR(ENOMEM);

    *run = NULL;
    for (int i = 0; i < command->nb_words && ret >= 0; i++) {
        const CommandWord *word = &command->words[i];

        if (words_drop(word, words[i] + 1))
            i++;
        else if (word->use >= WORD_INPUT)
            ret = replace(command, word, with, &list[count++]);
        else
            list[count++] = words[i];
    }
    if (ret < 0)
        av_freep(&list);
    *run = list;
    return ret;
}
