/* i2v: unit tests of giving a clip a silent track
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/dict.h>
#include <libavutil/error.h>
#include <libavutil/intreadwrite.h>

#include "store/clip.h"
#include "base/compat.h"
#include "mp4.h"
#include "reading.h"
#include "made/silence.h"

/* Made of silent.mp4, which has B-frames, by these arguments. */
static const struct {
    const char *name, *arguments, *input_arguments;
} made[] = {
    {"edited.mp4", "", "-ss 0.6"},
    {"late.mp4", "", "-itsoffset 0.5"},
    {"fragmented.mp4", "-movflags +frag_keyframe+empty_moov", ""},
    {"scale.mp4", "-video_track_timescale 24", ""},
    {"tags.mp4",
     "-metadata title=Snow -metadata comment='a;b=c' -metadata:s:v language=fra "
     "-metadata:s:v handler_name=Picture -metadata creation_time=2024-01-02T03:04:05Z",
     ""},
    {"keys.mp4",
     "-movflags use_metadata_tags+frag_keyframe+empty_moov -metadata com.example.seed=7 -metadata title=Snow",
     ""},
};

static int make(const char *arguments, const char *name)
{
    char command[1024];
    snprintf(command, sizeof(command), "ffmpeg -nostdin -v error -y %s '%s' </dev/null",
             arguments, temp_path(name));
    return system(command);
}

static int set_up(void **state)
{
    char arguments[800];
    if (mp4_render(state))
        return -1;
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
        snprintf(arguments, sizeof(arguments), "%s -i '%s' -c copy %s",
                 made[i].input_arguments, temp_path("silent.mp4"), made[i].arguments);
        if (make(arguments, made[i].name))
            return -1;
    }
    return make("-f lavfi -i testsrc2=s=96x64:r=24000/1001:d=2 -vf setsar=4/3 -c:v mpeg4 "
                "-bf 2 -g 12 -color_primaries bt709 -color_trc bt709 -colorspace bt709 "
                "-color_range tv",
                "mpeg4.mp4") ||
                   make("-f lavfi -i testsrc2=s=96x64:r=10:d=0.1 -c:v libx264", "one.mp4")
               ? -1
               : 0;
}

static void check_no_temporary(void)
{
    DIR *dir = opendir(temp_dir());
    struct dirent *entry;
    while ((entry = readdir(dir)))
        if (strstr(entry->d_name, ".tmp"))
            fail_case("%s is left", entry->d_name);
    closedir(dir);
}

static const int32_t *matrix_of(const AVStream *stream)
{
#if I2V_HAVE_CODED_SIDE_DATA
    const AVPacketSideData *data = av_packet_side_data_get(
        stream->codecpar->coded_side_data, stream->codecpar->nb_coded_side_data,
        AV_PKT_DATA_DISPLAYMATRIX);
    return data ? (const int32_t *)(const void *)data->data : NULL;
#else
    const void *data = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, NULL);
    return data;
#endif
}

static void check_metadata(const char *what, const AVDictionary *got,
                           const AVDictionary *wanted)
{
    const AVDictionaryEntry *entry = NULL;
    while ((entry = av_dict_get(wanted, "", entry, AV_DICT_IGNORE_SUFFIX))) {
        const AVDictionaryEntry *same = av_dict_get(got, entry->key, NULL, 0);
        /* By what the file can be read is its own: iso6 is for fragments. */
        if (!strcmp(entry->key, "compatible_brands")) {
            if (!same || strstr(same->value, "iso6"))
                fail_case("%s: brands of the clip in the copy", what);
            continue;
        }
        /* Some versions also keep those of the file that a clip was copied from. */
        if (!strcmp(entry->key, "major_brand") || !strcmp(entry->key, "minor_version"))
            continue;
        if (!same || strcmp(same->value, entry->value))
            fail_case("%s: %s is \"%s\", not \"%s\"", what, entry->key,
                      same ? same->value : "(missing)", entry->value);
    }
    check_number(what, av_dict_count(got), av_dict_count(wanted));
}

static void check_stream(const char *what, const AVStream *got, const AVStream *wanted)
{
    const AVCodecParameters *par = got->codecpar, *other = wanted->codecpar;
    const int32_t *matrix = matrix_of(got), *other_matrix = matrix_of(wanted);

    check_number(what, av_cmp_q(got->time_base, wanted->time_base), 0);
    check_number(what, av_cmp_q(got->avg_frame_rate, wanted->avg_frame_rate), 0);
    check_number(what, av_cmp_q(got->sample_aspect_ratio, wanted->sample_aspect_ratio),
                 0);
    check_number(what, got->start_time, wanted->start_time);
    check_number(what, got->disposition, wanted->disposition);
    check_number(what, par->codec_id, other->codec_id);
    check_number(what, par->codec_tag, other->codec_tag);
    check_number(what, par->profile, other->profile);
    check_number(what, par->width, other->width);
    check_number(what, par->height, other->height);
    check_number(what, par->format, other->format);
    check_number(what, par->color_range, other->color_range);
    check_number(what, par->color_space, other->color_space);
    check_number(what, par->color_primaries, other->color_primaries);
    check_number(what, par->color_trc, other->color_trc);
    check_number(what, par->extradata_size, other->extradata_size);
    assert_memory_equal(par->extradata, other->extradata, (size_t)par->extradata_size);
    check_number(what, matrix != NULL, other_matrix != NULL);
    if (matrix)
        assert_memory_equal(matrix, other_matrix, 9 * sizeof(*matrix));
    check_metadata(what, got->metadata, wanted->metadata);
}

