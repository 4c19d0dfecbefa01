/* i2v: unit tests of breaking words into lines
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>

#include "made/title.h"

/* The lines, with a | between them; static. */
static const char *wrap(const char *text, int columns, int lines)
{
    static char joined[8192];
    Title title;

    joined[0] = '\0';
    assert_int_equal(title_wrap(text, columns, lines, &title), 0);
    for (int i = 0; i < title.count; i++)
        av_strlcatf(joined, sizeof(joined), "%s%s", i ? "|" : "", title.line[i]);
    title_clear(&title);
    assert_int_equal(title.count, 0);
    return joined;
}

static const struct {
    const char *text;
    int columns, lines;
    const char *wanted;
} cases[] = {
    {"", 10, 6, ""},
    {"   \n\t ", 10, 6, ""},
    {"one", 10, 6, "one"},
    {"one two three", 7, 6, "one two|three"},
    {"one two three", 6, 6, "one|two|three"},
    {"one two three", 13, 1, "one two three"},
    {"one two three", 12, 1, "one two t..."},
    {"one two three", 7, 1, "one ..."},
    {"abcdefghij", 4, 6, "abcd|efgh|ij"},
    {"abcdefghij", 4, 2, "abcd|e..."},
    {"ab abcdefghij", 4, 6, "ab|abcd|efgh|ij"},
    {" a\r\nb\tc  d\x7f ", 10, 6, "a b c d"},
    {"a\xC2\x85"
     "b\xE2\x80\xA8"
     "c\xC2\xA0"
     "d",
     10, 6, "a b c d"},
    {"%{localtime}:'\\[x];,", 40, 6, "%{localtime}:'\\[x];,"},
    /* Characters are counted, and wide ones twice; marks not at all. */
    {"\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F x", 4, 6, "\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F|x"},
    {"\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E", 4, 6,
     "\xE6\x97\xA5\xE6\x9C\xAC|\xE8\xAA\x9E"},
    {"a\xCC\x88o\xCC\x88u\xCC\x88y x", 4, 6, "a\xCC\x88o\xCC\x88u\xCC\x88y|x"},
    {"\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80", 4, 6,
     "\xF0\x9F\x98\x80\xF0\x9F\x98\x80|\xF0\x9F\x98\x80"},
    /* Not UTF-8: a lone byte, a surrogate. */
    {"a\xFFz", 10, 6, "a\xEF\xBF\xBDz"},
    {"a\xED\xA0\x80z", 10, 6, "a\xEF\xBF\xBDz"},
    /* What turns the direction is left out: it would reach beyond the text. */
    {"a\xE2\x80\xAE"
     "b\xE2\x81\xA6"
     "c",
     10, 6, "abc"},
    {"\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D \xD7\xA2", 4, 6,
     "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D|\xD7\xA2"},
};

static void test_wrap(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_text(cases[i].text, wrap(cases[i].text, cases[i].columns, cases[i].lines),
                   cases[i].wanted);
}

/* Whatever comes, no line is too long, and none is empty. */
static void test_any_bytes(void **state)
{
    char text[3001];
    uint32_t seed = 1;
    (void)state;
    for (int round = 0; round < 50; round++) {
        Title title;
        for (size_t i = 0; i < sizeof(text) - 1; i++) {
            seed = seed * 1664525u + 1013904223u;
            text[i] = (char)FFMAX(seed >> 24, 1);
        }
        text[sizeof(text) - 1] = '\0';
        assert_int_equal(title_wrap(text, 4 + round, TITLE_MAX_LINES, &title), 0);
        assert_int_equal(title.count, TITLE_MAX_LINES);
        for (int i = 0; i < title.count; i++) {
            assert_true(title.line[i][0]);
            assert_true(title_columns(title.line[i]) <= 4 + round);
        }
        assert_non_null(strstr(title.line[TITLE_MAX_LINES - 1], "..."));
        title_clear(&title);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrap),
        cmocka_unit_test(test_any_bytes),
    };
    return cmocka_run_group_tests_name("title", tests, NULL, NULL);
}
