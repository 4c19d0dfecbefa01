/* i2v: unit tests of reading and rewriting the description of a filter graph
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command/filtergraph.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavfilter/avfilter.h>
#include <libavutil/avstring.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>

#include "graph_reference.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static Graph *read_graph(const char *text)
{
    const char *wrong;
    Graph *graph;

    assert_int_equal(filtergraph_read(text, &graph), 0);
    wrong = reference_check(graph);
    if (wrong)
        fail_case("%s: %s", text, wrong);
    return graph;
}

/* NAME@INSTANCE=<ARGUMENTS> of each filter, a * before the sources, with | between;
 * static.
 */
static const char *list_filters(const Graph *graph)
{
    static char list[4096];

    list[0] = '\0';
    for (int i = 0; i < graph->nb_filters; i++) {
        const GraphFilter *filter = &graph->filters[i];

        av_strlcatf(list, sizeof(list), "%s%s%s", i ? "|" : "",
                    filter->is_source ? "*" : "", filter->name);
        if (filter->instance)
            av_strlcatf(list, sizeof(list), "@%s", filter->instance);
        if (filter->arguments)
            av_strlcatf(list, sizeof(list), "=<%s>", filter->arguments);
    }
    return list;
}

/* With "new" as the arguments of every source. */
static char *rewrite(const Graph *graph)
{
    static const char *const arguments[] = {"new", "new", "new", "new"};
    char *rewritten;

    assert_true(graph->nb_sources <= (int)COUNT(arguments));
    rewritten = filtergraph_rewrite(graph, arguments);
    assert_non_null(rewritten);
    return rewritten;
}

