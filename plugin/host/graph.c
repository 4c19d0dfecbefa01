/* i2v: the source filters as the shim sees them: in descriptions, and in graphs that a
 * program builds by hand
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/face_parts.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include <libavfilter/avfilter.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>

#include "base/compat.h"
#include "base/numbers.h"
#include "host/source.h"

/* The filename of a movie that is one of ours and has no clip yet. Nothing can be opened
 * by this name, so that a movie that is never given its clip fails. */
#define MARKER "i2v:"

typedef union Hollow {
    AVFilter filter;
    uint8_t room[sizeof(AVFilter) + I2V_ROOM_BEHIND];
} Hollow;

static Hollow hollow[2];

static void make_hollow(void)
{
    hollow[0].filter.name = "i2v";
    hollow[0].filter.description = "Generate a clip from an image by a remote gateway.";
    hollow[1].filter.name = "ai2v";
    hollow[1].filter.description =
        "Generate a clip from an image by a remote gateway, and give its audio.";
    for (int i = 0; i < 2; i++) {
        hollow[i].filter.priv_class = source_class(i);
        hollow[i].filter.flags = AVFILTER_FLAG_DYNAMIC_OUTPUTS;
    }
}

const AVFilter *face_filter(int audio)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_hollow);
    return &hollow[!!audio].filter;
}

static bool is_audio(const AVFilter *filter)
{
    return !strcmp(filter->name, "ai2v") || !strcmp(filter->name, "amovie");
}

static void *log_of(const char *filter)
{
    return source_log(!strcmp(filter, "ai2v"));
}

/* A source that was read is fetched, freed, and is a movie's arguments from then on.
 * @return ret of the reading, or how the fetching went */
static int fetch(int ret, Source *source, const I2VInterrupt *interrupt, char **movie,
                 Outcome *out)
{
    AVIOInterruptCB callback = {0};
    char *path = NULL;

    *movie = NULL;
    if (ret < 0)
        return ret;
    if (interrupt)
        callback = (AVIOInterruptCB){interrupt->callback, interrupt->opaque};
    ret = source_fetch(source, &callback, out, &path);
    if (ret >= 0 && !(*movie = source_movie(source, path)))
        ret = AVERROR(ENOMEM);
    av_free(path);
    source_free(&source);
    return ret;
}

int face_fetch_source(const I2VNamed *named, const I2VInterrupt *interrupt, char **movie)
{
    Outcome out = {.log = log_of(named->filter)};
    Source *source = NULL;
    Numbers numbers;

    numbers_begin(&numbers);
    int ret = source_read(named->filter, named->text, &out, &source);
    return numbers_end(&numbers, fetch(ret, source, interrupt, movie, &out));
}

void face_release(char *movie)
{
    av_free(movie);
}

void face_complain(const char *filter, const char *sentence)
{
    Outcome out = {.log = log_of(filter)};

    outcome_say(&out, AV_LOG_ERROR, "%s", sentence);
}

void face_empty_graph(AVFilterGraph *graph)
{
    while (graph->nb_filters)
        avfilter_free(graph->filters[0]);
    av_freep(&graph->filters);
}

static bool is_sound(const AVFilterInOut *end)
{
    return avfilter_pad_get_type(end->filter_ctx->output_pads, end->pad_idx) ==
           AVMEDIA_TYPE_AUDIO;
}

void face_sort_ends(AVFilterInOut **list)
{
    AVFilterInOut *sound = NULL, *others = NULL;
    AVFilterInOut **sound_end = &sound, **others_end = &others;

    for (const AVFilterInOut *end = *list; end; end = end->next)
        if (!end->name) /* their order is what tells them apart */
            return;
    for (AVFilterInOut *end = *list; end; end = end->next) {
        AVFilterInOut ***last = is_sound(end) ? &sound_end : &others_end;
        **last = end;
        *last = &end->next;
    }
    *sound_end = NULL;
    *others_end = sound;
    *list = others;
}

int face_create_source(AVFilterContext **ctx, const AVFilter *filter, const char *name,
                       const char *arguments, AVFilterGraph *graph,
                       const I2VInterrupt *interrupt)
{
    I2VNamed named = {.filter = filter->name, .text = arguments};
    char *movie = NULL;
    int ret = face_fetch_source(&named, interrupt, &movie);

    *ctx = NULL;
    if (ret >= 0)
        ret = avfilter_graph_create_filter(ctx, source_movie_filter(is_audio(filter)),
                                           name, movie, NULL, graph);
    av_free(movie);
    return ret;
}

AVFilterContext *face_alloc_source(AVFilterGraph *graph, const AVFilter *filter,
                                   const char *name)
{
    const AVFilter *movie = source_movie_filter(is_audio(filter));
    AVFilterContext *ctx = movie ? avfilter_graph_alloc_filter(graph, movie, name) : NULL;
    if (ctx && av_opt_set(ctx->priv, "filename", MARKER, 0) < 0) {
        avfilter_free(ctx);
        ctx = NULL;
    }
    return ctx;
}

int face_is_source(const AVFilterContext *ctx)
{
    uint8_t *filename = NULL;

    if (!ctx || !ctx->filter || !ctx->priv || !ctx->filter->name ||
        (strcmp(ctx->filter->name, "movie") && strcmp(ctx->filter->name, "amovie")) ||
        av_opt_get(ctx->priv, "filename", 0, &filename) < 0)
        return 0;
    int is = filename && !strcmp((const char *)filename, MARKER);
    av_free(filename);
    return is;
}

int face_init_source(AVFilterContext *ctx, const char *arguments, AVDictionary **options,
                     const I2VInterrupt *interrupt)
{
    const char *filter = is_audio(ctx->filter) ? "ai2v" : "i2v";
    Outcome out = {.log = log_of(filter)};
    Source *source = NULL;
    char *movie = NULL;
    Numbers numbers;

    numbers_begin(&numbers);
    int ret = options ? source_read_options(filter, *options, &out, &source)
                      : source_read(filter, arguments, &out, &source);

    ret = fetch(ret, source, interrupt, &movie, &out);
    /* Whatever a program has set on the context itself stays as it is. */
    if (ret >= 0)
        ret = avfilter_init_str(ctx, movie);
    if (ret >= 0 && options)
        av_dict_free(options);
    av_free(movie);
    return numbers_end(&numbers, ret);
}
