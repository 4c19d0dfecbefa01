/* i2v: the text on an animatic: laid out, drawn once, and laid over its frames
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "animatic_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libavfilter/avfilter.h>
#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/dict.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>

#include "caption.h"
#include "picture_filter.h"

/* A column of a monospaced font, of its size, with a little room. */
#define COLUMN    0.63
#define MIN_SIZE  8   ///< pixels; smaller text is not drawn
#define BOX_KEEP  100 ///< of 256: how much of the picture a box lets through
#define BLACK     16
#define WHITE     235
#define GREY      128
#define MAX_ROWS  (1 + CAPTION_MAX_LINES)
#define MAX_CODES 64 ///< characters that a font is looked for by

/* Drawn in this order of liking. */
static const char *const fonts[] = {
    "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
    "/usr/share/fonts/dejavu-sans-mono-fonts/DejaVuSansMono.ttf",
    "/usr/share/fonts/TTF/DejaVuSansMono.ttf",
    "/usr/share/fonts/dejavu/DejaVuSansMono.ttf",
};

/* A label before it is drawn. */
typedef struct Layout {
    Caption text;
    int size; ///< of the font, pixels
    int baseline[CAPTION_MAX_LINES];
    int top, bottom; ///< rows within which the label lies
} Layout;

static int lay_out_stamp(const char *stamp, int width, int height, Layout *layout)
{
    int ret = caption_wrap(stamp, 40, 1, &layout->text);

    if (ret < 0 || !layout->text.count)
        return ret;
    layout->size =
        FFMIN(FFMIN(width, height) / 6,
              (int)(0.8 * width / (COLUMN * caption_columns(layout->text.line[0]))));
    layout->baseline[0] = height / 16 + layout->size;
    layout->bottom = height * 2 / 5;
    return 0;
}

static int lay_out_caption(const char *caption, int width, int height, Layout *layout)
{
    int size = FFMAX(FFMIN(width, height) / 24, MIN_SIZE), pitch = size * 5 / 4;
    int columns = (int)(0.9 * width / (COLUMN * size));
    int lines = FFMIN((height / 2 - height / 16) / pitch, CAPTION_MAX_LINES), ret;

    if (columns < 4 || lines < 1)
        return 0;
    ret = caption_wrap(caption, columns, lines, &layout->text);
    layout->size = size;
    layout->top = height / 2;
    layout->bottom = height;
    for (int i = layout->text.count - 1, y = height - height / 16; i >= 0; i--) {
        layout->baseline[i] = y;
        y -= pitch;
    }
    return ret;
}

/* Drawing */

/* Whether the font at hand is likely to lack a character. */
static bool is_unusual(int32_t code)
{
    return code >= 0x0590 && (code < 0x2000 || code > 0x2BFF) && code != 0xFFFD;
}

/* Names a monospaced font by the unusual characters that it should have; empty when there
 * are none. */
static void name_font(const Caption *text, char *name, size_t size)
{
    int count = 0;

    name[0] = '\0';
    for (int i = 0; i < text->count; i++) {
        const uint8_t *at = (const uint8_t *)text->line[i],
                      *end = at + strlen(text->line[i]);
        while (at < end && count < MAX_CODES) {
            size_t have = strlen(name);
            int32_t code;
            if (av_utf8_decode(&code, &at, end, 0) < 0 || !is_unusual(code))
                continue;
            snprintf(name + have, size - have, "%s%x",
                     count++ ? " " : "monospace:charset=", (unsigned)code);
        }
    }
}

static int add_row(const Layout *layout, int i, const char *key, const char *font,
                   AVDictionary **options)
{
    char number[64];
    int ret;

    /* Nothing here is parsed but what is written here: the text is taken as it is. */
    if ((ret = av_dict_set(options, "text", layout->text.line[i], 0)) < 0 ||
        (ret = av_dict_set(options, "expansion", "none", 0)) < 0 ||
        (ret = av_dict_set(options, key, font, 0)) < 0 ||
        (ret = av_dict_set_int(options, "fontsize", layout->size, 0)) < 0 ||
        (ret = av_dict_set(options, "fontcolor", "white", 0)) < 0 ||
        (ret = av_dict_set(options, "x", "(w-text_w)/2", 0)) < 0)
        return ret;
    snprintf(number, sizeof(number), "%d-ascent", layout->baseline[i]);
    return av_dict_set(options, "y", number, 0);
}

