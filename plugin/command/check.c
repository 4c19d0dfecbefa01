/* i2v: what is checked of a command line before anything is sent for it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* FFmpeg's AVERROR_FILTER_NOT_FOUND */
#define FILTER_NOT_FOUND (-(0xF8 | 'F' << 8 | 'I' << 16 | 'L' << 24))

int command_check_graph(const CommandHost *host, const Graph *graph)
{
    char sentence[256];

    if (*graph->why && filtergraph_may_have_source(graph->text)) {
        host->face->complain("i2v", graph->why);
        return -EINVAL;
    }
    /* FFmpeg before 6 takes nothing behind a separator for a filter without a name. */
    if (graph->open_ended && !host->takes_open_end) {
        host->face->complain("i2v", "No such filter: ''; nothing sent");
        return -EINVAL;
    }
    for (int i = 0; i < graph->nb_filters; i++) {
        const GraphFilter *filter = &graph->filters[i];

        if (filter->is_source || host->has_filter(host, filter->name))
            continue;
        snprintf(sentence, sizeof(sentence), "No such filter: '%s'; nothing sent",
                 filter->name);
        host->face->complain("i2v", sentence);
        return FILTER_NOT_FOUND;
    }
    return 0;
}

int command_check(const CommandHost *host, const Command *command)
{
    char sentence[512];
    int ret = 0;

    if (command->missing) {
        snprintf(sentence, sizeof(sentence),
                 "%s: No such file or directory; this command names it as an input, so "
                 "nothing was sent.",
                 command->missing);
        host->face->complain("i2v", sentence);
        return -ENOENT;
    }
    if (command->standing || command->nowhere) {
        const char *path = command->standing ? command->standing : command->nowhere;
        snprintf(sentence, sizeof(sentence),
                 command->standing
                     ? "File '%s' already exists and would not be overwritten; nothing "
                       "sent."
                     : "%s: No such file or directory; this command names it as an "
                       "output, so nothing was sent.",
                 path);
        host->face->complain("i2v", sentence);
        return -ECANCELED;
    }
    if (command->misplaced) {
        snprintf(sentence, sizeof(sentence),
                 "Option %s is for outputs and stands before an input: it goes behind "
                 "that; nothing sent.",
                 command->misplaced + 1);
        host->face->complain("i2v", sentence);
        return -EINVAL;
    }
    for (int i = 0; i < command->nb_requests && ret >= 0 && host->ends_with_left_over;
         i++)
        if (!command->requests[i].filter)
            ret = host->face->check_named(&command->requests[i]);
    if (ret >= 0 && command->behind)
        ret = host->face->check_behind(command->behind);
    for (int i = 0; i < command->nb_graphs && ret >= 0; i++)
        ret = command_check_graph(host, command->graphs[i]);
    return ret;
}
