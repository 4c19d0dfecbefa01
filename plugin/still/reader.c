/* i2v: packets and frames of a still's source, which FFmpeg sees as bytes without a name
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/cpu.h>
#include <libavutil/mem.h>

#include "still/kind.h"
#include "still/parts.h"

#define IO_SIZE     65536
#define PROBE_SIZE  (1 << 20)
#define MAX_THREADS 4

/* Pictures and containers of them; nothing that points at other files. */
static const char formats[] =
    "bmp_pipe,cri_pipe,dds_pipe,dpx_pipe,exr_pipe,gem_pipe,gif_pipe,hdr_pipe,j2k_pipe,"
    "jpeg_pipe,jpegls_pipe,jpegxl_pipe,jpegxl_anim,jpegxs_pipe,pam_pipe,pbm_pipe,"
    "pcx_pipe,pfm_pipe,pgm_pipe,pgmyuv_pipe,pgx_pipe,phm_pipe,photocd_pipe,pictor_pipe,"
    "png_pipe,ppm_pipe,psd_pipe,qdraw_pipe,qoi_pipe,sgi_pipe,sunrast_pipe,tiff_pipe,"
    "vbn_pipe,webp_pipe,webp,webp_anim,awebp,xbm_pipe,xpm_pipe,xwd_pipe,apng,gif,ico,iff,"
    "fits,mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,ogg,mxf,nut,asf,ivf,"
    "yuv4mpegpipe,wtv,gxf,dv,h261,h263,h264,hevc,vvc,av1,obu,evc,m4v,mjpeg,dirac,dnxhd,"
    "cavsvideo,vc1,rm,nsv,nuv,flic,lvf,mlv,pva";
static const char animations[] = "gif,apng,webp,webp_anim,awebp,jpegxl_anim";
static const char pictures[] = "ico,iff,fits";
/* Brands of ISO files that hold one picture, and that hold several in a row. */
static const char picture_brands[] = "avif,heic,heix,heim,heis,mif1,mif2,miaf,jxl ";
static const char sequence_brands[] = "avis,msf1,hevc,hevx,hevm,hevs";

static int read_source(void *opaque, uint8_t *to, int size)
{
    StillReader *reader = opaque;
    int got;

    if (i2v_interrupted(reader->source->interrupt))
        return AVERROR_EXIT;
    got = still_bytes_read(reader->bytes, reader->pos, to, size);
    if (got > 0)
        reader->pos += got;
    return got ? got : AVERROR_EOF;
}

static int64_t seek_source(void *opaque, int64_t offset, int whence)
{
    StillReader *reader = opaque;

    switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE:
        return reader->bytes->size;
    case SEEK_CUR:
        offset += reader->pos;
        break;
    case SEEK_END:
        offset += reader->bytes->size;
        break;
    }
    if (offset < 0)
        return AVERROR(EINVAL);
    return reader->pos = offset;
}

static int refuse_open(AVFormatContext *fmt, AVIOContext **pb, const char *url, int flags,
                       AVDictionary **options)
{
    (void)fmt;
    (void)url;
    (void)flags;
    (void)options;
    *pb = NULL;
    return AVERROR(EACCES);
}

/* Like libavformat's own probing, but without its log lines and without a name. */
static int probe(StillReader *reader, I2VInputFormat **format)
{
    AVProbeData data = {.filename = ""};
    int score = 0, got, ret = AVERROR(ENOMEM);

    data.buf = av_mallocz(PROBE_SIZE + AVPROBE_PADDING_SIZE);
    if (!data.buf)
        goto end;
    ret = got = still_bytes_read(reader->bytes, 0, data.buf, PROBE_SIZE);
    if (ret < 0)
        goto end;
    data.buf_size = got;
    *format = av_probe_input_format3(&data, 1, &score);
    /* A phone puts a video behind the picture, in which FFmpeg gets lost. */
    if (!*format && got > 3 && !memcmp(data.buf, "\xFF\xD8\xFF", 3))
        *format = av_find_input_format("jpeg_pipe");
    ret = 0;
    if (!*format || av_match_list((*format)->name, formats, ',') <= 0)
        ret = still_say_kind(reader->bytes, reader->label, 0, reader->source->out);
    if (ret < 0)
        goto end;
    if (!*format) {
        ret = outcome_fail(reader->source->out, FAILURE_REQUEST, AVERROR_INVALIDDATA,
                           "image '%s' is neither an image nor a video that FFmpeg knows",
                           reader->label);
    } else if (av_match_list((*format)->name, formats, ',') <= 0) {
        ret = outcome_fail(
            reader->source->out, FAILURE_REQUEST, AVERROR_INVALIDDATA,
            "image '%s' is neither an image nor a video: its content is '%s' (%s)",
            reader->label, (*format)->name, (*format)->long_name);
    }
end:
    av_free(data.buf);
    return ret;
}

