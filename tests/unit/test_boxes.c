/* i2v: unit tests of what an MP4's boxes announce
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/intreadwrite.h>

#include "store/mp4_boxes.h"
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

/* Bytes behind the last box are no damage, whatever they are. */
static void test_behind(void **state)
{
    static const char *const names[] = {"fast.mp4", "late.mp4", "fragments.mp4"};
    static const char *const junk[] = {
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxx", "<!-- made by a service -->",
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        "\x01\x02\x03\x04\x05\x06\x07\x08\x09", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"};
    static const int sizes[] = {28, 26, 10, 9, 19};
    (void)state;
    for (int i = 0; i < 3; i++) {
        Mp4 mp4 = mp4_read(names[i]);
        for (int j = 0; j < 5; j++) {
            memcpy(mp4.data + mp4.size, junk[j], (size_t)sizes[j]);
            for (int more = 0; more <= sizes[j]; more++) {
                BoxesIndex index;
                const char *why;
                const char *path = temp_file("junk", mp4.data, mp4.size + (size_t)more);
                check_number(junk[j], boxes_read(path, &index, &why), 0);
                check_number(junk[j], index.behind, more);
                check_number(junk[j], index.track[0].samples, MP4_FRAMES);
            }
        }
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
    check_made("more tracks than are looked at", moov, put_box(moov, "moov", box, size),
               0);
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
                    box - less < 8 ? 0 : AVERROR_INVALIDDATA);
    mp4_free(&mp4);
}

/* Where samples lie: boxes made by hand, in front of a mdat that ends the file */

typedef struct Words {
    uint8_t data[512];
    size_t size;
} Words;

/* A full box's content: numbers of 32 bits, as many as are given. */
static Words words_of(size_t count, const uint32_t *numbers)
{
    Words words = {.size = 4 * count};
    for (size_t i = 0; i < count; i++)
        AV_WB32(words.data + 4 * i, numbers[i]);
    return words;
}

#define WORDS(...)                                                 \
    words_of(sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t), \
             (const uint32_t[]){__VA_ARGS__})

static size_t put_words(uint8_t *to, const char *type, Words words)
{
    return put_box(to, type, words.data, words.size);
}

/* Wrap what is at `to` in a box of each type, the innermost first. */
static size_t wrap(uint8_t *to, size_t size, const char *const types[])
{
    for (; *types; types++) {
        uint8_t copy[4096];
        memcpy(copy, to, size);
        size = put_box(to, *types, copy, size);
    }
    return size;
}

/* @param kinds  names of the tables of sizes and of chunks */
static void check_tables(const char *what, const char *const kinds[2], Words sizes,
                         Words runs, Words chunks, size_t file, int wanted)
{
    static const char *const types[] = {"stbl", "minf", "mdia", "trak", "moov", NULL};
    uint8_t box[8192] = {0};
    size_t size = put_words(box, kinds[0], sizes);

    size += put_words(box + size, "stsc", runs);
    size += put_words(box + size, kinds[1], chunks);
    size = wrap(box, size, types);
    assert_true(size + 8 <= file);
    AV_WB32(box + size, (uint32_t)(file - size));
    memcpy(box + size + 4, "mdat", 4);
    check_boxes(what, temp_file("tables.mp4", box, file), wanted);
}

