/* i2v: the bench: from knowing that a clip is there to its first packet
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * usage: bench-open URL
 *
 * Opens an i2v: URL and reads one packet. Prints, in seconds from the moment when the
 * gateway's answer "completed" was said, a JSON object of when the download ended as far
 * as the caller can tell (open) and when the packet was there (packet). */
#include <stdio.h>
#include <string.h>

#include <libavformat/avformat.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/time.h>

#include "i2v.h"

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

static double since_known(void)
{
    return (double)(av_gettime_relative() - known) / 1e6;
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
    int ret = i2v_open_input(&ctx, argv[1], NULL);
    double opened = since_known();
    if (ret >= 0)
        ret = av_read_frame(ctx, packet);
    if (ret >= 0 && known)
        printf("{\"open\":%.6f,\"packet\":%.6f}\n", opened, since_known());
    av_packet_free(&packet);
    avformat_close_input(&ctx);
    return ret < 0 || !known;
}
