/* i2v: one box of an MP4 (ISO/IEC 14496-12)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_MP4_BOX_H
#define I2V_MP4_BOX_H

#include <stddef.h>
#include <stdint.h>

typedef struct Box {
    uint32_t type;
    int64_t start; ///< of what is in it, in the file
    int64_t end;
} Box;

/** Say what is wrong. @param why  set to the static text @return AVERROR_INVALIDDATA */
int box_invalid(const char **why, const char *text);

/** Read bytes of a file. @param why  set to a static text when the file is not whole
 * @return 0, AVERROR_INVALIDDATA when it ends before, or another negative AVERROR */
int box_read_at(int fd, int64_t at, void *to, size_t size, const char **why);

/** Read the header of the box at `at`, which must end before `end`. @return as above */
int box_read(int fd, int64_t at, int64_t end, Box *box, const char **why);

#endif
