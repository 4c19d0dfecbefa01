/* i2v: what tells a still's file from others, and from itself once it is changed
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <linux/magic.h>

#include <libavformat/version.h>

#include "still/parts.h"

/* Raise it when something else is noted of a still. */
#define SCHEMA 2

/* A page that a program writes through a mapping is noted as changed once, until it is
 * written back; half a minute later at the latest, as kernels are set. */
#define SETTLED_S 60

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
    case OVERLAYFS_SUPER_MAGIC:
        return true;
    default:
        return false;
    }
}

void still_identity_of(int fd, StillIdentity *identity)
{
    struct stat st;

    *identity = (StillIdentity){0};
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return;
    /* What is found out is libavformat's word, too. */
    snprintf(identity->text, sizeof(identity->text),
             "%d.%d:%jx:%jx:%jd:%jd.%09ld:%jd.%09ld", SCHEMA, LIBAVFORMAT_VERSION_MAJOR,
             (uintmax_t)st.st_dev, (uintmax_t)st.st_ino, (intmax_t)st.st_size,
             (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (intmax_t)st.st_ctim.tv_sec,
             st.st_ctim.tv_nsec);
    identity->settled = is_trusted(fd) && st.st_ctim.tv_sec < time(NULL) - SETTLED_S;
}

/* Which frame is a part of it. Only what needs no quoting. */
static void add_time(const char *image_time, StillIdentity *identity)
{
    size_t size = strlen(identity->text), room = sizeof(identity->text) - size;
    const char *text = image_time && *image_time ? image_time : "0";

    if (!size)
        return;
    if (strspn(text, "0123456789:.endmsu") != strlen(text) ||
        snprintf(identity->text + size, room, "@%s", text) >= (int)room)
        *identity = (StillIdentity){0};
}

bool still_identify(const char *image, const char *image_time, StillIdentity *identity)
{
    const char *path = still_path(image);
    /* Opened, since a path alone may be answered from what was. */
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;

    *identity = (StillIdentity){0};
    if (fd < 0)
        return false;
    still_identity_of(fd, identity);
    close(fd);
    add_time(image_time, identity);
    return identity->text[0];
}

void still_identity_confirm(Still *still, const StillSource *source,
                            const StillIdentity *as_read)
{
    StillIdentity now;

    still->known.identity = *as_read;
    add_time(source->image_time, &still->known.identity);
    if (!still_identify(source->image, source->image_time, &now) ||
        strcmp(now.text, still->known.identity.text))
        still->known.identity = (StillIdentity){0};
}