static int open_format(StillReader *reader, I2VInputFormat *format)
{
    AVDictionary *options = NULL;
    uint8_t *buffer = av_malloc(IO_SIZE);
    int ret = AVERROR(ENOMEM);

    reader->fmt = avformat_alloc_context();
    if (buffer)
        reader->pb = avio_alloc_context(buffer, IO_SIZE, 0, reader, read_source, NULL,
                                        seek_source);
    if (!reader->fmt || !reader->pb) {
        if (!reader->pb)
            av_free(buffer);
        goto end;
    }
    reader->fmt->pb = reader->pb;
    reader->fmt->flags |= AVFMT_FLAG_CUSTOM_IO;
    reader->fmt->io_open = refuse_open;
    if (reader->source->interrupt)
        reader->fmt->interrupt_callback = *reader->source->interrupt;
    if ((ret = av_dict_set(&options, "format_whitelist", formats, 0)) < 0 ||
        (ret = av_dict_set(&options, "protocol_whitelist", "", 0)) < 0 ||
        (ret = av_dict_set(&options, "enable_drefs", "0", 0)) < 0)
        goto end;
    ret = avformat_open_input(&reader->fmt, "", format, &options);
end:
    av_dict_free(&options);
    return ret;
}

static bool is_tiled(const AVFormatContext *fmt)
{
#if I2V_HAVE_TILE_GRID
    for (unsigned i = 0; i < fmt->nb_stream_groups; i++)
        if (fmt->stream_groups[i]->type == AV_STREAM_GROUP_PARAMS_TILE_GRID &&
            fmt->stream_groups[i]->nb_streams > 1)
            return true;
#else
    (void)fmt;
#endif
    return false;
}

static bool has_brand(const AVFormatContext *fmt, const char *brands)
{
    const AVDictionaryEntry *brand = av_dict_get(fmt->metadata, "major_brand", NULL, 0);

    return brand && av_match_list(brand->value, brands, ',') > 0;
}

/* The best video stream; a cover picture only when there is nothing else. Of a sequence
 * the first: what follows is its alpha. */
static AVStream *choose_stream(AVFormatContext *fmt)
{
    int best = av_find_best_stream(fmt, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);

    if (best < 0)
        return NULL;
    if (has_brand(fmt, sequence_brands))
        for (best = 0; fmt->streams[best]->codecpar->codec_type != AVMEDIA_TYPE_VIDEO;)
            best++;
    for (unsigned i = 0; i < fmt->nb_streams &&
                         fmt->streams[best]->disposition & AV_DISPOSITION_ATTACHED_PIC;
         i++)
        if (fmt->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
            !(fmt->streams[i]->disposition & AV_DISPOSITION_ATTACHED_PIC))
            best = (int)i;
    for (unsigned i = 0; i < fmt->nb_streams; i++)
        fmt->streams[i]->discard = (int)i == best ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    return fmt->streams[best];
}

static int open_decoder(StillReader *reader)
{
    const AVCodecParameters *par = reader->stream->codecpar;
    const AVCodec *codec = avcodec_find_decoder(par->codec_id);
    AVCodecContext *decoder;
    int ret;

    if (!codec) {
        ret = still_say_kind(reader->bytes, reader->label, 0, reader->source->out);
        return ret < 0 ? AVERROR_DECODER_NOT_FOUND
                       : outcome_fail(reader->source->out, FAILURE_REQUEST,
                                      AVERROR_DECODER_NOT_FOUND,
                                      "image '%s': this FFmpeg has no decoder for %s",
                                      reader->label, avcodec_get_name(par->codec_id));
    }
    decoder = reader->decoder = avcodec_alloc_context3(codec);
    if (!decoder)
        return AVERROR(ENOMEM);
    ret = avcodec_parameters_to_context(decoder, par);
    if (ret < 0)
        return ret;
    decoder->max_pixels = STILL_MAX_PIXELS;
    decoder->log_level_offset = AV_LOG_DEBUG - AV_LOG_ERROR; // what matters is said by us
    decoder->pkt_timebase = reader->stream->time_base;
    decoder->thread_count = reader->image ? 1 : FFMIN(av_cpu_count(), MAX_THREADS);
#if I2V_HAVE_ICC_PROFILES
    if (reader->image && !reader->ignore_icc)
        decoder->flags2 = (int)((unsigned)decoder->flags2 | AV_CODEC_FLAG2_ICC_PROFILES);
#endif
    return avcodec_open2(decoder, codec, NULL);
}

