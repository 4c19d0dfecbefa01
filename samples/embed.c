/* i2v: a program that embeds FFmpeg and libi2v: the frames of a clip as Y4M
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * cc embed.c -o embed $(pkg-config --cflags --libs i2v libavformat libavcodec libavutil)
 *
 * embed STILL PROMPT OUTPUT [NAME=VALUE...]
 *
 *   AIML_API_KEY=... ./embed still.png "She turns around" clip.y4m duration=8
 *   ./embed still.png "She turns around" - dry_run=1 | ffplay -
 *
 * Ctrl-C leaves with status 130; the generation goes on at the gateway, and the same
 * command picks it up. Status 64 is a wrong command line, 1 anything else that failed.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <i2v.h>
#include <libavcodec/avcodec.h>
#include <libavutil/imgutils.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>

enum { STATUS_FAILED = 1, STATUS_USAGE = 64, STATUS_INTERRUPTED = 130 };

/* Progress and cancellation */

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

/* Asked several times a second while i2v waits, which ends with AVERROR(EINTR) once this
 * returns 1. So it is also the place to keep a window alive or, as here, to count. */
static int keep_alive(void *opaque)
{
    time_t *said = opaque, now = time(NULL);

    if (now != *said && !interrupted)
        fprintf(stderr, "embed: working\n");
    *said = now;
    return interrupted;
}

/* What i2v and FFmpeg say: changes of status, warnings, the sentence behind an error. We
 * count ourselves, so the line that i2v refreshes on a terminal is left out. */
static void on_log(void *context, int level, const char *format, va_list args)
{
    char text[1024];

    (void)context;
    if (level > av_log_get_level())
        return;
    vsnprintf(text, sizeof(text), format, args);
    if (text[0] != '\n' && !strchr(text, '\r'))
        fprintf(stderr, "embed: %s", text);
}

/* Writing */

typedef struct Output {
    FILE *file;
    AVRational rate;
    uint8_t *buffer;
    int size; ///< of a frame, known with the first
    int frames;
} Output;

static int begin_output(Output *out, const AVFrame *frame)
{
    if (frame->format != AV_PIX_FMT_YUV420P && frame->format != AV_PIX_FMT_YUVJ420P) {
        fprintf(stderr, "embed: not 4:2:0 of 8 bits; libswscale could convert it\n");
        return AVERROR_PATCHWELCOME;
    }
    out->size = av_image_get_buffer_size(frame->format, frame->width, frame->height, 1);
    if (out->size < 0)
        return out->size;
    if (!(out->buffer = av_malloc((size_t)out->size)))
        return AVERROR(ENOMEM);
    fprintf(out->file, "YUV4MPEG2 W%d H%d F%d:%d Ip A1:1 C420mpeg2\n", frame->width,
            frame->height, out->rate.num, out->rate.den);
    return 0;
}

static int write_frame(Output *out, const AVFrame *frame)
{
    int ret = out->size ? 0 : begin_output(out, frame);

    if (ret < 0)
        return ret;
    ret = av_image_copy_to_buffer(out->buffer, out->size,
                                  (const uint8_t *const *)frame->data, frame->linesize,
                                  frame->format, frame->width, frame->height, 1);
    if (ret != out->size) /* Y4M has one size for all */
        return ret < 0 ? ret : AVERROR_PATCHWELCOME;
    fputs("FRAME\n", out->file);
    if (fwrite(out->buffer, 1, (size_t)out->size, out->file) != (size_t)out->size)
        return AVERROR(EIO);
    if (++out->frames % 30 == 0)
        fprintf(stderr, "embed: frame %d\n", out->frames);
    return 0;
}

/* Decoding, as of any other file */

static int open_decoder(const AVStream *stream, AVCodecContext **decoder)
{
    const AVCodec *codec = avcodec_find_decoder(stream->codecpar->codec_id);
    int ret;

    if (!codec)
        return AVERROR_DECODER_NOT_FOUND;
    if (!(*decoder = avcodec_alloc_context3(codec)))
        return AVERROR(ENOMEM);
    if ((ret = avcodec_parameters_to_context(*decoder, stream->codecpar)) < 0)
        return ret;
    return avcodec_open2(*decoder, codec, NULL);
}

