/* i2v: a clip copied with metadata of ours (inside made)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_TAGGED_H
#define I2V_TAGGED_H

#include <libavutil/dict.h>

/**
 * Copy an MP4, with tags. Every byte stays where it is but those of its index: that is
 * written once more behind the rest, with the tags at its end, and what it was is left
 * empty. So packets, their places, edit lists and times are those of the clip.
 * @param path  written whole or not at all
 * @return 1; 0 when this cannot be done to such a file: no MP4, or a fragmented one; or a
 * negative AVERROR, nothing said
 */
int tagged_copy(const char *clip, const AVDictionary *tags, const char *path);

#endif
