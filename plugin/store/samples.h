/* i2v: where an MP4 says that its samples lie (inside store)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_STORE_SAMPLES_H
#define I2V_STORE_SAMPLES_H

#include <stdbool.h>

#include "store/mp4_box.h"

/** The boxes of a track that say it together; one that is not there ends at 0. */
typedef struct SampleTables {
    Box sizes;    ///< stsz, or
    bool compact; ///< stz2
    Box runs;     ///< stsc
    Box chunks;   ///< stco, or
    bool wide;    ///< co64
} SampleTables;

/**
 * Whether every sample of a track lies within the file.
 * @param size  of the file
 * @param why   as of boxes_read()
 * @return 0, AVERROR_INVALIDDATA when one does not or the tables make no sense, or
 * another negative AVERROR
 */
int samples_check(int fd, int64_t size, const SampleTables *tables, const char **why);

/** What a fragment has said before a run of its samples. */
typedef struct SampleRun {
    uint32_t default_size; ///< of a sample without one of its own
    uint64_t base;         ///< what offsets count from
    uint64_t next;         ///< where the run begins that says nothing; and where it ended
    int64_t samples;       ///< of the run, set
} SampleRun;

/** The same of a run, trun, with run->next and run->samples set. */
int samples_check_run(int fd, int64_t size, const Box *box, SampleRun *run,
                      const char **why);

#endif
