/* i2v: what a copy of a clip takes over from it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "made/copy.h"

#include <string.h>

#include <libavutil/common.h>

#include "base/compat.h"

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

int copy_stream(Writer *writer, const AVStream *from)
{
    AVFormatContext *out = write_context(writer);
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
    return to->index;
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
int copy_metadata(Writer *writer, const AVFormatContext *from, bool *other_keys)
{
    static const char *const of_the_file[] = {"major_brand", "minor_version",
                                              "compatible_brands"};
    AVFormatContext *out = write_context(writer);
    const AVDictionaryEntry *entry = NULL;
    int ret;

    *other_keys = false;
    ret = av_dict_copy(&out->metadata, from->metadata, 0);

    for (size_t i = 0; i < FF_ARRAY_ELEMS(of_the_file) && ret >= 0; i++)
        ret = av_dict_set(&out->metadata, of_the_file[i], NULL, 0);
    while (ret >= 0 &&
           (entry = av_dict_get(out->metadata, "", entry, AV_DICT_IGNORE_SUFFIX)))
        *other_keys |= !has_atom(entry->key);
    if (ret >= 0 && *other_keys)
        ret = av_opt_set(out->priv_data, "movflags", "+use_metadata_tags", 0);
    return ret;
}

int copy_encoder(Writer *writer, const AVFormatContext *from, bool other_keys)
{
    const AVDictionaryEntry *encoder = av_dict_get(from->metadata, "encoder", NULL, 0);
    AVFormatContext *out = write_context(writer);

    /* The muxer calls it otherwise where it has an atom for it. The metadata is written
     * at the end. */
    return encoder ? av_dict_set(&out->metadata, other_keys ? "encoder" : "encoding_tool",
                                 encoder->value, 0)
                   : 0;
}
