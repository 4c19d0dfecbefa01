/* i2v: unit tests of the still: frames of videos
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "still_util.h"

#define FRAMES 70 ///< of the counting videos, 25 a second, frame n has luma 16 + 3 n

/* Videos of which each frame tells its number. */
static const struct {
    const char *name, *options, *encoder;
    bool loose; ///< its times are not to be relied on: only the first and the last frame
} counting[] = {
    {"n.mp4", "-c:v libx264 -qp 4 -bf 3 -g 20", "libx264", false},
    {"n.mkv", "-c:v libx264 -qp 4 -bf 3 -g 20", "libx264", false},
    {"n.ts", "-c:v libx264 -qp 4 -bf 3 -g 20", "libx264", false},
    {"n.flv", "-c:v libx264 -qp 4 -bf 3 -g 20", "libx264", false},
    {"n.h264", "-c:v libx264 -qp 4 -bf 3 -g 20", "libx264", false},
    {"n.avi", "-c:v libx264 -qp 4 -bf 3 -g 20", "libx264", false},
    {"n_open.mp4", "-c:v libx264 -qp 4 -bf 3 -g 20 -x264-params open-gop=1:b-adapt=0",
     "libx264", false},
    {"n_frag.mp4", "-c:v libx264 -qp 4 -bf 3 -g 20 -movflags +frag_keyframe+empty_moov",
     "libx264", false},
    {"n_mpeg2.ts", "-c:v mpeg2video -q:v 1 -bf 2 -g 12", "mpeg2video", false},
    {"n_mpeg2.mpg", "-c:v mpeg2video -q:v 1 -bf 2 -g 12", "mpeg2video", false},
    {"n_mjpeg.avi", "-c:v mjpeg -q:v 1 -pix_fmt yuvj420p", "mjpeg", false},
    {"n_mpeg4.avi", "-c:v mpeg4 -q:v 1 -bf 2 -g 12", "mpeg4", true},
    {"n_vp9.webm", "-c:v libvpx-vp9 -crf 4 -b:v 0 -deadline realtime -cpu-used 8 -g 30",
     "libvpx-vp9", false},
    {"n_live.mkv", "-c:v libx264 -qp 4 -bf 3 -g 20 -live 1 -f matroska", "libx264",
     false},
    {"n.y4m", "", "wrapped_avframe", false},
    {"n_late.mp4",
     "-c:v libx264 -qp 4 -bf 3 -g 20 -output_ts_offset 7 "
     "-avoid_negative_ts disabled",
     "libx264", false},
    {"n.gif",
     "-filter_complex 'split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=none'", "gif",
     false},
    {"n.apng", "-f apng", "apng", false},
};
#define COUNTING (sizeof(counting) / sizeof(counting[0]))

static int setup_videos(void **state)
{
    (void)state;
    if (enter_temp(temp_dir))
        return -1;
    make_quarters("q.ppm", 160, 96);
    run(FFMPEG "-f lavfi -i \"color=black:s=64x64:r=25,format=yuv420p,"
               "geq=lum='16+3*N':cb=128:cr=128\" -frames:v %d -c:v ffv1 count.mkv",
        FRAMES);
    for (size_t i = 0; i < COUNTING; i++)
        if (have_encoder(counting[i].encoder))
            run(FFMPEG "-i count.mkv %s %s", counting[i].options, counting[i].name);
    run(FFMPEG "-f lavfi -i color=red:s=320x180:d=1 -f lavfi -i color=lime:s=320x180:d=1 "
               "-f lavfi -i color=blue:s=320x180:d=1 -filter_complex concat=n=3 "
               "-c:v libx264 -bf 3 -g 10 -pix_fmt yuv420p rgb.mp4");
    run(FFMPEG "-i q.ppm -c:v libx264 -qp 1 -pix_fmt yuv444p q.mp4");
    return 0;
}

