/* i2v: the edit list of an MP4, set where the muxer cannot be told
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "made/edit_list.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/intreadwrite.h>

#include "store/boxes.h"

static int write_at(int fd, int64_t at, const uint8_t *from, size_t size)
{
    ssize_t put = pwrite(fd, from, size, (off_t)at);
    if (put < 0)
        return AVERROR(errno);
    return (size_t)put == size ? 0 : AVERROR(ENOSPC);
}

/* Go into the first box of a type. */
static int enter(int fd, uint32_t type, Box *in)
{
    const char *why;
    int64_t at = in->start;
    Box box;
    int ret;

    for (; (ret = box_read(fd, at, in->end, &box, &why)) >= 0; at = box.end)
        if (box.type == type) {
            *in = box;
            return 0;
        }
    return ret;
}

/* The unit of an edit's duration, in parts of a second. */
static int read_timescale(int fd, Box in, uint32_t *timescale)
{
    uint8_t head[24];
    const char *why;
    int ret = enter(fd, MKTAG('m', 'v', 'h', 'd'), &in);

    if (ret < 0 || (ret = box_read_at(fd, in.start, head, sizeof(head), &why)) < 0)
        return ret;
    *timescale = AV_RB32(head + (head[0] == 1 ? 20 : 12));
    return 0;
}

int edit_list_trim(int fd, double seconds)
{
    Box in = {.end = lseek(fd, 0, SEEK_END)};
    const char *why;
    uint8_t head[8], duration[8];
    uint32_t timescale;
    int64_t count, at;
    bool wide;
    int ret;

    if ((ret = enter(fd, MKTAG('m', 'o', 'o', 'v'), &in)) < 0 ||
        (ret = read_timescale(fd, in, &timescale)) < 0 ||
        (ret = enter(fd, MKTAG('t', 'r', 'a', 'k'), &in)) < 0 ||
        (ret = enter(fd, MKTAG('e', 'd', 't', 's'), &in)) < 0 ||
        (ret = enter(fd, MKTAG('e', 'l', 's', 't'), &in)) < 0 ||
        (ret = box_read_at(fd, in.start, head, sizeof(head), &why)) < 0)
        return ret;
    wide = head[0] == 1;
    count = AV_RB32(head + 4);
    at = in.start + 8 + (count - 1) * (wide ? 20 : 12);
    if (count < 1 || at + (wide ? 20 : 12) > in.end)
        return AVERROR_INVALIDDATA;
    AV_WB64(duration, (uint64_t)llrint(seconds * timescale));
    return write_at(fd, at, wide ? duration : duration + 4, wide ? 8 : 4);
}
