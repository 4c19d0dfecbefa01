/* i2v: the face: requests that a command line or a graph names
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/face_parts.h"

#include <errno.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>
#include <libavutil/parseutils.h>

#include "base/compat.h"
#include "base/numbers.h"
#include "request/options.h"
#include "request/request.h"
#include "host/named.h"
#include "host/source.h"
#include "journey/journey.h"
#include "made/made.h"
#include "still/still.h"
#include "store/clip.h"
#include "store/provenance.h"

/* Our options among those of a named input; the last one of a name counts. */
static int take_named(const I2VNamed *named, AVDictionary **options)
{
    int ret = 0;

    for (const char *const *at = named->options; at && at[0] && ret >= 0; at += 2)
        if (options_knows(at[0]))
            ret = av_dict_set(options, at[0], at[1], 0);
    return FFMIN(ret, 0);
}

static int count_ours(const AVDictionary *options)
{
    const AVDictionaryEntry *entry = NULL;
    int count = 0;

    while ((entry = av_dict_get(options, "", entry, AV_DICT_IGNORE_SUFFIX)))
        count += options_knows(entry->key);
    return count;
}

/* ffmpeg opens - as pipe: or fd:. */
static bool is_same_url(const char *named, const char *url)
{
    return url && (!strcmp(named, url) || (!strcmp(named, "-") && still_is_stdin(url)));
}

int face_is_same(const I2VNamed *named, const char *url, const AVDictionary *options)
{
    const AVDictionaryEntry *entry = NULL;
    AVDictionary *ours = NULL;
    int same = is_same_url(named->text, url) && take_named(named, &ours) >= 0 &&
               count_ours(options) == av_dict_count(ours);

    while (same && (entry = av_dict_get(ours, "", entry, AV_DICT_IGNORE_SUFFIX))) {
        const AVDictionaryEntry *other =
            av_dict_get(options, entry->key, NULL, AV_DICT_MATCH_CASE);
        same = other && !strcmp(other->value, entry->value);
    }
    av_dict_free(&ours);
    return same;
}

/* What is left over */

static const AVOption *find_option(const AVClass *class, const char *name, int more)
{
    return av_opt_find(&class, name, NULL, 0, AV_OPT_SEARCH_FAKE_OBJ | more);
}

/* Whether opening a file takes an option, whatever the format. */
static bool file_takes(const AVClass *class, const char *name)
{
    static const char takers[] = "AVFormatContext,AVIOContext,URLContext,file";
    const AVClass *child = NULL;
    void *state = NULL;

    if (av_match_list(class->class_name, takers, ',') <= 0)
        return false;
    if (find_option(class, name, 0))
        return true;
    while ((child = i2v_child_class(class, child, &state)))
        if (file_takes(child, name))
            return true;
    return false;
}

/* What ffmpeg finds among the codecs' it does not miss in an open. One without flags is
 * none to it. */
static bool codecs_take(const char *name)
{
    const AVClass *class = avcodec_get_class();
    const AVOption *o = find_option(class, name, AV_OPT_SEARCH_CHILDREN);

    if ((!o || !o->flags) && *name && strchr("vas", *name))
        o = find_option(class, name + 1, 0);
    return o && o->flags;
}

static bool is_left_over(const char *name)
{
    const AVClass *class = avformat_get_class();
    const AVInputFormat *mov = av_find_input_format("mov");

    if (options_knows(name) || !find_option(class, name, AV_OPT_SEARCH_CHILDREN))
        return false;
    return !codecs_take(name) && !file_takes(class, name) &&
           !(mov && mov->priv_class && find_option(mov->priv_class, name, 0));
}

/* ffmpeg ends with an option of an input that encoders alone know. */
static bool is_encoders(const char *name)
{
    const AVClass *class = avcodec_get_class();

    return !options_knows(name) && find_option(class, name, AV_OPT_SEARCH_CHILDREN) &&
           !av_opt_find(&class, name, NULL, AV_OPT_FLAG_DECODING_PARAM,
                        AV_OPT_SEARCH_CHILDREN | AV_OPT_SEARCH_FAKE_OBJ) &&
           !find_option(avformat_get_class(), name, AV_OPT_SEARCH_CHILDREN);
}