static int say_not_opened(const StillReader *reader, int error)
{
    if (error == AVERROR_EXIT || error == AVERROR(EINTR) ||
        i2v_interrupted(reader->source->interrupt))
        return still_say_unread(reader->source, reader->label, AVERROR(EINTR));
    if (error != AVERROR(ENOMEM) &&
        still_say_kind(reader->bytes, reader->label, error, reader->source->out) < 0)
        return AVERROR_INVALIDDATA;
    return outcome_fail(reader->source->out, FAILURE_REQUEST,
                        error == AVERROR(ENOMEM) ? error : AVERROR_INVALIDDATA,
                        "image '%s' cannot be opened: %s", reader->label,
                        error == AVERROR(ENOMEM) ? "out of memory"
                                                 : "it is damaged or cut short");
}

static bool is_picture(const StillReader *reader, const char *format)
{
    size_t length = strlen(format);

    return (length > 5 && !strcmp(format + length - 5, "_pipe")) ||
           av_match_list(format, pictures, ',') > 0 ||
           has_brand(reader->fmt, picture_brands);
}

static int open_all(StillReader *reader)
{
    I2VInputFormat *format = NULL;
    int ret = 0;

    if (reader->format)
        format = av_find_input_format(reader->format);
    if (!format)
        ret = probe(reader, &format);
    if (ret < 0)
        return format || ret == AVERROR_INVALIDDATA ? ret : say_not_opened(reader, ret);
    ret = open_format(reader, format);
    if (ret < 0)
        return say_not_opened(reader, ret);
    reader->image = is_picture(reader, format->name);
    reader->animation = av_match_list(format->name, animations, ',') > 0;
    if (!reader->image)
        ret = avformat_find_stream_info(reader->fmt, NULL);
    if (ret < 0)
        return say_not_opened(reader, ret);
    if (is_tiled(reader->fmt))
        return outcome_fail(
            reader->source->out, FAILURE_REQUEST, AVERROR_PATCHWELCOME,
            "image '%s' is made of tiles, which i2v cannot join: convert it to PNG or "
            "JPEG first",
            reader->label);
    reader->stream = choose_stream(reader->fmt);
    if (!reader->stream)
        return outcome_fail(reader->source->out, FAILURE_REQUEST, AVERROR_INVALIDDATA,
                            "image '%s' has no picture in it", reader->label);
    ret = open_decoder(reader);
    if (ret == AVERROR_DECODER_NOT_FOUND)
        return ret;
    return ret < 0 ? say_not_opened(reader, ret) : 0;
}

void still_reader_close(StillReader *reader)
{
    avcodec_free_context(&reader->decoder);
    avformat_close_input(&reader->fmt);
    if (reader->pb)
        av_freep(&reader->pb->buffer);
    avio_context_free(&reader->pb);
    av_packet_free(&reader->packet);
    av_freep(&reader->packets);
    reader->stream = NULL;
}

int still_reader_restart(StillReader *reader)
{
    int ret;

    still_reader_close(reader);
    *reader = (StillReader){.source = reader->source,
                            .label = reader->label,
                            .bytes = reader->bytes,
                            .format = reader->format,
                            .ignore_icc = reader->ignore_icc,
                            .last = AV_NOPTS_VALUE,
                            .from_start = true};
    reader->packet = av_packet_alloc();
    ret = reader->packet ? open_all(reader) : say_not_opened(reader, AVERROR(ENOMEM));
    if (ret < 0)
        still_reader_close(reader);
    return ret;
}

int still_reader_open(StillReader *reader, const StillSource *source, const char *label,
                      const StillBytes *bytes, const char *format)
{
    *reader =
        (StillReader){.source = source, .label = label, .bytes = bytes, .format = format};
    return still_reader_restart(reader);
}

int still_reader_seek(StillReader *reader, int64_t time, int64_t latest)
{
    int ret =
        av_seek_frame(reader->fmt, reader->stream->index, time, AVSEEK_FLAG_BACKWARD);

    if (ret < 0)
        return ret;
    avcodec_flush_buffers(reader->decoder);
    reader->nb_packets = reader->nb_frames = 0;
    reader->last = AV_NOPTS_VALUE;
    reader->latest = latest;
    reader->need_key = true;
    reader->from_start = false;
    reader->flushed = false;
    return 0;
}

int64_t still_reader_start(const StillReader *reader)
{
    return reader->stream->start_time == AV_NOPTS_VALUE ? 0 : reader->stream->start_time;
}

int still_reader_packet(StillReader *reader)
{
    for (;;) {
        int ret;
        if (i2v_interrupted(reader->source->interrupt))
            return AVERROR(EINTR);
        av_packet_unref(reader->packet);
        ret = av_read_frame(reader->fmt, reader->packet);
        if (ret == AVERROR_EXIT)
            return AVERROR(EINTR);
        if (ret == AVERROR(EAGAIN))
            continue;
        if (ret < 0)
            return ret == AVERROR(ENOMEM) ? ret : AVERROR_EOF;
        if (reader->packet->stream_index == reader->stream->index)
            return 0;
    }
}

