/* i2v: the command: texts as a terminal shows them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/columns.h"

#include <stdint.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>

/* One character as it is shown. */
typedef struct Shown {
    const char *bytes;
    unsigned size;
    int columns;
    int32_t code;
} Shown;

/* Marks that turn the direction of what follows, and ends of lines of other kinds. */
static bool turns(int32_t code)
{
    return code == 0x200e || code == 0x200f || code == 0x061c ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

/* Of most texts: each byte is a column. */
static bool is_ascii(const char *text, int *columns)
{
    const char *at = text;

    while (*at >= ' ' && *at <= '~')
        at++;
    *columns = (int)(at - text);
    return !*at;
}

/* @return false at the end */
static bool next(const uint8_t **at, Shown *shown)
{
    const uint8_t *start = *at, *end = start + strnlen((const char *)start, 8);
    int32_t code;

    if (start == end)
        return false;
    bool valid = av_utf8_decode(&code, at, end, 0) >= 0;
    int columns = valid && !turns(code) ? wcwidth((wchar_t)code) : -1;
    *shown = (Shown){(const char *)start, (unsigned)(*at - start), columns, code};
    if (columns < 0)
        *shown = (Shown){" ", 1, 1, valid ? code : 0xfffd};
    return true;
}

int columns_of(const char *text)
{
    const uint8_t *at = (const uint8_t *)text;
    int columns;
    Shown shown;

    if (is_ascii(text, &columns))
        return columns;
    for (columns = 0; next(&at, &shown);)
        columns += shown.columns;
    return columns;
}

void columns_put(AVBPrint *to, const char *text, int columns, bool right)
{
    const uint8_t *at = (const uint8_t *)text;
    int all, used = 0;
    bool ascii = is_ascii(text, &all);
    Shown shown;

    if (!ascii)
        all = columns_of(text);
    int room = all > columns ? FFMAX(columns - 3, 0) : columns;

    if (right && all < columns)
        av_bprint_chars(to, ' ', (unsigned)(columns - all));
    if (ascii) {
        used = FFMIN(all, room);
        av_bprint_append_data(to, text, (unsigned)used);
    }
    while (!ascii && next(&at, &shown) && used + shown.columns <= room) {
        av_bprint_append_data(to, shown.bytes, shown.size);
        used += shown.columns;
    }
    if (all > columns) {
        av_bprintf(to, "%.*s", FFMIN(columns, 3), "...");
        used += FFMIN(columns, 3);
    }
    if (!right && used < columns)
        av_bprint_chars(to, ' ', (unsigned)(columns - used));
}

void columns_put_lines(AVBPrint *to, const char *text, int indent)
{
    const uint8_t *at = (const uint8_t *)text;
    Shown shown;

    while (next(&at, &shown)) {
        if (shown.code == '\n')
            av_bprintf(to, "\n%*s", indent, "");
        else
            av_bprint_append_data(to, shown.bytes, shown.size);
    }
}

bool columns_steer(const char *text)
{
    const uint8_t *at = (const uint8_t *)text;
    Shown shown;

    while (next(&at, &shown))
        if (*shown.bytes == ' ' && shown.code != ' ' && shown.code != '\n' &&
            shown.code != '\t')
            return true;
    return false;
}

/* @return whether the text begins with the word */
static bool begins(const uint8_t *text, const uint8_t *word)
{
    Shown a, b;

    while (next(&word, &b))
        if (!next(&text, &a) || towlower((wint_t)a.code) != towlower((wint_t)b.code))
            return false;
    return true;
}

bool columns_find(const char *text, const char *word)
{
    const uint8_t *at = (const uint8_t *)text;
    Shown shown;

    do
        if (begins(at, (const uint8_t *)word))
            return true;
    while (next(&at, &shown));
    return false;
}
