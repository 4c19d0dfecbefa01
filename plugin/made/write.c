/* i2v: write an MP4 of our own: index in front, whole or not at all, with made-up sound
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "made/write.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <libavcodec/avcodec.h>
#include <libavutil/avstring.h>
#include <libavutil/channel_layout.h>
#include <libavutil/intreadwrite.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>

#include "store/mp4_box.h"
#include "base/compat.h"
#include "base/files.h"

#define RATE          48000
#define CHANNELS      2
#define LOUDNESS      0.1  ///< amplitude of the tone, of 1
#define MIN_TIMESCALE 1000 ///< coarser ones are of no use for anything else
#define FADE          960  ///< samples that the tone takes to come and to go

/* The most that one sample takes in the index: stts, ctts, stsz, stss, stsc and co64 for
 * each of them; and what there is beside samples. */
#define INDEX_PER_SAMPLE 48
#define INDEX_BASE       16384

struct Writer {
    const char *path; ///< borrowed
    const AVIOInterruptCB *interrupt;
    char *temp; ///< the file that is written
    int fd;     ///< of it, for the end; -1 = none
    AVFormatContext *fmt;
    AVPacket *packet;

    /* The sound; encoder is NULL without. */
    AVCodecContext *encoder;
    AVStream *stream;
    AVFrame *frame;
    int64_t samples; ///< encoded so far
    int64_t length;  ///< samples in all
    int64_t start;   ///< samples before it sets in
    int64_t primed;  ///< of the encoder's own, which are heard when it sets in late
    double frequency;
};

int write_open(const char *path, mode_t mode, const AVIOInterruptCB *interrupt,
               Writer **writer)
{
    Writer *made = av_mallocz(sizeof(*made));
    char *url = NULL;
    int ret = AVERROR(ENOMEM);

    *writer = NULL;
    if (!made)
        return ret;
    made->path = path;
    made->interrupt = interrupt;
    made->packet = av_packet_alloc();
    made->fd = files_create_beside(path, mode, &made->temp);
    if (made->fd < 0) {
        ret = made->fd;
        goto end;
    }
    /* With a protocol, as a name may look like one. */
    url = av_asprintf("file:%s", made->temp);
    if (!made->packet || !url ||
        (ret = avformat_alloc_output_context2(&made->fmt, NULL, "mp4", url)) < 0)
        goto end;
    if (interrupt)
        made->fmt->interrupt_callback = *interrupt;
    made->fmt->flags |= AVFMT_FLAG_BITEXACT;
    ret = avio_open2(&made->fmt->pb, url, AVIO_FLAG_WRITE, interrupt, NULL);
    if (ret >= 0) {
        *writer = made;
        made = NULL;
    }
end:
    av_free(url);
    write_close(&made, ret);
    return ret;
}

AVFormatContext *write_context(Writer *writer)
{
    return writer->fmt;
}

/* The sound */

static int open_encoder(Writer *writer, const AVCodec *codec)
{
    AVCodecContext *encoder = writer->encoder;

    encoder->sample_fmt = AV_SAMPLE_FMT_FLTP;
    encoder->sample_rate = RATE;
    encoder->time_base = (AVRational){1, RATE};
    encoder->bit_rate = 96000;
    encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
    encoder->log_level_offset = AV_LOG_DEBUG - AV_LOG_INFO;
#if I2V_HAVE_CH_LAYOUT
    av_channel_layout_default(&encoder->ch_layout, CHANNELS);
    av_channel_layout_default(&writer->frame->ch_layout, CHANNELS);
#else
    encoder->channels = writer->frame->channels = CHANNELS;
    encoder->channel_layout = writer->frame->channel_layout = AV_CH_LAYOUT_STEREO;
#endif
    return avcodec_open2(encoder, codec, NULL);
}

int write_add_sound(Writer *writer, double start, double frequency)
{
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_AAC);
    int ret;

    if (!codec)
        return AVERROR_ENCODER_NOT_FOUND;
    writer->frequency = frequency;
    writer->encoder = avcodec_alloc_context3(codec);
    writer->frame = av_frame_alloc();
    writer->stream = avformat_new_stream(writer->fmt, NULL);
    if (!writer->encoder || !writer->frame || !writer->stream)
        return AVERROR(ENOMEM);
    if ((ret = open_encoder(writer, codec)) < 0 ||
        (ret = avcodec_parameters_from_context(writer->stream->codecpar,
                                               writer->encoder)) < 0)
        return ret;
    /* The muxer hides what the encoder put before the sound when that is before 0. */
    writer->start = (int64_t)ceil(start * RATE - 0.01);
    writer->primed = writer->start ? writer->encoder->initial_padding : 0;
    writer->stream->time_base = writer->encoder->time_base;
    writer->frame->format = AV_SAMPLE_FMT_FLTP;
    writer->frame->sample_rate = RATE;
    writer->frame->nb_samples = writer->encoder->frame_size;
    return av_frame_get_buffer(writer->frame, 0);
}

