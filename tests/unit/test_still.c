/* i2v: unit tests of the still: formats, shapes and colours of images
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "still_util.h"

#include <math.h>

/* ---- formats ---- */

static const struct {
    const char *name, *options, *encoder;
    bool original;
    int tolerance;
} formats[] = {
    {"f.png", "", "png", true, 0},
    {"f_pal.png", "-vf format=rgb24,palettegen=reserve_transparent=0:stats_mode=full",
     "png", false, 0},
    {"f_gray.png", "-pix_fmt gray", "png", true, 0},
    {"f_16.png", "-pix_fmt rgb48be", "png", false, 0},
    {"f_gray16.png", "-pix_fmt gray16be", "png", false, 0},
    {"f_420.jpg", "-pix_fmt yuvj420p -q:v 2 -flags +bitexact", "mjpeg", true, 12},
    {"f_422.jpg", "-pix_fmt yuvj422p -q:v 2 -flags +bitexact", "mjpeg", true, 12},
    {"f.webp", "-c:v libwebp -lossless 1", "libwebp", false, 0},
    {"f_lossy.webp", "-c:v libwebp -quality 95", "libwebp", false, 16},
    {"f.bmp", "", "bmp", false, 0},
    {"f.tiff", "", "tiff", false, 0},
    {"f.gif", "", "gif", false, 4},
    {"f.tga.qoi", "-c:v qoi -f image2", "qoi", false, 0},
    {"f.apng", "-f apng", "apng", true, 0},
    {"f.jxl", "-c:v libjxl -distance 0.1", "libjxl", false, 8},
    {"f.avif", "-c:v libaom-av1 -still-picture 1 -crf 4 -pix_fmt yuv444p", "libaom-av1",
     false, 16},
};

static void test_formats(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        bool palette = strstr(formats[i].options, "palettegen"),
             gray = strstr(formats[i].name, "gray");
        Still *still;
        StillFile file;
        Picture picture;
        char command[256];
        snprintf(command, sizeof(command), FFMPEG "-i q.ppm %s %s 2>/dev/null",
                 formats[i].options, formats[i].name);
        if (strstr(formats[i].name, "avif") && !getenv("I2V_PLUGIN_DIR"))
            continue; // built without libheif
        if (!have_encoder(formats[i].encoder) || (system(command) && i > 6)) {
            print_message("this ffmpeg makes no %s\n", formats[i].name);
            continue;
        }
        still = must_read(formats[i].name, NULL);
        if (!palette) {
            assert_int_equal(still_width(still), 160);
            assert_int_equal(still_height(still), 96);
        }
        file = must_encode(still, 0, 0, STILL_NONE, STILL_CENTER);
        assert_string_equal(log_text, "");
        if (file.original != (formats[i].original))
            fail_msg("%s: original is %d", formats[i].name, file.original);
        picture = decode_file(&file);
        if (!palette && !gray)
            assert_quarters(&picture, "RGBW", formats[i].tolerance, formats[i].name);
        if (gray) /* white is white and red is not black */
            assert_pixel(&picture, 120, 72, 255, 255, 255, 0, formats[i].name);
        if (gray)
            assert_true(pixel(&picture, 40, 24)[0] > 40 &&
                        pixel(&picture, 40, 24)[0] < 120);
        free(picture.rgb);
        still_file_clear(&file);
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
    still_file_clear(&file);
    file = must_encode(still, 320, 192, STILL_COVER, STILL_CENTER);
    assert_false(file.original);
    Picture picture = decode_png(&file);
    assert_quarters(&picture, "RGBW", 2, "palette");
    free(picture.rgb);
    still_file_clear(&file);
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
        still_file_clear(&file);
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

static void check_fit(Still *still, Shape s, Shape t, StillFit fit,
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
    still_file_clear(&file);
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
         "fit_position=center); 44 % of it is lost\n"},
        {{1000, 500},
         {720, 1280},
         STILL_COVER,
         STILL_LEFT,
         "still 1000x500 is cut to 281x500 to fill 720x1280 (fit=cover, "
         "fit_position=left); 72 % of it is lost\n"
         "still 1000x500 is enlarged 2.56 times to be 720x1280; a larger one would be "
         "sharper\n"},
        {{200, 113},
         {1280, 720},
         STILL_COVER,
         STILL_CENTER,
         "still 200x113 is enlarged 6.43 times to be 1280x720; a larger one would be "
         "sharper\n"},
        {{1280, 960},
         {1280, 720},
         STILL_COVER,
         STILL_TOP,
         "still 1280x960 is cut to 1280x720 to fill 1280x720 (fit=cover, "
         "fit_position=top)\n"},
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
        still_file_clear(&file);
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
    still_file_clear(&file);
    file = must_encode(still, 0, 0, STILL_NONE, STILL_CENTER);
    assert_true(file.original);
    still_file_clear(&file);
    still_free(&still);
}

