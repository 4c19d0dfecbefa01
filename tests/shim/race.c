/* i2v: eight threads whose first calls of the hooked functions meet
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <libavformat/avformat.h>
#include "../../plugin/base/compat.h"

enum { THREADS = 8 };

static pthread_barrier_t barrier;
static const char *url;

static void *call_all(void *opaque)
{
    AVFormatContext *context = NULL;
    const AVInputFormat *listed_one;
    I2VInputFormat *format;
    int *bad = opaque, listed = 0;
    void *state = NULL;

    pthread_barrier_wait(&barrier);
    format = av_find_input_format("i2v");
    *bad = !format || !av_find_input_format("mov") || !avformat_get_class() ||
           avio_check(url, AVIO_FLAG_READ) != AVIO_FLAG_READ;
    if (avformat_open_input(&context, url, NULL, NULL) < 0)
        *bad = 1;
    avformat_close_input(&context);
    if (avformat_open_input(&context, "x", format, NULL) < 0)
        *bad = 1;
    avformat_close_input(&context);
    while ((listed_one = av_demuxer_iterate(&state)))
        listed += !strcmp(listed_one->name, "i2v");
    if (listed != 1)
        *bad = 1;
    return NULL;
}

/* race URL */
int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    int bad[THREADS] = {0};

    if (argc != 2)
        return 2;
    url = argv[1];
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, call_all, &bad[i]))
            return 2;
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++) {
        if (bad[i]) {
            printf("thread %d got a wrong answer\n", i);
            return 1;
        }
    }
    puts("all well");
    return 0;
}
