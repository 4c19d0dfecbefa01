/* i2v: unit tests of the still: images, their sources, shapes, colours and metadata
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test_still_util.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <math.h>
#include <time.h>

#include <libavutil/base64.h>
#include <libavutil/sha.h>

static char temp[64];

static int setup(void **state)
{
    (void)state;
    if (enter_temp(temp))
        return -1;
    make_quarters("q.ppm", 160, 96);
    run(FFMPEG "-i q.ppm q.png");
    run(FFMPEG "-i q.ppm -q:v 2 -pix_fmt yuvj444p q.jpg");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return leave_temp(temp);
}

/* ---- formats ---- */

static void test_formats(void **state)
{
    static const struct {
        const char *name, *options, *encoder;
        bool original;
        int tolerance;
    } rows[] = {
        {"f.png", "", "png", true, 0},
        {"f_pal.png", "-vf format=rgb24,palettegen=reserve_transparent=0:stats_mode=full",
         "png", false, 0},
        {"f_gray.png", "-pix_fmt gray", "png", true, 0},
        {"f_16.png", "-pix_fmt rgb48be", "png", false, 0},
        {"f_gray16.png", "-pix_fmt gray16be", "png", false, 0},
        {"f_420.jpg", "-pix_fmt yuvj420p -q:v 2", "mjpeg", true, 12},
        {"f_422.jpg", "-pix_fmt yuvj422p -q:v 2", "mjpeg", true, 12},
        {"f.webp", "-c:v libwebp -lossless 1", "libwebp", false, 0},
        {"f_lossy.webp", "-c:v libwebp -quality 95", "libwebp", false, 16},
        {"f.bmp", "", "bmp", false, 0},
        {"f.tiff", "", "tiff", false, 0},
        {"f.gif", "", "gif", false, 4},
        {"f.tga.qoi", "-c:v qoi -f image2", "qoi", false, 0},
        {"f.apng", "-f apng", "apng", true, 0},
        {"f.jxl", "-c:v libjxl -distance 0.1", "libjxl", false, 8},
        {"f.avif", "-c:v libaom-av1 -still-picture 1 -crf 4 -pix_fmt yuv444p",
         "libaom-av1", false, 16},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool palette = strstr(rows[i].options, "palettegen"),
             gray = strstr(rows[i].name, "gray");
        Still *still;
        StillFile file;
        Picture picture;
        if (!have_encoder(rows[i].encoder)) {
            print_message("this ffmpeg makes no %s\n", rows[i].name);
            continue;
        }
        run(FFMPEG "-i q.ppm %s %s", rows[i].options, rows[i].name);
        still = must_read(rows[i].name, NULL);
        if (!palette) {
            assert_int_equal(still_width(still), 160);
            assert_int_equal(still_height(still), 96);
        }
        file = must_encode(still, 0, 0, STILL_NONE, STILL_CENTER);
        assert_string_equal(log_text, "");
        if (file.original != (rows[i].original))
            fail_msg("%s: original is %d", rows[i].name, file.original);
        picture = decode_file(&file);
        if (!palette && !gray)
            assert_quarters(&picture, "RGBW", rows[i].tolerance, rows[i].name);
        if (gray) /* white is white and red is not black */
            assert_pixel(&picture, 120, 72, 255, 255, 255, 0, rows[i].name);
        if (gray)
            assert_in_range(pixel(&picture, 40, 24)[0], 40, 120);
        free(picture.rgb);
        av_free(file.data);
        still_free(&still);
        assert_null(still);
    }
}

static void test_palette_is_sent_as_it_is(void **state)
{
    Still *still;
    StillFile file;

    (void)state;
    run(FFMPEG
        "-i q.ppm -filter_complex '[0]split[a][b];[a]palettegen=reserve_transparent=0[p];"
        "[b][p]paletteuse,format=pal8' pal.png");
    still = must_read("pal.png", NULL);
    file = must_encode(still, 160, 96, STILL_COVER, STILL_CENTER);
    assert_true(file.original);
    av_free(file.data);
    file = must_encode(still, 320, 192, STILL_COVER, STILL_CENTER);
    assert_false(file.original);
    Picture picture = decode_png(&file);
    assert_quarters(&picture, "RGBW", 2, "palette");
    free(picture.rgb);
    av_free(file.data);
    still_free(&still);
}

/* ---- alpha ---- */

static void test_alpha_over_black(void **state)
{
    static const char *const names[] = {"a8.png", "a16.png", "aga.png", "a.webp"};

    (void)state;
    run(FFMPEG "-f lavfi -i color=white:s=64x32,format=rgba,geq=r=255:g=255:b=255:"
               "a='if(lt(X\\,32)\\,128\\,255)' -frames:v 1 a8.png");
    run(FFMPEG "-i a8.png -pix_fmt rgba64be a16.png");
    run(FFMPEG "-i a8.png -pix_fmt ya8 aga.png");
    if (have_encoder("libwebp"))
        run(FFMPEG "-i a8.png -c:v libwebp -lossless 1 a.webp");
    for (size_t i = 0; i < 4; i++) {
        Still *still;
        if (access(names[i], R_OK))
            continue;
        still = must_read(names[i], NULL);
        StillFile file = must_encode(still, 64, 32, STILL_NONE, STILL_CENTER);
        Picture picture = decode_png(&file);
        assert_false(file.original);
        assert_pixel(&picture, 8, 8, 128, 128, 128, 1, names[i]);
        assert_pixel(&picture, 50, 8, 255, 255, 255, 0, names[i]);
        free(picture.rgb);
        av_free(file.data);
        still_free(&still);
    }
}

