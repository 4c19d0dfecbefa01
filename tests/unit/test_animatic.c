/* i2v: unit tests of the clip made here from a still
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/error.h>
#include <libavutil/log.h>

#include "made/animatic.h"
#include "store/clip.h"
#include "mp4.h"
#include "reading.h"

/* Grey, darker to the left and to the top. */
static AVFrame *make_picture(int width, int height)
{
    AVFrame *frame = av_frame_alloc();
    frame->format = AV_PIX_FMT_RGB24;
    frame->width = width;
    frame->height = height;
    assert_int_equal(av_frame_get_buffer(frame, 0), 0);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < 3 * width; x++)
            frame->data[0][y * frame->linesize[0] + x] =
                (uint8_t)(100 + 50 * y / height + 100 * (x / 3) / width);
    return frame;
}

static AVFrame *picture;

static int set_up(void **state)
{
    (void)state;
    picture = make_picture(160, 90);
    picture->pict_type = AV_PICTURE_TYPE_I; // as a decoder says
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    av_frame_free(&picture);
    return 0;
}

static AnimaticPlan plan_of(int width, int height, AVRational rate, double duration)
{
    return (AnimaticPlan){.picture = picture,
                          .width = width,
                          .height = height,
                          .rate = rate,
                          .duration = duration};
}

static const AVRational fast = {10, 1};

/* Nothing that a render leaves behind beside its file. */
static void check_no_temporary(void)
{
    DIR *dir = opendir(temp_dir());
    struct dirent *entry;
    while ((entry = readdir(dir)))
        if (strstr(entry->d_name, ".tmp"))
            fail_case("%s is left", entry->d_name);
    closedir(dir);
}

static ClipFacts must_render(const char *what, const AnimaticPlan *plan, const char *path)
{
    ClipFacts facts;
    said_clear();
    check_number(what, animatic_render(plan, path, NULL, NULL), 0);
    assert_silent(what);
    /* libswscale says so, once, of what zoompan cuts out, up to FFmpeg 4.3. */
    if (said.warnings > !!strstr(said.warning, "data is not aligned"))
        fail_case("%s: warned: %s", what, said.warning);
    check_number(what, clip_verify(path, plan->duration, NULL, &facts), 0);
    check_no_temporary();
    return facts;
}

static void test_sizes(void **state)
{
    static const int sizes[][4] = {{320, 180, 320, 180}, {181, 321, 180, 320},
                                   {128, 128, 128, 128}, {16, 16, 16, 16},
                                   {3, 2, 2, 2},         {640, 2, 640, 2}};
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        AnimaticPlan plan = plan_of(sizes[i][0], sizes[i][1], fast, 0.5);
        char what[32];
        plan.moving = true;
        plan.stamp = "DRY RUN";
        plan.caption = "She turns around";
        snprintf(what, sizeof(what), "%dx%d", sizes[i][0], sizes[i][1]);
        ClipFacts facts = must_render(what, &plan, temp_path("size.mp4"));
        check_number(what, facts.width, sizes[i][2]);
        check_number(what, facts.height, sizes[i][3]);
    }
}

static const struct {
    AVRational rate;
    double duration;
    int frames;
} lengths[] = {
    {{25, 1}, 4, 100},      {{30, 1}, 0.5, 15}, {{50, 1}, 2.5, 125},
    {{24000, 1001}, 4, 96}, {{24, 1}, 0.05, 1}, {{30000, 1001}, 1.999, 60},
    {{1, 2}, 6, 3},
};

