/* i2v: the options of a source filter: movie's own, and those of a request
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/eval.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>

#include "base/events.h"
#include "request/options.h"
#include "host/source_parts.h"
#include "base/text.h"

#define FLAGS \
    (AV_OPT_FLAG_FILTERING_PARAM | AV_OPT_FLAG_VIDEO_PARAM | AV_OPT_FLAG_AUDIO_PARAM)

/* What is the user's to say of movie's; the rest is settled by the clip. */
static const char *const passed[] = {
    "streams",      "s",  "loop",        "seek_point",    "sp",
    "stream_index", "si", "dec_threads", "discontinuity",
};

/* What the class describes. Only movie's options are ever set in it, to see whether movie
 * will take them. */
typedef struct Values {
    const AVClass *class;
    int log_level_offset; ///< keeps libavutil's remarks on bad values behind our sentence
    int64_t room[][2];    ///< for the value of any type of these options
} Values;

typedef struct Table {
    AVClass class;
    AVOption *options; ///< NULL where there is no movie
    size_t nb_options;
} Table;

static Table tables[2]; /* i2v's and ai2v's; made once */

const AVFilter *source_movie_filter(bool audio)
{
    return avfilter_get_by_name(audio ? "amovie" : "movie");
}

static const AVOption *movie_options(bool audio)
{
    const AVFilter *movie = source_movie_filter(audio);
    return movie && movie->priv_class ? movie->priv_class->option : NULL;
}

static const AVOption *find(const AVOption *o, const char *name)
{
    while (o && o->name && strcmp(o->name, name))
        o++;
    return o && o->name ? o : NULL;
}

const char *source_movie_option(bool audio, const char *name)
{
    const AVOption *all = movie_options(audio), *o = find(all, name);
    size_t i = 0;

    while (i < FF_ARRAY_ELEMS(passed) && strcmp(passed[i], name))
        i++;
    if (!o || i == FF_ARRAY_ELEMS(passed))
        return NULL;
    while (all->offset != o->offset)
        all++;
    return all->name;
}

static void add(Table *table, const AVOption *option)
{
    AVOption *o = &table->options[table->nb_options];
    *o = *option;
    o->flags = FLAGS;
    if (o->type != AV_OPT_TYPE_CONST)
        o->offset =
            (int)(offsetof(Values, room) + table->nb_options * sizeof(int64_t[2]));
    if (!strcmp(o->name, "image")) /* a filter has no URL, and its graph names no files */
        o->help = "set the still: path, -, http(s) URL, data: URI or a video";
    if (!strcmp(o->name, "params"))
        o->help = "set further request fields: JSON object or name=value:name=value";
    table->nb_options++;
}

static void add_movie(Table *table, bool audio)
{
    for (size_t i = 0; i < FF_ARRAY_ELEMS(passed); i++) {
        const AVOption *o = find(movie_options(audio), passed[i]);
        if (!o)
            continue;
        add(table, o);
        /* movie's own is a NULL that it reads as this */
        if (o->type == AV_OPT_TYPE_STRING)
            table->options[table->nb_options - 1].default_val.str = audio ? "da" : "dv";
    }
}

static void make_table(Table *table, bool audio)
{
    size_t most = FF_ARRAY_ELEMS(passed) + 2;
    bool withheld = false;

    for (const AVOption *o = options_class.option; o->name; o++)
        most++;
    if (!movie_options(audio) ||
        !(table->options = av_calloc(most, sizeof(*table->options))))
        return;
    add(table, find(options_class.option, "image"));
    add_movie(table, audio);
    for (const AVOption *o = options_class.option; o->name; o++) {
        if (o->type != AV_OPT_TYPE_CONST) /* the named values stand behind their option */
            withheld = options_is_withheld(o->name);
        if (!withheld && strcmp(o->name, "image"))
            add(table, o);
    }
    table->class = (AVClass){
        EVENTS_CLASS(audio ? "ai2v" : "i2v"),
        .option = table->options,
        .log_level_offset_offset = offsetof(Values, log_level_offset),
        .category = AV_CLASS_CATEGORY_FILTER,
    };
}

static void make_tables(void)
{
    make_table(&tables[0], false);
    make_table(&tables[1], true);
}

static const Table *table_of(bool audio)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_tables);
    return &tables[audio];
}

const AVClass *source_class(bool audio)
{
    const Table *table = table_of(audio);
    return table->options ? &table->class : NULL;
}

void *source_log(bool audio)
{
    static const AVClass class = {EVENTS_CLASS("ai2v")};
    static const AVClass *const context = &class;
    return audio ? (void *)&context : events_anyone;
}

int source_say_unknown(bool audio, const char *name, Outcome *out)
{
    const AVClass *class = source_class(audio);
    AVBPrint list;

    av_bprint_init(&list, 0, AV_BPRINT_SIZE_UNLIMITED);
    for (const AVOption *o = class ? class->option : NULL; o && o->name; o++) {
        const char *alias_of = source_movie_option(audio, o->name);
        if (o->type != AV_OPT_TYPE_CONST && (!alias_of || !strcmp(alias_of, o->name)))
            av_bprintf(&list, "%s%s", list.len ? ", " : "", o->name);
    }
    outcome_fail(out, FAILURE_REQUEST, AVERROR_OPTION_NOT_FOUND,
                 "Option '%s' not found; %s takes %s.",
                 text_has_control(name) ? "..." : name, audio ? "ai2v" : "i2v", list.str);
    av_bprint_finalize(&list, NULL);
    return AVERROR_OPTION_NOT_FOUND;
}

