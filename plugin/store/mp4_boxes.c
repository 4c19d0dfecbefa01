/* i2v: what an MP4's boxes announce, read without a demuxer
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/mp4_boxes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/error.h>
#include <libavutil/intreadwrite.h>
#include <libavutil/common.h>

#include "store/mp4_box.h"
#include "store/samples.h"

#define MAX_DEPTH 8

/* Flags of a tfhd. */
#define TFHD_BASE         0x000001
#define TFHD_DESCRIPTION  0x000002
#define TFHD_DURATION     0x000008
#define TFHD_SIZE         0x000010
#define TFHD_BASE_IS_MOOF 0x020000

/* Far more than any clip has; a file of nothing but headers must not take minutes. */
#define MAX_BOXES 1000000

/* What an mvex says of a track's fragments. */
typedef struct Defaults {
    uint32_t id, size;
} Defaults;

typedef struct Walk {
    int fd;
    int64_t size; ///< of the file
    BoxesIndex *index;
    const char *why;
    int boxes;           ///< seen so far
    bool has_moov;       ///< of several the first counts
    SampleTables tables; ///< of the track at hand
    Defaults defaults[BOXES_MAX_TRACKS];
    int nb_defaults;
    BoxesTrack *traf; ///< track that the fragment at hand speaks of
    uint64_t moof;    ///< where the fragment at hand begins
    SampleRun run;    ///< of it
} Walk;

/* A 32-bit field of a full box. */
static int read_field(Walk *walk, const Box *box, int64_t offset, uint32_t *value)
{
    uint8_t bytes[4];
    int ret = box->end - box->start < offset + 4
                  ? box_invalid(&walk->why, "a box is too short")
                  : box_read_at(walk->fd, box->start + offset, bytes, 4, &walk->why);
    *value = ret < 0 ? 0 : AV_RB32(bytes);
    return ret;
}

static int read_track_id(Walk *walk, const Box *box)
{
    BoxesIndex *index = walk->index;
    uint32_t value;
    int ret = read_field(walk, box, 0, &value); /* its version */

    if (ret >= 0)
        ret = read_field(walk, box, value >> 24 ? 20 : 12, &value);
    if (ret >= 0 && index->tracks)
        index->track[index->tracks - 1].id = value;
    return ret;
}

static int read_sizes(Walk *walk, const Box *box)
{
    BoxesIndex *index = walk->index;
    uint32_t value;
    int ret = read_field(walk, box, 8, &value);

    walk->tables.sizes = *box;
    walk->tables.compact = box->type == MKTAG('s', 't', 'z', '2');
    if (index->tracks)
        index->track[index->tracks - 1].samples = value;
    return ret;
}

static int read_defaults(Walk *walk, const Box *box)
{
    Defaults *to = &walk->defaults[walk->nb_defaults];
    int ret;

    if (walk->nb_defaults == BOXES_MAX_TRACKS)
        return 0;
    if ((ret = read_field(walk, box, 4, &to->id)) < 0 ||
        (ret = read_field(walk, box, 16, &to->size)) < 0)
        return ret;
    walk->nb_defaults++;
    return 0;
}

/* Of which track a fragment is, and what its samples are counted from. */
static int read_fragment(Walk *walk, const Box *box)
{
    BoxesIndex *index = walk->index;
    uint32_t flags, id, high, low = 0;
    int64_t at = 8;
    int ret;

    walk->traf = NULL;
    walk->run.default_size = 0;
    if ((ret = read_field(walk, box, 0, &flags)) < 0 ||
        (ret = read_field(walk, box, 4, &id)) < 0)
        return ret;
    for (int i = index->tracks - 1; i >= 0; i--)
        if (index->track[i].id == id)
            walk->traf = &index->track[i];
    for (int i = 0; i < walk->nb_defaults; i++)
        if (walk->defaults[i].id == id)
            walk->run.default_size = walk->defaults[i].size;
    /* Without either, it begins where the data of the one before ends. */
    walk->run.base = flags & TFHD_BASE_IS_MOOF ? walk->moof : walk->run.next;
    if (flags & TFHD_BASE) {
        if ((ret = read_field(walk, box, at, &high)) < 0 ||
            (ret = read_field(walk, box, at + 4, &low)) < 0)
            return ret;
        walk->run.base = (uint64_t)high << 32 | low;
        at += 8;
    }
    walk->run.next = walk->run.base;
    at += 4 * (!!(flags & TFHD_DESCRIPTION) + !!(flags & TFHD_DURATION));
    return flags & TFHD_SIZE ? read_field(walk, box, at, &walk->run.default_size) : 0;
}

static int read_run(Walk *walk, const Box *box)
{
    if (!walk->traf)
        return box_invalid(&walk->why, "a fragment belongs to no track");
    int ret = samples_check_run(walk->fd, walk->size, box, &walk->run, &walk->why);
    if (ret >= 0)
        walk->traf->samples += walk->run.samples;
    return ret;
}

