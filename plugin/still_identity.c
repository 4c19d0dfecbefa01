/* i2v: what tells a still's file from others, and from itself once it is changed
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <linux/magic.h>

#include <libavformat/version.h>

#include "still_internal.h"

/* Raise it when something else is found out about a still. */
#define SCHEMA 1

/* A file that was changed so shortly before it was read may be changed once more without
 * that being seen: times are no finer than the kernel's ticks. */
#define SETTLED_S 3

/* Not in linux/magic.h. */
#define XFS_MAGIC   0x58465342
#define F2FS_MAGIC  0xF2F52010
#define ZFS_MAGIC   0x2FC12FC1
#define BCACHEFS_ID 0xCA451A4E

/* File systems of this machine whose time of change is set by every change, and by
 * nothing else; others answer from caches, or have none of their own. */
static bool is_trusted(int fd)
{
    struct statfs fs;

    if (fstatfs(fd, &fs) < 0)
        return false;
    switch ((unsigned long)fs.f_type) {
    case EXT4_SUPER_MAGIC: // and its elders
    case XFS_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case F2FS_MAGIC:
    case ZFS_MAGIC:
    case BCACHEFS_ID:
    case TMPFS_MAGIC:
    case OVERLAYFS_SUPER_MAGIC:
        return true;
    default:
        return false;
    }
}

void still_identity_of(int fd, char identity[STILL_IDENTITY_SIZE])
{
    struct stat st;

    identity[0] = '\0';
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !is_trusted(fd) ||
        st.st_ctim.tv_sec >= time(NULL) - SETTLED_S)
        return;
    /* What is found out is libavformat's word, too. */
    snprintf(identity, STILL_IDENTITY_SIZE, "%d.%d:%jx:%jx:%jd:%jd.%09ld:%jd.%09ld",
             SCHEMA, LIBAVFORMAT_VERSION_MAJOR, (uintmax_t)st.st_dev,
             (uintmax_t)st.st_ino, (intmax_t)st.st_size, (intmax_t)st.st_mtim.tv_sec,
             st.st_mtim.tv_nsec, (intmax_t)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
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

/* As it is now. Opened, since a path alone may be answered from what was. */
static void look(const char *image, const char *image_time,
                 char identity[STILL_IDENTITY_SIZE])
{
    const char *path = still_path(image);
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;

    identity[0] = '\0';
    if (fd < 0)
        return;
    still_identity_of(fd, identity);
    close(fd);
    if (identity[0] && !add_time(image_time, identity))
        identity[0] = '\0';
}

bool still_identify(const char *image, const char *image_time,
                    char identity[STILL_IDENTITY_SIZE])
{
    identity[0] = '\0';
    /* What this process has read counts on, whatever became of the file since. */
    if (!still_cache_has(image))
        look(image, image_time, identity);
    return identity[0];
}

void still_identity_confirm(Still *still, const StillSource *source, char *as_read)
{
    look(source->image, source->image_time, still->identity);
    if (!as_read[0] || !add_time(source->image_time, as_read) ||
        strcmp(still->identity, as_read))
        still->identity[0] = '\0';
}
