/* i2v: the arguments of a source filter, and those of the movie that takes its place
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>

#include "request/options.h"
#include "store/clip.h"
#include "host/source_parts.h"
#include "base/text.h"

/* One option. */
static int take(Source *s, const char *name, const char *value, Outcome *out)
{
    const char *of_movie = source_movie_option(s->audio, name);

    /* FFmpeg 7 reads the value of /NAME from a file, whoever wrote the graph. */
    if (!of_movie && name[0] == '/' && options_knows(name + 1))
        return outcome_fail(
            out, FAILURE_REQUEST, AVERROR(EINVAL),
            "The option %s is not read from a file in a filter graph; write %s=VALUE%s.",
            name + 1, name + 1,
            !strcmp(name + 1, "params")   ? ", or use -f i2v, which has -params @FILE"
            : !strcmp(name + 1, "prompt") ? ", or use -f i2v, which has -prompt_file"
                                          : "");
    if (!of_movie && !options_knows(name))
        return source_say_unknown(s->audio, name, out);
    if (of_movie)
        name = of_movie;
    int ret = options_check_foreign(OPTIONS_OF_GRAPH, name, value, out);
    return ret < 0 ? ret
                   : options_add(of_movie ? &s->movie : &s->options, name, value, out);
}

/* What stands where a name=value should. */
static int say_nameless(const Source *s, const char *text, Outcome *out)
{
    size_t size = strcspn(text, ":");
    char *word = av_strndup(text, size);

    if (!word)
        return AVERROR(ENOMEM);
    if (options_knows(word) || source_movie_option(s->audio, word))
        outcome_fail(out, FAILURE_REQUEST, AVERROR(EINVAL),
                     "The option %s has no value; write %s=VALUE.", word, word);
    else
        outcome_fail(
            out, FAILURE_REQUEST, AVERROR(EINVAL),
            "No option name near '%s': only the still comes first and without one, and "
            "a ':' within a value is written '\\:'.",
            text_has_control(word) ? "..." : word);
    av_free(word);
    return AVERROR(EINVAL);
}

/* In the way of libavfilter: name=value with ':' between them, the first may be bare. */
static int take_all(Source *s, const char *arguments, Outcome *out)
{
    int flags = AV_OPT_FLAG_IMPLICIT_KEY, ret = 0;

    while (ret >= 0 && *arguments) {
        const char *begin = arguments;
        char *name = NULL, *value = NULL;
        ret = av_opt_get_key_value(&arguments, "=", ":", (unsigned)flags, &name, &value);
        if (ret == AVERROR(EINVAL))
            return say_nameless(s, begin, out);
        if (ret < 0)
            return ret;
        ret = take(s, name ? name : "image", value, out);
        flags = 0;
        arguments += *arguments != '\0';
        av_free(name);
        av_free(value);
    }
    return ret;
}

/* An i2v: URL in the place of the still is what it is for -f i2v, too. */
static int resolve_url(Source *s, Outcome *out)
{
    const AVDictionaryEntry *entry =
        av_dict_get(s->options, "image", NULL, AV_DICT_MATCH_CASE);
    const char *body = entry ? options_url_body(entry->value) : NULL;
    AVDictionary *query = NULL;
    char *still = NULL;
    int ret;

    if (!body)
        return 0;
    if ((ret = options_parse_url(body, &still, &query, out)) < 0 ||
        (ret = av_dict_set(&s->options, "image", NULL, 0)) < 0)
        goto end;
    if (*still && (ret = options_add(&query, "image", still, out)) < 0)
        goto end;
    for (entry = NULL;
         ret >= 0 && (entry = av_dict_get(query, "", entry, AV_DICT_IGNORE_SUFFIX));)
        ret = options_add(&s->options, entry->key, entry->value, out);
end:
    av_dict_free(&query);
    av_free(still);
    return ret;
}

/* Of a filter's arguments, or of options by their names; the other is NULL. */
static int read_all(const char *filter, const char *arguments,
                    const AVDictionary *options, Outcome *out, Source **source)
{
    const AVDictionaryEntry *entry = NULL;
    bool audio = !strcmp(filter, "ai2v");
    int ret = 0;

    *source = NULL;
    if (!source_movie_filter(audio))
        return outcome_fail(
            out, FAILURE_REQUEST, AVERROR_FILTER_NOT_FOUND,
            "This FFmpeg was built without the filter %s, which plays the clip.",
            audio ? "amovie" : "movie");
    if (!source_class(audio) || !(*source = av_mallocz(sizeof(**source))))
        return AVERROR(ENOMEM);
    (*source)->audio = audio;
    if (arguments)
        ret = take_all(*source, arguments, out);
    while (ret >= 0 && (entry = av_dict_get(options, "", entry, AV_DICT_IGNORE_SUFFIX)))
        ret = take(*source, entry->key, entry->value, out);
    if (ret >= 0)
        ret = resolve_url(*source, out);
    if (ret >= 0)
        ret = source_check_movie(audio, (*source)->movie, out);
    if (ret < 0)
        source_free(source);
    return FFMIN(ret, 0);
}

int source_read(const char *filter, const char *arguments, Outcome *out, Source **source)
{
    return read_all(filter, arguments, NULL, out, source);
}

int source_read_options(const char *filter, const AVDictionary *options, Outcome *out,
                        Source **source)
{
    return read_all(filter, NULL, options, out, source);
}

const AVDictionary *source_options(const Source *source)
{
    return source->options;
}

/* A value as av_get_token() gives it back. */
static int print_value(AVBPrint *text, const char *value)
{
    char *escaped = NULL;
    int ret = av_escape(&escaped, value, ":", AV_ESCAPE_MODE_BACKSLASH, 0);
    if (ret >= 0)
        av_bprintf(text, "%s", escaped);
    av_free(escaped);
    return ret;
}

char *source_movie(const Source *source, const char *path)
{
    const AVDictionaryEntry *entry = NULL;
    AVBPrint text;
    char *movie = NULL;

    av_bprint_init(&text, 0, AV_BPRINT_SIZE_UNLIMITED);
    /* A name that does not begin at the root could look like another protocol's. */
    av_bprintf(&text, "filename=%s", path[0] == '/' ? "" : "file\\:");
    int ret = print_value(&text, path);
    if (clip_is_mp4(path))
        av_bprintf(&text, ":format_name=mov");
    while (ret >= 0 &&
           (entry = av_dict_get(source->movie, "", entry, AV_DICT_IGNORE_SUFFIX))) {
        av_bprintf(&text, ":%s=", entry->key);
        ret = print_value(&text, entry->value);
    }
    bool whole = ret >= 0 && av_bprint_is_complete(&text);
    av_bprint_finalize(&text, whole ? &movie : NULL);
    return movie;
}

void source_free(Source **source)
{
    if (*source) {
        av_dict_free(&(*source)->options);
        av_dict_free(&(*source)->movie);
    }
    av_freep(source);
}
