/* i2v: the words on a clip that is made here
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "made/title.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/mem.h>

#include "base/picture.h"

/* A column of a monospaced font, of its size, with a little room. */
#define COLUMN      0.63
#define MIN_SIZE    8  ///< pixels; smaller text is not drawn
#define MAX_CODES   64 ///< characters that a font is looked for by
#define REPLACEMENT 0xFFFD

/* Drawn in this order of liking. */
static const char *const fonts[] = {
    "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
    "/usr/share/fonts/dejavu-sans-mono-fonts/DejaVuSansMono.ttf",
    "/usr/share/fonts/TTF/DejaVuSansMono.ttf",
    "/usr/share/fonts/dejavu/DejaVuSansMono.ttf",
};

/* Breaking a text into lines */

typedef struct Range {
    int32_t first, last;
} Range;

static bool is_in(int32_t code, const Range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}
#define IS_IN(code, ranges) is_in(code, ranges, FF_ARRAY_ELEMS(ranges))

static bool is_space(int32_t code)
{
    static const Range spaces[] = {{0, 0x20}, {0x7F, 0xA0}, {0x2028, 0x2029}};
    return IS_IN(code, spaces);
}

/* What turns the direction, and marks that are nothing to be seen. */
static bool is_left_out(int32_t code)
{
    static const Range marks[] = {{0x061C, 0x061C}, {0x200E, 0x200F}, {0x202A, 0x202E},
                                  {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}};
    return IS_IN(code, marks);
}

static int columns_of(int32_t code)
{
    static const Range none[] = {{0x0300, 0x036F}, {0x0591, 0x05BD}, {0x064B, 0x065F},
                                 {0x200B, 0x200D}, {0x20D0, 0x20F0}, {0xFE00, 0xFE0F}};
    static const Range two[] = {{0x1100, 0x115F}, {0x2E80, 0xA4CF},   {0xAC00, 0xD7A3},
                                {0xF900, 0xFAFF}, {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
                                {0xFFE0, 0xFFE6}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD}};
    return IS_IN(code, none) ? 0 : IS_IN(code, two) ? 2 : 1;
}

/* The text as characters that may be drawn; none is more than the bytes it came from. */
static int read_text(const char *text, int32_t **codes, int *count)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + strlen(text);

    *count = 0;
    *codes = av_malloc_array((size_t)(end - at) + 1, sizeof(**codes));
    if (!*codes)
        return AVERROR(ENOMEM);
    while (at < end) {
        int32_t code;
        if (av_utf8_decode(&code, &at, end, 0) < 0)
            code = REPLACEMENT;
        if (is_left_out(code))
            continue;
        if (is_space(code)) {
            if (!*count || (*codes)[*count - 1] == ' ')
                continue;
            code = ' ';
        }
        (*codes)[(*count)++] = code;
    }
    if (*count && (*codes)[*count - 1] == ' ')
        (*count)--;
    return 0;
}

static char *put_code(char *to, int32_t code)
{
    static const uint8_t leads[] = {0, 0xC0, 0xE0, 0xF0};
    int bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

    for (int i = bytes - 1; i > 0; i--, code >>= 6)
        to[i] = (char)(0x80 | (code & 0x3F));
    to[0] = (char)(leads[bytes - 1] | code);
    return to + bytes;
}

static char *write_line(const int32_t *codes, int count, const char *tail)
{
    char *line = av_malloc((size_t)count * 4 + strlen(tail) + 1), *at = line;

    if (!line)
        return NULL;
    for (int i = 0; i < count; i++)
        at = put_code(at, codes[i]);
    memcpy(at, tail, strlen(tail) + 1);
    return line;
}

/* How many characters fit into so many columns. */
static int count_fitting(const int32_t *codes, int count, int columns)
{
    int fit = 0;
    while (fit < count && (columns -= columns_of(codes[fit])) >= 0)
        fit++;
    return fit;
}

/* Characters of the next line, of those that fit. */
static int find_break(const int32_t *codes, int count, int fit)
{
    if (fit == count)
        return fit;
    for (int i = fit; i > 0; i--)
        if (codes[i] == ' ')
            return i;
    return FFMAX(fit, 1);
}

