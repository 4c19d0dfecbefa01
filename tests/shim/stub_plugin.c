/* i2v: a stub of the plugin for the tests of the shim: opens a clip that is there already
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <libavfilter/avfilter.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include "../../plugin/base/compat.h"
#include "../../plugin/host/face.h"

/*
 * I2V_STUB in the environment makes it unfit: "face" speaks another version of the face,
 * "major" was built for another libavformat, "copy" is bound to another copy of it.
 * I2V_STUB_CLIP is what open_input() opens; I2V_STUB_TRACE makes it say so.
 */

typedef struct StubOptions {
    const AVClass *class;
    char *prompt;
} StubOptions;

static const AVOption stub_options[] = {
    {"prompt",
     "what happens in the clip",
     offsetof(StubOptions, prompt),
     AV_OPT_TYPE_STRING,
     {.str = NULL},
     0,
     0,
     AV_OPT_FLAG_DECODING_PARAM,
     NULL},
    {.name = NULL},
};

static const AVClass stub_class = {
    .class_name = "i2v",
    .item_name = av_default_item_name,
    .option = stub_options,
    .version = LIBAVUTIL_VERSION_INT,
};

/* Room for whatever private fields follow the public ones. */
static const union {
    AVInputFormat format;
    char room[1024];
} stub_demuxer = {
    .format = {.name = "i2v", .long_name = "stub of i2v", .priv_class = &stub_class},
};

static const AVClass *real_class;
static AVClass class_copy;

#if I2V_HAVE_CHILD_CLASS_ITERATE
static const AVClass *next_child(void **state)
{
    static char ours, done;
    const AVClass *child;

    if (*state == &done)
        return NULL;
    if (*state == &ours) {
        *state = &done;
        return NULL;
    }
    child = real_class->child_class_iterate(state);
    if (!child) {
        *state = &ours;
        child = &stub_class;
    }
    return child;
}
#else
static const AVClass *next_child(const AVClass *previous)
{
    const AVClass *child;

    if (previous == &stub_class)
        return NULL;
    child = real_class->child_class_next(previous);
    return child ? child : &stub_class;
}
#endif

static const AVInputFormat *stub_get_demuxer(void)
{
    return &stub_demuxer.format;
}

static const AVClass *stub_format_class(const AVClass *real)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

    pthread_mutex_lock(&mutex);
    if (!real_class) {
        class_copy = *real;
#if I2V_HAVE_CHILD_CLASS_ITERATE
        class_copy.child_class_iterate = next_child;
#else
        class_copy.child_class_next = next_child;
#endif
        real_class = real;
    }
    pthread_mutex_unlock(&mutex);
    return &class_copy;
}

static int stub_open_input(AVFormatContext **ps, const char *url, AVDictionary **options,
                           const I2VInterrupt *interrupt)
{
    const char *clip = getenv("I2V_STUB_CLIP");
    AVDictionaryEntry *prompt =
        options ? av_dict_get(*options, "prompt", NULL, AV_DICT_MATCH_CASE) : NULL;

    if (interrupt->callback(interrupt->opaque))
        abort();
    if (getenv("I2V_STUB_TRACE"))
        av_log(NULL, AV_LOG_ERROR, "stub: url %s prompt %s\n", url,
               prompt ? prompt->value : "none");
    if (prompt)
        av_dict_set(options, "prompt", NULL, 0);
    /* these come back to the shim, which must pass them on whatever they name */
    if (av_find_input_format("i2v"))
        abort();
    return avformat_open_input(ps, clip ? clip : "i2v:", NULL, options);
}

/* Likewise; no private field is known of a filter either. */
static const AVFilter *stub_filter(int audio)
{
    static const union {
        AVFilter filter;
        char room[1024];
    } filters[] = {
        {.filter = {.name = "i2v",
                    .description = "stub of i2v",
                    .flags = AVFILTER_FLAG_DYNAMIC_OUTPUTS}},
        {.filter = {.name = "ai2v",
                    .description = "stub of ai2v",
                    .flags = AVFILTER_FLAG_DYNAMIC_OUTPUTS}},
    };
    return &filters[audio].filter;
}

static int stub_is_source(const AVFilterContext *ctx)
{
    (void)ctx;
    return 0;
}

static void stub_allow_line(int allowed)
{
    (void)allowed;
}

static int stub_is_interrupted(AVFormatContext *ctx)
{
    return ctx->interrupt_callback.callback ? 0 : -1;
}

/* Nothing is sent ahead. */
static int stub_is_same(const I2VNamed *named, const char *url,
                        const AVDictionary *options)
{
    (void)named;
    (void)url;
    (void)options;
    return 0;
}

static int stub_check_given(const struct AVDictionary *given)
{
    (void)given;
    return 0;
}

static unsigned another_version(void)
{
    return avformat_version();
}

const struct I2VFace *i2v_face(unsigned face_version)
{
#define FACE(major, version)                                                           \
    {                                                                                  \
        .avformat_major = major, .avformat_version = (const void *)(version),          \
        .demuxer = stub_get_demuxer, .format_class = stub_format_class,                \
        .open_input = stub_open_input, .is_same = stub_is_same, .filter = stub_filter, \
        .check_given = stub_check_given, .is_source = stub_is_source,                  \
        .allow_line = stub_allow_line, .is_interrupted = stub_is_interrupted           \
    }
    static const I2VFace face = FACE(LIBAVFORMAT_VERSION_MAJOR, avformat_version);
    static const I2VFace copy = FACE(LIBAVFORMAT_VERSION_MAJOR, another_version);
    static const I2VFace major = FACE(LIBAVFORMAT_VERSION_MAJOR + 1, avformat_version);
    const char *unfit = getenv("I2V_STUB");

    if (!unfit)
        unfit = "";
    if (face_version != I2V_FACE_VERSION || !strcmp(unfit, "face"))
        return NULL;
    if (!strcmp(unfit, "copy"))
        return &copy;
    return strcmp(unfit, "major") ? &face : &major;
}