static void check_texts(const char *what, char *got, char *wanted)
{
    if (strcmp(got, wanted))
        fail_case("%s:\n%s\ninstead of\n%s", what, got, wanted);
    assert_true(reading_count(wanted) > 0);
    free(got);
    free(wanted);
}

/* The copy has all that the clip has, and silence. */
static void check_copy(const char *what, const char *clip, const char *copy)
{
    AVFormatContext *got = reading_open(copy), *wanted = reading_open(clip);
    AVStream *video = reading_stream(got, AVMEDIA_TYPE_VIDEO);
    ReadingSound sound = reading_sound(copy);

    check_number(what, got->nb_streams, 2);
    check_stream(what, video, reading_stream(wanted, AVMEDIA_TYPE_VIDEO));
    check_metadata(what, got->metadata, wanted->metadata);
    check_number(what, got->start_time, wanted->start_time);
    check_texts(what, reading_packets(copy), reading_packets(clip));
    check_texts(what, reading_pictures(copy), reading_pictures(clip));

    check_number(what, sound.rate, 48000);
    check_number(what, sound.channels, 2);
    assert_true(sound.peak == 0);
    double start = (double)video->start_time * av_q2d(video->time_base);
    double length = (double)video->duration * av_q2d(video->time_base);
    /* Some demuxers count what goes before as well. */
    if (fabs(sound.start - start) > 1e-3 || (fabs(sound.seconds - length) > 1e-3 &&
                                             fabs(sound.seconds - length + start) > 1e-3))
        fail_case("%s: sound from %f for %f s, picture from %f for %f s", what,
                  sound.start, sound.seconds, start, length);
    avformat_close_input(&got);
    avformat_close_input(&wanted);
}

/* Whether the muxer can write when this clip begins. */
static bool has_whole_start(const char *clip)
{
    AVFormatContext *ctx = reading_open(clip);
    AVStream *video = reading_stream(ctx, AVMEDIA_TYPE_VIDEO);
    bool whole =
        reading_fine_edits() ||
        video->start_time * 1000 * video->time_base.num % video->time_base.den == 0;
    avformat_close_input(&ctx);
    return whole;
}

static void check_added(const char *name)
{
    const char *clip = temp_path(name), *copy = temp_path("copy.mp4");
    ClipFacts facts;
    struct stat st;

    said_clear();
    check_number(name, silence_add(clip, copy, NULL, NULL), 0);
    assert_silent(name);
    if (said.warnings)
        fail_case("%s: warned: %s", name, said.warning);
    check_no_temporary();
    check_number(name, clip_verify(copy, 0, NULL, &facts), 0);
    check_number(name, facts.has_audio, true);
    check_number(name, stat(copy, &st), 0);
    check_number(name, st.st_mode & 0777, 0600);
    Mp4 mp4 = mp4_read("copy.mp4");
    assert_true(mp4_find(&mp4, "moov", 0) < mp4_find(&mp4, "mdat", 0));
    mp4_free(&mp4);
    check_copy(name, clip, copy);
}

static void test_copies(void **state)
{
    (void)state;
    check_added("silent.mp4");
    check_added("mpeg4.mp4");
    check_added("one.mp4");
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
        if (has_whole_start(temp_path(made[i].name)))
            check_added(made[i].name);
}

/* The fixtures are what they are for. */
static void test_fixtures(void **state)
{
    char *packets = reading_packets(temp_path("edited.mp4"));
    AVFormatContext *ctx;
    (void)state;
    assert_int_equal(packets[0], '-'); // the first packet is before the edit
    free(packets);
    ctx = reading_open(temp_path("late.mp4"));
    assert_true(reading_stream(ctx, AVMEDIA_TYPE_VIDEO)->start_time > 0);
    avformat_close_input(&ctx);
    ctx = reading_open(temp_path("keys.mp4"));
    assert_non_null(av_dict_get(ctx->metadata, "com.example.seed", NULL, 0));
    avformat_close_input(&ctx);
}

/* What follows the first of such a word. */
static uint8_t *find(const Mp4 *mp4, const char *type)
{
    for (size_t i = 0; i + 60 < mp4->size; i++)
        if (!memcmp(mp4->data + i, type, 4))
            return mp4->data + i + 4;
    fail_case("there is no %s", type);
    return NULL;
}

