/* i2v: unit tests of a source filter's arguments
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>

#include "request/options.h"
#include "host/source.h"

/* The options as name=value|name=value, in the order of the dictionary. */
static void join(const AVDictionary *options, char *text, size_t size)
{
    const AVDictionaryEntry *entry = NULL;
    size_t have = 0;
    *text = '\0';
    while ((entry = av_dict_get(options, "", entry, AV_DICT_IGNORE_SUFFIX)))
        have += (size_t)snprintf(text + have, size - have, "%s%s=%s", have ? "|" : "",
                                 entry->key, entry->value);
}

/* What movie does not know in this FFmpeg (dec_threads, before 5.0) a source does not. */
static bool is_for_later(const char *arguments)
{
    const AVClass *movie = source_movie_filter(false)->priv_class;
    return arguments && strstr(arguments, "dec_threads") &&
           !av_opt_find(&movie, "dec_threads", NULL, 0, AV_OPT_SEARCH_FAKE_OBJ);
}

#define MOVIE "filename=/c.mp4:format_name=mov"

static const struct {
    const char *filter, *arguments;
    const char *request; ///< options of ours
    const char *movie;   ///< what stands behind MOVIE
} good[] = {
    {"i2v", NULL, "", ""},
    {"i2v", "", "", ""},
    {"i2v", "a.png", "image=a.png", ""},
    {"ai2v", "a.png", "image=a.png", ""},
    {"i2v", "image=a.png", "image=a.png", ""},
    {"i2v", "a.png:", "image=a.png", ""},
    {"i2v", "-", "image=-", ""},
    {"i2v", "a.png:prompt=p:duration=8", "image=a.png|prompt=p|duration=8", ""},
    {"i2v", "prompt=p", "prompt=p", ""},
    {"i2v", " a.png : prompt = p ", "image=a.png|prompt=p", ""},
    {"i2v", "a.png:prompt='Rain, then: sun'", "image=a.png|prompt=Rain, then: sun", ""},
    {"i2v", "a.png:prompt=it\\'s a\\:b\\\\c", "image=a.png|prompt=it's a:b\\c", ""},
    {"i2v", "a.png:prompt=a=b", "image=a.png|prompt=a=b", ""},
    {"i2v", "a.png:prompt=", "image=a.png|prompt=", ""},
    {"i2v", "a.png:prompt=one\ntwo", "image=a.png|prompt=one\ntwo", ""},
    {"i2v", "http\\://h/a.png?x=1", "image=http://h/a.png?x=1", ""},
    {"i2v", "'a:b.png'", "image=a:b.png", ""},
    {"i2v", "image=a=b.png", "image=a=b.png", ""},
    {"i2v", "100%.png:prompt=100%+", "image=100%.png|prompt=100%+", ""},
    {"i2v", "a.png:params=seed=7\\:x=1", "image=a.png|params=seed=7:x=1", ""},
    {"i2v", "a.png:prompt=p:prompt=p", "image=a.png|prompt=p", ""},
    /* An i2v: URL in the place of the still. */
    {"i2v", "i2v\\:a%20b.png", "image=a b.png", ""},
    {"i2v", "i2v\\:a.png?prompt=x+y&take=2:reuse=only",
     "reuse=only|prompt=x y|take=2|image=a.png", ""},
    {"i2v", "i2v\\:?prompt=x", "prompt=x", ""},
    {"i2v", "i2v\\:a.png?prompt=x:prompt=x", "prompt=x|image=a.png", ""},
    {"i2v", "i2v.png", "image=i2v.png", ""},
    {"i2v", "file\\:i2v\\:a", "image=file:i2v:a", ""},
    /* movie's own. */
    {"i2v", "a.png:s=dv+da", "image=a.png", ":streams=dv+da"},
    {"i2v", "a.png:streams=dv", "image=a.png", ":streams=dv"},
    {"i2v", "a.png:s=dv:streams=dv", "image=a.png", ":streams=dv"},
    {"i2v", "a.png:s=v\\:0+a\\:0", "image=a.png", ":streams=v\\:0+a\\:0"},
    {"i2v", "a.png:s=dv0+1+m\\:language\\:eng", "image=a.png",
     ":streams=dv0+1+m\\:language\\:eng"},
    {"i2v", "a.png:loop=0:prompt=p:sp=1.5", "image=a.png|prompt=p",
     ":loop=0:seek_point=1.5"},
    {"i2v", "a.png:s=dv+da:loop=1", "image=a.png", ":streams=dv+da:loop=1"},
    {"i2v", "a.png:loop=2*2:sp=max/2:dec_threads=default", "image=a.png",
     ":loop=2*2:seek_point=max/2:dec_threads=default"},
    {"ai2v", "a.png:si=1:dec_threads=2:discontinuity=1.5", "image=a.png",
     ":stream_index=1:dec_threads=2:discontinuity=1.5"},
    {"i2v", "a.png:seek_point=2:stream_index=0", "image=a.png",
     ":seek_point=2:stream_index=0"},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        const char *what = good[i].arguments ? good[i].arguments : "none";
        char text[512], movie[512];
        Source *source = NULL;
        if (is_for_later(good[i].arguments))
            continue;
        said_clear();
        check_number(what, source_read(good[i].filter, good[i].arguments, NULL, &source),
                     0);
        assert_silent(what);
        join(source_options(source), text, sizeof(text));
        check_text(what, text, good[i].request);
        char *made = source_movie(source, "/c.mp4");
        snprintf(movie, sizeof(movie), "%s%s", MOVIE, good[i].movie);
        check_text(what, made, movie);
        av_free(made);
        source_free(&source);
        assert_null(source);
    }
}