/* ---- shapes ---- */

typedef struct Shape {
    int width, height;
} Shape;

static double place_at(double room, StillPosition position, StillPosition first,
                       StillPosition last)
{
    return position == first ? 0 : position == last ? room : room / 2;
}

/* Where a pixel of the target comes from, worked out anew with real numbers.
 * Returns false in the padding. */
static bool source_of(Shape s, Shape t, StillFit fit, StillPosition position, double x,
                      double y, double *u, double *v)
{
    double scale_x = (double)t.width / s.width, scale_y = (double)t.height / s.height;
    double scale = fit == STILL_COVER ? fmax(scale_x, scale_y) : fmin(scale_x, scale_y);

    if (fit == STILL_FILL) {
        *u = x / t.width;
        *v = y / t.height;
        return true;
    }
    x -= place_at(t.width - s.width * scale, position, STILL_LEFT, STILL_RIGHT);
    y -= place_at(t.height - s.height * scale, position, STILL_TOP, STILL_BOTTOM);
    *u = x / (s.width * scale);
    *v = y / (s.height * scale);
    return *u >= 0 && *u < 1 && *v >= 0 && *v < 1;
}

static void check_fit(const Still *still, Shape s, Shape t, StillFit fit,
                      StillPosition position)
{
    StillFile file = must_encode(still, t.width, t.height, fit, position);
    Picture picture = decode_png(&file);
    char what[96];

    snprintf(what, sizeof(what), "%dx%d in %dx%d, fit %d, position %d", s.width, s.height,
             t.width, t.height, (int)fit, (int)position);
    for (int j = 0; j < 16; j++) {
        for (int i = 0; i < 16; i++) {
            int x = (2 * i + 1) * t.width / 32, y = (2 * j + 1) * t.height / 32, rgb[3];
            double u, v;
            bool inside = source_of(s, t, fit, position, x + .5, y + .5, &u, &v);
            double edge =
                fmin(fmin(fabs(u - .5), fabs(v - .5)),
                     fmin(fmin(fabs(u), fabs(v)), fmin(fabs(u - 1), fabs(v - 1))));
            if (edge < .04) // colours meet here
                continue;
            quarter_color(inside ? "RGBW"[(v >= .5) * 2 + (u >= .5)] : '-', rgb);
            assert_pixel(&picture, x, y, rgb[0], rgb[1], rgb[2], 8, what);
        }
    }
    free(picture.rgb);
    av_free(file.data);
}

static void test_fits(void **state)
{
    static const Shape shapes[] = {{160, 90}, {90, 160}, {128, 128},
                                   {133, 77}, {400, 60}, {31, 211}};
    static const Shape targets[] = {{320, 180}, {180, 320}, {101, 99}};

    (void)state;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        char name[32];
        Still *still;
        snprintf(name, sizeof(name), "shape%zu.ppm", i);
        make_quarters(name, shapes[i].width, shapes[i].height);
        still = must_read(name, NULL);
        for (size_t j = 0; j < sizeof(targets) / sizeof(targets[0]); j++)
            for (int fit = STILL_COVER; fit <= STILL_FILL; fit++)
                for (int position = STILL_CENTER; position <= STILL_RIGHT; position++)
                    check_fit(still, shapes[i], targets[j], (StillFit)fit,
                              (StillPosition)position);
        still_free(&still);
    }
}

