/* i2v: the still: which it is, how large, and its picture
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include <libavutil/imgutils.h>
#include <libavutil/mem.h>
#include <libavutil/parseutils.h>
#include <libavutil/pixdesc.h>

#include "still/kind.h"
#include "still/parts.h"

#define MAX_SIDE 32767 ///< pixels; a shape beyond that is a mistake in the file

static int parse_image_time(const StillSource *source, int64_t *time)
{
    const char *text = source->image_time;

    *time = text && !strcmp(text, "end") ? STILL_END : 0;
    if (!text || !*text || *time == STILL_END ||
        (av_parse_time(time, text, 1) >= 0 && *time >= 0 && *time < STILL_END))
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
    return data ? (const void *)data->data : NULL;
#else
    return (const void *)av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, NULL);
#endif
}

/* Image files by their own EXIF, which decoders report in a way that changed over the
 * years; everything else by its display matrix, or what image sequences have for it. */
static int find_orientation(const Still *still, const AVStream *stream)
{
    const AVFrameSideData *data =
        av_frame_get_side_data(still->frame, AV_FRAME_DATA_DISPLAYMATRIX);
    const int32_t *matrix = stream_matrix(stream);

    if (still->image && (still->meta.mime || still->meta.orientation != 1))
        return still->meta.orientation;
    if (!matrix && data)
        matrix = (const void *)data->data;
    if (matrix)
        return still_orientation_from_matrix(matrix);
    return still->image ? 1 : still_sequence_turn(&still->bytes);
}

static bool is_interlaced(const AVFrame *frame)
{
#if I2V_HAVE_INTERLACED_FLAG
    return frame->flags & AV_FRAME_FLAG_INTERLACED;
#else
    return frame->interlaced_frame;
#endif
}

/* Columns and rows are known, and how it is turned. The size in square pixels; that of
 * the frame itself when its aspect ratio makes no sense. */
