/* i2v: public API
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "i2v.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "i2v_internal.h"
#include "store/clip.h"
#include "store/provenance.h"
#include "base/compat.h"
#include "base/events.h"
#include "base/numbers.h"
#include "journey/journey.h"
#include "request/options.h"

/* The hollow demuxer: what hosts of the shim find by name, and what av_log() calls every
 * open of ours by. */

static const union {
    AVInputFormat format;
    uint8_t room[sizeof(AVInputFormat) + I2V_ROOM_BEHIND];
} hollow = {
    .format =
        {
            .name = "i2v",
            .long_name = "Image-to-video generation by a remote gateway",
            .flags = AVFMT_NOFILE,
            .priv_class = &options_class,
        },
};

const AVInputFormat *i2v_demuxer(void)
{
    return &hollow.format;
}

/* Callbacks */

/* Whether the thread is in a call already: a callback that asked for a clip would wait
 * for the very turn that it is called in. */
static _Thread_local bool inside;

static int enter(Numbers *numbers)
{
    if (inside)
        return AVERROR(EDEADLK);
    inside = true;
    numbers_begin(numbers);
    return 0;
}

static int leave(Numbers *numbers, int ret)
{
    inside = false;
    return numbers_end(numbers, ret);
}

/* Opening */

static int open_clip(AVFormatContext **ps, const char *url, AVDictionary **options,
                     const AVIOInterruptCB *interrupt)
{
    AVFormatContext *ctx = *ps;
    AVDictionary *tags = NULL;
    Ask ask = {
        .url = url,
        .options = options,
        .interrupt = interrupt ? interrupt : &ctx->interrupt_callback,
        .caller = ctx,
        .tags = &tags,
    };
    Outcome out = {.log = ctx};
    char *path = NULL;

    /* av_log() names a context after its demuxer; until the clip is opened that is us. */
    ctx->iformat = (I2VInputFormat *)i2v_demuxer();
    int ret = journey_fetch(&ask, &path, &out);
    ctx->iformat = NULL;
    if (ret >= 0) {
        ret = clip_open(ps, path, options);
        if (ret >= 0) {
            provenance_mark(&tags, (*ps)->metadata);
            av_dict_copy(&(*ps)->metadata, tags, 0);
        }
    } else {
        avformat_free_context(ctx);
        *ps = NULL;
    }
    av_dict_free(&tags);
    av_free(path);
    return ret;
}

int i2v_open(AVFormatContext **ps, const char *url, AVDictionary **options,
             const AVIOInterruptCB *interrupt)
{
    Numbers numbers;

    if (!*ps && !(*ps = avformat_alloc_context()))
        return AVERROR(ENOMEM);
    int ret = enter(&numbers);
    if (ret < 0) {
        avformat_free_context(*ps);
        *ps = NULL;
        return ret;
    }
    return leave(&numbers, open_clip(ps, url, options, interrupt));
}

int i2v_open_input(AVFormatContext **ps, const char *url, AVDictionary **options)
{
    return i2v_open(ps, url, options, NULL);
}

/* The other public functions */

int i2v_check(const char *url, AVDictionary **options, char *key)
{
    Ask ask = {.url = url, .options = options};
    Outcome out = {.log = events_anyone};
    Numbers numbers;
    int ret = enter(&numbers);

    return ret < 0 ? ret : leave(&numbers, journey_check(&ask, key, &out));
}

int i2v_fetch(const char *url, AVDictionary **options, const AVIOInterruptCB *interrupt,
              char **path)
{
    Ask ask = {.url = url, .options = options, .interrupt = interrupt};
    Outcome out = {.log = events_anyone};
    Numbers numbers;
    int ret = enter(&numbers);

    *path = NULL;
    return ret < 0 ? ret : leave(&numbers, journey_fetch(&ask, path, &out));
}

int i2v_submit(const char *url, AVDictionary **options, const AVIOInterruptCB *interrupt,
               char *key)
{
    Ask ask = {.url = url, .options = options, .interrupt = interrupt};
    Outcome out = {.log = events_anyone};
    Numbers numbers;
    int ret = enter(&numbers);

    return ret < 0 ? ret : leave(&numbers, journey_submit(&ask, true, key, &out));
}

const AVClass *i2v_get_class(void)
{
    return &options_class;
}

unsigned i2v_version(void)
{
    return I2V_VERSION_INT;
}
