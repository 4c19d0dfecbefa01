/* i2v: what a text is made of
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_TEXT_H
#define I2V_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/** Whether there is a text, and something in it. */
bool text_is_set(const char *text);

/** Whether a text is valid UTF-8. */
bool text_is_utf8(const char *text);

/** Characters of a valid UTF-8 text. */
size_t text_length(const char *text);

/** Where to cut a text that is longer than `most` bytes, so that no character is cut in
 * two. @return at most `most` */
size_t text_cut(const char *text, size_t most);

/** Whether a text holds a control character, a line's end among them. */
bool text_has_control(const char *text);

/** Whether a text is valid UTF-8 without control characters of any kind. */
bool text_is_plain(const char *text);

/** Make a text one line of UTF-8 that holds nothing that could steer a terminal: a ? for
 * what is not valid, one space for control characters and spaces in a row. */
void text_tidy(char *text);

/** Make a text harmless to a terminal and otherwise leave it as it is: a ? for each
 * control character, those of the C1 range among them, but line feed and tab, and for
 * what is not valid UTF-8. */
void text_defuse(char *text);

/** Drop the white space at both ends of a text. */
void text_trim(char *text);

/** Whether a text is one of a list that ends with NULL; not when either is NULL. */
bool text_is_listed(const char *text, const char *const *list);

/** Whether a word stands in a list whose words are separated by |. */
bool text_is_among(const char *word, const char *list);

#endif