static void test_what_fits_say(void **state)
{
    static const struct {
        Shape shape, target;
        StillFit fit;
        StillPosition position;
        const char *said;
    } rows[] = {
        {{1000, 1000},
         {1280, 720},
         STILL_COVER,
         STILL_CENTER,
         "still 1000x1000 is cut to 1000x562 to fill 1280x720 (fit=cover, "
         "fit_position=center)\n"},
        {{1000, 500},
         {720, 1280},
         STILL_COVER,
         STILL_LEFT,
         "still 1000x500 is cut to 281x500 to fill 720x1280 (fit=cover, "
         "fit_position=left)\n"},
        {{1000, 1000},
         {1280, 720},
         STILL_CONTAIN,
         STILL_TOP,
         "still 1000x1000 is padded with black to 1280x720, of which it takes 720x720 "
         "(fit=contain, fit_position=top)\n"},
        {{1000, 1000},
         {1280, 720},
         STILL_FILL,
         STILL_CENTER,
         "still 1000x1000 is stretched to 1280x720 (fit=fill)\n"},
        {{640, 360}, {1280, 720}, STILL_COVER, STILL_CENTER, ""},
        {{640, 360}, {1280, 720}, STILL_CONTAIN, STILL_CENTER, ""},
        {{640, 360}, {1280, 720}, STILL_FILL, STILL_CENTER, ""},
        {{1000, 563}, {1280, 720}, STILL_COVER, STILL_CENTER, ""},
        {{1000, 562}, {1280, 720}, STILL_CONTAIN, STILL_CENTER, ""},
        {{854, 480}, {1280, 720}, STILL_FILL, STILL_CENTER, ""},
        {{1366, 768}, {1280, 720}, STILL_COVER, STILL_CENTER, ""},
        {{1280, 720}, {1280, 720}, STILL_NONE, STILL_CENTER, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char name[32];
        snprintf(name, sizeof(name), "say%zu.ppm", i);
        make_quarters(name, rows[i].shape.width, rows[i].shape.height);
        Still *still = must_read(name, NULL);
        StillFile file = must_encode(still, rows[i].target.width, rows[i].target.height,
                                     rows[i].fit, rows[i].position);
        assert_string_equal(log_text, rows[i].said);
        assert_int_equal(file.width, rows[i].target.width);
        assert_int_equal(file.height, rows[i].target.height);
        av_free(file.data);
        still_free(&still);
    }
}

static void test_fit_none(void **state)
{
    Still *still = must_read("q.png", NULL);
    StillTarget target = {1280, 720, STILL_NONE, STILL_CENTER};
    StillFile file;

    (void)state;
    log_clear();
    assert_int_equal(still_encode(still, &target, NULL, &file), AVERROR(EINVAL));
    assert_null(file.data);
    assert_string_equal(log_text, "still is 160x96 but must be 1280x720 with fit=none; "
                                  "fit=cover, contain or fill would make it so\n");
    file = must_encode(still, 160, 96, STILL_NONE, STILL_CENTER);
    assert_true(file.original);
    av_free(file.data);
    file = must_encode(still, 0, 0, STILL_NONE, STILL_CENTER);
    assert_true(file.original);
    av_free(file.data);
    still_free(&still);
}

static void test_output_repeats(void **state)
{
    Still *still = must_read("q.png", NULL);
    StillFile a = must_encode(still, 720, 1280, STILL_COVER, STILL_CENTER);
    StillFile b = must_encode(still, 720, 1280, STILL_COVER, STILL_CENTER);

    (void)state;
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, a.size);
    av_free(a.data);
    av_free(b.data);
    still_free(&still);
}

/* Noise beyond 10 MB as PNG goes as JPEG. */
static void test_large_goes_as_jpeg(void **state)
{
    int width = 2400, height = 1500;
    FILE *out = fopen("noise.ppm", "wb");
    uint32_t seed = 1;

    (void)state;
    fprintf(out, "P6\n%d %d\n255\n", width, height);
    for (int i = 0; i < width * height * 3; i++) {
        seed = seed * 1664525u + 1013904223u;
        fputc((int)(seed >> 24), out);
    }
    fclose(out);
    Still *still = must_read("noise.ppm", NULL);
    StillFile file = must_encode(still, 0, 0, STILL_NONE, STILL_CENTER);
    assert_string_equal(file.mime, "image/jpeg");
    assert_true(file.size <= 10000000);
    assert_memory_equal(file.data, "\xff\xd8\xff", 3);
    Picture picture = decode_file(&file);
    free(picture.rgb);
    av_free(file.data);
    still_free(&still);
}

/* ---- metadata ---- */

/* EXIF with an orientation (and a pointer to a GPS directory), in either byte order. */
static size_t make_tiff_header(uint8_t *to, bool little, int orientation, bool gps)
{
    int count = gps ? 2 : 1, at = 10;

    memset(to, 0, 64);
    memcpy(to, little ? "II*\0\x08\0\0\0" : "MM\0*\0\0\0\x08", 8);
    to[little ? 8 : 9] = (uint8_t)count;
    for (int i = 0; i < count; i++, at += 12) {
        static const int tags[] = {0x0112, 0x8825};
        uint8_t high = (uint8_t)(tags[i] >> 8), low = (uint8_t)tags[i];
        int value = i ? at + 16 : orientation, type = i ? 4 : 3;
        to[at] = little ? low : high;
        to[at + 1] = little ? high : low;
        to[at + (little ? 2 : 3)] = (uint8_t)type;
        to[at + (little ? 4 : 7)] = 1;
        to[at + (little ? 8 : type == 4 ? 11 : 9)] = (uint8_t)value;
    }
    return 64;
}

static size_t make_app1(uint8_t *to, const char *prefix, size_t prefix_size,
                        const void *body, size_t size)
{
    size_t length = 2 + prefix_size + size;
    to[0] = 0xff;
    to[1] = 0xe1;
    to[2] = (uint8_t)(length >> 8);
    to[3] = (uint8_t)length;
    memcpy(to + 4, prefix, prefix_size);
    memcpy(to + 4 + prefix_size, body, size);
    return length + 2;
}

static void make_exif_jpeg(const char *name, bool little, int orientation, bool gps)
{
    uint8_t tiff[64], app1[128];
    size_t size = make_tiff_header(tiff, little, orientation, gps);
    insert_into("q.jpg", name, 2, app1, make_app1(app1, "Exif\0\0", 6, tiff, size));
}

static uint32_t crc32_of(const uint8_t *data, size_t size)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

