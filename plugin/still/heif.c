/* i2v: stills of HEIF files, HEIC and AVIF among them, by a module that has libheif
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include <libavutil/intreadwrite.h>
#include <libavutil/pixdesc.h>

#include "base/picture.h"
#include "heif/heif.h"
#include "still/kind.h"
#include "still/parts.h"

static int say_failed(const Still *still, HeifStatus status, const char *why,
                      Outcome *out)
{
    const StillKind *kind = still_kind(&still->bytes);

    if (status == HEIF_NO_MEMORY)
        return outcome_fail(out, FAILURE_REQUEST, AVERROR(ENOMEM),
                            "image '%s': out of memory", still->label);
    if (status == HEIF_UNSUPPORTED)
        return outcome_fail(out, FAILURE_REQUEST, AVERROR_INVALIDDATA,
                            "image '%s' is %s of a sort that this libheif cannot decode "
                            "(%s); where another can, `%s` converts it",
                            still->label, kind->name, why, kind->command);
    return outcome_fail(out, FAILURE_REQUEST, AVERROR_INVALIDDATA,
                        "image '%s' is damaged or cut short%s%s%s", still->label,
                        *why ? " (libheif: " : "", why, *why ? ")" : "");
}

/* The module, and what it says of the picture. */
static const HeifFace *open_picture(const Still *still, Outcome *out,
                                    HeifPicture *picture, int *ret)
{
    const StillKind *kind = still_kind(&still->bytes);
    char why[HEIF_WHY_SIZE];
    const char *missing;
    const HeifFace *heif = still_heif_module(&missing);
    HeifStatus status;

    *picture = (HeifPicture){0};
    if (!heif) {
        *ret = outcome_fail(out, FAILURE_REQUEST, AVERROR_DECODER_NOT_FOUND,
                            "image '%s' is %s, which i2v reads with libheif, and %s; "
                            "`%s` converts it",
                            still->label, kind->name, missing, kind->command);
        return NULL;
    }
    status = heif->open(still->bytes.buf->data, (size_t)still->bytes.size, picture, why);
    *ret = status == HEIF_OK ? 0 : say_failed(still, status, why, out);
    return heif;
}

int still_heif_describe(Still *still, Outcome *out)
{
    HeifPicture picture;
    int ret;
    const HeifFace *heif = open_picture(still, out, &picture, &ret);

    still->columns = picture.width;
    still->rows = picture.height;
    still->orientation = 1; // libheif turns it; what Exif says beside that is not meant
    if (heif)
        heif->close(&picture);
    return ret;
}

/* Samples of 9 to 15 bits take the upper ones of 16, as libheif's own program has them.
 */
static void copy_line(uint8_t *to, const uint8_t *from, size_t samples, int depth)
{
    if (depth == 8) {
        memcpy(to, from, samples);
        return;
    }
    for (size_t i = 0; i < 2 * samples; i += 2)
        AV_WB16(to + i, (uint16_t)(AV_RB16(from + i) << (16 - depth)));
}

/* As decoders tag a picture whose profile they read, where this FFmpeg can. */
static void read_profile(const HeifPicture *picture, AVFrame *frame)
{
    AVFrameSideData *data;
    AVFrame *seen = NULL;

    if (!picture->icc || !avfilter_get_by_name("iccdetect") ||
        !(data = av_frame_new_side_data(frame, AV_FRAME_DATA_ICC_PROFILE,
                                        (I2VBufferSize)picture->icc_size)))
        return;
    memcpy(data->data, picture->icc, picture->icc_size);
    if (picture_filter(frame, "iccdetect", &seen) >= 0) {
        frame->color_primaries = seen->color_primaries;
        frame->color_trc = seen->color_trc;
    }
    av_frame_free(&seen);
}

static int make_frame(const HeifPicture *picture, AVFrame *frame)
{
    bool deep = picture->depth > 8;
    size_t channels = picture->alpha ? 4 : 3;
    enum AVColorPrimaries primaries = (enum AVColorPrimaries)picture->primaries;
    enum AVColorTransferCharacteristic transfer =
        (enum AVColorTransferCharacteristic)picture->transfer;
    int ret;

    frame->format = deep ? picture->alpha ? AV_PIX_FMT_RGBA64BE : AV_PIX_FMT_RGB48BE
                    : picture->alpha ? AV_PIX_FMT_RGBA
                                     : AV_PIX_FMT_RGB24;
    frame->width = picture->width;
    frame->height = picture->height;
    ret = av_frame_get_buffer(frame, 0);
    if (ret < 0)
        return ret;
    for (int y = 0; y < frame->height; y++)
        copy_line(frame->data[0] + (ptrdiff_t)y * frame->linesize[0],
                  picture->pixels + y * picture->stride, (size_t)frame->width * channels,
                  picture->depth);
    if (av_color_primaries_name(primaries))
        frame->color_primaries = primaries;
    if (av_color_transfer_name(transfer))
        frame->color_trc = transfer;
    read_profile(picture, frame);
    return 0;
}

int still_heif_decode(Still *still, Outcome *out)
{
    char why[HEIF_WHY_SIZE];
    HeifPicture picture;
    HeifStatus status;
    int ret;
    const HeifFace *heif = open_picture(still, out, &picture, &ret);

    if (ret >= 0 && (status = heif->decode(&picture, why)) != HEIF_OK)
        ret = say_failed(still, status, why, out);
    if (ret >= 0) {
        still->premultiplied = picture.premultiplied;
        still->frame = av_frame_alloc();
        ret = still->frame ? make_frame(&picture, still->frame) : AVERROR(ENOMEM);
        if (ret < 0)
            say_failed(still, HEIF_NO_MEMORY, "", out);
    }
    if (heif)
        heif->close(&picture);
    return ret;
}
