/* i2v: the still: load it, fit it to the model, encode it
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

/** A still that was read and decoded. */
typedef struct Still Still;

/**
 * Read and decode a still. The bytes of one source are read once a process: later calls
 * for the same `image` are served from memory. Thread-safe.
 * @return 0 and *still, or a negative AVERROR after one sentence at AV_LOG_ERROR:
 *         AVERROR(ENOENT) no such file, AVERROR_INVALIDDATA not an image or video,
 *         AVERROR(EINVAL) bad image_time or locator, AVERROR(EINTR) interrupted
 */
int still_read(const StillSource *source, Still **still);

/** Bytes that a fingerprint takes, its NUL included. */
#define STILL_FINGERPRINT_SIZE 33

/** What a file's place, size and times tell. */
typedef struct StillIdentity {
    char text[192]; ///< "" = it has none; only files have
    /** The same text means the same content: it is a while since the file was changed,
     * and its file system notes every change. Else the content has to be compared, too.
     */
    bool settled;
} StillIdentity;

/** What is known of a still without its picture. */
typedef struct StillKnown {
    int width, height;      ///< as still_width() and still_height()
    uint8_t digest[32];     ///< as still_digest()
    StillIdentity identity; ///< of its file, when it was read
    /** Of its content: tells it from another state of the same file, and is no digest; ""
     * for what has no identity, and for what is too large. */
    char fingerprint[STILL_FINGERPRINT_SIZE];
    bool noted; ///< an earlier run noted all this
} StillKnown;

/** The identity of an image as it is now; nothing is read.
 * @return whether it has one */
bool still_identify(const char *image, const char *image_time, StillIdentity *identity);

/** Whether this process has read an image, or is reading it: later calls are served what
 * it was then. Thread-safe. */
bool still_is_kept(const char *image);

/**
 * Whether the content of a still is what it was; it is read, not decoded.
 * @return 1 or 0, or a negative AVERROR after one sentence
 */
int still_matches(const StillSource *source, const char *fingerprint);

/** Copy what is known of a still. */
void still_known(const Still *still, StillKnown *known);

/** Note that known_stills_add() has what is known of a still. */
void still_set_noted(Still *still);

/** A still of which this alone is known: no frame can be made of it.
 * @return it, or NULL without memory */
Still *still_recall(const char *image, const StillKnown *known);

/** Whether it was read, not recalled. */
bool still_is_read(const Still *still);

/** The name that FFmpeg's white- and blacklists have for the protocol of an image;
 * static. */
const char *still_protocol(const char *image);

/** Whether an image is what comes in on standard input. */
bool still_is_stdin(const char *image);

/** Keep no more than so many bytes of stills for later calls (default: 256 MiB); the last
 * one that was read and those that cannot be read again stay. Thread-safe. */
void still_keep(int64_t bytes);

/** Free it; sets *still to NULL. */
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
    bool original;       ///< the source's own bytes, untouched
} StillFile;

/** Free what it holds. */
void still_file_clear(StillFile *file);

/** Whether still_encode() needs no picture, since this process encoded the same just
 * before. Thread-safe. */
bool still_is_encoded(const Still *still, const StillTarget *target);

/**
 * Fit and encode. What is cut, padded or converted is said at AV_LOG_WARNING on `out`.
 * @return 0 and *file, AVERROR(EINVAL) when STILL_NONE meets another size (said on
 * `out`), AVERROR(EAGAIN) when the still was not read and still_is_encoded() is not true
 * any more, or another negative AVERROR
 */
int still_encode(const Still *still, const StillTarget *target, Outcome *out,
                 StillFile *file);

/**
 * Fit as still_encode() does, without encoding.
 * @param rgb  8-bit RGB of the target's size; free with av_frame_free(). NULL on error
 * @return 0 or a negative AVERROR, as still_encode()
 */
int still_frame(const Still *still, const StillTarget *target, Outcome *out,
                AVFrame **rgb);

#endif
