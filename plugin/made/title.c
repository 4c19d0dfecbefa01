/* i2v: the filters that an animatic's pictures come out of
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "made/title.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libavfilter/buffersink.h>
#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mathematics.h>
#include <libavutil/opt.h>

#include "made/caption.h"
#include "base/picture.h"

#define SCALE "flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"
#define ZOOM  0.08 ///< how much larger the picture is in the end
/* A column of a monospaced font, of its size, with a little room. */
#define COLUMN    0.63
#define MIN_SIZE  8  ///< pixels; smaller text is not drawn
#define MAX_CODES 64 ///< characters that a font is looked for by

/* Drawn in this order of liking. */
static const char *const fonts[] = {
    "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
    "/usr/share/fonts/dejavu-sans-mono-fonts/DejaVuSansMono.ttf",
    "/usr/share/fonts/TTF/DejaVuSansMono.ttf",
    "/usr/share/fonts/dejavu/DejaVuSansMono.ttf",
};

/* Filters one behind the other. */
typedef struct Chain {
    AVFilterGraph *graph;
    AVFilterContext *last;
    int width, height; ///< of the clip
} Chain;

/* Puts a filter at the end of a chain, or nothing after an error.
 * @param set     pairs of an option and its value, which is not parsed, and a NULL
 * @param format  of further options, in libavfilter's syntax */
static int append(Chain *chain, const char *name, const char *const *set,
                  const char *format, ...)
{
    const AVFilter *filter = avfilter_get_by_name(name);
    AVFilterContext *next;
    char options[512];
    va_list args;
    int ret = 0;

    if (!filter)
        return AVERROR_FILTER_NOT_FOUND;
    if (!(next = avfilter_graph_alloc_filter(chain->graph, filter, name)))
        return AVERROR(ENOMEM);
    va_start(args, format);
    vsnprintf(options, sizeof(options), format, args);
    va_end(args);
    for (; *set && ret >= 0; set += 2)
        ret = av_opt_set(next, set[0], set[1], AV_OPT_SEARCH_CHILDREN);
    if (ret < 0 || (ret = avfilter_init_str(next, options)) < 0 ||
        (ret = avfilter_link(chain->last, 0, next, 0)) < 0)
        avfilter_free(next);
    else
        chain->last = next;
    return ret;
}

static const char *const nothing[] = {NULL};

/* The picture in the clip's size, black bars beside it, and a frame each that shows it.
 * The zoompan filter moves in whole samples of chroma: smaller ones make it smoother. */
static int append_picture(Chain *chain, const AnimaticPlan *plan, int64_t frames)
{
    const AVFrame *picture = plan->picture;
    int width = chain->width, height = chain->height, fine = plan->moving ? 2 : 1, ret;
    int w = (int)av_rescale(picture->width, height, picture->height);
    int h = (int)av_rescale(picture->height, width, picture->width);

    /* A pixel less is rounding, and no bar. */
    w = w < width - 1 ? FFMAX(w, 1) : width;
    h = h < height - 1 ? FFMAX(h, 1) : height;
    if ((ret = append(chain, "scale", nothing, "%d:%d:" SCALE, w * fine, h * fine)) < 0 ||
        (ret = append(chain, "format", nothing, "rgb24")) < 0 ||
        (ret = append(chain, "pad", nothing, "%d:%d:%d:%d:black", width * fine,
                      height * fine, (width - w) / 2 * fine, (height - h) / 2 * fine)) <
            0 ||
        (ret = append(chain, "scale", nothing,
                      "out_color_matrix=bt709:out_range=tv:" SCALE)) < 0 ||
        (ret = append(chain, "format", nothing, "yuv420p")) < 0)
        return ret;
    return append(chain, "zoompan", nothing,
                  "z=1+%g*on/%" PRId64 ":x=iw/2-iw/zoom/2:y=ih/2-ih/zoom/2"
                  ":d=%" PRId64 ":s=%dx%d:fps=%d/%d",
                  plan->moving ? ZOOM : 0., frames, frames, width, height, plan->rate.num,
                  plan->rate.den);
}

/* Text */

/* Whether the font at hand is likely to lack a character. */
static bool is_unusual(int32_t code)
{
    return code >= 0x0590 && (code < 0x2000 || code > 0x2BFF) && code != 0xFFFD;
}

/* Names a monospaced font by the unusual characters that it should have; empty when there
 * are none. */
static void name_font(const char *line, char *name, size_t size)
{
    const uint8_t *at = (const uint8_t *)line, *end = at + strlen(line);
    int count = 0;

    name[0] = '\0';
    while (at < end && count < MAX_CODES) {
        int32_t code;
        if (av_utf8_decode(&code, &at, end, 0) >= 0 && is_unusual(code))
            av_strlcatf(name, size, "%s%x",
                        count++ ? " " : "monospace:charset=", (unsigned)code);
    }
}

static int append_line_in(Chain *chain, const char *line, const char *key,
                          const char *font, int size, int baseline)
{
    const char *const set[] = {"text", line, key, font, NULL};

    return append(chain, "drawtext", set,
                  "expansion=none:fontcolor=white:fontsize=%d:x=(w-text_w)/2:y=%d-ascent",
                  size, baseline);
}

