/* i2v: the still: load it, fit it to the model, encode it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <libavutil/parseutils.h>
#include <libavutil/pixdesc.h>

#include "still/parts.h"

#define MAX_SIDE     32767    ///< pixels; a shape beyond that is a mistake in the file
#define MAX_ORIGINAL 10000000 ///< bytes of a file that is sent as it is

static int parse_image_time(const StillSource *source, int64_t *time)
{
    const char *text = source->image_time;

    *time = 0;
    if (!text || !*text)
        return 0;
    if (!strcmp(text, "end")) {
        *time = STILL_END;
        return 0;
    }
    if (av_parse_time(time, text, 1) >= 0 && *time >= 0 && *time < STILL_END)
        return 0;
    return outcome_fail(
        source->out, FAILURE_REQUEST, AVERROR(EINVAL),
        "image_time '%s' is not a time; give seconds (2.5), [HH:]MM:SS[.m] or end", text);
}

/* Side data of the stream: how it wants to be turned. */
static const int32_t *stream_matrix(const AVStream *stream)
{
#if I2V_HAVE_CODED_SIDE_DATA
    const AVPacketSideData *data = av_packet_side_data_get(
        stream->codecpar->coded_side_data, stream->codecpar->nb_coded_side_data,
        AV_PKT_DATA_DISPLAYMATRIX);
    return data ? (const int32_t *)(const void *)data->data : NULL;
#else
    const void *data = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, NULL);
    return data;
#endif
}

/* Image files by their own EXIF, which decoders report in a way that changed over the
 * years; everything else by its display matrix. */
static int find_orientation(const Still *still, const AVStream *stream)
{
    const AVFrameSideData *data =
        av_frame_get_side_data(still->frame, AV_FRAME_DATA_DISPLAYMATRIX);
    const int32_t *matrix = stream_matrix(stream);

    if (still->image && (still->meta.mime || still->meta.orientation != 1))
        return still->meta.orientation;
    if (!matrix && data)
        matrix = (const int32_t *)(const void *)data->data;
    return matrix ? still_orientation_from_matrix(matrix) : 1;
}

static bool is_interlaced(const AVFrame *frame)
{
#if I2V_HAVE_INTERLACED_FLAG
    return frame->flags & AV_FRAME_FLAG_INTERLACED;
#else
    return frame->interlaced_frame;
#endif
}

/* Size in square pixels; of the frame itself when its aspect ratio makes no sense. */
static void measure(Still *still, AVRational sar)
{
    int64_t width = still->frame->width, height = still->frame->height;
    int64_t wide =
        sar.num > 0 && sar.den > 0 ? av_rescale(width, sar.num, sar.den) : width;

    still->square = wide == width || wide < 1 || wide > MAX_SIDE;
    if (!still->square)
        width = wide;
    still->known.width = (int)(still->orientation > 4 ? height : width);
    still->known.height = (int)(still->orientation > 4 ? width : height);
}

/* Whether the file holds one picture: an animation may have but one. */
static int count_pictures(StillReader *reader)
{
    bool single;
    int ret;

    if (!reader->animation)
        return 0;
    ret = still_reader_packet(reader);
    if (ret >= 0)
        ret = still_reader_packet(reader);
    if (ret < 0 && ret != AVERROR_EOF)
        return 0; // what is wrong will be said when it is decoded
    single = ret == AVERROR_EOF;
    ret = still_reader_restart(reader);
    if (ret >= 0)
        reader->image = single;
    return ret;
}

static int decode(Still *still, StillReader *reader, int64_t time, StillShown *shown)
{
    const StillSource *source = reader->source;
    int ret = count_pictures(reader);

    if (ret < 0)
        return ret;
    still->image = reader->image;
    if (still->image && time && time != STILL_END)
        return outcome_fail(
            source->out, FAILURE_REQUEST, AVERROR(EINVAL),
            "image_time %s: '%s' is a single picture, for which only 0 and end are "
            "valid",
            source->image_time, still->label);
    return still_pick(reader, still->image ? 0 : time, still->frame, shown);
}

static int describe_image(Still *still, const StillSource *source)
{
    int ret = still_bytes_pull(&still->bytes, source, still->label);

    if (ret < 0)
        return ret;
    still_meta_read(still->bytes.buf->data, (size_t)still->bytes.size, &still->meta);
    if (still->meta.cut_short)
        return outcome_fail(source->out, FAILURE_REQUEST, AVERROR_INVALIDDATA,
                            "image '%s' is cut short: its end is missing", still->label);
    return still_sha256(still->bytes.buf->data, (size_t)still->bytes.size,
                        still->known.digest);
}

/* All that is known of the frame once it is decoded. */
static int describe(Still *still, const StillReader *reader, const StillShown *shown)
{
    int ret = still->image ? describe_image(still, reader->source)
                           : still_pick_digest(reader, shown, still->known.digest);

    if (ret < 0)
        return ret;
    if (!av_pix_fmt_desc_get(still->frame->format) || !still->frame->data[0])
        return outcome_fail(reader->source->out, FAILURE_REQUEST, AVERROR_INVALIDDATA,
                            "image '%s' is decoded to nothing", still->label);
    still->orientation = find_orientation(still, reader->stream);
    still->interlaced = !still->image && is_interlaced(still->frame);
    measure(still,
            av_guess_sample_aspect_ratio(reader->fmt, reader->stream, still->frame));
    still_tag_colors(still->frame, still->image);
    return 0;
}

