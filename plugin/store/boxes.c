/* i2v: what an MP4's boxes announce, read without a demuxer
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/boxes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/error.h>
#include <libavutil/intreadwrite.h>
#include <libavutil/common.h>

#define MAX_DEPTH 8

/* Far more than any clip has; a file of nothing but headers must not take minutes. */
#define MAX_BOXES 1000000

typedef struct Walk {
    int fd;
    BoxesIndex *index;
    const char *why;
    BoxesTrack *traf; ///< track that the fragment at hand speaks of
    int boxes;        ///< seen so far
} Walk;

static int invalid(const char **why, const char *text)
{
    *why = text;
    return AVERROR_INVALIDDATA;
}

int box_read_at(int fd, int64_t at, void *to, size_t size, const char **why)
{
    ssize_t got = pread(fd, to, size, (off_t)at);
    if (got < 0)
        return AVERROR(errno);
    return (size_t)got == size ? 0 : invalid(why, "it ends inside a box");
}

int box_read(int fd, int64_t at, int64_t end, Box *box, const char **why)
{
    uint8_t header[16];
    int64_t size, start = at + 8;
    int ret;

    if (end - at < 8)
        return invalid(why, "it ends inside a box");
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
        return invalid(why, "its boxes do not add up to its size");
    box->start = start;
    box->end = at + size;
    return 0;
}

/* A 32-bit field of a full box. */
static int read_field(Walk *walk, const Box *box, int64_t offset, uint32_t *value)
{
    uint8_t bytes[4];
    int ret = box->end - box->start < offset + 4
                  ? invalid(&walk->why, "a box is too short")
                  : box_read_at(walk->fd, box->start + offset, bytes, 4, &walk->why);
    *value = ret < 0 ? 0 : AV_RB32(bytes);
    return ret;
}

static int read_leaf(Walk *walk, const Box *box)
{
    BoxesIndex *index = walk->index;
    uint32_t value = 0;
    int ret = 0;

    switch (box->type) {
    case MKTAG('t', 'k', 'h', 'd'):
        ret = read_field(walk, box, 0, &value); /* its version */
        if (ret >= 0)
            ret = read_field(walk, box, value >> 24 ? 20 : 12, &value);
        if (ret >= 0 && index->tracks)
            index->track[index->tracks - 1].id = value;
        return ret;
    case MKTAG('s', 't', 's', 'z'):
    case MKTAG('s', 't', 'z', '2'):
        ret = read_field(walk, box, 8, &value);
        if (index->tracks)
            index->track[index->tracks - 1].samples += value;
        return ret;
    case MKTAG('t', 'f', 'h', 'd'):
        ret = read_field(walk, box, 4, &value);
        walk->traf = NULL;
        for (int i = index->tracks - 1; i >= 0; i--)
            if (index->track[i].id == value)
                walk->traf = &index->track[i];
        return ret;
    case MKTAG('t', 'r', 'u', 'n'):
        ret = read_field(walk, box, 4, &value);
        if (ret >= 0 && !walk->traf)
            return invalid(&walk->why, "a fragment belongs to no track");
        if (walk->traf)
            walk->traf->samples += value;
        return ret;
    default:
        return 0;
    }
}

/* @return 1 when the box holds boxes that matter, 0, or a negative AVERROR */
static int enter(Walk *walk, const Box *box)
{
    BoxesIndex *index = walk->index;

    switch (box->type) {
    case MKTAG('t', 'r', 'a', 'k'):
        if (index->tracks == BOXES_MAX_TRACKS)
            return invalid(&walk->why, "it has too many tracks");
        index->track[index->tracks++] = (BoxesTrack){0};
        return 1;
    case MKTAG('m', 'o', 'o', 'f'):
        index->fragmented = true;
        return 1;
    case MKTAG('t', 'r', 'a', 'f'):
        walk->traf = NULL;
        return 1;
    case MKTAG('m', 'o', 'o', 'v'):
    case MKTAG('m', 'd', 'i', 'a'):
    case MKTAG('m', 'i', 'n', 'f'):
    case MKTAG('s', 't', 'b', 'l'):
        return 1;
    default:
        return 0;
    }
}

/* What only counts at the top of the file. */
static int note_top(Walk *walk, const Box *box)
{
    /* The user type of the box that C2PA embeds its manifests in. */
    static const uint8_t c2pa[16] = {0xd8, 0xfe, 0xc3, 0xd6, 0x1b, 0x0e, 0x48, 0x3c,
                                     0x92, 0x97, 0x58, 0x28, 0x87, 0x7e, 0xc4, 0x81};
    uint8_t type[16];
    int ret;

    if (box->type == MKTAG('m', 'd', 'a', 't'))
        walk->index->has_media = true;
    if (box->type == MKTAG('m', 'f', 'r', 'a'))
        walk->index->closed = true;
    /* One too short for a user type is odd, and no reason to throw a clip away. */
    if (box->type != MKTAG('u', 'u', 'i', 'd') ||
        box->end - box->start < (int64_t)sizeof(type))
        return 0;
    if ((ret = box_read_at(walk->fd, box->start, type, sizeof(type), &walk->why)) >= 0)
        walk->index->c2pa |= !memcmp(type, c2pa, sizeof(type));
    return ret;
}

static int walk_boxes(Walk *walk, int64_t at, int64_t end, int depth)
{
    int ret = 0;
    while (at < end && ret >= 0) {
        Box box;
        if (++walk->boxes > MAX_BOXES)
            ret = invalid(&walk->why, "it has too many boxes");
        else
            ret = box_read(walk->fd, at, end, &box, &walk->why);
        if (ret < 0)
            break;
        if (!depth && (ret = note_top(walk, &box)) < 0)
            break;
        ret = depth < MAX_DEPTH ? enter(walk, &box) : 0;
        if (ret > 0)
            ret = walk_boxes(walk, box.start, box.end, depth + 1);
        else if (!ret)
            ret = read_leaf(walk, &box);
        at = box.end;
    }
    return ret;
}

int boxes_read(const char *path, BoxesIndex *index, const char **why)
{
    struct stat st;
    Walk walk = {.fd = open(path, O_RDONLY | O_CLOEXEC), .index = index};
    int ret = walk.fd < 0 || fstat(walk.fd, &st) < 0 ? AVERROR(errno) : 0;

    *index = (BoxesIndex){0};
    if (ret >= 0)
        ret = walk_boxes(&walk, 0, st.st_size, 0);
    if (ret >= 0 && !index->tracks)
        ret = invalid(&walk.why, "it has no tracks");
    if (ret >= 0 && !index->has_media)
        ret = invalid(&walk.why, "it has no media data");
    if (walk.fd >= 0)
        close(walk.fd);
    *why = walk.why ? walk.why : "it cannot be read";
    return ret;
}
