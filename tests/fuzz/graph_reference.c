/* i2v: the grammar of filter graphs once more, read by libavutil's own tokens
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "graph_reference.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/mem.h>

#define BLANKS " \n\t\r"

static char difference[1024];

static const char *differ(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *differ(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vsnprintf(difference, sizeof(difference), format, list);
    va_end(list);
    return difference;
}

static char *token(const char **at, const char *ends)
{
    char *text = av_get_token(at, ends);

    if (!text)
        abort();
    return text;
}

bool reference_is_open(const char *from, const char *to)
{
    bool quoted = false;

    for (; from < to; from++) {
        if (*from == '\'')
            quoted = !quoted;
        else if (*from == '\\' && !quoted && from + 1 < to)
            from++;
    }
    return quoted;
}

static bool same(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

/* How the reading must end here, if it does: the beginning of `why`. */
static const char *read_labels(const char **at)
{
    while (**at == '[') {
        char *label;
        bool empty;

        ++*at;
        label = token(at, "]");
        empty = !*label;
        av_free(label);
        if (empty)
            return "Bad (empty?) label found in the following: \"[";
        if (**at != ']')
            return "Mismatched '[' found in the following: \"[";
        ++*at;
        *at += strspn(*at, BLANKS);
    }
    return NULL;
}

/* Read a filter and compare. */
static const char *read_filter(const Graph *graph, int index, const char **at,
                               const char **end)
{
    const GraphFilter *got = &graph->filters[index];
    const char *from = *at;
    char *name = token(at, "=,;["), *arguments = NULL, *instance = strchr(name, '@');
    const char *wrong = NULL;
    bool source;

    if (instance)
        *instance++ = '\0';
    if (instance && !*instance)
        instance = NULL;
    if (!*name) {
        *end = "No such filter: ''";
        goto end;
    }
    if (**at == '=') {
        from = ++*at;
        arguments = token(at, "[],;");
    }
    source = !strcmp(name, "i2v") || !strcmp(name, "ai2v");
    if (source && arguments && reference_is_open(from, *at))
        *end = "Quote not closed in the arguments of the filter '";
    if (index >= graph->nb_filters)
        wrong = differ("filter %d '%s' was not read", index, name);
    else if (strcmp(got->name, name) || !same(got->instance, instance) ||
             !same(got->arguments, arguments) || got->is_source != source)
        wrong = differ("filter %d is '%s'@%s=<%s> (source: %d), not '%s'@%s=<%s>", index,
                       got->name, got->instance, got->arguments, got->is_source, name,
                       instance, arguments);
end:
    av_free(name);
    av_free(arguments);
    return wrong;
}

const char *reference_check(const Graph *graph)
{
    const char *at = graph->text + strspn(graph->text, BLANKS), *end = NULL, *wrong;
    int index = 0, sources = 0;
    bool open_ended = false;

    if (av_strstart(at, "sws_flags=", NULL)) {
        const char *flags_end = strchr(at, ';');

        if (flags_end)
            at = flags_end + 1;
        else
            end = "sws_flags not terminated with ';': \"sws_flags=";
    }
    at += strspn(at, BLANKS);
    if (!end && !*at)
        end = "No filters specified in the graph description";
    while (!end) {
        if ((end = read_labels(&at)))
            break;
        if ((wrong = read_filter(graph, index, &at, &end)))
            return wrong;
        if (!end || *end == 'Q')
            sources += graph->filters[index++].is_source;
        if (end || (end = read_labels(&at)))
            break;
        at += strspn(at, BLANKS);
        if (*at && !strchr(",;", *at)) {
            end = "Trailing garbage after the filter '";
            break;
        }
        if (!*at)
            break;
        at++;
        at += strspn(at, BLANKS);
        if ((open_ended = !*at))
            break;
    }
    if (graph->nb_filters != index || graph->nb_sources != sources ||
        graph->open_ended != open_ended)
        return differ("%d filters, %d sources, open: %d; not %d, %d, %d",
                      graph->nb_filters, graph->nb_sources, graph->open_ended, index,
                      sources, open_ended);
    if (end ? !av_strstart(graph->why, end, NULL) : !!*graph->why)
        return differ("it says <%s>, not <%s>", graph->why, end ? end : "");
    return NULL;
}

/* Whether the bytes between two filters, before the first or behind the last, are the
 * same in both; and those of a filter that is none of ours. */
static bool same_bytes(const Graph *a, size_t a_from, size_t a_to, const Graph *b,
                       size_t b_from, size_t b_to)
{
    return a_to >= a_from && b_to >= b_from && a_to - a_from == b_to - b_from &&
           !memcmp(a->text + a_from, b->text + b_from, a_to - a_from);
}

static const char *compare_graphs(const Graph *graph, const char *const *arguments,
                                  const Graph *again)
{
    size_t from = 0, from_again = 0;

    if (again->nb_filters != graph->nb_filters || again->nb_sources || *again->why ||
        again->open_ended != graph->open_ended)
        return differ("%d of %d filters, %d sources, and <%s>", again->nb_filters,
                      graph->nb_filters, again->nb_sources, again->why);
    for (int i = 0; i < graph->nb_filters; i++) {
        const GraphFilter *old = &graph->filters[i], *new = &again->filters[i];
        const char *name = old->name, *args = old->arguments;

        if (!same_bytes(graph, from, old->start, again, from_again, new->start))
            return differ("what stands before filter %d changed", i);
        if (old->is_source) {
            name = *name == 'a' ? "amovie" : "movie";
            args = *arguments++;
        } else if (!same_bytes(graph, old->start, old->end, again, new->start,
                               new->end)) {
            return differ("filter %d changed", i);
        }
        if (strcmp(new->name, name) || !same(new->instance, old->instance) ||
            !same(new->arguments, args))
            return differ("filter %d became '%s'@%s=<%s>, not '%s'@%s=<%s>", i, new->name,
                          new->instance, new->arguments, name, old->instance, args);
        from = old->end;
        from_again = new->end;
    }
    if (strcmp(graph->text + from, again->text + from_again))
        return differ("the end changed");
    return NULL;
}

const char *reference_check_rewritten(const Graph *graph, const char *const *arguments,
                                      const char *rewritten)
{
    const char *wrong;
    Graph *again;

    if (!rewritten)
        return "it was not rewritten";
    if (!graph->nb_sources)
        return strcmp(graph->text, rewritten) ? "it changed without a source in it"
                                              : NULL;
    if (*graph->why)
        return NULL;
    if (filtergraph_read(rewritten, &again) < 0)
        return "no memory";
    if (!(wrong = reference_check(again)))
        wrong = compare_graphs(graph, arguments, again);
    filtergraph_free(&again);
    return wrong;
}
