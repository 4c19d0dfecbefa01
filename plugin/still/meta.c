/* i2v: what image files say beside their pixels: orientation, size, alpha
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "still/parts.h"

#define TAG_ORIENTATION 0x0112

/* A stretch of bytes; reading beyond its end gives zeros. */
typedef struct Span {
    const uint8_t *data;
    size_t size;
} Span;

static Span span_from(Span span, size_t from, size_t size)
{
    if (from > span.size)
        from = span.size;
    if (size > span.size - from)
        size = span.size - from;
    return (Span){span.data + from, size};
}

static uint32_t read_bytes(Span span, size_t at, size_t count, bool little)
{
    uint32_t value = 0;

    if (at > span.size || span.size - at < count)
        return 0;
    for (size_t i = 0; i < count; i++)
        value |= (uint32_t)span.data[at + i] << 8 * (little ? i : count - 1 - i);
    return value;
}

static bool starts_with(Span span, const char *with, size_t size)
{
    return span.size >= size && !memcmp(span.data, with, size);
}

/* TIFF's first directory, which is also what EXIF holds. */
static void read_tiff(Span tiff, StillMeta *meta)
{
    uint32_t directory, count;
    bool little;

    if (starts_with(tiff, "Exif\0", 5)) // in WebP the prefix is there or is not
        tiff = span_from(tiff, 6, tiff.size);
    little = starts_with(tiff, "II*\0", 4);
    if (!little && !starts_with(tiff, "MM\0*", 4))
        return;
    directory = read_bytes(tiff, 4, 4, little);
    count = read_bytes(tiff, directory, 2, little);
    for (uint32_t i = 0; i < count; i++) {
        size_t entry = (size_t)directory + 2 + (size_t)i * 12;
        uint32_t tag = read_bytes(tiff, entry, 2, little);
        uint32_t type = read_bytes(tiff, entry + 2, 2, little);
        uint32_t value = read_bytes(tiff, entry + 8, type == 4 ? 4 : 2, little);
        if (entry + 12 > tiff.size)
            break;
        if (tag == TAG_ORIENTATION && value >= 1 && value <= 8)
            meta->orientation = (int)value;
    }
}

/* Whether something is said of the shape of pixels, two numbers, and they are not
 * square. */
static bool is_stretched(Span body, size_t at, size_t count)
{
    return read_bytes(body, at, count, false) !=
           read_bytes(body, at + count, count, false);
}

static void read_jpeg_app(int marker, Span body, StillMeta *meta)
{
    /* Of a video's frame it may be another. */
    if (marker == 0xe0 && (!starts_with(body, "JFIF", 5) || is_stretched(body, 8, 2)))
        meta->plain = false;
    if (marker == 0xe1 && starts_with(body, "Exif\0", 5))
        read_tiff(body, meta);
}

/* 0xc0 to 0xcf but tables: DHT, JPG and DAC. */
static bool is_frame_header(int marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 &&
           marker != 0xcc;
}

static void read_jpeg_frame(int marker, Span body, StillMeta *meta)
{
    uint32_t components = read_bytes(body, 5, 1, false);
    bool usual = marker <= 0xc2 && read_bytes(body, 0, 1, false) == 8;

    if (!usual || (components != 1 && components != 3))
        meta->sendable = false;
    if (!usual || meta->width)
        meta->plain = false;
    if (meta->width)
        meta->sendable = false;
    meta->height = (int)read_bytes(body, 1, 2, false);
    meta->width = (int)read_bytes(body, 3, 2, false);
}

/* Behind the end of the picture. */
static void read_jpeg_rest(Span rest, StillMeta *meta)
{
    meta->cut_short = false;
    for (size_t at = 0; at < rest.size; at++)
        if (rest.data[at])
            meta->plain = false; // something lies behind the picture
}

