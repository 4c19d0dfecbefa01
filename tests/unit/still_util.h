/* i2v: what the tests of the still share
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_STILL_UTIL_H
#define I2V_STILL_UTIL_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <libavcodec/avcodec.h>
#include <libavutil/avutil.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>

#include "still/still.h"

/* What was logged since the last log_clear(): warnings and worse, of anybody. */
static char log_text[8192];

static inline void log_to_text(void *context, int level, const char *format, va_list args)
{
    size_t used = strlen(log_text);
    (void)context;
    if (level <= AV_LOG_WARNING)
        vsnprintf(log_text + used, sizeof(log_text) - used, format, args);
}

static inline void log_clear(void)
{
    log_text[0] = 0;
}

static inline void assert_logged(const char *what)
{
    if (!strstr(log_text, what))
        fail_msg("not logged: '%s'\nbut: '%s'", what, log_text);
}

static inline void assert_not_logged(const char *what)
{
    if (strstr(log_text, what))
        fail_msg("logged: '%s'", log_text);
}

/* Runs a command of the shell, which must succeed. */
static inline void run(const char *format, ...)
{
    char command[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    if (system(command))
        fail_msg("failed: %s", command);
}

static inline bool have_encoder(const char *name)
{
    char command[128];
    snprintf(command, sizeof(command), "ffmpeg -v error -h encoder=%s | grep -q ^Encoder",
             name);
    return !system(command);
}

#define FFMPEG "ffmpeg -nostdin -v error -y "

/* A directory of its own, in which the tests then run. */
static inline int enter_temp(char *dir)
{
    strcpy(dir, "/tmp/test_still.XXXXXX");
    av_log_set_callback(log_to_text);
    return mkdtemp(dir) && !chdir(dir) ? 0 : -1;
}

static inline int leave_temp(const char *dir)
{
    char command[128];
    snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    return chdir("/") || system(command) ? -1 : 0;
}

static inline uint8_t *slurp(const char *name, size_t *size)
{
    FILE *file = fopen(name, "rb");
    uint8_t *data = malloc(32 << 20);
    assert_non_null(file);
    assert_non_null(data);
    *size = fread(data, 1, 32 << 20, file);
    fclose(file);
    return data;
}

static inline void spill(const char *name, const void *data, size_t size)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    fclose(file);
}

/* A file with `extra` put in at `at`. */
static inline void insert_into(const char *from, const char *to, size_t at,
                               const void *extra, size_t extra_size)
{
    size_t size;
    uint8_t *data = slurp(from, &size);
    FILE *file = fopen(to, "wb");
    assert_non_null(file);
    fwrite(data, 1, at, file);
    fwrite(extra, 1, extra_size, file);
    fwrite(data + at, 1, size - at, file);
    fclose(file);
    free(data);
}

static inline int try_read(const char *image, const char *time, Still **still)
{
    StillSource source = {.image = image, .image_time = time};
    log_clear();
    return still_read(&source, still);
}

static inline Still *must_read(const char *image, const char *time)
{
    Still *still = NULL;
    int ret = try_read(image, time, &still);
    if (ret < 0)
        fail_msg("%s at %s: %d, %s", image, time ? time : "0", ret, log_text);
    return still;
}

static inline StillFile must_encode(Still *still, int width, int height, StillFit fit,
                                    StillPosition position)
{
    StillTarget target = {width, height, fit, position};
    StillFile file;
    int ret;
    log_clear();
    ret = still_encode(still, &target, NULL, &file);
    if (ret < 0)
        fail_msg("encode: %d, %s", ret, log_text);
    return file;
}

/* A decoded picture, 8-bit RGB. */
typedef struct Picture {
    int width, height;
    uint8_t *rgb;
} Picture;

/* Decodes an encoded still with libavcodec alone; JPEG by way of the ffmpeg program. */
static inline Picture decode_file(const StillFile *file)
{
    Picture picture = {file->width, file->height, NULL};
    size_t size = (size_t)file->width * (size_t)file->height * 3, got;
    FILE *raw;

    picture.rgb = malloc(size + 1);
    assert_non_null(picture.rgb);
    spill("encoded.bin", file->data, file->size);
    raw = popen("ffmpeg -nostdin -v error -i encoded.bin -f rawvideo -pix_fmt rgb24 -",
                "r");
    assert_non_null(raw);
    got = fread(picture.rgb, 1, size + 1, raw);
    assert_int_equal(pclose(raw), 0);
    assert_int_equal(got, size); // neither more nor less: the size is what it says
    return picture;
}