static int refuse(const char *name, int error, const char *what)
{
    Outcome out = {.log = source_log(false)};
    return outcome_fail(&out, FAILURE_REQUEST, error, "Option %s is not for %s.", name,
                        what);
}

static int refuse_left_over(const char *name)
{
    return refuse(name, AVERROR_OPTION_NOT_FOUND,
                  "i2v: it is for other formats, and this command would end with it once "
                  "the clip is there; nothing sent");
}

int face_check_given(const AVDictionary *given)
{
    const AVDictionaryEntry *entry = NULL;

    /* The programs put scan_all_pmts there themselves, and take it back. */
    while ((entry = av_dict_get(given, "", entry, AV_DICT_IGNORE_SUFFIX)))
        if (strcmp(entry->key, "scan_all_pmts") && is_left_over(entry->key))
            return refuse_left_over(entry->key);
    return 0;
}

/* How much is read */

/* The time that an option of ffmpeg's has, microseconds; 0 = it is not there. */
static int64_t time_of(const I2VNamed *named, const char *name)
{
    int64_t us = 0;

    for (const char *const *at = named->options; at && at[0]; at += 2)
        if (!strcmp(at[0], name) && av_parse_time(&us, at[1], 1) < 0)
            us = 0;
    return us;
}

/* The length of the clip that is asked for without a word about it, seconds; 0 = it is
 * left to the model, or was said, or something is wrong, which is then said elsewhere. */
static double unsaid_length(const I2VNamed *named)
{
    Outcome quiet = {.quiet = true};
    AVDictionary *given = NULL;
    Options *options = NULL;
    Request *request = NULL;
    double seconds = 0;

    if (take_named(named, &given) >= 0 &&
        options_gather(named->text, &given, &quiet, &options) >= 0 &&
        !options->duration && request_check(options, NULL, &quiet, &request) >= 0)
        seconds = request_seconds(request);
    request_free(&request);
    options_free(&options);
    av_dict_free(&given);
    return seconds;
}

/* -t and -to cut what is read, and do not make a clip longer. */
static void warn_of_end(const I2VNamed *named)
{
    int64_t length = time_of(named, "t"), start = time_of(named, "ss");
    int64_t end = length ? start + length : time_of(named, "to");
    double seconds = end > 0 ? unsaid_length(named) : 0;
    Outcome out = {.log = source_log(false)};

    if (seconds > 0 && (double)end / 1e6 > seconds + 0.001)
        outcome_say(&out, AV_LOG_WARNING,
                    "Option %s of the input '%.80s' goes beyond its clip: one of %g s is "
                    "asked for, since there is no -duration.",
                    length ? "t" : "to", named->text, seconds);
}

int face_check_named(const I2VNamed *named)
{
    for (const char *const *at = named->options; at && at[0]; at += 2) {
        if (is_left_over(at[0]))
            return refuse_left_over(at[0]);
        if (is_encoders(at[0]))
            return refuse(at[0], AVERROR(EINVAL),
                          "an input: it is for encoders, and goes before the output; "
                          "nothing sent");
    }
    warn_of_end(named);
    return 0;
}

/* Whether it is a value with a name of an option of ours: "only" of reuse. */
static bool is_our_value(const char *name, const char *value)
{
    const AVOption *o = find_option(&options_class, name, 0);
    const AVOption *c = o && o->unit ? options_class.option : NULL;

    for (; c && c->name; c++)
        if (c->type == AV_OPT_TYPE_CONST && !strcmp(c->unit, o->unit) &&
            !strcmp(c->name, value))
            return true;
    return false;
}

int face_check_behind(const char *const *options)
{
    const AVClass *codecs = avcodec_get_class(), *formats = avformat_get_class();

    for (const char *const *at = options; at[0]; at += 2)
        if (options_knows(at[0]) &&
            (is_our_value(at[0], at[1]) ||
             (!find_option(codecs, at[0], AV_OPT_SEARCH_CHILDREN) &&
              !find_option(formats, at[0], AV_OPT_SEARCH_CHILDREN))))
            return refuse(
                at[0], AVERROR(EINVAL),
                "an output: it goes before the input of i2v, and would do nothing "
                "behind it; nothing sent");
    return 0;
}

