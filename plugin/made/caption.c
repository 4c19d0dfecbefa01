/* i2v: a text of any kind in a few lines that can be drawn
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "made/caption.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#define REPLACEMENT 0xFFFD

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

int caption_wrap(const char *text, int columns, int lines, Caption *caption)
{
    int32_t *codes;
    int count, at = 0, ret = read_text(text, &codes, &count);

    *caption = (Caption){0};
    while (ret >= 0 && at < count && caption->count < lines) {
        int fit = count_fitting(codes + at, count - at, columns);
        int length = find_break(codes + at, count - at, fit);
        bool cut = caption->count == lines - 1 && at + length < count;
        if (cut)
            length = count_fitting(codes + at, count - at, columns - 3);
        char *line = write_line(codes + at, length, cut ? "..." : "");
        if (!line)
            ret = AVERROR(ENOMEM);
        else
            caption->line[caption->count++] = line;
        at += length;
        at += at < count && codes[at] == ' ';
    }
    if (ret < 0)
        caption_clear(caption);
    av_free(codes);
    return ret;
}

void caption_clear(Caption *caption)
{
    for (int i = 0; i < caption->count; i++)
        av_free(caption->line[i]);
    *caption = (Caption){0};
}

int caption_columns(const char *line)
{
    const uint8_t *at = (const uint8_t *)line, *end = at + strlen(line);
    int columns = 0;

    while (at < end) {
        int32_t code;
        columns += av_utf8_decode(&code, &at, end, 0) < 0 ? 1 : columns_of(code);
    }
    return columns;
}