static Picture picture_of(Still *still)
{
    StillFile file = must_encode(still, 0, 0, STILL_NONE, STILL_CENTER);
    Picture picture;
    assert_false(file.original);
    picture = decode_png(&file);
    still_file_clear(&file);
    return picture;
}

/* The number of the frame. */
static double number_of(Still *still)
{
    Picture picture = picture_of(still);
    double luma = 16 + pixel(&picture, 32, 32)[1] * 219. / 255;
    free(picture.rgb);
    return (luma - 16) / 3;
}

static void test_every_time(void **state)
{
    static const struct {
        const char *time;
        int frame;
    } rows[] = {
        {"0", 0},     {"0.02", 0},   {"0.04", 1},  {"0.039", 0},       {"0.5", 12},
        {"0.76", 19}, {"0.8", 20},   {"0.79", 19}, {"0.84", 21},       {"1.9", 47},
        {"1.96", 49}, {"1.999", 49}, {"2", 50},    {"00:00:02.4", 60}, {"2400ms", 60},
        {"2.76", 69}, {"2.79", 69},  {"end", 69},
    };

    (void)state;
    for (size_t i = 0; i < COUNTING; i++) {
        bool gif = strstr(counting[i].name, ".gif");
        if (access(counting[i].name, R_OK)) {
            print_message("this ffmpeg makes no %s\n", counting[i].name);
            continue;
        }
        for (size_t j = 0; j < sizeof(rows) / sizeof(rows[0]); j++) {
            bool edge = rows[j].frame == 0 || !strcmp(rows[j].time, "end");
            double number, allowed = gif ? 1.3 : .45;
            Still *still;
            /* Of many the third part does, unless all are wanted. */
            if ((counting[i].loose && !edge) || (!getenv("I2V_ALL") && (i + j) % 3))
                continue;
            still = must_read(counting[i].name, rows[j].time);
            number = number_of(still);
            if (number < rows[j].frame - allowed || number > rows[j].frame + allowed)
                fail_msg("%s at %s: frame %.2f, not %d", counting[i].name, rows[j].time,
                         number, rows[j].frame);
            still_free(&still);
        }
    }
}

static void test_past_the_end(void **state)
{
    static const char *const times[] = {"2.8", "2.81", "3", "100", "10:00:00"};

    (void)state;
    for (size_t i = 0; i < COUNTING; i++) {
        if (access(counting[i].name, R_OK) || counting[i].loose ||
            strstr(counting[i].name, ".gif"))
            continue;
        for (size_t j = 0; j < 5; j++) {
            char said[128];
            Still *still;
            int ret = try_read(counting[i].name, times[j], &still);
            if (ret != AVERROR(EINVAL))
                fail_msg("%s at %s: %d", counting[i].name, times[j], ret);
            snprintf(said, sizeof(said),
                     "image_time %s is past the end of '%s', which is 2.800 s long",
                     times[j], counting[i].name);
            if (!strstr(counting[i].name, ".flv")) // which knows but milliseconds
                assert_logged(said);
        }
    }
}

static void test_colours_by_the_second(void **state)
{
    static const struct {
        const char *time;
        int r, g, b;
    } rows[] = {{NULL, 255, 0, 0},    {"0", 255, 0, 0},  {"0.5", 255, 0, 0},
                {"0.999", 255, 0, 0}, {"1", 0, 255, 0},  {"1.999", 0, 255, 0},
                {"2", 0, 0, 255},     {"end", 0, 0, 255}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Still *still = must_read("rgb.mp4", rows[i].time);
        Picture picture = picture_of(still);
        assert_pixel(&picture, 160, 90, rows[i].r, rows[i].g, rows[i].b, 4, rows[i].time);
        free(picture.rgb);
        still_free(&still);
    }
}

