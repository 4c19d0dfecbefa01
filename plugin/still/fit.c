/* i2v: how a still of another shape meets the size it must have, and its colours
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include <libavutil/bprint.h>
#include <libavutil/pixdesc.h>

#include "base/picture.h"
#include "still/parts.h"

#define SCALE     "flags=lanczos+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"
#define MIN_YADIF 8 ///< pixels; smaller frames are not deinterlaced

/* Shape */

static const char *const position_names[] = {
    [STILL_CENTER] = "center", [STILL_TOP] = "top",     [STILL_BOTTOM] = "bottom",
    [STILL_LEFT] = "left",     [STILL_RIGHT] = "right",
};

/* a * b / c to the nearest, the lower one of two equally near, at least 1. */
static int rescale(int a, int b, int c)
{
    int64_t value = (2 * (int64_t)a * b + c - 1) / (2 * (int64_t)c);
    return (int)av_clip64(value, 1, INT32_MAX);
}

/* Where something lies that leaves `room` free in this direction. */
static int offset(int room, StillPosition position, StillPosition first,
                  StillPosition last)
{
    return position == first ? 0 : position == last ? room : room / 2;
}

/* The largest part of width x height that has the target's shape. */
static void largest_part(int width, int height, const StillTarget *target, int *w, int *h)
{
    *w = FFMIN(width, rescale(height, target->width, target->height));
    *h = FFMIN(height, rescale(width, target->height, target->width));
}

static void cover(const Still *still, const StillTarget *target, StillGeometry *g,
                  Outcome *out)
{
    int w, h, upright_w = g->crop_w, upright_h = g->crop_h;

    largest_part(still->width, still->height, target, &w, &h);
    g->crop_w = FFMIN(upright_w, rescale(w, upright_w, still->width));
    g->crop_h = FFMIN(upright_h, rescale(h, upright_h, still->height));
    g->crop_x = offset(upright_w - g->crop_w, target->position, STILL_LEFT, STILL_RIGHT);
    g->crop_y = offset(upright_h - g->crop_h, target->position, STILL_TOP, STILL_BOTTOM);
    if (still->width - w <= 1 && still->height - h <= 1)
        return;
    double lost = 1 - (double)w * h / ((double)still->width * still->height);
    char much[32] = "";
    if (lost > 1.0 / 3)
        snprintf(much, sizeof(much), "; %.0f %% of it is lost", lost * 100);
    outcome_say(
        out, AV_LOG_WARNING,
        "still %dx%d is cut to %dx%d to fill %dx%d (fit=cover, fit_position=%s)%s",
        still->width, still->height, w, h, target->width, target->height,
        position_names[target->position], much);
}

static void contain(const Still *still, const StillTarget *target, StillGeometry *g,
                    Outcome *out)
{
    int w = FFMIN(target->width, rescale(still->width, target->height, still->height));
    int h = FFMIN(target->height, rescale(still->height, target->width, still->width));

    if (target->width - w <= 1 && target->height - h <= 1)
        return;
    g->scale_w = w;
    g->scale_h = h;
    g->pad_x = offset(target->width - w, target->position, STILL_LEFT, STILL_RIGHT);
    g->pad_y = offset(target->height - h, target->position, STILL_TOP, STILL_BOTTOM);
    outcome_say(out, AV_LOG_WARNING,
                "still %dx%d is padded with black to %dx%d, of which it takes %dx%d "
                "(fit=contain, fit_position=%s)",
                still->width, still->height, target->width, target->height, w, h,
                position_names[target->position]);
}

static void fill(const Still *still, const StillTarget *target, Outcome *out)
{
    int w, h;

    largest_part(still->width, still->height, target, &w, &h);
    if (still->width - w > 1 || still->height - h > 1)
        outcome_say(out, AV_LOG_WARNING, "still %dx%d is stretched to %dx%d (fit=fill)",
                    still->width, still->height, target->width, target->height);
}

/* What is small is no picture of its new size; a pixel more or less is rounding. */
static void say_enlarged(const Still *still, const StillGeometry *g, Outcome *out)
{
    double times = FFMAX((double)g->scale_w / g->crop_w, (double)g->scale_h / g->crop_h);

    if (g->scale_w > 2 * (g->crop_w + 1) || g->scale_h > 2 * (g->crop_h + 1))
        outcome_say(
            out, AV_LOG_WARNING,
            "still %dx%d is enlarged %.3g times to be %dx%d; a larger one would be "
            "sharper",
            still->width, still->height, times, g->width, g->height);
}