/* A font by its file where it is known: libavfilter says at INFO which one it found by a
 * name. */
static int append_line(Chain *chain, const char *line, int size, int baseline)
{
    char name[32 + 8 * MAX_CODES];
    int ret = AVERROR(ENOENT);

    name_font(line, name, sizeof(name));
    if (name[0])
        ret = append_line_in(chain, line, "font", name, size, baseline);
    for (size_t i = 0; i < FF_ARRAY_ELEMS(fonts) && ret < 0; i++)
        if (!access(fonts[i], R_OK))
            ret = append_line_in(chain, line, "fontfile", fonts[i], size, baseline);
    return ret < 0 ? append_line_in(chain, line, "font", "monospace", size, baseline)
                   : ret;
}

/* Lines on one darkened box: drawtext's own boxes of lines would overlap.
 * @param baseline  of the last line */
static int append_label(Chain *chain, const Caption *text, int size, int baseline)
{
    int pitch = size * 5 / 4, first = baseline - (text->count - 1) * pitch, columns = 0;
    int ret, width;

    if (!text->count || size < MIN_SIZE)
        return 0;
    for (int i = 0; i < text->count; i++)
        columns = FFMAX(columns, caption_columns(text->line[i]));
    width = FFMIN((int)((COLUMN * columns + 0.6) * size), chain->width);
    ret = append(chain, "drawbox", nothing, "%d:%d:%d:%d:black@0.6:fill",
                 (chain->width - width) / 2, first - size * 11 / 10, width,
                 baseline - first + size * 3 / 2);
    for (int i = 0; i < text->count && ret >= 0; i++)
        ret = append_line(chain, text->line[i], size, first + i * pitch);
    return ret;
}

static int append_stamp(Chain *chain, const char *stamp)
{
    int width = chain->width, height = chain->height;
    Caption text;
    int size, ret = caption_wrap(stamp, 40, 1, &text);

    if (ret >= 0 && text.count) {
        size = FFMIN(FFMIN(width, height) / 6,
                     (int)(0.8 * width / (COLUMN * caption_columns(text.line[0]))));
        ret = append_label(chain, &text, size, height / 16 + size);
    }
    caption_clear(&text);
    return ret;
}

static int append_caption(Chain *chain, const char *caption)
{
    int width = chain->width, height = chain->height;
    int size = FFMAX(FFMIN(width, height) / 24, MIN_SIZE), pitch = size * 5 / 4;
    int columns = (int)(0.9 * width / (COLUMN * size));
    int lines = FFMIN((height / 2 - height / 16) / pitch, CAPTION_MAX_LINES), ret;
    Caption text;

    if (columns < 4 || lines < 1)
        return 0;
    ret = caption_wrap(caption, columns, lines, &text);
    if (ret >= 0)
        ret = append_label(chain, &text, size, height - height / 16);
    caption_clear(&text);
    return ret;
}

/* Up to the first picture, so that nothing about the text is left to fail. */
static int make_graph(const AnimaticPlan *plan, int64_t frames, Chain *chain,
                      AVFrame *first)
{
    AVFilterContext *source;
    int ret;

    if (!(chain->graph = avfilter_graph_alloc()))
        return AVERROR(ENOMEM);
    chain->graph->nb_threads = 1;
    if ((ret = picture_source(chain->graph, plan->picture, &source)) < 0)
        return ret;
    chain->last = source;
    if ((ret = append_picture(chain, plan, frames)) < 0 ||
        (plan->stamp && (ret = append_stamp(chain, plan->stamp)) < 0) ||
        (plan->caption && (ret = append_caption(chain, plan->caption)) < 0) ||
        (ret = append(chain, "format", nothing, "yuv420p")) < 0 ||
        (ret = append(chain, "buffersink", nothing, "%s", "")) < 0 ||
        (ret = avfilter_graph_config(chain->graph, NULL)) < 0 ||
        (ret = picture_source_feed(source, plan->picture)) < 0)
        return ret;
    return av_buffersink_get_frame(chain->last, first);
}

int animatic_graph_open(const AnimaticPlan *plan, int width, int height, int64_t frames,
                        Outcome *out, AVFilterGraph **graph, AVFilterContext **sink,
                        AVFrame *first)
{
    Chain chain = {.width = width, .height = height};
    AnimaticPlan bare = *plan;
    int ret = make_graph(plan, frames, &chain, first), failed = ret;

    if (ret < 0 && ret != AVERROR(ENOMEM) && (plan->stamp || plan->caption)) {
        avfilter_graph_free(&chain.graph);
        bare.stamp = bare.caption = NULL;
        ret = make_graph(&bare, frames, &chain, first);
        if (ret >= 0)
            outcome_say(
                out, AV_LOG_WARNING,
                "This FFmpeg cannot draw text (%s): it needs the drawtext filter and "
                "a font. The clip is made without it.",
                av_err2str(failed));
    }
    if (ret < 0)
        avfilter_graph_free(&chain.graph);
    *graph = chain.graph;
    *sink = chain.last;
    return ret;
}
