/* i2v: what tells a still's file from others, and from itself once it is changed
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "still_internal.h"

/* A file that was changed so shortly before it was read may be changed once more without
 * that being seen: times are no finer than the kernel's ticks, or some file systems'
 * seconds. */
#define SETTLED_S 3

void still_identity_of(const struct stat *st, char identity[STILL_IDENTITY_SIZE])
{
    const struct timespec *written = &st->st_mtim, *changed = &st->st_ctim;
    bool settled = changed->tv_sec < time(NULL) - SETTLED_S;

    identity[0] = '\0';
    if (S_ISREG(st->st_mode) && settled)
        snprintf(identity, STILL_IDENTITY_SIZE, "%jx:%jx:%jd:%jd.%09ld:%jd.%09ld",
                 (uintmax_t)st->st_dev, (uintmax_t)st->st_ino, (intmax_t)st->st_size,
                 (intmax_t)written->tv_sec, written->tv_nsec, (intmax_t)changed->tv_sec,
                 changed->tv_nsec);
}

/* Which frame is a part of it. Only what needs no quoting. */
static bool add_time(const char *image_time, char identity[STILL_IDENTITY_SIZE])
{
    size_t size = strlen(identity);
    const char *text = image_time && *image_time ? image_time : "0";

    if (strspn(text, "0123456789:.endmsu") != strlen(text))
        return false;
    return snprintf(identity + size, STILL_IDENTITY_SIZE - size, "@%s", text) <
           (int)(STILL_IDENTITY_SIZE - size);
}

bool still_identify(const char *image, const char *image_time,
                    char identity[STILL_IDENTITY_SIZE])
{
    const char *path = still_path(image);
    struct stat st;

    identity[0] = '\0';
    /* What this process has read counts on, whatever became of the file since. */
    if (!path || still_cache_has(image) || stat(path, &st) < 0)
        return false;
    still_identity_of(&st, identity);
    if (!identity[0] || !add_time(image_time, identity))
        identity[0] = '\0';
    return identity[0];
}

void still_identity_confirm(Still *still, const StillSource *source, const char *as_read)
{
    const char *path = still_path(source->image);
    char now[STILL_IDENTITY_SIZE] = "";
    struct stat st;

    if (path && !stat(path, &st))
        still_identity_of(&st, now);
    if (!now[0] || strcmp(now, as_read) || !add_time(source->image_time, now))
        now[0] = '\0';
    memcpy(still->identity, now, sizeof(now));
}
