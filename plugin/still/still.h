/* i2v: the still of a request, read, fitted and encoded
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_STILL_H
#define I2V_STILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libavformat/avio.h>
#include <libavutil/buffer.h>
#include <libavutil/frame.h>

#include "base/outcome.h"

/* A still is one picture: an image, or a frame of a video. It comes from a file, a
 * stream, the network or a data: URI (StillSource), is read (still_read()), and goes out
 * as PNG or JPEG of the size that a model takes (still_encode()).
 *
 * Reading tells what a request's key is made of: the digest of what it was read from, and
 * its size. For an ordinary PNG or JPEG these take its bytes alone, so that a clip that
 * is in the store costs no decoding; its picture is decoded when it is first needed,
 * before anything is sent. What was read and encoded stays with this process for the next
 * request of the same still. */

/** How a still of another shape meets the size it must have (CSS object-fit's words). */
typedef enum StillFit {
    STILL_COVER,   ///< fill the frame, cut what stands over
    STILL_CONTAIN, ///< show all of it, pad with black
    STILL_FILL,    ///< stretch
    STILL_NONE,    ///< send it as it is
} StillFit;

/** What STILL_COVER keeps and where STILL_CONTAIN puts the picture. */
typedef enum StillPosition {
    STILL_CENTER,
    STILL_TOP,
    STILL_BOTTOM,
    STILL_LEFT,
    STILL_RIGHT,
} StillPosition;

/** Where a still comes from. Everything is borrowed. */
typedef struct StillSource {
    const char *image; ///< path, file: URL, "-", pipe:[N], fd:[N], http(s) URL, data: URI
    const char *image_time; ///< NULL or "0", a time in FFmpeg's syntax, or "end"
    const char *ca_file;    ///< for https, or NULL
    const AVIOInterruptCB *interrupt;
    Outcome *out; ///< AVClass-led context for av_log()
} StillSource;

/** A still that was read. Thread-safe. */
typedef struct Still Still;

/**
 * Read a still: which one it is and how large. Its picture is decoded where that takes
 * it, else when still_encode() or still_frame() needs it. The bytes of one source are
 * read once a process: later calls for the same `image` are served from memory, with a
 * reference to the same still. Thread-safe.
 * @return 0 and *still, or a negative AVERROR after one sentence at AV_LOG_ERROR:
 *         AVERROR(ENOENT) no such file, AVERROR_INVALIDDATA not an image or video,
 *         AVERROR(EINVAL) bad image_time or locator, AVERROR(EINTR) interrupted
 */
int still_read(const StillSource *source, Still **still);

/** The name that FFmpeg's white- and blacklists have for the protocol of an image;
 * static. */
const char *still_protocol(const char *image);

/** Where an image can be read again, from any directory: an absolute path, or its URL.
 * @param place  free with av_free(); NULL when it comes of a stream or holds its bytes or
 * a secret itself
 * @return 0 or AVERROR(ENOMEM) */
int still_place(const char *image, char **place);

/** An image as it was named, but for what may not be shown of it: credentials, a query,
 * the bytes of a data: URI. @return free with av_free(), NULL without memory */
char *still_label(const char *image);

/** An image as it is known in the ledger: its place, a URL without credentials and query,
 * or what it comes of. @param name  free with av_free() @return 0 or AVERROR(ENOMEM) */
int still_name(const char *image, char **name);

/** Whether a still's name is that of the file at `path`. */
bool still_is_file(const char *image, const char *path);

/** Whether an image is what comes in on standard input. */
bool still_is_stdin(const char *image);

/** Keep no more than so many bytes of stills for later calls (default: 256 MiB), what was
 * encoded of them included; the last one that was read and those that cannot be read
 * again stay. Thread-safe. */
void still_keep(int64_t bytes);

/** Give up a reference; sets *still to NULL. */
void still_free(Still **still);

/** Size in square pixels as a viewer shows it: after rotation and sample aspect ratio. */
int still_width(const Still *still);
int still_height(const Still *still);

/** SHA-256 of the source: of an image its bytes, of a video frame the packets from the
 * key frame before it to the frame itself. 32 bytes, owned by the still. */
const uint8_t *still_digest(const Still *still);

/** How to send a still. */
typedef struct StillTarget {
    int width, height; ///< pixels the encoded still must have; 0 x 0 = as it is
    StillFit fit;
    StillPosition position;
} StillTarget;

/** An encoded still. */
typedef struct StillFile {
    AVBufferRef *buf;    ///< that holds it; may be shared with the still
    const uint8_t *data; ///< in buf
    size_t size;         ///< bytes
    const char *mime;    ///< "image/png" or "image/jpeg", static
    int width, height;   ///< pixels
    bool original;       ///< the source's own bytes, all of them
} StillFile;

/** Free what it holds. */
void still_file_clear(StillFile *file);

/**
 * Fit and encode, or give what was encoded for the same target before. What is cut,
 * padded, much enlarged, transparent or converted is said at AV_LOG_WARNING on `out`,
 * once.
 * @return 0 and *file, AVERROR(EINVAL) when STILL_NONE meets another size (said on
 * `out`), AVERROR_INVALIDDATA when it is damaged (said), or another negative AVERROR
 */
int still_encode(Still *still, const StillTarget *target, Outcome *out, StillFile *file);

/** Make a small JPEG of a still, of its own shape.
 * @param side  pixels that its longer side has at most
 * @return 0 and *file, or a negative AVERROR, nothing said */
int still_thumbnail(Still *still, int side, StillFile *file);

/**
 * Fit as still_encode() does, without encoding.
 * @param rgb  8-bit RGB of the target's size; free with av_frame_free(). NULL on error
 * @return 0 or a negative AVERROR, as still_encode()
 */
int still_frame(Still *still, const StillTarget *target, Outcome *out, AVFrame **rgb);

#endif
