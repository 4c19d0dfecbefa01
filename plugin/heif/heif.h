/* i2v: pictures of HEIF files, HEIC and AVIF among them, by libheif
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_HEIF_H
#define I2V_HEIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is here is a shared object of its own, i2v-heif.so beside the plugin. It alone is
 * linked to libheif, with the codecs that brings, and is loaded when a still is such a
 * file (still/heif.c): who has none pays for none. It knows nothing of FFmpeg. */

#define HEIF_FILE         "i2v-heif.so"
#define HEIF_SYMBOL       "i2v_heif"
#define HEIF_FACE_VERSION 1
#define HEIF_MOST_WIDE    16384 ///< pixels; no picture has more than the square of it
#define HEIF_WHY_SIZE     256

typedef enum HeifStatus {
    HEIF_OK,
    HEIF_DAMAGED,
    HEIF_UNSUPPORTED, ///< of a sort that this libheif has no decoder for
    HEIF_NO_MEMORY,
} HeifStatus;

/** The main picture of a file, as it is shown: turned, mirrored and cut. */
typedef struct HeifPicture {
    void *held; ///< by the module
    int width, height;

    /* Since heif_decode: RGB, or RGBA, one pixel behind the other. */
    int depth;  ///< bits of a sample: 8, or up to 16 in two bytes, the high one first
    bool alpha; ///< RGBA
    bool premultiplied;      ///< its colours are, by alpha
    int primaries, transfer; ///< of ISO/IEC 23091-2, as in FFmpeg; 2 = not said
    const uint8_t *pixels;   ///< owned by the picture
    ptrdiff_t stride;        ///< bytes from one line to the next
    const uint8_t *icc;      ///< a profile, owned by the picture, or NULL
    size_t icc_size;         ///< bytes
} HeifPicture;

/** What the module exports as HEIF_SYMBOL. Any number of threads may call, with pictures
 * of their own. `why` is room for HEIF_WHY_SIZE bytes: what libheif says of a failure. */
typedef struct HeifFace {
    unsigned version; ///< HEIF_FACE_VERSION
    /** Read what a file says of its picture. @param data  lives as long as the picture */
    HeifStatus (*open)(const uint8_t *data, size_t size, HeifPicture *picture, char *why);
    /** Decode it. */
    HeifStatus (*decode)(HeifPicture *picture, char *why);
    /** Free what it holds, in any state but untouched memory. */
    void (*close)(HeifPicture *picture);
} HeifFace;

#endif
