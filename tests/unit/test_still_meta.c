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

/* The secret is in each of these files, and never in what is sent. */
#define SECRET "59,1N 18E, Jane"

static size_t make_segment(uint8_t *to, uint8_t marker, const char *head,
                           size_t head_size)
{
    size_t size = make_app1(to, head, head_size, SECRET, sizeof(SECRET));
    to[1] = marker;
    return size;
}

static void insert_segment(const char *name, uint8_t marker, const char *head,
                           size_t head_size)
{
    uint8_t segment[256];
    insert_into("q.jpg", name, 2, segment,
                make_segment(segment, marker, head, head_size));
}

static void append(const char *from, const char *name, const char *more, size_t more_size)
{
    size_t size;
    free(slurp(from, &size));
    insert_into(from, name, size, more, more_size);
}

static void check_sent(const char *name, const Picture *expected, bool original)
{
    Still *still = must_read(name, NULL);
    StillFile file = must_encode(still, 160, 96, STILL_COVER, STILL_CENTER);
    Picture picture = decode_file(&file);
    size_t size;
    uint8_t *data = slurp(name, &size);

    assert_string_equal(log_text, "");
    assert_string_equal(file.mime, strstr(name, ".jpg") ? "image/jpeg" : "image/png");
    if (file.original != original)
        fail_msg("%s: original is %d", name, file.original);
    assert_int_equal(original, file.size == size && !memcmp(data, file.data, size));
    if (memmem(file.data, file.size, SECRET, 8) ||
        memmem(file.data, file.size, "Exif", 4))
        fail_msg("%s: the secret is out", name);
    assert_memory_equal(picture.rgb, expected->rgb, 160 * 96 * 3);
    free(picture.rgb);
    free(data);
    still_file_clear(&file);
    still_free(&still);
}

/* What stays at home: the picture goes out as it is in the file, coded by nobody anew. */
static void test_what_stays_at_home(void **state)
{
    static const char icc[] = "ICC_PROFILE\0\1\1";
    static const char *const stripped[] = {
        "m_exif.jpg", "m_xmp.jpg",  "m_iptc.jpg",  "m_note.jpg", "m_mpf.jpg",
        "m_jfif.jpg", "m_tail.jpg", "m_text.png",  "m_exif.png", "m_odd.png",
        "m_time.png", "m_tail.png", "m_adobe.jpg",
    };
    uint8_t tiff[64 + sizeof(SECRET)];

    (void)state;
    make_tiff_header(tiff, true, 1, true);
    memcpy(tiff + 64, SECRET, sizeof(SECRET));
    insert_segment("m_exif.jpg", 0xe1, "Exif\0\0MM\0*\0\0\0\x08\0\0", 16);
    insert_segment("m_xmp.jpg", 0xe1, "http://ns.adobe.com/xap/1.0/", 29);
    insert_segment("m_iptc.jpg", 0xed, "Photoshop 3.0", 14);
    insert_segment("m_note.jpg", 0xfe, "", 0);
    insert_segment("m_mpf.jpg", 0xe2, "MPF", 4);
    insert_segment("m_adobe.jpg", 0xee, "Adobe\0\x64\0\0\0\0\1", 12);
    insert_segment("m_jfif.jpg", 0xe0, "JFIF\0\1\2\1\0\x48\0\x48\1\5", 14);
    append("q.jpg", "m_tail.jpg", "\0\0\0\x18moov" SECRET, 8 + sizeof(SECRET));
    append("q.png", "m_tail.png", SECRET, sizeof(SECRET));
    make_png_with("m_text.png", "tEXt", "Author\0" SECRET, 7 + sizeof(SECRET));
    make_png_with("m_odd.png", "plAc", SECRET, sizeof(SECRET));
    make_png_with("m_exif.png", "eXIf", tiff, sizeof(tiff));
    make_png_with("m_time.png", "tIME", "\7\xe8\1\1\0\0\0" SECRET, 7 + sizeof(SECRET));

    for (int kind = 0; kind < 2; kind++) {
        const char *name = kind ? "q.png" : "q.jpg";
        StillFile file = {.data = NULL, .width = 160, .height = 96};
        uint8_t *data = slurp(name, &file.size);
        file.data = data;
        Picture expected = decode_file(&file);
        check_sent(name, &expected, true);
        for (size_t i = 0; i < sizeof(stripped) / sizeof(stripped[0]); i++)
            if (!strcmp(strchr(stripped[i], '.'), strchr(name, '.')))
                check_sent(stripped[i], &expected, false);
        free(expected.rgb);
        free(data);
    }
    /* A profile stays, whatever it says. */
    insert_segment("m_icc.jpg", 0xe2, icc, sizeof(icc) - 1);
    Still *still = must_read("m_icc.jpg", NULL);
    StillFile file = must_encode(still, 160, 96, STILL_COVER, STILL_CENTER);
    assert_true(file.original);
    still_file_clear(&file);
    still_free(&still);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exif_orientation),
        cmocka_unit_test(test_turned_is_fitted_as_seen),
        cmocka_unit_test(test_what_stays_at_home),
    };
    return cmocka_run_group_tests(tests, setup_quarters, teardown);
}
