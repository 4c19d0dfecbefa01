/* i2v: memory that runs out, for the unit tests
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memory.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cjson/cJSON.h>
#include <libavutil/mem.h>

static int left = -1; ///< before one is refused, below 0 = none is

static bool refused(void)
{
    if (left < 0 || left--)
        return false;
    errno = ENOMEM;
    return true;
}

void memory_refuse(int n)
{
    left = n;
}

bool memory_was_refused(void)
{
    bool was = left < 0;
    left = -1;
    return was;
}

void *__real_av_malloc(size_t size);
void *__real_av_mallocz(size_t size);
char *__real_av_strdup(const char *text);
void *__wrap_av_malloc(size_t size);
void *__wrap_av_mallocz(size_t size);
char *__wrap_av_strdup(const char *text);
char *__wrap_av_asprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

void *__wrap_av_malloc(size_t size)
{
    return refused() ? NULL : __real_av_malloc(size);
}

void *__wrap_av_mallocz(size_t size)
{
    return refused() ? NULL : __real_av_mallocz(size);
}

char *__wrap_av_strdup(const char *text)
{
    return refused() ? NULL : __real_av_strdup(text);
}

char *__wrap_av_asprintf(const char *format, ...)
{
    char *text = refused() ? NULL : __real_av_malloc(4096);
    va_list args;

    va_start(args, format);
    if (text)
        vsnprintf(text, 4096, format, args);
    va_end(args);
    return text;
}

static void *json_malloc(size_t size)
{
    return refused() ? NULL : malloc(size);
}

void memory_hook_json(void)
{
    cJSON_Hooks hooks = {json_malloc, free};
    cJSON_InitHooks(&hooks);
}