static int draw_with(const Layout *layout, const AVFrame *canvas, const char *key,
                     const char *font, AVFrame **drawn)
{
    AVDictionary *options[CAPTION_MAX_LINES] = {NULL};
    int ret = 0;

    for (int i = 0; i < layout->text.count && ret >= 0; i++)
        ret = add_row(layout, i, key, font, &options[i]);
    if (ret >= 0)
        ret = picture_filter_by_name(canvas, "drawtext", options, layout->text.count,
                                     drawn);
    for (int i = 0; i < layout->text.count; i++)
        av_dict_free(&options[i]);
    return ret;
}

/* A font by its file where it is known: libavfilter says at INFO which one it found by a
 * name. */
static int draw(const Layout *layout, const AVFrame *canvas, AVFrame **drawn)
{
    const AVFilter *filter = avfilter_get_by_name("drawtext");
    int ret = AVERROR_FILTER_NOT_FOUND;
    char name[32 + 8 * MAX_CODES];
    bool named;

    if (!filter)
        return ret;
    named =
        av_opt_find((void *)&filter->priv_class, "font", NULL, 0, AV_OPT_SEARCH_FAKE_OBJ);
    name_font(&layout->text, name, sizeof(name));
    if (named && name[0])
        ret = draw_with(layout, canvas, "font", name, drawn);
    for (size_t i = 0; i < FF_ARRAY_ELEMS(fonts) && ret < 0; i++)
        if (!access(fonts[i], R_OK))
            ret = draw_with(layout, canvas, "fontfile", fonts[i], drawn);
    if (ret < 0 && named)
        ret = draw_with(layout, canvas, "font", "monospace", drawn);
    return ret;
}

/* The smallest box around what was drawn, and some room. */
static void find_box(const AVFrame *drawn, const Layout *layout, AnimaticLabel *label)
{
    int left = drawn->width, right = 0, top = drawn->height, bottom = 0;
    int room = layout->size / 3;

    for (int y = layout->top; y < layout->bottom; y++) {
        const uint8_t *row = drawn->data[0] + y * (ptrdiff_t)drawn->linesize[0];
        for (int x = 0; x < drawn->width; x++) {
            if (!row[3 * x])
                continue;
            left = FFMIN(left, x);
            right = FFMAX(right, x + 1);
            top = FFMIN(top, y);
            bottom = y + 1;
        }
    }
    if (!right)
        return;
    label->x = FFMAX(left - room, 0) & ~1;
    label->y = FFMAX(top - room, layout->top) & ~1;
    label->width = FFALIGN(FFMIN(right + room, drawn->width) - label->x, 2);
    label->height = FFALIGN(FFMIN(bottom + room, layout->bottom) - label->y, 2);
}

static int average(const uint8_t *rgb, ptrdiff_t stride)
{
    return (rgb[0] + rgb[3] + rgb[stride] + rgb[stride + 3] + 2) / 4;
}

/* First the box is laid over the picture, then the text over that. */
static int fill_plane(const AVFrame *drawn, AnimaticLabel *label, int plane)
{
    int shift = plane, box = plane ? GREY : BLACK, ink = plane ? GREY : WHITE;
    int width = label->width >> shift, height = label->height >> shift;
    size_t size = (size_t)width * (size_t)height;
    ptrdiff_t stride = drawn->linesize[0];

    label->keep[plane] = av_malloc_array(size, sizeof(uint16_t));
    label->add[plane] = av_malloc_array(size, sizeof(uint16_t));
    if (!label->keep[plane] || !label->add[plane])
        return AVERROR(ENOMEM);
    for (int y = 0; y < height; y++) {
        const uint8_t *rgb =
            drawn->data[0] + (label->y + (y << shift)) * stride + (ptrdiff_t)3 * label->x;
        for (int x = 0; x < width; x++, rgb += 3 << shift) {
            int text = plane ? average(rgb, stride) : rgb[0];
            int keep = BOX_KEEP * (255 - text) / 255;
            int darken = (256 - BOX_KEEP) * (255 - text) / 255;
            size_t at = (size_t)y * (size_t)width + (size_t)x;

            label->keep[plane][at] = (uint16_t)keep;
            label->add[plane][at] =
                (uint16_t)(darken * box + (256 - keep - darken) * ink);
        }
    }
    return 0;
}