static int record_packet(StillReader *reader)
{
    const AVPacket *packet = reader->packet;
    StillPacket *grown, *entry;

    if (reader->nb_packets >= INT32_MAX / (int)sizeof(*grown))
        return AVERROR(ENOMEM);
    grown = av_fast_realloc(reader->packets, &reader->packets_room,
                            ((size_t)reader->nb_packets + 1) * sizeof(*grown));
    if (!grown)
        return AVERROR(ENOMEM);
    reader->packets = grown;
    entry = &grown[reader->nb_packets++];
    *entry =
        (StillPacket){.time = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts,
                      .dts = packet->dts,
                      .duration = packet->duration,
                      .timed = packet->pts != AV_NOPTS_VALUE,
                      .key = packet->flags & AV_PKT_FLAG_KEY};
    digest_bytes(packet->data, (size_t)packet->size, entry->digest);
    return 0;
}

/* Hands the decoder its next packet, stamped with its index instead of its time: so each
 * frame names the packet that it came from, in every version of FFmpeg. */
static int feed(StillReader *reader)
{
    int ret = still_reader_packet(reader);

    if (ret == AVERROR_EOF) {
        reader->flushed = true;
        return avcodec_send_packet(reader->decoder, NULL);
    }
    if (ret < 0)
        return ret;
    if (reader->need_key) {
        bool timed = reader->packet->pts != AV_NOPTS_VALUE;
        int64_t time = timed ? reader->packet->pts : reader->packet->dts;
        if (!(reader->packet->flags & AV_PKT_FLAG_KEY))
            return 0;
        /* What MPEG streams do not say is guessed, and after a seek guessed wrong. */
        if (!timed && reader->fmt->iformat->flags & AVFMT_TS_DISCONT)
            return 0;
        if (time == AV_NOPTS_VALUE || time > reader->latest)
            return AVERROR(ERANGE);
        reader->need_key = false;
    }
    ret = record_packet(reader);
    if (ret < 0)
        return ret;
    reader->packet->pts = reader->nb_packets - 1;
    reader->packet->dts = AV_NOPTS_VALUE;
    ret = avcodec_send_packet(reader->decoder, reader->packet);
    /* A video may have a broken packet; a picture has but this one. */
    return ret == AVERROR(ENOMEM) || reader->image ? ret : 0;
}

/* AVI knows no order of display: one frame after the other, by the steps of decoding. */
static void place_untimed(StillReader *reader, StillShown *shown)
{
    int turn = FFMIN(reader->nb_frames, reader->nb_packets - 1);
    int64_t now = reader->packets[turn].dts;
    int64_t before = turn ? reader->packets[turn - 1].dts : AV_NOPTS_VALUE;

    if (now != AV_NOPTS_VALUE && before != AV_NOPTS_VALUE && now > before)
        shown->duration = now - before;
    shown->time = now;
    if (reader->last != AV_NOPTS_VALUE)
        shown->time = reader->last + shown->duration;
    else if (now == AV_NOPTS_VALUE)
        shown->time = still_reader_start(reader);
}

static void place(StillReader *reader, const AVFrame *frame, StillShown *shown)
{
    const StillPacket *packet;
    AVRational rate = reader->stream->avg_frame_rate;

    shown->packet = reader->nb_packets - 1;
    if (frame->pts >= 0 && frame->pts < reader->nb_packets)
        shown->packet = (int)frame->pts;
    packet = &reader->packets[shown->packet];
    shown->time = packet->time;
    shown->duration = packet->duration;
    if (shown->duration <= 0 && rate.num > 0 && rate.den > 0)
        shown->duration = av_rescale_q(1, av_inv_q(rate), reader->stream->time_base);
    if (!packet->timed)
        place_untimed(reader, shown);
    reader->last = shown->time;
    reader->nb_frames++;
}

int still_reader_frame(StillReader *reader, AVFrame *frame, StillShown *shown)
{
    for (;;) {
        int ret = avcodec_receive_frame(reader->decoder, frame);
        if (ret >= 0 && !reader->nb_packets)
            ret = AVERROR_BUG;
        if (ret >= 0)
            place(reader, frame, shown);
        if (ret >= 0 || ret == AVERROR_EOF || ret == AVERROR(ENOMEM))
            return ret;
        if (reader->flushed)
            return AVERROR_EOF;
        if (ret != AVERROR(EAGAIN) && reader->image)
            return ret;
        ret = feed(reader);
        if (ret < 0)
            return ret;
    }
}
