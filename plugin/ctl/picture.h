/* i2v: the command: small pictures, for the page (inside ctl)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_CTL_PICTURE_H
#define I2V_CTL_PICTURE_H

#include <libavformat/avio.h>

/** A small picture. */
typedef struct Picture {
    char *uri;         ///< a data: URI; av_free()
    int width, height; ///< of what it is of, pixels
} Picture;

/** Make a small picture of a still or of the first frame of a clip.
 * @param path    absolute
 * @param time    as the option image_time, or NULL
 * @param digest  of what it has to be, hexadecimal; NULL = whatever it is
 * @return 0; AVERROR(ENOENT) where it is not there; AVERROR(ESTALE) where it is another
 * now; or another negative AVERROR. Nothing is said */
int picture_of(const char *path, const char *time, const char *digest,
               const AVIOInterruptCB *interrupt, Picture *picture);

#endif
