/* i2v: what a copy of a clip takes over from it (inside made)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_COPY_H
#define I2V_COPY_H

#include <stdbool.h>

#include "made/write.h"

/** Add a stream to a file, as it is in another.
 * @return its index, or a negative AVERROR */
int copy_stream(Writer *writer, const AVStream *from);

/**
 * Copy a file's metadata. To be called once the streams are there.
 * @param other_keys  set when there are keys that an MP4 has no atoms for
 */
int copy_metadata(Writer *writer, const AVFormatContext *from, bool *other_keys);

/** After write_begin(): what the muxer took away of it. */
int copy_encoder(Writer *writer, const AVFormatContext *from, bool other_keys);

#endif