/* The file has 1000 bytes. */
static void test_tables(void **state)
{
    static const char *const usual[] = {"stsz", "stco"}, *const wide[] = {"stsz", "co64"},
                             *const compact[] = {"stz2", "stco"};
    const int bad = AVERROR_INVALIDDATA;
    Words one = WORDS(0, 1, 1, 1, 1), two = WORDS(0, 1, 1, 2, 1);
    (void)state;

    check_tables("to the end", usual, WORDS(0, 0, 2, 100, 200), one,
                 WORDS(0, 2, 500, 800), 1000, 0);
    check_tables("a byte more", usual, WORDS(0, 0, 2, 100, 201), one,
                 WORDS(0, 2, 500, 800), 1000, bad);
    check_tables("in one chunk", usual, WORDS(0, 0, 2, 100, 400), two, WORDS(0, 1, 500),
                 1000, 0);
    check_tables("in one chunk, a byte more", usual, WORDS(0, 0, 2, 100, 401), two,
                 WORDS(0, 1, 500), 1000, bad);
    check_tables("not in order", usual, WORDS(0, 0, 3, 100, 100, 100), one,
                 WORDS(0, 3, 500, 901, 600), 1000, bad);
    check_tables("the second run", usual, WORDS(0, 0, 3, 100, 100, 101),
                 WORDS(0, 2, 1, 1, 1, 2, 2, 1), WORDS(0, 2, 500, 800), 1000, bad);
    check_tables("fewer samples than the chunks could hold", usual, WORDS(0, 0, 1, 100),
                 WORDS(0, 1, 1, 1000000, 1), WORDS(0, 1, 900), 1000, 0);
    check_tables("a chunk that nothing lies in", usual, WORDS(0, 0, 1, 100), one,
                 WORDS(0, 2, 900, 5000), 1000, 0);
    check_tables("all of one size", usual, WORDS(0, 50, 4), two, WORDS(0, 2, 500, 900),
                 1000, 0);
    check_tables("all of one size, beyond", usual, WORDS(0, 50, 4), two,
                 WORDS(0, 2, 500, 901), 1000, bad);
    check_tables("four thousand million of four thousand million", usual,
                 WORDS(0, 0xffffffff, 0xffffffff), WORDS(0, 1, 1, 0xffffffff, 1),
                 WORDS(0, 1, 500), 1000, bad);
    check_tables("sound of QuickTime's", usual, WORDS(0, 1, 100000),
                 WORDS(0, 1, 1, 100000, 1), WORDS(0, 1, 500), 1000, 0);
    check_tables("sound of QuickTime's, beyond", usual, WORDS(0, 1, 100000),
                 WORDS(0, 1, 1, 100000, 1), WORDS(0, 1, 1000), 1000, bad);
    check_tables("64 bits", wide, WORDS(0, 0, 1, 100), one, WORDS(0, 1, 0, 900), 1000, 0);
    check_tables("64 bits, beyond", wide, WORDS(0, 0, 1, 100), one, WORDS(0, 1, 1, 0),
                 1000, bad);
    check_tables("64 bits, all of them", wide, WORDS(0, 0, 1, 100), one,
                 WORDS(0, 1, 0xffffffff, 0xffffffff), 1000, bad);
    check_tables("16 bits", compact, WORDS(0, 16, 2, 0x00640064), two, WORDS(0, 1, 800),
                 1000, 0);
    check_tables("16 bits, beyond", compact, WORDS(0, 16, 2, 0x00640065), two,
                 WORDS(0, 1, 800), 1000, bad);
    check_tables("8 bits", compact, WORDS(0, 8, 2, 0x64640000), two, WORDS(0, 1, 800),
                 1000, 0);
    check_tables("8 bits, beyond", compact, WORDS(0, 8, 2, 0x64650000), two,
                 WORDS(0, 1, 800), 1000, bad);
    check_tables("4 bits", compact, WORDS(0, 4, 2, 0xfa000000), two, WORDS(0, 1, 975),
                 1000, 0);
    check_tables("4 bits, beyond", compact, WORDS(0, 4, 2, 0xfb000000), two,
                 WORDS(0, 1, 975), 1000, bad);
    check_tables("3 bits", compact, WORDS(0, 3, 2, 0), two, WORDS(0, 1, 500), 1000, bad);
    check_tables("no sizes", usual, WORDS(0, 0, 2, 100), two, WORDS(0, 1, 500), 1000,
                 bad);
    check_tables("no chunks", usual, WORDS(0, 0, 2, 100, 100), one, WORDS(0, 2, 500),
                 1000, bad);
    check_tables("no runs", usual, WORDS(0, 0, 1, 100), WORDS(0, 1, 1), WORDS(0, 1, 500),
                 1000, bad);
    check_tables("no samples", usual, WORDS(0, 0, 0), WORDS(0, 0), WORDS(0, 0), 1000, 0);
}

/* A track, its default size of samples, and one fragment of a file of 1000 bytes. */
static void check_fragment(const char *what, Words head, Words run, int wanted)
{
    static const char *const moov[] = {"moov", NULL},
                             *const moof[] = {"traf", "moof", NULL},
                             *const trak[] = {"trak", NULL},
                             *const mvex[] = {"mvex", NULL};
    uint8_t box[8192] = {0};
    size_t size = wrap(box, put_words(box, "tkhd", WORDS(0, 0, 0, 7)), trak);
    size_t at = size;

    size += wrap(box + at, put_words(box + at, "trex", WORDS(0, 7, 1, 0, 10, 0)), mvex);
    size = at = wrap(box, size, moov);
    uint8_t *fragment = box + at;
    size = put_words(fragment, "tfhd", head);
    size += put_words(fragment + size, "trun", run);
    at += wrap(fragment, size, moof);
    AV_WB32(box + at, (uint32_t)(1000 - at));
    memcpy(box + at + 4, "mdat", 4);
    check_boxes(what, temp_file("fragment.mp4", box, 1000), wanted);
}

