/* i2v: unit tests of verifying and opening a clip
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libavutil/error.h>
#include <libavutil/intreadwrite.h>
#include <libavutil/mem.h>

#include "store/clip.h"
#include "store/store.h"
#include "mp4.h"

static const struct {
    const char *name;
    bool audio;
} whole[] = {
    {"fast.mp4", true}, {"late.mp4", true},    {"fragments.mp4", true},
    {"open.mp4", true}, {"silent.mp4", false},
};

static void test_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
        const char *name = whole[i].name;
        ClipFacts facts;
        check_number(name, clip_verify(temp_path(name), MP4_SECONDS, NULL, &facts), 0);
        check_number(name, facts.width, MP4_WIDTH);
        check_number(name, facts.height, MP4_HEIGHT);
        check_number(name, facts.has_audio, whole[i].audio);
        assert_true(facts.duration > MP4_SECONDS - 0.1 &&
                    facts.duration < MP4_SECONDS + 0.3);
        assert_non_null(strstr(facts.text, "h264 160x90, SAR 1:1, 24 fps, time base 1/"));
        assert_non_null(strstr(facts.text, "longest GOP 12"));
        check_number(name, strstr(facts.text, "aac, mono, 44100 Hz") != NULL,
                     whole[i].audio);
        assert_int_equal(facts.text[strlen(facts.text) - 1], 's');
        check_number(name, strstr(facts.text, "; no audio; ") != NULL, !whole[i].audio);
        check_number(name, facts.rate.num, 24);
        check_number(name, facts.rate.den, 1);
        check_number(name, facts.variable, false);
        check_text(name, facts.untagged, "primaries, transfer, matrix, range");
        check_number(name, facts.c2pa, false);
    }
}

/* Frame rate and colour */

static const struct {
    const char *name;
    AVRational rate;
    bool variable;
    const char *untagged, *words;
} kinds[] = {
    {"tagged.mp4", {24, 1}, false, "", "24 fps, time base"},
    {"thousand.mp4",
     {30, 1},
     false,
     "primaries, transfer, matrix, range",
     "30 fps, time base 1/1000,"},
    {"ntsc.mp4",
     {30000, 1001},
     false,
     "primaries, transfer, matrix, range",
     "29.97 fps, time base 1/90000,"},
    {"gap.mp4", {0, 0}, true, "primaries, transfer, matrix, range", " fps (variable), "},
};

static void test_kinds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const char *name = kinds[i].name;
        ClipFacts facts;
        check_number(name, clip_verify(temp_path(name), 0, NULL, &facts), 0);
        check_number(name, facts.variable, kinds[i].variable);
        check_text(name, facts.untagged, kinds[i].untagged);
        if (!strstr(facts.text, kinds[i].words))
            fail_case("%s: no \"%s\" in \"%s\"", name, kinds[i].words, facts.text);
        if (kinds[i].rate.den) {
            check_number(name, facts.rate.num, kinds[i].rate.num);
            check_number(name, facts.rate.den, kinds[i].rate.den);
        } else {
            /* Six frames of seven are left of 30 a second. */
            assert_true(av_q2d(facts.rate) > 25 && av_q2d(facts.rate) < 26.5);
        }
    }
}

/* The track's table of times, stts. */
static uint8_t *find_steps(Mp4 *mp4)
{
    uint8_t *table = NULL;
    for (size_t i = 0; i + 4 < mp4->size && !table; i++)
        if (!memcmp(mp4->data + i, "stts", 4))
            table = mp4->data + i;
    assert_non_null(table);
    /* Rounded steps alternate, so there are entries enough to rewrite the first. */
    assert_true(AV_RB32(table + 8) > 4);
    return table;
}

/* The durations in the table of times are rewritten, which only the packets' times
 * show: the header and the index stay as they are. */
static void set_steps(Mp4 *mp4, uint32_t first, uint32_t rest)
{
    uint8_t *table = find_steps(mp4);
    for (uint32_t n = 0; n < AV_RB32(table + 8); n++)
        AV_WB32(table + 16 + 8 * n, n % 2 ? first : rest);
}

