/* i2v: what a clip holds, read by FFmpeg's own libraries, for the unit tests
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_UNIT_READING_H
#define I2V_UNIT_READING_H

#include <stdbool.h>

#include <libavformat/avformat.h>
#include <libavutil/frame.h>

/** Open a clip, with what its packets tell; fails the test when it cannot be. */
AVFormatContext *reading_open(const char *path);

/** The stream of a type, or NULL. */
AVStream *reading_stream(AVFormatContext *ctx, enum AVMediaType type);

/** One line for each packet of video: times, duration, flags, data. Free it. */
char *reading_packets(const char *path);

/** One line for each decoded picture: its time and what it shows. Free it. */
char *reading_pictures(const char *path);

/** The n-th decoded picture, counted from 0; free with av_frame_free(). */
AVFrame *reading_picture(const char *path, int n);

/** The decoded sound. */
typedef struct ReadingSound {
    int rate, channels;
    double start, seconds;
    float peak; ///< of 1
} ReadingSound;

ReadingSound reading_sound(const char *path);

/** Whether the MP4 muxer can write edits finer than milliseconds, as it can since FFmpeg
 * 4.4. */
bool reading_fine_edits(void);

/** Lines of a text. */
int reading_count(const char *text);

#endif