static void measure(Still *still, AVRational sar)
{
    int64_t width = still->columns, height = still->rows;
    int64_t wide =
        sar.num > 0 && sar.den > 0 ? av_rescale(width, sar.num, sar.den) : width;

    still->square = wide == width || wide < 1 || wide > MAX_SIDE;
    if (!still->square)
        width = wide;
    still->width = (int)(still->orientation > 4 ? height : width);
    still->height = (int)(still->orientation > 4 ? width : height);
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

static int refuse_time(const StillSource *source, const char *label)
{
    return outcome_fail(
        source->out, FAILURE_REQUEST, AVERROR(EINVAL),
        "image_time %s: '%s' is a single picture, for which only 0 and end are valid",
        source->image_time, label);
}

static int decode(Still *still, StillReader *reader, StillShown *shown)
{
    int ret = count_pictures(reader);

    if (ret < 0)
        return ret;
    if (reader->image && still->time && still->time != STILL_END)
        return refuse_time(reader->source, still->label);
    if (!(still->frame = av_frame_alloc()))
        return AVERROR(ENOMEM);
    ret = still_pick(reader, reader->image ? 0 : still->time, still->frame, shown);
    if (ret >= 0 &&
        (!av_pix_fmt_desc_get(still->frame->format) || !still->frame->data[0]))
        ret = outcome_fail(reader->source->out, FAILURE_REQUEST, AVERROR_INVALIDDATA,
                           "image '%s' is decoded to nothing", still->label);
    return ret;
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
    digest_bytes(still->bytes.buf->data, (size_t)still->bytes.size, still->digest);
    return 0;
}

/* The packets do not say how their sequence is turned. */
static void add_turn(Still *still)
{
    uint8_t turned[DIGEST_SIZE + 1];
    int turn = still_sequence_turn(&still->bytes);

    if (turn == 1)
        return;
    memcpy(turned, still->digest, DIGEST_SIZE);
    turned[DIGEST_SIZE] = (uint8_t)turn;
    digest_bytes(turned, sizeof(turned), still->digest);
}

/* Which it is and how large, of a frame that was decoded for the first time. */
static int describe(Still *still, const StillReader *reader, const StillShown *shown)
{
    const AVFrame *frame = still->frame;

    still->image = reader->image;
    int ret = still->image ? describe_image(still, reader->source)
                           : still_pick_digest(reader, shown, still->digest);
    if (ret < 0)
        return ret;
    if (!still->image)
        add_turn(still);
    still->columns = frame->width;
    still->rows = frame->height;
    still->orientation = find_orientation(still, reader->stream);
    still->interlaced = !still->image && is_interlaced(frame);
    measure(still,
            av_guess_sample_aspect_ratio(reader->fmt, reader->stream, still->frame));
    return 0;
}

/* The same without decoding it, where its header tells all that. */
static int describe_plain(Still *still, const StillSource *source)
{
    if (still->time && still->time != STILL_END)
        return refuse_time(source, still->label);
    still->image = true;
    still->columns = still->meta.width;
    still->rows = still->meta.height;
    still->orientation = still->meta.orientation;
    measure(still, (AVRational){1, 1});
    return describe_image(still, source);
}

/* The same of what libheif decodes. */
static int describe_heif(Still *still, const StillSource *source)
{
    int ret = still_bytes_pull(&still->bytes, source, still->label);

    if (ret >= 0 && still->time && still->time != STILL_END)
        ret = refuse_time(source, still->label);
    if (ret >= 0)
        ret = still_heif_describe(still, source->out);
    if (ret < 0)
        return ret;
    still->image = still->heif = true;
    measure(still, (AVRational){1, 1});
    return describe_image(still, source);
}

/* What is sent is to be what the key was made of. */
static int check_size(const Still *still, const StillSource *source)
{
    if (still->frame->width == still->columns && still->frame->height == still->rows)
        return 0;
    return outcome_fail(source->out, FAILURE_REQUEST, AVERROR_INVALIDDATA,
                        "image '%s' is damaged: its header says %dx%d, its picture is "
                        "%dx%d",
                        still->label, still->columns, still->rows, still->frame->width,
                        still->frame->height);
}

static int read_frame(Still *still, const StillSource *source)
{
    StillReader reader;
    StillShown shown = {0};
    const char *format = still->meta.plain ? still->meta.format : NULL;
    int ret = still_reader_open(&reader, source, still->label, &still->bytes, format);

    if (ret < 0)
        return ret;
    ret = decode(still, &reader, &shown);
    if (ret >= 0)
        ret = still->width ? check_size(still, source) : describe(still, &reader, &shown);
    if (ret >= 0)
        still_tag_colors(still->frame, still->image);
    else
        av_frame_free(&still->frame);
    still_reader_close(&reader);
    return ret;
}

static int read_heif(Still *still, const StillSource *source)
{
    int ret = still_heif_decode(still, source->out);

    if (ret >= 0)
        ret = check_size(still, source);
    if (ret >= 0)
        still_tag_colors(still->frame, true);
    else
        av_frame_free(&still->frame);
    return ret;
}

int still_need_frame(Still *still, Outcome *out)
{
    StillSource source = {.out = out};

    if (still->frame)
        return 0;
    return still->heif ? read_heif(still, &source) : read_frame(still, &source);
}

void still_done_frame(Still *still)
{
    if (still->image)
        av_frame_free(&still->frame);
}

/* What decoders would call damaged. */
static int check_pixels(const Still *still, const StillSource *source)
{
    const StillMeta *meta = &still->meta;

    if (meta->width <= 0 || meta->height <= 0 ||
        (int64_t)meta->width * meta->height <= STILL_MAX_PIXELS)
        return 0;
    return outcome_fail(source->out, FAILURE_REQUEST, AVERROR_INVALIDDATA,
                        "image '%s' has %dx%d pixels; at most %d megapixels are read",
                        still->label, meta->width, meta->height,
                        STILL_MAX_PIXELS / 1000000);
}

static int read_still(Still *still, const StillSource *source)
{
    const StillKind *kind = still_kind(&still->bytes);
    int ret;

    if (kind && kind->heif)
        return describe_heif(still, source);
    if (kind && !kind->reader)
        return still_say_kind(&still->bytes, still->label, 0, source->out);
    if (still->bytes.buf)
        still_meta_read(still->bytes.buf->data, (size_t)still->bytes.size, &still->meta);
    ret = check_pixels(still, source);
    if (ret >= 0)
        ret =
            still->meta.plain ? describe_plain(still, source) : read_frame(still, source);
    if (ret >= 0 && !still->image) {
        still_bytes_clear(&still->bytes);
        atomic_store(&still->kept,
                     av_image_get_buffer_size(still->frame->format, still->columns,
                                              still->rows, 1));
    }
    return ret;
}

static Still *still_alloc(const char *image)
{
    Still *still = av_mallocz(sizeof(*still));

    if (!still)
        return NULL;
    atomic_init(&still->users, 1);
    pthread_mutex_init(&still->lock, NULL);
    still->bytes.fd = -1;
    still->label = still_label(image);
    if (!still->label)
        still_free(&still);
    return still;
}

/* The one that this process knows, or the given one, read for those that come later,
 * too. */
static int read_shared(const StillSource *source, const Locator *locator,
                       StillCacheEntry *entry, Still **still)
{
    Still *made = *still, *known = still_cache_find(entry, made->time);
    int ret;

    if (known) {
        still_free(still);
        *still = known;
        return 0;
    }
    ret = still_cache_bytes(entry, &made->bytes);
    if (!ret) {
        ret = still_bytes_load(source, locator, made->label, &entry->part, &made->bytes);
        if (ret >= 0 &&
            still_cache_fill(entry, &made->bytes, locator->kind == LOCATOR_FD) < 0)
            ret = still_say_unread(source, made->label, AVERROR(ENOMEM));
    }
    if (ret >= 0)
        ret = read_still(made, source);
    if (ret >= 0)
        still_cache_add(entry, made);
    return ret;
}

static int read_cached(const StillSource *source, const Locator *locator, Still **still)
{
    StillCacheEntry *entry;
    const char *name;
    char stream[64];
    int ret = still_source_name(locator, source->image, stream, &name);

    if (ret >= 0)
        ret = still_cache_enter(name, source->interrupt, &entry);
    if (ret < 0)
        return still_say_unread(source, (*still)->label, ret);
    ret = read_shared(source, locator, entry, still);
    still_cache_leave(entry);
    return ret;
}

int still_read(const StillSource *source, Still **still)
{
    Still *made = still_alloc(source->image);
    Locator locator;
    int ret;

    *still = NULL;
    if (!made)
        return outcome_fail(source->out, FAILURE_REQUEST, AVERROR(ENOMEM),
                            "image: out of memory");
    still_locate(source->image, &locator);
    ret = parse_image_time(source, &made->time);
    if (ret >= 0 && locator.kind != LOCATOR_DATA)
        ret = read_cached(source, &locator, &made);
    else if (ret >= 0 && (ret = still_bytes_load(source, &locator, made->label, NULL,
                                                 &made->bytes)) >= 0)
        ret = read_still(made, source);
    if (ret >= 0)
        FFSWAP(Still *, *still, made);
    still_free(&made);
    return ret;
}

int still_width(const Still *still)
{
    return still->width;
}

int still_height(const Still *still)
{
    return still->height;
}

const uint8_t *still_digest(const Still *still)
{
    return still->digest;
}