static void test_lengths(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        AnimaticPlan plan = plan_of(64, 36, lengths[i].rate, lengths[i].duration);
        const char *path = temp_path("length.mp4");
        double seconds = lengths[i].frames / av_q2d(plan.rate);
        char what[64], gop[32];

        plan.sound = ANIMATIC_SILENCE;
        snprintf(what, sizeof(what), "%.2f s of %d/%d", plan.duration, plan.rate.num,
                 plan.rate.den);
        ClipFacts facts = must_render(what, &plan, path);
        char *pictures = reading_pictures(path);
        check_number(what, reading_count(pictures), lengths[i].frames);
        free(pictures);
        snprintf(gop, sizeof(gop), "longest GOP %d;",
                 (int)fmin(lengths[i].frames, fmax(rint(av_q2d(plan.rate)), 1)));
        if (!strstr(facts.text, gop))
            fail_case("%s: no \"%s\" in \"%s\"", what, gop, facts.text);
        ReadingSound sound = reading_sound(path);
        check_number(what, llrint(sound.start * 48000), 0);
        double step = reading_fine_edits() ? 1e-5 : 1e-3;
        check_number(what, fabs(sound.seconds - seconds) < step, true);
        AVFormatContext *ctx = reading_open(path);
        AVStream *video = reading_stream(ctx, AVMEDIA_TYPE_VIDEO);
        check_number(what, av_cmp_q(video->avg_frame_rate, plan.rate), 0);
        double shown = (double)video->duration * av_q2d(video->time_base);
        check_number(what, fabs(shown - seconds) < step, true);
        check_number(what, video->start_time, 0);
        avformat_close_input(&ctx);
    }
}

static void test_what_it_is(void **state)
{
    AnimaticPlan plan = plan_of(64, 36, fast, 1);
    const char *path = temp_path("is.mp4");
    struct stat st;
    (void)state;
    plan.sound = ANIMATIC_TONE;
    ClipFacts facts = must_render("clip", &plan, path);
    if (!strstr(facts.text, "64x36, SAR 1:1, 10 fps, time base 1/10240, colour "
                            "bt709/bt709/bt709 tv, longest GOP 10; audio aac, stereo, "
                            "48000 Hz; 1.00 s"))
        fail_case("%s", facts.text);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    Mp4 mp4 = mp4_read("is.mp4");
    assert_true(mp4_find(&mp4, "moov", 0) > 0);
    assert_true(mp4_find(&mp4, "moov", 0) < mp4_find(&mp4, "mdat", 0));
    mp4_free(&mp4);
}

static void test_sound(void **state)
{
    AnimaticPlan plan = plan_of(64, 36, fast, 1);
    const char *path = temp_path("sound.mp4");
    (void)state;
    assert_false(must_render("mute", &plan, path).has_audio);
    plan.sound = ANIMATIC_SILENCE;
    assert_true(must_render("silence", &plan, path).has_audio);
    assert_true(reading_sound(path).peak == 0);
    plan.sound = ANIMATIC_TONE;
    assert_true(must_render("tone", &plan, path).has_audio);
    ReadingSound sound = reading_sound(path);
    assert_int_equal(sound.rate, 48000);
    assert_int_equal(sound.channels, 2);
    assert_true(sound.peak > 0.05 && sound.peak < 0.2);
}

static int luma(const AVFrame *frame, int x, int y)
{
    return frame->data[0][y * frame->linesize[0] + x];
}

/* Black bars, and the picture between them in its own shape and colours. */
static void test_bars(void **state)
{
    AnimaticPlan plan = plan_of(128, 128, fast, 0.1);
    (void)state;
    must_render("bars", &plan, temp_path("bars.mp4"));
    AVFrame *frame = reading_picture(temp_path("bars.mp4"), 0);
    for (int y = 0; y < 128; y += 127)
        for (int x = 0; x < 128; x += 127)
            assert_in_range(luma(frame, x, y), 14, 18);
    assert_in_range(luma(frame, 64, 36), 140, 158); // grey 155 is 149
    assert_in_range(luma(frame, 64, 26), 14, 20);   // the picture has rows 28 to 99
    assert_in_range(luma(frame, 64, 102), 14, 20);
    assert_in_range(frame->data[1][64 / 2 * frame->linesize[1] + 32], 126, 130);
    av_frame_free(&frame);
}

static void test_bars_beside(void **state)
{
    AnimaticPlan plan = plan_of(256, 90, fast, 0.1);
    (void)state;
    must_render("bars", &plan, temp_path("bars.mp4"));
    AVFrame *frame = reading_picture(temp_path("bars.mp4"), 0);
    assert_in_range(luma(frame, 44, 45), 14, 20); // the picture has columns 48 to 207
    assert_in_range(luma(frame, 211, 45), 14, 20);
    assert_in_range(luma(frame, 56, 45), 118, 134); // grey 130 is 128
    av_frame_free(&frame);
}