/* q.png with a chunk right after IHDR, which ends at 33. */
static void make_png_with(const char *name, const char *type, const void *body,
                          size_t size)
{
    uint8_t chunk[256];
    uint32_t crc;
    for (int i = 0; i < 4; i++)
        chunk[i] = (uint8_t)(size >> (24 - 8 * i));
    memcpy(chunk + 4, type, 4);
    memcpy(chunk + 8, body, size);
    crc = crc32_of(chunk + 4, size + 4);
    for (int i = 0; i < 4; i++)
        chunk[8 + size + (size_t)i] = (uint8_t)(crc >> (24 - 8 * i));
    insert_into("q.png", name, 33, chunk, size + 12);
}

/* A TIFF of its own: 160x96 RGB in one strip, big endian. */
static void make_tiff(const char *name, int orientation)
{
    static const int entries[][3] = {
        {256, 3, 160}, {257, 3, 96}, {258, 3, 8},
        {259, 3, 1},   {262, 3, 2},  {273, 4, 256},
        {274, 3, 0},   {277, 3, 3},  {279, 4, 160 * 96 * 3},
    };
    size_t size;
    uint8_t *ppm = slurp("q.ppm", &size), head[256] = "MM\0*\0\0\0\x08\0\x09";
    uint8_t *at = head + 10;
    FILE *out = fopen(name, "wb");

    for (int i = 0; i < 9; i++, at += 12) {
        int value = entries[i][0] == 274 ? orientation : entries[i][2];
        int shift = entries[i][1] == 3 ? 8 : 24;
        at[0] = (uint8_t)(entries[i][0] >> 8);
        at[1] = (uint8_t)entries[i][0];
        at[3] = (uint8_t)entries[i][1];
        at[7] = 1;
        for (int j = 0; shift >= 0; j++, shift -= 8)
            at[8 + j] = (uint8_t)(value >> shift);
    }
    fwrite(head, 1, 256, out);
    fwrite(ppm + size - 160 * 96 * 3, 1, 160 * 96 * 3, out);
    fclose(out);
    free(ppm);
}

static void make_exif_webp(const char *name, int orientation)
{
    uint8_t chunk[72] = "EXIF\x40\0\0\0";
    size_t size;
    uint8_t *data;

    make_tiff_header(chunk + 8, true, orientation, false);
    run(FFMPEG "-i q.ppm -c:v libwebp -lossless 1 plain.webp");
    data = slurp("plain.webp", &size);
    insert_into("plain.webp", name, size, chunk, sizeof(chunk));
    free(data);
    data = slurp(name, &size);
    data[4] = (uint8_t)((size - 8) & 255);
    data[5] = (uint8_t)((size - 8) >> 8);
    spill(name, data, size);
    free(data);
}

static void check_turned(const char *name, int orientation, int tolerance)
{
    Still *still = must_read(name, NULL);
    bool turned = orientation > 4;
    StillFile file = must_encode(still, 0, 0, STILL_COVER, STILL_CENTER);
    Picture picture = decode_file(&file);

    assert_int_equal(still_width(still), turned ? 96 : 160);
    assert_int_equal(still_height(still), turned ? 160 : 96);
    assert_int_equal(file.width, still_width(still));
    assert_int_equal(file.height, still_height(still));
    assert_quarters(&picture, shown_as[orientation], tolerance, name);
    if (orientation != 1)
        assert_false(file.original);
    free(picture.rgb);
    av_free(file.data);
    still_free(&still);
}

static void test_exif_orientation(void **state)
{
    (void)state;
    for (int orientation = 1; orientation <= 8; orientation++) {
        char name[32];
        uint8_t tiff[64];
        for (int little = 0; little < 2; little++) {
            snprintf(name, sizeof(name), "o%d%d.jpg", orientation, little);
            make_exif_jpeg(name, little, orientation, false);
            check_turned(name, orientation, 8);
        }
        snprintf(name, sizeof(name), "o%d.png", orientation);
        make_tiff_header(tiff, false, orientation, false);
        make_png_with(name, "eXIf", tiff, sizeof(tiff));
        check_turned(name, orientation, 0);
        snprintf(name, sizeof(name), "o%d.tiff", orientation);
        make_tiff(name, orientation);
        check_turned(name, orientation, 0);
        if (!have_encoder("libwebp"))
            continue;
        snprintf(name, sizeof(name), "o%d.webp", orientation);
        make_exif_webp(name, orientation);
        check_turned(name, orientation, 0);
    }
}

/* Turned first, then fitted: the position is meant as it is seen. */
static void test_turned_is_fitted_as_seen(void **state)
{
    Still *still;
    StillFile file;
    Picture picture;

    (void)state;
    make_exif_jpeg("turned.jpg", true, 6, false); // seen as 96x160: BR over WG
    still = must_read("turned.jpg", NULL);
    file = must_encode(still, 96, 40, STILL_COVER, STILL_TOP);
    assert_logged("still 96x160 is cut to 96x40");
    picture = decode_png(&file);
    assert_quarters(&picture, "BRBR", 8, "the top of a turned still");
    free(picture.rgb);
    av_free(file.data);
    still_free(&still);
}

