/* i2v: any description of a filter graph is read as FFmpeg reads it and rewritten in its
 * sources alone
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz_filtergraph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph_reference.h"

FuzzSeen fuzz_seen;

static void print_escaped(const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text == '\\' || *text == '"' || *text == 0x7F)
            fprintf(stderr, "\\%03o", (unsigned char)*text);
        else
            fputc(*text, stderr);
}

static void check(const Graph *graph, const char *wrong)
{
    if (!wrong)
        return;
    fputs("description: \"", stderr);
    print_escaped(graph->text);
    fprintf(stderr, "\"\nwrong: %s\n", wrong);
    abort();
}

/* The sources in turn get the strings behind the description; none when they run out. */
static const char **share_out(const Graph *graph, const char *at, const char *end)
{
    const char **arguments = calloc((size_t)graph->nb_sources + 1, sizeof(*arguments));

    if (!arguments)
        abort();
    for (int i = 0; i < graph->nb_sources && at < end; i++) {
        arguments[i] = at;
        at += strlen(at) + 1;
    }
    return arguments;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *rewritten;
    const char **arguments;
    Graph *graph;

    if (!text)
        abort();
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    if (filtergraph_read(text, &graph) < 0)
        abort();
    check(graph, reference_check(graph));
    arguments = share_out(graph, text + strlen(text) + 1, text + size);
    rewritten = filtergraph_rewrite(graph, arguments);
    check(graph, reference_check_rewritten(graph, arguments, rewritten));

    fuzz_seen.refused += !!*graph->why;
    fuzz_seen.rewritten += graph->nb_sources && !*graph->why;
    fuzz_seen.plain += !graph->nb_sources && !*graph->why;
    free(rewritten);
    free(arguments);
    filtergraph_free(&graph);
    free(text);
    return 0;
}
