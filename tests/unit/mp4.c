/* i2v: MP4 files for the unit tests, rendered by the real ffmpeg, and ways to damage them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mp4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavformat/version.h>
#include <libavutil/intreadwrite.h>

#include "support.h"

/* ffmpeg's option has a new name since 5.1, and in 9 no longer the old one. */
#define FPS_MODE (LIBAVFORMAT_VERSION_MAJOR >= 60 ? "-fps_mode" : "-vsync")

static int run(const char *arguments, const char *name)
{
    char command[1024];
    snprintf(command, sizeof(command), "ffmpeg -nostdin -v error -y %s '%s' </dev/null",
             arguments, temp_path(name));
    return system(command);
}

/* Two seconds of pictures alone. */
static int render(const char *rate, const char *flags, const char *name)
{
    char arguments[800];
    snprintf(arguments, sizeof(arguments),
             "-f lavfi -i testsrc=s=160x90:r=%s:d=2 -pix_fmt yuv420p -c:v libx264 "
             "-preset ultrafast %s",
             rate, flags);
    return run(arguments, name);
}

int mp4_make(const char *from, const char *flags, const char *name)
{
    char arguments[800];
    snprintf(arguments, sizeof(arguments), "-i '%s' %s", temp_path(from), flags);
    return run(arguments, name);
}

static int remux(const char *flags, const char *name)
{
    char arguments[400];
    snprintf(arguments, sizeof(arguments), "-c copy %s", flags);
    return mp4_make("late.mp4", arguments, name);
}

/* With a picture missing now and then. */
static int render_gap(void)
{
    char flags[100];
    snprintf(flags, sizeof(flags), "-vf select='mod(n\\,7)' %s vfr", FPS_MODE);
    return render("30", flags, "gap.mp4");
}

int mp4_render(void **state)
{
    (void)state;
    if (run("-f lavfi -i testsrc=s=160x90:r=24:d=4 -f lavfi -i sine=d=4:r=44100 -pix_fmt "
            "yuv420p "
            "-c:v libx264 -preset ultrafast -g 12 -keyint_min 12 -sc_threshold 0 -bf 2 "
            "-c:a aac -ac 1",
            "late.mp4") ||
        remux("-movflags +faststart", "fast.mp4") ||
        remux("-movflags +frag_keyframe+empty_moov", "fragments.mp4") ||
        remux("-movflags +frag_keyframe+empty_moov+skip_trailer", "open.mp4") ||
        remux("-an -movflags +faststart", "silent.mp4") ||
        remux("-vn -movflags +faststart", "sound.mp4") ||
        remux("-movflags +faststart -bsf:v h264_metadata=colour_primaries=1:"
              "transfer_characteristics=1:matrix_coefficients=1:"
              "video_full_range_flag=0",
              "tagged.mp4") ||
        render("30", "-bf 3 -frames:v 59 -video_track_timescale 1000", "thousand.mp4") ||
        render("30000/1001", "-bf 2 -video_track_timescale 90000", "ntsc.mp4") ||
        render_gap())
        return -1;
    return 0;
}

Mp4 mp4_read(const char *name)
{
    Mp4 mp4 = {NULL, 0};
    FILE *file = fopen(temp_path(name), "rb");
    if (!file || fseek(file, 0, SEEK_END))
        abort();
    mp4.size = (size_t)ftell(file);
    rewind(file);
    mp4.data = malloc(mp4.size + 4096);
    if (!mp4.data || fread(mp4.data, 1, mp4.size, file) != mp4.size)
        abort();
    fclose(file);
    return mp4;
}

void mp4_free(Mp4 *mp4)
{
    free(mp4->data);
    mp4->data = NULL;
}

long mp4_find(const Mp4 *mp4, const char *type, int n)
{
    for (size_t at = 0; at + 8 <= mp4->size;) {
        size_t size = AV_RB32(mp4->data + at);
        if (!memcmp(mp4->data + at + 4, type, 4) && !n--)
            return (long)at;
        if (size < 8)
            break;
        at += size;
    }
    return -1;
}
