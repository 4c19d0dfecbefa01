/* i2v: unit tests of the source filters in graphs, as the face gives them to the shim
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libavfilter/avfilter.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>

#include "host/face.h"
#include "host/source.h"

/* Dry runs make their clip here and send nothing. */
#define CLIP ":prompt=p:dry_run=1"

static const I2VFace *face;

/* Requests that set out since the last call: I2V_LOG has a line for each. */
static int count_requests(void)
{
    FILE *file = fopen(temp_path("log"), "r");
    char line[4096];
    int count = 0;
    while (file && fgets(line, sizeof(line), file))
        count += strstr(line, "\"request\"") != NULL;
    if (file)
        fclose(file);
    unlink(temp_path("log"));
    return count;
}

/* Arguments for the still of this name, of a size of its own. */
static const char *arguments(const char *name, const char *more)
{
    static char text[512];
    snprintf(text, sizeof(text), "%s%s", temp_bmp(name, 64, 36, 128), more);
    return text;
}

static char *fetch(const char *filter, const char *text)
{
    I2VNamed named = {.filter = filter, .text = text};
    char *movie = NULL;
    said_clear();
    check_number(text, face->fetch_source(&named, NULL, &movie), 0);
    assert_silent(text);
    return movie;
}

/* The file of a movie's arguments; free with free(). */
static char *path_of(const char *movie)
{
    const char *path = movie + strlen("filename=");
    return strndup(path, strcspn(path, ":"));
}

/* Outputs of the real movie, or its error. */
static int open_movie(const char *filter, const char *movie)
{
    AVFilterGraph *graph = avfilter_graph_alloc();
    AVFilterContext *ctx = NULL;
    int ret = avfilter_graph_create_filter(&ctx, avfilter_get_by_name(filter), "m", movie,
                                           NULL, graph);
    if (ret >= 0)
        ret = (int)ctx->nb_outputs;
    avfilter_graph_free(&graph);
    return ret;
}

/* The filters */

static void test_hollow(void **state)
{
    (void)state;
    for (int audio = 0; audio < 2; audio++) {
        const AVFilter *filter = face->filter(audio);
        const uint8_t *behind = (const uint8_t *)(filter + 1);
        check_text("name", filter->name, audio ? "ai2v" : "i2v");
        assert_non_null(filter->description);
        assert_ptr_equal(filter->priv_class, source_class(audio));
        assert_null(filter->inputs);
        assert_null(filter->outputs);
        assert_int_equal(filter->flags, AVFILTER_FLAG_DYNAMIC_OUTPUTS);
        for (int i = 0; i < 1024; i++)
            assert_int_equal(behind[i], 0);
        assert_ptr_equal(filter, face->filter(audio ? 2 : 0));
    }
}

static void test_version(void **state)
{
    (void)state;
    assert_null(i2v_face(I2V_FACE_VERSION - 1));
    assert_null(i2v_face(I2V_FACE_VERSION + 1));
}

/* Descriptions */

static void test_fetch(void **state)
{
    char text[512], *movie, *again;
    (void)state;

    count_requests();
    snprintf(text, sizeof(text), "%s", arguments("fetch.bmp", CLIP ":s=dv+da"));
    movie = fetch("i2v", text);
    assert_non_null(strstr(movie, ".mp4:format_name=mov:streams=dv+da"));
    check_number("outputs", open_movie("movie", movie), 2);
    check_number("requests", count_requests(), 1);

    /* The same request, written otherwise and for another output. */
    snprintf(text, sizeof(text), "dry_run=1:prompt='p':sp=0:image=%s",
             temp_path("fetch.bmp"));
    unlink(temp_path("fetch.bmp"));
    again = fetch("ai2v", text);
    char *path = path_of(movie), *other = path_of(again);
    check_text("path", other, path);
    assert_non_null(strstr(again, ".mp4:format_name=mov:seek_point=0"));
    check_number("outputs", open_movie("amovie", again), 1);
    check_number("requests", count_requests(), 0);
    face->release(again);
    free(other);

    /* Another request is another one. */
    again = fetch("i2v", arguments("fetch.bmp", CLIP ":take=2"));
    check_number("requests", count_requests(), 1);
    face->release(again);

    /* What is no longer there is brought again. */
    assert_int_equal(unlink(path), 0);
    again = fetch("i2v", arguments("fetch.bmp", CLIP));
    check_number("requests", count_requests(), 1);
    assert_int_equal(access(path, R_OK), 0);
    face->release(again);
    face->release(movie);
    free(path);
}

