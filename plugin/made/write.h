/* i2v: write an MP4 of our own (inside made)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The index goes in front, the file is there whole or not at all, and sound can be made
 * up beside its video. In turn: open, add, begin, put, end, perhaps trim, close.
 */
#ifndef I2V_WRITE_H
#define I2V_WRITE_H

#include <stdint.h>
#include <sys/types.h>

#include <libavformat/avformat.h>

/** A file being written. One thread at a time may use it. */
typedef struct Writer Writer;

/**
 * Start a file. Until write_close() all goes to a temporary file beside `path`.
 * @param path       borrowed until write_close()
 * @param mode       of it, of which the umask takes its part
 * @param interrupt  looked at with each packet; borrowed as well; or NULL
 * @return 0 or a negative AVERROR, nothing of ours logged, as everywhere below
 */
int write_open(const char *path, mode_t mode, const AVIOInterruptCB *interrupt,
               Writer **writer);

/** The muxer's context, for metadata and streams of video, which are described before
 * write_begin(): parameters, and a time base, which is kept. Owned by the writer. */
AVFormatContext *write_context(Writer *writer);

/**
 * Add a track of 48 kHz stereo AAC, after the video.
 * @param start      seconds: when it sets in
 * @param frequency  of a soft tone in Hz; 0 = silence
 */
int write_add_sound(Writer *writer, double start, double frequency);

/**
 * Write the head. The index goes there once all is known, so room is left for it.
 * @param packets  of video that will come at most
 * @param seconds  that the sound will last
 */
int write_begin(Writer *writer, int64_t packets, double seconds);

/**
 * Write a packet of video, and the sound up to it.
 * @param packet     left empty
 * @param time_base  of its times
 */
int write_put(Writer *writer, AVPacket *packet, AVRational time_base);

/** Write the rest of the sound, and the index. */
int write_end(Writer *writer);

/** After that: let the last edit of the first track show it for `seconds` only. Its file
 * must have an edit list, else AVERROR_INVALIDDATA. */
int write_trim(Writer *writer, double seconds);

/**
 * Close the file: rename it to its path, or remove it.
 * @param writer  freed and set to NULL; may be NULL
 * @param ret     what came before; negative = remove
 * @return `ret`, or AVERROR(EINTR) for any error once interrupted, or what failed here
 */
int write_close(Writer **writer, int ret);

#endif