/* `rewritten` NULL: the same as the description. */
static const struct {
    const char *text, *filters, *rewritten;
} good[] = {
    /* names */
    {"null", "null", NULL},
    {"i2v", "*i2v", "movie='new'"},
    {"ai2v", "*ai2v", "amovie='new'"},
    {"i2v=", "*i2v=<>", "movie='new'"},
    {"i2vx=a,xi2v=b,I2V=c,ai2va=d,i2v_=e", "i2vx=<a>|xi2v=<b>|I2V=<c>|ai2va=<d>|i2v_=<e>",
     NULL},
    {"aai2v=x", "aai2v=<x>", NULL},
    {"'i2v'=x,i\\2v=y,''ai2v=z", "*i2v=<x>|*i2v=<y>|*ai2v=<z>",
     "movie='new',movie='new',amovie='new'"},
    {"i2v]=x", "i2v]=<x>", NULL},
    {"\\i2v=x,'i2v '=x", "*i2v=<x>|i2v =<x>", "movie='new','i2v '=x"},
    /* instances */
    {"i2v@shot1=x[v]", "*i2v@shot1=<x>", "movie@shot1='new'[v]"},
    {"ai2v@shot1[a]", "*ai2v@shot1", "amovie@shot1='new'[a]"},
    {"null@i2v=x", "null@i2v=<x>", NULL},
    {"i2v@@=x", "*i2v@@=<x>", "movie@@='new'"},
    {"i2v@a@b", "*i2v@a@b", "movie@a@b='new'"},
    {"i2v@=x", "*i2v=<x>", "movie='new'"},
    {"'i2v@a b'=x", "*i2v@a b=<x>", "movie@'a b'='new'"},
    {"i2v@'a=b,c'=x", "*i2v@a=b,c=<x>", "movie@'a=b,c'='new'"},
    {"i2v@a\\'b\\\\c=x", "*i2v@a'b\\c=<x>", "movie@'a'\\''b\\c'='new'"},
    {"i2v@a] = x", "*i2v@a]=<x>", "movie@a]='new'"},
    /* quotes and backslashes */
    {"i2v=a.png:prompt='Rain, then sun':duration=8:s=dv+da[v][a]",
     "*i2v=<a.png:prompt=Rain, then sun:duration=8:s=dv+da>", "movie='new'[v][a]"},
    {"i2v=prompt='it'\\''s; [raining]'", "*i2v=<prompt=it's; [raining]>", "movie='new'"},
    {"i2v=x:prompt=a\\,b\\;c\\[d\\]\\\\e,null", "*i2v=<x:prompt=a,b;c[d]\\e>|null",
     "movie='new',null"},
    {"i2v=prompt=\\'a\\,b\\'", "*i2v=<prompt='a,b'>", "movie='new'"},
    {"i2v='prompt=\\'a", "*i2v=<prompt=\\a>", "movie='new'"},
    {"i2v=a\\", "*i2v=<a\\>", "movie='new'"},
    {"i2v=\\\\\\'", "*i2v=<\\'>", "movie='new'"},
    {"i2v=''", "*i2v=<>", "movie='new'"},
    {"i2v=a=b=c", "*i2v=<a=b=c>", "movie='new'"},
    {"i2v='a\nb'", "*i2v=<a\nb>", "movie='new'"},
    {"drawtext=text='i2v=a.png, [i2v] i2v=b;'", "drawtext=<text=i2v=a.png, [i2v] i2v=b;>",
     NULL},
    {"drawtext=text='i2v=a.png", "drawtext=<text=i2v=a.png>", NULL},
    {"drawtext=text=\\'i2v\\'\\,i2v", "drawtext=<text='i2v',i2v>", NULL},
    {"drawtext=text='a',i2v=x", "drawtext=<text=a>|*i2v=<x>",
     "drawtext=text='a',movie='new'"},
    {"'i2v", "*i2v", "movie='new'"},
    {"i2v ' ", "*i2v", "movie='new'"},
    /* blanks */
    {" \n\ti2v = x \r\n [v] ; [v] null ", "*i2v=<x>|null",
     " \n\tmovie='new' \r\n [v] ; [v] null "},
    {"i2v= a b ,null", "*i2v=<a b>|null", "movie='new' ,null"},
    {"i2v=a\\  ,null", "*i2v=<a >|null", "movie='new' ,null"},
    {"i2v=a' ' \t[v]", "*i2v=<a >", "movie='new' \t[v]"},
    {"i2v=  [v]", "*i2v=<>", "movie='new'[v]"},
    {"i2v  [v]", "*i2v", "movie='new'  [v]"},
    {"[0:v]null[a];\ni2v=x[b];\n[a][b]concat", "null|*i2v=<x>|concat",
     "[0:v]null[a];\nmovie='new'[b];\n[a][b]concat"},
    /* labels */
    {"[i2v]null[ai2v]", "null", NULL},
    {"[i2v=x,i2v]null", "null", NULL},
    {"['a]b']null[\\]i2v=x;]", "null", NULL},
    {"[ a ] [b]i2v[c] [ d ]", "*i2v", "[ a ] [b]movie='new'[c] [ d ]"},
    {"[in]i2v=x[i2v];[i2v]ai2v", "*i2v=<x>|*ai2v",
     "[in]movie='new'[i2v];[i2v]amovie='new'"},
    /* flags of scalers */
    {"sws_flags=bicubic;i2v=x", "*i2v=<x>", "sws_flags=bicubic;movie='new'"},
    {" sws_flags=i2v=',;\n i2v=x", "*i2v=<x>", " sws_flags=i2v=',;\n movie='new'"},
    {"sws_flags=a;sws_flags=b;null", "sws_flags=<b>|null", NULL},
    {"null;sws_flags=i2v;null", "null|sws_flags=<i2v>|null", NULL},
    {"sws_flags=;null", "null", NULL},
    {"sws_flags", "sws_flags", NULL},
    /* several */
    {"i2v=x,i2v=y;ai2v=z[a];null", "*i2v=<x>|*i2v=<y>|*ai2v=<z>|null",
     "movie='new',movie='new';amovie='new'[a];null"},
    {"movie=i2v.mp4,i2v", "movie=<i2v.mp4>|*i2v", "movie=i2v.mp4,movie='new'"},
    {"i2v=\xC3\xA4\xFF[\xC3\xB6]", "*i2v=<\xC3\xA4\xFF>", "movie='new'[\xC3\xB6]"},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        const char *text = good[i].text;
        Graph *graph = read_graph(text);
        char *rewritten = rewrite(graph);

        check_text(text, graph->why, "");
        check_text(text, list_filters(graph), good[i].filters);
        check_text(text, rewritten, good[i].rewritten ? good[i].rewritten : text);
        check_number(text, graph->open_ended, false);
        if (filtergraph_may_have_source(text))
            check_number(text, graph->nb_sources > 0, good[i].rewritten != NULL);
        free(rewritten);
        filtergraph_free(&graph);
        assert_null(graph);
    }
}

