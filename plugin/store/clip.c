/* i2v: the finished clip: verify it, say what it is, open it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/clip.h"

#include <errno.h>
#include <limits.h>

#include <libavcodec/avcodec.h>
#include <libavutil/avstring.h>
#include <libavutil/channel_layout.h>
#include <libavutil/mem.h>
#include <libavutil/pixdesc.h>

#include "store/boxes.h"
#include "base/compat.h"

/* A fragmented file without an index of its own may be this much shorter than asked. */
#define SHORT_SECONDS 0.2

/* Frames a second. */
#define MAX_USUAL_RATE 240

/* What no clip lasts; AV_NOPTS_VALUE and a liar's numbers lie beyond. */
#define MAX_DTS (INT64_C(1) << 60)

/* What one pass over the packets tells of a stream. */
typedef struct Tally {
    int64_t packets;
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
        } else if (packet->stream_index < BOXES_MAX_TRACKS) {
            count_packet(&tally[packet->stream_index], packet);
        }
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    return ret == AVERROR_EOF ? 0 : ret;
}

/* Hold the packets that came against those that the boxes announce. */
static int compare(const AVFormatContext *ctx, const BoxesIndex *index,
                   const Tally *tally, ClipFacts *facts)
{
    if (ctx->nb_streams != (unsigned)index->tracks) {
        facts->why = "not every track can be read";
        return AVERROR_INVALIDDATA;
    }
    for (unsigned i = 0; i < ctx->nb_streams; i++) {
        const AVStream *stream = ctx->streams[i];
        for (int t = 0; t < index->tracks; t++)
            if (index->track[t].id == (uint32_t)stream->id &&
                stream->discard != AVDISCARD_ALL &&
                index->track[t].samples != tally[i].packets) {
                facts->why = "packets are missing";
                return AVERROR_INVALIDDATA;
            }
    }
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

static void describe(AVFormatContext *ctx, const BoxesIndex *index, const Tally *tally,
                     ClipFacts *facts)
{
    int video = av_find_best_stream(ctx, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    int audio = av_find_best_stream(ctx, AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0);

    facts->duration =
        length_of(ctx, video >= 0 ? ctx->streams[video] : NULL, !index->fragmented);
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

int clip_verify(const char *path, double asked, const AVIOInterruptCB *interrupt,
                ClipFacts *facts)
{
    Tally tally[BOXES_MAX_TRACKS] = {{0}};
    AVFormatContext *ctx = NULL;
    BoxesIndex index;

    *facts = (ClipFacts){0};
    int ret = boxes_read(path, &index, &facts->why);
    if (ret < 0)
        return ret;
    facts->why = "it cannot be demuxed";
    if ((ret = open_for_verifying(path, interrupt, &ctx)) < 0 ||
        (ret = read_packets(ctx, tally, facts)) < 0 ||
        (ret = compare(ctx, &index, tally, facts)) < 0)
        goto end;
    describe(ctx, &index, tally, facts);
    facts->c2pa = index.c2pa;
    if (!facts->width) {
        facts->why = "it has no video";
        ret = AVERROR_INVALIDDATA;
    } else if (index.fragmented && !index.closed &&
               facts->duration < asked - SHORT_SECONDS) {
        facts->why = "it ends too early";
        ret = AVERROR_INVALIDDATA;
    }
end:
    if (i2v_interrupted(interrupt))
        ret = AVERROR(EINTR);
    avformat_close_input(&ctx);
    return ret;
}

/* Opening */

/* What a caller may have set against files of unknown origin. */
static const char *const aside_names[] = {"protocol_whitelist", "protocol_blacklist",
                                          "format_whitelist"};
#define ASIDE_COUNT FF_ARRAY_ELEMS(aside_names)

typedef struct Aside {
    char *value[ASIDE_COUNT];
    bool had_pb;
    int (*io_open)(AVFormatContext *s, AVIOContext **pb, const char *url, int flags,
                   AVDictionary **options);
} Aside;

static char **list_of(AVFormatContext *ctx, size_t i)
{
    char **const lists[] = {&ctx->protocol_whitelist, &ctx->protocol_blacklist,
                            &ctx->format_whitelist};
    return lists[i];
}

/* Put the caller's lists and hooks away and ours in their place. */
static int set_aside(AVFormatContext *ctx, AVDictionary **options, Aside *aside)
{
    static const char *const ours[ASIDE_COUNT] = {"file", NULL,
                                                  "mov,mp4,m4a,3gp,3g2,mj2"};
    AVFormatContext *plain = avformat_alloc_context();
    int ret = plain ? 0 : AVERROR(ENOMEM);

    for (size_t i = 0; i < ASIDE_COUNT; i++) {
        const AVDictionaryEntry *entry = av_dict_get(*options, aside_names[i], NULL, 0);
        char **list = list_of(ctx, i);
        aside->value[i] = *list;
        *list = NULL;
        if (entry) {
            av_freep(&aside->value[i]);
            aside->value[i] = av_strdup(entry->value);
            av_dict_set(options, aside_names[i], NULL, 0);
        }
        if (ours[i] && !(*list = av_strdup(ours[i])))
            ret = AVERROR(ENOMEM);
    }
    av_dict_set(options, "enable_drefs", NULL, 0);
    aside->io_open = ctx->io_open;
    if (plain) {
        ctx->io_open = plain->io_open;
#if I2V_HAVE_IO_CLOSE2
        /* What the plain io_open opened must not be closed by a caller's own function, so
         * a caller with such a pair keeps the plain one. */
        if (ctx->io_close2 != plain->io_close2) {
            ctx->io_close2 = plain->io_close2;
            aside->io_open = plain->io_open;
        }
#endif
    }
    avformat_free_context(plain);
    /* FFmpeg sets the flag for whoever brings a pb of his own. He frees what he finds in
     * the context when he is done, as VLC does, and nobody may close that a second time.
     */
    aside->had_pb = ctx->pb;
    ctx->pb = NULL;
    ctx->flags &= ~AVFMT_FLAG_CUSTOM_IO;
    return ret;
}

static void put_back(AVFormatContext *ctx, Aside *aside)
{
    for (size_t i = 0; i < ASIDE_COUNT; i++) {
        if (ctx) {
            av_freep(list_of(ctx, i));
            *list_of(ctx, i) = aside->value[i];
        } else {
            av_freep(&aside->value[i]);
        }
    }
    if (ctx) {
        ctx->io_open = aside->io_open;
        if (aside->had_pb)
            ctx->flags |= AVFMT_FLAG_CUSTOM_IO;
    }
}

int clip_open(AVFormatContext **ps, const char *path, AVDictionary **options)
{
    AVDictionary *none = NULL;
    Aside aside = {.io_open = NULL};
    int ret;

    if (!*ps && !(*ps = avformat_alloc_context()))
        return AVERROR(ENOMEM);
    if (!options)
        options = &none;
    ret = set_aside(*ps, options, &aside);
    if (ret >= 0) {
        ret = avformat_open_input(ps, path, av_find_input_format("mov"), options);
    } else {
        avformat_free_context(*ps);
        *ps = NULL;
    }
    put_back(*ps, &aside);
    av_dict_free(&none);
    return ret;
}
