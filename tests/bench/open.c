/* i2v: the bench: a host that reads the first packet of an input, and when
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * usage: bench-open URL
 *
 * Knows nothing of i2v and is run with the preload. Prints, in seconds, how long after
 * i2v said that the generation is completed the first packet was there. */
#include <stdio.h>
#include <string.h>

#include <libavformat/avformat.h>
#include <libavutil/log.h>
#include <libavutil/time.h>

static int64_t known;

static void take_log(void *context, int level, const char *format, va_list args)
{
    char line[256];

    (void)context;
    if (level > AV_LOG_INFO)
        return;
    vsnprintf(line, sizeof(line), format, args);
    if (strstr(line, "Status: completed"))
        known = av_gettime_relative();
    else if (level <= AV_LOG_ERROR)
        fputs(line, stderr);
}

int main(int argc, char **argv)
{
    AVFormatContext *ctx = NULL;
    AVPacket *packet = av_packet_alloc();

    if (argc != 2 || !packet) {
        fprintf(stderr, "usage: bench-open URL\n");
        return 64;
    }
    av_log_set_callback(take_log);
    int ret = avformat_open_input(&ctx, argv[1], NULL, NULL);
    if (ret >= 0)
        ret = av_read_frame(ctx, packet);
    if (ret >= 0 && known)
        printf("%.6f\n", (double)(av_gettime_relative() - known) / 1e6);
    av_packet_free(&packet);
    avformat_close_input(&ctx);
    return ret < 0 || !known;
}
