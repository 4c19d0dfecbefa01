/* i2v: a clip made here from a still, in place of a generated one
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "made/animatic.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavfilter/buffersink.h>

#include "base/compat.h"
#include "base/picture.h"
#include "made/title.h"
#include "made/write.h"

#define MAX_SIDE      16384
#define MAX_FRAMES    1000000
#define TONE          440 ///< Hz
#define MIN_TIMESCALE 10000
#define SCALE         "flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"
#define ZOOM          0.08 ///< how much larger the picture is in the end

/* A clip being rendered. */
typedef struct Render {
    const AnimaticPlan *plan;
    const AVIOInterruptCB *interrupt;
    Outcome *out;
    int width, height; ///< pixels
    int64_t frames;
    AVFilterGraph *graph;
    AVFilterContext *sink; ///< where the pictures come out
    AVFrame *frame;
    AVCodecContext *encoder;
    AVPacket *packet;
    Writer *writer;
} Render;

static int check(const AnimaticPlan *plan, Render *render)
{
    double frames = plan->rate.num > 0 && plan->rate.den > 0
                        ? rint(plan->duration * av_q2d(plan->rate))
                        : 0;

    render->width = plan->width & ~1;
    render->height = plan->height & ~1;
    /* Written so that a duration that is no number fails as well. */
    if (!(frames >= 1 && frames <= MAX_FRAMES) || render->width < 2 ||
        render->height < 2 || render->width > MAX_SIDE || render->height > MAX_SIDE)
        return AVERROR(EINVAL);
    render->frames = (int64_t)frames;
    return 0;
}

/* The pictures */

/* The picture in the clip's size, black bars beside it, and a frame each that shows it.
 * The zoompan filter moves in whole samples of chroma: smaller ones make it smoother. */
static int append_picture(const Render *render, AVFilterContext **last)
{
    const AnimaticPlan *plan = render->plan;
    const AVFrame *picture = plan->picture;
    int width = render->width, height = render->height, fine = plan->moving ? 2 : 1, ret;
    int w = (int)av_rescale(picture->width, height, picture->height);
    int h = (int)av_rescale(picture->height, width, picture->width);

    /* A pixel less is rounding, and no bar. */
    w = w < width - 1 ? FFMAX(w, 1) : width;
    h = h < height - 1 ? FFMAX(h, 1) : height;
    if ((ret = picture_append(last, "scale", NULL, "%d:%d:" SCALE, w * fine, h * fine)) <
            0 ||
        (ret = picture_append(last, "format", NULL, "rgb24")) < 0 ||
        (ret = picture_append(last, "pad", NULL, "%d:%d:%d:%d:black", width * fine,
                              height * fine, (width - w) / 2 * fine,
                              (height - h) / 2 * fine)) < 0 ||
        (ret = picture_append(last, "scale", NULL,
                              "out_color_matrix=bt709:out_range=tv:" SCALE)) < 0 ||
        (ret = picture_append(last, "format", NULL, "yuv420p")) < 0)
        return ret;
    return picture_append(last, "zoompan", NULL,
                          "z=1+%g*on/%" PRId64 ":x=iw/2-iw/zoom/2:y=ih/2-ih/zoom/2"
                          ":d=%" PRId64 ":s=%dx%d:fps=%d/%d",
                          plan->moving ? ZOOM : 0., render->frames, render->frames, width,
                          height, plan->rate.num, plan->rate.den);
}

/* Up to the first picture, so that nothing about the text is left to fail. */
static int make_graph(Render *render, bool titled)
{
    const AnimaticPlan *plan = render->plan;
    AVFilterContext *source, *last;
    int ret;

    if (!(render->graph = avfilter_graph_alloc()))
        return AVERROR(ENOMEM);
    render->graph->nb_threads = 1;
    if ((ret = picture_source(render->graph, plan->picture, &source)) < 0)
        return ret;
    last = source;
    if ((ret = append_picture(render, &last)) < 0 ||
        (titled && (ret = title_draw(&last, render->width, render->height, plan->stamp,
                                     plan->caption)) < 0) ||
        (ret = picture_append(&last, "format", NULL, "yuv420p")) < 0 ||
        (ret = picture_append(&last, "buffersink", NULL, "%s", "")) < 0 ||
        (ret = avfilter_graph_config(render->graph, NULL)) < 0 ||
        (ret = picture_source_feed(source, plan->picture)) < 0)
        return ret;
    render->sink = last;
    return av_buffersink_get_frame(render->sink, render->frame);
}

static int open_graph(Render *render)
{
    bool titled = render->plan->stamp || render->plan->caption;
    int ret = make_graph(render, titled), failed = ret;

    if (ret >= 0 || ret == AVERROR(ENOMEM) || !titled)
        return ret;
    avfilter_graph_free(&render->graph);
    ret = make_graph(render, false);
    if (ret >= 0)
        outcome_say(render->out, AV_LOG_WARNING,
                    "This FFmpeg cannot draw text (%s): it needs the drawtext filter and "
                    "a font. The clip is made without it.",
                    av_err2str(failed));
    return ret;
}

/* The encoder */

static void set_up(const Render *render, AVCodecContext *encoder)
{
    AVRational rate = render->plan->rate;

    encoder->width = render->width;
    encoder->height = render->height;
    encoder->pix_fmt = AV_PIX_FMT_YUV420P;
    encoder->framerate = rate;
    encoder->time_base = av_inv_q(rate);
    encoder->sample_aspect_ratio = (AVRational){1, 1};
    encoder->color_range = AVCOL_RANGE_MPEG;
    encoder->colorspace = AVCOL_SPC_BT709;
    encoder->color_primaries = AVCOL_PRI_BT709;
    encoder->color_trc = AVCOL_TRC_BT709;
    encoder->gop_size = FFMAX((int)lrint(av_q2d(rate)), 1);
    encoder->keyint_min = encoder->gop_size;
    encoder->max_b_frames = 0;
    encoder->thread_count = 1;
    encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
    encoder->log_level_offset = AV_LOG_DEBUG - AV_LOG_INFO;
}