static void test_what_goes_untouched(void **state)
{
    static const char xmp[] = "http://ns.adobe.com/xap/1.0/";
    static const char place[] = "<x exif:GPSLatitude='59,1N'/>",
                      plain[] = "<x dc:title='t'/>";
    static const char text[] = "Comment\0here: gpslatitude 1", harmless[] = "Software\0x";
    static const struct {
        const char *name;
        bool original;
    } rows[] = {
        {"q.png", true},       {"q.jpg", true},       {"m_up.jpg", true},
        {"m_gps.jpg", false},  {"m_xmp.jpg", true},   {"m_xmpgps.jpg", false},
        {"m_tail.jpg", false}, {"m_app4.jpg", false}, {"m_text.png", false},
        {"m_soft.png", true},  {"m_gps.png", false},  {"m_up.png", true},
        {"m_odd.png", false},
    };
    uint8_t tiff[64], app1[256];
    size_t size;
    uint8_t *data;

    (void)state;
    make_exif_jpeg("m_up.jpg", true, 1, false);
    make_exif_jpeg("m_gps.jpg", true, 1, true);
    insert_into("q.jpg", "m_xmp.jpg", 2, app1,
                make_app1(app1, xmp, sizeof(xmp), plain, sizeof(plain)));
    insert_into("q.jpg", "m_xmpgps.jpg", 2, app1,
                make_app1(app1, xmp, sizeof(xmp), place, sizeof(place)));
    size = make_app1(app1, "dji", 4, plain, sizeof(plain));
    app1[1] = 0xe4;
    insert_into("q.jpg", "m_app4.jpg", 2, app1, size);
    data = slurp("q.jpg", &size);
    free(data);
    insert_into("q.jpg", "m_tail.jpg", size, place, sizeof(place));
    make_png_with("m_text.png", "tEXt", text, sizeof(text) - 1);
    make_png_with("m_soft.png", "tEXt", harmless, sizeof(harmless) - 1);
    make_png_with("m_odd.png", "gpSx", text, sizeof(text) - 1);
    make_tiff_header(tiff, true, 1, true);
    make_png_with("m_gps.png", "eXIf", tiff, sizeof(tiff));
    make_tiff_header(tiff, true, 1, false);
    make_png_with("m_up.png", "eXIf", tiff, sizeof(tiff));

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Still *still = must_read(rows[i].name, NULL);
        StillFile file = must_encode(still, 160, 96, STILL_COVER, STILL_CENTER);
        if (file.original != rows[i].original)
            fail_msg("%s: original is %d", rows[i].name, file.original);
        data = slurp(rows[i].name, &size);
        assert_int_equal(file.original,
                         file.size == size && !memcmp(data, file.data, size));
        if (!file.original) {
            assert_null(memmem(file.data, file.size, "GPS", 3));
            assert_null(memmem(file.data, file.size, "gps", 3));
            assert_null(memmem(file.data, file.size, "Exif", 4));
            assert_null(memmem(file.data, file.size, "eXIf", 4));
        }
        free(data);
        av_free(file.data);
        still_free(&still);
    }
}

/* ---- colours ---- */

static void test_pixels_are_kept(void **state)
{
    static const char *const names[] = {"c.bmp", "c16.png", "c.tiff", "c.webp"};

    (void)state;
    run(FFMPEG "-f lavfi -i testsrc2=s=96x64 -frames:v 1 -pix_fmt rgb24 c.ppm");
    run(FFMPEG "-i c.ppm c.bmp && " FFMPEG "-i c.ppm -pix_fmt rgb48be c16.png && " FFMPEG
               "-i c.ppm c.tiff");
    if (have_encoder("libwebp"))
        run(FFMPEG "-i c.ppm -c:v libwebp -lossless 1 c.webp");
    size_t size;
    uint8_t *ppm = slurp("c.ppm", &size);
    for (size_t i = 0; i < 4; i++) {
        if (access(names[i], R_OK))
            continue;
        Still *still = must_read(names[i], NULL);
        StillFile file = must_encode(still, 96, 64, STILL_NONE, STILL_CENTER);
        Picture picture = decode_png(&file);
        assert_memory_equal(picture.rgb, ppm + size - 96 * 64 * 3, 96 * 64 * 3);
        free(picture.rgb);
        av_free(file.data);
        still_free(&still);
    }
    free(ppm);
}

/* ---- digests ---- */

static void assert_digest(const Still *still, const void *data, size_t size)
{
    uint8_t expected[32];
    struct AVSHA *sha = av_sha_alloc();
    av_sha_init(sha, 256);
    av_sha_update(sha, data, (unsigned)size);
    av_sha_final(sha, expected);
    av_free(sha);
    assert_memory_equal(still_digest(still), expected, 32);
}

static void test_digest_is_of_the_bytes(void **state)
{
    static const char *const names[] = {"q.png", "q.jpg", "q.ppm", "./q.png"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        size_t size;
        uint8_t *data = slurp(names[i], &size);
        Still *still = must_read(names[i], NULL);
        assert_digest(still, data, size);
        still_free(&still);
        free(data);
    }
}

/* ---- sources ---- */