int title_wrap(const char *text, int columns, int lines, Title *title)
{
    int32_t *codes;
    int count, at = 0, ret = read_text(text, &codes, &count);

    *title = (Title){0};
    while (ret >= 0 && at < count && title->count < lines) {
        int fit = count_fitting(codes + at, count - at, columns);
        int length = find_break(codes + at, count - at, fit);
        bool cut = title->count == lines - 1 && at + length < count;
        if (cut)
            length = count_fitting(codes + at, count - at, columns - 3);
        char *line = write_line(codes + at, length, cut ? "..." : "");
        if (!line)
            ret = AVERROR(ENOMEM);
        else
            title->line[title->count++] = line;
        at += length;
        at += at < count && codes[at] == ' ';
    }
    if (ret < 0)
        title_clear(title);
    av_free(codes);
    return ret;
}

void title_clear(Title *title)
{
    for (int i = 0; i < title->count; i++)
        av_free(title->line[i]);
    *title = (Title){0};
}

int title_columns(const char *line)
{
    const uint8_t *at = (const uint8_t *)line, *end = at + strlen(line);
    int columns = 0;

    while (at < end) {
        int32_t code;
        columns += av_utf8_decode(&code, &at, end, 0) < 0 ? 1 : columns_of(code);
    }
    return columns;
}

/* Drawing them */

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

static int append_line_in(AVFilterContext **last, const char *line, const char *key,
                          const char *font, int size, int baseline)
{
    const char *const set[] = {"text", line, key, font, NULL};

    return picture_append(
        last, "drawtext", set,
        "expansion=none:fontcolor=white:fontsize=%d:x=(w-text_w)/2:y=%d-ascent", size,
        baseline);
}

/* A font by its file where it is known: libavfilter says at INFO which one it found by a
 * name. */
static int append_line(AVFilterContext **last, const char *line, int size, int baseline)
{
    char name[32 + 8 * MAX_CODES];
    int ret = AVERROR(ENOENT);

    name_font(line, name, sizeof(name));
    if (name[0])
        ret = append_line_in(last, line, "font", name, size, baseline);
    for (size_t i = 0; i < FF_ARRAY_ELEMS(fonts) && ret < 0; i++)
        if (!access(fonts[i], R_OK))
            ret = append_line_in(last, line, "fontfile", fonts[i], size, baseline);
    return ret < 0 ? append_line_in(last, line, "font", "monospace", size, baseline)
                   : ret;
}

/* Lines on one darkened box: drawtext's own boxes of lines would overlap.
 * @param baseline  of the last line */
static int append_label(AVFilterContext **last, int clip_width, const Title *text,
                        int size, int baseline)
{
    int pitch = size * 5 / 4, first = baseline - (text->count - 1) * pitch, columns = 0;
    int ret, width;

    if (!text->count || size < MIN_SIZE)
        return 0;
    for (int i = 0; i < text->count; i++)
        columns = FFMAX(columns, title_columns(text->line[i]));
    width = FFMIN((int)((COLUMN * columns + 0.6) * size), clip_width);
    ret = picture_append(last, "drawbox", NULL, "%d:%d:%d:%d:black@0.6:fill",
                         (clip_width - width) / 2, first - size * 11 / 10, width,
                         baseline - first + size * 3 / 2);
    for (int i = 0; i < text->count && ret >= 0; i++)
        ret = append_line(last, text->line[i], size, first + i * pitch);
    return ret;
}

static int append_stamp(AVFilterContext **last, int width, int height, const char *stamp)
{
    Title text;
    int size, ret = title_wrap(stamp, 40, 1, &text);

    if (ret >= 0 && text.count) {
        size = FFMIN(FFMIN(width, height) / 6,
                     (int)(0.8 * width / (COLUMN * title_columns(text.line[0]))));
        ret = append_label(last, width, &text, size, height / 16 + size);
    }
    title_clear(&text);
    return ret;
}

static int append_caption(AVFilterContext **last, int width, int height,
                          const char *caption)
{
    int size = FFMAX(FFMIN(width, height) / 24, MIN_SIZE), pitch = size * 5 / 4;
    int columns = (int)(0.9 * width / (COLUMN * size));
    int lines = FFMIN((height / 2 - height / 16) / pitch, TITLE_MAX_LINES), ret;
    Title text;

    if (columns < 4 || lines < 1)
        return 0;
    ret = title_wrap(caption, columns, lines, &text);
    if (ret >= 0)
        ret = append_label(last, width, &text, size, height - height / 16);
    title_clear(&text);
    return ret;
}

int title_draw(AVFilterContext **last, int width, int height, const char *stamp,
               const char *caption)
{
    int ret = stamp ? append_stamp(last, width, height, stamp) : 0;
    return ret < 0 || !caption ? ret : append_caption(last, width, height, caption);
}
