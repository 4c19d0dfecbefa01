/* i2v: the finished clip: verify it, say what it is, open it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/clip.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/avstring.h>
#include <libavutil/channel_layout.h>
#include <libavutil/mem.h>
#include <libavutil/pixdesc.h>

#include "store/other_heads.h"
#include "store/mp4_boxes.h"
#include "base/compat.h"

/* What does not say where it ends may be this much shorter than asked. */
#define SHORT_SECONDS 0.2

/* Frames a second. */
#define MAX_USUAL_RATE 240

/* Streams that are looked at. */
#define MAX_STREAMS 64

/* What no clip lasts; AV_NOPTS_VALUE and a liar's numbers lie beyond. */
#define MAX_DTS (INT64_C(1) << 60)

/* A container that says how long it is may be this much shorter. */
#define EARLY_SECONDS 0.5

/* What one pass over the packets tells of a stream. */
typedef struct Tally {
    int64_t packets;
    int64_t end; ///< of what is shown last, in the stream's time base
    int64_t since_key;
    int64_t longest_gop;
    int64_t timed;                       ///< packets with a dts
    int64_t first_dts, last_dts;         ///< in the stream's time base
    int64_t shortest_step, longest_step; ///< between the dts of two packets
} Tally;

static void count_step(Tally *tally, int64_t dts)
{
    if (dts < -MAX_DTS || dts > MAX_DTS)
        return;
    if (!tally->timed++) {
        tally->first_dts = dts;
    } else {
        int64_t step = dts - tally->last_dts;
        bool first = tally->timed == 2;
        tally->shortest_step = first ? step : FFMIN(tally->shortest_step, step);
        tally->longest_step = first ? step : FFMAX(tally->longest_step, step);
    }
    tally->last_dts = dts;
}

static void count_packet(Tally *tally, const AVPacket *packet)
{
    count_step(tally, packet->dts);
    tally->packets++;
    if (packet->pts > -MAX_DTS && packet->pts < MAX_DTS && packet->duration < MAX_DTS)
        tally->end = FFMAX(tally->end, packet->pts + packet->duration);
    if (packet->flags & AV_PKT_FLAG_KEY)
        tally->since_key = 0;
    tally->since_key++;
    tally->longest_gop = FFMAX(tally->longest_gop, tally->since_key);
}

