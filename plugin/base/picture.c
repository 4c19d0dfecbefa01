/* i2v: one picture through filters of libavfilter
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/picture.h"

#include <stdarg.h>
#include <stdio.h>

#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>

#include "base/compat.h"

int picture_source(AVFilterGraph *graph, const AVFrame *in, AVFilterContext **source)
{
    AVBufferSrcParameters *par = av_buffersrc_parameters_alloc();
    int ret = AVERROR(ENOMEM);

    *source = avfilter_graph_alloc_filter(graph, avfilter_get_by_name("buffer"), "in");
    if (!par || !*source)
        goto end;
    par->format = in->format;
    par->width = in->width;
    par->height = in->height;
    par->time_base = (AVRational){1, 25};
    par->sample_aspect_ratio = (AVRational){1, 1};
#if I2V_HAVE_BUFFERSRC_COLOR
    par->color_space = in->colorspace;
    par->color_range = in->color_range;
#endif
#if I2V_HAVE_ALPHA_MODE
    par->alpha_mode = in->alpha_mode;
#endif
    ret = av_buffersrc_parameters_set(*source, par);
    if (ret >= 0)
        ret = avfilter_init_str(*source, NULL);
end:
    av_free(par);
    return ret;
}

int picture_append(AVFilterContext **last, const char *name, const char *const *set,
                   const char *format, ...)
{
    const AVFilter *filter = avfilter_get_by_name(name);
    AVFilterContext *next;
    char options[512];
    va_list args;
    int ret = 0;

    if (!filter)
        return AVERROR_FILTER_NOT_FOUND;
    if (!(next = avfilter_graph_alloc_filter((*last)->graph, filter, name)))
        return AVERROR(ENOMEM);
    va_start(args, format);
    vsnprintf(options, sizeof(options), format, args);
    va_end(args);
    for (; set && *set && ret >= 0; set += 2)
        ret = av_opt_set(next, set[0], set[1], AV_OPT_SEARCH_CHILDREN);
    if (ret < 0 || (ret = avfilter_init_str(next, options)) < 0 ||
        (ret = avfilter_link(*last, 0, next, 0)) < 0)
        avfilter_free(next);
    else
        *last = next;
    return ret;
}

int picture_source_feed(AVFilterContext *source, const AVFrame *in)
{
    AVFrame *frame = av_frame_clone(in);
    int ret = AVERROR(ENOMEM);

    if (!frame)
        return ret;
    frame->pts = 0;
    frame->sample_aspect_ratio = (AVRational){1, 1};
    ret = av_buffersrc_add_frame(source, frame);
    av_frame_free(&frame);
    return ret < 0 ? ret : av_buffersrc_add_frame(source, NULL);
}

/* Links the chain between source and sink. avfilter_graph_parse_ptr() takes the ends over
 * and gives back what is left of them. */
static int link_chain(AVFilterContext *source, AVFilterContext *sink, const char *chain)
{
    AVFilterInOut *outputs = avfilter_inout_alloc(), *inputs = avfilter_inout_alloc();
    int ret = AVERROR(ENOMEM);

    if (!outputs || !inputs)
        goto end;
    outputs->name = av_strdup("in");
    outputs->filter_ctx = source;
    inputs->name = av_strdup("out");
    inputs->filter_ctx = sink;
    if (!outputs->name || !inputs->name)
        goto end;
    ret = avfilter_graph_parse_ptr(source->graph, chain, &inputs, &outputs, NULL);
end:
    avfilter_inout_free(&outputs);
    avfilter_inout_free(&inputs);
    return ret;
}

int picture_filter(const AVFrame *in, const char *chain, AVFrame **out)
{
    AVFilterGraph *graph = avfilter_graph_alloc();
    AVFilterContext *source, *sink;
    int ret = AVERROR(ENOMEM);

    *out = NULL;
    if (!graph)
        return ret;
    graph->nb_threads = 1;
    if ((ret = picture_source(graph, in, &source)) < 0 ||
        (ret = avfilter_graph_create_filter(&sink, avfilter_get_by_name("buffersink"),
                                            "out", NULL, NULL, graph)) < 0 ||
        (ret = link_chain(source, sink, chain)) < 0 ||
        (ret = avfilter_graph_config(graph, NULL)) < 0 ||
        (ret = picture_source_feed(source, in)) < 0)
        goto end;
    *out = av_frame_alloc();
    ret = *out ? av_buffersink_get_frame(sink, *out) : AVERROR(ENOMEM);
end:
    if (ret < 0)
        av_frame_free(out);
    avfilter_graph_free(&graph);
    return ret;
}
