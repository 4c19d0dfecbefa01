/* i2v: unit tests of what an MP4's boxes announce
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/intreadwrite.h>

#include "store/boxes.h"
#include "mp4.h"

static void check_boxes(const char *what, const char *path, int wanted)
{
    BoxesIndex index;
    const char *why = NULL;
    check_number(what, boxes_read(path, &index, &why), wanted);
    if (wanted < 0)
        assert_non_null(why);
}

static const struct {
    const char *name;
    int tracks;
    bool fragmented, closed;
} whole[] = {
    {"fast.mp4", 2, false, false},    {"late.mp4", 2, false, false},
    {"fragments.mp4", 2, true, true}, {"open.mp4", 2, true, false},
    {"silent.mp4", 1, false, false},  {"sound.mp4", 1, false, false},
};

static void test_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
        const char *name = whole[i].name, *why;
        BoxesIndex index;
        check_number(name, boxes_read(temp_path(name), &index, &why), 0);
        check_number(name, index.tracks, whole[i].tracks);
        check_number(name, index.fragmented, whole[i].fragmented);
        check_number(name, index.closed, whole[i].closed);
        check_number(name, index.has_media, true);
        check_number(name, index.track[0].id, 1);
        if (index.tracks == 2) {
            check_number(name, index.track[0].samples, MP4_FRAMES);
            check_number(name, index.track[1].id, 2);
            assert_true(index.track[1].samples > 100);
        }
    }
}

/* A whole file cut anywhere is not whole: at every tenth, and by a byte. */
static void test_cut(void **state)
{
    static const char *const names[] = {"fast.mp4", "late.mp4", "silent.mp4"};
    (void)state;
    for (int i = 0; i < 3; i++) {
        Mp4 mp4 = mp4_read(names[i]);
        for (size_t tenth = 0; tenth < 10; tenth++)
            check_boxes(names[i], temp_file("cut", mp4.data, mp4.size * tenth / 10),
                        AVERROR_INVALIDDATA);
        for (size_t less = 1; less < 20; less++)
            check_boxes(names[i], temp_file("cut", mp4.data, mp4.size - less),
                        AVERROR_INVALIDDATA);
        mp4_free(&mp4);
    }
}

static void test_trailing_junk(void **state)
{
    static const char *const names[] = {"fast.mp4", "late.mp4", "fragments.mp4"};
    (void)state;
    for (int i = 0; i < 3; i++) {
        Mp4 mp4 = mp4_read(names[i]);
        memset(mp4.data + mp4.size, 'x', 1000);
        check_boxes(names[i], temp_file("same", mp4.data, mp4.size), 0);
        for (size_t more = 1; more < 20; more++)
            check_boxes(names[i], temp_file("junk", mp4.data, mp4.size + more),
                        AVERROR_INVALIDDATA);
        check_boxes(names[i], temp_file("junk", mp4.data, mp4.size + 1000),
                    AVERROR_INVALIDDATA);
        mp4_free(&mp4);
    }
}

/* late.mp4 has an empty box before its mdat, where a 64-bit size finds room. */
static void test_64_bit_size(void **state)
{
    Mp4 mp4 = mp4_read("late.mp4");
    long at = mp4_find(&mp4, "free", 0);
    uint64_t size;
    (void)state;
    assert_true(at > 0 && at + 8 == mp4_find(&mp4, "mdat", 0));
    size = AV_RB32(mp4.data + at + 8) + UINT64_C(8);
    AV_WB32(mp4.data + at, 1);
    memcpy(mp4.data + at + 4, "mdat", 4);
    AV_WB64(mp4.data + at + 8, size);
    check_boxes("64 bits", temp_file("64.mp4", mp4.data, mp4.size), 0);
    static const uint64_t wrong[] = {
        0, 1, 15, UINT64_C(1) << 32, INT64_MAX, UINT64_MAX, UINT64_C(1) << 63};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        AV_WB64(mp4.data + at + 8, wrong[i]);
        check_boxes("wrong 64 bits", temp_file("64.mp4", mp4.data, mp4.size),
                    AVERROR_INVALIDDATA);
    }
    check_boxes("cut in the size", temp_file("64.mp4", mp4.data, (size_t)at + 12),
                AVERROR_INVALIDDATA);
    mp4_free(&mp4);
}

