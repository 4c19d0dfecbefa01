/* i2v: a small libavformat, built several times: the copies that programs bring along
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stddef.h>

#define EXPORT __attribute__((visibility("default")))

struct AVFormatContext;
struct AVInputFormat;
struct AVDictionary;

EXPORT unsigned avformat_version(void);
EXPORT int avio_check(const char *url, int flags);
EXPORT int avformat_open_input(struct AVFormatContext **ps, const char *url,
                               const struct AVInputFormat *fmt,
                               struct AVDictionary **options);

unsigned avformat_version(void)
{
    return (unsigned)FAKE_MAJOR << 16;
}

/* Whoever asks learns which copy answers. */
int avio_check(const char *url, int flags)
{
    (void)url;
    (void)flags;
    return FAKE_MAJOR;
}

/* A call of its own from inside the library, as for what a playlist names: it goes
 * through the procedure linkage table, where a preload can catch it. */
static int open_nested(struct AVFormatContext **ps, const char *url)
{
    return avformat_open_input(ps, url, NULL, NULL);
}

int avformat_open_input(struct AVFormatContext **ps, const char *url,
                        const struct AVInputFormat *fmt, struct AVDictionary **options)
{
    (void)fmt;
    (void)options;
    return url[0] == '@' ? open_nested(ps, url + 1) : FAKE_MAJOR;
}
