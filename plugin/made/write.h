/* i2v: write an MP4 of our own: index in front, whole or not at all, with made-up sound
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_MP4_WRITER_H
#define I2V_MP4_WRITER_H

#include <stdint.h>

#include <libavformat/avformat.h>

/** A file being written. One thread at a time may use it. */
typedef struct Mp4Writer Mp4Writer;

/**
 * Start a file. Until mp4_writer_close() all goes to a temporary file beside `path`.
 * @param path       borrowed until mp4_writer_close()
 * @param interrupt  looked at with each packet; borrowed as well; or NULL
 * @return 0 or a negative AVERROR, nothing of ours logged, as everywhere below
 */
int mp4_writer_open(const char *path, const AVIOInterruptCB *interrupt,
                    Mp4Writer **writer);

/** The muxer's context, for metadata; owned by the writer. */
AVFormatContext *mp4_writer_context(Mp4Writer *writer);

/** Add a video stream for the caller to describe before mp4_writer_begin(): its
 * parameters and its time base, which then is kept. NULL without memory. */
AVStream *mp4_writer_add_video(Mp4Writer *writer);

/**
 * Add a track of 48 kHz stereo AAC, after the video.
 * @param start      seconds: when it sets in
 * @param frequency  of a soft tone in Hz; 0 = silence
 */
int mp4_writer_add_sound(Mp4Writer *writer, double start, double frequency);

/**
 * Write the head. The index goes there once all is known, so room is left for it.
 * @param packets  of video that will come at most
 * @param seconds  that the sound will last
 */
int mp4_writer_begin(Mp4Writer *writer, int64_t packets, double seconds);

/**
 * Write a packet of video, and the sound up to it.
 * @param packet     left empty
 * @param time_base  of its times
 */
int mp4_writer_put(Mp4Writer *writer, AVPacket *packet, AVRational time_base);

/** Write the rest of the sound, and the index. */
int mp4_writer_end(Mp4Writer *writer);

/** After that: let the first track be shown for `seconds` only. */
int mp4_writer_trim(Mp4Writer *writer, double seconds);

/**
 * Close the file: rename it to its path, or remove it.
 * @param writer  freed and set to NULL; may be NULL
 * @param ret     what came before; negative = remove
 * @return `ret`, or AVERROR(EINTR) for any error once interrupted, or what failed here
 */
int mp4_writer_close(Mp4Writer **writer, int ret);

#endif
