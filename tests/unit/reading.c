/* i2v: what a clip holds, read by FFmpeg's own libraries, for the unit tests
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reading.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/bprint.h>
#include <libavutil/opt.h>

#include "store/clip.h"
#include "base/compat.h"
#include "support.h"

AVFormatContext *reading_open(const char *path)
{
    AVFormatContext *ctx = NULL;
    if (clip_open(&ctx, path, NULL) < 0 || avformat_find_stream_info(ctx, NULL) < 0)
        fail_case("%s cannot be opened", path);
    return ctx;
}

bool reading_fine_edits(void)
{
    AVFormatContext *ctx = NULL;
    if (avformat_alloc_output_context2(&ctx, NULL, "mp4", NULL) < 0)
        fail_case("there is no muxer for MP4");
    bool fine = av_opt_find(ctx->priv_data, "movie_timescale", NULL, 0, 0);
    avformat_free_context(ctx);
    return fine;
}

AVStream *reading_stream(AVFormatContext *ctx, enum AVMediaType type)
{
    int index = av_find_best_stream(ctx, type, -1, -1, NULL, 0);
    return index < 0 ? NULL : ctx->streams[index];
}

static uint64_t hash(uint64_t state, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        state = (state ^ data[i]) * 0x100000001b3u;
    return state;
}

static char *take_text(AVBPrint *text)
{
    char *copy = strdup(text->str);
    assert_true(av_bprint_is_complete(text));
    assert_non_null(copy);
    av_bprint_finalize(text, NULL);
    return copy;
}

char *reading_packets(const char *path)
{
    AVFormatContext *ctx = reading_open(path);
    int video = reading_stream(ctx, AVMEDIA_TYPE_VIDEO)->index;
    AVPacket *packet = av_packet_alloc();
    AVBPrint text;

    av_bprint_init(&text, 0, AV_BPRINT_SIZE_UNLIMITED);
    while (av_read_frame(ctx, packet) >= 0) {
        if (packet->stream_index == video)
            av_bprintf(&text, "%lld %lld %lld %x %d %llx\n", (long long)packet->pts,
                       (long long)packet->dts, (long long)packet->duration,
                       (unsigned)packet->flags, packet->size,
                       (unsigned long long)hash(1, packet->data, (size_t)packet->size));
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    avformat_close_input(&ctx);
    return take_text(&text);
}

/* Called with each frame; other than 0 ends it. */
typedef int Visit(const AVFrame *frame, void *opaque);

static int drain(AVCodecContext *decoder, AVFrame *frame, Visit *visit, void *opaque)
{
    int ret = 0;
    while (!ret && avcodec_receive_frame(decoder, frame) >= 0) {
        ret = visit(frame, opaque);
        av_frame_unref(frame);
    }
    return ret;
}

static void decode(const char *path, enum AVMediaType type, Visit *visit, void *opaque)
{
    AVFormatContext *ctx = reading_open(path);
    AVStream *stream = reading_stream(ctx, type);
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();
    AVCodecContext *decoder;
    int ret = 0;

    assert_non_null(stream);
    decoder = avcodec_alloc_context3(avcodec_find_decoder(stream->codecpar->codec_id));
    assert_true(avcodec_parameters_to_context(decoder, stream->codecpar) >= 0);
    decoder->pkt_timebase = stream->time_base;
    decoder->thread_count = 1;
    assert_true(avcodec_open2(decoder, NULL, NULL) >= 0);
    while (!ret && av_read_frame(ctx, packet) >= 0) {
        if (packet->stream_index == stream->index) {
            assert_int_equal(avcodec_send_packet(decoder, packet), 0);
            ret = drain(decoder, frame, visit, opaque);
        }
        av_packet_unref(packet);
    }
    if (!ret && avcodec_send_packet(decoder, NULL) >= 0)
        drain(decoder, frame, visit, opaque);
    avcodec_free_context(&decoder);
    av_frame_free(&frame);
    av_packet_free(&packet);
    avformat_close_input(&ctx);
}

static int describe_picture(const AVFrame *frame, void *opaque)
{
    uint64_t state = 1;
    for (int plane = 0; plane < 3 && frame->data[plane]; plane++) {
        int shift = plane > 0;
        for (int y = 0; y < (frame->height + shift) >> shift; y++)
            state = hash(state, frame->data[plane] + y * frame->linesize[plane],
                         (size_t)((frame->width + shift) >> shift));
    }
    av_bprintf(opaque, "%lld %llx\n", (long long)frame->best_effort_timestamp,
               (unsigned long long)state);
    return 0;
}

char *reading_pictures(const char *path)
{
    AVBPrint text;
    av_bprint_init(&text, 0, AV_BPRINT_SIZE_UNLIMITED);
    decode(path, AVMEDIA_TYPE_VIDEO, describe_picture, &text);
    return take_text(&text);
}

typedef struct Wanted {
    int left;
    AVFrame *frame;
} Wanted;

static int keep_picture(const AVFrame *frame, void *opaque)
{
    Wanted *wanted = opaque;
    if (wanted->left--)
        return 0;
    wanted->frame = av_frame_clone(frame);
    return 1;
}

AVFrame *reading_picture(const char *path, int n)
{
    Wanted wanted = {n, NULL};
    decode(path, AVMEDIA_TYPE_VIDEO, keep_picture, &wanted);
    if (!wanted.frame)
        fail_case("%s has no picture %d", path, n);
    return wanted.frame;
}

static int listen(const AVFrame *frame, void *opaque)
{
    ReadingSound *sound = opaque;
    assert_int_equal(frame->format, AV_SAMPLE_FMT_FLTP);
    for (int i = 0; i < frame->nb_samples; i++)
        sound->peak =
            fmaxf(sound->peak, fabsf(((const float *)(const void *)frame->data[0])[i]));
    return 0;
}

ReadingSound reading_sound(const char *path)
{
    AVFormatContext *ctx = reading_open(path);
    AVStream *stream = reading_stream(ctx, AVMEDIA_TYPE_AUDIO);
    ReadingSound sound = {0};

    assert_non_null(stream);
    assert_int_equal(stream->codecpar->codec_id, AV_CODEC_ID_AAC);
    sound.rate = stream->codecpar->sample_rate;
#if I2V_HAVE_CH_LAYOUT
    sound.channels = stream->codecpar->ch_layout.nb_channels;
#else
    sound.channels = stream->codecpar->channels;
#endif
    sound.start = (double)stream->start_time * av_q2d(stream->time_base);
    sound.seconds = (double)stream->duration * av_q2d(stream->time_base);
    avformat_close_input(&ctx);
    decode(path, AVMEDIA_TYPE_AUDIO, listen, &sound);
    return sound;
}

int reading_count(const char *text)
{
    int count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}
