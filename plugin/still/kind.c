/* i2v: what kind of file a still is, by how it begins
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/intreadwrite.h>

#include "still/kind.h"

#define HEAD_SIZE   4096 ///< bytes that tell a kind
#define MOST_TAGS   256  ///< of a TIFF directory that are looked at
#define ENTRY_SIZE  12
#define TAG_SUBTYPE 254
#define TAG_MAKE    271
#define TAG_SUBIFDS 330
#define TAG_DNG     50706

#define MAGICK "convert FILE still.png"

/* With these bytes at `at`. */
typedef struct Magic {
    size_t at, size;
    const char *bytes;
    StillKind kind;
} Magic;

/* The members of a StillKind. */
#define BY(reader) reader, false
#define RAW(name)  "camera raw" name, "dcraw_emu -T FILE", NULL, false
#define HEIF(name) name, "heif-convert FILE still.png", NULL, true

#define MAGIC(at, bytes, ...)         \
    {                                 \
        at, sizeof(bytes) - 1, bytes, \
        {                             \
            __VA_ARGS__               \
        }                             \
    }

static const Magic magics[] = {
    MAGIC(0, "\xff\x0a", "JPEG XL", "djxl FILE still.png", BY("jpegxl")),
    MAGIC(4, "JXL \r\n\x87\n", "JPEG XL", "djxl FILE still.png", BY("jpegxl")),
    MAGIC(4, "jP  \r\n\x87\n", "JPEG 2000", "opj_decompress -i FILE -o still.png",
          BY("jpeg2000")),
    MAGIC(0, "\xff\x4f\xff\x51", "JPEG 2000", "opj_decompress -i FILE -o still.png",
          BY("jpeg2000")),
    MAGIC(0, "II\xbc\x01", "JPEG XR", "JxrDecApp -i FILE -o still.bmp", BY(NULL)),
    MAGIC(8, "WEBPVP8", "WebP", "dwebp FILE -o still.png", BY("webp")),
    MAGIC(0, "8BPS\0\1", "PSD", "convert 'FILE[0]' still.png", BY("psd")),
    MAGIC(0, "8BPS\0\2", "PSB", "convert 'FILE[0]' still.png", BY(NULL)),
    MAGIC(0, "gimp xcf", "XCF", "convert FILE -flatten still.png", BY(NULL)),
    MAGIC(0, "\x76\x2f\x31\x01", "OpenEXR", MAGICK, BY("exr")),
    MAGIC(0, "%PDF-", "PDF", "pdftoppm -png -r 150 -singlefile FILE still", BY(NULL)),
    MAGIC(0, "%!PS", "PostScript",
          "gs -q -o still.png -sDEVICE=png16m -r150 -dEPSCrop FILE", BY(NULL)),
    MAGIC(0, "AT&TFORM", "DjVu", "ddjvu -format=tiff -page=1 FILE still.tiff", BY(NULL)),
    MAGIC(0, "FLIF", "FLIF", "flif -d FILE still.png", BY(NULL)),
    MAGIC(0, "BPG\xfb", "BPG", "bpgdec -o still.png FILE", BY(NULL)),
    MAGIC(0, "icns", "ICNS", "icns2png -x FILE", BY(NULL)),
    MAGIC(30, "mimetypeimage/openraster", "OpenRaster",
          "unzip -p FILE mergedimage.png >still.png", BY(NULL)),
    MAGIC(30, "mimetypeapplication/x-krita", "Krita",
          "unzip -p FILE mergedimage.png >still.png", BY(NULL)),
    MAGIC(0, "II+\0", "BigTIFF", MAGICK, BY(NULL)),
    MAGIC(0, "MM\0+", "BigTIFF", MAGICK, BY(NULL)),
    MAGIC(4, "ftypcrx ", RAW(" (CR3)")),
    MAGIC(8, "CR\2\0", RAW(" (CR2)")),
    MAGIC(0, "IIU\0", RAW(" (RW2)")),
    MAGIC(0, "IIRO", RAW(" (ORF)")),
    MAGIC(0, "IIRS", RAW(" (ORF)")),
    MAGIC(0, "MMOR", RAW(" (ORF)")),
    MAGIC(0, "FUJIFILMCCD-RAW", RAW(" (RAF)")),
    MAGIC(0, "FOVb", RAW(" (X3F)")),
    MAGIC(0, "\0MRM", RAW(" (MRW)")),
    MAGIC(4, "ftypavif", HEIF("AVIF")),
    MAGIC(4, "ftyphei", HEIF("HEIC")),
    MAGIC(4, "ftypmif1", HEIF("HEIF")),
    MAGIC(4, "ftypmif2", HEIF("HEIF")),
    MAGIC(4, "ftypmiaf", HEIF("HEIF")),
};