static void test_steps(void **state)
{
    static const struct {
        uint32_t first, rest;
        bool variable;
        int num, den; ///< 0 = does not matter
    } cases[] = {
        {33, 33, false, 1000, 33}, {40, 40, false, 25, 1}, {33, 34, false, 0, 0},
        {33, 35, true, 0, 0},      {32, 34, true, 0, 0},   {1, 1000, true, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        Mp4 mp4 = mp4_read("thousand.mp4");
        ClipFacts facts;
        char what[32];
        snprintf(what, sizeof(what), "%u and %u", cases[i].first, cases[i].rest);
        set_steps(&mp4, cases[i].first, cases[i].rest);
        const char *path = temp_file("steps.mp4", mp4.data, mp4.size);
        check_number(what, clip_verify(path, 0, NULL, &facts), 0);
        check_number(what, facts.variable, cases[i].variable);
        if (cases[i].num) {
            check_number(what, facts.rate.num, cases[i].num);
            check_number(what, facts.rate.den, cases[i].den);
        }
        mp4_free(&mp4);
    }
}

/* How long the last picture stands is no matter of the rate. */
static void test_last_step(void **state)
{
    Mp4 mp4 = mp4_read("thousand.mp4");
    uint8_t *table = find_steps(&mp4);
    uint8_t *last = table + 12 + 8 * (AV_RB32(table + 8) - 1);
    ClipFacts facts;
    (void)state;
    assert_int_equal(AV_RB32(last), 1);
    set_steps(&mp4, 40, 40);
    AV_WB32(last + 4, 900);
    const char *path = temp_file("last.mp4", mp4.data, mp4.size);
    assert_int_equal(clip_verify(path, 0, NULL, &facts), 0);
    check_number("rate", facts.rate.num, 25);
    check_number("rate", facts.rate.den, 1);
    check_number("variable", facts.variable, false);
    mp4_free(&mp4);
}

/* A box that the demuxer passes over. */
static void test_c2pa(void **state)
{
    static const uint8_t box[] = {0,    0,    0,    28,   'u',  'u',  'i',
                                  'd',  0xd8, 0xfe, 0xc3, 0xd6, 0x1b, 0x0e,
                                  0x48, 0x3c, 0x92, 0x97, 0x58, 0x28, 0x87,
                                  0x7e, 0xc4, 0x81, 0,    0,    0,    0};
    Mp4 mp4 = mp4_read("late.mp4");
    ClipFacts facts;
    (void)state;
    memcpy(mp4.data + mp4.size, box, sizeof(box));
    const char *path = temp_file("c2pa.mp4", mp4.data, mp4.size + sizeof(box));
    assert_int_equal(clip_verify(path, 0, NULL, &facts), 0);
    check_number("c2pa", facts.c2pa, true);
    mp4_free(&mp4);
}

static void check_damaged(const char *what, const char *path, double asked)
{
    ClipFacts facts;
    check_number(what, clip_verify(path, asked, NULL, &facts), AVERROR_INVALIDDATA);
    assert_non_null(facts.why);
    assert_true(facts.why[0]);
}

static void test_cut(void **state)
{
    static const char *const names[] = {"fast.mp4", "late.mp4", "fragments.mp4",
                                        "open.mp4"};
    (void)state;
    for (int i = 0; i < 4; i++) {
        Mp4 mp4 = mp4_read(names[i]);
        for (size_t tenth = 1; tenth < 10; tenth++) {
            char what[32];
            snprintf(what, sizeof(what), "%s, %zu0 %%", names[i], tenth);
            check_damaged(what, temp_file("cut.mp4", mp4.data, mp4.size * tenth / 10),
                          MP4_SECONDS);
        }
        check_damaged(names[i], temp_file("cut.mp4", mp4.data, mp4.size - 1),
                      MP4_SECONDS);
        mp4_free(&mp4);
    }
}

/* facts/ffmpeg-hosts.md: what demuxing to the end does not see. */
static void test_damaged_kinds(void **state)
{
    Mp4 fast = mp4_read("fast.mp4"), late = mp4_read("late.mp4");
    (void)state;
    check_damaged("faststart cut in half", temp_file("d.mp4", fast.data, fast.size / 2),
                  0);
    check_damaged("moov at the end, 3000 bytes gone",
                  temp_file("d.mp4", late.data, late.size - 3000), 0);
    check_damaged("moov at the end, 2000 bytes gone",
                  temp_file("d.mp4", late.data, late.size - 2000), 0);
    mp4_free(&fast);
    mp4_free(&late);
}

/* Cut where a fragment begins every box is whole: the length that was asked for decides.
 */
static void test_cut_at_moof(void **state)
{
    static const char *const names[] = {"fragments.mp4", "open.mp4"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        Mp4 mp4 = mp4_read(names[i]);
        for (int n = 1; n < 7; n++) {
            long at = mp4_find(&mp4, "moof", n);
            assert_true(at > 0);
            check_damaged(names[i], temp_file("moof.mp4", mp4.data, (size_t)at),
                          MP4_SECONDS);
        }
        mp4_free(&mp4);
    }
}

/* Without the last of eight fragments, half a second of four is gone. */
static void test_cut_at_last_moof(void **state)
{
    Mp4 mp4 = mp4_read("fragments.mp4");
    long at = mp4_find(&mp4, "moof", 7);
    (void)state;
    assert_true(at > 0);
    check_damaged("7 of 8", temp_file("moof.mp4", mp4.data, (size_t)at), MP4_SECONDS);
    mp4_free(&mp4);
}

/* The index says more than there is: a frame that has no place is not missed. */
static void test_wrong_index(void **state)
{
    Mp4 mp4 = mp4_read("fast.mp4");
    uint8_t *stsz = NULL;
    (void)state;
    for (size_t i = 0; i + 4 < mp4.size && !stsz; i++)
        if (!memcmp(mp4.data + i, "stsz", 4))
            stsz = mp4.data + i;
    assert_non_null(stsz);
    AV_WB32(stsz + 12, AV_RB32(stsz + 12) + 1);
    const char *path = temp_file("index.mp4", mp4.data, mp4.size);
    ClipFacts facts;
    check_number("a frame too many", clip_verify(path, 0, NULL, &facts), 0);
    check_text("a frame too many", facts.unusual,
               "its track 1 has 96 packets for 97 samples");
    AV_WB32(stsz + 12, AV_RB32(stsz + 12) + 1000000);
    check_damaged("a million too many", temp_file("index.mp4", mp4.data, mp4.size), 0);
    mp4_free(&mp4);
}

static int refuse_open(AVFormatContext *ctx, AVIOContext **pb, const char *url, int flags,
                       AVDictionary **options)
{
    (void)ctx;
    (void)pb;
    (void)url;
    (void)flags;
    (void)options;
    return AVERROR(EACCES);
}

static AVFormatContext *guarded_context(void)
{
    AVFormatContext *ctx = avformat_alloc_context();
    ctx->protocol_whitelist = av_strdup("https,tls,tcp");
    ctx->protocol_blacklist = av_strdup("file");
    ctx->format_whitelist = av_strdup("matroska");
    ctx->io_open = refuse_open;
    return ctx;
}

/* Whatever plays is taken, and what is odd about it is said. */
static const struct {
    const char *name, *from, *flags, *unusual;
} odd[] = {
    {"plain.mp4", "late.mp4", "-c copy", ""},
    {"cover.mp4", "late.mp4",
     "-map 0 -map 0:v -c copy -c:v:1 png -filter:v:1 trim=end_frame=1 -disposition:v:1 "
     "attached_pic",
     "it has cover art"},
    {"timecode.mp4", "late.mp4", "-c copy -timecode 00:00:00:00 -write_tmcd 1", ""},
    {"dash.mp4", "late.mp4", "-c copy -movflags +dash", ""},
    {"clip.mov", "late.mp4", "-c copy", "it is a QuickTime file, not an MP4"},
    {"sound.mov", "late.mp4", "-c:v copy -c:a pcm_s16le", " samples; it is a QuickTime"},
    {"clip.mkv", "late.mp4", "-c copy -avoid_negative_ts make_zero",
     "its container is Matroska / WebM, not MP4"},
    {"clip.ts", "late.mp4", "-c copy", "its container is MPEG-TS"},
    {"clip.avi", "late.mp4", "-c copy -bsf:v h264_mp4toannexb", "its container is AVI"},
    {"clip.flv", "late.mp4", "-c copy", "its container is FLV"},
};

static void test_odd(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        const char *name = odd[i].name;
        ClipFacts facts;
        assert_int_equal(mp4_make(odd[i].from, odd[i].flags, name), 0);
        check_number(name, clip_verify(temp_path(name), MP4_SECONDS, NULL, &facts), 0);
        if (!strstr(facts.unusual, odd[i].unusual) ||
            !odd[i].unusual[0] != !facts.unusual[0])
            fail_case("%s: \"%s\"", name, facts.unusual);
        check_number(name, facts.width, MP4_WIDTH);
        check_number(name, facts.has_audio, true);
        check_number(name, facts.rate.num, 24);
        assert_true(facts.duration > MP4_SECONDS - 0.1 &&
                    facts.duration < MP4_SECONDS + 0.3);
        assert_non_null(strstr(facts.text, "h264 160x90, SAR 1:1, 24 fps, time base 1/"));
        assert_non_null(strstr(facts.text, "longest GOP 12"));
        AVFormatContext *ctx = guarded_context();
        assert_int_equal(clip_open(&ctx, temp_path(name), NULL), 0);
        check_text(name, ctx->format_whitelist, "matroska");
        avformat_close_input(&ctx);
    }
}

