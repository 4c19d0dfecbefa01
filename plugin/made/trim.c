/* i2v: a part of a clip
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "made/trim.h"

#include <math.h>

#include <libavutil/mathematics.h>
#include <libavutil/mem.h>

#include "base/compat.h"
#include "made/copy.h"
#include "store/clip.h"

static const AVRational microseconds = {1, AV_TIME_BASE};

/* A copy being made. Times are microseconds of the clip. */
typedef struct Trim {
    const AVIOInterruptCB *interrupt;
    AVFormatContext *in;
    Writer *out;
    AVPacket *packet;
    int video;       ///< the stream that is cut at its frames
    int *map;        ///< streams of `in` to those of `out`; -1 = left out
    int64_t *behind; ///< for each of these, in its unit: behind its last packet
    int nb_streams;
    int64_t start, end;
    int64_t packets;
    int64_t last; ///< end of what was copied of the video
} Trim;

static int64_t time_of(const Trim *t, int64_t stamp)
{
    AVRational base = t->in->streams[t->packet->stream_index]->time_base;
    return stamp == AV_NOPTS_VALUE ? stamp : av_rescale_q(stamp, base, microseconds);
}

/* The next packet of the part. In the order of decoding, the first one of the video that
 * is decoded after its end ends it. */
static int read_packet(Trim *t)
{
    int ret;

    while ((ret = av_read_frame(t->in, t->packet)) >= 0) {
        int64_t dts = time_of(t, t->packet->dts), pts = time_of(t, t->packet->pts);
        bool video = t->packet->stream_index == t->video;

        if (i2v_interrupted(t->interrupt))
            ret = AVERROR(EINTR);
        else if (video && dts != AV_NOPTS_VALUE && dts >= t->end)
            ret = AVERROR_EOF;
        else if (t->packet->stream_index < t->nb_streams &&
                 t->map[t->packet->stream_index] >= 0 &&
                 (video || (pts != AV_NOPTS_VALUE && pts < t->end)))
            return 0;
        av_packet_unref(t->packet);
        if (ret < 0)
            return ret;
    }
    return ret;
}

/* To the key frame before the part. */
static int seek(const Trim *t)
{
    int64_t to =
        av_rescale_q(t->start, microseconds, t->in->streams[t->video]->time_base);

    return t->start > 0 ? av_seek_frame(t->in, t->video, to, AVSEEK_FLAG_BACKWARD) : 0;
}

static int count_packets(Trim *t)
{
    int ret = seek(t);

    while (ret >= 0 && (ret = read_packet(t)) >= 0) {
        t->packets++;
        av_packet_unref(t->packet);
    }
    return ret == AVERROR_EOF ? 0 : ret;
}