static void fill(Writer *writer)
{
    AVFrame *frame = writer->frame;

    for (int i = 0; i < frame->nb_samples; i++) {
        int64_t at = writer->samples + i;
        int64_t edge = FFMIN(FFMIN(at, writer->length - at), FADE);
        double angle = fmod(writer->frequency * (double)at / RATE, 1) * 2 * M_PI;
        float value = (float)(LOUDNESS * sin(angle) * (double)edge / FADE);
        for (int channel = 0; channel < CHANNELS; channel++)
            ((float *)(void *)frame->data[channel])[i] = value;
    }
}

/* NULL = no more will come. */
static int encode(Writer *writer, const AVFrame *frame)
{
    int ret = avcodec_send_frame(writer->encoder, frame);

    while (ret >= 0) {
        ret = avcodec_receive_packet(writer->encoder, writer->packet);
        if (ret == AVERROR(EAGAIN) || ret == AVERROR_EOF)
            return 0;
        if (ret < 0)
            break;
        writer->packet->pts += writer->start + writer->primed;
        writer->packet->dts += writer->start + writer->primed;
        av_packet_rescale_ts(writer->packet, writer->encoder->time_base,
                             writer->stream->time_base);
        writer->packet->stream_index = writer->stream->index;
        ret = av_interleaved_write_frame(writer->fmt, writer->packet);
    }
    return ret;
}

/* Encode the whole frames that end by `until`; where that is the end of it all, also what
 * is left of one. */
static int encode_until(Writer *writer, int64_t until)
{
    int size = writer->encoder->frame_size, ret = 0;

    until = FFMIN(until, writer->length);
    while (ret >= 0 && writer->samples + (until < writer->length ? size : 1) <= until) {
        writer->frame->nb_samples = (int)FFMIN(size, until - writer->samples);
        if (i2v_interrupted(writer->interrupt))
            return AVERROR(EINTR);
        if ((ret = av_frame_make_writable(writer->frame)) < 0)
            break;
        fill(writer);
        writer->frame->pts = writer->samples;
        ret = encode(writer, writer->frame);
        writer->samples += writer->frame->nb_samples;
    }
    return ret;
}

/* The file */

static int64_t index_size(const Writer *writer, int64_t packets, double seconds)
{
    int64_t size = INDEX_BASE + INDEX_PER_SAMPLE * packets;

    if (writer->encoder)
        size += INDEX_PER_SAMPLE *
                (int64_t)(seconds * RATE / writer->encoder->frame_size + 8);
    for (unsigned i = 0; i <= writer->fmt->nb_streams; i++) {
        const AVStream *stream =
            i < writer->fmt->nb_streams ? writer->fmt->streams[i] : NULL;
        const AVDictionary *metadata = stream ? stream->metadata : writer->fmt->metadata;
        const AVDictionaryEntry *entry = NULL;

        size += stream ? stream->codecpar->extradata_size : 0;
        while ((entry = av_dict_get(metadata, "", entry, AV_DICT_IGNORE_SUFFIX)))
            size += 64 + 2 * (int64_t)(strlen(entry->key) + strlen(entry->value));
    }
    return size;
}

static bool has_option(const Writer *writer, const char *name, const char *unit)
{
    return av_opt_find(writer->fmt->priv_data, name, unit, 0, 0);
}

static bool has_colors(const AVCodecParameters *par)
{
    return par->color_primaries != AVCOL_PRI_UNSPECIFIED &&
           par->color_trc != AVCOL_TRC_UNSPECIFIED &&
           par->color_space != AVCOL_SPC_UNSPECIFIED;
}

int write_begin(Writer *writer, int64_t packets, double seconds)
{
    AVDictionary *options = NULL;
    AVRational base = writer->fmt->streams[0]->time_base;
    int64_t size = index_size(writer, packets, seconds);
    int ret;

    writer->length = FFMAX(llrint(seconds * RATE) - writer->primed, 1);
    if (size > INT32_MAX)
        return AVERROR(EFBIG);
    av_dict_set_int(&options, "moov_size", size, 0);
    if (base.num == 1)
        av_dict_set_int(&options, "video_track_timescale", base.den, 0);
    /* Edits are given in this unit, and would be rounded to milliseconds. */
    if (base.num == 1 && base.den >= MIN_TIMESCALE &&
        has_option(writer, "movie_timescale", NULL))
        av_dict_set_int(&options, "movie_timescale", base.den, 0);
    /* Later versions need no flag for that. */
    if (has_colors(writer->fmt->streams[0]->codecpar) &&
        has_option(writer, "write_colr", "movflags"))
        av_dict_set(&options, "movflags", "+write_colr", 0);
    ret = avformat_write_header(writer->fmt, &options);
    av_dict_free(&options);
    return ret < 0 ? ret : 0;
}

