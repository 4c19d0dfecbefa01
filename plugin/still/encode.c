/* i2v: a still as it is sent: its file, a PNG, or a JPEG when that is too large
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>

#include "base/picture.h"
#include "still/parts.h"

#define MAX_FILE   10000000 ///< bytes of what is sent
#define BEST_JPEG  2        ///< quantiser
#define WORST_JPEG 16
#define SMALL_JPEG 5

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

#define TO_JPEG                                                 \
    "scale=out_color_matrix=bt601:out_range=full:flags=lanczos" \
    "+accurate_rnd+full_chroma_inp+bitexact,format="

/* As JPEG has its colours. */
static int convert(const AVFrame *rgb, const char *filter, AVFrame **yuv)
{
    int ret = picture_filter(rgb, filter, yuv);

    if (ret < 0)
        return ret;
    strip(*yuv);
    (*yuv)->color_range = AVCOL_RANGE_JPEG;
    return 0;
}

static int encode_jpeg(const AVFrame *rgb, AVPacket *packet)
{
    AVFrame *yuv = NULL;
    int ret = convert(rgb, TO_JPEG "yuv444p", &yuv);

    if (ret < 0)
        return ret;
    for (int quantiser = BEST_JPEG; quantiser <= WORST_JPEG; quantiser *= 2) {
        av_packet_unref(packet);
        ret = encode(yuv, quantiser, packet);
        if (ret < 0 || packet->size <= MAX_FILE)
            break;
    }
    av_frame_free(&yuv);
    return ret;
}

static void take_over(AVPacket *packet, const AVFrame *rgb, StillFile *file)
{
    file->buf = packet->buf;
    packet->buf = NULL;
    file->data = packet->data;
    file->size = (size_t)packet->size;
    file->width = rgb->width;
    file->height = rgb->height;
}

/* PNG, or JPEG when that would be too large or FFmpeg was built without zlib. */
static int encode_rgb(AVFrame *rgb, Outcome *out, StillFile *file)
{
    AVPacket *packet = av_packet_alloc();
    bool has_png = avcodec_find_encoder(AV_CODEC_ID_PNG);
    int ret = AVERROR(ENOMEM);

    if (!packet)
        goto end;
    strip(rgb);
    file->mime = "image/png";
    ret = has_png ? encode(rgb, 0, packet) : 0;
    if (ret >= 0 && (!has_png || packet->size > MAX_FILE)) {
        file->mime = "image/jpeg";
        ret = encode_jpeg(rgb, packet);
    }
    if (ret < 0)
        goto end;
    take_over(packet, rgb, file);
end:
    if (ret < 0)
        outcome_fail(out, FAILURE_REQUEST, ret, "the still cannot be encoded: %s",
                     ret != AVERROR_ENCODER_NOT_FOUND ? av_err2str(ret)
                     : has_png ? "it is too large for PNG, and this FFmpeg has no mjpeg"
                               : "this FFmpeg has neither a PNG encoder (it was built "
                                 "without zlib) nor mjpeg");
    av_packet_free(&packet);
    return ret;
}

/* Whether the picture of the file may go out untouched. */
static bool is_sendable(const Still *still, const StillGeometry *geometry)
{
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(still->frame->format);

    return still->image && still->meta.mime && still->meta.sendable && still->square &&
           still->orientation == 1 && still->columns == geometry->width &&
           still->rows == geometry->height && desc->comp[0].depth == 8 &&
           !still_is_wide(still->frame);
}

/* The file without what it says of people and places, which is most often all of it.
 * @return 1 when it cannot be sent so, 0 or AVERROR(ENOMEM) */
static int send_file(const Still *still, StillFile *file)
{
    AVBufferRef *buf;
    int ret = still_strip(still->bytes.buf->data, (size_t)still->bytes.size, &buf);

    if (ret < 0)
        return ret == AVERROR_INVALIDDATA ? 1 : ret;
    *file = (StillFile){
        .buf = buf,
        .data = buf->data,
        .size = (size_t)buf->size,
        .mime = still->meta.mime,
        .width = still->columns,
        .height = still->rows,
        .original = (int64_t)buf->size == still->bytes.size &&
                    !memcmp(buf->data, still->bytes.buf->data, (size_t)buf->size),
    };
    if (file->original) { // once in memory is enough
        av_buffer_unref(&file->buf);
        file->buf = av_buffer_ref(still->bytes.buf);
        file->data = still->bytes.buf->data;
    }
    if (!file->buf)
        return AVERROR(ENOMEM);
    if (file->size <= MAX_FILE)
        return 0;
    still_file_clear(file);
    return 1;
}