/* Sending ahead */

/* @return 1, or 0 when there is nothing to send */
static int read_source(const I2VNamed *named, const char **url, AVDictionary **options,
                       Outcome *out)
{
    Source *source = NULL;
    int ret = source_read(named->filter, named->text, out, &source);

    if (ret >= 0 && !source_is_fetched(source)) {
        *url = OPTIONS_GRAPH_URL;
        ret = av_dict_copy(options, source_options(source), 0);
        ret = ret < 0 ? ret : 1;
    }
    source_free(&source);
    return ret;
}

/* What the caller restricts, restricts us too. */
static int read_input(const I2VNamed *named, const char **url, AVDictionary **options)
{
    int ret = take_named(named, options);

    for (const char *const *at = named->options; at && at[0] && ret >= 0; at += 2)
        if (av_match_list(at[0], ASK_LISTS, ',') > 0)
            ret = av_dict_set(options, at[0], at[1], 0);
    *url = named->text;
    return ret < 0 ? ret : 1;
}

int face_send_ahead(const I2VNamed *named, int count, const I2VInterrupt *interrupt)
{
    const AVIOInterruptCB callback = {interrupt->callback, interrupt->opaque};
    Outcome out = {.log = source_log(false)};
    Ask *asks = av_calloc((size_t)count, sizeof(*asks));
    AVDictionary **options = av_calloc((size_t)count, sizeof(AVDictionary *));
    int ret = asks && options ? 0 : AVERROR(ENOMEM), used = 0;
    Numbers numbers;

    numbers_begin(&numbers);
    for (int i = 0; i < count && ret >= 0; i++) {
        Ask *ask = &asks[used];
        ask->options = &options[used];
        ask->interrupt = &callback;
        ret = named[i].filter ? read_source(&named[i], &ask->url, ask->options, &out)
                              : read_input(&named[i], &ask->url, ask->options);
        used += ret != 0;
    }
    if (ret >= 0 && used)
        ret = journey_send_ahead(asks, used, &out);
    for (int i = 0; options && i < used; i++)
        av_dict_free(&options[i]);
    av_free(options);
    av_free(asks);
    return numbers_end(&numbers, FFMIN(ret, 0));
}

/* What a clip says of itself stays. */
static int mark(const char *path, AVDictionary **tags)
{
    AVFormatContext *ctx = NULL;
    int ret = clip_open(&ctx, path, NULL);

    if (ret >= 0)
        ret = provenance_mark(tags, ctx->metadata);
    avformat_close_input(&ctx);
    return ret;
}

/* What a file can tell of where it comes from, for whoever opens it without us. The clip
 * is paid for by now: what cannot be done keeps it from nobody. */
static void put_tags(char **path, AVDictionary **tags, const Outcome *out)
{
    Outcome quiet = {.quiet = true};
    char *tagged = NULL;
    int ret = mark(*path, tags);

    if (ret >= 0)
        ret = made_tagged(*path, *tags, &quiet, &tagged);
    if (ret > 0) {
        av_free(*path);
        *path = tagged;
        return;
    }
    outcome_say(out, AV_LOG_WARNING,
                "The clip is given to this program without its tags: %s",
                ret && quiet.why[0] ? quiet.why
                : ret               ? av_err2str(ret)
                                    : "a file like it cannot have them.");
}

int named_fetch_input(const I2VNamed *named, const I2VInterrupt *interrupt, Outcome *out,
                      char **path)
{
    const AVIOInterruptCB callback = {interrupt->callback, interrupt->opaque};
    AVDictionary *options = NULL, *tags = NULL;
    Ask ask = {.options = &options, .interrupt = &callback, .tags = &tags};
    int ret = read_input(named, &ask.url, &options);

    *path = NULL;
    if (ret >= 0)
        ret = journey_fetch(&ask, path, out);
    if (ret >= 0 && tags)
        put_tags(path, &tags, out);
    if (ret < 0)
        av_freep(path);
    av_dict_free(&options);
    av_dict_free(&tags);
    return FFMIN(ret, 0);
}
