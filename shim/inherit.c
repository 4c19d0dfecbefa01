/* i2v: whether what a hosted program starts is hosted too
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>
#include "inherit.h"
#include "say.h"

/* A shell has a getenv() and an unsetenv() of its own, which are not ready before its
 * main(): hence no call of these here. */
static char **variable(const char *name)
{
    size_t length = strlen(name);

    for (char **at = environ; at && *at; at++)
        if (!strncmp(*at, name, length) && (*at)[length] == '=')
            return at;
    return NULL;
}

/* Whether an entry names this file, in whatever directory and with whatever of the
 * loader's own words ($LIB) in its path. */
static bool is_ours(const char *entry, size_t length, const char *file)
{
    size_t size = strlen(file);

    return length >= size && !memcmp(entry + length - size, file, size) &&
           (length == size || entry[length - size - 1] == '/');
}

/* Leave our entries out of a list. @return whether any other is left */
static bool remove_ours(char *list, const char *file)
{
    char *to = list;

    for (const char *from = list; *from;) {
        size_t length = strcspn(from, ": ");

        if (length && !is_ours(from, length, file)) {
            if (to > list)
                *to++ = ':';
            memmove(to, from, length);
            to += length;
        }
        from += length;
        from += strspn(from, ": ");
    }
    *to = '\0';
    return to > list;
}

void inherit_from_environment(void)
{
    char **wish = variable("I2V_NO_INHERIT"), **preload;
    const char *value = wish ? strchr(*wish, '=') + 1 : "";
    Dl_info info;

    if (!*value || !strcmp(value, "0") || getauxval(AT_SECURE))
        return;
    preload = variable("LD_PRELOAD");
    if (!preload || !dladdr((const void *)inherit_from_environment, &info))
        return;
    if (!remove_ours(strchr(*preload, '=') + 1, base_name(info.dli_fname)))
        do
            preload[0] = preload[1];
        while (*preload++);
}
