/* i2v: public API
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "i2v_internal.h"

#include <errno.h>

#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "clip.h"
#include "compat.h"
#include "journey.h"
#include "options.h"

/* Opening */

int i2v_open(AVFormatContext **ps, const char *url, AVDictionary **options,
             const AVIOInterruptCB *interrupt, const AVInputFormat *demuxer)
{
    GenerationFailure failure;
    AVFormatContext *ctx = *ps ? *ps : avformat_alloc_context();
    AVDictionary *tags = NULL;
    char *path = NULL;

    if (!ctx)
        return AVERROR(ENOMEM);
    /* av_log() names a context after its demuxer; until the clip is opened that is us. */
    ctx->iformat = (I2VInputFormat *)demuxer;
    int ret =
        journey_fetch(url, options, interrupt ? interrupt : &ctx->interrupt_callback, ctx,
                      ctx, &path, &tags, &failure);
    ctx->iformat = NULL;
    *ps = ctx;
    if (ret >= 0) {
        ret = clip_open(ps, path, options);
        if (ret >= 0)
            av_dict_copy(&(*ps)->metadata, tags, 0);
    } else {
        avformat_free_context(ctx);
        *ps = NULL;
    }
    av_dict_free(&tags);
    av_free(path);
    return ret;
}

/* Public functions */

static const AVClass log_class = {
    .class_name = "i2v",
    .item_name = av_default_item_name,
    .version = LIBAVUTIL_VERSION_INT,
};

static const AVClass *const log_context = &log_class;

int i2v_check(const char *url, AVDictionary **options, char *key)
{
    return journey_check(url, options, (void *)&log_context, key);
}

int i2v_fetch(const char *url, AVDictionary **options, const AVIOInterruptCB *interrupt,
              char **path)
{
    GenerationFailure failure;
    return journey_fetch(url, options, interrupt, NULL, (void *)&log_context, path, NULL,
                         &failure);
}

int i2v_submit(const char *url, AVDictionary **options, const AVIOInterruptCB *interrupt,
               char *key)
{
    GenerationFailure failure;
    return journey_dispatch(url, options, interrupt, key, &failure);
}

int i2v_open_input(AVFormatContext **ps, const char *url, AVDictionary **options)
{
    return i2v_open(ps, url, options, NULL, NULL);
}

const AVClass *i2v_get_class(void)
{
    return &options_class;
}

unsigned i2v_version(void)
{
    return I2V_VERSION_INT;
}
