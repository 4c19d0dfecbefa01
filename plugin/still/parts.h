/* i2v: what the files of the still share
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_STILL_INTERNAL_H
#define I2V_STILL_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavformat/avformat.h>
#include <libavutil/buffer.h>
#include <libavutil/frame.h>
#include <libavutil/rational.h>

#include "base/outcome.h"
#include "base/compat.h"
#include "still/still.h"

#define STILL_DIGEST_SIZE 32
#define STILL_MAX_BYTES   (256 << 20) ///< most bytes read from a stream or the network
#define STILL_MAX_PIXELS  (16384 * 16384)
#define STILL_END         INT64_MAX ///< image_time=end

/** The bytes of a source: in memory, or in a file that is too large for that. */
typedef struct StillBytes {
    AVBufferRef
        *buf; ///< all of them, with AV_INPUT_BUFFER_PADDING_SIZE zeros behind; or NULL
    int fd;   ///< the file when buf is NULL, else -1
    int64_t size;           ///< bytes
    StillIdentity identity; ///< of the file when it was opened here
} StillBytes;

/** Memory that grows, with zeros behind its end. */
typedef struct StillGrow {
    uint8_t *data; ///< av_malloc()ed
    size_t size;   ///< bytes in use
    size_t room;   ///< bytes allocated, padding not counted
} StillGrow;

/** Make room for `more` bytes. */
int still_grow(StillGrow *grow, size_t more);
/** Hand the memory over to a buffer; on success `grow` is empty. */
int still_grow_finish(StillGrow *grow, AVBufferRef **buf);

/** Bytes of one source in the process-wide cache. Belongs to who holds it between
 * still_cache_enter() and still_cache_leave(). */
typedef struct StillCacheEntry StillCacheEntry;

/**
 * Ask for the bytes known as `name`; waits while another thread reads them.
 * @return 1 and a reference in bytes, with the identity that they were read under, or 0
 * and *entry, which the caller has to fill and leave, or AVERROR(EINTR), AVERROR(ENOMEM)
 */
int still_cache_enter(const char *name, const AVIOInterruptCB *interrupt,
                      StillCacheEntry **entry, StillBytes *bytes);
/** What was read so far of a source that can be read only once. */
StillGrow *still_cache_part(StillCacheEntry *entry);
/** Done: `bytes` (a new reference is made) are what was read, NULL that it failed. A
 * pinned entry is never evicted. */
int still_cache_leave(StillCacheEntry *entry, const StillBytes *bytes, bool pinned);

/** The name of a source as it may be shown: no credentials, no query, not a whole data:
 * URI. */
char *still_label(const char *image);
/** Read the bytes of a source, or find them in the cache. */
int still_bytes_load(const StillSource *source, const char *label, StillBytes *bytes);
/** Bring the bytes into memory when they are not. */
int still_bytes_pull(StillBytes *bytes, const StillSource *source, const char *label);
/** @return bytes copied from `pos` on, 0 at the end, or a negative AVERROR */
int still_bytes_read(const StillBytes *bytes, int64_t pos, uint8_t *to, int size);
void still_bytes_clear(StillBytes *bytes);
/** Fingerprint of bytes in memory, "" of those that are not. @return 0 or AVERROR(ENOMEM)
 */
int still_fingerprint_of(const StillBytes *bytes,
                         char fingerprint[STILL_FINGERPRINT_SIZE]);

/** The path of an image that is one, borrowed, or NULL. */
const char *still_path(const char *image);
/** Identity of an open file as it is, without the frame. */
void still_identity_of(int fd, StillIdentity *identity);
/** Give a still the identity that its file had when it was read, if it has it still.
 * @param as_read  what still_identity_of() said then */
void still_identity_confirm(Still *still, const StillSource *source,
                            const StillIdentity *as_read);

/** What an image file says beside its pixels. */
typedef struct StillMeta {
    int orientation; ///< of EXIF, 1 to 8
    bool sendable;  ///< 8-bit PNG or JPEG that may go out as it is: no alpha, no position
    bool cut_short; ///< a JPEG that ends before its picture does
    const char *mime; ///< "image/png", "image/jpeg" or NULL
} StillMeta;

void still_meta_read(const uint8_t *data, size_t size, StillMeta *meta);
/** EXIF orientation that does what a display matrix asks for. */
int still_orientation_from_matrix(const int32_t matrix[9]);