static const StillKind svg = {"SVG", "rsvg-convert -o still.png FILE", BY(NULL)};
static const StillKind animated_webp = {
    "animated WebP", "webpmux -get frame 1 FILE -o still.webp", BY("webp_anim")};
static const StillKind dng = {"camera raw (DNG)", "dcraw_emu -T FILE", BY("tiff")};
static const StillKind raws[] = {{RAW(" (NEF)")}, {RAW(" (ARW)")}, {RAW("")}};

static uint32_t read_number(const uint8_t *at, int size, bool little)
{
    if (size == 2)
        return little ? AV_RL16(at) : AV_RB16(at);
    return little ? AV_RL32(at) : AV_RB32(at);
}

/* Raw files of cameras are TIFF, and the picture in their first directory is a small one,
 * which FFmpeg would take for all; DNG it knows. */
static const StillKind *tiff_kind(const StillBytes *bytes, const uint8_t *head)
{
    bool little = head[0] == 'I', reduced = false, has_more = false;
    int64_t at = read_number(head + 4, 4, little);
    uint8_t data[2 + MOST_TAGS * ENTRY_SIZE], maker[4] = {0};
    int got = still_bytes_read(bytes, at, data, sizeof(data));
    int count = got >= 2 ? (int)read_number(data, 2, little) : 0;

    for (int i = 0; i < count && 2 + (i + 1) * ENTRY_SIZE <= got; i++) {
        const uint8_t *entry = data + 2 + (ptrdiff_t)i * ENTRY_SIZE;
        uint32_t value = read_number(entry + 8, 4, little);
        switch (read_number(entry, 2, little)) {
        case TAG_DNG:
            return &dng;
        case TAG_SUBTYPE:
            reduced = value & 1;
            break;
        case TAG_SUBIFDS:
            has_more = true;
            break;
        case TAG_MAKE:
            still_bytes_read(bytes, value, maker, sizeof(maker));
        }
    }
    if (!reduced || !has_more)
        return NULL;
    return !memcmp(maker, "NIKO", 4)   ? &raws[0]
           : !memcmp(maker, "SONY", 4) ? &raws[1]
                                       : &raws[2];
}

/* Text that has such an element, not far from its beginning. */
static bool is_svg(const uint8_t *head, int size)
{
    const char *text = (const char *)head;
    size_t blank = av_strstart(text, "\xef\xbb\xbf", &text) ? 3 : 0;

    text += strspn(text, " \t\r\n");
    return (int)blank < size && *text == '<' && strstr(text, "<svg");
}

const StillKind *still_kind(const StillBytes *bytes)
{
    uint8_t head[HEAD_SIZE + 1] = {0};
    int size = still_bytes_read(bytes, 0, head, HEAD_SIZE);

    for (size_t i = 0; i < FF_ARRAY_ELEMS(magics); i++) {
        const Magic *magic = &magics[i];
        if (size < (int)(magic->at + magic->size) ||
            memcmp(head + magic->at, magic->bytes, magic->size))
            continue;
        if (magic->at == 8 && !memcmp(head, "RIFF", 4) && head[15] == 'X' && head[20] & 2)
            return &animated_webp;
        return &magic->kind;
    }
    if (size > 8 && (!memcmp(head, "II*\0", 4) || !memcmp(head, "MM\0*", 4)))
        return tiff_kind(bytes, head);
    return is_svg(head, size) ? &svg : NULL;
}

/* Whether this FFmpeg has what reads it, under the name of a codec or of a format. */
static bool has_reader(const char *name)
{
    const AVCodecDescriptor *codec = name ? avcodec_descriptor_get_by_name(name) : NULL;

    return name &&
           ((codec && avcodec_find_decoder(codec->id)) || av_find_input_format(name));
}

/* FFmpeg's version as people say it: 5.1 of 5.1.9-0+deb12u1, all of another. */
static int version_length(const char *version)
{
    size_t major = strspn(version, "0123456789");
    size_t minor = version[major] == '.' ? strspn(version + major + 1, "0123456789") : 0;

    return (int)(major && minor ? major + 1 + minor : strlen(version));
}

int still_say_kind(const StillBytes *bytes, const char *label, int error, Outcome *out)
{
    const StillKind *kind = still_kind(bytes);
    const char *version = av_version_info();
    bool part = error == AVERROR_PATCHWELCOME;

    if (!kind || kind->heif || (has_reader(kind->reader) && !part))
        return 0;
    if (!kind->reader)
        return outcome_fail(out, FAILURE_REQUEST, AVERROR_INVALIDDATA,
                            "image '%s' is %s, which i2v cannot read; `%s` converts it",
                            label, kind->name, kind->command);
    return outcome_fail(out, FAILURE_REQUEST, AVERROR_INVALIDDATA,
                        "image '%s' is %s%s, which FFmpeg %.*s cannot decode; `%s` "
                        "converts it",
                        label, kind->name, part ? " of a sort" : "",
                        version_length(version), version, kind->command);
}