static const struct {
    const char *more;
    int ret;
    const char *words;
} bad[] = {
    {":promt=p", AVERROR_OPTION_NOT_FOUND, "'promt' not found"},
    {":prompt=p:take=0", AVERROR(EINVAL), "take|'0'"},
    {":prompt=p:duration=5:dry_run=1", AVERROR(EINVAL), "duration"},
    {"", AVERROR(EINVAL), "prompt"},
};

static void test_fetch_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        I2VNamed named = {"i2v", arguments("bad.bmp", bad[i].more), NULL};
        char *movie = (char *)&named;
        for (int again = 0; again < 2; again++) {
            said_clear();
            check_number(bad[i].more, face->fetch_source(&named, NULL, &movie),
                         bad[i].ret);
            assert_null(movie);
            assert_said(bad[i].more, bad[i].words);
        }
    }
    face->release(NULL);
}

/* Clips in places of every kind: what is printed is what FFmpeg opens. */
static void test_places(void **state)
{
    static const char *const names[] = {
        "plain.mp4", "a:b.mp4",      "a'b.mp4",         "a\\b.mp4",  "a\\:b'.mp4",
        " lead.mp4", "trail.mp4 ",   "a=b,c;[d]@e.mp4", "new\nline", "\n",
        "%d.mp4",    "\xC3\xA9.mp4", "a:format_name=x", "''",        "\\",
        "~",         "?x#y",         "'a:b'",           "tab\t",     "pipe:0",
    };
    char here[4096], *clip;
    Source *source = NULL;
    (void)state;

    char *movie = fetch("i2v", arguments("places.bmp", CLIP));
    clip = path_of(movie);
    face->release(movie);
    assert_int_equal(source_read("i2v", "s=dv+da", NULL, &source), 0);
    assert_non_null(getcwd(here, sizeof(here)));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *paths[] = {temp_path(names[i]), names[i]};
        assert_int_equal(symlink(clip, paths[0]), 0);
        assert_int_equal(chdir(temp_dir()), 0);
        said_clear();
        for (int relative = 0; relative < 2; relative++) {
            movie = source_movie(source, paths[relative]);
            check_number(movie, open_movie("movie", movie), 2);
            av_free(movie);
        }
        assert_silent(names[i]);
        assert_int_equal(chdir(here), 0);
        unlink(paths[0]);
    }
    source_free(&source);
    free(clip);
}

static void test_complain(void **state)
{
    (void)state;
    said_clear();
    face->complain("ai2v", "100% wrong");
    assert_said("complain", "100% wrong");
}

static void test_graph_ends(void **state)
{
    AVFilterGraph *graph = avfilter_graph_alloc();
    AVFilterInOut *inputs = NULL, *outputs = NULL;
    (void)state;

    assert_int_equal(
        avfilter_graph_parse2(graph, "[a]scale,split[b][c]", &inputs, &outputs), 0);
    assert_int_equal(graph->nb_filters, 2);
    face->free_ends(&inputs);
    face->free_ends(&outputs);
    assert_null(inputs);
    assert_null(outputs);
    face->free_ends(&outputs);
    face->empty_graph(graph);
    assert_int_equal(graph->nb_filters, 0);
    assert_null(graph->filters);
    face->empty_graph(graph);
    /* It is as good as new. */
    assert_int_equal(avfilter_graph_parse2(graph, "[a]null[b]", &inputs, &outputs), 0);
    face->free_ends(&inputs);
    face->free_ends(&outputs);
    avfilter_graph_free(&graph);
}

/* Graphs that are built by hand */

static void test_create(void **state)
{
    AVFilterGraph *graph = avfilter_graph_alloc();
    AVFilterContext *ctx = (AVFilterContext *)graph;
    (void)state;

    said_clear();
    check_number(
        "bad",
        face->create_source(&ctx, face->filter(0), "shot", "a.png:x=1", graph, NULL),
        AVERROR_OPTION_NOT_FOUND);
    assert_said("bad", "'x' not found");
    assert_null(ctx);
    assert_int_equal(graph->nb_filters, 0);

    said_clear();
    check_number("good",
                 face->create_source(&ctx, face->filter(1), "shot",
                                     arguments("create.bmp", CLIP), graph, NULL),
                 0);
    assert_silent("good");
    check_text("name", ctx->name, "shot");
    check_text("filter", ctx->filter->name, "amovie");
    assert_int_equal(ctx->nb_outputs, 1);
    assert_false(face->is_source(ctx));
    avfilter_graph_free(&graph);
}

