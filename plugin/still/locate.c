/* i2v: where an image is: what its name says of that
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/mem.h>

#include "base/files.h"
#include "still/parts.h"

/* A descriptor's number; nothing at all is standard input. */
static bool parse_fd(const char *text, int *fd)
{
    char *end;
    long long number = strtoll(text, &end, 10);

    if (*end || number > INT_MAX || (*text && !isdigit((unsigned char)*text)))
        return false;
    *fd = (int)number;
    return true;
}

void still_locate(const char *image, Locator *locator)
{
    const char *rest = NULL;

    *locator = (Locator){.kind = LOCATOR_PATH, .rest = image, .fd = STDIN_FILENO};
    if (!strcmp(image, "-") || !strcmp(image, "/dev/stdin") ||
        ((av_strstart(image, "pipe:", &rest) || av_strstart(image, "fd:", &rest)) &&
         parse_fd(rest, &locator->fd)) ||
        ((av_strstart(image, "/dev/fd/", &rest) ||
          av_strstart(image, "/proc/self/fd/", &rest)) &&
         *rest && parse_fd(rest, &locator->fd))) {
        locator->kind = LOCATOR_FD;
    } else if (av_stristart(image, "http://", NULL) ||
               av_stristart(image, "https://", NULL)) {
        locator->kind = LOCATOR_HTTP;
    } else if (av_stristart(image, "data:", &rest)) {
        locator->kind = LOCATOR_DATA;
        locator->rest = rest;
    } else if (av_strstart(image, "file:", &rest)) {
        locator->rest = rest;
    }
}

int still_source_name(const Locator *locator, const char *image, char stream[64],
                      const char **name)
{
    struct stat st;

    *name = image;
    if (locator->kind != LOCATOR_FD)
        return 0;
    if (fstat(locator->fd, &st) < 0)
        return AVERROR(errno);
    snprintf(stream, 64, "fd:%jx:%jx", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    *name = stream;
    return 0;
}

const char *still_protocol(const char *image)
{
    Locator locator;

    still_locate(image, &locator);
    switch (locator.kind) {
    case LOCATOR_FD:
        return av_strstart(image, "fd:", NULL) ? "fd" : "pipe";
    case LOCATOR_HTTP:
        return av_stristart(image, "https:", NULL) ? "https" : "http";
    case LOCATOR_DATA:
        return "data";
    default:
        return "file";
    }
}

bool still_is_file(const char *image, const char *path)
{
    av_strstart(image, "file:", &image);
    return files_are_same(image, path);
}

bool still_is_stdin(const char *image)
{
    Locator locator;

    still_locate(image, &locator);
    return locator.kind == LOCATOR_FD && locator.fd == STDIN_FILENO;
}

char *still_label(const char *image)
{
    const char *host, *path, *at;
    Locator locator;

    still_locate(image, &locator);
    if (locator.kind == LOCATOR_DATA)
        return av_strdup("data: URI");
    if (locator.kind != LOCATOR_HTTP)
        return av_strdup(image);
    host = strstr(image, "://") + 3;
    path = host + strcspn(host, "/?#");
    at = memrchr(host, '@', (size_t)(path - host));
    path += strcspn(path, "?#");
    if (!at)
        return av_strndup(image, (size_t)(path - image));
    return av_asprintf("%.*s%.*s", (int)(host - image), image, (int)(path - at - 1),
                       at + 1);
}

/* From any directory. */
static char *absolute(const char *path)
{
    char *directory = *path == '/' ? NULL : getcwd(NULL, 0);
    char *whole = directory ? av_asprintf("%s/%s", directory, path) : av_strdup(path);

    free(directory);
    return whole;
}

int still_place(const char *image, char **place)
{
    Locator locator;

    *place = NULL;
    still_locate(image, &locator);
    if (locator.kind == LOCATOR_PATH) {
        *place = absolute(locator.rest);
        return *place ? 0 : AVERROR(ENOMEM);
    }
    if (locator.kind != LOCATOR_HTTP)
        return 0;
    char *label = still_label(image);
    if (label && !strcmp(label, image))
        FFSWAP(char *, *place, label);
    int ret = label || *place ? 0 : AVERROR(ENOMEM);
    av_free(label);
    return ret;
}

int still_name(const char *image, char **name)
{
    int ret = still_place(image, name);

    if (ret >= 0 && !*name)
        ret = (*name = still_label(image)) ? 0 : AVERROR(ENOMEM);
    return ret;
}
