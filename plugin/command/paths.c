/* i2v: the files that a command line names, as FFmpeg will find them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command/paths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command/names.h"

/* In such a name FFmpeg may find a protocol or a pattern. */
#define NOT_PLAIN ":%*?[]{}|"

/* FFmpeg looks for a colon behind the letters that the name of a protocol can have. We
 * take any colon before the first slash for one. */
const char *paths_of(const char *url)
{
    if (!strncmp(url, "file:", 5))
        return url + 5;
    return url[strcspn(url, ":/")] == ':' ? NULL : url;
}

static bool does_not_exist(const char *path)
{
    struct stat info;
    return stat(path, &info) < 0 && errno == ENOENT;
}

bool paths_miss(const char *url)
{
    const char *path = paths_of(url);

    return path && *path && strcmp(path, "-") && !strpbrk(path, NOT_PLAIN) &&
           does_not_exist(path);
}

OutputPlace paths_look_at_output(const char *url)
{
    /* Formats that write the one file of this name, and open it first. */
    static const char single[] =
        "mp4 mov m4v m4a mkv mka webm ts mxf avi flv nut ogg wav mp3 flac aac opus y4m";
    const char *path = paths_of(url), *dot = path ? strrchr(path, '.') : NULL;
    const char *slash = path ? strrchr(path, '/') : NULL;
    struct stat info;

    if (!dot || !names_has(single, dot + 1) || strpbrk(path, NOT_PLAIN))
        return OUTPUT_IS_NEW;
    if (!stat(path, &info))
        return OUTPUT_IS_THERE;
    char *directory =
        slash && slash > path ? strndup(path, (size_t)(slash - path)) : NULL;
    bool nowhere = directory && does_not_exist(directory);
    free(directory);
    return nowhere ? OUTPUT_IS_NOWHERE : OUTPUT_IS_NEW;
}