int still_geometry(const Still *still, const StillTarget *target, Outcome *out,
                   StillGeometry *geometry)
{
    bool turned = still->orientation > 4;

    if (target->width < 0 || target->height < 0 || !target->width != !target->height)
        return AVERROR(EINVAL);
    *geometry = (StillGeometry){
        .crop_w = turned ? still->rows : still->columns,
        .crop_h = turned ? still->columns : still->rows,
        .width = target->width ? target->width : still->width,
        .height = target->height ? target->height : still->height,
    };
    geometry->scale_w = geometry->width;
    geometry->scale_h = geometry->height;
    if (!target->width)
        return 0;
    if (target->fit == STILL_COVER) {
        cover(still, target, geometry, out);
    } else if (target->fit == STILL_CONTAIN) {
        contain(still, target, geometry, out);
    } else if (target->fit == STILL_FILL) {
        fill(still, target, out);
    } else if (still->width != target->width || still->height != target->height)
        return outcome_fail(
            out, FAILURE_REQUEST, AVERROR(EINVAL),
            "still is %dx%d but must be %dx%d with fit=none; fit=cover, contain or fill "
            "would make it so",
            still->width, still->height, target->width, target->height);
    say_enlarged(still, geometry, out);
    return 0;
}

/* Colours and pixels */

/* One more filter behind those that a chain has. */
static av_printf_format(2, 3) void add(AVBPrint *chain, const char *format, ...)
{
    va_list args;

    if (chain->len)
        av_bprintf(chain, ",");
    va_start(args, format);
    av_vbprintf(chain, format, args);
    va_end(args);
}

/* The formats with a J say by their name what the range is for. */
static void drop_j_format(AVFrame *frame)
{
    static const int pairs[][2] = {
        {AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV420P},
        {AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUV422P},
        {AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUV444P},
        {AV_PIX_FMT_YUVJ440P, AV_PIX_FMT_YUV440P},
        {AV_PIX_FMT_YUVJ411P, AV_PIX_FMT_YUV411P},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (frame->format == pairs[i][0]) {
            frame->format = pairs[i][1];
            frame->color_range = AVCOL_RANGE_JPEG;
        }
    }
}

void still_tag_colors(AVFrame *frame, bool image)
{
    const AVPixFmtDescriptor *desc;

    drop_j_format(frame);
    desc = av_pix_fmt_desc_get(frame->format);
    if (desc->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL) ||
        desc->nb_components < 3) {
        if (desc->nb_components >= 3 || desc->flags & AV_PIX_FMT_FLAG_PAL)
            frame->colorspace = AVCOL_SPC_RGB;
        if (frame->color_range == AVCOL_RANGE_UNSPECIFIED)
            frame->color_range = AVCOL_RANGE_JPEG;
        return;
    }
    if (frame->color_range == AVCOL_RANGE_UNSPECIFIED)
        frame->color_range = AVCOL_RANGE_MPEG;
    if (frame->colorspace != AVCOL_SPC_UNSPECIFIED &&
        frame->colorspace != AVCOL_SPC_RESERVED && frame->colorspace != AVCOL_SPC_RGB)
        return;
    if (frame->color_primaries == AVCOL_PRI_BT2020)
        frame->colorspace = AVCOL_SPC_BT2020_NCL;
    else if (!image && (frame->width >= 1280 || frame->height > 576))
        frame->colorspace = AVCOL_SPC_BT709;
    else
        frame->colorspace = AVCOL_SPC_SMPTE170M;
}

static bool is_hdr(const AVFrame *frame)
{
    return frame->color_trc == AVCOL_TRC_SMPTE2084 ||
           frame->color_trc == AVCOL_TRC_ARIB_STD_B67;
}

bool still_is_wide(const AVFrame *frame)
{
    return is_hdr(frame) || frame->color_primaries == AVCOL_PRI_BT2020 ||
           frame->color_primaries == AVCOL_PRI_SMPTE428 ||
           frame->color_primaries == AVCOL_PRI_SMPTE431 ||
           frame->color_primaries == AVCOL_PRI_SMPTE432;
}

static bool has_alpha(const AVFrame *frame)
{
    return av_pix_fmt_desc_get(frame->format)->flags & AV_PIX_FMT_FLAG_ALPHA;
}

