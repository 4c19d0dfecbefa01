/* i2v: somebody else's preload, which hooks one of our functions too
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

struct AVInputFormat;
typedef const struct AVInputFormat *FindFunction(const char *name);

__attribute__((visibility("default"))) FindFunction av_find_input_format;

const struct AVInputFormat *av_find_input_format(const char *name)
{
    FindFunction *next = (FindFunction *)dlsym(RTLD_NEXT, "av_find_input_format");
    const struct AVInputFormat *format = next(name);

    fprintf(stderr, "other preload: %s %s\n", name, format ? "found" : "not found");
    return format;
}