/* FFmpeg takes a last separator since 6.0. */
static void test_open_ended(void **state)
{
    static const char *const texts[] = {"null;", "null,", "i2v=x[v]; \n", "null;i2v,"};

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        Graph *graph = read_graph(texts[i]);

        check_text(texts[i], graph->why, "");
        check_number(texts[i], graph->open_ended, true);
        filtergraph_free(&graph);
    }
}

#define LONG "0123456789012345678901234567890123456789012345678"
/* 19 bytes that go on with a character which never began. */
#define MARKS                                  \
    "\xA4\xA4\xA4\xA4\xA4\xA4\xA4\xA4\xA4\xA4" \
    "\xA4\xA4\xA4\xA4\xA4\xA4\xA4\xA4\xA4"

static const struct {
    const char *text, *filters, *why;
} bad[] = {
    {"", "", "No filters specified in the graph description"},
    {" \n", "", "No filters specified in the graph description"},
    {"sws_flags=bicubic; ", "", "No filters specified in the graph description"},
    {"sws_flags=bicubic,i2v=x", "",
     "sws_flags not terminated with ';': \"sws_flags=bicubic,i2v=x\""},
    {"[]null", "", "Bad (empty?) label found in the following: \"[]null\""},
    {"[", "", "Bad (empty?) label found in the following: \"[\""},
    {"[ '' ]null", "", "Bad (empty?) label found in the following: \"[ '' ]null\""},
    {"i2v=x[v;null", "*i2v=<x>", "Mismatched '[' found in the following: \"[v;null\""},
    {"i2v=x['v];null", "*i2v=<x>",
     "Mismatched '[' found in the following: \"['v];null\""},
    {"[a]", "", "No such filter: '' near: \"\""},
    {";i2v=x", "", "No such filter: '' near: \";i2v=x\""},
    {"i2v=x;;null", "*i2v=<x>", "No such filter: '' near: \";null\""},
    {"i2v=x,[a]=b", "*i2v=<x>", "No such filter: '' near: \"=b\""},
    {"i2v=x,''@a=b", "*i2v=<x>", "No such filter: '' near: \"''@a=b\""},
    {"i2v=a]b", "*i2v=<a>", "Trailing garbage after the filter 'i2v': \"]b\""},
    {"i2v=x[v]null", "*i2v=<x>", "Trailing garbage after the filter 'i2v': \"null\""},
    {"i2v[v]=x", "*i2v", "Trailing garbage after the filter 'i2v': \"=x\""},
    {"null,scale=1]", "null|scale=<1>",
     "Trailing garbage after the filter 'scale': \"]\""},
    {"i2v=x:prompt='She turns[v];[v]null", "*i2v=<x:prompt=She turns[v];[v]null>",
     "Quote not closed in the arguments of the filter 'i2v': \"'She turns[v];[v]null\""},
    {"ai2v=prompt='it's raining':duration=8\n[v]", NULL,
     "Quote not closed in the arguments of the filter 'ai2v': \"':duration=8 [v]\""},
    {"[v]null;i2v='", NULL,
     "Quote not closed in the arguments of the filter 'i2v': \"'\""},
    {"i2v]", "i2v]", ""},
    /* Long ones are cut, between characters. */
    {"i2v=]" LONG LONG ".", NULL,
     "Trailing garbage after the filter 'i2v': \"]" LONG LONG ".\""},
    {"i2v=]" LONG LONG "..", NULL,
     "Trailing garbage after the filter 'i2v': \"]" LONG LONG "....\""},
    {"i2v=]" LONG LONG "\xC3\xA4z", NULL,
     "Trailing garbage after the filter 'i2v': \"]" LONG LONG "...\""},
    {"i2v=]" MARKS MARKS MARKS MARKS MARKS MARKS, NULL,
     "Trailing garbage after the filter 'i2v': \"]" MARKS MARKS MARKS MARKS MARKS
     "...\""},
    {LONG LONG "=]", NULL,
     "Trailing garbage after the filter '"
     "0123456789012345678901234567890123456789': \"]\""},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        Graph *graph = read_graph(bad[i].text);
        char *rewritten = rewrite(graph);

        check_text(bad[i].text, graph->why, bad[i].why);
        if (bad[i].filters)
            check_text(bad[i].text, list_filters(graph), bad[i].filters);
        if (!graph->nb_sources)
            check_text("without a source", rewritten, bad[i].text);
        free(rewritten);
        filtergraph_free(&graph);
    }
}

