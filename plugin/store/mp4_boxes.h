/* i2v: what an MP4's boxes announce, read without a demuxer
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_MP4_BOXES_H
#define I2V_MP4_BOXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Far more than any generated clip has. */
#define BOXES_MAX_TRACKS 32

typedef struct BoxesTrack {
    uint32_t id;
    int64_t samples; ///< in the moov and in every fragment
} BoxesTrack;

typedef struct BoxesIndex {
    int tracks;     ///< of which more is known
    int all_tracks; ///< also those beyond BOXES_MAX_TRACKS
    BoxesTrack track[BOXES_MAX_TRACKS];
    bool fragmented;
    bool closed;    ///< a fragmented file that holds its own index to the end (mfra)
    bool packed;    ///< its index is compressed, and not looked at (QuickTime)
    bool c2pa;      ///< a top-level box of C2PA content credentials is there
    int64_t behind; ///< bytes behind the last box
    bool overlong;  ///< its last box says that it is longer than the file
} BoxesIndex;

/** What a file is by its first bytes. */
typedef enum BoxesBrand {
    BOXES_NONE,      ///< not made of boxes
    BOXES_MP4,       ///< an MP4 by its brand
    BOXES_QUICKTIME, ///< QuickTime, or without a brand
} BoxesBrand;

/** Look at the first bytes of a file. @return 0 or a negative AVERROR */
int boxes_begin(const char *path, BoxesBrand *brand);

/**
 * Walk the boxes of an MP4 (ISO/IEC 14496-12).
 * @param path  the file
 * @param why   set to a static text when the file is not whole
 * @return 0, AVERROR_INVALIDDATA when a box is cut, a sample lies beyond the end, or they
 * say something that cannot be, or another negative AVERROR
 */
int boxes_read(const char *path, BoxesIndex *index, const char **why);

#endif
