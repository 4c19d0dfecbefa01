/* i2v: the shots of a manifest: all is checked before anything of any is sent
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/shots.h"

#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/base64.h>
#include <libavutil/common.h>
#include <libavutil/mem.h>

#include "base/clock.h"
#include "base/compat.h"
#include "base/events.h"
#include "made/made.h"
#include "request/request.h"
#include "still/still.h"

/* Where the size of a clip that is not there yet cannot be told. */
#define USUAL_WIDTH  1280
#define USUAL_HEIGHT 720

/* One shot */

static int check_stills(const Shots *s, const AVDictionary *options, Outcome *out)
{
    static const char *const names[] = {"image", "end_image"};

    for (size_t i = 0; i < FF_ARRAY_ELEMS(names); i++) {
        const AVDictionaryEntry *still =
            av_dict_get(options, names[i], NULL, AV_DICT_MATCH_CASE);
        if (!still)
            continue;
        if (s->from_stdin && still_is_stdin(still->value))
            return outcome_refuse(out,
                                  "The still '%s' is standard input, on which the "
                                  "manifest comes.",
                                  still->value);
        if (i && av_strstart(still->value, "shot:", NULL))
            return outcome_refuse(out,
                                  "The field end_image is '%s'; only image may be a "
                                  "frame of another shot.",
                                  still->value);
        if (s->output && still_is_file(still->value, s->output))
            return outcome_refuse(out, "The film would be written over the still '%s'.",
                                  still->value);
        if (manifest_named(still->value))
            return outcome_refuse(out,
                                  "The still '%s' is a film; a shot takes a picture, a "
                                  "video or a frame of another shot.",
                                  still->value);
    }
    return 0;
}

/* In place of a frame that is not there yet: a picture of its size, in one bit a pixel.
 */
static char *blank_still(int width, int height)
{
    static const char head[] = "data:image/x-portable-bitmap;base64,";
    size_t size = (size_t)((width + 7) / 8) * (size_t)height;
    char *bitmap = av_mallocz(32 + size), *uri = NULL;
    int begun = bitmap ? snprintf(bitmap, 32, "P4\n%d %d\n", width, height) : 0;
    size_t room = AV_BASE64_SIZE((size_t)begun + size);

    if (bitmap)
        uri = av_malloc(sizeof(head) + room);
    if (uri) {
        memcpy(uri, head, sizeof(head));
        av_base64_encode(uri + strlen(head), (int)room, (const uint8_t *)bitmap,
                         begun + (int)size);
    }
    av_free(bitmap);
    return uri;
}

/* The options of a shot whose still is not there yet. */
static int blank_options(const Shots *s, Shot *shot, AVDictionary **options)
{
    const JourneyOutlook *look = &shot->before->look;
    bool known = look->width > 0;
    char *blank = blank_still(known ? look->width : USUAL_WIDTH,
                              known ? look->height : USUAL_HEIGHT);
    int ret = blank ? shots_options(s, shot, NULL, options) : AVERROR(ENOMEM);

    if (ret >= 0)
        ret = av_dict_set(options, "image_time", NULL, 0);
    if (ret >= 0)
        ret = av_dict_set(options, "image", blank, 0);
    av_free(blank);
    return FFMIN(ret, 0);
}

/* Check a request. @return AVERROR(EINTR) or AVERROR(ENOMEM), else 0 */
static int foresee(Shots *s, Shot *shot, AVDictionary **options, int ret)
{
    bool blank = shot->before && !shot->before->look.clip;
    Ask ask = {
        .options = options,
        .interrupt = s->interrupt,
        .caller = shot->before ? NULL : s->caller,
        .id = shot->line->plain,
        .voice = EVENTS_QUIET,
    };

    if (ret >= 0)
        ret = check_stills(s, *options, &shot->out);
    if (ret >= 0)
        ret = journey_foresee(&ask, s->prices, &shot->look, &shot->out);
    if (ret == AVERROR(EINTR) || ret == AVERROR(ENOMEM))
        return ret;
    if (ret < 0 && !shot->look.settled) {
        char why[sizeof(shot->out.why)];
        av_strlcpy(why, shot->out.why[0] ? shot->out.why : av_err2str(ret), sizeof(why));
        shots_refuse(s, shot, ret, why);
        return 0;
    }
    /* The key and the record of a blank still are nobody's. */
    if (blank) {
        shot->look.key[0] = '\0';
        shot->look.settled = false;
        av_freep(&shot->look.clip);
    }
    shot->out = (Outcome){.log = shot->line};
    shot->checked = true;
    return 0;
}

