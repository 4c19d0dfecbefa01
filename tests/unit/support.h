/* i2v: what the unit tests share: the log, temporary directories, a still
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_UNIT_SUPPORT_H
#define I2V_UNIT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* cmocka 2 took the signed and the unsigned apart. */
#ifdef assert_int_in_range
#undef assert_in_range
#define assert_in_range(value, minimum, maximum) \
    assert_int_in_range(value, minimum, maximum)
#endif

/** What was logged since said_clear(). */
typedef struct Said {
    int errors; ///< calls at AV_LOG_ERROR or above
    int warnings;
    char error[16384]; ///< all text at AV_LOG_ERROR or above
    char warning[8192];
} Said;

extern Said said;

/** Listen to the log from now on. */
void said_start(void);
void said_clear(void);

/** Fail unless exactly one line was said at AV_LOG_ERROR, with each of `words` (separated
 * by
 * |) in it. */
#define assert_said(what, words) said_check(what, words, __FILE__, __LINE__)
void said_check(const char *what, const char *words, const char *file, int line);

/** Fail unless nothing was said at AV_LOG_ERROR. */
#define assert_silent(what) said_check_silent(what, __FILE__, __LINE__)
void said_check_silent(const char *what, const char *file, int line);

/** Take away every variable that the plugin looks at. */
void clear_environment(void);

/** A directory of this process that is removed, with what it holds, when the process
 * ends. */
const char *temp_dir(void);

/** NAME in temp_dir(); one of eight static buffers. */
const char *temp_path(const char *name);

/** Write a file, mode 0600, in temp_dir(); returns its path as temp_path() does. */
const char *temp_file(const char *name, const void *data, size_t size);
const char *temp_text(const char *name, const char *text);

/** A BMP of one colour in temp_dir(). */
const char *temp_bmp(const char *name, int width, int height, uint8_t grey);

/** Options and request of `pairs` (name=value|name=value) for the input `url`. Returns
 * what request_check() does; the options themselves must be good. */
struct Request;
int check_pairs(const char *url, const char *pairs, struct Request **request);

/** The body of its create call with these in place of the stills, or NULL for no last
 * frame; free with av_free(). */
char *body_text(const struct Request *request, const char *image, const char *end_image);

/** Fail the running test with a message that names the case. */
#define fail_case(...) fail_case_at(__FILE__, __LINE__, __VA_ARGS__)
void fail_case_at(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Compare a case's result with what it should be. */
#define check_text(what, got, wanted) check_text_at(what, got, wanted, __FILE__, __LINE__)
void check_text_at(const char *what, const char *got, const char *wanted,
                   const char *file, int line);
#define check_number(what, got, wanted) \
    check_number_at(what, (long long)(got), (long long)(wanted), __FILE__, __LINE__)
void check_number_at(const char *what, long long got, long long wanted, const char *file,
                     int line);

#endif
