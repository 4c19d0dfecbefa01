/* i2v: how long the head of a container other than MP4 says its file is (inside store)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_OTHER_HEADS_H
#define I2V_OTHER_HEADS_H

#include <stdbool.h>

/** Whether a Matroska, WebM or AVI file says in its head that it is longer than it is.
 * Of others, and of one that cannot be read, it is not known: false. */
bool announced_more(const char *path);

#endif
