/* i2v: unit tests of a clip copied with metadata
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libavformat/avformat.h>
#include <libavutil/bprint.h>
#include <libavutil/intreadwrite.h>
#include <libavutil/mem.h>

#include "made/tagged.h"
#include "mp4.h"
#include "reading.h"

static const char *const pairs[][2] = {
    {"generation_id", "video_1:openai/sora-2-i2v"},
    {"generation_prompt", "It's \"ünïcödé\"\n日本; a=b"},
    {"digital_source_type", "http://cv.iptc.org/newscodes/digitalsourcetype/x"},
};

static int copy(const char *name, const char *to)
{
    AVDictionary *tags = NULL;
    int ret;

    for (size_t i = 0; i < FF_ARRAY_ELEMS(pairs); i++)
        av_dict_set(&tags, pairs[i][0], pairs[i][1], 0);
    ret = tagged_copy(temp_path(name), tags, temp_path(to));
    av_dict_free(&tags);
    return ret;
}

/* All that a demuxer tells of a file but its metadata, with where each packet lies. */
static char *describe(const char *name)
{
    AVFormatContext *ctx = reading_open(temp_path(name));
    AVPacket *packet = av_packet_alloc();
    AVBPrint text;
    char *line;

    assert_non_null(packet);
    av_bprint_init(&text, 0, AV_BPRINT_SIZE_UNLIMITED);
    av_bprintf(&text, "%lld %lld\n", (long long)ctx->start_time,
               (long long)ctx->duration);
    for (unsigned i = 0; i < ctx->nb_streams; i++) {
        const AVStream *st = ctx->streams[i];
        av_bprintf(&text, "%u: %d/%d %lld %lld %lld\n", i, st->time_base.num,
                   st->time_base.den, (long long)st->start_time, (long long)st->duration,
                   (long long)st->nb_frames);
    }
    while (av_read_frame(ctx, packet) >= 0) {
        unsigned sum = 0;
        for (int i = 0; i < packet->size; i++)
            sum = sum * 31 + packet->data[i];
        av_bprintf(&text, "%d %lld %lld %lld %d %lld %x\n", packet->stream_index,
                   (long long)packet->pts, (long long)packet->dts, (long long)packet->pos,
                   packet->flags, (long long)packet->duration, sum);
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    avformat_close_input(&ctx);
    assert_int_equal(av_bprint_finalize(&text, &line), 0);
    return line;
}

/* The tags stand behind all others, in their order. */
static void check_tags(const char *name, const char *to)
{
    AVFormatContext *before = reading_open(temp_path(name));
    AVFormatContext *after = reading_open(temp_path(to));
    const AVDictionaryEntry *was = NULL, *is = NULL;

    while ((was = av_dict_get(before->metadata, "", was, AV_DICT_IGNORE_SUFFIX))) {
        is = av_dict_get(after->metadata, "", is, AV_DICT_IGNORE_SUFFIX);
        assert_non_null(is);
        check_text(name, is->key, was->key);
        check_text(name, is->value, was->value);
    }
    for (size_t i = 0; i < FF_ARRAY_ELEMS(pairs); i++) {
        is = av_dict_get(after->metadata, "", is, AV_DICT_IGNORE_SUFFIX);
        assert_non_null(is);
        check_text(name, is->key, pairs[i][0]);
        check_text(name, is->value, pairs[i][1]);
    }
    assert_null(av_dict_get(after->metadata, "", is, AV_DICT_IGNORE_SUFFIX));
    avformat_close_input(&before);
    avformat_close_input(&after);
}

static void test_copies(void **state)
{
    static const char *const names[] = {"fast.mp4",     "late.mp4",  "silent.mp4",
                                        "thousand.mp4", "ntsc.mp4",  "gap.mp4",
                                        "keys.mp4",     "edited.mp4"};

    (void)state;
    assert_int_equal(mp4_make("fast.mp4",
                              "-c copy -movflags use_metadata_tags -metadata "
                              "com.example.seed=7 -metadata title=Snow",
                              "keys.mp4"),
                     0);
    assert_int_equal(mp4_make("fast.mp4", "-c copy -ss 1.3", "edited.mp4"), 0);
    for (size_t i = 0; i < FF_ARRAY_ELEMS(names); i++) {
        char *before, *after;

        check_number(names[i], copy(names[i], "copy.mp4"), 1);
        before = describe(names[i]);
        after = describe("copy.mp4");
        check_text(names[i], after, before);
        check_tags(names[i], "copy.mp4");
        av_free(before);
        av_free(after);
    }
}

static void check_none(const char *what, const void *data, size_t size)
{
    unlink(temp_path("none.mp4"));
    temp_file("other.mp4", data, size);
    check_number(what, copy("other.mp4", "none.mp4"), 0);
    check_number(what, access(temp_path("none.mp4"), F_OK), -1);
}

/* What the tags cannot be put into is left alone. */
static void test_others(void **state)
{
    Mp4 fast = mp4_read("fast.mp4"), open = mp4_read("open.mp4");
    long moov = mp4_find(&fast, "moov", 0), data = mp4_find(&fast, "mdat", 0);
    uint8_t *twice;

    (void)state;
    assert_true(moov >= 0 && data >= 0);
    check_none("fragments", open.data, open.size);
    check_none("text", "no boxes here", 13);
    check_none("empty", "", 0);
    check_none("cut", fast.data, fast.size - 1);
    check_none("bytes behind", fast.data, fast.size - 4);
    AV_WB32(fast.data + data, 0);
    check_none("a box to the end", fast.data, fast.size);
    memcpy(fast.data + moov + 4, "cmov", 4);
    check_none("no index", fast.data, (size_t)data);
    memcpy(fast.data + moov + 4, "moov", 4);
    twice = malloc((size_t)data * 2);
    assert_non_null(twice);
    memcpy(twice, fast.data, (size_t)data);
    memcpy(twice + data, fast.data, (size_t)data);
    check_none("two of them", twice, (size_t)data * 2);
    free(twice);
    mp4_free(&fast);
    mp4_free(&open);
    assert_true(copy("nowhere.mp4", "none.mp4") < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_others),
    };
    return cmocka_run_group_tests(tests, mp4_render, NULL);
}
