/* i2v: a program that embeds FFmpeg and asks libi2v for several clips
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <locale.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libavcodec/avcodec.h>
#include <libavutil/dict.h>
#include <libavutil/error.h>

#include "i2v.h"

/*
 * api_host submit|threads|leave PROMPT...
 *
 * submit: submits all, waits for a line on standard input, then opens one after the
 * other. threads: opens all at once, a thread each. For each clip a line: its prompt and
 * its packets, or the error.
 * leave: two threads fetch the same; the first no longer wants it after a line on
 * standard input.
 */

static AVDictionary *request(const char *prompt)
{
    AVDictionary *options = NULL;

    av_dict_set(&options, "prompt", prompt, 0);
    av_dict_set(&options, "duration", "4", 0);
    av_dict_set(&options, "of_the_callers", "own", 0);
    return options;
}

static void *open_one(void *opaque)
{
    const char *prompt = opaque;
    AVDictionary *options = request(prompt);
    AVFormatContext *ctx = NULL;
    AVPacket *packet = av_packet_alloc();
    int count = 0, ret = i2v_open_input(&ctx, "still.png", &options);

    while (ret >= 0 && (ret = av_read_frame(ctx, packet)) >= 0) {
        count += packet->stream_index == 0;
        av_packet_unref(packet);
    }
    if (ret == AVERROR_EOF)
        printf("%s: %d%s\n", prompt, count,
               av_dict_get(options, "of_the_callers", NULL, 0) ? ""
                                                               : ", an option is gone");
    else
        printf("%s: %s\n", prompt, av_err2str(ret));
    avformat_close_input(&ctx);
    av_packet_free(&packet);
    av_dict_free(&options);
    return NULL;
}

static int submit_all(int count, char **prompts)
{
    char key[I2V_KEY_SIZE], line[8];
    bool refused = false;

    for (int i = 0; i < count; i++) {
        AVDictionary *options = request(prompts[i]);
        int ret = i2v_submit("still.png", &options, NULL, key);
        printf("submitted %s: %s\n", prompts[i], ret < 0 ? av_err2str(ret) : key);
        av_dict_free(&options);
        refused = refused || ret < 0;
    }
    if (refused || !fgets(line, sizeof(line), stdin))
        return -1;
    for (int i = 0; i < count; i++)
        open_one(prompts[i]);
    return 0;
}

static atomic_bool left;

static int has_left(void *opaque)
{
    (void)opaque;
    return left;
}

static void *fetch_one(void *opaque)
{
    const AVIOInterruptCB interrupt = {has_left, NULL};
    AVDictionary *options = request("shared");
    char *path = NULL;
    int ret = i2v_fetch("still.png", &options, opaque ? &interrupt : NULL, &path);

    printf("%s: %s\n", opaque ? "leaves" : "stays", ret < 0 ? av_err2str(ret) : "has it");
    av_free(path);
    av_dict_free(&options);
    return NULL;
}

static int leave(void)
{
    pthread_t leaves, stays;
    char line[8];

    /* the one that leaves is the first, so that the generation is its own */
    if (pthread_create(&leaves, NULL, fetch_one, line))
        abort();
    usleep(300000);
    if (pthread_create(&stays, NULL, fetch_one, NULL))
        abort();
    if (fgets(line, sizeof(line), stdin))
        left = true;
    pthread_join(leaves, NULL);
    printf("left\n");
    pthread_join(stays, NULL);
    return 0;
}

static int open_all(int count, char **prompts)
{
    pthread_t *threads = calloc((size_t)count, sizeof(*threads));

    for (int i = 0; threads && i < count; i++)
        if (pthread_create(&threads[i], NULL, open_one, prompts[i]))
            abort();
    for (int i = 0; threads && i < count; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    return threads ? 0 : -1;
}

/* A film through every function; prints its path. */
static int film(const char *manifest)
{
    char key[I2V_KEY_SIZE] = "untouched", *path = NULL;
    AVFormatContext *ctx = NULL;
    int ret;

    if ((ret = i2v_check(manifest, NULL, key)) < 0 || *key ||
        (ret = i2v_submit(manifest, NULL, NULL, key)) < 0 || *key ||
        (ret = i2v_fetch(manifest, NULL, NULL, &path)) < 0)
        return ret < 0 ? ret : -1;
    printf("%s\n", path);
    av_free(path);
    ret = i2v_open_input(&ctx, manifest, NULL);
    if (ret >= 0 && strcmp(ctx->iformat->name, "concat"))
        ret = -1;
    avformat_close_input(&ctx);
    return ret;
}

int main(int argc, char **argv)
{
    int ret;

    if (argc < 3)
        return 64;
    setlocale(LC_ALL, ""); /* as GUI programs do */
    setvbuf(stdout, NULL, _IOLBF, 0);
    ret = !strcmp(argv[1], "submit")  ? submit_all(argc - 2, argv + 2)
          : !strcmp(argv[1], "leave") ? leave()
          : !strcmp(argv[1], "film")  ? film(argv[2])
                                      : open_all(argc - 2, argv + 2);
    return ret < 0;
}
