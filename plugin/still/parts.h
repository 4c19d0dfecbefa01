/* i2v: what the files of still/ share, as still.h has what others see (inside still)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_STILL_PARTS_H
#define I2V_STILL_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavformat/avformat.h>

#include "base/compat.h"
#include "base/digest.h"
#include "still/still.h"

#define STILL_MAX_BYTES  (256 << 20) ///< most bytes read from a stream or the network
#define STILL_MAX_PIXELS (16384 * 16384)
#define STILL_END        INT64_MAX ///< image_time=end

/* locate.c */

typedef enum LocatorKind {
    LOCATOR_PATH,
    LOCATOR_FD,
    LOCATOR_HTTP,
    LOCATOR_DATA,
} LocatorKind;

/** Where an image is. */
typedef struct Locator {
    LocatorKind kind;
    const char *rest; ///< the path, or what follows data:; borrowed
    int fd;
} Locator;

void still_locate(const char *image, Locator *locator);
/**
 * What the cache knows a source by. A stream is known by what it is: its number may be
 * another one's tomorrow.
 * @param stream  room for that
 * @param name    set to image or stream
 * @return 0 or a negative AVERROR when there is no such stream
 */
int still_source_name(const Locator *locator, const char *image, char stream[64],
                      const char **name);

/* bytes.c */

/** The bytes of a source: in memory, or in a file that is too large for that. */
typedef struct StillBytes {
    AVBufferRef
        *buf; ///< all of them, with AV_INPUT_BUFFER_PADDING_SIZE zeros behind; or NULL
    int fd;   ///< the file when buf is NULL, else -1
    int64_t size; ///< bytes
} StillBytes;

/** Memory that grows, with zeros behind its end. */
typedef struct StillGrow {
    uint8_t *data; ///< av_malloc()ed
    size_t size;   ///< bytes in use
    size_t room;   ///< bytes allocated, padding not counted
} StillGrow;

/** Say why a source cannot be read. @return error */
int still_say_unread(const StillSource *source, const char *label, int error);
/** Read the bytes of a source.
 * @param part  of a stream: what was read of it before, and what an interrupted read
 * leaves for the next */
int still_bytes_load(const StillSource *source, const Locator *locator, const char *label,
                     StillGrow *part, StillBytes *bytes);
/** Bring the bytes into memory when they are not. */
int still_bytes_pull(StillBytes *bytes, const StillSource *source, const char *label);
/** @return bytes copied from `pos` on, 0 at the end, or a negative AVERROR */
int still_bytes_read(const StillBytes *bytes, int64_t pos, uint8_t *to, int size);
void still_bytes_clear(StillBytes *bytes);

/* heif_load.c and heif.c */

struct HeifFace;

/** The module that reads HEIC and AVIF, loaded once a process. Thread-safe.
 * @param why  set to the rest of a sentence where there is none: "and ..."
 * @return static, or NULL */
const struct HeifFace *still_heif_module(const char **why);
/** How large the picture of a HEIF file is, without decoding it. @return 0, or a negative
 * AVERROR after a sentence; so below */
int still_heif_describe(Still *still, Outcome *out);
/** Decode it into still->frame. */
int still_heif_decode(Still *still, Outcome *out);

/* sequence.c */

/** EXIF orientation of the pictures of an image sequence; 1 of any other file. */
int still_sequence_turn(const StillBytes *bytes);

/* cache.c */

/** A new reference to a still. */
Still *still_ref(Still *still);

#define STILL_MOST_TIMES 4

/** One source in the process-wide cache: its bytes, and the stills that were made of
 * them. Belongs to who holds it between still_cache_enter() and still_cache_leave(). */
typedef struct StillCacheEntry {
    struct StillCacheEntry *next;
    char *name;
    AVBufferRef *buf;                ///< NULL until all was read, or when it is too much
    Still *stills[STILL_MOST_TIMES]; ///< of one video, the last one that was made first
    StillGrow part; ///< what was read so far of a stream, which can be read only once
    uint64_t used;  ///< when, by the cache's own clock
    bool busy;      ///< somebody holds it
    bool pinned;    ///< cannot be read again
} StillCacheEntry;

/** Hold the entry of a source; waits while another thread does.
 * @return 0 and *entry, AVERROR(EINTR) or AVERROR(ENOMEM) */
int still_cache_enter(const char *name, const AVIOInterruptCB *interrupt,
                      StillCacheEntry **entry);
