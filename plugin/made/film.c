/* i2v: the script by which FFmpeg plays clips as one
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "made/made.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/mem.h>

#include "base/compat.h"
#include "base/digest.h"
#include "base/files.h"
#include "made/place.h"
#include "made/trim.h"
#include "store/clip.h"

/* A part may begin so much behind a key frame and still begin there, seconds. */
#define KEY_SLACK 0.001

/* What has to be the same in clips that are joined. */
typedef struct Kind {
    char text[256];   ///< in words
    int64_t duration; ///< microseconds
} Kind;

/* Whether the streams of each clip bring their parameter sets along when they are
 * joined; of others the first clip's would be those of all. */
static bool brings_its_own(enum AVCodecID id)
{
    return id == AV_CODEC_ID_H264 || id == AV_CODEC_ID_HEVC;
}

static void describe_stream(AVBPrint *text, const AVStream *stream)
{
    const AVCodecParameters *par = stream->codecpar;
    char digest[DIGEST_TEXT_SIZE];

    av_bprintf(text, "%s%s", text->len ? ", " : "", avcodec_get_name(par->codec_id));
    if (par->codec_type == AVMEDIA_TYPE_VIDEO)
        av_bprintf(text, " %dx%d at %.6g/s in 1/%d", par->width, par->height,
                   av_q2d(stream->avg_frame_rate), stream->time_base.den);
    if (par->codec_type == AVMEDIA_TYPE_AUDIO)
        av_bprintf(text, " %d Hz with %d channels", par->sample_rate,
#if I2V_HAVE_CH_LAYOUT
                   par->ch_layout.nb_channels);
#else
                   par->channels);
#endif
    if (brings_its_own(par->codec_id) || par->extradata_size <= 0)
        return;
    digest_text(par->extradata, (size_t)par->extradata_size, digest);
    av_bprintf(text, " (%.8s)", digest);
}

static int look(const char *clip, Kind *kind)
{
    AVFormatContext *ctx = NULL;
    AVBPrint text;
    int ret = clip_open(&ctx, clip, NULL);

    /* A file without an index in front says less before it is read. */
    if (ret >= 0)
        ret = avformat_find_stream_info(ctx, NULL);
    if (ret < 0) {
        avformat_close_input(&ctx);
        return ret;
    }
    av_bprint_init_for_buffer(&text, kind->text, sizeof(kind->text));
    for (unsigned i = 0; i < ctx->nb_streams; i++)
        describe_stream(&text, ctx->streams[i]);
    kind->duration = ctx->duration > 0 ? ctx->duration : 0;
    avformat_close_input(&ctx);
    return 0;
}

/* Where a part begins. Between two key frames only who decodes can begin there. */
static int look_for_key(const MadeShot *shot, bool copied, const Outcome *out)
{
    double key = 0;
    int ret = shot->start > 0 ? trim_find_key(shot->clip, shot->start, &key) : 0;

    if (ret >= 0 && shot->start - key > KEY_SLACK)
        outcome_say(
            out, copied ? AV_LOG_WARNING : AV_LOG_INFO,
            "%s: the part from %.3g s on begins between two key frames: %s the frames "
            "from %.3g s on come along.",
            shot->name, shot->start, copied ? "nothing is encoded, so" : "with -c copy",
            FFMAX(key, 0));
    return ret;
}

/* The clip itself, or the part of it that is shown. */
static int find_shown(const MadeShot *shot, bool copied, const AVIOInterruptCB *interrupt,
                      Outcome *out, char **path)
{
    char kind[64];
    double start = FFMAX(shot->start, 0);
    int ret = look_for_key(shot, copied, out);

    *path = NULL;
    if (ret < 0)
        return outcome_fail(out, FAILURE_STORE, ret, "Cannot read the clip %s: %s.",
                            shot->clip, av_err2str(ret));
    if (start <= 0 && shot->end < 0) {
        *path = av_strdup(shot->clip);
        return *path ? 0 : AVERROR(ENOMEM);
    }
    snprintf(kind, sizeof(kind), "trim %" PRId64 " %" PRId64,
             (int64_t)llrint(start * 1e6), (int64_t)llrint(shot->end * 1e6));
    ret = place_find_copy(kind, shot->clip, out, path);
    if (!ret)
        ret = trim_copy(shot->clip, start, shot->end, NULL, *path, 0600, interrupt, out);
    return FFMIN(ret, 0);
}

