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
#include "made/write.h"

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

/* How the picture is to be turned, and its like. */
static int copy_side_data(AVStream *to, const AVStream *from)
{
#if I2V_HAVE_CODED_SIDE_DATA
    (void)to; // belongs to the parameters, and was copied with them
    (void)from;
#else
    for (int i = 0; i < from->nb_side_data; i++) {
        const AVPacketSideData *data = &from->side_data[i];
        uint8_t *copy = av_stream_new_side_data(to, data->type, data->size);
        if (!copy)
            return AVERROR(ENOMEM);
        memcpy(copy, data->data, (size_t)data->size);
    }
#endif
    return 0;
}

static int add_stream(Silence *silence, const AVStream *from)
{
    AVFormatContext *out = write_context(silence->out);
    AVStream *to = avformat_new_stream(out, NULL);
    int ret;

    if (!to)
        return AVERROR(ENOMEM);
    if ((ret = avcodec_parameters_copy(to->codecpar, from->codecpar)) < 0 ||
        (ret = copy_side_data(to, from)) < 0 ||
        (ret = av_dict_copy(&to->metadata, from->metadata, 0)) < 0)
        return ret;
    if (av_codec_get_id(out->oformat->codec_tag, to->codecpar->codec_tag) !=
        to->codecpar->codec_id)
        to->codecpar->codec_tag = 0;
    to->time_base = from->time_base;
    to->avg_frame_rate = from->avg_frame_rate;
    to->r_frame_rate = from->r_frame_rate;
    to->sample_aspect_ratio = from->sample_aspect_ratio;
    to->disposition = from->disposition;
    silence->map[from->index] = to->index;
    return 0;
}

/* The metadata that an MP4 has atoms for. */
static bool has_atom(const char *key)
{
    static const char *const keys[] = {
        "title",       "artist",        "album_artist",  "composer",     "album",
        "date",        "encoder",       "comment",       "genre",        "copyright",
        "grouping",    "lyrics",        "description",   "synopsis",     "show",
        "episode_id",  "network",       "keywords",      "track",        "disc",
        "compilation", "hd_video",      "season_number", "episode_sort", "media_type",
        "location",    "creation_time",
    };
    for (size_t i = 0; i < FF_ARRAY_ELEMS(keys); i++)
        if (!strcmp(key, keys[i]))
            return true;
    return false;
}

/* Other keys are kept by a flag, which writes all of them in another way. */
static int copy_metadata(Silence *silence)
{
    static const char *const of_the_file[] = {"major_brand", "minor_version",
                                              "compatible_brands"};
    AVFormatContext *out = write_context(silence->out);
    const AVDictionaryEntry *entry = NULL;
    int ret = av_dict_copy(&out->metadata, silence->in->metadata, 0);

    for (size_t i = 0; i < FF_ARRAY_ELEMS(of_the_file) && ret >= 0; i++)
        ret = av_dict_set(&out->metadata, of_the_file[i], NULL, 0);
    while (ret >= 0 &&
           (entry = av_dict_get(out->metadata, "", entry, AV_DICT_IGNORE_SUFFIX)))
        silence->other_keys |= !has_atom(entry->key);
    if (ret >= 0 && silence->other_keys)
        ret = av_opt_set(out->priv_data, "movflags", "+use_metadata_tags", 0);
    return ret;
}

static int begin(Silence *silence)
{
    const AVDictionaryEntry *encoder =
        av_dict_get(silence->in->metadata, "encoder", NULL, 0);
    AVFormatContext *out = write_context(silence->out);
    int ret = 0;

    silence->map = av_malloc_array(silence->nb_streams, sizeof(*silence->map));
    if (!silence->map)
        return AVERROR(ENOMEM);
    for (unsigned i = 0; i < silence->nb_streams && ret >= 0; i++) {
        silence->map[i] = -1;
        if (is_copied(silence->in->streams[i]))
            ret = add_stream(silence, silence->in->streams[i]);
    }
    if (ret < 0 || (ret = copy_metadata(silence)) < 0 ||
        (ret = write_add_sound(silence->out, silence->start, 0)) < 0 ||
        (ret = write_begin(silence->out, silence->packets,
                           silence->end - silence->start)) < 0)
        return ret;
    /* The muxer took it away, and calls it otherwise where it has an atom for it. The
     * metadata is written at the end. */
    return encoder ? av_dict_set(&out->metadata,
                                 silence->other_keys ? "encoder" : "encoding_tool",
                                 encoder->value, 0)
                   : 0;
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
        (ret = write_open(path, silence->interrupt, &silence->out)) < 0 ||
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
