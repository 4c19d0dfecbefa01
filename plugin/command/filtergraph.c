/* i2v: the source filters i2v and ai2v in the description of a filter graph
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "command/filtergraph.h"

/*
 * The grammar, as FFmpeg's parsers have it:
 *
 *     graph  = [ "sws_flags=" … ";" ] filter { ("," | ";") filter } [ "," | ";" ]
 *     filter = { label } name [ "@" instance ] [ "=" arguments ] { label }
 *     label  = "[" … "]"
 *
 * with blanks between any two. Names, arguments and labels end at the characters below
 * and may hold them in '…' or behind a backslash; blanks around them do not count. In '…'
 * a backslash is an ordinary character. A quote that stays open is closed by the end of
 * the description.
 */
#define BLANKS        " \n\t\r"
#define SEPARATORS    ",;"
#define NAME_ENDS     "=,;["
#define ARGUMENTS_END "[],;"
#define LABEL_ENDS    "]"
#define SCALER_FLAGS  "sws_flags="

enum { EXCERPT = 100 };

typedef struct Reader {
    Graph *graph;
    const char *at; ///< what is not read yet
    char *strings;  ///< room for the next string
} Reader;

typedef struct Token {
    char *text;       ///< unescaped
    const char *end;  ///< where it ends in the description, without blanks
    const char *open; ///< the quote in it that is never closed, or NULL
} Token;

bool filtergraph_is_source(const char *name)
{
    return !strcmp(name, "i2v") || !strcmp(name, "ai2v");
}

bool filtergraph_may_have_source(const char *text)
{
    return text && strstr(text, "i2v");
}

static void skip_blanks(Reader *reader)
{
    reader->at += strspn(reader->at, BLANKS);
}

/* Say what is wrong, and near which part of the description. @return false */
static bool refuse(Reader *reader, const char *what, const char *name, const char *near)
{
    Graph *graph = reader->graph;
    size_t length = strlen(near);
    char excerpt[EXCERPT + 1];
    bool cut = length > EXCERPT;

    /* Not within a character of UTF-8, if it is UTF-8. */
    if (cut)
        for (length = EXCERPT; length > EXCERPT - 4; length--)
            if (((unsigned char)near[length] & 0xC0) != 0x80)
                break;
    for (size_t i = 0; i < length; i++)
        excerpt[i] = (unsigned char)near[i] < ' ' ? ' ' : near[i];
    excerpt[length] = '\0';
    snprintf(graph->why, sizeof(graph->why), "%s%.40s%s: \"%s%s\"", what, name,
             *name ? "'" : "", excerpt, cut ? "..." : "");
    return false;
}

/* Read up to one of `ends` or the end of the description. */
static Token read_token(Reader *reader, const char *ends)
{
    char *out = reader->strings, *kept = out; // blanks before `kept` stay
    const char *at = reader->at + strspn(reader->at, BLANKS);
    Token token = {.text = out};

    while (*at && !strchr(ends, *at)) {
        if (*at == '\\' && at[1]) {
            *out++ = at[1];
            at += 2;
            kept = out;
        } else if (*at == '\'') {
            size_t length = strcspn(at + 1, "'");

            memcpy(out, at + 1, length);
            out += length;
            if (!at[1 + length])
                token.open = at;
            else
                kept = out;
            at += length + (token.open ? 1 : 2);
        } else {
            *out++ = *at++;
        }
    }
    token.end = reader->at = at;
    while (out > kept && strchr(BLANKS, out[-1])) {
        out--;
        if (!token.open)
            token.end--;
    }
    *out = '\0';
    return token;
}

/* Read a token and keep it. */
static Token keep_token(Reader *reader, const char *ends)
{
    Token token = read_token(reader, ends);

    reader->strings += strlen(token.text) + 1;
    return token;
}

/* Read past any number of labels. */
static bool read_labels(Reader *reader)
{
    skip_blanks(reader);
    while (*reader->at == '[') {
        const char *start = reader->at++;

        if (!*read_token(reader, LABEL_ENDS).text)
            return refuse(reader, "Bad (empty?) label found in the following", "", start);
        if (*reader->at != ']')
            return refuse(reader, "Mismatched '[' found in the following", "", start);
        reader->at++;
        skip_blanks(reader);
    }
    return true;
}

/* Read name, instance and arguments of the next filter. Returns false when the
 * description ends with it because something is wrong with it. */