/* An edit list that ends before the last packets. */
static void test_trimmed(void **state)
{
    Mp4 mp4 = mp4_read("silent.mp4");
    uint8_t *duration = find(&mp4, "elst") + 8;
    uint32_t second = AV_RB32(find(&mp4, "mvhd") + 12);
    (void)state;
    assert_int_equal(AV_RB32(duration), MP4_SECONDS * second);
    AV_WB32(duration, second * 5 / 2);
    temp_file("trimmed.mp4", mp4.data, mp4.size);
    mp4_free(&mp4);
    char *pictures = reading_pictures(temp_path("trimmed.mp4"));
    assert_int_equal(reading_count(pictures), MP4_FRAMES * 25 / 40);
    free(pictures);
    check_added("trimmed.mp4");
}

/* What the ffmpeg program cannot be told to write. */
static void test_turned(void **state)
{
    static const int32_t right[9] = {0, 1 << 16,          0, -(1 << 16), 0,
                                     0, MP4_HEIGHT << 16, 0, 1 << 30};
    Mp4 mp4 = mp4_read("silent.mp4");
    uint8_t *matrix = find(&mp4, "tkhd") + 40;
    (void)state;
    assert_int_equal(AV_RB32(matrix), 1 << 16);
    for (int i = 0; i < 9; i++)
        AV_WB32(matrix + 4 * i, (uint32_t)right[i]);
    /* Something else than this FFmpeg calls itself. */
    uint8_t *encoder = find(&mp4, "Lavf");
    *encoder = encoder[0] == 'x' ? 'y' : 'x';
    temp_file("turned.mp4", mp4.data, mp4.size);
    mp4_free(&mp4);
    AVFormatContext *ctx = reading_open(temp_path("turned.mp4"));
    assert_non_null(matrix_of(reading_stream(ctx, AVMEDIA_TYPE_VIDEO)));
    avformat_close_input(&ctx);
    check_added("turned.mp4");
}

static void test_in_place(void **state)
{
    Mp4 mp4 = mp4_read("silent.mp4");
    const char *path = temp_file("same.mp4", mp4.data, mp4.size);
    (void)state;
    mp4_free(&mp4);
    assert_int_equal(silence_add(path, path, NULL, NULL), 0);
    check_copy("in place", temp_path("silent.mp4"), path);
}

/* Failing */

static void check_fails(const char *what, const char *clip, const char *path, int wanted,
                        const char *words)
{
    said_clear();
    check_number(what, silence_add(clip, path, NULL, NULL), wanted);
    assert_said(what, words);
    check_no_temporary();
}

static void test_fails(void **state)
{
    const char *silent = temp_path("silent.mp4"), *out = temp_path("out.mp4");
    const char *directory = temp_path("directory.mp4");
    (void)state;
    check_fails("audio", temp_path("fast.mp4"), out, AVERROR(EINVAL),
                "fast.mp4|has audio already");
    check_fails("missing", temp_path("missing.mp4"), out, AVERROR(ENOENT),
                "missing.mp4|cannot be given a silent track");
    check_fails("no directory", silent, temp_path("none/x.mp4"), AVERROR(ENOENT),
                "silent.mp4|cannot be given a silent track");
    assert_int_equal(mkdir(directory, 0700), 0);
    check_fails("a directory", silent, directory, AVERROR(EISDIR), "silent.mp4");
    assert_int_equal(access(out, F_OK), -1);
}

static int interrupt_later(void *opaque)
{
    int *calls = opaque;
    return (*calls)-- <= 0;
}

static void test_interrupted(void **state)
{
    (void)state;
    /* A call or more for each packet that is read or written, and some for opening. */
    for (int calls = 0; calls < 200; calls += 20) {
        int left = calls;
        AVIOInterruptCB interrupt = {interrupt_later, &left};
        const char *path = temp_text("old.mp4", "old");
        char what[32];
        snprintf(what, sizeof(what), "after %d calls", calls);
        said_clear();
        check_number(what, silence_add(temp_path("silent.mp4"), path, &interrupt, NULL),
                     AVERROR(EINTR));
        assert_silent(what);
        Mp4 mp4 = mp4_read("old.mp4");
        check_number(what, mp4.size, 3);
        mp4_free(&mp4);
        check_no_temporary();
    }
}

static char informed[4096];

static void inform(void *context, int level, const char *format, va_list args)
{
    size_t have = strlen(informed);
    (void)context;
    if (level <= AV_LOG_INFO)
        vsnprintf(informed + have, sizeof(informed) - have, format, args);
}

static void test_says_nothing(void **state)
{
    int ret;
    (void)state;
    av_log_set_callback(inform);
    ret = silence_add(temp_path("silent.mp4"), temp_path("quiet.mp4"), NULL, NULL);
    said_start();
    assert_int_equal(ret, 0);
    check_text("at INFO", informed, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copies),      cmocka_unit_test(test_fixtures),
        cmocka_unit_test(test_trimmed),     cmocka_unit_test(test_turned),
        cmocka_unit_test(test_in_place),    cmocka_unit_test(test_fails),
        cmocka_unit_test(test_interrupted), cmocka_unit_test(test_says_nothing),
    };
    said_start();
    return cmocka_run_group_tests_name("silence", tests, set_up, NULL);
}