/* A packet, or NULL for what the decoder still holds. */
static int decode(AVCodecContext *decoder, const AVPacket *packet, Output *out)
{
    AVFrame *frame = av_frame_alloc();
    int ret = frame ? avcodec_send_packet(decoder, packet) : AVERROR(ENOMEM);

    while (ret >= 0 && (ret = avcodec_receive_frame(decoder, frame)) >= 0)
        ret = write_frame(out, frame);
    av_frame_free(&frame);
    return ret == AVERROR(EAGAIN) || ret == AVERROR_EOF ? 0 : ret;
}

static int decode_all(AVFormatContext *input, int stream, AVCodecContext *decoder,
                      Output *out)
{
    AVPacket *packet = av_packet_alloc();
    int ret = packet ? 0 : AVERROR(ENOMEM);

    while (ret >= 0 && (ret = av_read_frame(input, packet)) >= 0) {
        if (packet->stream_index == stream)
            ret = decode(decoder, packet, out);
        av_packet_unref(packet);
        if (interrupted)
            ret = AVERROR(EINTR);
    }
    av_packet_free(&packet);
    return ret == AVERROR_EOF ? decode(decoder, NULL, out) : ret;
}

static int write_clip(AVFormatContext *input, const char *name)
{
    AVCodecContext *decoder = NULL;
    Output out = {.file = NULL};
    int ret, stream;

    if ((ret = avformat_find_stream_info(input, NULL)) < 0 ||
        (ret = av_find_best_stream(input, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0)) < 0)
        return ret;
    stream = ret;
    out.rate = av_guess_frame_rate(input, input->streams[stream], NULL);
    if ((ret = open_decoder(input->streams[stream], &decoder)) >= 0) {
        out.file = strcmp(name, "-") ? fopen(name, "wb") : stdout;
        ret = out.file ? decode_all(input, stream, decoder, &out) : AVERROR(errno);
    }
    if (out.file && fclose(out.file) && ret >= 0)
        ret = AVERROR(EIO);
    if (ret >= 0)
        fprintf(stderr, "embed: %d frames in %s\n", out.frames, name);
    av_free(out.buffer);
    avcodec_free_context(&decoder);
    return ret;
}

/* The request */

/* i2v leaves an option that it does not know to the caller, as avformat_open_input()
 * does; a misspelt one is better found before anything is bought. */
static int add_option(AVDictionary **options, const char *argument)
{
    const AVClass *class = i2v_get_class();
    const char *value = strchr(argument, '=');
    char *name = value ? av_strndup(argument, (size_t)(value - argument)) : NULL;
    int ret = AVERROR_OPTION_NOT_FOUND;

    if (name && av_opt_find(&class, name, NULL, 0, AV_OPT_SEARCH_FAKE_OBJ))
        ret = av_dict_set(options, name, value + 1, 0);
    else
        fprintf(stderr, "embed: %s is no NAME=VALUE of i2v's options\n", argument);
    av_free(name);
    return ret;
}

static int run(const char *still, AVDictionary **options, const char *output)
{
    AVFormatContext *input = avformat_alloc_context();
    time_t said = time(NULL);

    if (!input)
        return AVERROR(ENOMEM);
    input->interrupt_callback = (AVIOInterruptCB){keep_alive, &said};
    int ret = i2v_open_input(&input, still, options); /* frees input when it fails */
    if (ret >= 0)
        ret = write_clip(input, output);
    avformat_close_input(&input);
    return ret;
}

int main(int argc, char **argv)
{
    /* A second Ctrl-C ends the program the hard way. */
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    AVDictionary *options = NULL;
    int ret;

    if (argc < 4) {
        fprintf(stderr, "Usage: embed STILL PROMPT OUTPUT [NAME=VALUE...]\n");
        return STATUS_USAGE;
    }
    ret = av_dict_set(&options, "prompt", argv[2], 0);
    for (int i = 4; i < argc && ret >= 0; i++)
        ret = add_option(&options, argv[i]);
    if (ret < 0) {
        av_dict_free(&options);
        return STATUS_USAGE;
    }
    sigaction(SIGINT, &action, NULL);
    av_log_set_callback(on_log);
    ret = run(argv[1], &options, argv[3]);
    av_dict_free(&options);
    if (ret < 0)
        fprintf(stderr, "embed: %s\n", av_err2str(ret));
    return ret >= 0 ? 0 : interrupted ? STATUS_INTERRUPTED : STATUS_FAILED;
}
