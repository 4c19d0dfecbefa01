/* i2v: a film: the shots of a manifest as one input
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/film.h"

#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/mem.h>

#include "base/files.h"
#include "journey/shots.h"
#include "made/made.h"
#include "request/options.h"

static const OptionsOrigin of_url = OPTIONS_OF_URL, of_graph = OPTIONS_OF_GRAPH;

/* A film that is asked for. */
typedef struct Film {
    Shots shots;
    AVDictionary *defaults; ///< what is asked of each of its shots
    AVDictionary *lists;    ///< what its caller restricts
    char *manifest;         ///< path
} Film;

/* What is asked for */

static bool may_be_film(const Ask *ask)
{
    const AVDictionaryEntry *image =
        ask->options ? av_dict_get(*ask->options, "image", NULL, AV_DICT_MATCH_CASE)
                     : NULL;
    return (ask->url && av_stristr(ask->url, "jsonl")) ||
           (image && av_stristr(image->value, "jsonl"));
}

bool film_is(const Ask *ask)
{
    Outcome unheard = {.quiet = true}; // the request itself says what is wrong
    AVDictionary *copy = NULL;
    Options *options = NULL;
    bool is = false;

    if (!may_be_film(ask))
        return false;
    if ((!ask->options || av_dict_copy(&copy, *ask->options, 0) >= 0) &&
        options_gather(ask->url, &copy, &unheard, &options) >= 0)
        is = options->image && manifest_named(options->image);
    options_free(&options);
    av_dict_free(&copy);
    return is;
}

/* What a caller restricts, restricts each of the shots. */
static int copy_lists(const AVDictionary *options, AVDictionary **lists)
{
    const AVDictionaryEntry *entry = NULL;
    int ret = 0;

    while (ret >= 0 && (entry = av_dict_get(options, "", entry, AV_DICT_IGNORE_SUFFIX)))
        if (av_match_list(entry->key, ASK_LISTS, ',') > 0)
            ret = av_dict_set(lists, entry->key, entry->value, 0);
    return ret;
}

/* Take the options of ours, and those of the URL; the still is the manifest. */
static int take_options(const Ask *ask, Film *film, Outcome *out)
{
    const char *body = options_url_body(ask->url);
    const AVDictionaryEntry *entry = NULL;
    AVDictionary *others = NULL;
    char *still = NULL;
    int ret = 0;

    while (ask->options && ret >= 0 &&
           (entry = av_dict_get(*ask->options, "", entry, AV_DICT_IGNORE_SUFFIX)))
        ret = av_dict_set(options_knows(entry->key) ? &film->defaults : &others,
                          entry->key, entry->value, 0);
    if (ask->options) {
        av_dict_free(ask->options);
        *ask->options = others;
    }
    if (ret >= 0)
        ret = copy_lists(others, &film->lists);
    if (ret >= 0 && body)
        ret = options_parse_url(body, &still, &film->defaults, out);
    entry = av_dict_get(film->defaults, "image", NULL, AV_DICT_MATCH_CASE);
    if (ret >= 0) {
        const char *image = entry ? entry->value : body ? still : ask->url;
        const char *manifest = image ? manifest_named(image) : NULL;
        film->manifest = manifest ? av_strdup(manifest) : NULL;
        if (!manifest)
            ret =
                outcome_refuse(out, "The option image names a film; a film is the input "
                                    "itself, or named where the input is.");
        else
            ret = film->manifest ? av_dict_set(&film->defaults, "image", NULL, 0)
                                 : AVERROR(ENOMEM);
    }
    av_free(still);
    return FFMIN(ret, 0);
}

static int check_options(const Film *film, Outcome *out)
{
    static const char *const single[] = {"end_image", "image_time", "save"};

    for (size_t i = 0; i < FF_ARRAY_ELEMS(single); i++) {
        const AVDictionaryEntry *entry =
            av_dict_get(film->defaults, single[i], NULL, AV_DICT_MATCH_CASE);
        if (entry && (strcmp(single[i], "save") || !strchr(entry->value, '{')))
            return outcome_refuse(
                out,
                "The option %s is for one shot; of the film %s each "
                "line may have its own%s.",
                single[i], film->manifest,
                !strcmp(single[i], "save") ? ", and {id} in it tells them apart" : "");
    }
    return 0;
}

static int film_open(const Ask *ask, Film *film, Outcome *out)
{
    Shots *shots = &film->shots;
    int ret = take_options(ask, film, out);

    *shots = (Shots){
        .defaults = film->defaults,
        .lists = film->lists,
        .interrupt = ask->interrupt,
        .caller = ask->caller,
        .origin = options_url_body(ask->url)                         ? &of_url
                  : ask->url && !strcmp(ask->url, OPTIONS_GRAPH_URL) ? &of_graph
                                                                     : NULL,
        .is_film = true,
        .out = out,
        .voice = events_alloc(out->log, ask->voice),
    };
    if (!shots->voice)
        ret = AVERROR(ENOMEM);
    if (ret >= 0)
        ret = check_options(film, out);
    return ret < 0 ? ret : shots_read(shots, film->manifest);
}

static void film_close(Film *film)
{
    shots_free(&film->shots);
    events_free(&film->shots.voice);
    av_dict_free(&film->defaults);
    av_dict_free(&film->lists);
    av_freep(&film->manifest);
}

/* The film */