/* The same for PNG without leaving the process: fast. */
static inline Picture decode_png(const StillFile *file)
{
    AVCodecContext *decoder =
        avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_PNG));
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();
    Picture picture;

    assert_string_equal(file->mime, "image/png");
    assert_int_equal(av_new_packet(packet, (int)file->size), 0);
    memcpy(packet->data, file->data, file->size);
    assert_int_equal(avcodec_open2(decoder, NULL, NULL), 0);
    assert_int_equal(avcodec_send_packet(decoder, packet), 0);
    assert_int_equal(avcodec_receive_frame(decoder, frame), 0);
    assert_int_equal(frame->format, AV_PIX_FMT_RGB24);
    picture = (Picture){frame->width, frame->height, NULL};
    assert_int_equal(picture.width, file->width);
    assert_int_equal(picture.height, file->height);
    picture.rgb = malloc((size_t)picture.width * (size_t)picture.height * 3);
    for (int y = 0; y < picture.height; y++)
        memcpy(picture.rgb + (size_t)y * (size_t)picture.width * 3,
               frame->data[0] + (ptrdiff_t)y * frame->linesize[0],
               (size_t)picture.width * 3);
    av_frame_free(&frame);
    av_packet_free(&packet);
    avcodec_free_context(&decoder);
    return picture;
}

static inline const uint8_t *pixel(const Picture *picture, int x, int y)
{
    return picture->rgb + ((size_t)y * (size_t)picture->width + (size_t)x) * 3;
}

static inline void assert_pixel(const Picture *picture, int x, int y, int r, int g, int b,
                                int tolerance, const char *what)
{
    const uint8_t *p = pixel(picture, x, y);
    if (abs(p[0] - r) > tolerance || abs(p[1] - g) > tolerance ||
        abs(p[2] - b) > tolerance)
        fail_msg("%s: (%d,%d) is %d,%d,%d, not %d,%d,%d", what, x, y, p[0], p[1], p[2], r,
                 g, b);
}

/* Four quarters: red, green / blue, white. */
static inline void quarter_color(char letter, int rgb[3])
{
    rgb[0] = letter == 'R' || letter == 'W' ? 255 : 0;
    rgb[1] = letter == 'G' || letter == 'W' ? 255 : 0;
    rgb[2] = letter == 'B' || letter == 'W' ? 255 : 0;
}

static inline void make_quarters(const char *name, int width, int height)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    fprintf(file, "P6\n%d %d\n255\n", width, height);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            int rgb[3];
            quarter_color("RGBW"[(2 * y >= height) * 2 + (2 * x >= width)], rgb);
            for (int i = 0; i < 3; i++)
                fputc(rgb[i], file);
        }
    }
    fclose(file);
}

/* Checks the colours in the middle of the four quarters, in reading order. */
static inline void assert_quarters(const Picture *picture, const char *letters,
                                   int tolerance, const char *what)
{
    for (int i = 0; i < 4; i++) {
        int rgb[3];
        quarter_color(letters[i], rgb);
        assert_pixel(picture, picture->width * (i % 2 * 2 + 1) / 4,
                     picture->height * (i / 2 * 2 + 1) / 4, rgb[0], rgb[1], rgb[2],
                     tolerance, what);
    }
}

static inline uint32_t crc32_of(const uint8_t *data, size_t size)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static char temp_dir[64];

/* A directory with q.ppm, q.png and q.jpg: the quarters, 160x96. */
static inline int setup_quarters(void **state)
{
    (void)state;
    if (enter_temp(temp_dir))
        return -1;
    make_quarters("q.ppm", 160, 96);
    run(FFMPEG "-i q.ppm q.png");
    run(FFMPEG "-i q.ppm -q:v 2 -pix_fmt yuvj444p -flags +bitexact q.jpg");
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    return leave_temp(temp_dir);
}

/* What a stored RGBW looks like once shown in each of EXIF's orientations. */
static const char *const shown_as[9] = {NULL,   "RGBW", "GRWB", "WBGR", "BWRG",
                                        "RBGW", "BRWG", "WGBR", "GWRB"};

#endif