static int read_leaf(Walk *walk, const Box *box)
{
    switch (box->type) {
    case MKTAG('t', 'k', 'h', 'd'):
        return read_track_id(walk, box);
    case MKTAG('s', 't', 's', 'z'):
    case MKTAG('s', 't', 'z', '2'):
        return read_sizes(walk, box);
    case MKTAG('s', 't', 's', 'c'):
        walk->tables.runs = *box;
        return 0;
    case MKTAG('s', 't', 'c', 'o'):
    case MKTAG('c', 'o', '6', '4'):
        walk->tables.chunks = *box;
        walk->tables.wide = box->type == MKTAG('c', 'o', '6', '4');
        return 0;
    case MKTAG('t', 'r', 'e', 'x'):
        return read_defaults(walk, box);
    case MKTAG('t', 'f', 'h', 'd'):
        return read_fragment(walk, box);
    case MKTAG('t', 'r', 'u', 'n'):
        return read_run(walk, box);
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
        walk->tables = (SampleTables){.wide = false};
        index->all_tracks++;
        if (index->tracks == BOXES_MAX_TRACKS)
            return 0;
        index->track[index->tracks++] = (BoxesTrack){0};
        return 1;
    case MKTAG('m', 'o', 'o', 'f'):
        index->fragmented = true;
        return 1;
    case MKTAG('m', 'o', 'o', 'v'):
        if (walk->has_moov)
            return 0;
        walk->has_moov = true;
        return 1;
    case MKTAG('t', 'r', 'a', 'f'):
        walk->traf = NULL;
        return 1;
    case MKTAG('c', 'm', 'o', 'v'):
        index->packed |= walk->has_moov;
        return 0;
    case MKTAG('m', 'v', 'e', 'x'):
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

/* Types at the top of a file that do not stand in it by chance: where one is longer than
 * what is left of the file, the file is cut. */
static bool is_cut_by(uint32_t type)
{
    static const uint32_t types[] = {
        MKTAG('f', 't', 'y', 'p'), MKTAG('s', 't', 'y', 'p'), MKTAG('m', 'o', 'o', 'v'),
        MKTAG('m', 'o', 'o', 'f'), MKTAG('m', 'd', 'a', 't'), MKTAG('m', 'f', 'r', 'a'),
        MKTAG('s', 'i', 'd', 'x'), MKTAG('m', 'e', 't', 'a'), MKTAG('u', 'u', 'i', 'd'),
    };
    for (size_t i = 0; i < FF_ARRAY_ELEMS(types); i++)
        if (type == types[i])
            return true;
    return false;
}

/* What is left begins no box: bytes that somebody has put behind the last one, or the
 * rest of a box that was cut. */
static int end_boxes(Walk *walk, int64_t at, int64_t end)
{
    uint8_t header[8] = {0};
    int ret = 0;

    if (end - at >= 8)
        ret = box_read_at(walk->fd, at, header, sizeof(header), &walk->why);
    uint32_t type = AV_RL32(header + 4);
    /* The index came before, and every sample that it has lies in the file. */
    walk->index->overlong = type == MKTAG('m', 'd', 'a', 't') && walk->has_moov &&
                            !walk->index->fragmented && !walk->index->packed;
    if (ret < 0 || walk->index->overlong)
        return ret;
    if (is_cut_by(type))
        return AVERROR_INVALIDDATA; /* and why is known */
    walk->index->behind = end - at;
    return ret;
}

/* Zeros are a box to the end of the file, by the letter. */
static bool is_box(const Box *box)
{
    return box->type;
}

static int walk_boxes(Walk *walk, int64_t at, int64_t end, int depth)
{
    int ret = 0;
    /* In a QuickTime file a list may end with a zero instead of a box. */
    while (at < end && (!depth || end - at >= 8) && ret >= 0) {
        Box box;
        if (++walk->boxes > MAX_BOXES)
            return box_invalid(&walk->why, "it has too many boxes");
        ret = box_read(walk->fd, at, end, &box, &walk->why);
        if (!depth && (ret == AVERROR_INVALIDDATA || (ret >= 0 && !is_box(&box))))
            return end_boxes(walk, at, end);
        if (ret < 0 || (!depth && (ret = note_top(walk, &box)) < 0))
            break;
        if (!depth)
            walk->moof = walk->run.next = (uint64_t)at;
        ret = depth < MAX_DEPTH ? enter(walk, &box) : 0;
        if (ret > 0)
            ret = walk_boxes(walk, box.start, box.end, depth + 1);
        else if (!ret)
            ret = read_leaf(walk, &box);
        if (ret >= 0 && box.type == MKTAG('t', 'r', 'a', 'k'))
            ret = samples_check(walk->fd, walk->size, &walk->tables, &walk->why);
        at = box.end;
    }
    return ret;
}

int boxes_begin(const char *path, BoxesBrand *brand)
{
    static const char first[][5] = {"ftyp", "moov", "mdat", "moof", "styp", "sidx",
                                    "free", "skip", "wide", "pnot", "junk", "uuid"};
    uint8_t head[12] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : pread(fd, head, sizeof(head), 0);
    int ret = got < 0 ? AVERROR(errno) : 0;

    *brand = BOXES_NONE;
    for (size_t i = 0; ret >= 0 && i < FF_ARRAY_ELEMS(first); i++)
        if (!memcmp(head + 4, first[i], 4))
            *brand = BOXES_QUICKTIME;
    if (*brand && !memcmp(head + 4, "ftyp", 4) && memcmp(head + 8, "qt  ", 4))
        *brand = BOXES_MP4;
    if (fd >= 0)
        close(fd);
    return ret;
}

int boxes_read(const char *path, BoxesIndex *index, const char **why)
{
    struct stat st;
    Walk walk = {.fd = open(path, O_RDONLY | O_CLOEXEC), .index = index};
    int ret = walk.fd < 0 || fstat(walk.fd, &st) < 0 ? AVERROR(errno) : 0;

    *index = (BoxesIndex){0};
    if (ret >= 0) {
        walk.size = st.st_size;
        ret = walk_boxes(&walk, 0, st.st_size, 0);
    }
    if (ret >= 0 && !index->tracks && !index->packed)
        ret = box_invalid(&walk.why, "it has no tracks");
    if (walk.fd >= 0)
        close(walk.fd);
    *why = walk.why ? walk.why : "it cannot be read";
    return ret;
}