int write_put(Writer *writer, AVPacket *packet, AVRational time_base)
{
    AVStream *stream = writer->fmt->streams[packet->stream_index];
    int ret = 0;

    if (i2v_interrupted(writer->interrupt))
        ret = AVERROR(EINTR);
    else if (writer->encoder && packet->dts != AV_NOPTS_VALUE)
        ret = encode_until(writer,
                           av_rescale_q(packet->dts, time_base, (AVRational){1, RATE}) -
                               writer->start);
    if (ret < 0) {
        av_packet_unref(packet);
        return ret;
    }
    av_packet_rescale_ts(packet, time_base, stream->time_base);
    packet->pos = -1;
    return av_interleaved_write_frame(writer->fmt, packet);
}

int write_end(Writer *writer)
{
    int ret = 0;

    if ((writer->encoder && ((ret = encode_until(writer, writer->length)) < 0 ||
                             (ret = encode(writer, NULL)) < 0)) ||
        (ret = av_write_trailer(writer->fmt)) < 0)
        return ret;
    /* What could not be written any more is told here alone. */
    return avio_closep(&writer->fmt->pb);
}

int write_close(Writer **writer, int ret)
{
    Writer *gone = *writer;

    *writer = NULL;
    if (!gone)
        return ret;
    if (ret < 0 && i2v_interrupted(gone->interrupt))
        ret = AVERROR(EINTR);
    if (gone->fmt)
        avio_closep(&gone->fmt->pb);
    avformat_free_context(gone->fmt);
    avcodec_free_context(&gone->encoder);
    av_frame_free(&gone->frame);
    av_packet_free(&gone->packet);
    if (gone->fd >= 0)
        ret = files_publish(gone->fd, gone->temp, gone->path, ret);
    av_free(gone);
    return ret;
}

/* The edit list, set where the muxer cannot be told */

/* Go into the first box of a type. */
static int enter(int fd, uint32_t type, Box *in)
{
    const char *why;
    int64_t at = in->start;
    Box box;
    int ret;

    for (; (ret = box_read(fd, at, in->end, &box, &why)) >= 0; at = box.end)
        if (box.type == type) {
            *in = box;
            return 0;
        }
    return ret;
}

/* The unit of an edit's duration, in parts of a second. */
static int read_timescale(int fd, Box in, uint32_t *timescale)
{
    uint8_t head[24];
    const char *why;
    int ret = enter(fd, MKTAG('m', 'v', 'h', 'd'), &in);

    if (ret < 0 || (ret = box_read_at(fd, in.start, head, sizeof(head), &why)) < 0)
        return ret;
    *timescale = AV_RB32(head + (head[0] == 1 ? 20 : 12));
    return 0;
}

int write_trim(Writer *writer, double seconds)
{
    int fd = writer->fd;
    Box in = {.end = lseek(fd, 0, SEEK_END)};
    const char *why;
    uint8_t head[8], duration[8];
    uint32_t timescale;
    int64_t count, at;
    bool wide;
    int ret;

    if ((ret = enter(fd, MKTAG('m', 'o', 'o', 'v'), &in)) < 0 ||
        (ret = read_timescale(fd, in, &timescale)) < 0 ||
        (ret = enter(fd, MKTAG('t', 'r', 'a', 'k'), &in)) < 0 ||
        (ret = enter(fd, MKTAG('e', 'd', 't', 's'), &in)) < 0 ||
        (ret = enter(fd, MKTAG('e', 'l', 's', 't'), &in)) < 0 ||
        (ret = box_read_at(fd, in.start, head, sizeof(head), &why)) < 0)
        return ret;
    wide = head[0] == 1;
    count = AV_RB32(head + 4);
    at = in.start + 8 + (count - 1) * (wide ? 20 : 12);
    if (count < 1 || at + (wide ? 20 : 12) > in.end)
        return AVERROR_INVALIDDATA;
    AV_WB64(duration, (uint64_t)llrint(seconds * timescale));
    if (pwrite(fd, wide ? duration : duration + 4, wide ? 8 : 4, (off_t)at) < 0)
        return AVERROR(errno);
    return 0;
}