/* Every description of the table that libavfilter can make is one that we take, and one
 * whose syntax it refuses is one that we refuse. */
static void test_libavfilter_agrees(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"nullsrc,null,nullsink", true},
        {" nullsrc [a] ; [ a ]\nnull@x\r\n, nullsink ", true},
        {"nullsrc=s=2x2[a'];'];[a\\]\\;]nullsink", true},
        {"'nullsrc'=s='2x2':r\\=1,nullsi'nk'", true},
        {"sws_flags=bilinear;nullsrc,scale=2:2,nullsink", true},
        {"nullsrc,drawbox=t=1:c='red", true},
        {"nullsrc,null[", false},
        {"nullsrc,null[a", false},
        {"nullsrc,drawbox=t=1]", false},
        {"nullsrc=s=2x2]", false},
        {"nullsrc[a]null", false},
        {"nullsrc,,null", false},
        {"nullsrc;;nullsrc", false},
        {"[]nullsink", false},
        {"", false},
        {"sws_flags=bilinear", false},
        {"sws_flags=bilinear;", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        AVFilterInOut *inputs = NULL, *outputs = NULL;
        AVFilterGraph *real = avfilter_graph_alloc();
        Graph *graph = read_graph(cases[i].text);

        said_clear();
        check_number(cases[i].text,
                     avfilter_graph_parse2(real, cases[i].text, &inputs, &outputs) >= 0,
                     cases[i].good);
        check_number(cases[i].text, !*graph->why, cases[i].good);
        avfilter_inout_free(&inputs);
        avfilter_inout_free(&outputs);
        avfilter_graph_free(&real);
        filtergraph_free(&graph);
    }
}

/* Whether the real movie, in place of i2v, opens this file by its very name. */
static void check_opened(const char *text, const char *path)
{
    AVFilterInOut *inputs = NULL, *outputs = NULL;
    AVFilterGraph *real = avfilter_graph_alloc();
    AVFilterContext *movie;
    Graph *graph = read_graph(text);
    char *rewritten, *escaped, *option;
    uint8_t *got;

    /* The level of the options; the level of the graph is what is tested. */
    assert_true(av_escape(&escaped, path, ":", AV_ESCAPE_MODE_BACKSLASH, 0) > 0);
    option = av_asprintf("filename=%s", escaped);
    assert_non_null(option);
    rewritten = filtergraph_rewrite(graph, (const char *const[]){option});
    assert_non_null(rewritten);
    said_clear();
    if (avfilter_graph_parse2(real, rewritten, &inputs, &outputs) < 0)
        fail_case("%s: %s", rewritten, said.error);
    movie = real->filters[real->nb_filters - 1];
    check_text(rewritten, movie->filter->name, "movie");
    if (strchr(text, '@'))
        check_text(rewritten, movie->name, "movie@one");
    check_number(rewritten, movie->nb_outputs, 1);
    assert_int_equal(av_opt_get(movie, "filename", AV_OPT_SEARCH_CHILDREN, &got), 0);
    check_text(rewritten, (const char *)got, path);
    av_free(got);
    check_text(rewritten, outputs->name, "out,1");
    assert_null(outputs->next);
    av_free(escaped);
    av_free(option);
    avfilter_inout_free(&inputs);
    avfilter_inout_free(&outputs);
    avfilter_graph_free(&real);
    filtergraph_free(&graph);
    free(rewritten);
}

