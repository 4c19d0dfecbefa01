/* i2v: preloaded by tests: a file system without locks
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>

typedef int Control(int, int, ...);

/* NO_LOCKS is the number of the error that a lock ends with. */
static int control(const char *name, int fd, int command, void *argument)
{
    Control *real = (Control *)(void *)dlsym(RTLD_NEXT, name);
    const char *error = getenv("NO_LOCKS");

    if (error && *error && command == F_OFD_SETLK) {
        errno = atoi(error);
        return -1;
    }
    return real(fd, command, argument);
}

int fcntl(int fd, int command, ...)
{
    va_list list;

    va_start(list, command);
    void *argument = va_arg(list, void *);
    va_end(list);
    return control("fcntl", fd, command, argument);
}

int fcntl64(int fd, int command, ...)
{
    va_list list;

    va_start(list, command);
    void *argument = va_arg(list, void *);
    va_end(list);
    return control("fcntl64", fd, command, argument);
}
