/* i2v: descriptions of filter graphs that know no i2v pass unchanged, and take one behind
 * them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavfilter/avfilter.h>
#include <libavutil/error.h>
#include <libavutil/log.h>

#include "command/filtergraph.h"
#include "graph_reference.h"

/* With fewer, the page has changed its shape. */
enum { FEWEST = 200, SEPARATOR = '\036' };

static struct {
    int read;     ///< descriptions in all
    int good;     ///< that follow the grammar
    int accepted; ///< that libavfilter made a graph of
    int followed; ///< that took an i2v behind them
    int bad;      ///< with which something is wrong
} count;

static void fail(const char *text, const char *what, const char *detail)
{
    fprintf(stderr, "%s: %s\n    %s\n", what, detail, text);
    count.bad++;
}

/* ---- what libavfilter thinks of a description ---- */

typedef enum Verdict { ACCEPTED, SYNTAX, OTHER } Verdict;

static char said[4096];

static void listen(void *context, int level, const char *format, va_list list)
{
    size_t length = strlen(said);

    (void)context;
    if (level <= AV_LOG_ERROR)
        vsnprintf(said + length, sizeof(said) - length, format, list);
}

/* libavfilter's errors of syntax, of all its versions. */
static bool is_syntax_error(void)
{
    static const char *const words[] = {
        "Bad (empty?) label",    "Mismatched '['",
        "No such filter: ''",    "Unable to parse graph description substring",
        "sws_flags not termina", "No filters specified in the graph description",
        "Trailing garbage",
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strstr(said, words[i]))
            return true;
    return false;
}

/* A filter that cannot be made, for want of a file or a device, ends the parsing in some
 * versions: OTHER says nothing about what stands behind it. */
static Verdict ask_libavfilter(const char *text)
{
    AVFilterGraph *graph = avfilter_graph_alloc();
    AVFilterInOut *inputs = NULL, *outputs = NULL;
    int ret = AVERROR(ENOSYS);

    if (!graph)
        abort();
    said[0] = '\0';
    /* 4.3 crashes when it makes flite, which speaks, a second time. */
    if (!strstr(text, "flite"))
        ret = avfilter_graph_parse2(graph, text, &inputs, &outputs);
    avfilter_inout_free(&inputs);
    avfilter_inout_free(&outputs);
    avfilter_graph_free(&graph);
    return ret >= 0 ? ACCEPTED : is_syntax_error() ? SYNTAX : OTHER;
}

/* ---- the checks ---- */

static Graph *read_graph(const char *text)
{
    const char *wrong;
    Graph *graph;

    if (filtergraph_read(text, &graph) < 0)
        abort();
    wrong = reference_check(graph);
    if (wrong)
        fail(text, "it is read in another way than by libavutil", wrong);
    return graph;
}

static void check_rewritten(const Graph *graph, const char *const *arguments,
                            const char *wanted)
{
    char *rewritten = filtergraph_rewrite(graph, arguments);

    if (!rewritten || strcmp(rewritten, wanted))
        fail(graph->text, "it changed", rewritten ? rewritten : "no memory");
    free(rewritten);
}

static char *join(const char *a, const char *b, const char *c)
{
    size_t size = strlen(a) + strlen(b) + strlen(c) + 1;
    char *joined = malloc(size);

    if (!joined)
        abort();
    snprintf(joined, size, "%s%s%s", a, b, c);
    return joined;
}

/* With an i2v behind it, that and nothing else changes. Behind a quote that stays open it
 * would be text. */
static void check_followed(const char *text, bool open_ended)
{
    static const char *const arguments[] = {"x.mp4:s='dv+da'"};
    const char *separator = open_ended ? "" : ";";
    char *with = join(text, separator, "i2v=x.png:prompt='a'[q]");
    char *wanted = join(text, separator, "movie='x.mp4:s='\\''dv+da'\\'''[q]");
    Graph *graph = read_graph(with);

    if (graph->nb_sources == 1 && !*graph->why) {
        check_rewritten(graph, arguments, wanted);
        count.followed++;
    } else {
        fail(with, "it has not one source", graph->why);
    }
    filtergraph_free(&graph);
    free(with);
    free(wanted);
}

static void check_description(const char *text)
{
    Graph *graph = read_graph(text);
    Verdict verdict = ask_libavfilter(text);
    bool good = !*graph->why;

    count.read++;
    count.good += good;
    count.accepted += verdict == ACCEPTED;
    if (graph->nb_sources)
        fail(text, "it has a source", "");
    check_rewritten(graph, NULL, text);
    if (good ? verdict == SYNTAX && !graph->open_ended : verdict == ACCEPTED)
        fail(text, "libavfilter thinks otherwise", good ? said : graph->why);
    if (good && !reference_is_open(text, text + strlen(text)))
        check_followed(text, graph->open_ended);
    filtergraph_free(&graph);
}

int main(int argc, char **argv)
{
    static char text[65536];
    size_t length = 0;
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;

    if (!file) {
        fprintf(stderr, "usage: graph-corpus FILE\n");
        return 2;
    }
    av_log_set_callback(listen);
    for (int c; (c = fgetc(file)) != EOF;) {
        if (c == SEPARATOR) {
            text[length] = '\0';
            check_description(text);
            length = 0;
        } else if (length < sizeof(text) - 1) {
            text[length++] = (char)c;
        }
    }
    fclose(file);
    printf(
        "%d descriptions: %d good, %d made by libavfilter, %d with an i2v behind them, "
        "%d bad\n",
        count.read, count.good, count.accepted, count.followed, count.bad);
    return count.bad || count.good < FEWEST || count.accepted < FEWEST ||
           count.followed < FEWEST;
}