static void assert_same_digest(const char *a, const char *a_time, const char *b,
                               const char *b_time, bool same)
{
    Still *first = must_read(a, a_time), *second = must_read(b, b_time);
    if (!memcmp(still_digest(first), still_digest(second), 32) != same)
        fail_msg("%s at %s and %s at %s: digests are %s", a, a_time, b, b_time,
                 same ? "different" : "equal");
    still_free(&first);
    still_free(&second);
}

static void test_digest(void **state)
{
    (void)state;
    run(FFMPEG "-i n.mp4 -c copy -t 1.6 cut.mp4");
    assert_same_digest("n.mp4", "0.5", "n.mp4", "0.51", true);
    assert_same_digest("n.mp4", "0.5", "n.mp4", "0.55", false);
    assert_same_digest("n.mp4", NULL, "n.mp4", "0", true);
    assert_same_digest("n.mp4", "0", "n.mp4", "0.03", true);
    assert_same_digest("n.mp4", "0", "n.mp4", "0.04", false);
    assert_same_digest("n.mp4", "end", "n.mp4", "2.77", true);
    assert_same_digest("n.mp4", "0.8", "n.mp4", "0.84", false); // key frame and the next
    assert_same_digest("n.mp4", "0.5", "n.mkv", "0.5", true);   // the same packets
    assert_same_digest("n.mp4", "1.5", "cut.mp4", "1.5",
                       true); // what follows is no matter
    assert_same_digest("n.mp4", "1.5", "n_mpeg2.ts", "1.5", false);
    assert_same_digest("n_open.mp4", "0.76", "n_open.mp4", "0.77", true);
    assert_same_digest("n_open.mp4", "end", "n_open.mp4", "2.76", true);
    assert_same_digest("n.ts", "end", "n.ts", "2.76", true);
    if (!access("n.gif", R_OK)) {
        assert_same_digest("n.gif", "end", "n.gif", "2.77", true);
        assert_same_digest("n.gif", "1", "n.gif", "2", false);
    }
}

/* A picture that is decoded after a key frame and shown before it leans on what was
 * before: its digest covers that too. */
static void test_digest_of_leading_pictures(void **state)
{
    FILE *probe = popen("ffprobe -v error -show_entries packet=pts_time,pos -of csv=p=0 "
                        "n_open.mp4 | sed -n s/^0.640000,//p",
                        "r");
    size_t size;
    uint8_t *data = slurp("n_open.mp4", &size);
    unsigned pos = 0;

    (void)state;
    assert_non_null(probe);
    assert_int_equal(fscanf(probe, "%u", &pos), 1);
    pclose(probe);
    data[pos + 18] ^= 1;
    spill("n_other.mp4", data, size);
    free(data);
    assert_same_digest("n_open.mp4", "0.76", "n_other.mp4", "0.76", false);
    assert_same_digest("n_open.mp4", "0.84", "n_other.mp4", "0.84", true);
}

/* The matrix of the track header, which is 44 bytes behind its type. */
static void make_turned_video(const char *name, int orientation)
{
    static const int ways[9][4] = {
        {0},          {1, 0, 0, 1},  {-1, 0, 0, 1},  {-1, 0, 0, -1}, {1, 0, 0, -1},
        {0, 1, 1, 0}, {0, 1, -1, 0}, {0, -1, -1, 0}, {0, -1, 1, 0}};
    static const int places[4] = {0, 4, 12, 16};
    size_t size;
    uint8_t *data = slurp("q.mp4", &size), *head = memmem(data, size, "tkhd", 4);

    assert_non_null(head);
    for (int i = 0; i < 4; i++) {
        uint8_t *to = head + 44 + places[i];
        int value = ways[orientation][i];
        to[0] = to[1] = to[2] = to[3] = 0;
        to[1] = (uint8_t)value;
        to[0] = value < 0 ? 0xff : 0;
    }
    spill(name, data, size);
    free(data);
}