static void test_output_repeats(void **state)
{
    Still *still = must_read("q.png", NULL);
    StillFile a = must_encode(still, 720, 1280, STILL_COVER, STILL_CENTER);
    for (int i = 0; i < 4; i++) { // or the first would be given out once more
        StillFile other = must_encode(still, 64 + i, 64, STILL_COVER, STILL_CENTER);
        still_file_clear(&other);
    }
    StillFile b = must_encode(still, 720, 1280, STILL_COVER, STILL_CENTER);

    (void)state;
    assert_ptr_not_equal(a.data, b.data);
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, a.size);
    still_file_clear(&a);
    still_file_clear(&b);
    still_free(&still);
}

/* What was encoded is not encoded again, whoever asks. */
static void test_encoded_again(void **state)
{
    const StillTarget target = {.width = 640, .height = 360};
    Still *still = must_read("q.png", NULL), *again = must_read("q.png", "end");
    StillFile first = must_encode(still, 640, 360, STILL_COVER, STILL_CENTER), files[4];

    (void)state;
    still_free(&still);
    still = must_read("q.png", NULL);
    log_clear();
    assert_int_equal(still_encode(still, &target, NULL, &files[0]), 0);
    assert_ptr_equal(first.data, files[0].data);
    assert_string_equal(log_text, ""); // what is lost was said
    still_file_clear(&files[0]);
    files[0] = must_encode(again, 640, 360, STILL_COVER, STILL_CENTER);
    assert_ptr_not_equal(first.data, files[0].data);
    still_file_clear(&files[0]);
    files[0] = must_encode(still, 640, 360, STILL_COVER, STILL_LEFT);
    assert_ptr_not_equal(first.data, files[0].data);
    still_file_clear(&files[0]);
    for (int i = 0; i < 4; i++)
        files[i] = must_encode(still, 64 + i, 64, STILL_COVER, STILL_CENTER);
    for (int i = 0; i < 4; i++)
        still_file_clear(&files[i]);
    files[0] = must_encode(still, 640, 360, STILL_COVER, STILL_CENTER);
    assert_ptr_not_equal(first.data, files[0].data); // it is a while ago
    assert_int_equal(first.size, files[0].size);
    still_file_clear(&files[0]);
    still_file_clear(&first);
    still_free(&again);
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
    still_file_clear(&file);
    still_free(&still);
}

/* ---- an FFmpeg without some encoders: the linker puts this before the real one ---- */

static enum AVCodecID missing[2]; ///< none by default

const AVCodec *__real_avcodec_find_encoder(enum AVCodecID id);
const AVCodec *__wrap_avcodec_find_encoder(enum AVCodecID id);

const AVCodec *__wrap_avcodec_find_encoder(enum AVCodecID id)
{
    return id && (id == missing[0] || id == missing[1]) ? NULL
                                                        : __real_avcodec_find_encoder(id);
}

