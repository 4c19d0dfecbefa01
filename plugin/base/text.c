/* i2v: what a text is made of
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text.h"

#include <stdint.h>
#include <string.h>

#include <libavutil/avstring.h>

bool text_is_set(const char *text)
{
    return text && *text;
}

bool text_is_utf8(const char *text)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + strlen(text);
    int32_t code;
    while (at < end)
        if (av_utf8_decode(&code, &at, end, 0) < 0)
            return false;
    return true;
}

size_t text_length(const char *text)
{
    size_t length = 0;
    for (; *text; text++)
        length += (*text & 0xC0) != 0x80;
    return length;
}

size_t text_cut(const char *text, size_t most)
{
    while (most && ((unsigned char)text[most] & 0xC0) == 0x80)
        most--;
    return most;
}

bool text_has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            return true;
    return false;
}

static bool is_control(int32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

bool text_is_plain(const char *text)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + strlen(text);
    int32_t code;
    while (at < end)
        if (av_utf8_decode(&code, &at, end, 0) < 0 || is_control(code))
            return false;
    return true;
}

void text_tidy(char *text)
{
    const uint8_t *from = (const uint8_t *)text, *end = from + strlen(text);
    char *to = text;

    while (from < end) {
        const uint8_t *start = from;
        int32_t code;
        if (av_utf8_decode(&code, &from, end, 0) < 0) {
            from = start + 1;
            *to++ = '?';
        } else if (is_control(code) || code == ' ') {
            if (to > text && to[-1] != ' ')
                *to++ = ' ';
        } else {
            memmove(to, start, (size_t)(from - start));
            to += from - start;
        }
    }
    while (to > text && to[-1] == ' ')
        to--;
    *to = '\0';
}

void text_defuse(char *text)
{
    const uint8_t *from = (const uint8_t *)text, *end = from + strlen(text);
    char *to = text;

    while (from < end) {
        const uint8_t *start = from;
        int32_t code;
        bool valid = av_utf8_decode(&code, &from, end, 0) >= 0;
        if (!valid)
            from = start + 1;
        if (!valid || (is_control(code) && code != '\n' && code != '\t')) {
            *to++ = '?';
        } else {
            memmove(to, start, (size_t)(from - start));
            to += from - start;
        }
    }
    *to = '\0';
}

void text_trim(char *text)
{
    const char *from = text + strspn(text, " \t\r\n\v\f");
    size_t size = strlen(from);
    while (size && av_isspace(from[size - 1]))
        size--;
    memmove(text, from, size);
    text[size] = '\0';
}

bool text_is_listed(const char *text, const char *const *list)
{
    while (text && list && *list && strcmp(*list, text))
        list++;
    return text && list && *list;
}

bool text_is_among(const char *word, const char *list)
{
    size_t size = strlen(word);
    for (;;) {
        size_t length = strcspn(list, "|");
        if (length == size && !strncmp(list, word, size))
            return true;
        if (!list[length])
            return false;
        list += length + 1;
    }
}
