/* i2v: how an image sequence (animated AVIF, HEIF) wants to be turned
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <libavutil/intreadwrite.h>

#include "still/parts.h"

/* FFmpeg reads the pictures of such a file as a video, and looks for what turns them
 * where videos have it. Here it is among the properties of the samples, as of a single
 * picture. */

#define MOST_BOXES   1000 ///< that are looked at in one other
#define ENTRY_FIELDS 78   ///< bytes of a video's sample entry before its boxes

/* A stretch of the file. */
typedef struct Range {
    int64_t at, end;
} Range;

/* The first box of a type in a range. @param inside  behind its header */
static bool find_box(const StillBytes *bytes, Range range, const char *type,
                     Range *inside)
{
    for (int i = 0; i < MOST_BOXES && range.end - range.at >= 8; i++) {
        uint8_t head[16] = {0};
        int got = still_bytes_read(bytes, range.at, head, sizeof(head));
        int header = AV_RB32(head) == 1 ? 16 : 8;
        int64_t left = range.end - range.at, size = AV_RB32(head);

        if (got < header)
            return false;
        if (header == 16)
            size = (int64_t)FFMIN(AV_RB64(head + 8), (uint64_t)left);
        else if (!size)
            size = left;
        if (size < header || size > left)
            return false;
        if (!memcmp(head + 4, type, 4)) {
            *inside = (Range){range.at + header, range.at + size};
            return true;
        }
        range.at += size;
    }
    return false;
}

/* What the first track's samples have of a property of one byte, or -1. */
static int find_property(const StillBytes *bytes, Range entry, const char *type)
{
    uint8_t value;
    Range box;

    return find_box(bytes, entry, type, &box) && box.at < box.end &&
                   still_bytes_read(bytes, box.at, &value, 1) == 1
               ? value
               : -1;
}

static bool is_sequence(const StillBytes *bytes)
{
    uint8_t head[12] = {0};

    return still_bytes_read(bytes, 0, head, sizeof(head)) == sizeof(head) &&
           (!memcmp(head + 4, "ftypavis", 8) || !memcmp(head + 4, "ftypmsf1", 8) ||
            !memcmp(head + 4, "ftyphev", 7));
}

int still_sequence_turn(const StillBytes *bytes)
{
    static const char *const way[] = {"moov", "trak", "mdia", "minf", "stbl", "stsd"};
    /* Turned against the clock, and then mirrored from top to bottom or from side to
     * side. */
    static const int turned[4] = {1, 8, 3, 6}, upset[4] = {4, 5, 2, 7},
                     swapped[4] = {2, 7, 4, 5};
    Range range = {0, bytes->size};
    uint8_t head[8];
    int turn, mirror;

    if (!is_sequence(bytes))
        return 1;
    for (size_t i = 0; i < FF_ARRAY_ELEMS(way); i++)
        if (!find_box(bytes, range, way[i], &range))
            return 1;
    range.at += 8; // version and count; the first entry is the one of the first picture
    if (range.end - range.at < 8 || still_bytes_read(bytes, range.at, head, 8) != 8)
        return 1;
    range.end = FFMIN(range.end, range.at + AV_RB32(head));
    range.at += 8 + ENTRY_FIELDS;
    turn = find_property(bytes, range, "irot");
    mirror = find_property(bytes, range, "imir");
    turn = turn < 0 ? 0 : turn & 3;
    return mirror < 0 ? turned[turn] : mirror & 1 ? swapped[turn] : upset[turn];
}