static void test_real_movie(void **state)
{
    static const char *const names[] = {
        "plain.bmp",        "it's.bmp",          "''.bmp",      "a\\b.bmp",
        "a\\'b\\.bmp",      "[v].bmp",           "a,b;c.bmp",   "a:b=c@d.bmp",
        " lead.bmp",        "a\nb.bmp",          "a\r\t b.bmp", "i2v=x.bmp",
        "\xC3\xA4\xFF.bmp", "];[v]null,'\\.bmp", "\\.bmp",      "'.bmp",
        "a\"b$c`d#!.bmp",
    };
    static const char *const ends[] = {"bmp", "bmp ", "bmp\n", "bmp'", "bmp\\", "bmp]"};
    static const char *const texts[] = {
        "nullsrc=s=2x2,nullsink;i2v=x.png:prompt='it'\\''s'['out,1']",
        "nullsrc=s=2x2, nullsink; i2v@one = x.png ['out,1'] ",
    };
    char name[32];

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        check_opened(texts[0], temp_bmp(names[i], 4, 4, 0x80));
    for (size_t i = 0; i < COUNT(ends); i++) {
        snprintf(name, sizeof(name), "end.%s", ends[i]);
        check_opened(texts[1], temp_bmp(name, 4, 4, 0x80));
    }
}

/* A source whose new arguments are none. */
static void test_no_arguments(void **state)
{
    static const char *const none[] = {NULL};
    Graph *graph = read_graph("i2v@a=x[v]");
    char *rewritten = filtergraph_rewrite(graph, none);

    (void)state;
    assert_string_equal(rewritten, "movie@a[v]");
    free(rewritten);
    filtergraph_free(&graph);
}

static void test_quick_look(void **state)
{
    (void)state;
    assert_false(filtergraph_may_have_source(NULL));
    assert_false(filtergraph_may_have_source(""));
    assert_false(filtergraph_may_have_source("movie=x,i2,v"));
    assert_true(filtergraph_may_have_source("null,ai2v=x"));
}

/* Long ones take no more stack and no more time than they must: a million filters, and
 * one whose arguments are megabytes of quotes. */
static void test_huge(void **state)
{
    enum { FILTERS = 1000000, SIZE = 8 << 20 };
    char *text = malloc(SIZE + 16), *at = text, *arguments = malloc(SIZE + 1), *rewritten;
    const char *const list[] = {arguments};
    Graph *graph;

    (void)state;
    assert_non_null(text);
    assert_non_null(arguments);
    for (int i = 0; i < FILTERS; i++)
        at += sprintf(at, i == FILTERS / 2 ? "i2v=x;" : "[a]n=x,");
    at[-1] = '\0';
    memset(arguments, '\'', SIZE);
    arguments[SIZE] = '\0';
    assert_int_equal(filtergraph_read(text, &graph), 0);
    assert_string_equal(graph->why, "");
    assert_int_equal(graph->nb_filters, FILTERS);
    assert_int_equal(graph->nb_sources, 1);
    rewritten = filtergraph_rewrite(graph, list);
    assert_non_null(rewritten);
    filtergraph_free(&graph);

    assert_int_equal(filtergraph_read(rewritten, &graph), 0);
    assert_string_equal(graph->why, "");
    assert_int_equal(graph->nb_filters, FILTERS);
    assert_string_equal(graph->filters[FILTERS / 2].name, "movie");
    assert_string_equal(graph->filters[FILTERS / 2].arguments, arguments);
    filtergraph_free(&graph);
    free(rewritten);
    free(arguments);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),       cmocka_unit_test(test_open_ended),
        cmocka_unit_test(test_bad),        cmocka_unit_test(test_libavfilter_agrees),
        cmocka_unit_test(test_real_movie), cmocka_unit_test(test_no_arguments),
        cmocka_unit_test(test_quick_look), cmocka_unit_test(test_huge),
    };

    said_start();
    return cmocka_run_group_tests_name("filtergraph", tests, NULL, NULL);
}