/* What movie would find too late */

static int say_valid(const AVOption *o, const char *value, Outcome *out)
{
    char valid[96] = "a time such as 90, 1:30 or 1500ms";
    if (o->type != AV_OPT_TYPE_DURATION)
        snprintf(valid, sizeof(valid), "a %snumber from %.0f to %.0f",
                 o->type == AV_OPT_TYPE_INT ? "whole " : "", o->min, o->max);
    return outcome_fail(out, FAILURE_REQUEST, AVERROR(EINVAL),
                        "Error setting option %s to value '%s': it takes %s.", o->name,
                        text_has_control(value) ? "..." : value, valid);
}

/* libavutil would say itself, and as nobody, what is no expression. */
static bool is_number(const AVOption *o, const char *value)
{
    static const char *const names[] = {"default", "max", "min", "none", "all", NULL};
    static const double zeros[FF_ARRAY_ELEMS(names)];
    double result;
    return o->type == AV_OPT_TYPE_STRING || o->type == AV_OPT_TYPE_DURATION ||
           av_expr_parse_and_eval(&result, value, names, zeros, NULL, NULL, NULL, NULL,
                                  NULL, AV_LOG_TRACE, NULL) >= 0;
}

/* A clip with its picture and its sound, to hold stream specifiers against. */
static AVFormatContext *make_clip(void)
{
    AVFormatContext *clip = avformat_alloc_context();
    for (int i = 0; clip && i < 2; i++) {
        AVStream *stream = avformat_new_stream(clip, NULL);
        if (stream)
            stream->codecpar->codec_type = i ? AVMEDIA_TYPE_AUDIO : AVMEDIA_TYPE_VIDEO;
    }
    return clip;
}

/* movie knows "dv", "da" and, behind these, an index, beside FFmpeg's specifiers. */
static bool is_specifier(AVFormatContext *clip, const char *text)
{
    char kind[2], rest;
    int index, found = sscanf(text, "d%1[av]%d%c", kind, &index, &rest);
    if (found == 1)
        return !text[2];
    for (unsigned i = 0; i < clip->nb_streams && found != 2; i++)
        if (avformat_match_stream_specifier(clip, clip->streams[i], text) < 0)
            return false;
    return *text;
}

static int check_specifiers(const char *list, Outcome *out)
{
    /* libavformat's own remark would come from nobody that a user knows. */
    static const AVClass quiet = {
        EVENTS_CLASS("i2v"),
        .log_level_offset_offset = offsetof(AVFormatContext, event_flags),
    };
    AVFormatContext *clip = make_clip();
    const AVClass *class = clip ? clip->av_class : NULL;
    char *copy = av_strdup(list);
    int ret = clip && copy ? 0 : AVERROR(ENOMEM);

    if (ret >= 0) {
        clip->event_flags = AV_LOG_TRACE;
        clip->av_class = &quiet;
    }
    for (char *rest = copy, *one; ret >= 0 && (one = strsep(&rest, "+"));) {
        if (is_specifier(clip, one))
            continue;
        ret = outcome_fail(
            out, FAILURE_REQUEST, AVERROR(EINVAL),
            "Invalid stream specifier '%s' in the option streams: it takes dv, da and "
            "FFmpeg's stream specifiers, with + between them.",
            text_has_control(one) ? "..." : one);
    }
    if (clip)
        clip->av_class = class;
    avformat_free_context(clip);
    av_free(copy);
    return ret;
}

static int check_values(Values *values, const AVDictionary *movie, Outcome *out)
{
    const AVDictionaryEntry *entry = NULL;
    const char *streams = NULL;
    int64_t loop = 1;
    int ret = 0;

    while (ret >= 0 && (entry = av_dict_get(movie, "", entry, AV_DICT_IGNORE_SUFFIX))) {
        const AVOption *o = find(values->class->option, entry->key);
        ret = is_number(o, entry->value) ? av_opt_set(values, entry->key, entry->value, 0)
                                         : AVERROR(EINVAL);
        if (ret < 0 && ret != AVERROR(ENOMEM))
            ret = say_valid(o, entry->value, out);
        if (!strcmp(entry->key, "loop") && ret >= 0)
            ret = av_opt_get_int(values, "loop", 0, &loop);
        if (!strcmp(entry->key, "streams"))
            streams = entry->value;
    }
    if (ret >= 0 && streams)
        ret = check_specifiers(streams, out);
    if (ret >= 0 && streams && strchr(streams, '+') && loop != 1)
        ret = outcome_fail(
            out, FAILURE_REQUEST, AVERROR(EINVAL),
            "The option loop needs a single stream: FFmpeg does not loop several.");
    return FFMIN(ret, 0);
}

int source_check_movie(bool audio, const AVDictionary *movie, Outcome *out)
{
    const Table *table = table_of(audio);
    Values *values =
        av_mallocz(sizeof(*values) + table->nb_options * sizeof(values->room[0]));
    if (!values)
        return AVERROR(ENOMEM);
    values->class = &table->class;
    values->log_level_offset = AV_LOG_TRACE;
    int ret = check_values(values, movie, out);
    av_opt_free(values);
    av_free(values);
    return ret;
}