/* Cut, too. Of a transport stream only how long it should be tells. */
static void test_odd_cut(void **state)
{
    static const char *const names[] = {"clip.mov", "clip.mkv", "clip.ts", "clip.avi",
                                        "clip.flv"};
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        Mp4 file = mp4_read(names[i]);
        for (size_t tenth = 1; tenth < 9; tenth++) {
            char what[32];
            snprintf(what, sizeof(what), "%s, %zu0 %%", names[i], tenth);
            check_damaged(what, temp_file("cut.mp4", file.data, file.size * tenth / 10),
                          MP4_SECONDS);
        }
        mp4_free(&file);
    }
}

static void test_behind(void **state)
{
    static const char *const names[] = {"fast.mp4", "late.mp4", "fragments.mp4",
                                        "open.mp4"};
    (void)state;
    for (int i = 0; i < 4; i++) {
        Mp4 mp4 = mp4_read(names[i]);
        ClipFacts facts;
        memset(mp4.data + mp4.size, 0xff, 64);
        const char *path = temp_file("behind.mp4", mp4.data, mp4.size + 64);
        check_number(names[i], clip_verify(path, MP4_SECONDS, NULL, &facts), 0);
        check_text(names[i], facts.unusual, "64 bytes lie behind its last box");
        mp4_free(&mp4);
    }
}