static void test_names(void **state)
{
    static const char *const names[] = {"shot%03d.png", "x:y.png",   "rain 100%d.png",
                                        "http.png",     "a?b#c.png", "\xc3\xa4 [1]*.png",
                                        "pipe:x",       "i2v:z.png", "noextension"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char url[128];
        Still *still;
        insert_into("q.png", names[i], 0, "", 0);
        still = must_read(names[i], NULL);
        assert_int_equal(still_width(still), 160);
        still_free(&still);
        snprintf(url, sizeof(url), "file:%s/%s", temp, names[i]);
        still = must_read(url, NULL);
        still_free(&still);
    }
}

static void make_data_uri(char *uri, size_t room, const char *head, const char *name)
{
    size_t size;
    uint8_t *data = slurp(name, &size);
    strcpy(uri, head);
    av_base64_encode(uri + strlen(uri), (int)(room - strlen(uri)), data, (int)size);
    free(data);
}

static void test_data_uri(void **state)
{
    char uri[4096], cut[4096];
    size_t size;
    uint8_t *data = slurp("q.png", &size);
    Still *still;

    (void)state;
    make_data_uri(uri, sizeof(uri), "data:image/png;base64,", "q.png");
    still = must_read(uri, NULL);
    assert_digest(still, data, size);
    still_free(&still);
    make_data_uri(uri, sizeof(uri), "DATA:;charset=x;BASE64,", "q.png");
    for (char *c = uri; (c = strchr(c, '=')) && c > strchr(uri, ',');)
        *c = 0; // padding may be left out
    still = must_read(uri, NULL);
    assert_digest(still, data, size);
    still_free(&still);
    strcpy(uri, "data:,");
    for (size_t i = 0; i < size && i < 1300; i++)
        sprintf(uri + strlen(uri), "%%%02X", data[i]);
    still = must_read(uri, NULL);
    assert_digest(still, data, size);
    still_free(&still);
    free(data);

    static const char *const bad[] = {
        "data:",     "data:image/png;base64", "data:;base64,!!!!", "data:,%4",
        "data:,%zz", "data:;base64,A"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(try_read(bad[i], NULL, &still), AVERROR(EINVAL));
        assert_logged("image: the data: URI is damaged");
    }
    assert_int_equal(try_read("data:,", NULL, &still), AVERROR_INVALIDDATA);
    assert_logged("image 'data: URI' is empty");
    make_data_uri(cut, sizeof(cut), "data:image/png;base64,", "q.png");
    cut[80] = 0;
    assert_int_equal(try_read(cut, NULL, &still), AVERROR_INVALIDDATA);
    assert_not_logged("iVBOR"); // the picture itself is not logged
}

/* Bytes that trickle through a pipe. */
typedef struct Feeder {
    int fd;
    const char *name;
    int pause_ms;
} Feeder;

static void *feed_pipe(void *opaque)
{
    Feeder *feeder = opaque;
    size_t size, at = 0;
    uint8_t *data = slurp(feeder->name, &size);
    while (at < size) {
        size_t step = size - at < 64 ? size - at : 64;
        usleep((useconds_t)feeder->pause_ms * 1000);
        if (write(feeder->fd, data + at, step) != (ssize_t)step)
            break;
        at += step;
    }
    close(feeder->fd);
    free(data);
    return NULL;
}

typedef struct Reading {
    char image[32];
    int ret;
    uint8_t digest[32];
} Reading;

static void *read_in_thread(void *opaque)
{
    Reading *reading = opaque;
    StillSource source = {.image = reading->image};
    Still *still;
    reading->ret = still_read(&source, &still);
    if (reading->ret >= 0)
        memcpy(reading->digest, still_digest(still), 32);
    still_free(&still);
    return NULL;
}

/* One stream, four readers at once and one later: all get the same. */
static void test_pipe_is_read_once(void **state)
{
    int fds[2];
    Feeder feeder = {.name = "q.png", .pause_ms = 20};
    Reading readings[5];
    pthread_t feeding, threads[4];
    size_t size;
    uint8_t *data = slurp("q.png", &size);
    Still *still;

    (void)state;
    assert_int_equal(pipe(fds), 0);
    feeder.fd = fds[1];
    pthread_create(&feeding, NULL, feed_pipe, &feeder);
    for (int i = 0; i < 5; i++)
        snprintf(readings[i].image, sizeof(readings[i].image),
                 i % 2 ? "fd:%d" : "pipe:%d", fds[0]);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, read_in_thread, &readings[i]);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    pthread_join(feeding, NULL);
    read_in_thread(&readings[4]);
    for (int i = 0; i < 5; i++)
        assert_int_equal(readings[i].ret, 0);
    still = must_read(readings[0].image, NULL);
    assert_digest(still, data, size);
    for (int i = 0; i < 5; i++)
        assert_memory_equal(readings[i].digest, still_digest(still), 32);
    still_free(&still);
    close(fds[0]);
    free(data);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int stop_at(void *opaque)
{
    return now_ms() >= *(int64_t *)opaque;
}