/* zscale wants every one of its three told. */
static void convert_with_zscale(const AVFrame *frame, AVBPrint *chain)
{
    bool alpha = has_alpha(frame);
    bool rgb = frame->colorspace == AVCOL_SPC_RGB;
    int primaries = (int)frame->color_primaries, transfer = (int)frame->color_trc;

    if (primaries == AVCOL_PRI_UNSPECIFIED || primaries == AVCOL_PRI_RESERVED ||
        primaries == AVCOL_PRI_RESERVED0)
        primaries = is_hdr(frame) ? AVCOL_PRI_BT2020 : AVCOL_PRI_BT709;
    if (transfer == AVCOL_TRC_UNSPECIFIED || transfer == AVCOL_TRC_RESERVED ||
        transfer == AVCOL_TRC_RESERVED0)
        transfer = rgb ? AVCOL_TRC_IEC61966_2_1 : AVCOL_TRC_BT709;
    /* Without subsampling, so that odd sizes pass. */
    add(chain, "scale=" SCALE ",format=%s",
        rgb     ? alpha ? "gbrap16" : "gbrp16"
        : alpha ? "yuva444p16"
                : "yuv444p16");
    add(chain, "zscale=pin=%d:tin=%d:min=%d:rin=%s:", primaries, transfer,
        rgb ? AVCOL_SPC_RGB : (int)frame->colorspace,
        frame->color_range == AVCOL_RANGE_JPEG ? "full" : "limited");
    if (is_hdr(frame))
        av_bprintf(chain,
                   "t=linear:m=gbr:r=full:npl=100,format=gbr%spf32,zscale=p=bt709,"
                   "tonemap=tonemap=hable:desat=0,zscale=",
                   alpha ? "a" : "");
    av_bprintf(chain, "p=bt709:t=%s:m=gbr:r=full,format=gbr%sp", rgb ? "13" : "bt709",
               alpha ? "a" : "");
}

/* Whether the shape may be changed before the colours: a large still is then never there
 * as RGB in its own size, and a pixel of chroma more or less at an edge that is scaled
 * does not show. Planes that are not alike cannot be turned, and what is no plane of
 * samples can be neither cut nor turned. */
static bool is_shaped_first(const Still *still, const StillGeometry *g)
{
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(still->frame->format);
    bool scaled = g->scale_w != g->crop_w || g->scale_h != g->crop_h;
    bool turns = still->orientation <= 4 || desc->log2_chroma_w == desc->log2_chroma_h;
    bool there = g->crop_w >> desc->log2_chroma_w && g->crop_h >> desc->log2_chroma_h;

    return scaled && turns && there &&
           !(desc->flags & (AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_ALPHA |
                            AV_PIX_FMT_FLAG_BAYER | AV_PIX_FMT_FLAG_BITSTREAM));
}

/* Upright, cut, and of the size it must have; RGB, whatever it was. */
static void describe_shape(const Still *still, const StillGeometry *g, AVBPrint *chain)
{
    static const char *const turns[] = {
        [2] = "hflip",       [3] = "hflip,vflip", [4] = "vflip",
        [5] = "transpose=0", [6] = "transpose=1", [7] = "transpose=3",
        [8] = "transpose=2",
    };
    const AVFrame *frame = still->frame;
    bool turned = still->orientation > 4;
    int w = turned ? frame->height : frame->width;
    int h = turned ? frame->width : frame->height;

    if (still->orientation > 1)
        add(chain, "%s", turns[still->orientation]);
    if (g->crop_w != w || g->crop_h != h)
        add(chain, "crop=%d:%d:%d:%d%s", g->crop_w, g->crop_h, g->crop_x, g->crop_y,
            is_shaped_first(still, g) ? "" : ":exact=1");
    if (g->scale_w != g->crop_w || g->scale_h != g->crop_h)
        add(chain, "scale=%d:%d:" SCALE, g->scale_w, g->scale_h);
    add(chain, "format=rgb24");
    if (g->scale_w != g->width || g->scale_h != g->height)
        add(chain, "pad=%d:%d:%d:%d:black", g->width, g->height, g->pad_x, g->pad_y);
}

static bool is_premultiplied(const Still *still)
{
#if I2V_HAVE_ALPHA_MODE
    if (still->frame->alpha_mode == AVALPHA_MODE_PREMULTIPLIED)
        return true;
#endif
    return still->premultiplied;
}