/* Parse a line, and check it whole if it needs no other. */
static int check_line(Shots *s, Shot *shot)
{
    AVDictionary *options = NULL;
    int ret;

    /* Which mistakes are said is known when they are counted. */
    shot->out.keeps = true;
    ret = shots_options(s, shot, NULL, &options);
    if (ret < 0 || !shot->line->from)
        ret = foresee(s, shot, &options, ret);
    av_dict_free(&options);
    return ret;
}

/* Whether it is known that it, or one before it, will not come to a clip. */
static bool is_in_vain(const Shot *shot)
{
    for (; shot; shot = shot->before)
        if (shot->look.settled && !shot->look.clip && !shot->look.dry_run)
            return true;
    return false;
}

static int check_dependent(Shots *s, Shot *shot)
{
    AVDictionary *options = NULL;
    const char *clip = shot->before->look.clip;
    int ret;

    shot->out.keeps = true;
    shot->out.quiet = !clip; // what a blank still loses is no news
    ret =
        clip ? shots_options(s, shot, clip, &options) : blank_options(s, shot, &options);
    ret = foresee(s, shot, &options, ret);
    shot->look.buys = shot->look.buys && !is_in_vain(shot->before);
    av_dict_free(&options);
    return ret;
}

static int check_lines(Shots *s)
{
    int ret = 0;

    for (int i = 0; i < s->count && ret >= 0; i++) {
        char text[64];

        if (i2v_interrupted(s->interrupt))
            return AVERROR(EINTR);
        snprintf(text, sizeof(text), "checking %d of %d", i + 1, s->count);
        events_progress(s->voice, text, clock_now() - s->began, 0);
        ret = check_line(s, &s->all[i]);
    }
    return ret;
}

static int find_accounts(Shots *s)
{
    for (int i = 0; i < s->count; i++) {
        Shot *shot = &s->all[i];
        if (shot->look.save && !(shot->account = account_path(shot->look.save)))
            return AVERROR(ENOMEM);
    }
    return 0;
}

static void count_rehearsed(Shots *s)
{
    int dry = 0;

    for (int i = 0; i < s->count; i++)
        dry += s->all[i].look.dry_run;
    s->rehearsed = dry == s->count;
    s->part_rehearsed = dry > 0;
}

static int check_all(Shots *s)
{
    int ret = check_lines(s);

    if (ret >= 0)
        ret = shots_link(s);
    for (int i = 0; i < s->nb_turn && ret >= 0; i++)
        if (s->turn[i]->before && s->turn[i]->before->checked)
            ret = check_dependent(s, s->turn[i]);
    if (ret >= 0 && (ret = find_accounts(s)) >= 0)
        ret = shots_group(s);
    count_rehearsed(s);
    if (ret < 0 || !s->is_film)
        return ret;
    shots_check_joins(s);
    return made_check_place(s->out);
}

int shots_check(Shots *s, bool prices)
{
    char shown[48] = "";
    Failure kind;
    int ret;

    s->prices = prices;
    ret = check_all(s);

    if (ret == AVERROR(EINTR))
        return events_fail(s->voice, s->out, FAILURE_REQUEST, ret,
                           "Interrupted. Nothing was sent.");
    if (ret < 0)
        return ret;
    if (!s->nb_bad)
        return 0;
    if (s->nb_bad > SHOTS_MAX_SHOWN)
        snprintf(shown, sizeof(shown), " (%d are shown)", SHOTS_MAX_SHOWN);
    shots_count_failed(s, &kind);
    return events_fail(s->voice, s->out, kind, AVERROR(EINVAL),
                       "%d %s in the manifest of %d %s%s; nothing sent.", s->nb_bad,
                       s->nb_bad == 1 ? "mistake" : "mistakes", s->count,
                       s->count == 1 ? "line" : "lines", shown);
}
