/* i2v: which stills a stranger may name
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request/steps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/mem.h>

#include "base/text.h"

/* Where a file lies, links followed. What does not exist is where it would be, so that
 * whoever reads it says so; what cannot be followed is nowhere.
 * @return free with av_free(), NULL for nowhere or without memory */
static char *place_of(const char *path)
{
    char *real = realpath(path, NULL), *copy = NULL, *place = NULL;

    if (real) {
        place = av_strdup(real);
    } else if (errno == ENOENT && (copy = av_strdup(path)) &&
               (real = realpath(av_dirname(copy), NULL))) {
        const char *name = av_basename(path);
        /* A file's name: no way up from a directory that is not there. */
        if (*name && strcmp(name, "..") && strcmp(name, "."))
            place = av_asprintf("%s/%s", real, name);
    }
    free(real);
    av_free(copy);
    return place;
}

static bool lies_below(const char *place, const char *directory)
{
    char *real = realpath(directory, NULL);
    const char *rest = NULL;
    bool below =
        real && av_strstart(place, real, &rest) && (*rest == '/' || !strcmp(real, "/"));

    free(real);
    return below;
}

/* @return 1 or 0, or AVERROR(ENOMEM) */
static int is_allowed(const char *image, const char *directories)
{
    const char *protocol = still_protocol(image);
    char *list, *rest, *directory, *place;
    int allowed = 0;

    if (!strcmp(protocol, "data") || still_is_stdin(image))
        return 1;
    if (strcmp(protocol, "file") || !strcmp(directories, "none"))
        return 0;
    av_strstart(image, "file:", &image);
    if (!(place = place_of(image)))
        return 0;
    if (!(list = av_strdup(directories))) {
        av_free(place);
        return AVERROR(ENOMEM);
    }
    for (rest = list; !allowed && (directory = strsep(&rest, ":"));)
        allowed = *directory && lies_below(place, directory);
    av_free(list);
    av_free(place);
    return allowed;
}

int stills_check_foreign(const char *name, const char *image, const char *place,
                         Outcome *out)
{
    /* Not secure_getenv(): a limit that is set holds in a privileged program as well. */
    const char *directories = getenv("I2V_STILLS");
    int allowed = directories && *image ? is_allowed(image, directories) : 1;

    if (allowed)
        return FFMIN(allowed, 0);
    char *label = still_label(image);
    if (!label)
        return AVERROR(ENOMEM);
    outcome_refuse(out,
                   "The option %s in %s names %s, and I2V_STILLS allows only %s; nothing "
                   "read or sent.",
                   name, place, text_has_control(label) ? "a still" : label,
                   strcmp(directories, "none") ? "files below its directories"
                                               : "data: URIs and standard input");
    av_free(label);
    return AVERROR(EINVAL);
}