/* A stream that stalls is left when asked to; what it gave is not lost. */
static void test_interrupt(void **state)
{
    int fds[2];
    char image[32];
    size_t size;
    uint8_t *data = slurp("q.png", &size);
    int64_t begin = now_ms(), stop = begin + 150;
    AVIOInterruptCB interrupt = {stop_at, &stop};
    StillSource source = {.image = image, .interrupt = &interrupt};
    Still *still = NULL;

    (void)state;
    assert_int_equal(pipe(fds), 0);
    snprintf(image, sizeof(image), "pipe:%d", fds[0]);
    assert_int_equal(write(fds[1], data, 100), 100);
    log_clear();
    assert_int_equal(still_read(&source, &still), AVERROR(EINTR));
    assert_null(still);
    assert_logged("reading it was interrupted");
    assert_true(now_ms() - begin < 1000);
    assert_int_equal(write(fds[1], data + 100, size - 100), size - 100);
    close(fds[1]);
    still = must_read(image, NULL);
    assert_digest(still, data, size);
    still_free(&still);
    close(fds[0]);

    stop = 0;
    source.image = "./q.jpg";
    assert_int_equal(still_read(&source, &still), AVERROR(EINTR));
    free(data);
}

static void test_source_is_read_once(void **state)
{
    Still *first, *second;

    (void)state;
    insert_into("q.png", "once.png", 0, "", 0);
    first = must_read("once.png", NULL);
    insert_into("q.jpg", "once.png", 0, "", 0);
    second = must_read("once.png", NULL);
    assert_memory_equal(still_digest(first), still_digest(second), 32);
    still_free(&first);
    still_free(&second);
}

/* A web server for a few requests. */
static void *serve(void *opaque)
{
    int listener = *(int *)opaque;
    size_t size;
    uint8_t *data = slurp("q.png", &size);
    for (;;) {
        char request[4096] = "", head[256];
        int fd = accept(listener, NULL, NULL);
        bool quit;
        if (fd < 0)
            break;
        if (read(fd, request, sizeof(request) - 1) < 0)
            break;
        quit = strstr(request, "/quit");
        if (strstr(request, "Authorization"))
            snprintf(head, sizeof(head), "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
        else if (strstr(request, "/moved"))
            snprintf(head, sizeof(head),
                     "HTTP/1.1 302 Found\r\nLocation: /q.png\r\nContent-Length: 0\r\n"
                     "Connection: close\r\n\r\n");
        else if (strstr(request, "/q.png"))
            snprintf(
                head, sizeof(head),
                "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                size);
        else
            snprintf(head, sizeof(head),
                     "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n"
                     "Connection: close\r\n\r\n");
        if (write(fd, head, strlen(head)) < 0 ||
            (strstr(head, "200 OK") && write(fd, data, size) < 0))
            break;
        close(fd);
        if (quit)
            break;
    }
    free(data);
    return NULL;
}

static void test_http(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    pthread_t server;
    char url[128];
    size_t size;
    uint8_t *data = slurp("q.png", &size);
    Still *still;

    (void)state;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(listener, (void *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, 8), 0);
    getsockname(listener, (void *)&address, &length);
    pthread_create(&server, NULL, serve, &listener);

    snprintf(url, sizeof(url), "http://127.0.0.1:%d/q.png?token=secret",
             ntohs(address.sin_port));
    still = must_read(url, NULL);
    assert_digest(still, data, size);
    still_free(&still);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/moved", ntohs(address.sin_port));
    still = must_read(url, NULL);
    assert_digest(still, data, size);
    still_free(&still);
    snprintf(url, sizeof(url), "http://user:word@127.0.0.1:%d/none?token=secret",
             ntohs(address.sin_port));
    assert_true(try_read(url, NULL, &still) < 0);
    assert_not_logged("secret");
    assert_not_logged("word");
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/none", ntohs(address.sin_port));
    assert_int_equal(try_read(url, NULL, &still), AVERROR(ENOENT));
    assert_logged("the server answered with status 404");
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/quit", ntohs(address.sin_port));
    assert_true(try_read(url, NULL, &still) < 0);
    pthread_join(server, NULL);
    close(listener);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/gone", ntohs(address.sin_port));
    assert_true(try_read(url, NULL, &still) < 0);
    assert_logged("/gone' cannot be downloaded: ");
    free(data);
}

/* ---- bad input ---- */

static void test_bad_input(void **state)
{
    static const struct {
        const char *image, *time;
        int error;
        const char *said;
    } rows[] = {
        {"nothing.png", NULL, AVERROR(ENOENT), "image 'nothing.png': no such file\n"},
        {"", NULL, AVERROR(ENOENT), "image '': no such file\n"},
        {"rtsp://x/y", NULL, AVERROR(ENOENT),
         "of URLs i2v reads http, https, file and data"},
        {"directory", NULL, AVERROR(EISDIR),
         "image 'directory' is a directory, not a file\n"},
        {"/dev/zero", NULL, AVERROR(EINVAL), "is a device, pipe or socket, not a file"},
        {"fifo", NULL, AVERROR(EINVAL), "is a device, pipe or socket, not a file"},
        {"fd:987", NULL, AVERROR(EBADF), "image 'fd:987' cannot be read: "},
        {"empty.png", NULL, AVERROR_INVALIDDATA, "image 'empty.png' is empty\n"},
        {"concat.png", NULL, AVERROR_INVALIDDATA,
         "image 'concat.png' is neither an image nor a video: its content is 'concat'"},
        {"list.png", NULL, AVERROR_INVALIDDATA, "is neither an image nor a video"},
        {"text.png", NULL, AVERROR_INVALIDDATA, "is neither an image nor a video"},
        {"sound.wav", NULL, AVERROR_INVALIDDATA, "is neither an image nor a video"},
        {"sound.mkv", NULL, AVERROR_INVALIDDATA, "has no picture in it"},
        {"head.png", NULL, AVERROR_INVALIDDATA, "cannot be decoded: it is damaged"},
        {"half.png", NULL, AVERROR_INVALIDDATA, "cannot be decoded: it is damaged"},
        {"half.jpg", NULL, AVERROR_INVALIDDATA,
         "'half.jpg' is cut short: its end is missing"},
        {"huge.png", NULL, AVERROR_INVALIDDATA, "larger than 268 megapixels"},
        {"q.png", "1", AVERROR(EINVAL),
         "'q.png' is a single picture, for which only 0 and end"},
        {"f.gif", "0.5", AVERROR(EINVAL), "is a single picture"},
        {"q.png", "soon", AVERROR(EINVAL),
         "image_time 'soon' is not a time; give seconds"},
        {"q.png", "-1", AVERROR(EINVAL), "image_time '-1' is not a time; give seconds"},
    };
    size_t size;
    uint8_t *data = slurp("noise.ppm", &size);
    static const char playlist[] =
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:1,\nq.png\n";

    (void)state;
    mkdir("directory", 0700);
    mkfifo("fifo", 0600);
    spill("empty.png", "", 0);
    spill("concat.png", "ffconcat version 1.0\nfile q.png\n", 32);
    spill("list.png", playlist, sizeof(playlist) - 1);
    spill("text.png", "This is not a picture, whatever it is called.\n", 46);
    run(FFMPEG "-f lavfi -i sine=d=1 sound.wav && " FFMPEG "-i sound.wav sound.mkv");
    run(FFMPEG "-i noise.ppm -s 300x300 big.png && " FFMPEG
               "-i noise.ppm -s 300x300 big.jpg");
    run(FFMPEG "-i q.ppm f.gif");
    run("head -c 40 big.png > head.png; head -c 90000 big.png > half.png");
    run("head -c 20000 big.jpg > half.jpg");
    free(data);
    data = slurp("q.png", &size); /* a header that asks for 4 gigapixels */
    memcpy(data + 16, "\0\0\xff\xff\0\0\xff\xff", 8);
    uint32_t crc = crc32_of(data + 12, 17);
    for (int i = 0; i < 4; i++)
        data[29 + i] = (uint8_t)(crc >> (24 - 8 * i));
    spill("huge.png", data, size);
    free(data);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Still *still = (Still *)&rows;
        int ret = try_read(rows[i].image, rows[i].time, &still);
        if (ret != rows[i].error)
            fail_msg("%s: %d (%s), %s", rows[i].image, ret, av_err2str(ret), log_text);
        assert_null(still);
        assert_logged(rows[i].said);
    }
}

static void test_image_time_of_an_image(void **state)
{
    static const char *const times[] = {"0", "end", "", "00:00:00", "0.0"};

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        Still *still = must_read("q.png", times[i]);
        still_free(&still);
    }
}