static int make_canvas(int width, int height, AVFrame **canvas)
{
    AVFrame *made = *canvas = av_frame_alloc();
    int ret;

    if (!made)
        return AVERROR(ENOMEM);
    made->format = AV_PIX_FMT_RGB24;
    made->width = width;
    made->height = height;
    made->colorspace = AVCOL_SPC_RGB;
    made->color_range = AVCOL_RANGE_JPEG;
    ret = av_frame_get_buffer(made, 0);
    for (int y = 0; y < height && ret >= 0; y++)
        memset(made->data[0] + y * (ptrdiff_t)made->linesize[0], 0, (size_t)width * 3);
    return ret;
}

static int make_label(const Layout *layout, const AVFrame *canvas, AnimaticLabel *label)
{
    AVFrame *drawn = NULL;
    int ret;

    if (!layout->text.count || layout->size < MIN_SIZE)
        return 0;
    ret = draw(layout, canvas, &drawn);
    if (ret >= 0) {
        find_box(drawn, layout, label);
        if (label->width && ((ret = fill_plane(drawn, label, 0)) < 0 ||
                             (ret = fill_plane(drawn, label, 1)) < 0))
            label->width = 0;
    }
    av_frame_free(&drawn);
    return ret;
}

int animatic_labels_make(const AnimaticPlan *plan, int width, int height, void *log,
                         AnimaticLabel labels[ANIMATIC_LABELS])
{
    Layout layouts[ANIMATIC_LABELS] = {{.size = 0}};
    AVFrame *canvas = NULL;
    int ret = 0;

    memset(labels, 0, ANIMATIC_LABELS * sizeof(*labels));
    if (!plan->stamp && !plan->caption)
        return 0;
    if ((ret = make_canvas(width, height, &canvas)) < 0 ||
        (plan->stamp && (ret = lay_out_stamp(plan->stamp, width, height,
                                             &layouts[ANIMATIC_STAMP])) < 0) ||
        (plan->caption && (ret = lay_out_caption(plan->caption, width, height,
                                                 &layouts[ANIMATIC_CAPTION])) < 0))
        goto end;
    for (int i = 0; i < ANIMATIC_LABELS && ret >= 0; i++)
        ret = make_label(&layouts[i], canvas, &labels[i]);
    if (ret < 0 && ret != AVERROR(ENOMEM)) {
        av_log(log, AV_LOG_WARNING,
               "This FFmpeg cannot draw text (%s): it needs the drawtext filter and a "
               "font. The clip is made without it.\n",
               av_err2str(ret));
        animatic_labels_clear(labels);
        ret = 0;
    }
end:
    av_frame_free(&canvas);
    for (int i = 0; i < ANIMATIC_LABELS; i++)
        caption_clear(&layouts[i].text);
    return ret;
}

void animatic_labels_clear(AnimaticLabel labels[ANIMATIC_LABELS])
{
    for (int i = 0; i < ANIMATIC_LABELS; i++) {
        for (int plane = 0; plane < 2; plane++) {
            av_free(labels[i].keep[plane]);
            av_free(labels[i].add[plane]);
        }
        labels[i] = (AnimaticLabel){0};
    }
}

static void apply(const AnimaticLabel *label, int plane, AVFrame *frame)
{
    int shift = plane > 0;
    int width = label->width >> shift, height = label->height >> shift;

    for (int y = 0; y < height; y++) {
        uint8_t *to = frame->data[plane] + (label->x >> shift) +
                      ((label->y >> shift) + y) * (ptrdiff_t)frame->linesize[plane];
        const uint16_t *keep = label->keep[shift] + (size_t)y * (size_t)width;
        const uint16_t *add = label->add[shift] + (size_t)y * (size_t)width;

        for (int x = 0; x < width; x++)
            to[x] = (uint8_t)((to[x] * keep[x] + add[x] + 128) >> 8);
    }
}

void animatic_labels_apply(const AnimaticLabel labels[ANIMATIC_LABELS], AVFrame *frame)
{
    for (int i = 0; i < ANIMATIC_LABELS; i++)
        for (int plane = 0; plane < 3 && labels[i].width; plane++)
            apply(&labels[i], plane, frame);
}