static void test_moving(void **state)
{
    AnimaticPlan plan = plan_of(160, 90, fast, 2);
    char what[64];
    (void)state;
    must_render("standing", &plan, temp_path("standing.mp4"));
    plan.moving = true;
    must_render("moving", &plan, temp_path("moving.mp4"));
    /* Both begin with the picture itself. */
    for (int i = 0; i < 20; i += 19) {
        AVFrame *standing = reading_picture(temp_path("standing.mp4"), i);
        AVFrame *moving = reading_picture(temp_path("moving.mp4"), i);
        snprintf(what, sizeof(what), "picture %d", i);
        /* Moved into, the picture's edge is lighter to the left and darker to the right.
         */
        int left = luma(moving, 2, 45) - luma(standing, 2, 45);
        int right = luma(moving, 157, 45) - luma(standing, 157, 45);
        if (i ? left < 2 || right > -2 : abs(left) > 1 || abs(right) > 1)
            fail_case("%s: left %+d, right %+d", what, left, right);
        av_frame_free(&standing);
        av_frame_free(&moving);
    }
}

/* Text */

typedef struct Box {
    int left, right, top, bottom; ///< the last two just outside of it
    int light, dark;              ///< pixels in it
} Box;

/* What differs between two pictures within some rows. */
static Box find_box(const AVFrame *plain, const AVFrame *drawn, int top, int bottom)
{
    Box box = {.left = plain->width, .top = bottom};

    for (int y = top; y < bottom; y++) {
        for (int x = 0; x < plain->width; x++) {
            int is = luma(drawn, x, y), was = luma(plain, x, y);
            if (abs(is - was) <= 12)
                continue;
            box.left = FFMIN(box.left, x);
            box.right = FFMAX(box.right, x + 1);
            box.top = FFMIN(box.top, y);
            box.bottom = y + 1;
            box.light += is > 200;
            box.dark += is < was - 40;
        }
    }
    return box;
}

/* The boxes of stamp and caption in the n-th of ten pictures. */
static void find_boxes(const AnimaticPlan *plan, int n, Box boxes[2])
{
    AnimaticPlan plain_plan = *plan;
    int height = plan->height;

    plain_plan.stamp = plain_plan.caption = NULL;
    must_render("plain", &plain_plan, temp_path("plain.mp4"));
    must_render("drawn", plan, temp_path("drawn.mp4"));
    AVFrame *plain = reading_picture(temp_path("plain.mp4"), n);
    AVFrame *drawn = reading_picture(temp_path("drawn.mp4"), n);
    boxes[0] = find_box(plain, drawn, 0, height / 2);
    boxes[1] = find_box(plain, drawn, height / 2, height);
    av_frame_free(&plain);
    av_frame_free(&drawn);
}

static void make_long(char *text, size_t size)
{
    for (size_t i = 0; i < size - 1; i++)
        text[i] = "The snow falls, "[i % 16];
    text[size - 1] = '\0';
}

static void test_places(void **state)
{
    static const int sizes[][2] = {{1280, 720}, {720, 1280}, {512, 512},  {1920, 1080},
                                   {256, 144},  {144, 256},  {1792, 1024}};
    char text[3001];
    (void)state;
    make_long(text, sizeof(text));
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        int width = sizes[i][0], height = sizes[i][1], least = FFMIN(width, height);
        AnimaticPlan plan = plan_of(width, height, fast, 0.1);
        AVFrame *whole = make_picture(width, height); // no bars, so that boxes show
        Box boxes[2];
        plan.picture = whole;
        plan.stamp = "DRY RUN";
        plan.caption = text;
        find_boxes(&plan, 0, boxes);
        av_frame_free(&whole);
        if (boxes[0].right - boxes[0].left < width * 3 / 10 ||
            boxes[0].bottom - boxes[0].top < least / 8 || boxes[0].top < 2 ||
            boxes[0].bottom > height * 2 / 5)
            fail_case("the stamp is at %d-%d, %d-%d of %dx%d", boxes[0].left,
                      boxes[0].right, boxes[0].top, boxes[0].bottom, width, height);
        int line = FFMAX(least / 24, 8), rows = boxes[1].bottom - boxes[1].top;
        if (boxes[1].right - boxes[1].left < width * 7 / 10 || boxes[1].left < 2 ||
            boxes[1].right > width - 2 || boxes[1].bottom > height - 2 ||
            rows < 6 * line || rows > 9 * line)
            fail_case("the caption is at %d-%d, %d-%d of %dx%d", boxes[1].left,
                      boxes[1].right, boxes[1].top, boxes[1].bottom, width, height);
    }
}

