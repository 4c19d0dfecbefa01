/* i2v: the shots of a manifest: all is checked before anything of any is sent
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/shots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/base64.h>
#include <libavutil/bprint.h>
#include <libavutil/common.h>
#include <libavutil/mem.h>

#include "base/clock.h"
#include "base/compat.h"
#include "base/events.h"
#include "base/files.h"
#include "request/request.h"
#include "still/still.h"

/* More mistakes are counted and not shown, and more names. */
#define MAX_SHOWN 20
#define MAX_NAMED 8

/* Where the size of a clip that is not there yet cannot be told. */
#define USUAL_WIDTH  1280
#define USUAL_HEIGHT 720

/* Count a mistake, and say it unless MAX_SHOWN were said. */
static void refuse(Shots *s, Shot *shot, int error, const char *why)
{
    Outcome *out = &shot->out;

    out->quiet = s->nb_bad++ >= MAX_SHOWN;
    outcome_fail(out, out->kind ? out->kind : FAILURE_REQUEST, error, "%s", why);
}

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
        if (s->output && files_are_same(still->value, s->output))
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
        refuse(s, shot, ret, why);
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
    shot->out.quiet = true;
    ret = shots_options(s, shot, NULL, &options);
    if (ret < 0 || !shot->line->from)
        ret = foresee(s, shot, &options, ret);
    av_dict_free(&options);
    return ret;
}