static const struct {
    const char *arguments;
    int ret;
    const char *words;
} bad[] = {
    /* No name where there must be one. */
    {"a.png:b.png", AVERROR(EINVAL), "No option name near 'b.png'"},
    {"prompt=p:a.png", AVERROR(EINVAL), "No option name near 'a.png'"},
    {"https://h/a.png:prompt=p", AVERROR(EINVAL), "near '//h/a.png'|'\\:'"},
    {"a.png:prompt=Rain: sun:take=2", AVERROR(EINVAL), "near ' sun'|'\\:'"},
    {"a.png:prompt", AVERROR(EINVAL), "prompt has no value|prompt=VALUE"},
    {"a.png:loop:prompt=p", AVERROR(EINVAL), "loop has no value"},
    {"a.png::prompt=p", AVERROR(EINVAL), "No option name near"},
    /* Unknown. */
    {"a.png:promt=p", AVERROR_OPTION_NOT_FOUND,
     "'promt' not found|i2v takes image, streams, loop, seek_point|prompt, image_time"},
    {"a.png:cover=1", AVERROR_OPTION_NOT_FOUND, "'cover' not found"},
    {"a.png:filename=/etc/passwd", AVERROR_OPTION_NOT_FOUND, "'filename' not found"},
    {"a.png:f=concat", AVERROR_OPTION_NOT_FOUND, "'f' not found"},
    {"a.png:format_name=concat", AVERROR_OPTION_NOT_FOUND, "'format_name' not found"},
    {"a.png:format_opts=a=b", AVERROR_OPTION_NOT_FOUND, "'format_opts' not found"},
    {"a.png:=x", AVERROR_OPTION_NOT_FOUND, "'' not found"},
    {"a.png:PROMPT=x", AVERROR_OPTION_NOT_FOUND, "'PROMPT' not found"},
    /* Withheld. */
    {"a.png:base_url=https\\://evil.example", AVERROR(EINVAL),
     "base_url is not accepted in a filter graph|-f i2v -base_url|I2V_BASE_URL"},
    {"a.png:api_key_file=/k", AVERROR(EINVAL), "api_key_file|a filter graph"},
    {"a.png:prompt_file=/etc/passwd", AVERROR(EINVAL), "prompt_file|a filter graph"},
    {"a.png:ca_file=/ca", AVERROR(EINVAL), "ca_file|a filter graph"},
    {"a.png:store=/tmp", AVERROR(EINVAL), "store|I2V_STORE"},
    {"a.png:save=/x.mp4", AVERROR(EINVAL), "save|a filter graph"},
    {"a.png:params=@/etc/passwd", AVERROR(EINVAL), "params=@file|a filter graph"},
    {"a.png:params='@/etc/passwd'", AVERROR(EINVAL), "params=@file|a filter graph"},
    {"a.png:/prompt=/etc/passwd", AVERROR(EINVAL),
     "prompt is not read from a file|-prompt_file"},
    {"a.png:/params=/etc/passwd", AVERROR(EINVAL), "params is not read|-params @FILE"},
    {"a.png:/image=/x", AVERROR(EINVAL), "image is not read from a file"},
    {"a.png:/loop=/x", AVERROR_OPTION_NOT_FOUND, "'/loop' not found"},
    {"i2v\\:a.png?save=x", AVERROR(EINVAL), "save is not accepted in an i2v: URL"},
    {"i2v\\:a.png?nope=x", AVERROR_OPTION_NOT_FOUND, "nope|i2v: URL"},
    {"i2v\\:a%", AVERROR(EINVAL), "%25"},
    /* Twice. */
    {"a.png:prompt=p:prompt=q", AVERROR(EINVAL), "prompt|twice|'p'|'q'"},
    {"a.png:image=b.png", AVERROR(EINVAL), "image|twice|'a.png'|'b.png'"},
    {"a.png:s=dv:streams=da", AVERROR(EINVAL), "streams|twice|'dv'|'da'"},
    {"i2v\\:a.png?prompt=p:prompt=q", AVERROR(EINVAL), "prompt|twice"},
    {"i2v\\:a.png?image=b.png", AVERROR(EINVAL), "image|twice"},
    /* Values that movie would refuse once the clip is paid for. */
    {"a.png:loop=-1", AVERROR(EINVAL), "option loop|'-1'|whole number from 0 to"},
    {"a.png:loop=often", AVERROR(EINVAL), "option loop|'often'|whole number"},
    {"a.png:loop=", AVERROR(EINVAL), "option loop|''|whole number"},
    {"a.png:loop=2x", AVERROR(EINVAL), "option loop|'2x'|whole number"},
    {"a.png:sp=-1", AVERROR(EINVAL), "option seek_point|'-1'|number from 0"},
    {"a.png:si=-2", AVERROR(EINVAL), "option stream_index|from -1"},
    {"a.png:dec_threads=99999999999", AVERROR(EINVAL), "option dec_threads"},
    {"a.png:discontinuity=soon", AVERROR(EINVAL), "option discontinuity|a time"},
    {"a.png:discontinuity=", AVERROR(EINVAL), "option discontinuity|a time"},
    {"a.png:s=dv+dq", AVERROR(EINVAL), "stream specifier 'dq'|streams|dv, da"},
    {"a.png:s=", AVERROR(EINVAL), "stream specifier ''"},
    {"a.png:s=dv+", AVERROR(EINVAL), "stream specifier ''"},
    {"a.png:s=dv++da", AVERROR(EINVAL), "stream specifier ''"},
    {"a.png:s=dv0x", AVERROR(EINVAL), "stream specifier 'dv0x'"},
    {"a.png:s=dvx", AVERROR(EINVAL), "stream specifier 'dvx'"},
    {"a.png:s=dv,da", AVERROR(EINVAL), "stream specifier 'dv,da'"},
    {"a.png:s=v\\:x", AVERROR(EINVAL), "stream specifier 'v:x'"},
    {"a.png:s=dv+da:loop=0", AVERROR(EINVAL), "loop|a single stream"},
    {"a.png:loop=3:s=v+a", AVERROR(EINVAL), "loop|a single stream"},
    /* What would write lines of its own into the log. */
    {"a\nb.png", AVERROR(EINVAL), "image|control character"},
    {"a.png:model=a\033[31m", AVERROR(EINVAL), "model|control character"},
    {"a.png:s=dv\nx", AVERROR(EINVAL), "streams|control character"},
    {"a.png:b\nc", AVERROR(EINVAL), "No option name near '...'"},
    {"a.png:prompt=a\nb:prompt=c", AVERROR(EINVAL), "prompt|twice"},
};

