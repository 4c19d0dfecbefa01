/* i2v: the one table through which the preload shim sees the plugin
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_FACE_H
#define I2V_FACE_H

/*
 * Not installed. The shim includes it without any FFmpeg header, so FFmpeg's types stay
 * opaque here; every pointer belongs to the FFmpeg major that the plugin was built for.
 */
struct AVClass;
struct AVDictionary;
struct AVFilter;
struct AVFilterContext;
struct AVFilterGraph;
struct AVFilterInOut;
struct AVFormatContext;
struct AVInputFormat;

/* Raised whenever the table below changes; shim and plugin must agree exactly. */
#define I2V_FACE_VERSION 6

/* What the shim resolves in the plugin, and the signature behind the name. */
#define I2V_FACE_SYMBOL "i2v_face"
typedef const struct I2VFace *I2VFaceFunction(unsigned face_version);

/* One request as a command line or a filter graph names it. Borrowed. */
typedef struct I2VNamed {
    const char *filter; /* "i2v" or "ai2v", and text holds the filter's arguments as a
                           filter gets them; or NULL, and text is the URL of an input */
    const char *text;
    const char *const *options; /* of an input: name, value, ..., NULL; or NULL for none;
                                   those that are not i2v's are passed over */
} I2VNamed;

/* When a caller no longer wants to wait: like libavformat's AVIOInterruptCB. */
typedef struct I2VInterrupt {
    int (*callback)(void *opaque);
    void *opaque;
} I2VInterrupt;

typedef struct I2VFace {
    /* LIBAVFORMAT_VERSION_MAJOR the plugin was compiled against. */
    unsigned avformat_major;

    /* Address of avformat_version() as the plugin's own references resolve, so that the
     * shim can tell whether host and plugin share one copy of libavformat. */
    const void *avformat_version;

    /* Whether the log goes to standard error by FFmpeg's own callback, for a user who
     * wants to see how far things are: then a line may be redrawn there. Thread-safe. */
    void (*allow_line)(int allowed);

    /* The hollow demuxer "i2v"; static, never freed. Thread-safe. */
    const struct AVInputFormat *(*demuxer)(void);

    /* A copy of the host's AVFormatContext class whose children also hold our options;
     * static, never freed; `real` itself for a second, other class. Thread-safe. */
    const struct AVClass *(*format_class)(const struct AVClass *real);

    /* avformat_open_input() for our format or an i2v: URL: fetches the clip and opens it
     * on the caller's context; `interrupt` is looked at in place of the context's own. On
     * error the context is freed and *ps is NULL. Thread-safe. */
    int (*open_input)(struct AVFormatContext **ps, const char *url,
                      struct AVDictionary **options, const I2VInterrupt *interrupt);

    /* The path of the clip that open_input() has opened for an i2v: URL; give it back
     * with release(). NULL for any other URL. Thread-safe. */
    char *(*opened_clip)(const char *url);

    /* Free the context of an open that fails before it reaches the plugin, as
     * avformat_open_input() would; sets *ps to NULL. */
    void (*free_context)(struct AVFormatContext **ps);

    /* Whether the caller of an open that is in progress on this context wants it to end;
     * -1 when it has no way to say so. */
    int (*is_interrupted)(struct AVFormatContext *ctx);

    /* Whether an input that is being opened is the one that was named. */
    int (*is_same)(const I2VNamed *named, const char *url,
                   const struct AVDictionary *options);

    /* For programs that end when an option of an input is left over once it is open, as
     * ffmpeg and ffplay do: whether one will be, of what an open is given, and of an
     * input that a command line of ffmpeg's names.
     * @return 0, or a negative AVERROR after a sentence. Thread-safe. */
    int (*check_given)(const struct AVDictionary *given);
    int (*check_named)(const I2VNamed *named);

    /* Refuse the first of these options of outputs that is one of i2v's, and none of
     * FFmpeg's with such a value: behind the input it would do nothing, whatever it was
     * to prevent.
     * @param options  name, value, ..., NULL
     * @return 0, or a negative AVERROR after a sentence. Thread-safe. */
    int (*check_behind)(const char *const *options);

    /* Check all of these, then send those that have to be sent, without waiting for
     * them. @return 0, or a negative AVERROR after a sentence: nothing was sent.
     * Thread-safe. */
    int (*send_ahead)(const I2VNamed *named, int count, const I2VInterrupt *interrupt);

    /* The hollow filters "i2v" and, if `audio`, "ai2v"; static, never freed.
     * Thread-safe. */
    const struct AVFilter *(*filter)(int audio);

    /* Fetch the clip of a source filter. *movie is then the arguments of FFmpeg's movie
     * or amovie that reads it, as a filter gets them; give it back with release().
     * @return 0, or a negative AVERROR after a sentence. Thread-safe. */
    int (*fetch_source)(const I2VNamed *named, const I2VInterrupt *interrupt,
                        char **movie);
    void (*release)(char *text);

    /* Say a sentence on the log as an error of the filter's. */
    void (*complain)(const char *filter, const char *sentence);

    /* Leave a graph as a parser of libavfilter leaves it when it fails: without
     * filters. */
    void (*empty_graph)(struct AVFilterGraph *graph);

    /* Put the sound of a graph's open outputs last, when all of them have names. FFmpeg
     * before 6 asks the first for a frame before the encoder of the sound is there to say
     * how much it takes at once, and then fails with those that take little. */
    void (*sort_ends)(struct AVFilterInOut **list);

    /* Free a list of a graph's open ends, and set *list to NULL. */
    void (*free_ends)(struct AVFilterInOut **list);

    /* Graphs that a program builds by hand. Each returns what the function of
     * libavfilter would: avfilter_graph_create_filter(), avfilter_graph_alloc_filter(),
     * and avfilter_init_str() (`arguments`) or avfilter_init_dict() (`options`). */
    int (*create_source)(struct AVFilterContext **ctx, const struct AVFilter *filter,
                         const char *name, const char *arguments,
                         struct AVFilterGraph *graph, const I2VInterrupt *interrupt);
    struct AVFilterContext *(*alloc_source)(struct AVFilterGraph *graph,
                                            const struct AVFilter *filter,
                                            const char *name);
    int (*is_source)(const struct AVFilterContext *ctx); /* made by alloc_source() */
    int (*init_source)(struct AVFilterContext *ctx, const char *arguments,
                       struct AVDictionary **options, const I2VInterrupt *interrupt);
} I2VFace;

/** The plugin's table, or NULL when it does not speak `face_version`. Thread-safe. */
I2VFaceFunction i2v_face;

#endif
