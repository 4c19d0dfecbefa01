/* i2v: unit tests of the still: what image files say beside their pixels
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "still_util.h"

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
    still_file_clear(&file);
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
    still_file_clear(&file);
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
        still_file_clear(&file);
        still_free(&still);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exif_orientation),
        cmocka_unit_test(test_turned_is_fitted_as_seen),
        cmocka_unit_test(test_what_goes_untouched),
    };
    return cmocka_run_group_tests(tests, setup_quarters, teardown);
}