static int check_dependent(Shots *s, Shot *shot)
{
    AVDictionary *options = NULL;
    const char *clip = shot->before->look.clip;
    int ret;

    shot->out.quiet = true;
    ret =
        clip ? shots_options(s, shot, clip, &options) : blank_options(s, shot, &options);
    ret = foresee(s, shot, &options, ret);
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

/* What lines may not have in common, are found by, or are grouped by */

typedef enum What { ID, ACCOUNT, KEY } What;

typedef struct Common {
    const char *text; ///< "" where a line has none
    size_t size;
    Shot *shot; ///< NULL = what is looked for
} Common;

/* Few would tell "7" and 7 apart. */
static Common of_id(const char *json, Shot *shot)
{
    size_t size = json ? strlen(json) : 0;
    bool quoted = size > 1 && *json == '"';

    return (Common){json ? json + quoted : "", size - 2 * quoted, shot};
}

static Common common_of(Shot *shot, What what)
{
    /* Of one that has to wait for another the key may change yet. */
    const char *text = what == ACCOUNT ? shot->account
                       : shot->before  ? NULL
                                       : shot->look.key;

    return what == ID ? of_id(shot->line->id, shot)
                      : (Common){text ? text : "", text ? strlen(text) : 0, shot};
}

static int compare(const void *a, const void *b)
{
    const Common *one = a, *other = b;
    int order = memcmp(one->text, other->text, FFMIN(one->size, other->size));

    return order ? order : (one->size > other->size) - (one->size < other->size);
}

static int by_text(const void *a, const void *b)
{
    const Common *one = a, *other = b;
    int order = compare(a, b);

    return order ? order : one->shot->line->number - other->shot->line->number;
}

static void note_common(Shots *s, What what, Shot *shot, Shot *earlier)
{
    char why[256];

    if (what == KEY) {
        earlier->twin = shot;
        shot->follows = true;
        return;
    }
    snprintf(why, sizeof(why), "Line %d %s already.", earlier->line->number,
             what == ID ? "has this id"
                        : "saves its clip, or the account beside it, there");
    refuse(s, shot, AVERROR(EINVAL), why);
}

/* Each against the one before it in such an order. */
static void sort(Shots *s, What what, Common *sorted)
{
    for (int i = 0; i < s->count; i++)
        sorted[i] = common_of(&s->all[i], what);
    qsort(sorted, (size_t)s->count, sizeof(*sorted), by_text);
    for (int i = 1; i < s->count; i++)
        if (sorted[i].size && !compare(&sorted[i], &sorted[i - 1]))
            note_common(s, what, sorted[i].shot, sorted[i - 1].shot);
}

/* Who needs whom */

static int find_before(Shots *s, Shot *shot, const Common *sorted)
{
    Common wanted = of_id(shot->line->from, NULL);
    const Common *found =
        bsearch(&wanted, sorted, (size_t)s->count, sizeof(*sorted), compare);
    char why[512];

    if (found) {
        shot->before = found->shot;
        shot->next = shot->before->after;
        shot->before->after = shot;
        return 0;
    }
    snprintf(why, sizeof(why),
             "The field image is shot:%.*s, and no line has that id; shot: takes the id "
             "of another line of its manifest.",
             (int)FFMIN(wanted.size, 200), wanted.text);
    refuse(s, shot, AVERROR(EINVAL), why);
    return 0;
}

/* Whether it waits for itself in the end. */
static bool is_in_circle(const Shots *s, const Shot *shot)
{
    const Shot *before = shot->before;

    for (int i = 0; before && before != shot && i < s->count; i++)
        before = before->before;
    return before == shot;
}

/* None before the one that it needs. What is left over waits in a circle. */
static void find_turns(Shots *s)
{
    char why[256];

    for (int i = 0; i < s->count; i++)
        if (!s->all[i].before)
            s->turn[s->nb_turn++] = &s->all[i];
    for (int i = 0; i < s->nb_turn; i++)
        for (Shot *after = s->turn[i]->after; after; after = after->next)
            s->turn[s->nb_turn++] = after;
    for (int i = 0; i < s->count && s->nb_turn < s->count; i++) {
        Shot *shot = &s->all[i];
        if (!is_in_circle(s, shot))
            continue;
        snprintf(why, sizeof(why),
                 "The shot waits for itself: it begins with a frame of %s%s.",
                 shot->before->line->name,
                 shot->before == shot ? ""
                                      : ", which begins, in the end, with one of it");
        refuse(s, shot, AVERROR(EINVAL), why);
    }
}

static int link_shots(Shots *s, const Common *by_id)
{
    int ret = 0;

    for (int i = s->count - 1; i >= 0; i--)
        if (s->all[i].line->from)
            ret = find_before(s, &s->all[i], by_id);
    find_turns(s);
    for (int i = 0; i < s->nb_turn && ret >= 0; i++)
        if (s->turn[i]->before && s->turn[i]->before->checked)
            ret = check_dependent(s, s->turn[i]);
    return ret;
}

/* A film */

/* What is known of a clip before it is there, one property after the other. */
typedef enum Trait { SIZE, RATE, SOUND, NB_TRAITS } Trait;

static bool has_trait(const JourneyOutlook *look, Trait trait)
{
    return trait == SIZE   ? look->sized
           : trait == RATE ? look->rate > 0
                           : look->audio >= 0;
}

/* @return whether it is the same in both, else in words how it differs */
static bool is_alike(const JourneyOutlook *a, const JourneyOutlook *b, Trait trait,
                     char *text, size_t size)
{
    if (trait == SIZE)
        snprintf(text, size, "%dx%d and %dx%d", a->width, a->height, b->width, b->height);
    else if (trait == RATE)
        snprintf(text, size, "%d and %d frames a second", a->rate, b->rate);
    else
        snprintf(text, size, "one %s sound, the other %s; silence=1 gives each a track",
                 a->audio ? "with" : "without", a->audio ? "without" : "with");
    return trait == SIZE   ? a->width == b->width && a->height == b->height
           : trait == RATE ? a->rate == b->rate
                           : a->audio == b->audio;
}

/* Each property against that of the first shot of which it is known. */
static void check_join(Shots *s, Shot *shot, const Shot *first[NB_TRAITS])
{
    char differ[128], why[512];

    for (Trait trait = SIZE; trait < NB_TRAITS; trait++) {
        if (!has_trait(&shot->look, trait))
            continue;
        if (!first[trait])
            first[trait] = shot;
        if (is_alike(&first[trait]->look, &shot->look, trait, differ, sizeof(differ)))
            continue;
        snprintf(why, sizeof(why),
                 "Its clip would not join that of %s: %s. Ask for the same of both, or "
                 "join them by filters.",
                 first[trait]->line->name, differ);
        refuse(s, shot, AVERROR(EINVAL), why);
        return;
    }
}

static void check_joins(Shots *s)
{
    const Shot *first[NB_TRAITS] = {NULL};

    for (int i = 0; i < s->count; i++)
        if (s->all[i].checked)
            check_join(s, &s->all[i], first);
}

/* The whole */

/* What is written anyway must not be the film's file. */
static void check_output(Shots *s, Shot *shot)
{
    const JourneyOutlook *look = &shot->look;

    if (shot->checked && s->output &&
        ((look->save &&
          (!strcmp(look->save, s->output) || files_are_same(look->save, s->output))) ||
         (look->clip && files_are_same(look->clip, s->output))))
        refuse(s, shot, AVERROR(EINVAL),
               "The film would be written over the clip of this line.");
}

static int find_accounts(Shots *s)
{
    for (int i = 0; i < s->count; i++) {
        Shot *shot = &s->all[i];
        check_output(s, shot);
        if (shot->look.save && !(shot->account = account_path(shot->look.save)))
            return AVERROR(ENOMEM);
    }
    return 0;
}

static int check_all(Shots *s)
{
    Common *sorted = av_calloc((size_t)s->count, sizeof(*sorted));
    int ret = sorted ? check_lines(s) : AVERROR(ENOMEM);

    if (ret >= 0) {
        sort(s, ID, sorted);
        ret = link_shots(s, sorted);
    }
    if (ret >= 0 && (ret = find_accounts(s)) >= 0) {
        sort(s, ACCOUNT, sorted);
        sort(s, KEY, sorted);
        if (s->is_film)
            check_joins(s);
    }
    av_free(sorted);
    return ret;
}

/* Whether nothing of all is sent. */
static bool is_rehearsed(const Shots *s)
{
    int i = 0;

    while (i < s->count && s->all[i].look.dry_run)
        i++;
    return i == s->count;
}

/* In a dry run of all of them: whether it would be. */
bool shots_buy(const Shots *s, const Shot *shot)
{
    return shot->look.buys && !shot->follows && (!shot->look.dry_run || is_rehearsed(s));
}

void shots_add_up(const Shots *s, PriceSum *sum)
{
    for (int i = 0; i < s->count; i++)
        if (shots_buy(s, &s->all[i]))
            price_add(sum, s->all[i].look.price, s->all[i].look.max_total);
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
    if (s->nb_bad > MAX_SHOWN)
        snprintf(shown, sizeof(shown), " (%d are shown)", MAX_SHOWN);
    shots_count_failed(s, &kind);
    return events_fail(s->voice, s->out, kind, AVERROR(EINVAL),
                       "%d %s in the manifest of %d %s%s; nothing sent.", s->nb_bad,
                       s->nb_bad == 1 ? "mistake" : "mistakes", s->count,
                       s->count == 1 ? "line" : "lines", shown);
}

/* Which shots of a film are bought. */
static void name_bought(const Shots *s, const PriceSum *sum, AVBPrint *names)
{
    int named = 0;

    for (int i = 0; i < s->count; i++) {
        const Shot *shot = &s->all[i];
        Common id = of_id(shot->line->id, NULL);
        if (!shots_buy(s, shot))
            continue;
        if (named++ < MAX_NAMED)
            av_bprintf(names, "%s%.*s", named > 1 ? ", " : "", (int)id.size, id.text);
    }
    if (sum->buys > MAX_NAMED)
        av_bprintf(names, " and %d more", sum->buys - MAX_NAMED);
}

int shots_price(const Shots *s, const PriceSum *sum)
{
    const char *dry = is_rehearsed(s) ? "Dry run: " : "";
    AVBPrint names;
    char text[128];

    price_say_sum(sum, text, sizeof(text));
    av_bprint_init(&names, 0, AV_BPRINT_SIZE_AUTOMATIC);
    if (s->is_film)
        name_bought(s, sum, &names);
    if (s->is_film)
        events_say(s->voice, AV_LOG_INFO, "%s%d %s, %s%s%s.", dry, s->count,
                   s->count == 1 ? "shot" : "shots", text, *names.str ? ": " : "",
                   names.str);
    else
        events_say(s->voice, AV_LOG_INFO, "%s%d requests, %s.", dry, s->count, text);
    av_bprint_finalize(&names, NULL);
    return price_check_sum(sum, s->out);
}