static void test_fragments(void **state)
{
    const int bad = AVERROR_INVALIDDATA;
    Words absolute = WORDS(1, 7, 0, 0);
    (void)state;

    check_fragment("sizes, to the end", absolute, WORDS(0x201, 2, 500, 100, 400), 0);
    check_fragment("sizes, a byte more", absolute, WORDS(0x201, 2, 500, 100, 401), bad);
    check_fragment("all fields", absolute,
                   WORDS(0xf05, 2, 500, 0, 1, 100, 2, 3, 1, 400, 2, 3), 0);
    check_fragment("all fields, a byte more", absolute,
                   WORDS(0xf05, 2, 500, 0, 1, 100, 2, 3, 1, 401, 2, 3), bad);
    check_fragment("the track's size", absolute, WORDS(1, 50, 500), 0);
    check_fragment("the track's size, one more", absolute, WORDS(1, 51, 500), bad);
    check_fragment("the fragment's size", WORDS(0x3b, 7, 0, 0, 1, 1, 5, 0),
                   WORDS(1, 100, 500), 0);
    check_fragment("the fragment's size, one more", WORDS(0x3b, 7, 0, 0, 1, 1, 5, 0),
                   WORDS(1, 101, 500), bad);
    check_fragment("from the moof", WORDS(0x20000, 7), WORDS(1, 1, 100), 0);
    check_fragment("from the moof, beyond", WORDS(0x20000, 7), WORDS(1, 1, 950), bad);
    check_fragment("before the file", absolute, WORDS(1, 1, 0xfffffff0), bad);
    check_fragment("a base far away", WORDS(1, 7, 0xffffffff, 0xffffffff),
                   WORDS(1, 1, 500), 0); /* - 1 + 500 */
    check_fragment("a base beyond", WORDS(1, 7, 1, 0), WORDS(1, 1, 500), bad);
    check_fragment("four thousand million", absolute, WORDS(1, 0xffffffff, 500), bad);
    check_fragment("fields are missing", absolute, WORDS(0x201, 3, 500, 100, 100), bad);
    check_fragment("of no track", WORDS(1, 8, 0, 0), WORDS(1, 1, 500), bad);
    check_fragment("short", WORDS(1, 7, 0), WORDS(1, 1, 500), bad);
    check_fragment("nothing", absolute, WORDS(1, 0, 0xffff), 0);
}

/* A file of the real ffmpeg's that lacks the end of its media data, with boxes that say
 * nothing of it. */
static void test_beyond(void **state)
{
    static const char *const names[] = {"fast.mp4", "fragments.mp4", "open.mp4"};
    (void)state;
    for (int i = 0; i < 3; i++) {
        Mp4 mp4 = mp4_read(names[i]);
        long at = -1, next;
        for (int n = 0; (next = mp4_find(&mp4, "mdat", n)) >= 0; n++)
            at = next;
        assert_true(at > 0);
        uint32_t size = AV_RB32(mp4.data + at);
        for (uint32_t left = 8; left < size; left += size / 7) {
            AV_WB32(mp4.data + at, left);
            check_boxes(names[i], temp_file("beyond.mp4", mp4.data, (size_t)at + left),
                        AVERROR_INVALIDDATA);
        }
        mp4_free(&mp4);
    }
}

static void test_brands(void **state)
{
    static const struct {
        const char *bytes;
        BoxesBrand brand;
    } cases[] = {
        {"\0\0\0\x20"
         "ftypisom",
         BOXES_MP4},
        {"\0\0\0\x20"
         "ftypqt  ",
         BOXES_QUICKTIME},
        {"\0\0\0\x20"
         "moov\0\0\0\0",
         BOXES_QUICKTIME},
        {"\0\0\0\0"
         "mdat\0\0\0\0",
         BOXES_QUICKTIME},
        {"\x1A\x45\xDF\xA3\x01\0\0\0\0\0\0\0", BOXES_NONE},
        {"<html><body>", BOXES_NONE},
        {"ftypisomisom", BOXES_NONE},
    };
    BoxesBrand brand;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *path = temp_file("brand", cases[i].bytes, 12);
        check_number(cases[i].bytes, boxes_begin(path, &brand), 0);
        check_number(cases[i].bytes, brand, cases[i].brand);
    }
    assert_int_equal(boxes_begin(temp_file("brand", "", 0), &brand), 0);
    assert_int_equal(brand, BOXES_NONE);
    assert_int_equal(boxes_begin(temp_path("missing"), &brand), AVERROR(ENOENT));
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
        cmocka_unit_test(test_behind),
        cmocka_unit_test(test_64_bit_size),
        cmocka_unit_test(test_size_to_the_end),
        cmocka_unit_test(test_wrong_sizes),
        cmocka_unit_test(test_made),
        cmocka_unit_test(test_c2pa_places),
        cmocka_unit_test(test_c2pa_not),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_fragments),
        cmocka_unit_test(test_beyond),
        cmocka_unit_test(test_brands),
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_no_mp4),
    };
    return cmocka_run_group_tests_name("boxes", tests, mp4_render, NULL);
}
