/* i2v: a module linked to libavformat, to be loaded with RTLD_LOCAL as PyAV is
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <libavformat/avformat.h>

__attribute__((visibility("default"))) int run(const char *url);

int run(const char *url)
{
    AVFormatContext *context = NULL;
    int count = 0, listed = 0, ret;
    const AVInputFormat *format;
    void *state = NULL;

    while ((format = av_demuxer_iterate(&state))) {
        count++;
        if (!strcmp(format->name, "i2v"))
            listed++;
    }
    if (av_demuxer_iterate(&state))
        return 1;
    printf("demuxers: %s, i2v: %d, found: %d, class: %d, readable: %d, writable: %d\n",
           count > 100 ? "many" : "few", listed, !!av_find_input_format("i2v"),
           !!avformat_get_class(), avio_check("i2v:x", AVIO_FLAG_READ) == AVIO_FLAG_READ,
           avio_check("i2v:x", AVIO_FLAG_READ_WRITE) >= 0);
    av_log_set_level(AV_LOG_QUIET);
    ret = avformat_open_input(&context, url, NULL, NULL);
    printf("open: %s\n", ret < 0 ? av_err2str(ret) : context->iformat->name);
    avformat_close_input(&context);
    return 0;
}
