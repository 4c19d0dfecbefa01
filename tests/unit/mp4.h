/* i2v: MP4 files for the unit tests, rendered by the real ffmpeg, and ways to damage them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_UNIT_MP4_H
#define I2V_UNIT_MP4_H

#include <stddef.h>
#include <stdint.h>

/** What the rendered files hold. */
#define MP4_WIDTH   160
#define MP4_HEIGHT  90
#define MP4_FRAMES  96
#define MP4_SECONDS 4

/**
 * Render the files below into temp_dir(); a group setup of cmocka's.
 *   fast.mp4        h264 and aac, moov at the front
 *   late.mp4        the same, moov at the end
 *   fragments.mp4   the same in fragments, mfra at the end
 *   open.mp4        the same without mfra
 *   silent.mp4      no audio
 *   sound.mp4       no video
 *   tagged.mp4      as fast.mp4, with every colour tag
 *   thousand.mp4    no audio, 30 frames a second in ticks of a millisecond, B-frames
 *   ntsc.mp4        no audio, 30000/1001 frames a second in ticks of 1/90000 s
 *   gap.mp4         no audio, frames left out here and there
 */
int mp4_render(void **state);

/** Make another file of one of them, with these arguments of ffmpeg. @return 0 when it
 * could */
int mp4_make(const char *from, const char *flags, const char *name);

/** A file in memory. */
typedef struct Mp4 {
    uint8_t *data;
    size_t size;
} Mp4;

/** Read a file of temp_dir(). */
Mp4 mp4_read(const char *name);
void mp4_free(Mp4 *mp4);

/** Offset of the n-th top-level box of a type, counted from 0, or -1. */
long mp4_find(const Mp4 *mp4, const char *type, int n);

#endif