static int open_encoder(Render *render, const AVCodec *codec)
{
    AVCodecContext *encoder = avcodec_alloc_context3(codec);
    AVDictionary *options = NULL;
    int ret;

    if (!encoder)
        return AVERROR(ENOMEM);
    set_up(render, encoder);
    if (!strcmp(codec->name, "libx264")) {
        av_dict_set(&options, "preset", "ultrafast", 0);
        av_dict_set(&options, "crf", "23", 0);
        av_dict_set(&options, "sc_threshold", "0", 0);
    } else if (codec->id == AV_CODEC_ID_MPEG4) {
        encoder->flags |= AV_CODEC_FLAG_QSCALE;
        encoder->global_quality = FF_QP2LAMBDA * 4;
    } else {
        encoder->bit_rate =
            (int64_t)(render->width * render->height * av_q2d(render->plan->rate) / 8) +
            200000;
    }
    ret = avcodec_open2(encoder, codec, &options);
    av_dict_free(&options);
    if (ret < 0)
        avcodec_free_context(&encoder);
    render->encoder = encoder;
    return ret;
}

/* libx264, else another one for H.264 that needs no device, else MPEG-4 part 2. */
static int find_encoder(Render *render)
{
    const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
    int ret = codec ? open_encoder(render, codec) : AVERROR_ENCODER_NOT_FOUND;
    void *state = NULL;

    while (ret < 0 && (codec = av_codec_iterate(&state)))
        if (codec->id == AV_CODEC_ID_H264 && av_codec_is_encoder(codec) &&
            !(codec->capabilities &
              (AV_CODEC_CAP_HARDWARE | AV_CODEC_CAP_HYBRID | AV_CODEC_CAP_EXPERIMENTAL)))
            ret = open_encoder(render, codec);
    if (ret < 0 && (codec = avcodec_find_encoder(AV_CODEC_ID_MPEG4)))
        ret = open_encoder(render, codec);
    return ret;
}

static int open_file(Render *render, const char *path)
{
    AnimaticSound sound = render->plan->sound;
    AVStream *stream;
    int ret = write_open(path, 0600, render->interrupt, &render->writer);

    if (ret < 0)
        return ret;
    if (!(stream = avformat_new_stream(write_context(render->writer), NULL)))
        return AVERROR(ENOMEM);
    /* Fine enough for whoever cuts the clip or changes its rate. */
    stream->time_base = (AVRational){1, render->plan->rate.num};
    while (stream->time_base.den < MIN_TIMESCALE)
        stream->time_base.den *= 2;
    stream->avg_frame_rate = stream->r_frame_rate = render->plan->rate;
    stream->sample_aspect_ratio = render->encoder->sample_aspect_ratio;
    ret = avcodec_parameters_from_context(stream->codecpar, render->encoder);
    if (ret >= 0 && sound != ANIMATIC_MUTE)
        ret = write_add_sound(render->writer, 0, sound == ANIMATIC_TONE ? TONE : 0);
    return ret < 0 ? ret
                   : write_begin(render->writer, render->frames,
                                 (double)render->frames / av_q2d(render->plan->rate));
}

/* NULL = no more will come. */
static int encode(Render *render, const AVFrame *frame)
{
    int ret = avcodec_send_frame(render->encoder, frame);

    while (ret >= 0) {
        ret = avcodec_receive_packet(render->encoder, render->packet);
        if (ret == AVERROR(EAGAIN) || ret == AVERROR_EOF)
            return 0;
        if (ret < 0)
            break;
        render->packet->stream_index = 0;
        render->packet->duration = 1;
        ret = write_put(render->writer, render->packet, render->encoder->time_base);
    }
    return ret;
}

static int render_frames(Render *render)
{
    int ret = 0;

    for (int64_t i = 0; i < render->frames && ret >= 0; i++) {
        if (i2v_interrupted(render->interrupt))
            return AVERROR(EINTR);
        if (i > 0 && (ret = av_buffersink_get_frame(render->sink, render->frame)) < 0)
            break;
        render->frame->pts = i;
        render->frame->pict_type = AV_PICTURE_TYPE_NONE; // never the still's
        ret = encode(render, render->frame);
        av_frame_unref(render->frame);
    }
    return ret < 0 ? ret : encode(render, NULL);
}

static int render_all(Render *render, const char *path)
{
    int ret = check(render->plan, render);

    if (ret < 0)
        return ret;
    render->packet = av_packet_alloc();
    render->frame = av_frame_alloc();
    if (!render->packet || !render->frame)
        return AVERROR(ENOMEM);
    if ((ret = open_graph(render)) < 0 || (ret = find_encoder(render)) < 0 ||
        (ret = open_file(render, path)) < 0 || (ret = render_frames(render)) < 0)
        return ret;
    return write_end(render->writer);
}

int animatic_render(const AnimaticPlan *plan, const char *path,
                    const AVIOInterruptCB *interrupt, Outcome *out)
{
    Render render = {.plan = plan, .interrupt = interrupt, .out = out};
    int ret = render_all(&render, path);

    ret = write_close(&render.writer, ret);
    avcodec_free_context(&render.encoder);
    avfilter_graph_free(&render.graph);
    av_packet_free(&render.packet);
    av_frame_free(&render.frame);
    if (ret < 0 && ret != AVERROR(EINTR))
        outcome_fail(out, FAILURE_STORE, ret, "The clip %s cannot be rendered: %s.", path,
                     av_err2str(ret));
    return ret;
}