static void test_display_matrix(void **state)
{
    (void)state;
    for (int orientation = 1; orientation <= 8; orientation++) {
        char name[32];
        Still *still;
        Picture picture;
        snprintf(name, sizeof(name), "turned%d.mp4", orientation);
        make_turned_video(name, orientation);
        still = must_read(name, NULL);
        assert_int_equal(still_width(still), orientation > 4 ? 96 : 160);
        assert_int_equal(still_height(still), orientation > 4 ? 160 : 96);
        picture = picture_of(still);
        assert_quarters(&picture, shown_as[orientation], 6, name);
        free(picture.rgb);
        still_free(&still);
    }
}

static void test_aspect_ratio(void **state)
{
    static const struct {
        const char *sar;
        int orientation, width, height;
    } rows[] = {{"4/3", 1, 213, 96},
                {"1/2", 1, 80, 96},
                {"1/1", 1, 160, 96},
                {"64/45", 1, 228, 96}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Still *still;
        StillFile file;
        Picture picture;
        char name[32];
        snprintf(name, sizeof(name), "sar%zu.mp4", i);
        run(FFMPEG "-i q.ppm -vf setsar=%s -c:v libx264 -qp 1 -pix_fmt yuv444p %s",
            rows[i].sar, name);
        still = must_read(name, NULL);
        assert_int_equal(still_width(still), rows[i].width);
        assert_int_equal(still_height(still), rows[i].height);
        picture = picture_of(still);
        assert_int_equal(picture.width, rows[i].width);
        assert_quarters(&picture, "RGBW", 6, name);
        free(picture.rgb);
        /* cut as it is seen: a third of the width of 213 at the left is all red and blue
         */
        file = must_encode(still, 71, 96, STILL_COVER, STILL_LEFT);
        picture = decode_png(&file);
        if (!i)
            assert_quarters(&picture, "RRBB", 6, name);
        free(picture.rgb);
        still_file_clear(&file);
        still_free(&still);
    }
}

/* White where the first field is, black where the second is: a comb. */
static int comb_energy(const char *name)
{
    Still *still = must_read(name, NULL);
    Picture picture = picture_of(still);
    int energy = 0;
    for (int y = 10; y < 80; y++)
        energy += abs(pixel(&picture, 60, y)[1] - pixel(&picture, 60, y + 1)[1]);
    /* what did not move keeps its lines */
    assert_pixel(&picture, 10, 40, 255, 255, 255, 8, name);
    assert_pixel(&picture, 120, 40, 0, 0, 0, 8, name);
    free(picture.rgb);
    still_free(&still);
    return energy;
}

static void test_interlaced(void **state)
{
    int woven, mended;

    (void)state;
    run(FFMPEG
        "-f lavfi -i \"color=black:s=160x96:r=25:d=0.2,format=yuv420p,"
        "geq=lum='if(lt(X\\,40+40*mod(Y\\,2))\\,235\\,16)':cb=128:cr=128\" woven.y4m");
    run(FFMPEG "-i woven.y4m -c:v mpeg2video -q:v 1 woven.ts");
    run(FFMPEG "-i woven.y4m -vf setfield=tff -c:v mpeg2video -q:v 1 -flags +ildct+ilme "
               "laced.ts");
    woven = comb_energy("woven.ts");
    mended = comb_energy("laced.ts");
    assert_true(woven > 70 * 200);
    if (mended > woven / 4)
        fail_msg("comb of %d became %d", woven, mended);
}

