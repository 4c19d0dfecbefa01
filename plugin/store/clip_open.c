/* i2v: open the finished clip on a caller's context
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/clip.h"

#include <errno.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/mathematics.h>
#include <libavutil/mem.h>

#include "base/compat.h"
#include "base/files.h"
#include "store/mp4_boxes.h"

/* What a caller may have set against files of unknown origin. */
static const char *const aside_names[] = {"protocol_whitelist", "protocol_blacklist",
                                          "format_whitelist"};
#define ASIDE_COUNT FF_ARRAY_ELEMS(aside_names)

/* An MP4 is opened by its own demuxer and never probed; anything else by the one that its
 * bytes speak for, if that reads moving pictures. None of these opens another file, and
 * there are no playlists, scripts, pictures or animated pictures among them. */
#define MP4_FORMATS "mov,mp4,m4a,3gp,3g2,mj2"
#define OTHER_FORMATS                                   \
    "matroska,mpegts,mpeg,avi,flv,ogg,asf,mxf,nut,ivf," \
    "yuv4mpegpipe,h264,hevc,obu"

#define SCRIPT_HEAD ((size_t)4096) ///< bytes of a script that its first name lies in

typedef struct Aside {
    char *value[ASIDE_COUNT];
    bool had_pb;
    int (*io_open)(AVFormatContext *s, AVIOContext **pb, const char *url, int flags,
                   AVDictionary **options);
} Aside;

static char **list_of(AVFormatContext *ctx, size_t i)
{
    char **const lists[] = {&ctx->protocol_whitelist, &ctx->protocol_blacklist,
                            &ctx->format_whitelist};
    return lists[i];
}

/* Put the caller's lists and hooks away and ours in their place. */
static int set_aside(AVFormatContext *ctx, AVDictionary **options, const char *formats,
                     Aside *aside)
{
    const char *const ours[ASIDE_COUNT] = {"file", NULL, formats};
    AVFormatContext *plain = avformat_alloc_context();
    int ret = plain ? 0 : AVERROR(ENOMEM);

    for (size_t i = 0; i < ASIDE_COUNT; i++) {
        const AVDictionaryEntry *entry = av_dict_get(*options, aside_names[i], NULL, 0);
        char **list = list_of(ctx, i);
        aside->value[i] = *list;
        *list = NULL;
        if (entry) {
            av_freep(&aside->value[i]);
            if (!(aside->value[i] = av_strdup(entry->value)))
                ret = AVERROR(ENOMEM);
            av_dict_set(options, aside_names[i], NULL, 0);
        }
        if (ours[i] && !(*list = av_strdup(ours[i])))
            ret = AVERROR(ENOMEM);
    }
    av_dict_set(options, "enable_drefs", NULL, 0);
    aside->io_open = ctx->io_open;
    if (plain) {
        ctx->io_open = plain->io_open;
#if I2V_HAVE_IO_CLOSE2
        /* What the plain io_open opened must not be closed by a caller's own function, so
         * a caller with such a pair keeps the plain one. */
        if (ctx->io_close2 != plain->io_close2) {
            ctx->io_close2 = plain->io_close2;
            aside->io_open = plain->io_open;
        }
#endif
    }
    avformat_free_context(plain);
    /* FFmpeg sets the flag for whoever brings a pb of his own. He frees what he finds in
     * the context when he is done, as VLC does, and nobody may close that a second time.
     */
    aside->had_pb = ctx->pb;
    ctx->pb = NULL;
    ctx->flags &= ~AVFMT_FLAG_CUSTOM_IO;
    return ret;
}

static void put_back(AVFormatContext *ctx, Aside *aside, bool lists)
{
    for (size_t i = 0; i < ASIDE_COUNT; i++) {
        if (ctx && lists) {
            av_freep(list_of(ctx, i));
            *list_of(ctx, i) = aside->value[i];
        } else {
            av_freep(&aside->value[i]);
        }
    }
    if (ctx) {
        ctx->io_open = aside->io_open;
        if (aside->had_pb)
            ctx->flags |= AVFMT_FLAG_CUSTOM_IO;
    }
}

bool clip_is_mp4(const char *path)
{
    BoxesBrand brand;
    return boxes_begin(path, &brand) < 0 || brand != BOXES_NONE;
}

static bool is_script(const char *path)
{
    size_t size = strlen(path), end = strlen(CLIP_SCRIPT);
    return size > end && !strcmp(path + size - end, CLIP_SCRIPT);
}

/* The clip that a script plays first, from what made/film.c writes. */
static char *first_of(const char *script)
{
    char *text = NULL, *name = NULL, *path = NULL, *end = NULL;
    size_t size;

    if (files_read_bytes(script, SCRIPT_HEAD, &text, &size) >= 0 && text &&
        (name = strstr(text, "file '")) && (end = strchr(name += strlen("file '"), '\'')))
        path = av_asprintf("%.*s%.*s", (int)(av_basename(script) - script), script,
                           (int)(end - name), name);
    av_free(text);
    return path;
}

/* The concat demuxer takes the first packet for the start, also one that is there to be
 * decoded and not to be shown. A film starts where its first clip does. */
static void start_as_first(AVFormatContext *film, const char *script)
{
    AVFormatContext *first = NULL;
    char *path = first_of(script);

    if (path && clip_open(&first, path, NULL) >= 0 &&
        avformat_find_stream_info(first, NULL) >= 0)
        for (unsigned i = 0; i < FFMIN(film->nb_streams, first->nb_streams); i++) {
            const AVStream *its = first->streams[i];
            if (its->start_time != AV_NOPTS_VALUE)
                film->streams[i]->start_time = av_rescale_q(
                    its->start_time, its->time_base, film->streams[i]->time_base);
        }
    avformat_close_input(&first);
    av_free(path);
}

int clip_open(AVFormatContext **ps, const char *path, AVDictionary **options)
{
    bool script = is_script(path), mp4 = !script && clip_is_mp4(path);
    const char *formats = script ? "concat," MP4_FORMATS "," OTHER_FORMATS
                          : mp4  ? MP4_FORMATS
                                 : OTHER_FORMATS;
    AVDictionary *none = NULL;
    Aside aside = {.io_open = NULL};
    int ret;

    if (!*ps && !(*ps = avformat_alloc_context()))
        return AVERROR(ENOMEM);
    if (!options)
        options = &none;
    const AVIOInterruptCB interrupt = (*ps)->interrupt_callback;
    ret = set_aside(*ps, options, formats, &aside);
    if (ret >= 0) {
        ret = avformat_open_input(ps, path,
                                  script ? av_find_input_format("concat")
                                  : mp4  ? av_find_input_format("mov")
                                         : NULL,
                                  options);
    } else {
        avformat_free_context(*ps);
        *ps = NULL;
    }
    if (ret >= 0 && script)
        start_as_first(*ps, path);
    put_back(*ps, &aside, !script);
    av_dict_free(&none);
    /* A demuxer that was cut short says that the file is damaged. */
    return ret < 0 && i2v_interrupted(&interrupt) ? AVERROR(EINTR) : ret;
}