/* A size of 0 reaches to the end of the file. */
static void test_size_to_the_end(void **state)
{
    Mp4 fast = mp4_read("fast.mp4"), late = mp4_read("late.mp4");
    (void)state;
    AV_WB32(fast.data + mp4_find(&fast, "mdat", 0), 0);
    check_boxes("mdat last", temp_file("0.mp4", fast.data, fast.size), 0);
    AV_WB32(late.data + mp4_find(&late, "mdat", 0), 0);
    check_boxes("mdat swallows moov", temp_file("0.mp4", late.data, late.size),
                AVERROR_INVALIDDATA);
    mp4_free(&fast);
    mp4_free(&late);
}

static void test_wrong_sizes(void **state)
{
    static const uint32_t sizes[] = {2, 7, 9, 0x7fffffff, 0xffffffff};
    Mp4 mp4 = mp4_read("fast.mp4");
    long moov = mp4_find(&mp4, "moov", 0);
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint32_t old = AV_RB32(mp4.data + moov);
        AV_WB32(mp4.data + moov, sizes[i]);
        check_boxes("moov", temp_file("s.mp4", mp4.data, mp4.size), AVERROR_INVALIDDATA);
        AV_WB32(mp4.data + moov, old);
        old = AV_RB32(mp4.data + moov + 8);
        AV_WB32(mp4.data + moov + 8, sizes[i]);
        check_boxes("below moov", temp_file("s.mp4", mp4.data, mp4.size),
                    AVERROR_INVALIDDATA);
        AV_WB32(mp4.data + moov + 8, old);
    }
    mp4_free(&mp4);
}

/* Boxes made by hand: name, and what is in it. */
static size_t put_box(uint8_t *to, const char *type, const void *data, size_t size)
{
    memmove(to + 8, data, size);
    AV_WB32(to, (uint32_t)(size + 8));
    memcpy(to + 4, type, 4);
    return size + 8;
}

static void check_made(const char *what, const uint8_t *data, size_t size, int wanted)
{
    uint8_t file[8192];
    memcpy(file, data, size);
    size += put_box(file + size, "mdat", "data", 4);
    check_boxes(what, temp_file("made.mp4", file, size), wanted);
}

static void test_made(void **state)
{
    static const uint8_t zeros[64] = {0};
    uint8_t box[4096], moov[4096], all[4096];
    size_t size;
    (void)state;

    size = put_box(moov, "moov", box, put_box(box, "trak", zeros, 0));
    check_made("a track", moov, size, 0);
    size = put_box(moov, "moov", zeros, 0);
    check_made("no track", moov, size, AVERROR_INVALIDDATA);
    size = 0;
    for (int i = 0; i < BOXES_MAX_TRACKS; i++)
        size += put_box(box + size, "trak", zeros, 0);
    check_made("most tracks", moov, put_box(moov, "moov", box, size), 0);
    size += put_box(box + size, "trak", zeros, 0);
    check_made("too many tracks", moov, put_box(moov, "moov", box, size),
               AVERROR_INVALIDDATA);
    /* Boxes too short for what they should say. */
    size = put_box(box, "trak", all, put_box(all, "tkhd", zeros, 12));
    check_made("short tkhd", moov, put_box(moov, "moov", box, size), AVERROR_INVALIDDATA);
    size = put_box(box, "trak", all, put_box(all, "stsz", zeros, 8));
    check_made("short stsz", moov, put_box(moov, "moov", box, size), AVERROR_INVALIDDATA);
    /* A fragment of a track that is none. */
    size = put_box(moov, "moov", box, put_box(box, "trak", zeros, 0));
    size_t run = put_box(box, "trun", zeros, 8);
    run = put_box(all, "traf", box, run);
    memcpy(box, all, run);
    size += put_box(moov + size, "moof", box, run);
    check_made("trun without tfhd", moov, size, AVERROR_INVALIDDATA);
}

/* C2PA's box: a user type, a full box's header, a purpose. */
static const uint8_t credentials[] = {0xd8, 0xfe, 0xc3, 0xd6, 0x1b, 0x0e, 0x48, 0x3c,
                                      0x92, 0x97, 0x58, 0x28, 0x87, 0x7e, 0xc4, 0x81,
                                      0,    0,    0,    0,    'm',  'a',  'n',  'i',
                                      'f',  'e',  's',  't',  0};

static void check_c2pa(const char *what, const uint8_t *data, size_t size, bool wanted)
{
    BoxesIndex index;
    const char *why = NULL;
    check_number(what, boxes_read(temp_file("c2pa.mp4", data, size), &index, &why), 0);
    check_number(what, index.c2pa, wanted);
}

/* The box before each of a file's own boxes and behind the last, with both kinds of size.
 */
