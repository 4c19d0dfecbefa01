/* i2v: a PNG or JPEG without what it says of who made it, its picture untouched
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include <libavutil/intreadwrite.h>

#include "still/parts.h"

/* Only what the picture needs is taken over, by name: what nobody knows may say where it
 * was taken as well as Exif does. */

#define JFIF_SIZE  14 ///< of its body, without a thumbnail
#define ADOBE_SIZE 12

/* The file as it is read, and what is taken of it. */
typedef struct Strip {
    const uint8_t *data;
    size_t size, at;
    uint8_t *to; ///< with room for as much
    size_t taken;
} Strip;

static void take(Strip *strip, const void *data, size_t size)
{
    memcpy(strip->to + strip->taken, data, size);
    strip->taken += size;
}

/* PNG */

static bool is_needed(const uint8_t *type)
{
    /* What is shown, its colours, and that its pixels are square. */
    static const char needed[][5] = {"IHDR", "PLTE", "IDAT", "IEND", "cHRM", "gAMA",
                                     "iCCP", "sBIT", "sRGB", "cICP", "pHYs"};
    for (size_t i = 0; i < FF_ARRAY_ELEMS(needed); i++)
        if (!memcmp(type, needed[i], 4))
            return true;
    return false;
}

static int strip_png(Strip *strip)
{
    take(strip, strip->data, strip->at = 8);
    while (strip->size - strip->at >= 12) {
        const uint8_t *chunk = strip->data + strip->at;
        uint32_t length = AV_RB32(chunk);
        if (length > strip->size - strip->at - 12)
            return AVERROR_INVALIDDATA;
        if (is_needed(chunk + 4))
            take(strip, chunk, (size_t)length + 12);
        strip->at += (size_t)length + 12;
        if (!memcmp(chunk + 4, "IEND", 4))
            return 0;
    }
    return AVERROR_INVALIDDATA;
}

/* JPEG */

/* Tables, the frame of the usual kinds, scans. */
static bool is_picture(int marker)
{
    return marker == 0xc0 || marker == 0xc1 || marker == 0xc2 || marker == 0xc4 ||
           marker == 0xdb || marker == 0xdd || marker == 0xda;
}

/* Of what applications put there: a JFIF header without its thumbnail, a colour profile,
 * and how Adobe stores colours. */
static void take_application(Strip *strip, int marker, const uint8_t *segment,
                             size_t size)
{
    const uint8_t *body = segment + 4;
    size_t length = size - 4;
    uint8_t copy[4 + JFIF_SIZE];

    if (marker == 0xe2 && length >= 12 && !memcmp(body, "ICC_PROFILE", 12)) {
        take(strip, segment, size);
    } else if (marker == 0xe0 && length >= JFIF_SIZE && !memcmp(body, "JFIF", 5)) {
        memcpy(copy, segment, 4 + JFIF_SIZE);
        AV_WB16(copy + 2, 2 + JFIF_SIZE);
        copy[4 + 12] = copy[4 + 13] = 0; // pixels of the thumbnail
        take(strip, copy, 4 + JFIF_SIZE);
    } else if (marker == 0xee && length >= ADOBE_SIZE && !memcmp(body, "Adobe", 5)) {
        memcpy(copy, segment, 4 + ADOBE_SIZE);
        AV_WB16(copy + 2, 2 + ADOBE_SIZE);
        take(strip, copy, 4 + ADOBE_SIZE);
    }
}

/* The coded data behind the header of a scan, up to the next marker but restarts. */
static int take_scan(Strip *strip)
{
    const uint8_t *from = strip->data + strip->at, *at = from,
                  *end = strip->data + strip->size;

    while ((at = memchr(at, 0xff, (size_t)(end - at))) && end - at > 1) {
        if (at[1] && (at[1] < 0xd0 || at[1] > 0xd7)) {
            take(strip, from, (size_t)(at - from));
            strip->at += (size_t)(at - from);
            return 0;
        }
        at += 2;
    }
    return AVERROR_INVALIDDATA;
}

static int strip_jpeg(Strip *strip)
{
    take(strip, strip->data, strip->at = 2);
    while (strip->size - strip->at >= 2) {
        const uint8_t *segment = strip->data + strip->at;
        int marker = segment[1], ret = 0;
        if (segment[0] != 0xff)
            break;
        if (marker == 0xff) { // fills up
            strip->at++;
            continue;
        }
        if (marker == 0xd9) { // the end, whatever lies behind it
            take(strip, segment, 2);
            return 0;
        }
        if (strip->size - strip->at < 4)
            break;
        size_t size = 2 + (size_t)AV_RB16(segment + 2);
        if (size < 4 || size > strip->size - strip->at)
            break;
        if (is_picture(marker))
            take(strip, segment, size);
        else if (marker >= 0xe0 && marker <= 0xef)
            take_application(strip, marker, segment, size);
        else if (marker != 0xfe)
            break;
        strip->at += size;
        if (marker == 0xda)
            ret = take_scan(strip);
        if (ret < 0)
            return ret;
    }
    return AVERROR_INVALIDDATA;
}

int still_strip(const uint8_t *data, size_t size, AVBufferRef **stripped)
{
    AVBufferRef *buf = av_buffer_alloc((I2VBufferSize)size);
    int ret = AVERROR_INVALIDDATA;

    *stripped = NULL;
    if (!buf)
        return AVERROR(ENOMEM);
    Strip strip = {.data = data, .size = size, .to = buf->data};
    if (size > 8 && !memcmp(data, "\x89PNG\r\n\x1a\n", 8))
        ret = strip_png(&strip);
    else if (size > 2 && data[0] == 0xff && data[1] == 0xd8)
        ret = strip_jpeg(&strip);
    if (ret < 0) {
        av_buffer_unref(&buf);
        return ret;
    }
    buf->size = (I2VBufferSize)strip.taken;
    *stripped = buf;
    return 0;
}
