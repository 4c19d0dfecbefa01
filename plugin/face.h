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
struct AVFormatContext;
struct AVInputFormat;

/* Raised whenever the table below changes; shim and plugin must agree exactly. */
#define I2V_FACE_VERSION 1

/* What the shim resolves in the plugin, and the signature behind the name. */
#define I2V_FACE_SYMBOL "i2v_face"
typedef const struct I2VFace *I2VFaceFunction(unsigned face_version);

typedef struct I2VFace {
    /* LIBAVFORMAT_VERSION_MAJOR the plugin was compiled against. */
    unsigned avformat_major;

    /* Address of avformat_version() as the plugin's own references resolve, so that the
     * shim can tell whether host and plugin share one copy of libavformat. */
    const void *avformat_version;

    /* The hollow demuxer "i2v"; static, never freed. Thread-safe. */
    const struct AVInputFormat *(*demuxer)(void);

    /* A copy of the host's AVFormatContext class whose children also hold our options;
     * static, never freed; `real` itself for a second, other class. Thread-safe. */
    const struct AVClass *(*format_class)(const struct AVClass *real);

    /* avformat_open_input() for our format or an i2v: URL: fetches the clip and opens it
     * on the caller's context. On error the context is freed and *ps is NULL.
     * Thread-safe. */
    int (*open_input)(struct AVFormatContext **ps, const char *url,
                      struct AVDictionary **options);
} I2VFace;

/** The plugin's table, or NULL when it does not speak `face_version`. Thread-safe. */
I2VFaceFunction i2v_face;

#endif
