/* i2v: the edit list of an MP4, set where the muxer cannot be told
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_EDIT_LIST_H
#define I2V_EDIT_LIST_H

/**
 * Let the first track of an MP4 end earlier than its last sample.
 * @param fd       the file, readable and writable, which is whole and has an edit list
 * @param seconds  that the last edit lasts
 * @return 0, AVERROR_INVALIDDATA when there is no such list, or another negative AVERROR;
 * nothing logged
 */
int edit_list_trim(int fd, double seconds);

#endif
