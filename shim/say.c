/* i2v: what the shim is told in the environment, and what it says
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>
#include "say.h"

const char *user_env(const char *variable)
{
    return getauxval(AT_SECURE) ? NULL : getenv(variable);
}

/* Whether a switch is set. Looked up once a process and kept in *known, -1 before. */
static bool is_set(atomic_int *known, const char *variable)
{
    int set = atomic_load(known);

    if (set < 0) {
        const char *value = user_env(variable);

        set = value && *value && strcmp(value, "0");
        atomic_store(known, set);
    }
    return set;
}

bool user_disables(void)
{
    static atomic_int known = -1;

    return is_set(&known, "I2V_DISABLE");
}

bool user_sends_ahead(void)
{
    const char *value = user_env("I2V_AHEAD");

    return !value || strcmp(value, "0");
}

/* In one write, so that lines of several threads and processes do not mix. */
static void say(const char *format, va_list args)
{
    char line[PATH_MAX + 512] = "i2v: ";
    size_t size = strlen(line);
    int saved = errno;

    if (vsnprintf(line + size, sizeof(line) - size - 1, format, args) > 0) {
        size = strlen(line);
        line[size++] = '\n';
        if (write(STDERR_FILENO, line, size) < 0) {
            /* nobody listens; nothing depends on it */
        }
    }
    errno = saved;
}

void say_debug(const char *format, ...)
{
    static atomic_int known = -1;
    va_list args;

    if (!is_set(&known, "I2V_DEBUG"))
        return;
    va_start(args, format);
    say(format, args);
    va_end(args);
}

void say_once(const char *format, ...)
{
    static atomic_flag said = ATOMIC_FLAG_INIT;
    va_list args;

    if (atomic_flag_test_and_set(&said))
        return;
    va_start(args, format);
    say(format, args);
    va_end(args);
}
