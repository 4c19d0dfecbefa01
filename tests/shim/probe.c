/* i2v: a module that looks for FFmpeg in a process that has none, and finds the hooks
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>

typedef int CheckFunction(const char *url, int flags);
typedef const void *FindFunction(const char *name);

__attribute__((visibility("default"))) int run(const char *url);

int run(const char *url)
{
    FindFunction *find = (FindFunction *)dlsym(RTLD_DEFAULT, "av_find_input_format");
    CheckFunction *check = (CheckFunction *)dlsym(RTLD_DEFAULT, "avio_check");
    const char *error = dlerror();

    if (!find || !check) {
        printf("none: %s\n", error ? error : "?");
        return 0;
    }
    printf("%s, %s\n", find("i2v") ? "format" : "no format",
           check(url, 1) == -ENOSYS ? "ENOSYS" : "another status");
    printf("errno %d\n", errno);
    return 0;
}
