/* i2v: a clip without sound given a silent track
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "made/silence.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>

#include "store/clip.h"
#include "base/compat.h"
#include "made/copy.h"

/* A copy being made. */
typedef struct Silence {
    const char *clip;
    const AVIOInterruptCB *interrupt;
    AVFormatContext *in;
    Writer *out;
    AVPacket *packet;
    unsigned nb_streams; ///< of `in` when it was opened; some containers add more
    int *map;            ///< those streams to those of `out`; -1 = left out
    int64_t packets;     ///< of video
    double start, end;   ///< seconds between which it is shown
    double last;         ///< seconds: the end of its last packet, shown or not
    bool other_keys;     ///< of metadata, than an MP4 has atoms for
    bool has_audio;      ///< why nothing was made
} Silence;

static bool is_copied(const AVStream *stream)
{
    return stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
           !(stream->disposition & AV_DISPOSITION_ATTACHED_PIC);
}

static int open_clip(Silence *silence)
{
    int ret;

    avformat_close_input(&silence->in);
    if (i2v_interrupted(silence->interrupt))
        return AVERROR(EINTR);
    /* Interrupted in here the demuxer would call the clip damaged, so it is not asked. */
    ret = clip_open(&silence->in, silence->clip, NULL);
    if (ret >= 0)
        ret = avformat_find_stream_info(silence->in, NULL);
    if (ret >= 0)
        silence->nb_streams = silence->in->nb_streams;
    return ret;
}

/* The next packet that is copied. */
static int read_packet(Silence *silence)
{
    const AVPacket *packet = silence->packet;

    while (!i2v_interrupted(silence->interrupt)) {
        int ret = av_read_frame(silence->in, silence->packet);
        if (ret < 0 || ((unsigned)packet->stream_index < silence->nb_streams &&
                        is_copied(silence->in->streams[packet->stream_index])))
            return ret;
        av_packet_unref(silence->packet);
    }
    return AVERROR(EINTR);
}

static void measure_packet(Silence *silence)
{
    const AVPacket *packet = silence->packet;
    double base = av_q2d(silence->in->streams[packet->stream_index]->time_base);
    double start = (double)packet->pts * base;
    double end = (double)(packet->pts + packet->duration) * base;

    silence->packets++;
    if (packet->pts == AV_NOPTS_VALUE)
        return;
    silence->last = FFMAX(silence->last, end);
    if (packet->flags & AV_PKT_FLAG_DISCARD)
        return;
    silence->start = silence->end > 0 ? FFMIN(silence->start, start) : start;
    silence->end = FFMAX(silence->end, end);
}

/* What the head of the copy has to be told is known only at the end of the clip. */
static int measure(Silence *silence)
{
    int ret;

    while ((ret = read_packet(silence)) >= 0) {
        measure_packet(silence);
        av_packet_unref(silence->packet);
    }
    if (ret == AVERROR_EOF)
        ret = silence->end > silence->start ? 0 : AVERROR_INVALIDDATA;
    return ret;
}

static int begin(Silence *silence)
{
    int ret = 0;

    silence->map = av_malloc_array(silence->nb_streams, sizeof(*silence->map));
    if (!silence->map)
        return AVERROR(ENOMEM);
    for (unsigned i = 0; i < silence->nb_streams && ret >= 0; i++) {
        silence->map[i] = -1;
        if (is_copied(silence->in->streams[i]))
            ret = silence->map[i] = copy_stream(silence->out, silence->in->streams[i]);
    }
    if (ret < 0 ||
        (ret = copy_metadata(silence->out, silence->in, &silence->other_keys)) < 0 ||
        (ret = write_add_sound(silence->out, silence->start, 0)) < 0 ||
        (ret = write_begin(silence->out, silence->packets,
                           silence->end - silence->start)) < 0)
        return ret;
    return copy_encoder(silence->out, silence->in, silence->other_keys);
}

static int copy_packets(Silence *silence)
{
    AVPacket *packet = silence->packet;
    int ret;

    while ((ret = read_packet(silence)) >= 0) {
        AVRational base = silence->in->streams[packet->stream_index]->time_base;
        packet->stream_index = silence->map[packet->stream_index];
        if ((ret = write_put(silence->out, packet, base)) < 0)
            return ret;
    }
    if (ret != AVERROR_EOF)
        return ret;
    ret = write_end(silence->out);
    /* Packets behind the end of an edit list are kept, and stay hidden. */
    if (ret >= 0 && silence->last > silence->end)
        ret = write_trim(silence->out, silence->end - silence->start);
    return ret;
}

static int add(Silence *silence, const char *path)
{
    int ret;

    silence->packet = av_packet_alloc();
    if (!silence->packet)
        return AVERROR(ENOMEM);
    if ((ret = open_clip(silence)) < 0)
        return ret;
    silence->has_audio =
        av_find_best_stream(silence->in, AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0) >= 0;
    if (silence->has_audio)
        return AVERROR(EINVAL);
    if ((ret = measure(silence)) < 0 || (ret = open_clip(silence)) < 0 ||
        (ret = write_open(path, 0600, silence->interrupt, &silence->out)) < 0 ||
        (ret = begin(silence)) < 0)
        return ret;
    return copy_packets(silence);
}

int silence_add(const char *clip, const char *path, const AVIOInterruptCB *interrupt,
                Outcome *out)
{
    Silence silence = {.clip = clip, .interrupt = interrupt};
    int ret = add(&silence, path);

    ret = write_close(&silence.out, ret);
    avformat_close_input(&silence.in);
    av_packet_free(&silence.packet);
    av_free(silence.map);
    if (silence.has_audio)
        return outcome_fail(out, FAILURE_STORE, ret, "The clip %s has audio already.",
                            clip);
    if (ret < 0 && ret != AVERROR(EINTR))
        return outcome_fail(out, FAILURE_STORE, ret,
                            "The clip %s cannot be given a silent track: %s.", clip,
                            av_err2str(ret));
    return ret;
}
