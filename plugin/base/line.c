/* i2v: the line on a terminal that is redrawn while something is waited for
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/line.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/log.h>

/* To the beginning of the line, and empty it. */
#define ERASE "\r\033[K"

#define USUAL_COLUMNS 80

/* From here on characters may take two columns. Those that take none are counted as two
 * as well: the line had better be too short than go over into the next. */
#define FIRST_WIDE 0x1100

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; ///< of the terminal
static atomic_bool permitted;
static atomic_bool drawn;
static bool capable; ///< the terminal can erase a line

static void put(const char *text, size_t size)
{
    if (write(STDERR_FILENO, text, size) < 0) {
        /* nothing depends on it */
    }
}

/* A job in the background must leave the terminal to others. */
static bool is_foreground(void)
{
    pid_t group = tcgetpgrp(STDERR_FILENO);
    return group < 0 || group == getpgrp();
}

/* Called with the lock. Once the process was in the background its line is no longer
 * where it was. */
static void erase(void)
{
    if (atomic_exchange(&drawn, false) && is_foreground())
        put(ERASE, strlen(ERASE));
}

/* Instead of FFmpeg's own callback, which it calls. */
static void log_on_clean_line(void *ctx, int level, const char *format, va_list args)
{
    if ((level < 0 ? level : level & 0xff) > av_log_get_level())
        return;
    pthread_mutex_lock(&lock);
    erase();
    av_log_default_callback(ctx, level, format, args);
    pthread_mutex_unlock(&lock);
}

void line_allow(bool allowed)
{
    if (allowed && !atomic_exchange(&permitted, true) && isatty(STDERR_FILENO))
        av_log_set_callback(log_on_clean_line);
    if (!allowed)
        atomic_store(&permitted, false);
}

static void look_at_terminal(void)
{
    const char *term = getenv("TERM");

    capable = term && *term && strcmp(term, "dumb") && !getenv("AV_LOG_FORCE_NOCOLOR");
}

bool line_is_possible(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, look_at_terminal);
    return capable && atomic_load(&permitted) && av_log_get_level() >= AV_LOG_INFO &&
           isatty(STDERR_FILENO) && is_foreground();
}

bool line_is_drawn(void)
{
    return atomic_load(&drawn);
}

/* How many bytes of a text fit into so many columns. */
static size_t fit(const char *text, int columns)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + strlen(text);

    while (at < end) {
        const uint8_t *start = at;
        int32_t code;
        if (av_utf8_decode(&code, &at, end, 0) < 0)
            return (size_t)(start - (const uint8_t *)text);
        columns -= code < FIRST_WIDE ? 1 : 2;
        if (columns < 0)
            return (size_t)(start - (const uint8_t *)text);
    }
    return strlen(text);
}

void line_draw(const char *text)
{
    struct winsize size = {0};
    char line[512];

    ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    /* The last column stays free: behind it terminals differ. */
    int columns = (size.ws_col ? size.ws_col : USUAL_COLUMNS) - 1;
    int length =
        snprintf(line, sizeof(line), ERASE "%.*s",
                 (int)FFMIN(fit(text, columns), sizeof(line) - sizeof(ERASE)), text);
    pthread_mutex_lock(&lock);
    atomic_store(&drawn, true);
    put(line, (size_t)length);
    pthread_mutex_unlock(&lock);
}

void line_erase(void)
{
    /* Whoever has the lock prints, and erases it for that. */
    if (!atomic_load(&drawn) || pthread_mutex_trylock(&lock))
        return;
    erase();
    pthread_mutex_unlock(&lock);
}