static int read_packets(AVFormatContext *ctx, Tally *tally, ClipFacts *facts)
{
    AVPacket *packet = av_packet_alloc();
    int ret = packet ? 0 : AVERROR(ENOMEM);

    while (ret >= 0 && (ret = av_read_frame(ctx, packet)) >= 0) {
        if (packet->flags & AV_PKT_FLAG_CORRUPT) {
            facts->why = "a packet is corrupt";
            ret = AVERROR_INVALIDDATA;
        } else if (packet->stream_index < MAX_STREAMS) {
            count_packet(&tally[packet->stream_index], packet);
        }
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    if (ret == AVERROR_EOF)
        return 0;
    if (!facts->why)
        facts->why = "it cannot be read to its end";
    return ret;
}

/* What is unusual */

static void note(ClipFacts *facts, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void note(ClipFacts *facts, const char *format, ...)
{
    size_t used = strlen(facts->unusual);
    va_list args;

    if (used)
        used = av_strlcat(facts->unusual, "; ", sizeof(facts->unusual));
    if (used >= sizeof(facts->unusual))
        return;
    va_start(args, format);
    vsnprintf(facts->unusual + used, sizeof(facts->unusual) - used, format, args);
    va_end(args);
}

static void note_streams(const AVFormatContext *ctx, const BoxesIndex *index,
                         ClipFacts *facts)
{
    int pictures = 0, streams = (int)ctx->nb_streams, tracks = index->all_tracks;

    for (int i = 0; i < streams; i++)
        pictures += !!(ctx->streams[i]->disposition & AV_DISPOSITION_ATTACHED_PIC);
    if (pictures)
        note(facts, "it has cover art");
    if (tracks && streams - pictures > tracks)
        note(facts, "it has more streams than tracks (%d of %d)", streams, tracks);
    else if (streams - pictures < tracks)
        note(facts, "of its %d tracks %d cannot be read", tracks,
             tracks - streams + pictures);
}

/* Hold the packets that came against those that the boxes announce. */
static int compare(const AVFormatContext *ctx, const BoxesIndex *index,
                   const Tally *tally, ClipFacts *facts)
{
    bool noted = false;

    note_streams(ctx, index, facts);
    for (int i = 0; i < index->tracks * (int)ctx->nb_streams; i++) {
        int n = i % (int)ctx->nb_streams;
        const BoxesTrack *track = &index->track[i / (int)ctx->nb_streams];
        const AVStream *stream = ctx->streams[n];
        enum AVMediaType type = stream->codecpar->codec_type;
        if (n >= MAX_STREAMS || track->id != (uint32_t)stream->id ||
            stream->discard == AVDISCARD_ALL || track->samples == tally[n].packets)
            continue;
        if (!tally[n].packets &&
            (type == AVMEDIA_TYPE_VIDEO || type == AVMEDIA_TYPE_AUDIO)) {
            facts->why = "a track of it cannot be read";
            return AVERROR_INVALIDDATA;
        }
        if (!noted)
            note(facts, "its track %d has %lld packets for %lld samples", (int)track->id,
                 (long long)tally[n].packets, (long long)track->samples);
        noted = true;
    }
    if (index->overlong)
        note(facts, "its last box says that it is longer than it is");
    if (index->behind)
        note(facts, "%lld bytes lie behind its last box", (long long)index->behind);
    return 0;
}

static void describe_audio(const AVCodecParameters *par, ClipFacts *facts)
{
    char layout[64];
#if I2V_HAVE_CH_LAYOUT
    av_channel_layout_describe(&par->ch_layout, layout, sizeof(layout));
#else
    av_get_channel_layout_string(layout, sizeof(layout), par->channels,
                                 par->channel_layout);
#endif
    av_strlcatf(facts->text, sizeof(facts->text), "; audio %s, %s, %d Hz",
                avcodec_get_name(par->codec_id), layout, par->sample_rate);
}

static const char *named(const char *name)
{
    return name ? name : "unknown";
}

/* Frame rate */

/* A constant rate whose time stamps are rounded: the usual one that they fit, if any. */
static AVRational usual_rate(int64_t steps, int64_t span, AVRational base)
{
    for (int i = 1; i <= 2 * MAX_USUAL_RATE; i++) {
        AVRational rate = {(i + 1) / 2, 1};
        if (i % 2 == 0)
            rate = (AVRational){i / 2 * 1000, 1001};
        int64_t fits = av_rescale_q(steps, av_inv_q(rate), base);
        if (fits - span >= -1 && fits - span <= 1)
            return rate;
    }
    return (AVRational){0, 1};
}

static void measure_rate(const AVStream *stream, const Tally *tally, ClipFacts *facts)
{
    int64_t steps = tally->timed - 1, span = tally->last_dts - tally->first_dts;
    AVRational base = stream->time_base, average = {0, 1};

    facts->rate = stream->avg_frame_rate.num > 0 && stream->avg_frame_rate.den > 0
                      ? stream->avg_frame_rate
                      : (AVRational){0, 1};
    if (steps < 1 || span < 1 || base.num != 1) /* the mov demuxer's are all 1/n */
        return;
    facts->variable = tally->longest_step - tally->shortest_step > 1;
    av_reduce(&average.num, &average.den, steps * base.den, span, INT_MAX);
    facts->rate = average;
    if (tally->longest_step - tally->shortest_step == 1) {
        AVRational usual = usual_rate(steps, span, base);
        facts->rate = usual.num ? usual : average;
    }
}

/* Which colour tags a clip lacks. */
static void find_untagged(const AVCodecParameters *par, ClipFacts *facts)
{
    const struct {
        const char *name;
        bool missing;
    } tags[] = {
        {"primaries", par->color_primaries == AVCOL_PRI_UNSPECIFIED ||
                          par->color_primaries == AVCOL_PRI_RESERVED0},
        {"transfer", par->color_trc == AVCOL_TRC_UNSPECIFIED ||
                         par->color_trc == AVCOL_TRC_RESERVED0},
        {"matrix", par->color_space == AVCOL_SPC_UNSPECIFIED},
        {"range", par->color_range == AVCOL_RANGE_UNSPECIFIED},
    };
    for (size_t i = 0; i < FF_ARRAY_ELEMS(tags); i++)
        if (tags[i].missing)
            av_strlcatf(facts->untagged, sizeof(facts->untagged), "%s%s",
                        facts->untagged[0] ? ", " : "", tags[i].name);
}

static void describe_video(AVFormatContext *ctx, AVStream *stream, const Tally *tally,
                           ClipFacts *facts)
{
    const AVCodecParameters *par = stream->codecpar;
    AVRational sar = av_guess_sample_aspect_ratio(ctx, stream, NULL);
    if (!sar.num)
        sar = (AVRational){1, 1};
    av_strlcatf(facts->text, sizeof(facts->text),
                "%s %dx%d, SAR %d:%d, %.6g fps%s, time base %d/%d, ",
                avcodec_get_name(par->codec_id), par->width, par->height, sar.num,
                sar.den, av_q2d(facts->rate), facts->variable ? " (variable)" : "",
                stream->time_base.num, stream->time_base.den);
    av_strlcatf(facts->text, sizeof(facts->text), "colour %s/%s/%s %s, longest GOP %d",
                named(av_color_space_name(par->color_space)),
                named(av_color_primaries_name(par->color_primaries)),
                named(av_color_transfer_name(par->color_trc)),
                named(av_color_range_name(par->color_range)), (int)tally->longest_gop);
}

/* Seconds. The pictures' own, where the index has them all: without its edit list the
 * sound is longer by what the encoder put before it, which some versions count. */
static double length_of(const AVFormatContext *ctx, const AVStream *video, bool whole)
{
    if (video && whole && video->duration > 0)
        return (double)video->duration * av_q2d(video->time_base);
    return ctx->duration > 0 ? (double)ctx->duration / AV_TIME_BASE : 0;
}

/* The best stream that gave packets; a picture beside the clip is none. */
static int find_stream(AVFormatContext *ctx, enum AVMediaType type, const Tally *tally)
{
    int i = av_find_best_stream(ctx, type, -1, -1, NULL, 0);

    return i >= 0 && i < MAX_STREAMS && tally[i].packets &&
                   !(ctx->streams[i]->disposition & AV_DISPOSITION_ATTACHED_PIC)
               ? i
               : -1;
}

static void describe(AVFormatContext *ctx, const BoxesIndex *index, const Tally *tally,
                     ClipFacts *facts)
{
    int video = find_stream(ctx, AVMEDIA_TYPE_VIDEO, tally);
    int audio = find_stream(ctx, AVMEDIA_TYPE_AUDIO, tally);

    facts->duration = length_of(ctx, video >= 0 ? ctx->streams[video] : NULL,
                                index->tracks && !index->fragmented);
    facts->has_audio = audio >= 0;
    if (video >= 0) {
        facts->width = ctx->streams[video]->codecpar->width;
        facts->height = ctx->streams[video]->codecpar->height;
        measure_rate(ctx->streams[video], &tally[video], facts);
        find_untagged(ctx->streams[video]->codecpar, facts);
        describe_video(ctx, ctx->streams[video], &tally[video], facts);
    }
    if (audio >= 0)
        describe_audio(ctx->streams[audio]->codecpar, facts);
    else
        av_strlcatf(facts->text, sizeof(facts->text), "; no audio");
    av_strlcatf(facts->text, sizeof(facts->text), "; %.2f s", facts->duration);
}

static int open_for_verifying(const char *path, const AVIOInterruptCB *interrupt,
                              AVFormatContext **ctx)
{
    AVDictionary *options = NULL;
    int ret;

    *ctx = avformat_alloc_context();
    if (!*ctx)
        return AVERROR(ENOMEM);
    if (interrupt)
        (*ctx)->interrupt_callback = *interrupt;
    /* Edit lists hide packets, and it is the packets that are counted. */
    av_dict_set(&options, "ignore_editlist", "1", 0);
    ret = clip_open(ctx, path, &options);
    av_dict_free(&options);
    return ret < 0 ? ret : avformat_find_stream_info(*ctx, NULL);
}

/* A container has no index of its packets: it lasts as long as its head says, or else as
 * was asked for. */
static bool ends_early(const AVFormatContext *ctx, const Tally *tally, double asked)
{
    double end = 0, start = ctx->start_time != AV_NOPTS_VALUE
                                ? (double)ctx->start_time / AV_TIME_BASE
                                : 0;

    if (ctx->duration <= 0)
        return false;
    if (ctx->duration_estimation_method != AVFMT_DURATION_FROM_STREAM)
        return (double)ctx->duration / AV_TIME_BASE < asked - SHORT_SECONDS;
    for (unsigned i = 0; i < ctx->nb_streams && i < MAX_STREAMS; i++)
        end = FFMAX(end, (double)tally[i].end * av_q2d(ctx->streams[i]->time_base));
    return end - start < (double)ctx->duration / AV_TIME_BASE - EARLY_SECONDS;
}

/* Of what kind it is, and whether it is there to its end. */
static int judge(const AVFormatContext *ctx, const char *path, BoxesBrand brand,
                 const BoxesIndex *index, const Tally *tally, double asked,
                 ClipFacts *facts)
{
    bool early = brand == BOXES_NONE
                     ? announced_more(path) || ends_early(ctx, tally, asked)
                     : index->fragmented && !index->closed &&
                           facts->duration < asked - SHORT_SECONDS;

    if (brand == BOXES_QUICKTIME)
        note(facts, "it is a QuickTime file, not an MP4");
    else if (brand == BOXES_NONE)
        note(facts, "its container is %s, not MP4", ctx->iformat->long_name);
    if (facts->width && !early)
        return 0;
    facts->why = early ? "it ends too early" : "it has no video";
    return AVERROR_INVALIDDATA;
}

int clip_verify(const char *path, double asked, const AVIOInterruptCB *interrupt,
                ClipFacts *facts)
{
    Tally tally[MAX_STREAMS] = {{0}};
    AVFormatContext *ctx = NULL;
    BoxesIndex index = {0};
    BoxesBrand brand;

    *facts = (ClipFacts){0};
    int ret = boxes_begin(path, &brand);
    if (ret >= 0 && brand != BOXES_NONE)
        ret = boxes_read(path, &index, &facts->why);
    if (ret < 0)
        return ret;
    facts->why = NULL;
    if ((ret = open_for_verifying(path, interrupt, &ctx)) < 0) {
        facts->why = "it cannot be demuxed";
        if (ret == AVERROR(EINVAL)) /* a demuxer that is none of ours */
            ret = AVERROR_INVALIDDATA;
        goto end;
    }
    if ((ret = read_packets(ctx, tally, facts)) < 0 ||
        (ret = compare(ctx, &index, tally, facts)) < 0)
        goto end;
    describe(ctx, &index, tally, facts);
    facts->c2pa = index.c2pa;
    ret = judge(ctx, path, brand, &index, tally, asked, facts);
end:
    if (i2v_interrupted(interrupt))
        ret = AVERROR(EINTR);
    avformat_close_input(&ctx);
    return ret;
}
