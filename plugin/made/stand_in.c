/* i2v: what is made here in place of a clip, or of a clip
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "made/made.h"

#include <stdio.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "made/animatic.h"
#include "made/place.h"
#include "made/silence.h"
#include "made/tagged.h"

/* Where neither request nor model says. */
#define USUAL_RATE    30
#define USUAL_SECONDS 5

#define NAME_SIZE 48

/* A clip from a still */

static int render(const Request *r, Still *still, AnimaticPlan *plan,
                  const AVIOInterruptCB *interrupt, Outcome *out, const char *path)
{
    /* Whoever encoded it has said what is cut or padded. */
    Outcome unheard = {.quiet = true};
    int rate = r->rate ? r->rate : r->model ? r->model->rate : 0;
    AVFrame *picture = NULL;
    int ret = still_frame(still, &r->target, &unheard, &picture);

    if (ret < 0)
        return ret;
    plan->picture = picture;
    plan->rate = (AVRational){rate ? rate : USUAL_RATE, 1};
    plan->duration = request_seconds(r) > 0 ? request_seconds(r) : USUAL_SECONDS;
    request_clip_size(r, still, &plan->width, &plan->height);
    ret = animatic_render(plan, path, interrupt, out);
    av_frame_free(&picture);
    return ret;
}

static void name_of(const char *kind, const char *key, AnimaticSound sound,
                    char name[REQUEST_KEY_SIZE + NAME_SIZE])
{
    snprintf(name, REQUEST_KEY_SIZE + NAME_SIZE, "%d %s %s %d", PLACE_FORMAT, kind, key,
             (int)sound);
}

static int from_still(const char *kind, const Request *r, Still *still,
                      AnimaticPlan *plan, const AVIOInterruptCB *interrupt, Outcome *out,
                      char **path)
{
    char name[REQUEST_KEY_SIZE + NAME_SIZE];
    name_of(kind, r->key, plan->sound, name);
    int ret = place_find(name, out, path);
    if (!ret)
        ret = render(r, still, plan, interrupt, out, *path);
    if (ret < 0)
        av_freep(path);
    return FFMIN(ret, 0);
}

int made_animatic(const Request *request, Still *still, const AVIOInterruptCB *interrupt,
                  Outcome *out, char **path)
{
    AnimaticPlan plan = {
        .moving = true,
        .stamp = "DRY RUN",
        .caption = request->prompt[0] ? request->prompt : NULL,
        .sound = request->audible   ? ANIMATIC_TONE
                 : request->silence ? ANIMATIC_SILENCE
                                    : ANIMATIC_MUTE,
    };
    return from_still("animatic", request, still, &plan, interrupt, out, path);
}

int made_find_animatic(const char *key, Outcome *out, char **path)
{
    static const AnimaticSound sounds[] = {ANIMATIC_TONE, ANIMATIC_SILENCE,
                                           ANIMATIC_MUTE};
    char name[REQUEST_KEY_SIZE + NAME_SIZE];
    int ret = 0;

    for (size_t i = 0; i < FF_ARRAY_ELEMS(sounds) && !ret; i++) {
        name_of("animatic", key, sounds[i], name);
        ret = place_find(name, out, path);
        if (ret <= 0)
            av_freep(path);
    }
    return ret;
}

int made_still(const Request *request, Still *still, const AVIOInterruptCB *interrupt,
               Outcome *out, char **path)
{
    AnimaticPlan plan = {.sound = ANIMATIC_SILENCE};
    return from_still("still", request, still, &plan, interrupt, out, path);
}

/* Copies of a clip */

int made_silent(const char *clip, const AVIOInterruptCB *interrupt, Outcome *out,
                char **path)
{
    int ret = place_find_copy("silence", clip, out, path);

    if (!ret)
        ret = silence_add(clip, *path, interrupt, out);
    if (ret < 0)
        av_freep(path);
    return FFMIN(ret, 0);
}

int made_tagged(const char *clip, const AVDictionary *tags, Outcome *out, char **path)
{
    char *text = NULL, *kind = NULL;
    int ret = av_dict_get_string(tags, &text, '=', '\n');

    *path = NULL;
    if (ret >= 0)
        kind = av_asprintf("tags %s", text);
    ret = kind ? place_find_copy(kind, clip, out, path) : AVERROR(ENOMEM);
    if (!ret) {
        ret = tagged_copy(clip, tags, *path);
        if (ret < 0)
            outcome_fail(out, FAILURE_STORE, ret, "Cannot copy the clip %s: %s.", clip,
                         av_err2str(ret));
    }
    if (ret <= 0)
        av_freep(path);
    av_free(kind);
    av_free(text);
    return ret;
}