static void test_without_png(void **state)
{
    StillTarget target = {.width = 64, .height = 64, .fit = STILL_COVER};
    Still *still = must_read("q.jpg", NULL);
    StillFile file;

    (void)state;
    missing[0] = AV_CODEC_ID_PNG;
    file = must_encode(still, 96, 64, STILL_COVER, STILL_CENTER);
    assert_string_equal(file.mime, "image/jpeg");
    assert_memory_equal(file.data, "\xff\xd8\xff", 3);
    Picture picture = decode_file(&file);
    free(picture.rgb);
    still_file_clear(&file);
    missing[1] = AV_CODEC_ID_MJPEG;
    log_clear();
    assert_int_equal(still_encode(still, &target, NULL, &file),
                     AVERROR_ENCODER_NOT_FOUND);
    assert_non_null(
        strstr(log_text, "neither a PNG encoder (it was built without zlib)"));
    missing[0] = missing[1] = AV_CODEC_ID_NONE;
    still_free(&still);
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
        still_file_clear(&file);
        still_free(&still);
    }
    free(ppm);
}

/* ---- not encoded ---- */

/* The same picture as the encoded one, also where the file itself would go out. */
static void test_frame(void **state)
{
    static const struct {
        const char *name;
        StillTarget target;
    } cases[] = {
        {"q.png", {160, 96, STILL_COVER, STILL_CENTER}},
        {"q.png", {0, 0, STILL_COVER, STILL_CENTER}},
        {"q.png", {90, 160, STILL_COVER, STILL_RIGHT}},
        {"q.png", {100, 100, STILL_CONTAIN, STILL_TOP}},
        {"q.png", {100, 100, STILL_FILL, STILL_CENTER}},
        {"turned.png", {96, 160, STILL_NONE, STILL_CENTER}},
        {"a.png", {64, 32, STILL_NONE, STILL_CENTER}},
    };

    (void)state;
    run(FFMPEG "-f lavfi -i color=white:s=64x32,format=rgba,colorchannelmixer=aa=0.5 "
               "-frames:v 1 a.png");
    run(FFMPEG "-i q.ppm -vf transpose=1 turned.png");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const StillTarget *target = &cases[i].target;
        Still *still = must_read(cases[i].name, NULL);
        StillFile file = must_encode(still, target->width, target->height, target->fit,
                                     target->position);
        Picture picture = decode_png(&file);
        AVFrame *frame;

        assert_int_equal(still_frame(still, target, NULL, &frame), 0);
        assert_int_equal(frame->format, AV_PIX_FMT_RGB24);
        assert_int_equal(frame->width, picture.width);
        assert_int_equal(frame->height, picture.height);
        for (int y = 0; y < frame->height; y++)
            assert_memory_equal(frame->data[0] + (ptrdiff_t)y * frame->linesize[0],
                                pixel(&picture, 0, y), (size_t)frame->width * 3);
        av_frame_free(&frame);
        free(picture.rgb);
        still_file_clear(&file);
        still_free(&still);
    }
}

static void test_frame_of_another_size(void **state)
{
    StillTarget target = {100, 100, STILL_NONE, STILL_CENTER};
    Still *still = must_read("q.png", NULL);
    AVFrame *frame;

    (void)state;
    log_clear();
    assert_int_equal(still_frame(still, &target, NULL, &frame), AVERROR(EINVAL));
    assert_null(frame);
    assert_logged("still is 160x96 but must be 100x100");
    still_free(&still);
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
        cmocka_unit_test(test_encoded_again),
        cmocka_unit_test(test_large_goes_as_jpeg),
        cmocka_unit_test(test_without_png),
        cmocka_unit_test(test_pixels_are_kept),
        cmocka_unit_test(test_frame),
        cmocka_unit_test(test_frame_of_another_size),
    };
    return cmocka_run_group_tests(tests, setup_quarters, teardown);
}