static void check_bad(const char *what, int ret, size_t i, const Source *source)
{
    check_number(what, ret, bad[i].ret);
    assert_null(source);
    assert_said(what, bad[i].words);
    for (const char *c = said.error; c[1]; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            fail_case("%s: control character %d is logged", what, *c);
}

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        Source *source = (Source *)&bad;
        if (is_for_later(bad[i].arguments))
            continue;
        said_clear();
        int ret = source_read("i2v", bad[i].arguments, NULL, &source);
        check_bad(bad[i].arguments, ret, i, source);
    }
}

/* What is offered can be had, and what cannot is not. */
static void test_offers(void **state)
{
    Source *source = NULL;
    (void)state;
    said_clear();
    assert_int_equal(source_read("ai2v", "a.png:x=1", NULL, &source),
                     AVERROR_OPTION_NOT_FOUND);
    assert_said("x", "ai2v takes image, streams");
    static const char *const not [] = {"base_url", "save",         "store", "_file",
                                       "filename", " format_name", " s,",   " sp,",
                                       " si,",     "cover"};
    for (size_t i = 0; i < sizeof(not ) / sizeof(not [0]); i++)
        if (strstr(said.error, not [i]))
            fail_case("%s is offered in: %s", not [i], said.error);
}

/* A program's dictionary. */
static void test_options(void **state)
{
    AVDictionary *options = NULL;
    Source *source = NULL;
    char text[512];
    (void)state;

    av_dict_set(&options, "image", " a:b'c.png", 0);
    av_dict_set(&options, "s", "dv+da", 0);
    av_dict_set(&options, "prompt", "it's: so", 0);
    said_clear();
    assert_int_equal(source_read_options("i2v", options, NULL, &source), 0);
    assert_silent("options");
    join(source_options(source), text, sizeof(text));
    check_text("options", text, "image= a:b'c.png|prompt=it's: so");
    char *movie = source_movie(source, "/c.mp4");
    check_text("movie", movie, MOVIE ":streams=dv+da");
    av_free(movie);
    source_free(&source);
    check_number("left", av_dict_count(options), 3);

    av_dict_set(&options, "promt\n", "x", 0);
    assert_int_equal(source_read_options("i2v", options, NULL, &source),
                     AVERROR_OPTION_NOT_FOUND);
    assert_null(source);
    assert_said("unknown", "'...' not found");
    av_dict_free(&options);
    assert_int_equal(source_read_options("i2v", NULL, NULL, &source), 0);
    source_free(&source);
}