/* Colours that nobody tagged: by size for video, BT.601 for pictures. */
static void test_untagged_colours(void **state)
{
    static const struct {
        const char *name, *size, *matrix, *tags;
    } rows[] = {
        {"hd.mkv", "1280x720", "bt709", ""},
        {"hd.y4m", "1280x720", "bt709", ""},
        {"sd.mkv", "640x480", "bt601", ""},
        {"tagged.mkv", "640x480", "bt709",
         "-vf setparams=colorspace=bt709 -colorspace bt709"},
        {"tagged_hd.mkv", "1280x720", "bt601",
         "-vf setparams=colorspace=smpte170m -colorspace smpte170m"},
        {"full.mkv", "640x480", "bt601", "-vf setparams=range=pc -color_range pc"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool full = strstr(rows[i].tags, "pc");
        Still *still;
        Picture picture;
        run(FFMPEG
            "-f lavfi -i color=0xC81E3C:s=%s,format=gbrp,scale=out_color_matrix=%s:"
            "out_range=%s,format=yuv444p -frames:v 2 -f rawvideo raw.yuv",
            rows[i].size, rows[i].matrix, full ? "pc" : "tv");
        run(FFMPEG "-f rawvideo -pix_fmt yuv444p -s %s -i raw.yuv %s %s %s", rows[i].size,
            strstr(rows[i].name, "mkv") ? "-c:v ffv1" : "", rows[i].tags, rows[i].name);
        still = must_read(rows[i].name, NULL);
        picture = picture_of(still);
        assert_string_equal(log_text, "");
        assert_pixel(&picture, 100, 100, 0xc8, 0x1e, 0x3c, 3, rows[i].name);
        free(picture.rgb);
        still_free(&still);
    }
}

/* Said in two ways, as ffmpeg 5 heeds the one and ffmpeg 7 the other. */
static Picture wide_picture(const char *name, const char *primaries, const char *transfer,
                            const char *color, const char *said)
{
    Still *still;
    Picture picture;
    run(FFMPEG "-f lavfi -i color=%s:s=65x33,format=gbrp,scale=out_color_matrix=bt709:"
               "out_range=tv,format=yuv420p10le,setparams=colorspace=bt709:"
               "color_primaries=%s:color_trc=%s -frames:v 1 -c:v ffv1 -colorspace bt709 "
               "-color_primaries %s "
               "-color_trc %s %s",
        color, primaries, transfer, primaries, transfer, name);
    still = must_read(name, NULL);
    picture = picture_of(still);
    if (*said)
        assert_logged(said);
    else
        assert_string_equal(log_text, "");
    still_free(&still);
    return picture;
}

static void test_wide_gamut(void **state)
{
    static const char hdr[] =
        "still has HDR colours (bt2020, smpte2084); they are brought to "
        "BT.709\n";
    Picture plain, pq, hlg, p3;

    (void)state;
    if (system("ffmpeg -v error -h filter=zscale | grep -q ^Filter")) {
        pq = wide_picture(
            "pq.mkv", "bt2020", "smpte2084", "0x808080",
            "still has HDR colours, which this FFmpeg cannot bring to BT.709");
        free(pq.rgb);
        return;
    }
    plain = wide_picture("plain.mkv", "bt709", "bt709", "0x986464", "");
    pq = wide_picture("pq.mkv", "bt2020", "smpte2084", "0x808080", hdr);
    hlg = wide_picture("hlg.mkv", "bt2020", "arib-std-b67", "0x808080",
                       "still has HDR colours (bt2020, arib-std-b67)");
    p3 = wide_picture("p3.mkv", "smpte432", "bt709", "0x986464",
                      "still has wide-gamut colours (smpte432, bt709)");
    assert_pixel(&plain, 20, 20, 0x98, 0x64, 0x64, 3, "plain");
    /* gray stays gray */
    assert_true(abs(pixel(&pq, 20, 20)[0] - pixel(&pq, 20, 20)[2]) <= 2);
    assert_true(abs(pixel(&hlg, 20, 20)[0] - pixel(&hlg, 20, 20)[2]) <= 2);
    assert_true(pixel(&pq, 20, 20)[1] > 60);
    /* the red of P3 is more red in BT.709 */
    assert_true(pixel(&p3, 20, 20)[0] > 0x98 + 5);
    assert_true(pixel(&p3, 20, 20)[1] < 0x64);
    free(plain.rgb);
    free(pq.rgb);
    free(hlg.rgb);
    free(p3.rgb);
}

/* Sound and a cover: the cover. Sound, a cover and a video: the video. */
static void test_cover_picture(void **state)
{
    Still *still;
    Picture picture;

    (void)state;
    run(FFMPEG "-i q.ppm cover.png && " FFMPEG
               "-f lavfi -i sine=d=1 -i cover.png -map 0 -map 1 "
               "-c:v copy -disposition:v attached_pic sound.m4a");
    still = must_read("sound.m4a", NULL);
    picture = picture_of(still);
    assert_quarters(&picture, "RGBW", 0, "cover");
    free(picture.rgb);
    still_free(&still);
    run(FFMPEG "-i rgb.mp4 -i cover.png -map 1 -map 0 -c copy "
               "-disposition:v:0 attached_pic covered.mp4");
    still = must_read("covered.mp4", "1.5");
    assert_int_equal(still_width(still), 320);
    still_free(&still);
}

static void test_large_video_stays_on_disk(void **state)
{
    Still *still;
    Picture picture;

    (void)state;
    run(FFMPEG
        "-f lavfi -i testsrc2=s=1280x720:r=25:d=1 -f lavfi -i color=white:s=1280x720:d=1 "
        "-filter_complex concat -c:v rawvideo -pix_fmt yuv420p large.avi");
    still = must_read("large.avi", "1.5");
    picture = picture_of(still);
    assert_pixel(&picture, 600, 300, 255, 255, 255, 3, "large.avi");
    free(picture.rgb);
    still_free(&still);
}

static int stop_soon(void *opaque)
{
    int *left = opaque;
    return (*left)-- <= 0;
}

/* However often it is asked before it says yes. */
static void test_interrupt_while_decoding(void **state)
{
    int interrupted = 0, ret = -1;

    (void)state;
    for (int asked = 0; ret < 0; asked++) {
        int left = asked;
        AVIOInterruptCB interrupt = {stop_soon, &left};
        StillSource source = {
            .image = "n_late.mp4", .image_time = "2.5", .interrupt = &interrupt};
        Still *still = NULL;
        log_clear();
        ret = still_read(&source, &still);
        if (ret < 0) {
            assert_int_equal(ret, AVERROR(EINTR));
            assert_logged("reading it was interrupted\n");
            assert_null(still);
            interrupted++;
        }
        still_free(&still);
    }
    assert_true(interrupted > 6);
}

static void test_damaged_video(void **state)
{
    Still *still;
    size_t size;
    uint8_t *data = slurp("n.mp4", &size);

    (void)state;
    spill("front.mp4", data, size / 3); // its index is at the end and gone
    assert_int_equal(try_read("front.mp4", NULL, &still), AVERROR_INVALIDDATA);
    assert_logged("image 'front.mp4' cannot be opened: it is damaged or cut short");
    memset(data + 48, 0x55, size / 2);
    spill("hurt.mp4", data, size);
    assert_int_equal(try_read("hurt.mp4", "0", &still) < 0 ? 0 : 1, still ? 1 : 0);
    still_free(&still);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_time),
        cmocka_unit_test(test_past_the_end),
        cmocka_unit_test(test_colours_by_the_second),
        cmocka_unit_test(test_digest),
        cmocka_unit_test(test_digest_of_leading_pictures),
        cmocka_unit_test(test_display_matrix),
        cmocka_unit_test(test_aspect_ratio),
        cmocka_unit_test(test_interlaced),
        cmocka_unit_test(test_untagged_colours),
        cmocka_unit_test(test_wide_gamut),
        cmocka_unit_test(test_cover_picture),
        cmocka_unit_test(test_large_video_stays_on_disk),
        cmocka_unit_test(test_interrupt_while_decoding),
        cmocka_unit_test(test_damaged_video),
    };
    return cmocka_run_group_tests(tests, setup_videos, teardown);
}