/* How many columns of pixels a caption's letters take. */
static int width_of(const AVFrame *dark, const char *caption)
{
    AnimaticPlan plan = plan_of(640, 360, fast, 0.1);
    int left = 640, right = 0;

    plan.picture = dark;
    plan.caption = caption;
    must_render(caption, &plan, temp_path("width.mp4"));
    AVFrame *frame = reading_picture(temp_path("width.mp4"), 0);
    for (int y = 180; y < 360; y++) {
        for (int x = 0; x < 640; x++) {
            if (luma(frame, x, y) > 150) {
                left = FFMIN(left, x);
                right = FFMAX(right, x + 1);
            }
        }
    }
    av_frame_free(&frame);
    return right - left;
}

/* As wide as its characters: nothing of it was taken for a command. */
static void test_not_interpreted(void **state)
{
    static const char *const texts[] = {
        "%{localtime}", "%{n}%{n}%{n}",     "%{eif:1:d:9}",       ":text=xx:x=0",
        "'a','b',[x]",  "\\\\\\\\\\\\\\\\", "\\n\\n\\n\\n\\n\\n", "[in];[out];x",
        "expansion=no", "%%%%%%%%%%%%",     "$(reboot)  $x",
    };
    AVFrame *dark = make_picture(640, 360);
    (void)state;
    for (int y = 0; y < 360; y++)
        memset(dark->data[0] + y * dark->linesize[0], 60, (size_t)3 * 640);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char as_wide[64] = "";
        memset(as_wide, 'H', strlen(texts[i]));
        int more = width_of(dark, texts[i]) - width_of(dark, as_wide);
        if (abs(more) > 16)
            fail_case("%s is %d pixels wider than it should be", texts[i], more);
    }
    av_frame_free(&dark);
}

static void test_hostile_captions(void **state)
{
    static const char *const texts[] = {
        ":'\\%{localtime}[x];,",
        "one\ntwo\r\nthree\n\n\n\n\n\n\n\n\nfour",
        "\xFF\xFE\x80 not \xC3 UTF-8 \xED\xA0\x80",
        "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D \xD9\x85\xD8\xB1\xD8\xAD\xD8\xA8\xD8\xA7",
        "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E\xE3\x81\xAE\xE6\x96\x87",
        "\xF0\x9F\x98\x80 \xE2\x80\xAE turned",
        "\x01\x1b[31m\x7f",
        " ",
        "",
    };
    char text[3001];
    AnimaticPlan plan = plan_of(320, 180, fast, 0.2);
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        plan.stamp = plan.caption = texts[i];
        must_render(texts[i], &plan, temp_path("hostile.mp4"));
    }
    make_long(text, sizeof(text));
    plan.stamp = plan.caption = text;
    must_render("3000 characters", &plan, temp_path("hostile.mp4"));
    memset(text, 'x', 3000);
    must_render("3000 without a space", &plan, temp_path("hostile.mp4"));
}

/* White on dark, in the pictures of the clip and there alone. */
static void check_drawn(bool moving)
{
    AnimaticPlan plan = plan_of(320, 180, fast, 1);
    Box boxes[2];

    plan.moving = moving;
    plan.stamp = "DRY RUN";
    plan.caption = "She turns around";
    for (int i = 0; i < 10; i += 9) {
        find_boxes(&plan, i, boxes);
        for (int l = 0; l < 2; l++) {
            const Box *box = &boxes[l];
            int size = (box->right - box->left) * (box->bottom - box->top);
            if (box->light < size / 40 || box->dark < size / 2)
                fail_case("label %d of picture %d: %d light, %d dark of %d", l, i,
                          box->light, box->dark, size);
        }
        if (boxes[0].bottom > 80 || boxes[1].top < 130)
            fail_case("picture %d: something was drawn down to %d or from %d", i,
                      boxes[0].bottom, boxes[1].top);
    }
}

static void test_drawn(void **state)
{
    (void)state;
    check_drawn(false);
    check_drawn(true);
}

/* Failing */

static int interrupt_later(void *opaque)
{
    int *calls = opaque;
    return (*calls)-- <= 0;
}

