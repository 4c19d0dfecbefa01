/* i2v: the plugin's side of the table through which the shim sees it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/face.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include <libavformat/avformat.h>
#include <libavutil/avstring.h>
#include <libavutil/mem.h>

#include "base/compat.h"
#include "base/line.h"
#include "host/face_parts.h"
#include "i2v_internal.h"
#include "request/options.h"

/* The host's class of AVFormatContext, with our options among its children's. */

static const AVClass *host_class;
static AVClass host_class_copy;

#if I2V_HAVE_CHILD_CLASS_ITERATE
static const AVClass *next_child(void **iterator)
{
    static char ours_was_last;
    if (*iterator == &ours_was_last)
        return NULL;
    const AVClass *child = host_class->child_class_iterate(iterator);
    if (child)
        return child;
    *iterator = &ours_was_last;
    return &options_class;
}
#else
static const AVClass *next_child(const AVClass *previous)
{
    if (previous == &options_class)
        return NULL;
    const AVClass *child = host_class->child_class_next(previous);
    return child ? child : &options_class;
}
#endif

static const AVClass *format_class(const AVClass *real)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&mutex);
    if (!host_class) {
        host_class = real;
        host_class_copy = *real;
#if I2V_HAVE_CHILD_CLASS_ITERATE
        if (real->child_class_iterate)
            host_class_copy.child_class_iterate = next_child;
#else
        if (real->child_class_next)
            host_class_copy.child_class_next = next_child;
#endif
    }
    bool ours = host_class == real;
    pthread_mutex_unlock(&mutex);
    return ours ? &host_class_copy : real;
}

static void free_context(AVFormatContext **ps)
{
    avformat_free_context(*ps);
    *ps = NULL;
}

static int is_interrupted(AVFormatContext *ctx)
{
    return ctx->interrupt_callback.callback ? i2v_interrupted(&ctx->interrupt_callback)
                                            : -1;
}

/* The latest i2v: URLs that were opened, and their clips. */

enum { OPENED_COUNT = 64 };
static struct Opened {
    char *url, *path;
} opened[OPENED_COUNT];
static pthread_mutex_t opened_mutex = PTHREAD_MUTEX_INITIALIZER;

/* Under the mutex. */
static struct Opened *find_opened(const char *url)
{
    for (int i = 0; i < OPENED_COUNT; i++)
        if (opened[i].url && !strcmp(opened[i].url, url))
            return &opened[i];
    return NULL;
}

static void note_opened(const char *url, const char *path)
{
    static unsigned next;
    struct Opened made = {av_strdup(url), av_strdup(path)};

    if (made.url && made.path) {
        pthread_mutex_lock(&opened_mutex);
        struct Opened *place = find_opened(url);
        if (!place)
            place = &opened[next++ % OPENED_COUNT];
        FFSWAP(struct Opened, *place, made);
        pthread_mutex_unlock(&opened_mutex);
    }
    av_free(made.url);
    av_free(made.path);
}

static char *opened_clip(const char *url)
{
    pthread_mutex_lock(&opened_mutex);
    const struct Opened *place = find_opened(url);
    char *path = place ? av_strdup(place->path) : NULL;
    pthread_mutex_unlock(&opened_mutex);
    return path;
}

static int open_input(AVFormatContext **ps, const char *url, AVDictionary **options,
                      const I2VInterrupt *interrupt)
{
    AVIOInterruptCB asked = {interrupt->callback, interrupt->opaque};
    int ret = i2v_open(ps, url, options, &asked);

    if (ret >= 0 && av_strstart(url, "i2v:", NULL))
        note_opened(url, (*ps)->url);
    return ret;
}

static void allow_line(int allowed)
{
    line_allow(allowed);
}

__attribute__((visibility("default"))) const I2VFace *i2v_face(unsigned face_version)
{
    static const I2VFace face = {
        .avformat_major = LIBAVFORMAT_VERSION_MAJOR,
        .avformat_version = (const void *)avformat_version,
        .allow_line = allow_line,
        .demuxer = i2v_demuxer,
        .format_class = format_class,
        .open_input = open_input,
        .opened_clip = opened_clip,
        .free_context = free_context,
        .is_interrupted = is_interrupted,
        .is_same = face_is_same,
        .check_given = face_check_given,
        .check_named = face_check_named,
        .check_behind = face_check_behind,
        .send_ahead = face_send_ahead,
        .filter = face_filter,
        .fetch_source = face_fetch_source,
        .release = face_release,
        .complain = face_complain,
        .empty_graph = face_empty_graph,
        .sort_ends = face_sort_ends,
        .free_ends = avfilter_inout_free,
        .create_source = face_create_source,
        .alloc_source = face_alloc_source,
        .is_source = face_is_source,
        .init_source = face_init_source,
    };
    return face_version == I2V_FACE_VERSION ? &face : NULL;
}