static bool read_filter(Reader *reader)
{
    Graph *graph = reader->graph;
    GraphFilter *filter = &graph->filters[graph->nb_filters];
    const char *start = reader->at;
    Token token = keep_token(reader, NAME_ENDS);

    filter->start = (size_t)(start - graph->text);
    filter->name = token.text;
    filter->instance = strchr(filter->name, '@');
    if (filter->instance)
        *filter->instance++ = '\0';
    /* "i2v@" is i2v with an empty instance to some versions, an unknown filter to others.
     */
    if (filter->instance && !*filter->instance)
        filter->instance = NULL;
    if (!*filter->name)
        return refuse(reader, "No such filter: '' near", "", start);
    if (*reader->at == '=') {
        reader->at++;
        token = keep_token(reader, ARGUMENTS_END);
        filter->arguments = token.text;
    }
    filter->end = (size_t)(token.end - graph->text);
    graph->nb_filters++;
    filter->is_source = filtergraph_is_source(filter->name);
    if (!filter->is_source)
        return true;
    graph->sources[graph->nb_sources++] = (I2VNamed){
        .filter = filter->name,
        .text = filter->arguments ? filter->arguments : "",
    };
    return !filter->arguments || !token.open ||
           refuse(reader, "Quote not closed in the arguments of the filter '",
                  filter->name, token.open);
}

static void read_filters(Reader *reader)
{
    Graph *graph = reader->graph;

    do {
        skip_blanks(reader);
        graph->open_ended = graph->nb_filters && !*reader->at;
        if (graph->open_ended || !read_labels(reader) || !read_filter(reader) ||
            !read_labels(reader))
            return;
        if (*reader->at && !strchr(SEPARATORS, *reader->at)) {
            refuse(reader, "Trailing garbage after the filter '",
                   graph->filters[graph->nb_filters - 1].name, reader->at);
            return;
        }
    } while (*reader->at++);
}

/* Read past the flags for scalers, which end at the first semicolon, quoted or not. */
static bool read_scaler_flags(Reader *reader)
{
    const char *end;

    if (strncmp(reader->at, SCALER_FLAGS, sizeof(SCALER_FLAGS) - 1))
        return true;
    end = strchr(reader->at, ';');
    if (!end)
        return refuse(reader, "sws_flags not terminated with ';'", "", reader->at);
    reader->at = end + 1;
    return true;
}

/* A graph with room for every filter that the description can have. */
static Graph *new_graph(const char *text)
{
    size_t size = strlen(text) + 1, most = 1;
    /* For the description and the strings of its filters. A string is never longer than
     * where it was read from, and its NUL has the room of the character that ended it. */
    Graph *graph = calloc(1, sizeof(*graph) + 2 * size);

    if (!graph)
        return NULL;
    graph->text = memcpy(graph->strings, text, size);
    for (const char *at = text; (at = strpbrk(at, SEPARATORS)); at++)
        most++;
    if (most <= INT_MAX) {
        graph->filters = calloc(most, sizeof(*graph->filters));
        graph->sources = calloc(most, sizeof(*graph->sources));
    }
    if (!graph->filters || !graph->sources)
        filtergraph_free(&graph);
    return graph;
}

int filtergraph_read(const char *text, Graph **graph)
{
    Reader reader = {.graph = new_graph(text)};

    *graph = reader.graph;
    if (!*graph)
        return -ENOMEM;
    reader.at = (*graph)->text;
    reader.strings = (*graph)->strings + strlen(text) + 1;
    skip_blanks(&reader);
    if (!read_scaler_flags(&reader))
        return 0;
    skip_blanks(&reader);
    if (*reader.at)
        read_filters(&reader);
    else
        snprintf((*graph)->why, sizeof((*graph)->why),
                 "No filters specified in the graph description");
    return 0;
}

void filtergraph_free(Graph **graph)
{
    if (*graph) {
        free((*graph)->filters);
        free((*graph)->sources);
    }
    free(*graph);
    *graph = NULL;
}

/* So that a graph parser gets `text` again, whatever is in it. */
static void put_quoted(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text; text++)
        if (*text == '\'')
            fputs("'\\''", out);
        else
            fputc(*text, out);
    fputc('\'', out);
}

static void put_movie(FILE *out, const GraphFilter *source, const char *arguments)
{
    fputs(*source->name == 'a' ? "amovie" : "movie", out);
    if (source->instance) {
        fputc('@', out);
        if (strpbrk(source->instance, BLANKS NAME_ENDS "\\'"))
            put_quoted(out, source->instance);
        else
            fputs(source->instance, out);
    }
    if (arguments) {
        fputc('=', out);
        put_quoted(out, arguments);
    }
}

char *filtergraph_rewrite(const Graph *graph, const char *const *arguments)
{
    char *rewritten = NULL;
    size_t size, done = 0;
    FILE *out = open_memstream(&rewritten, &size);
    bool failed;

    if (!out)
        return NULL;
    for (int i = 0, source = 0; i < graph->nb_filters; i++) {
        const GraphFilter *filter = &graph->filters[i];

        if (!filter->is_source)
            continue;
        fwrite(graph->text + done, 1, filter->start - done, out);
        put_movie(out, filter, arguments[source++]);
        done = filter->end;
    }
    fputs(graph->text + done, out);
    failed = ferror(out);
    if (fclose(out) || failed) {
        free(rewritten);
        return NULL;
    }
    return rewritten;
}