/* A name beside the script, as the demuxer takes from anybody, leads to the clip. */
static int link_clip(const char *clip, Outcome *out, char **link)
{
    char to[PATH_MAX];
    char *name = av_asprintf("%d link %s", PLACE_FORMAT, clip);
    int ret = name ? place_find(name, out, link) : AVERROR(ENOMEM);
    ssize_t size = ret > 0 ? readlink(*link, to, sizeof(to)) : -1;

    av_free(name);
    if (ret < 0 || (size == (ssize_t)strlen(clip) && !memcmp(to, clip, (size_t)size)))
        return FFMIN(ret, 0);
    if (ret > 0)
        unlink(*link);
    ret = symlink(clip, *link) < 0 && errno != EEXIST ? AVERROR(errno) : 0;
    return ret < 0 ? outcome_fail(out, FAILURE_STORE, ret, "Cannot make the link %s: %s.",
                                  *link, av_err2str(ret))
                   : 0;
}

static int add_shot(const MadeShot *shot, const MadeShot *first, bool copied,
                    Kind *of_all, const AVIOInterruptCB *interrupt, Outcome *out,
                    AVBPrint *script)
{
    Kind kind = {.duration = 0};
    char *shown = NULL, *link = NULL;
    int ret = find_shown(shot, copied, interrupt, out, &shown);

    if (ret >= 0 && (ret = look(shown, &kind)) < 0)
        outcome_fail(out, FAILURE_STORE, ret, "Cannot open the clip of %s, %s: %s.",
                     shot->name, shown, av_err2str(ret));
    if (shot == first)
        *of_all = kind;
    if (ret >= 0 && strcmp(kind.text, of_all->text))
        ret = outcome_fail(
            out, FAILURE_REQUEST, AVERROR(EINVAL),
            "The clips of %s and %s do not join as they are: %s, and %s. Filters join "
            "them: scale, fps, aresample and concat, as samples/join.sh does.",
            first->name, shot->name, of_all->text, kind.text);
    if (ret >= 0)
        ret = link_clip(shown, out, &link);
    if (ret >= 0) {
        av_bprintf(script, "file '%s'\n", av_basename(link));
        if (kind.duration)
            av_bprintf(script, "duration %" PRId64 ".%06" PRId64 "\n",
                       kind.duration / 1000000, kind.duration % 1000000);
    }
    av_free(link);
    av_free(shown);
    return ret;
}

int made_film(const MadeShot *shots, int count, bool copied,
              const AVIOInterruptCB *interrupt, Outcome *out, char **path)
{
    Kind kind = {.duration = 0};
    AVBPrint script;
    int ret = 0;

    *path = NULL;
    av_bprint_init(&script, 0, AV_BPRINT_SIZE_UNLIMITED);
    av_bprintf(&script, "ffconcat version 1.0\n");
    for (int i = 0; i < count && ret >= 0; i++)
        ret = i2v_interrupted(interrupt)
                  ? AVERROR(EINTR)
                  : add_shot(&shots[i], shots, copied, &kind, interrupt, out, &script);
    if (ret >= 0 && !av_bprint_is_complete(&script))
        ret = AVERROR(ENOMEM);
    if (ret >= 0)
        ret = place_find_as(script.str, CLIP_SCRIPT, out, path);
    if (!ret && (ret = files_save(*path, script.str, script.len, 0600)) < 0)
        outcome_fail(out, FAILURE_STORE, ret, "Cannot write the film's script %s: %s.",
                     *path, av_err2str(ret));
    if (ret < 0)
        av_freep(path);
    av_bprint_finalize(&script, NULL);
    return FFMIN(ret, 0);
}

int made_joined(const char *script, const AVDictionary *tags, const char *path,
                const AVIOInterruptCB *interrupt, Outcome *out)
{
    return trim_copy(script, 0, -1, tags, path, 0666, interrupt, out);
}
