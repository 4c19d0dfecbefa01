/* i2v: names of files
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "launcher/path.h"

const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

bool path_begins(const char *path, const char *with)
{
    return !strncmp(path, with, strlen(with));
}

bool path_is_file(const char *path)
{
    struct stat info;

    return !stat(path, &info) && S_ISREG(info.st_mode);
}

/* Where its name says, so that it cannot be taken for an option. */
static char *find_in_place(const char *program)
{
    char *path = NULL;

    if (access(program, F_OK) ||
        asprintf(&path, "%s%s", *program == '-' ? "./" : "", program) < 0)
        return NULL;
    return path;
}

char *path_find(const char *program)
{
    const char *rest = getenv("PATH");
    char *path = NULL, *first = NULL;
    size_t length;

    if (strchr(program, '/'))
        return find_in_place(program);
    for (rest = rest ? rest : "/usr/bin:/bin";; rest += length + 1) {
        length = strcspn(rest, ":");
        // A gap is the directory one stands in.
        if (asprintf(&path, "%.*s/%s", length ? (int)length : 1, length ? rest : ".",
                     program) < 0)
            break;
        if (path_is_file(path) && !access(path, X_OK)) {
            free(first);
            return path;
        }
        // What cannot be run is named only where there is no other.
        if (!first && path_is_file(path))
            first = path;
        else
            free(path);
        if (!rest[length])
            break;
    }
    return first;
}