/* Boxes that tile the file, and media data that is not in it. */
static void test_beyond(void **state)
{
    Mp4 mp4 = mp4_read("fast.mp4");
    long at = mp4_find(&mp4, "mdat", 0);
    uint32_t size = AV_RB32(mp4.data + at) / 2;
    ClipFacts facts;
    (void)state;
    AV_WB32(mp4.data + at, size);
    const char *path = temp_file("beyond.mp4", mp4.data, (size_t)at + size);
    check_number("beyond", clip_verify(path, 0, NULL, &facts), AVERROR_INVALIDDATA);
    check_text("beyond", facts.why, "samples lie beyond its end");
    mp4_free(&mp4);
}

static void test_no_clip(void **state)
{
    ClipFacts facts;
    (void)state;
    check_damaged("no video", temp_path("sound.mp4"), 0);
    assert_int_equal(mp4_make("late.mp4",
                              "-map 0:a -map 0:v -c copy -c:v png -frames:v 1 "
                              "-disposition:v attached_pic",
                              "song.mp4"),
                     0);
    check_damaged("a song with a cover", temp_path("song.mp4"), 0);
    assert_int_equal(mp4_make("late.mp4", "-vn -c copy", "sound.mkv"), 0);
    check_damaged("no video", temp_path("sound.mkv"), 0);
    assert_int_equal(mp4_make("late.mp4", "-an -frames:v 1", "picture.png"), 0);
    check_damaged("a picture", temp_path("picture.png"), 0);
    assert_int_equal(mp4_make("late.mp4", "-an -frames:v 9", "picture.gif"), 0);
    check_damaged("an animation", temp_path("picture.gif"), 0);
    check_damaged("HLS", temp_text("p.mp4", "#EXTM3U\n#EXTINF:4,\nfast.mp4\n"), 0);
    check_damaged("BMP", temp_bmp("b.mp4", 32, 32, 9), 0);
    check_damaged("HTML", temp_text("h.mp4", "<html>Forbidden</html>"), 0);
    check_damaged("empty", temp_text("e.mp4", ""), 0);
    check_damaged("playlist", temp_text("p.mp4", "ffconcat version 1.0\nfile fast.mp4\n"),
                  0);
    assert_int_equal(clip_verify(temp_path("missing.mp4"), 0, NULL, &facts),
                     AVERROR(ENOENT));
}