/* What its shots have in common stays as it is; of the rest all values are there. */
static int join_tags(const Shots *shots, AVDictionary **tags)
{
    const AVDictionaryEntry *entry = NULL, *had;
    int ret = 0;

    for (int i = 0; i < shots->count; i++)
        for (entry = NULL; ret >= 0 && (entry = av_dict_get(shots->all[i].tags, "", entry,
                                                            AV_DICT_IGNORE_SUFFIX));) {
            had = av_dict_get(*tags, entry->key, NULL, AV_DICT_MATCH_CASE);
            if (had && !strcmp(had->value, entry->value))
                continue;
            ret = had ? av_dict_set(tags, entry->key, ", ", AV_DICT_APPEND) : 0;
            if (ret >= 0)
                ret = av_dict_set(tags, entry->key, entry->value, AV_DICT_APPEND);
        }
    return FFMIN(ret, 0);
}

static int join(const Shots *shots, bool copied, Outcome *out, char **path)
{
    MadeShot *parts = av_calloc((size_t)shots->count, sizeof(*parts));
    int ret = parts ? 0 : AVERROR(ENOMEM);

    for (int i = 0; i < shots->count && ret >= 0; i++) {
        const Shot *shot = &shots->all[i];
        parts[i] = (MadeShot){shot->line->name, shot->path, shot->line->trim_start,
                              shot->line->trim_end};
    }
    if (ret >= 0)
        ret = made_film(parts, shots->count, copied, shots->interrupt, out, path);
    av_free(parts);
    return ret;
}

int film_fetch(const Ask *ask, char **path, Outcome *out)
{
    Film film = {.manifest = NULL};
    Shots *shots = &film.shots;
    int ret;

    *path = NULL;
    if ((ret = film_open(ask, &film, out)) >= 0 && (ret = shots_fetch(shots)) >= 0 &&
        (ret = join(shots, false, out, path)) >= 0 && ask->tags)
        ret = join_tags(shots, ask->tags);
    if (ret < 0) {
        outcome_end(out, FAILURE_STORE, ret);
        av_freep(path);
    }
    film_close(&film);
    return ret;
}

int film_check_output(const char *path, Outcome *out)
{
    int ret;

    if (av_match_ext(path, "mp4,m4v") <= 0)
        return outcome_refuse(out,
                              "A film is written as an MP4: '%s' has to end with "
                              ".mp4; for others, ffmpeg takes the manifest as its "
                              "input.",
                              path);
    ret = files_check_writable(path);
    return ret < 0 ? outcome_fail(out, FAILURE_STORE, ret,
                                  "The film cannot be written as %s: %s; nothing sent.",
                                  path, av_err2str(ret))
                   : 0;
}

int film_write(const Shots *shots, Outcome *out)
{
    const char *path = shots->output;
    Outcome its = {.quiet = true};
    AVDictionary *tags = NULL;
    char *script = NULL;
    int ret;

    if (shots->part_rehearsed) {
        events_say(shots->voice, AV_LOG_WARNING, "Dry run: nothing is written as %s.",
                   path);
        return 0;
    }
    ret = join(shots, true, out, &script);
    if (ret >= 0)
        ret = join_tags(shots, &tags);
    if (ret >= 0)
        ret = made_joined(script, tags, path, shots->interrupt, &its);
    if (ret < 0 && its.error && ret != AVERROR(EINTR))
        outcome_fail(out, FAILURE_STORE, ret, "The film cannot be written as %s: %s.",
                     path, av_err2str(ret));
    if (ret >= 0)
        events_say(shots->voice, AV_LOG_INFO, "Film: %s.", path);
    av_dict_free(&tags);
    av_free(script);
    return outcome_end(out, FAILURE_STORE, ret);
}

int film_check(const Ask *ask, Outcome *out)
{
    Film film = {.manifest = NULL};
    int ret = film_open(ask, &film, out);

    if (ret >= 0)
        ret = shots_check(&film.shots, false);
    film_close(&film);
    return ret;
}

/* Ahead */

struct FilmHold {
    Film film;
    AVDictionary **options; ///< one for each ask
};

int film_foresee(const Ask *ask, FilmRoots *roots, Outcome *out)
{
    struct FilmHold *hold = roots->hold = av_mallocz(sizeof(*hold));
    int ret = hold ? film_open(ask, &hold->film, out) : AVERROR(ENOMEM);
    Shots *shots = hold ? &hold->film.shots : NULL;

    if (ret < 0 || (ret = shots_check(shots, true)) < 0)
        return ret;
    roots->shots = shots;
    roots->asks = av_calloc((size_t)shots->count, sizeof(*roots->asks));
    hold->options = av_calloc((size_t)shots->count, sizeof(*hold->options));
    if (!roots->asks || !hold->options)
        return AVERROR(ENOMEM);
    for (int i = 0; i < shots->count && ret >= 0; i++) {
        Shot *shot = &shots->all[i];
        int n = roots->count;
        if (shot->follows || shot->look.settled ||
            (shot->before && !shot->before->look.clip))
            continue;
        roots->count++;
        ret = shots_ask(shots, shot, &roots->asks[n], &hold->options[n]);
        roots->asks[n].tags = NULL;
        roots->asks[n].voice = ask->voice;
    }
    return ret;
}

void film_roots_clear(FilmRoots *roots)
{
    struct FilmHold *hold = roots->hold;

    for (int i = 0; i < roots->count; i++)
        av_dict_free(&hold->options[i]);
    if (hold) {
        av_free(hold->options);
        film_close(&hold->film);
    }
    av_freep(&roots->hold);
    av_freep(&roots->asks);
    roots->count = 0;
}