static void test_interrupted(void **state)
{
    static const int calls[] = {0, 1, 5, 12, 30, 45};
    AnimaticPlan plan = plan_of(64, 36, fast, 2);
    (void)state;
    plan.sound = ANIMATIC_TONE;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        int left = calls[i];
        AVIOInterruptCB interrupt = {interrupt_later, &left};
        const char *path = temp_text("old.mp4", "old");
        char what[32];
        snprintf(what, sizeof(what), "after %d calls", calls[i]);
        said_clear();
        check_number(what, animatic_render(&plan, path, &interrupt, NULL),
                     AVERROR(EINTR));
        assert_silent(what);
        Mp4 mp4 = mp4_read("old.mp4");
        check_number(what, mp4.size, 3);
        mp4_free(&mp4);
        check_no_temporary();
    }
}

static void check_fails(const char *what, const AnimaticPlan *plan, const char *path,
                        int wanted)
{
    said_clear();
    check_number(what, animatic_render(plan, path, NULL, NULL), wanted);
    assert_said(what, "cannot be rendered|.mp4");
    check_no_temporary();
}

static void test_unwritable(void **state)
{
    AnimaticPlan plan = plan_of(64, 36, fast, 0.5);
    const char *directory = temp_path("directory.mp4");
    (void)state;
    check_fails("no directory", &plan, temp_path("none/x.mp4"), AVERROR(ENOENT));
    assert_int_equal(mkdir(directory, 0700), 0);
    check_fails("a directory", &plan, directory, AVERROR(EISDIR));
}

static void test_bad_plans(void **state)
{
    AnimaticPlan good = plan_of(64, 36, fast, 1), plans[8];
    (void)state;
    for (int i = 0; i < 8; i++)
        plans[i] = good;
    plans[0].duration = 0;
    plans[1].duration = -1;
    plans[2].duration = NAN;
    plans[3].duration = 1e9;
    plans[4].rate = (AVRational){0, 1};
    plans[5].rate = (AVRational){10, 0};
    plans[6].width = 1;
    plans[7].height = 100000;
    for (int i = 0; i < 8; i++) {
        char what[32];
        snprintf(what, sizeof(what), "plan %d", i);
        check_fails(what, &plans[i], temp_path("bad.mp4"), AVERROR(EINVAL));
        assert_int_equal(access(temp_path("bad.mp4"), F_OK), -1);
    }
}

static void test_same_bytes(void **state)
{
    AnimaticPlan plan = plan_of(64, 36, fast, 1);
    (void)state;
    plan.moving = true;
    plan.sound = ANIMATIC_TONE;
    plan.caption = "She turns around";
    must_render("one", &plan, temp_path("one.mp4"));
    must_render("two", &plan, temp_path("two.mp4"));
    Mp4 one = mp4_read("one.mp4"), two = mp4_read("two.mp4");
    assert_int_equal(one.size, two.size);
    assert_memory_equal(one.data, two.data, one.size);
    mp4_free(&one);
    mp4_free(&two);
}

static char informed[4096];

static void inform(void *context, int level, const char *format, va_list args)
{
    size_t have = strlen(informed);
    (void)context;
    if (level <= AV_LOG_INFO)
        vsnprintf(informed + have, sizeof(informed) - have, format, args);
}

/* Encoders and muxers keep their statistics to themselves. */
static void test_says_nothing(void **state)
{
    AnimaticPlan plan = plan_of(320, 180, fast, 1);
    (void)state;
    plan.sound = ANIMATIC_TONE;
    plan.stamp = plan.caption = "DRY RUN";
    av_log_set_callback(inform);
    int ret = animatic_render(&plan, temp_path("quiet.mp4"), NULL, NULL);
    said_start();
    assert_int_equal(ret, 0);
    check_text("at INFO", informed, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_what_it_is),
        cmocka_unit_test(test_sound),
        cmocka_unit_test(test_bars),
        cmocka_unit_test(test_bars_beside),
        cmocka_unit_test(test_moving),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_not_interpreted),
        cmocka_unit_test(test_hostile_captions),
        cmocka_unit_test(test_drawn),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_unwritable),
        cmocka_unit_test(test_bad_plans),
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_says_nothing),
    };
    said_start();
    return cmocka_run_group_tests_name("animatic", tests, set_up, tear_down);
}