static void test_c2pa_places(void **state)
{
    static const char *const names[] = {"fast.mp4", "late.mp4", "fragments.mp4"};
    uint8_t box[2][64] = {{0}};
    size_t sizes[2];
    (void)state;
    sizes[0] = put_box(box[0], "uuid", credentials, sizeof(credentials));
    sizes[1] = sizes[0] + 8;
    memcpy(box[1] + 4, "uuid", 4);
    AV_WB32(box[1], 1);
    AV_WB64(box[1] + 8, sizes[1]);
    memcpy(box[1] + 16, credentials, sizeof(credentials));
    for (int i = 0; i < 3; i++) {
        Mp4 mp4 = mp4_read(names[i]);
        check_c2pa(names[i], mp4.data, mp4.size, false);
        for (size_t at = 0; at <= mp4.size;) {
            for (int b = 0; b < 2; b++) {
                uint8_t *with = malloc(mp4.size + sizes[b]);
                assert_non_null(with);
                memcpy(with, mp4.data, at);
                memcpy(with + at, box[b], sizes[b]);
                memcpy(with + at + sizes[b], mp4.data + at, mp4.size - at);
                check_c2pa(names[i], with, mp4.size + sizes[b], true);
                free(with);
            }
            at += at < mp4.size ? AV_RB32(mp4.data + at) : 1;
        }
        /* To the end of the file. */
        memcpy(mp4.data + mp4.size, box[0], sizes[0]);
        AV_WB32(mp4.data + mp4.size, 0);
        check_c2pa(names[i], mp4.data, mp4.size + sizes[0], true);
        mp4_free(&mp4);
    }
}

static void test_c2pa_not(void **state)
{
    Mp4 mp4 = mp4_read("late.mp4");
    uint8_t other[16], inner[64];
    (void)state;
    /* Too short for a user type. */
    for (size_t size = 0; size < 16; size++) {
        size_t box = put_box(mp4.data + mp4.size, "uuid", credentials, size);
        check_c2pa("short", mp4.data, mp4.size + box, false);
    }
    /* Each byte of the user type counts. */
    for (int i = 0; i < 16; i++) {
        memcpy(other, credentials, 16);
        other[i] ^= 1;
        size_t box = put_box(mp4.data + mp4.size, "uuid", other, 16);
        check_c2pa("another", mp4.data, mp4.size + box, false);
    }
    /* What stands in another box is not the file's. */
    size_t box = put_box(inner, "uuid", credentials, sizeof(credentials));
    box = put_box(mp4.data + mp4.size, "free", inner, box);
    check_c2pa("in a free box", mp4.data, mp4.size + box, false);
    box = put_box(mp4.data + mp4.size, "moof", inner, sizeof(credentials) + 8);
    check_c2pa("in a moof box", mp4.data, mp4.size + box, false);
    box = put_box(mp4.data + mp4.size, "free", credentials, sizeof(credentials));
    check_c2pa("in a box of another type", mp4.data, mp4.size + box, false);
    /* Cut within it the file is not whole. */
    box = put_box(mp4.data + mp4.size, "uuid", credentials, sizeof(credentials));
    for (size_t less = 1; less < box; less++)
        check_boxes("cut", temp_file("c2pa.mp4", mp4.data, mp4.size + box - less),
                    AVERROR_INVALIDDATA);
    mp4_free(&mp4);
}

/* Nested far deeper than any file nests. */
static void test_deep(void **state)
{
    static uint8_t box[8 * 2000 + 64];
    size_t size = put_box(box, "trak", "", 0);
    (void)state;
    for (int i = 0; i < 1900; i++)
        size = put_box(box, "moov", box, size);
    check_boxes("deep", temp_file("deep.mp4", box, size), AVERROR_INVALIDDATA);
}

static void test_no_mp4(void **state)
{
    uint8_t zeros[4096] = {0};
    (void)state;
    check_boxes("empty", temp_file("e", "", 0), AVERROR_INVALIDDATA);
    check_boxes("text", temp_text("e", "<html>Not Found</html>"), AVERROR_INVALIDDATA);
    check_boxes("zeros", temp_file("e", zeros, sizeof(zeros)), AVERROR_INVALIDDATA);
    check_boxes("BMP", temp_bmp("e", 64, 64, 9), AVERROR_INVALIDDATA);
    check_boxes("missing", temp_path("missing"), AVERROR(ENOENT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_trailing_junk),
        cmocka_unit_test(test_64_bit_size),
        cmocka_unit_test(test_size_to_the_end),
        cmocka_unit_test(test_wrong_sizes),
        cmocka_unit_test(test_made),
        cmocka_unit_test(test_c2pa_places),
        cmocka_unit_test(test_c2pa_not),
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_no_mp4),
    };
    return cmocka_run_group_tests_name("boxes", tests, mp4_render, NULL);
}