static void read_jpeg(Span file, StillMeta *meta)
{
    size_t at = 2;

    meta->mime = "image/jpeg";
    meta->format = "jpeg_pipe";
    meta->sendable = meta->plain = true;
    meta->cut_short = true;
    while (at + 1 < file.size) {
        const uint8_t *next = memchr(file.data + at, 0xff, file.size - at - 1);
        size_t length;
        if (!next)
            return;
        at = (size_t)(next - file.data);
        int marker = next[1];
        if (!marker || marker == 0xff || marker == 0x01 ||
            (marker >= 0xd0 && marker <= 0xd7)) {
            at += marker && marker != 0xff ? 2 : 1; // coded data, fill bytes, restarts
            continue;
        }
        if (marker == 0xd9) {
            read_jpeg_rest(span_from(file, at + 2, file.size), meta);
            return;
        }
        length = read_bytes(file, at + 2, 2, false);
        if (is_frame_header(marker))
            read_jpeg_frame(marker, span_from(file, at + 4, file.size), meta);
        if (length > 2)
            read_jpeg_app(marker, span_from(file, at + 4, length - 2), meta);
        at += 2 + length;
    }
}

static void read_png_chunk(Span type, Span body, StillMeta *meta)
{
    if (starts_with(type, "IHDR", 4)) {
        meta->width = (int)read_bytes(body, 0, 4, false);
        meta->height = (int)read_bytes(body, 4, 4, false);
        uint32_t color = read_bytes(body, 9, 1, false);
        if (read_bytes(body, 8, 1, false) != 8 ||
            (color != 0 && color != 2 && color != 3))
            meta->sendable = false;
    } else if (starts_with(type, "pHYs", 4)) {
        if (is_stretched(body, 0, 4))
            meta->plain = false;
    } else if (starts_with(type, "eXIf", 4)) {
        read_tiff(body, meta);
    } else if (starts_with(type, "acTL", 4)) { // an animation
        meta->sendable = meta->plain = false;
    } else if (starts_with(type, "tRNS", 4)) {
        meta->sendable = false;
    } else if (!(type.data[0] & 0x20) && !starts_with(type, "PLTE", 4) &&
               !starts_with(type, "IDAT", 4) && !starts_with(type, "IEND", 4)) {
        meta->sendable = false; // the picture needs it, and nobody knows it
    }
}

static void read_png(Span file, StillMeta *meta)
{
    size_t at = 8;

    meta->mime = "image/png";
    meta->format = "png_pipe";
    meta->sendable = true;
    meta->plain = read_bytes(file, 8, 4, false) == 13 &&
                  starts_with(span_from(file, 12, 4), "IHDR", 4);
    while (file.size - at >= 12) {
        uint32_t length = read_bytes(file, at, 4, false);
        Span type = span_from(file, at + 4, 4);
        if (length > file.size - at - 12)
            break;
        read_png_chunk(type, span_from(file, at + 8, length), meta);
        at += (size_t)length + 12;
        if (starts_with(type, "IEND", 4))
            return;
    }
    meta->sendable = meta->plain = false;
}

static void read_webp(Span file, StillMeta *meta)
{
    size_t at = 12;

    while (at + 8 <= file.size) {
        size_t length = read_bytes(file, at + 4, 4, true);
        if (starts_with(span_from(file, at, 4), "EXIF", 4))
            read_tiff(span_from(file, at + 8, length), meta);
        if (length > file.size - at - 8)
            return;
        at += 8 + length + (length & 1);
    }
}

void still_meta_read(const uint8_t *data, size_t size, StillMeta *meta)
{
    Span file = {data, size};

    *meta = (StillMeta){.orientation = 1};
    if (starts_with(file, "\xff\xd8\xff", 3))
        read_jpeg(file, meta);
    else if (starts_with(file, "\x89PNG\r\n\x1a\n", 8))
        read_png(file, meta);
    else if (starts_with(file, "RIFF", 4) &&
             starts_with(span_from(file, 8, 4), "WEBP", 4))
        read_webp(file, meta);
    else if (starts_with(file, "II*\0", 4) || starts_with(file, "MM\0*", 4))
        read_tiff(file, meta);
    if (meta->cut_short || meta->width <= 0 || meta->height <= 0 ||
        (int64_t)meta->width * meta->height > STILL_MAX_PIXELS)
        meta->plain = false;
}

/* The matrix takes (x, y) to (a x + c y, b x + d y); the nearest of the eight upright
 * ways. */
int still_orientation_from_matrix(const int32_t matrix[9])
{
    int64_t a = matrix[0], b = matrix[1], c = matrix[3], d = matrix[4];

    if (a * a + d * d >= b * b + c * c) {
        if (a < 0)
            return d < 0 ? 3 : 2;
        return d < 0 ? 4 : 1;
    }
    if (c < 0)
        return b < 0 ? 7 : 6;
    return b < 0 ? 8 : 5;
}
