/* i2v: what kind of file a still is, by how it begins (inside still)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_STILL_KIND_H
#define I2V_STILL_KIND_H

#include "still/parts.h"

/** A kind of file that not every FFmpeg decodes. */
typedef struct StillKind {
    const char *name;    ///< as in "is animated WebP"
    const char *command; ///< what makes of a FILE what i2v reads
    const char *reader;  ///< FFmpeg's codec or format for it, or NULL: none is to try
    bool heif;           ///< one picture, for the module that has libheif
} StillKind;

/** @return a kind, static, or NULL: one that every FFmpeg decodes, or none at all */
const StillKind *still_kind(const StillBytes *bytes);

/** Say of a still of a kind that this FFmpeg cannot decode what it is, and what converts
 * it.
 * @param error  of decoding it, or 0 when it was not tried
 * @return 0: nothing was said, its kind is none of these; or AVERROR_INVALIDDATA */
int still_say_kind(const StillBytes *bytes, const char *label, int error, Outcome *out);

#endif