static void test_marker(void **state)
{
    AVFilterGraph *graph = avfilter_graph_alloc();
    AVFilterContext *ctx;
    (void)state;

    assert_false(face->is_source(NULL));
    for (int audio = 0; audio < 2; audio++) {
        ctx = face->alloc_source(graph, face->filter(audio), "shot");
        assert_non_null(ctx);
        check_text("filter", ctx->filter->name, audio ? "amovie" : "movie");
        check_text("name", ctx->name, "shot");
        assert_true(face->is_source(ctx));
    }
    ctx = avfilter_graph_alloc_filter(graph, avfilter_get_by_name("movie"), "m");
    assert_false(face->is_source(ctx));
    assert_int_equal(av_opt_set(ctx->priv, "filename", "i2v:a.png", 0), 0);
    assert_false(face->is_source(ctx));
    ctx = avfilter_graph_alloc_filter(graph, avfilter_get_by_name("null"), "n");
    assert_false(face->is_source(ctx));
    ctx = avfilter_graph_alloc_filter(graph, avfilter_get_by_name("subtitles"), "s");
    if (ctx) { /* it has a filename, too */
        av_opt_set(ctx->priv, "filename", "i2v:", 0);
        assert_false(face->is_source(ctx));
    }

    /* One that gets past us is refused by FFmpeg. */
    ctx = face->alloc_source(graph, face->filter(0), NULL);
    assert_true(avfilter_init_str(ctx, NULL) < 0);
    avfilter_graph_free(&graph);
}

static void test_init(void **state)
{
    AVFilterGraph *graph = avfilter_graph_alloc();
    AVFilterContext *ctx = face->alloc_source(graph, face->filter(0), "shot");
    uint8_t *streams = NULL;
    double seconds = 0;
    (void)state;

    said_clear();
    check_number("bad", face->init_source(ctx, "a.png:x=1", NULL, NULL),
                 AVERROR_OPTION_NOT_FOUND);
    assert_said("bad", "'x' not found");
    said_clear();
    check_number("none", face->init_source(ctx, NULL, NULL, NULL), AVERROR(EINVAL));
    assert_said("none", "");
    assert_true(face->is_source(ctx));

    /* What the program has set itself stays, but for what the arguments say. */
    assert_int_equal(av_opt_set(ctx, "sp", "0.5", AV_OPT_SEARCH_CHILDREN), 0);
    assert_int_equal(av_opt_set(ctx, "streams", "da", AV_OPT_SEARCH_CHILDREN), 0);
    said_clear();
    check_number(
        "good",
        face->init_source(ctx, arguments("init.bmp", CLIP ":s=dv+da"), NULL, NULL), 0);
    assert_silent("good");
    assert_false(face->is_source(ctx));
    assert_int_equal(ctx->nb_outputs, 2);
    assert_int_equal(av_opt_get_double(ctx->priv, "seek_point", 0, &seconds), 0);
    assert_true(seconds > 0.4 && seconds < 0.6);
    assert_int_equal(av_opt_get(ctx->priv, "format_name", 0, &streams), 0);
    check_text("format", (char *)streams, "mov");
    av_free(streams);
    avfilter_graph_free(&graph);
}

static void test_init_options(void **state)
{
    AVFilterGraph *graph = avfilter_graph_alloc();
    AVFilterContext *ctx = face->alloc_source(graph, face->filter(1), "shot");
    AVDictionary *options = NULL;
    (void)state;

    av_dict_set(&options, "image", temp_bmp("with: colon.bmp", 64, 36, 9), 0);
    av_dict_set(&options, "prompt", "p:q", 0);
    av_dict_set(&options, "dry_run", "1", 0);
    av_dict_set(&options, "promt", "p", 0);
    said_clear();
    check_number("bad", face->init_source(ctx, NULL, &options, NULL),
                 AVERROR_OPTION_NOT_FOUND);
    assert_said("bad", "'promt' not found|ai2v");
    assert_non_null(av_dict_get(options, "promt", NULL, 0));
    assert_true(face->is_source(ctx));

    av_dict_set(&options, "promt", NULL, 0);
    said_clear();
    check_number("good", face->init_source(ctx, NULL, &options, NULL), 0);
    assert_silent("good");
    assert_null(options);
    assert_int_equal(ctx->nb_outputs, 1);

    ctx = face->alloc_source(graph, face->filter(0), "empty");
    check_number("empty", face->init_source(ctx, NULL, &options, NULL), AVERROR(EINVAL));
    avfilter_graph_free(&graph);
}

/* Threads: one fetches, the other waits for it. */

typedef struct Run {
    pthread_t thread;
    char text[64];
    atomic_int asked; ///< how often it was asked whether it wants to leave
    atomic_int leave;
    atomic_int done;
    int ret;
    char *movie;
} Run;

static int interrupt(void *opaque)
{
    Run *run = opaque;
    run->asked++;
    return run->leave;
}

static void *run_thread(void *opaque)
{
    Run *run = opaque;
    I2VNamed named = {.filter = "i2v", .text = run->text};
    I2VInterrupt callback = {interrupt, run};
    run->ret = face->fetch_source(&named, &callback, &run->movie);
    run->done = 1;
    return NULL;
}