static int open_clip(Trim *t, const char *clip)
{
    int ret;

    avformat_close_input(&t->in);
    ret = clip_open(&t->in, clip, NULL);
    if (ret >= 0)
        ret = avformat_find_stream_info(t->in, NULL);
    if (ret >= 0)
        ret = t->video = av_find_best_stream(t->in, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    return FFMIN(ret, 0);
}

/* Some containers add streams while they are read; none of ours does. */
static int alloc_map(Trim *t)
{
    unsigned count = t->in->nb_streams;

    t->packet = av_packet_alloc();
    t->map = av_malloc_array(count, sizeof(*t->map));
    t->behind = av_malloc_array(count, sizeof(*t->behind));
    if (!t->packet || !t->map || !t->behind)
        return AVERROR(ENOMEM);
    t->nb_streams = (int)count;
    for (unsigned i = 0; i < count; i++) {
        t->map[i] = -1;
        t->behind[i] = INT64_MIN;
    }
    return 0;
}

/* The video first: it is the track whose end is set. */
static int add_streams(Trim *t)
{
    unsigned count = t->in->nb_streams;
    int ret = t->map[t->video] = copy_stream(t->out, t->in->streams[t->video]);

    for (unsigned i = 0; i < count && ret >= 0; i++)
        if (t->in->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO)
            ret = t->map[i] = copy_stream(t->out, t->in->streams[i]);
    return FFMIN(ret, 0);
}

static int begin(Trim *t, const AVDictionary *tags, const char *path, mode_t mode)
{
    bool other_keys;
    int ret;

    if ((ret = write_open(path, mode, t->interrupt, &t->out)) < 0 ||
        (ret = add_streams(t)) < 0 || (ret = count_packets(t)) < 0 ||
        (ret = av_dict_copy(&t->in->metadata, tags, 0)) < 0 ||
        (ret = copy_metadata(t->out, t->in, &other_keys)) < 0 ||
        (ret = write_begin(t->out, t->packets, 0)) < 0)
        return ret;
    return copy_encoder(t->out, t->in, other_keys);
}

/* The last block of sound of one clip reaches into the next: times that go back would not
 * be muxed. */
static void keep_order(Trim *t, AVPacket *packet)
{
    int64_t *behind = &t->behind[packet->stream_index];

    if (packet->dts == AV_NOPTS_VALUE)
        return;
    packet->dts = FFMAX(packet->dts, *behind);
    if (packet->pts != AV_NOPTS_VALUE)
        packet->pts = FFMAX(packet->pts, packet->dts);
    *behind = packet->dts + 1;
}

static int put(Trim *t)
{
    AVPacket *packet = t->packet;
    AVRational base = t->in->streams[packet->stream_index]->time_base;
    int64_t shift = av_rescale_q(t->start, microseconds, base);

    if (packet->stream_index == t->video && packet->pts != AV_NOPTS_VALUE)
        t->last = FFMAX(t->last, time_of(t, packet->pts + packet->duration));
    keep_order(t, packet);
    packet->stream_index = t->map[packet->stream_index];
    if (packet->pts != AV_NOPTS_VALUE)
        packet->pts -= shift;
    if (packet->dts != AV_NOPTS_VALUE)
        packet->dts -= shift;
    return write_put(t->out, packet, base);
}

static int copy_packets(Trim *t)
{
    int ret = seek(t);

    while (ret >= 0 && (ret = read_packet(t)) >= 0)
        ret = put(t);
    if (ret != AVERROR_EOF)
        return ret;
    ret = write_end(t->out);
    if (ret >= 0 && t->last > t->end)
        ret = write_trim(t->out, (double)(t->end - t->start) / AV_TIME_BASE);
    return ret;
}

static int copy(Trim *t, const char *clip, const AVDictionary *tags, const char *path,
                mode_t mode, bool *beyond)
{
    int ret = open_clip(t, clip);

    if (ret < 0)
        return ret;
    *beyond = t->in->duration > 0 && t->start >= t->in->duration;
    if (*beyond)
        return AVERROR(EINVAL);
    if ((ret = alloc_map(t)) < 0 || (ret = begin(t, tags, path, mode)) < 0 ||
        (ret = open_clip(t, clip)) < 0)
        return ret;
    return copy_packets(t);
}

static void close_copy(Trim *t)
{
    avformat_close_input(&t->in);
    av_packet_free(&t->packet);
    av_free(t->map);
    av_free(t->behind);
}

int trim_copy(const char *clip, double start, double end, const AVDictionary *tags,
              const char *path, mode_t mode, const AVIOInterruptCB *interrupt,
              Outcome *out)
{
    Trim t = {
        .interrupt = interrupt,
        .start = llrint(start * AV_TIME_BASE),
        .end = end < 0 ? INT64_MAX : llrint(end * AV_TIME_BASE),
    };
    bool beyond = false;
    int ret = write_close(&t.out, copy(&t, clip, tags, path, mode, &beyond));

    close_copy(&t);
    if (beyond)
        return outcome_fail(out, FAILURE_REQUEST, ret,
                            "The part from %.6g s on of the clip %s is behind its end.",
                            start, clip);
    if (ret < 0 && ret != AVERROR(EINTR))
        return outcome_fail(out, FAILURE_STORE, ret, "The clip %s cannot be trimmed: %s.",
                            clip, av_err2str(ret));
    return ret;
}

int trim_find_key(const char *clip, double start, double *key)
{
    Trim t = {.start = llrint(start * AV_TIME_BASE), .end = INT64_MAX};
    int ret = open_clip(&t, clip);

    *key = 0;
    if (ret >= 0 && (ret = alloc_map(&t)) >= 0) {
        t.map[t.video] = 0;
        if ((ret = seek(&t)) >= 0)
            ret = read_packet(&t);
        /* Of a stream that begins elsewhere, what stands before is no part of it. */
        if (ret >= 0 && t.packet->pts != AV_NOPTS_VALUE)
            *key = (double)time_of(&t, t.packet->pts) / AV_TIME_BASE;
    }
    close_copy(&t);
    return FFMIN(ret, 0);
}