/* The class */

static void test_class(void **state)
{
    static const char *const first[] = {"image", "streams", "s", "loop"};
    (void)state;
    for (int audio = 0; audio < 2; audio++) {
        const AVClass *class = source_class(audio);
        const AVOption *o = NULL;
        const AVClass *movie = source_movie_filter(audio)->priv_class;
        int i = 0;
        assert_non_null(class);
        check_text("name", class->class_name, audio ? "ai2v" : "i2v");
        for (; (o = av_opt_next(&class, o)); i++) {
            const AVOption *ours = av_opt_find((void *)&(const AVClass *){&options_class},
                                               o->name, NULL, 0, AV_OPT_SEARCH_FAKE_OBJ);
            const AVOption *theirs =
                av_opt_find(&movie, o->name, NULL, 0, AV_OPT_SEARCH_FAKE_OBJ);
            if (i < 4)
                check_text("order", o->name, first[i]);
            assert_false(options_is_withheld(o->name));
            assert_true(o->flags & AV_OPT_FLAG_FILTERING_PARAM);
            assert_true(o->flags & AV_OPT_FLAG_VIDEO_PARAM);
            assert_true(o->flags & AV_OPT_FLAG_AUDIO_PARAM);
            assert_null(strstr(o->help ? o->help : "", "@file"));
            if (o->type == AV_OPT_TYPE_CONST)
                continue;
            if (!ours == !theirs)
                fail_case("%s is an option of %s", o->name, ours ? "both" : "neither");
            if (!strcmp(o->name, "s") || !strcmp(o->name, "streams"))
                check_text(o->name, o->default_val.str, audio ? "da" : "dv");
            else
                check_number(o->name, o->default_val.i64,
                             (ours ? ours : theirs)->default_val.i64);
        }
        /* Every option of ours but the seven that are withheld, and nine of movie's. */
        int wanted = (is_for_later("dec_threads") ? 8 : 9) - 7;
        for (o = options_class.option; o->name; o++)
            wanted++;
        check_number("options", i, wanted);
    }
}

static void test_log(void **state)
{
    (void)state;
    for (int audio = 0; audio < 2; audio++) {
        void *log = source_log(audio);
        const AVClass *class = *(const AVClass **)log;
        check_text("log", class->item_name(log), audio ? "ai2v" : "i2v");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),   cmocka_unit_test(test_bad),
        cmocka_unit_test(test_offers), cmocka_unit_test(test_options),
        cmocka_unit_test(test_class),  cmocka_unit_test(test_log),
    };
    said_start();
    clear_environment();
    return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
