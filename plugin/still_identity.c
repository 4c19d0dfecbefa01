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
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <libavutil/murmur3.h>

#include "digest.h"
#include "still_internal.h"

/* Raise it when something else is found out about a still. */
#define SCHEMA 1

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

bool still_identity_of(int fd, char identity[STILL_IDENTITY_SIZE])
{
    struct stat st;

    identity[0] = '\0';
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return false;
    /* What is found out is libavformat's word, too. */
    snprintf(identity, STILL_IDENTITY_SIZE, "%d.%d:%jx:%jx:%jd:%jd.%09ld:%jd.%09ld",
             SCHEMA, LIBAVFORMAT_VERSION_MAJOR, (uintmax_t)st.st_dev,
             (uintmax_t)st.st_ino, (intmax_t)st.st_size, (intmax_t)st.st_mtim.tv_sec,
             st.st_mtim.tv_nsec, (intmax_t)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
    return is_trusted(fd) && st.st_ctim.tv_sec < time(NULL) - SETTLED_S;
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
static bool look(const char *image, const char *image_time,
                 char identity[STILL_IDENTITY_SIZE])
{
    const char *path = still_path(image);
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;

    identity[0] = '\0';
    if (fd < 0)
        return false;
    bool settled = still_identity_of(fd, identity);
    close(fd);
    if (identity[0] && !add_time(image_time, identity))
        identity[0] = '\0';
    return settled;
}

bool still_identify(const char *image, const char *image_time,
                    char identity[STILL_IDENTITY_SIZE], bool *settled)
{
    *settled = look(image, image_time, identity);
    /* What this process has read counts on, whatever became of the file since. */
    if (still_cache_has(image))
        *settled = false;
    return identity[0];
}

void still_identity_confirm(Still *still, const StillSource *source, char *as_read)
{
    look(source->image, source->image_time, still->identity);
    if (!as_read[0] || !add_time(source->image_time, as_read) ||
        strcmp(still->identity, as_read))
        still->identity[0] = '\0';
}

int still_fingerprint_of(const StillBytes *bytes,
                         char fingerprint[STILL_FINGERPRINT_SIZE])
{
    struct AVMurMur3 *hash;
    uint8_t digest[16];

    fingerprint[0] = '\0';
    if (!bytes->buf)
        return 0;
    if (!(hash = av_murmur3_alloc()))
        return AVERROR(ENOMEM);
    av_murmur3_init(hash);
    av_murmur3_update(hash, bytes->buf->data, (I2VBufferSize)bytes->size);
    av_murmur3_final(hash, digest);
    av_free(hash);
    digest_hex(digest, sizeof(digest), fingerprint);
    return 0;
}

int still_matches(const StillSource *source, const char *fingerprint)
{
    char now[STILL_FINGERPRINT_SIZE], *label = still_label(source->image);
    StillBytes bytes = {.fd = -1};
    int ret = label ? still_bytes_load(source, label, &bytes) : AVERROR(ENOMEM);

    if (ret >= 0)
        ret = still_fingerprint_of(&bytes, now);
    if (ret >= 0)
        ret = now[0] && !strcmp(now, fingerprint);
    still_bytes_clear(&bytes);
    av_free(label);
    return ret;
}