/** Its bytes. @return 1 and a new reference, 0: they are to be read, or AVERROR(ENOMEM)
 */
int still_cache_bytes(const StillCacheEntry *entry, StillBytes *bytes);
/** Keep a reference to the bytes. A pinned entry is never evicted.
 * @return 0 or AVERROR(ENOMEM) */
int still_cache_fill(StillCacheEntry *entry, const StillBytes *bytes, bool pinned);
/** The still of a time, a new reference, or NULL. */
Still *still_cache_find(const StillCacheEntry *entry, int64_t time);
/** Keep a reference to a still. */
void still_cache_add(StillCacheEntry *entry, Still *still);
/** Let it go; without bytes and stills it is gone. */
void still_cache_leave(StillCacheEntry *entry);

/* meta.c */

/** What an image file says beside its pixels. */
typedef struct StillMeta {
    int orientation; ///< of EXIF, 1 to 8
    bool sendable;   ///< 8-bit PNG or JPEG whose picture may go out as it is: no alpha
    bool cut_short;  ///< a JPEG that ends before its picture does
    /** One picture of square pixels: decoding it tells nothing of its shape that is not
     * said here. */
    bool plain;
    int width, height;  ///< of a PNG or JPEG, as stored; pixels
    const char *mime;   ///< "image/png", "image/jpeg" or NULL
    const char *format; ///< of libavformat, for these two
} StillMeta;

void still_meta_read(const uint8_t *data, size_t size, StillMeta *meta);
/** EXIF orientation that does what a display matrix asks for. */
int still_orientation_from_matrix(const int32_t matrix[9]);

/* strip.c */

/** What of a PNG or JPEG may go out: its picture and its colours to the byte, and nothing
 * else that is in the file.
 * @param stripped  the same bytes where there is nothing else
 * @return 0, AVERROR_INVALIDDATA where it is not made as is usual, or AVERROR(ENOMEM) */
int still_strip(const uint8_t *data, size_t size, AVBufferRef **stripped);

/* reader.c and pick.c */

/** One packet that was handed to the decoder. */
typedef struct StillPacket {
    int64_t time; ///< pts, or dts where there is none; stream time base
    int64_t dts;
    int64_t duration; ///< stream time base, 0 when unknown
    bool timed;       ///< time is a pts
    bool key;
    uint8_t digest[DIGEST_SIZE];
} StillPacket;

/** An image or video being read. */
typedef struct StillReader {
    const StillSource *source;
    const char *label;
    const StillBytes *bytes;
    const char *format; ///< known before it is opened, or NULL
    int64_t pos;        ///< read position of pb

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

/** On error, here and in restart, the reader is closed and one sentence was said.
 * @param format  where it need not be found out, or NULL */
int still_reader_open(StillReader *reader, const StillSource *source, const char *label,
                      const StillBytes *bytes, const char *format);
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
                      uint8_t digest[DIGEST_SIZE]);

/* read.c */

#define STILL_MOST_FILES 4

/** A still as it was encoded. */
typedef struct StillEncoded {
    StillTarget target;
    StillFile file; ///< buf NULL = there is none
} StillEncoded;

/**
 * A still, shared by all that read the same source in this process. What tells which it
 * is and how large does not change; its picture is decoded when it is needed, and what
 * was encoded last is kept. Of a video the frame stays, since its bytes are far more; a
 * picture is decoded again.
 */
struct Still {
    atomic_int users; ///< the cache is one
    char *label;
    int64_t time;     ///< microseconds, or STILL_END
    StillBytes bytes; ///< of an image; empty for a video
    StillMeta meta;
    int columns, rows; ///< pixels of the frame, as stored
    int width, height; ///< as still_width() and still_height()
    int orientation;   ///< EXIF's, 1 to 8
    uint8_t digest[DIGEST_SIZE];
    bool image;
    bool interlaced;
    bool square;        ///< its pixels are
    bool heif;          ///< it is decoded by libheif
    bool premultiplied; ///< its colours are, by alpha, and the frame cannot say so

    pthread_mutex_t lock; ///< protects what follows
    AVFrame *frame;       ///< as decoded, its colours tagged; NULL = not now
    StillEncoded encoded[STILL_MOST_FILES]; ///< the last one first
    atomic_llong kept;                      ///< bytes of all that; read without the lock
};

/** Under the lock: decode the picture, if there is none. */
int still_need_frame(Still *still, Outcome *out);
/** Under the lock: the picture was used. */
void still_done_frame(Still *still);

/* fit.c */

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

#endif