/* Whatever allocation is refused: an error or a picture, never a crash (or, with the
 * sanitizers, a leak). */
static void test_out_of_memory(void **state)
{
    static const char *const names[] = {"q.png", "q.jpg", "q.ppm", "data:,x"};
    int refused = 0;

    (void)state;
    for (size_t limit = 40; limit < 2 << 20; limit += limit / 3) {
        for (size_t i = 0; i < 4; i++) {
            StillTarget target = {64, 64, STILL_CONTAIN, STILL_CENTER};
            StillFile file = {0};
            Still *still;
            av_max_alloc(limit);
            if (try_read(names[i], NULL, &still) < 0)
                refused++;
            else if (still_encode(still, &target, NULL, &file) < 0)
                refused++;
            av_max_alloc(INT32_MAX);
            av_free(file.data);
            still_free(&still);
        }
    }
    assert_true(refused > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_palette_is_sent_as_it_is),
        cmocka_unit_test(test_alpha_over_black),
        cmocka_unit_test(test_fits),
        cmocka_unit_test(test_what_fits_say),
        cmocka_unit_test(test_fit_none),
        cmocka_unit_test(test_output_repeats),
        cmocka_unit_test(test_large_goes_as_jpeg),
        cmocka_unit_test(test_exif_orientation),
        cmocka_unit_test(test_turned_is_fitted_as_seen),
        cmocka_unit_test(test_what_goes_untouched),
        cmocka_unit_test(test_pixels_are_kept),
        cmocka_unit_test(test_digest_is_of_the_bytes),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_data_uri),
        cmocka_unit_test(test_pipe_is_read_once),
        cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_source_is_read_once),
        cmocka_unit_test(test_http),
        cmocka_unit_test(test_bad_input),
        cmocka_unit_test(test_image_time_of_an_image),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
