/* i2v: one picture through filters of libavfilter
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture_filter.h"

#include <errno.h>

#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "compat.h"

/* A graph that has both its ends and nothing between them yet. */
typedef struct Line {
    AVFilterGraph *graph;
    AVFilterContext *source, *sink;
    AVFrame *frame;
} Line;

static int make_source(AVFilterGraph *graph, const AVFrame *in, AVFilterContext **source)
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
    par->sample_aspect_ratio = in->sample_aspect_ratio;
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

/* Links the chain between source and sink. avfilter_graph_parse_ptr() takes the ends over
 * and gives back what is left of them. */
static int link_chain(const Line *line, const char *chain)
{
    AVFilterInOut *outputs = avfilter_inout_alloc(), *inputs = avfilter_inout_alloc();
    int ret = AVERROR(ENOMEM);

    if (!outputs || !inputs)
        goto end;
    outputs->name = av_strdup("in");
    outputs->filter_ctx = line->source;
    inputs->name = av_strdup("out");
    inputs->filter_ctx = line->sink;
    if (!outputs->name || !inputs->name)
        goto end;
    ret = avfilter_graph_parse_ptr(line->graph, chain, &inputs, &outputs, NULL);
end:
    avfilter_inout_free(&outputs);
    avfilter_inout_free(&inputs);
    return ret;
}

static int link_by_name(const Line *line, const char *name, AVDictionary **options,
                        int count)
{
    const AVFilter *filter = avfilter_get_by_name(name);
    AVFilterContext *last = line->source;

    if (!filter)
        return AVERROR_FILTER_NOT_FOUND;
    for (int i = 0; i < count; i++) {
        AVFilterContext *next = avfilter_graph_alloc_filter(line->graph, filter, name);
        int ret = next ? avfilter_init_dict(next, &options[i]) : AVERROR(ENOMEM);
        if (ret >= 0)
            ret = avfilter_link(last, 0, next, 0);
        if (ret < 0)
            return ret;
        last = next;
    }
    return avfilter_link(last, 0, line->sink, 0);
}

static int open_line(Line *line, const AVFrame *in)
{
    int ret;

    *line = (Line){.graph = avfilter_graph_alloc(), .frame = av_frame_clone(in)};
    if (!line->graph || !line->frame)
        return AVERROR(ENOMEM);
    line->graph->nb_threads = 1;
    line->frame->pts = 0;
    line->frame->sample_aspect_ratio = (AVRational){1, 1};
    ret = make_source(line->graph, line->frame, &line->source);
    if (ret < 0)
        return ret;
    return avfilter_graph_create_filter(&line->sink, avfilter_get_by_name("buffersink"),
                                        "out", NULL, NULL, line->graph);
}

/* Sends the picture through and closes the line, also after an error. */
static int run_line(Line *line, int ret, AVFrame **out)
{
    if (ret < 0 || (ret = avfilter_graph_config(line->graph, NULL)) < 0 ||
        (ret = av_buffersrc_add_frame(line->source, line->frame)) < 0 ||
        (ret = av_buffersrc_add_frame(line->source, NULL)) < 0)
        goto end;
    *out = av_frame_alloc();
    ret = *out ? av_buffersink_get_frame(line->sink, *out) : AVERROR(ENOMEM);
end:
    if (ret < 0)
        av_frame_free(out);
    av_frame_free(&line->frame);
    avfilter_graph_free(&line->graph);
    return ret;
}

int picture_filter(const AVFrame *in, const char *chain, AVFrame **out)
{
    Line line;
    int ret = open_line(&line, in);

    *out = NULL;
    if (ret >= 0)
        ret = link_chain(&line, chain);
    return run_line(&line, ret, out);
}

int picture_filter_by_name(const AVFrame *in, const char *name, AVDictionary **options,
                           int count, AVFrame **out)
{
    Line line;
    int ret = open_line(&line, in);

    *out = NULL;
    if (ret >= 0)
        ret = link_by_name(&line, name, options, count);
    return run_line(&line, ret, out);
}