/* How much of it is not opaque, 0 to 1. */
static double transparent_part(const AVFrame *rgba)
{
    int64_t count = 0;

    for (int y = 0; y < rgba->height; y++) {
        const uint8_t *pixel = rgba->data[0] + (ptrdiff_t)y * rgba->linesize[0];
        for (int x = 0; x < rgba->width; x++, pixel += 4)
            count += pixel[3] < 255;
    }
    return (double)count / ((double)rgba->width * rgba->height);
}

/* By hand, as the premultiply filter rounds differently from version to version. */
static int blend_over_black(AVFrame *rgba)
{
    int ret = av_frame_make_writable(rgba);

    if (ret < 0)
        return ret;
    for (int y = 0; y < rgba->height; y++) {
        uint8_t *pixel = rgba->data[0] + (ptrdiff_t)y * rgba->linesize[0];
        for (int x = 0; x < rgba->width; x++, pixel += 4)
            for (int i = 0; i < 3; i++)
                pixel[i] = (uint8_t)((pixel[i] * pixel[3] + 127) / 255);
    }
    return 0;
}

static int run(const AVFrame *frame, const AVBPrint *chain, AVFrame **out)
{
    return av_bprint_is_complete(chain) ? picture_filter(frame, chain->str, out)
                                        : AVERROR(ENOMEM);
}

/* With alpha the chain is run in two parts, and the blending done between them.
 * @param transparent  how much of it is not opaque, 0 to 1 */
static int render_once(const Still *still, const StillGeometry *geometry, bool convert,
                       double *transparent, AVFrame **out)
{
    const AVFrame *frame = still->frame;
    AVFrame *rgba = NULL;
    AVBPrint chain;
    int ret = 0;

    av_bprint_init(&chain, 0, AV_BPRINT_SIZE_UNLIMITED);
    if (still->interlaced && frame->width >= MIN_YADIF && frame->height >= MIN_YADIF)
        add(&chain, "yadif=mode=send_frame:deint=all");
    if (convert)
        convert_with_zscale(frame, &chain);
    if (convert || !is_shaped_first(still, geometry))
        add(&chain, "scale=" SCALE ",format=%s", has_alpha(frame) ? "rgba" : "rgb24");
    if (has_alpha(frame)) {
        ret = run(frame, &chain, &rgba);
        if (ret >= 0)
            *transparent = transparent_part(rgba);
        if (ret >= 0 && !is_premultiplied(still))
            ret = blend_over_black(rgba);
        if (ret < 0)
            goto end;
        av_bprint_clear(&chain);
        add(&chain, "scale=" SCALE ",format=rgb24");
    }
    describe_shape(still, geometry, &chain);
    ret = run(rgba ? rgba : frame, &chain, out);
end:
    av_frame_free(&rgba);
    av_bprint_finalize(&chain, NULL);
    return ret;
}

int still_render(const Still *still, const StillGeometry *geometry, Outcome *out,
                 AVFrame **rgb)
{
    const char *kind = is_hdr(still->frame) ? "HDR" : "wide-gamut";
    bool wide = still_is_wide(still->frame);
    double transparent = 0;
    int ret = AVERROR_FILTER_NOT_FOUND;

    if (wide && avfilter_get_by_name("zscale") && avfilter_get_by_name("tonemap")) {
        ret = render_once(still, geometry, true, &transparent, rgb);
        if (ret >= 0)
            outcome_say(out, AV_LOG_WARNING,
                        "still has %s colours (%s, %s); they are brought to BT.709", kind,
                        av_color_primaries_name(still->frame->color_primaries),
                        av_color_transfer_name(still->frame->color_trc));
    }
    if (ret < 0 && ret != AVERROR(ENOMEM)) {
        ret = render_once(still, geometry, false, &transparent, rgb);
        if (wide && ret >= 0)
            outcome_say(
                out, AV_LOG_WARNING,
                "still has %s colours, which this FFmpeg cannot bring to BT.709 without "
                "the zscale filter; they will look pale",
                kind);
    }
    if (ret >= 0 && transparent > 0)
        outcome_say(out, AV_LOG_WARNING,
                    "still %dx%d is transparent in %.0f %% of it, which becomes black",
                    still->width, still->height, transparent * 100);
    if (ret < 0)
        outcome_fail(out, FAILURE_REQUEST, ret,
                     "image '%s' cannot be scaled to %dx%d: %s", still->label,
                     geometry->width, geometry->height, av_err2str(ret));
    return ret;
}
