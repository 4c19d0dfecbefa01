/* i2v: what an MP4's boxes announce, read without a demuxer
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_BOXES_H
#define I2V_BOXES_H

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
    int tracks;
    BoxesTrack track[BOXES_MAX_TRACKS];
    bool fragmented;
    bool closed; ///< a fragmented file that holds its own index to the end (mfra)
    bool has_media;
    bool c2pa; ///< a top-level box of C2PA content credentials is there
} BoxesIndex;

typedef struct Box {
    uint32_t type;
    int64_t start; ///< of what is in it, in the file
    int64_t end;
} Box;

/** Read bytes of a file. @param why  as of boxes_read()
 * @return 0, AVERROR_INVALIDDATA when it ends before, or another negative AVERROR */
int box_read_at(int fd, int64_t at, void *to, size_t size, const char **why);

/** Read the header of the box at `at`, which must end before `end`. @return as above */
int box_read(int fd, int64_t at, int64_t end, Box *box, const char **why);

/**
 * Walk the boxes of an MP4 (ISO/IEC 14496-12).
 * @param path  the file
 * @param why   set to a static text when the file is not whole
 * @return 0, AVERROR_INVALIDDATA when the top-level boxes do not tile the file exactly or
 * say something that cannot be, or another negative AVERROR
 */
int boxes_read(const char *path, BoxesIndex *index, const char **why);

#endif