/* Both are at it once this returns: the first reads a still that does not come yet. */
static int start_two(Run runs[2])
{
    static int numbers = 200;
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    int in = fcntl(ends[0], F_DUPFD, numbers++); /* a still is known by its name */
    assert_true(in >= 0);
    close(ends[0]);
    memset(runs, 0, 2 * sizeof(runs[0]));
    said_clear();
    count_requests();
    for (int i = 0; i < 2; i++) {
        snprintf(runs[i].text, sizeof(runs[i].text), "pipe\\:%d" CLIP "%s", in,
                 i ? ":s=dv+da" : "");
        assert_int_equal(pthread_create(&runs[i].thread, NULL, run_thread, &runs[i]), 0);
        while (!runs[i].asked && !runs[i].done)
            usleep(1000);
        assert_false(runs[i].done);
    }
    return ends[1];
}

static void join_run(Run *run)
{
    assert_int_equal(pthread_join(run->thread, NULL), 0);
    run->thread = 0;
}

static void send_still(int fd, bool good)
{
    FILE *from = fopen(temp_bmp("sent.bmp", 64, 36, 77), "rb");
    char data[16384];
    assert_non_null(from);
    size_t size = good ? fread(data, 1, sizeof(data), from) : 100;
    if (!good)
        memset(data, 'x', size);
    fclose(from);
    assert_int_equal(write(fd, data, size), size);
    close(fd);
}

static void test_threads_share(void **state)
{
    Run runs[2];
    int fd = start_two(runs);
    (void)state;
    send_still(fd, true);
    join_run(&runs[0]);
    join_run(&runs[1]);
    assert_silent("share");
    check_number("first", runs[0].ret, 0);
    check_number("second", runs[1].ret, 0);
    check_number("requests", count_requests(), 1);
    assert_non_null(strstr(runs[1].movie, ":streams=dv+da"));
    char *paths[] = {path_of(runs[0].movie), path_of(runs[1].movie)};
    check_text("path", paths[1], paths[0]);
    for (int i = 0; i < 2; i++) {
        free(paths[i]);
        face->release(runs[i].movie);
    }
}

/* Said once, and not tried twice. */
static void test_threads_fail(void **state)
{
    Run runs[2];
    int fd = start_two(runs);
    (void)state;
    send_still(fd, false);
    join_run(&runs[0]);
    join_run(&runs[1]);
    assert_said("fail", "");
    check_number("first", runs[0].ret, AVERROR_INVALIDDATA);
    check_number("second", runs[1].ret, AVERROR_INVALIDDATA);
    assert_null(runs[0].movie);
    assert_null(runs[1].movie);
}

static void test_threads_second_leaves(void **state)
{
    Run runs[2];
    int fd = start_two(runs);
    (void)state;
    runs[1].leave = 1;
    join_run(&runs[1]);
    check_number("second", runs[1].ret, AVERROR(EINTR));
    assert_null(runs[1].movie);
    send_still(fd, true);
    join_run(&runs[0]);
    check_number("first", runs[0].ret, 0);
    assert_non_null(runs[0].movie);
    face->release(runs[0].movie);
}

static void test_threads_first_leaves(void **state)
{
    Run runs[2];
    int fd = start_two(runs);
    (void)state;
    runs[0].leave = 1;
    join_run(&runs[0]);
    check_number("first", runs[0].ret, AVERROR(EINTR));
    send_still(fd, true);
    join_run(&runs[1]);
    check_number("second", runs[1].ret, 0);
    assert_non_null(runs[1].movie);
    face->release(runs[1].movie);
}

static int set_up(void **state)
{
    (void)state;
    clear_environment();
    setenv("I2V_STORE", temp_path("store"), 1);
    setenv("I2V_LOG", temp_path("log"), 1);
    setenv("XDG_CACHE_HOME", temp_path("cache"), 1);
    setenv("I2V_BASE_URL", "http://127.0.0.1:9", 1); /* nobody listens */
    face = i2v_face(I2V_FACE_VERSION);
    return face ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hollow),
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_fetch),
        cmocka_unit_test(test_fetch_bad),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_complain),
        cmocka_unit_test(test_graph_ends),
        cmocka_unit_test(test_create),
        cmocka_unit_test(test_marker),
        cmocka_unit_test(test_init),
        cmocka_unit_test(test_init_options),
        cmocka_unit_test(test_threads_share),
        cmocka_unit_test(test_threads_fail),
        cmocka_unit_test(test_threads_second_leaves),
        cmocka_unit_test(test_threads_first_leaves),
    };
    said_start();
    return cmocka_run_group_tests_name("source_graph", tests, set_up, NULL);
}