static int encode_anew(Still *still, const StillGeometry *geometry, Outcome *out,
                       StillFile *file)
{
    AVFrame *rgb = NULL;
    int ret = still_need_frame(still, out);

    if (ret < 0)
        return ret;
    ret = is_sendable(still, geometry) ? send_file(still, file) : 1;
    if (ret > 0) {
        ret = still_render(still, geometry, out, &rgb);
        if (ret >= 0)
            ret = encode_rgb(rgb, out, file);
        av_frame_free(&rgb);
    }
    still_done_frame(still);
    return ret;
}

/* What was encoded last */

static bool is_same(const StillTarget *a, const StillTarget *b)
{
    return a->width == b->width && a->height == b->height && a->fit == b->fit &&
           a->position == b->position;
}

static bool find(const Still *still, const StillTarget *target, StillFile *file)
{
    for (int i = 0; i < STILL_MOST_FILES && still->encoded[i].file.buf; i++) {
        const StillEncoded *found = &still->encoded[i];
        if (!is_same(&found->target, target))
            continue;
        *file = found->file;
        file->buf = av_buffer_ref(found->file.buf);
        return file->buf;
    }
    return false;
}

static int64_t own_size(const StillFile *file)
{
    return file->original ? 0 : (int64_t)file->size;
}

/* Without memory the next encodes it again. */
static void keep(Still *still, const StillTarget *target, const StillFile *file)
{
    StillEncoded new = {.target = *target, .file = *file};
    StillEncoded *last = &still->encoded[STILL_MOST_FILES - 1];

    if (!(new.file.buf = av_buffer_ref(file->buf)))
        return;
    atomic_fetch_add(&still->kept, own_size(file) - own_size(&last->file));
    still_file_clear(&last->file);
    memmove(&still->encoded[1], &still->encoded[0],
            sizeof(still->encoded) - sizeof(still->encoded[0]));
    still->encoded[0] = new;
}

int still_encode(Still *still, const StillTarget *target, Outcome *out, StillFile *file)
{
    StillGeometry geometry;
    int ret = 0;

    *file = (StillFile){0};
    /* Whoever wants the same meanwhile waits for it. What is lost is said once. */
    pthread_mutex_lock(&still->lock);
    if (!find(still, target, file)) {
        ret = still_geometry(still, target, out, &geometry);
        if (ret >= 0)
            ret = encode_anew(still, &geometry, out, file);
        if (ret >= 0)
            keep(still, target, file);
    }
    pthread_mutex_unlock(&still->lock);
    return ret;
}

void still_file_clear(StillFile *file)
{
    av_buffer_unref(&file->buf);
    *file = (StillFile){0};
}

int still_frame(Still *still, const StillTarget *target, Outcome *out, AVFrame **rgb)
{
    StillGeometry geometry;
    int ret = still_geometry(still, target, out, &geometry);

    *rgb = NULL;
    if (ret < 0)
        return ret;
    pthread_mutex_lock(&still->lock);
    ret = still_need_frame(still, out);
    if (ret >= 0) {
        ret = still_render(still, &geometry, out, rgb);
        still_done_frame(still);
    }
    pthread_mutex_unlock(&still->lock);
    return ret;
}

/* Within a square, in even numbers. */
static StillTarget thumbnail_target(const Still *still, int side)
{
    int width = still_width(still), height = still_height(still);
    double scale = FFMIN(1, (double)side / FFMAX(width, height));

    return (StillTarget){
        .width = FFMAX(2, (int)(width * scale) & ~1),
        .height = FFMAX(2, (int)(height * scale) & ~1),
        .fit = STILL_FILL,
    };
}

int still_thumbnail(Still *still, int side, StillFile *file)
{
    StillTarget target = thumbnail_target(still, side);
    Outcome unheard = {.quiet = true};
    AVPacket *packet = av_packet_alloc();
    AVFrame *rgb = NULL, *yuv = NULL;
    int ret = packet ? still_frame(still, &target, &unheard, &rgb) : AVERROR(ENOMEM);

    *file = (StillFile){.mime = "image/jpeg"};
    if (ret >= 0 && (ret = convert(rgb, TO_JPEG "yuv420p", &yuv)) >= 0 &&
        (ret = encode(yuv, SMALL_JPEG, packet)) >= 0)
        take_over(packet, yuv, file);
    av_frame_free(&rgb);
    av_frame_free(&yuv);
    av_packet_free(&packet);
    return ret;
}