static int read_picture(Still *still, const StillSource *source, int64_t time)
{
    StillReader reader;
    StillShown shown = {0};
    int ret = still_reader_open(&reader, source, still->label, &still->bytes);

    if (ret < 0)
        return ret;
    ret = decode(still, &reader, time, &shown);
    if (ret >= 0)
        ret = describe(still, &reader, &shown);
    still_reader_close(&reader);
    if (ret >= 0 && !still->image)
        still_bytes_clear(&still->bytes);
    return ret;
}

int still_read(const StillSource *source, Still **still)
{
    Still *made = av_mallocz(sizeof(*made));
    StillIdentity as_read;
    int64_t time;
    int ret = AVERROR(ENOMEM);

    *still = NULL;
    if (made) {
        made->bytes.fd = -1;
        made->label = still_label(source->image);
        made->frame = av_frame_alloc();
    }
    if (!made || !made->label || !made->frame) {
        outcome_fail(source->out, FAILURE_REQUEST, ret, "image: out of memory");
        goto end;
    }
    if ((ret = parse_image_time(source, &time)) < 0 ||
        (ret = still_bytes_load(source, made->label, &made->bytes)) < 0)
        goto end;
    as_read = made->bytes.identity;
    if (as_read.text[0] &&
        (ret = still_fingerprint_of(&made->bytes, made->known.fingerprint)) < 0)
        goto end;
    if ((ret = read_picture(made, source, time)) < 0)
        goto end;
    still_identity_confirm(made, source, &as_read);
    *still = made;
    made = NULL;
end:
    still_free(&made);
    return ret;
}

void still_known(const Still *still, StillKnown *known)
{
    *known = still->known;
}

void still_set_noted(Still *still)
{
    still->known.noted = true;
}

Still *still_recall(const char *image, const StillKnown *known)
{
    Still *still = av_mallocz(sizeof(*still));

    if (!still)
        return NULL;
    still->bytes.fd = -1;
    still->known = *known;
    if (!(still->label = still_label(image)))
        still_free(&still);
    return still;
}

bool still_is_read(const Still *still)
{
    return still->frame;
}

void still_free(Still **still)
{
    Still *gone = *still;

    *still = NULL;
    if (!gone)
        return;
    still_bytes_clear(&gone->bytes);
    av_frame_free(&gone->frame);
    av_free(gone->label);
    av_free(gone);
}

int still_width(const Still *still)
{
    return still->known.width;
}

int still_height(const Still *still)
{
    return still->known.height;
}

const uint8_t *still_digest(const Still *still)
{
    return still->known.digest;
}

/* Whether the file may go out untouched. */
static bool is_sendable(const Still *still, const StillGeometry *geometry)
{
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(still->frame->format);

    return still->image && still->meta.mime && still->meta.sendable && still->square &&
           still->orientation == 1 && still->bytes.size <= MAX_ORIGINAL &&
           still->frame->width == geometry->width &&
           still->frame->height == geometry->height && desc->comp[0].depth == 8 &&
           !still_is_wide(still->frame);
}

int still_encode(const Still *still, const StillTarget *target, Outcome *out,
                 StillFile *file)
{
    StillGeometry geometry;
    AVFrame *rgb = NULL;
    int ret;

    bool found = still_encoded_find(still, target, file);
    if (!found && !still->frame)
        return AVERROR(EAGAIN);
    ret = still_geometry(still, target, out, &geometry); // says what is lost
    if (ret < 0)
        still_file_clear(file);
    if (ret < 0 || found)
        return ret;
    if (is_sendable(still, &geometry)) {
        file->buf = av_buffer_ref(still->bytes.buf);
        if (!file->buf)
            return AVERROR(ENOMEM);
        file->data = file->buf->data;
        file->size = (size_t)still->bytes.size;
        file->mime = still->meta.mime;
        file->width = geometry.width;
        file->height = geometry.height;
        file->original = true;
        still_encoded_keep(still, target, file);
        return 0;
    }
    ret = still_render(still, &geometry, out, &rgb);
    if (ret >= 0)
        ret = still_encode_rgb(rgb, out, file);
    av_frame_free(&rgb);
    if (ret >= 0)
        still_encoded_keep(still, target, file);
    return ret;
}

void still_file_clear(StillFile *file)
{
    av_buffer_unref(&file->buf);
    *file = (StillFile){0};
}

int still_frame(const Still *still, const StillTarget *target, Outcome *out,
                AVFrame **rgb)
{
    StillGeometry geometry;
    int ret = still_geometry(still, target, out, &geometry);

    *rgb = NULL;
    return ret < 0 ? ret : still_render(still, &geometry, out, rgb);
}
