/* i2v: one box of an MP4
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/mp4_box.h"

#include <errno.h>
#include <unistd.h>

#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/intreadwrite.h>

int box_invalid(const char **why, const char *text)
{
    *why = text;
    return AVERROR_INVALIDDATA;
}

int box_read_at(int fd, int64_t at, void *to, size_t size, const char **why)
{
    ssize_t got = pread(fd, to, size, (off_t)at);
    if (got < 0)
        return AVERROR(errno);
    return (size_t)got == size ? 0 : box_invalid(why, "it ends inside a box");
}

int box_read(int fd, int64_t at, int64_t end, Box *box, const char **why)
{
    uint8_t header[16];
    int64_t size, start = at + 8;
    int ret;

    if (end - at < 8)
        return box_invalid(why, "it ends inside a box");
    if ((ret = box_read_at(fd, at, header, 8, why)) < 0)
        return ret;
    size = AV_RB32(header);
    box->type = AV_RL32(header + 4);
    if (size == 1) {
        if ((ret = box_read_at(fd, at + 8, header + 8, 8, why)) < 0)
            return ret;
        size = (int64_t)AV_RB64(header + 8);
        start += 8;
    } else if (size == 0) {
        size = end - at; /* to the end of the file */
    }
    if (size < start - at || size > end - at)
        return box_invalid(why, "its boxes do not add up to its size");
    box->start = start;
    box->end = at + size;
    return 0;
}
