/* i2v: a program that makes filter graphs in every way libavfilter has
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavdevice/avdevice.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavformat/avformat.h>
#include <libavutil/dict.h>
#include <libavutil/error.h>
#include <libavutil/frame.h>
#include <libavutil/mem.h>

/*
 * graph_host WAY ARGUMENT...
 *
 * create ARGUMENTS | str ARGUMENTS | dict NAME=VALUE...   one filter i2v, made by hand
 * late ARGUMENTS   allocated, and initialized only when the graph is configured
 * parse | parse2 | ptr | segment DESCRIPTION              with one open output
 * lavfi DESCRIPTION   opened by the device, on a context without an interrupt callback
 *
 * It prints what was pulled out of it, or the error; then "again" when the same program
 * can go on to make another graph, and whether its own signal handler is still in place.
 */

#if LIBAVFILTER_VERSION_MAJOR >= 9
#define HAVE_SEGMENTS 1
#else
#define HAVE_SEGMENTS 0
#endif

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
    (void)number;
    signals++;
}

static int pull(AVFilterGraph *graph, AVFilterContext *last, unsigned pad)
{
    AVFilterContext *sink;
    AVFrame *frame = av_frame_alloc();
    int count = 0;
    int ret = avfilter_graph_create_filter(&sink, avfilter_get_by_name("buffersink"),
                                           "out", NULL, NULL, graph);

    if (ret >= 0)
        ret = avfilter_link(last, pad, sink, 0);
    if (ret >= 0)
        ret = avfilter_graph_config(graph, NULL);
    while (ret >= 0 && (ret = av_buffersink_get_frame(sink, frame)) >= 0) {
        count++;
        av_frame_unref(frame);
    }
    av_frame_free(&frame);
    if (ret != AVERROR_EOF)
        return ret;
    printf("frames %d\n", count);
    return 0;
}

static int by_hand(AVFilterGraph *graph, const char *way, int argc, char **argv)
{
    const AVFilter *filter = avfilter_get_by_name("i2v");
    AVFilterContext *ctx = (AVFilterContext *)graph; /* not NULL: it must be set */
    AVDictionary *options = NULL;
    int ret = 0;

    if (!filter)
        return AVERROR_FILTER_NOT_FOUND;
    if (!strcmp(way, "create")) {
        ret = avfilter_graph_create_filter(&ctx, filter, "shot", argv[0], NULL, graph);
        if (ret < 0 && ctx)
            printf("the context is left\n");
        return ret < 0 ? ret : pull(graph, ctx, 0);
    }
    if (!(ctx = avfilter_graph_alloc_filter(graph, filter, "shot")))
        return AVERROR(ENOMEM);
    if (!strcmp(way, "str"))
        ret = avfilter_init_str(ctx, argv[0]);
    for (int i = 0; !strcmp(way, "dict") && ret >= 0 && i < argc; i++)
        ret = av_dict_parse_string(&options, argv[i], "=", "\n", 0);
    if (!strcmp(way, "dict") && ret >= 0)
        ret = avfilter_init_dict(ctx, &options);
    if (ret >= 0 && av_dict_count(options))
        printf("options are left\n");
    av_dict_free(&options);
    return ret < 0 ? ret : pull(graph, ctx, 0);
}

static int parsed(AVFilterGraph *graph, const char *way, const char *description)
{
    AVFilterInOut *inputs = NULL, *outputs = NULL;
    int ret = AVERROR(ENOSYS);

    if (!strcmp(way, "parse"))
        return avfilter_graph_parse(graph, description, NULL, NULL, NULL);
    if (!strcmp(way, "parse2")) {
        /* as ffmpeg up to 5 leaves them */
        inputs = outputs = (AVFilterInOut *)graph;
        ret = avfilter_graph_parse2(graph, description, &inputs, &outputs);
    } else if (!strcmp(way, "ptr")) {
        ret = avfilter_graph_parse_ptr(graph, description, &inputs, &outputs, NULL);
    }
#if HAVE_SEGMENTS
    if (!strcmp(way, "segment")) {
        AVFilterGraphSegment *segment = (AVFilterGraphSegment *)graph;
        ret = avfilter_graph_segment_parse(graph, description, 0, &segment);
        if (ret >= 0)
            ret = avfilter_graph_segment_apply(segment, 0, &inputs, &outputs);
        avfilter_graph_segment_free(&segment);
    }
#endif
    if (ret >= 0)
        ret = outputs ? pull(graph, outputs->filter_ctx, (unsigned)outputs->pad_idx)
                      : AVERROR(EINVAL);
    avfilter_inout_free(&inputs);
    avfilter_inout_free(&outputs);
    return ret;
}

static int by_device(const char *description)
{
    AVFormatContext *ctx = avformat_alloc_context();
    AVPacket *packet = av_packet_alloc();
    int count = 0, ret;

    avdevice_register_all();
    ret = avformat_open_input(&ctx, description, av_find_input_format("lavfi"), NULL);
    while (ret >= 0 && (ret = av_read_frame(ctx, packet)) >= 0) {
        count++;
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    avformat_close_input(&ctx);
    if (ret != AVERROR_EOF)
        return ret;
    printf("frames %d\n", count);
    return 0;
}

static int make(const char *way, int argc, char **argv)
{
    AVFilterGraph *graph = avfilter_graph_alloc();
    int ret = AVERROR(ENOMEM);

    if (graph && !strcmp(way, "lavfi"))
        ret = by_device(argv[0]);
    else if (graph)
        ret = strstr("create str dict late", way) ? by_hand(graph, way, argc, argv)
                                                  : parsed(graph, way, argv[0]);
    avfilter_graph_free(&graph);
    return ret;
}

int main(int argc, char **argv)
{
    struct sigaction mine = {.sa_handler = count_signal}, now;
    char *plain[] = {"color=s=16x16:d=0.2:r=25", NULL};
    int ret;

    if (argc < 3)
        return 64;
    if (!strcmp(argv[1], "segment") && !HAVE_SEGMENTS)
        return 77;
    setlocale(LC_ALL, ""); /* as GUI programs do */
    setvbuf(stdout, NULL, _IOLBF, 0);
    sigaction(SIGINT, &mine, NULL);
    ret = make(argv[1], argc - 2, argv + 2);
    if (ret < 0)
        printf("error %s\n", av_err2str(ret));
    if (make("ptr", 1, plain) >= 0)
        printf("again\n");
    sigaction(SIGINT, NULL, &now);
    printf("%s, %d signals\n",
           now.sa_handler == count_signal ? "own handler" : "another handler",
           (int)signals);
    return ret < 0;
}
