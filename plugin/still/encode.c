/* i2v: 8-bit RGB to PNG, or to JPEG when that would be too large to send
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>

#include "base/picture.h"
#include "still/parts.h"

#define MAX_FILE   10000000 ///< bytes
#define BEST_JPEG  2        ///< quantiser
#define WORST_JPEG 16

/* Nothing of the source but its pixels goes out. */
static void strip(AVFrame *frame)
{
    while (frame->nb_side_data)
        av_frame_remove_side_data(frame, frame->side_data[0]->type);
    av_dict_free(&frame->metadata);
    frame->color_primaries = AVCOL_PRI_UNSPECIFIED;
    frame->color_trc = AVCOL_TRC_UNSPECIFIED;
    frame->pts = 0;
}

static int set_up(AVCodecContext *encoder, const AVFrame *frame, int quantiser)
{
    encoder->width = frame->width;
    encoder->height = frame->height;
    encoder->pix_fmt = frame->format;
    encoder->time_base = (AVRational){1, 25};
    encoder->thread_count = 1;
    encoder->flags |= AV_CODEC_FLAG_BITEXACT;
    encoder->color_range = frame->color_range;
    encoder->colorspace = frame->colorspace;
    if (!quantiser)
        return av_opt_set(encoder->priv_data, "pred", "mixed", 0);
    encoder->flags |= AV_CODEC_FLAG_QSCALE;
    encoder->global_quality = FF_QP2LAMBDA * quantiser;
    encoder->strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL;
    encoder->sample_aspect_ratio = (AVRational){1, 1};
    return 0;
}

/* PNG with quantiser 0. */
static int encode(AVFrame *frame, int quantiser, AVPacket *packet)
{
    const AVCodec *codec =
        avcodec_find_encoder(quantiser ? AV_CODEC_ID_MJPEG : AV_CODEC_ID_PNG);
    AVCodecContext *encoder = codec ? avcodec_alloc_context3(codec) : NULL;
    int ret = codec ? AVERROR(ENOMEM) : AVERROR_ENCODER_NOT_FOUND;

    if (!encoder)
        return ret;
    frame->quality = FF_QP2LAMBDA * quantiser;
    if ((ret = set_up(encoder, frame, quantiser)) < 0 ||
        (ret = avcodec_open2(encoder, codec, NULL)) < 0 ||
        (ret = avcodec_send_frame(encoder, frame)) < 0 ||
        (ret = avcodec_send_frame(encoder, NULL)) < 0)
        goto end;
    ret = avcodec_receive_packet(encoder, packet);
end:
    avcodec_free_context(&encoder);
    return ret;
}

static int encode_jpeg(const AVFrame *rgb, AVPacket *packet)
{
    AVFrame *yuv = NULL;
    int ret = picture_filter(rgb,
                             "scale=out_color_matrix=bt601:out_range=full:flags=lanczos+"
                             "accurate_rnd+full_chroma_inp+bitexact,format=yuv444p",
                             &yuv);

    if (ret < 0)
        return ret;
    strip(yuv);
    yuv->color_range = AVCOL_RANGE_JPEG;
    for (int quantiser = BEST_JPEG; quantiser <= WORST_JPEG; quantiser *= 2) {
        av_packet_unref(packet);
        ret = encode(yuv, quantiser, packet);
        if (ret < 0 || packet->size <= MAX_FILE)
            break;
    }
    av_frame_free(&yuv);
    return ret;
}

int still_encode_rgb(AVFrame *rgb, Outcome *out, StillFile *file)
{
    AVPacket *packet = av_packet_alloc();
    bool jpeg = false;
    int ret = AVERROR(ENOMEM);

    if (!packet)
        goto end;
    strip(rgb);
    ret = encode(rgb, 0, packet);
    if (ret >= 0 && packet->size > MAX_FILE) {
        jpeg = true;
        av_packet_unref(packet);
        ret = encode_jpeg(rgb, packet);
    }
    if (ret < 0)
        goto end;
    if ((ret = av_packet_make_refcounted(packet)) < 0)
        goto end;
    file->buf = packet->buf;
    packet->buf = NULL;
    file->data = packet->data;
    file->size = (size_t)packet->size;
    file->mime = jpeg ? "image/jpeg" : "image/png";
    file->width = rgb->width;
    file->height = rgb->height;
    file->original = false;
end:
    if (ret < 0)
        outcome_fail(out, FAILURE_REQUEST, ret, "the still cannot be encoded: %s",
                     av_err2str(ret));
    av_packet_free(&packet);
    return ret;
}