/* Names that FFmpeg would take for a protocol or a pattern. */
static void test_awkward_names(void **state)
{
    static const char *const names[] = {"a b.mp4", "rain 100%d.mp4", "x:y.mp4",
                                        "shot%03d.mp4", "gr\xC3\xBC\xC3\x9F'\".mp4"};
    Mp4 mp4 = mp4_read("fast.mp4");
    ClipFacts facts;
    (void)state;
    for (int i = 0; i < 5; i++)
        check_number(
            names[i],
            clip_verify(temp_file(names[i], mp4.data, mp4.size), 0, NULL, &facts), 0);
    mp4_free(&mp4);
}

static int interrupt_at_once(void *opaque)
{
    (void)opaque;
    return 1;
}

static void test_interrupted(void **state)
{
    AVIOInterruptCB interrupt = {interrupt_at_once, NULL};
    ClipFacts facts;
    (void)state;
    assert_int_equal(clip_verify(temp_path("fast.mp4"), 0, &interrupt, &facts),
                     AVERROR(EINTR));
}

/* Opening on the caller's own context */

static int count_video(AVFormatContext *ctx)
{
    AVPacket *packet = av_packet_alloc();
    int count = 0;
    while (av_read_frame(ctx, packet) >= 0) {
        count += ctx->streams[packet->stream_index]->codecpar->codec_type ==
                 AVMEDIA_TYPE_VIDEO;
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    return count;
}

static void test_open_guarded(void **state)
{
    AVFormatContext *ctx = guarded_context(), *same = ctx;
    (void)state;
    assert_int_equal(clip_open(&ctx, temp_path("fast.mp4"), NULL), 0);
    assert_ptr_equal(ctx, same);
    check_text("protocols", ctx->protocol_whitelist, "https,tls,tcp");
    check_text("black", ctx->protocol_blacklist, "file");
    check_text("formats", ctx->format_whitelist, "matroska");
    assert_true(ctx->io_open == refuse_open);
    check_text("demuxer", ctx->iformat->name, "mov,mp4,m4a,3gp,3g2,mj2");
    check_number("frames", count_video(ctx), MP4_FRAMES);
    avformat_close_input(&ctx);
}

static void test_open_interrupted(void **state)
{
    AVFormatContext *ctx = avformat_alloc_context();
    (void)state;
    assert_non_null(ctx);
    ctx->interrupt_callback.callback = interrupt_at_once;
    assert_int_equal(clip_open(&ctx, temp_path("fast.mp4"), NULL), AVERROR(EINTR));
    assert_null(ctx);
}

static void test_open_with_dictionary(void **state)
{
    AVFormatContext *ctx = NULL;
    AVDictionary *options = NULL;
    (void)state;
    av_dict_set(&options, "protocol_whitelist", "https", 0);
    av_dict_set(&options, "format_whitelist", "matroska", 0);
    av_dict_set(&options, "protocol_blacklist", "file", 0);
    av_dict_set(&options, "enable_drefs", "1", 0);
    av_dict_set(&options, "ignore_editlist", "1", 0);
    av_dict_set(&options, "foreign", "x", 0);
    assert_int_equal(clip_open(&ctx, temp_path("late.mp4"), &options), 0);
    check_text("protocols", ctx->protocol_whitelist, "https");
    check_text("formats", ctx->format_whitelist, "matroska");
    check_text("black", ctx->protocol_blacklist, "file");
    check_number("left", av_dict_count(options), 1);
    assert_non_null(av_dict_get(options, "foreign", NULL, 0));
    check_number("frames", count_video(ctx), MP4_FRAMES);
    avformat_close_input(&ctx);
    av_dict_free(&options);
}

/* VLC's pb holds the still's bytes. What it finds in the context at the end it frees
 * itself, so nobody else may; a program that kept its own pointer frees that. */
static void test_open_with_pb(void **state)
{
    AVFormatContext *ctx = avformat_alloc_context();
    AVIOContext *pb =
        avio_alloc_context(av_malloc(4096), 4096, 0, NULL, NULL, NULL, NULL);
    (void)state;
    ctx->pb = pb;
    ctx->flags |= AVFMT_FLAG_CUSTOM_IO;
    assert_int_equal(clip_open(&ctx, temp_path("fast.mp4"), NULL), 0);
    AVIOContext *found = ctx->pb;
    assert_ptr_not_equal(found, pb);
    check_number("frames", count_video(ctx), MP4_FRAMES);
    avformat_close_input(&ctx);
    avio_closep(&found);
    av_freep(&pb->buffer);
    avio_context_free(&pb);
}

static void test_open_fails(void **state)
{
    static const char *const names[] = {"missing.mp4", "b.bmp", "empty.mp4"};
    (void)state;
    temp_bmp("b.bmp", 8, 8, 9);
    temp_text("empty.mp4", "");
    for (int i = 0; i < 6; i++) {
        AVFormatContext *ctx = i % 2 ? guarded_context() : NULL;
        AVDictionary *options = NULL;
        av_dict_set(&options, "protocol_whitelist", "https", 0);
        if (clip_open(&ctx, temp_path(names[i / 2]), &options) >= 0)
            fail_case("%s is opened", names[i / 2]);
        assert_null(ctx);
        av_dict_free(&options);
    }
}

/* A record that was rebuilt from the journal does not say what its clip is: it is looked
 * at once, and noted. */
static void test_looked_at(void **state)
{
    static const char key[] =
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    char command[2048];
    Record *r = record_alloc(key);
    Store *store = NULL;
    (void)state;

    assert_int_equal(store_open(temp_path("looked-at"), NULL, &store), 0);
    char *clip = store_clip_path(store, key), *path = store_path(store, key, ".json");
    snprintf(command, sizeof(command), "cp '%s' '%s'", temp_path("silent.mp4"), clip);
    assert_int_equal(system(command), 0);
    r->state = RECORD_READY;
    assert_int_equal(record_set(&r->id, "g:1"), 0);
    assert_int_equal(store_note_clip(store, r, NULL, NULL), 0);
    assert_int_equal(store_save(store, r, NULL), 0);
    assert_int_equal(unlink(path), 0);
    for (int i = 0; i < 2; i++) {
        record_free(&r);
        assert_int_equal(store_load(store, key, false, NULL, &r), 0);
        check_number("rebuilt", r->rebuilt, !i);
        check_number("noted", r->clip.width, i ? MP4_WIDTH : 0);
        assert_int_equal(store_look_at_clip(store, r, NULL, NULL), 0);
        check_number("width", r->clip.width, MP4_WIDTH);
        assert_false(r->clip.has_audio);
    }
    record_free(&r);
    store_close(&store);
    av_free(clip);
    av_free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_looked_at),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_last_step),
        cmocka_unit_test(test_c2pa),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_damaged_kinds),
        cmocka_unit_test(test_cut_at_moof),
        cmocka_unit_test(test_cut_at_last_moof),
        cmocka_unit_test(test_wrong_index),
        cmocka_unit_test(test_odd),
        cmocka_unit_test(test_odd_cut),
        cmocka_unit_test(test_behind),
        cmocka_unit_test(test_beyond),
        cmocka_unit_test(test_no_clip),
        cmocka_unit_test(test_awkward_names),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_open_guarded),
        cmocka_unit_test(test_open_interrupted),
        cmocka_unit_test(test_open_with_dictionary),
        cmocka_unit_test(test_open_with_pb),
        cmocka_unit_test(test_open_fails),
    };
    said_start();
    return cmocka_run_group_tests_name("clip", tests, mp4_render, NULL);
}
