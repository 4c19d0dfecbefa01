/* i2v: the edit list of an MP4, set where the muxer cannot be told
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "made/edit_list.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/intreadwrite.h>

/* What is inside a box, as offsets in the file. */
typedef struct Span {
    int64_t start, end;
} Span;

static int read_at(int fd, int64_t at, uint8_t *to, size_t size)
{
    ssize_t got = pread(fd, to, size, (off_t)at);
    if (got < 0)
        return AVERROR(errno);
    return (size_t)got == size ? 0 : AVERROR_INVALIDDATA;
}

static int write_at(int fd, int64_t at, const uint8_t *from, size_t size)
{
    ssize_t put = pwrite(fd, from, size, (off_t)at);
    if (put < 0)
        return AVERROR(errno);
    return (size_t)put == size ? 0 : AVERROR(ENOSPC);
}

/* Go into the first box of a type. */
static int enter(int fd, const char *type, Span *span)
{
    while (span->start + 8 <= span->end) {
        uint8_t head[16];
        int64_t size, length = 8;
        int ret = read_at(fd, span->start, head, 8);

        if (ret < 0)
            return ret;
        size = AV_RB32(head);
        if (size == 1) {
            if ((ret = read_at(fd, span->start + 8, head + 8, 8)) < 0)
                return ret;
            size = (int64_t)AV_RB64(head + 8);
            length = 16;
        }
        if (size < length || size > span->end - span->start)
            break;
        if (!memcmp(head + 4, type, 4)) {
            *span = (Span){span->start + length, span->start + size};
            return 0;
        }
        span->start += size;
    }
    return AVERROR_INVALIDDATA;
}

/* The unit of an edit's duration, in parts of a second. */
static int read_timescale(int fd, Span span, uint32_t *timescale)
{
    uint8_t box[24];
    int ret = enter(fd, "mvhd", &span);

    if (ret < 0 || (ret = read_at(fd, span.start, box, sizeof(box))) < 0)
        return ret;
    *timescale = AV_RB32(box + (box[0] == 1 ? 20 : 12));
    return 0;
}

int edit_list_trim(int fd, double seconds)
{
    Span span = {0, lseek(fd, 0, SEEK_END)};
    uint8_t head[8], duration[8];
    uint32_t timescale;
    int64_t count, at;
    bool wide;
    int ret;

    if ((ret = enter(fd, "moov", &span)) < 0 ||
        (ret = read_timescale(fd, span, &timescale)) < 0 ||
        (ret = enter(fd, "trak", &span)) < 0 || (ret = enter(fd, "edts", &span)) < 0 ||
        (ret = enter(fd, "elst", &span)) < 0 ||
        (ret = read_at(fd, span.start, head, sizeof(head))) < 0)
        return ret;
    wide = head[0] == 1;
    count = AV_RB32(head + 4);
    at = span.start + 8 + (count - 1) * (wide ? 20 : 12);
    if (count < 1 || at + (wide ? 20 : 12) > span.end)
        return AVERROR_INVALIDDATA;
    AV_WB64(duration, (uint64_t)llrint(seconds * timescale));
    return write_at(fd, at, wide ? duration : duration + 4, wide ? 8 : 4);
}