/** One packet that was handed to the decoder. */
typedef struct StillPacket {
    int64_t time; ///< pts, or dts where there is none; stream time base
    int64_t dts;
    int64_t duration; ///< stream time base, 0 when unknown
    bool timed;       ///< time is a pts
    bool key;
    uint8_t digest[STILL_DIGEST_SIZE];
} StillPacket;

/** An image or video being read. */
typedef struct StillReader {
    const StillSource *source;
    const char *label;
    const StillBytes *bytes;
    int64_t pos; ///< read position of pb

    AVIOContext *pb;
    AVFormatContext *fmt;
    AVStream *stream; ///< the picture's, owned by fmt
    AVCodecContext *decoder;
    AVPacket *packet;

    StillPacket *packets; ///< since the last seek or restart
    unsigned packets_room;
    int nb_packets;
    int nb_frames;   ///< decoded of these
    int64_t latest;  ///< a key packet must not be later than this, while need_key
    int64_t last;    ///< time of the last frame
    bool need_key;   ///< nothing goes to the decoder before a key packet
    bool ignore_icc; ///< asked for by who opened it
    bool image;      ///< one picture, not a video
    bool animation;  ///< GIF and its like: nothing can be decoded from its middle
    bool from_start; ///< reading began at the first packet
    bool flushed;
} StillReader;

/** Where a frame stands in its video. */
typedef struct StillShown {
    int packet;       ///< index of the packet that carries it
    int64_t time;     ///< stream time base
    int64_t duration; ///< stream time base, 0 when unknown
} StillShown;

/** On error, here and in restart, the reader is closed and one sentence was said. */
int still_reader_open(StillReader *reader, const StillSource *source, const char *label,
                      const StillBytes *bytes);
void still_reader_close(StillReader *reader);
/** Go back to the first packet. */
int still_reader_restart(StillReader *reader);
/** Go to a key packet that is not later than `time`, if the format can. */
int still_reader_seek(StillReader *reader, int64_t time, int64_t latest);
/** Read without decoding; the packet is in reader->packet. */
int still_reader_packet(StillReader *reader);
/** The next frame in order of display.
 * @return 0, AVERROR_EOF, AVERROR(ERANGE) when the key packet is later than asked for */
int still_reader_frame(StillReader *reader, AVFrame *frame, StillShown *shown);
/** First presentation time of the stream. */
int64_t still_reader_start(const StillReader *reader);

/** Decode the frame shown `time` microseconds from the start, or the last with STILL_END.
 * Says what is wrong. */
int still_pick(StillReader *reader, int64_t time, AVFrame *frame, StillShown *shown);
/** Digest of the packets from the key frame before a frame to the frame itself. */
int still_pick_digest(const StillReader *reader, const StillShown *shown,
                      uint8_t digest[STILL_DIGEST_SIZE]);
int still_sha256(const uint8_t *data, size_t size, uint8_t digest[STILL_DIGEST_SIZE]);

struct Still {
    char *label;
    StillBytes bytes; ///< of an image; empty for a video
    StillMeta meta;
    AVFrame *frame;  ///< as decoded, its colours tagged; NULL when it was not read
    int orientation; ///< EXIF's, 1 to 8
    bool image;
    bool interlaced;
    bool square; ///< its pixels are
    StillKnown known;
};

/** How to get from the picture as shown to the encoded one. */
typedef struct StillGeometry {
    int crop_x, crop_y, crop_w, crop_h; ///< of the upright picture, in its own pixels
    int scale_w, scale_h;               ///< to this size
    int pad_x, pad_y;                   ///< and put there
    int width, height;                  ///< into a frame of this size
} StillGeometry;

/** Work out a target and say on `out` what is lost; also the place where STILL_NONE
 * refuses. */
int still_geometry(const Still *still, const StillTarget *target, Outcome *out,
                   StillGeometry *geometry);

/** Tag what the decoder left open, so that every conversion reads the colours right. */
void still_tag_colors(AVFrame *frame, bool image);
/** Whether the colours are beyond BT.709. */
bool still_is_wide(const AVFrame *frame);
/** Upright, opaque, BT.709, cut and scaled: 8-bit RGB. */
int still_render(const Still *still, const StillGeometry *geometry, Outcome *out,
                 AVFrame **rgb);
/** The same as a still was encoded last, a new reference. @return whether it was there */
bool still_encoded_find(const Still *still, const StillTarget *target, StillFile *file);
/** Keep a reference for that. */
void still_encoded_keep(const Still *still, const StillTarget *target,
                        const StillFile *file);
/** Encode 8-bit RGB: PNG, or JPEG when that would be too large. */
int still_encode_rgb(AVFrame *rgb, Outcome *out, StillFile *file);

#endif
