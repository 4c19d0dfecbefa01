/* i2v: unit tests of the option table and of where values come from
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/error.h>
#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>

#include "request/options.h"
#include "still/still.h"

#define MINUTE_US 60000000LL

/* The design's table. */
static const struct {
    const char *name;
    enum AVOptionType type;
    const char *text; ///< default of a string
    int64_t number;   ///< default of a number
} table[] = {
    {"prompt", AV_OPT_TYPE_STRING, NULL, 0},
    {"prompt_file", AV_OPT_TYPE_STRING, NULL, 0},
    {"image", AV_OPT_TYPE_STRING, NULL, 0},
    {"image_time", AV_OPT_TYPE_STRING, "0", 0},
    {"end_image", AV_OPT_TYPE_STRING, NULL, 0},
    {"engine", AV_OPT_TYPE_STRING, "aimlapi", 0},
    {"model", AV_OPT_TYPE_STRING, "openai/sora-2-i2v", 0},
    {"resolution", AV_OPT_TYPE_STRING, NULL, 0},
    {"aspect_ratio", AV_OPT_TYPE_STRING, "auto", 0},
    {"duration", AV_OPT_TYPE_STRING, NULL, 0},
    {"audio", AV_OPT_TYPE_BOOL, NULL, -1},
    {"negative_prompt", AV_OPT_TYPE_STRING, NULL, 0},
    {"seed", AV_OPT_TYPE_STRING, NULL, 0},
    {"params", AV_OPT_TYPE_STRING, NULL, 0},
    {"fit", AV_OPT_TYPE_INT, NULL, STILL_COVER},
    {"fit_position", AV_OPT_TYPE_INT, NULL, STILL_CENTER},
    {"take", AV_OPT_TYPE_INT, NULL, 1},
    {"reuse", AV_OPT_TYPE_INT, NULL, REUSE_ANY},
    {"max_wait", AV_OPT_TYPE_DURATION, NULL, 20 * MINUTE_US},
    {"poll_interval", AV_OPT_TYPE_DURATION, NULL, 0},
    {"max_cost", AV_OPT_TYPE_DOUBLE, NULL, -1},
    {"max_total", AV_OPT_TYPE_DOUBLE, NULL, -1},
    {"project", AV_OPT_TYPE_STRING, NULL, 0},
    {"dry_run", AV_OPT_TYPE_BOOL, NULL, 0},
    {"fallback", AV_OPT_TYPE_INT, NULL, FALLBACK_ERROR},
    {"silence", AV_OPT_TYPE_BOOL, NULL, 0},
    {"tags", AV_OPT_TYPE_INT, NULL, TAGS_BASIC},
    {"save", AV_OPT_TYPE_STRING, NULL, 0},
    {"api_key_file", AV_OPT_TYPE_STRING, NULL, 0},
    {"base_url", AV_OPT_TYPE_STRING, "https://api.aimlapi.com", 0},
    {"ca_file", AV_OPT_TYPE_STRING, NULL, 0},
    {"store", AV_OPT_TYPE_STRING, NULL, 0},
};
#define TABLE_SIZE (sizeof(table) / sizeof(table[0]))

static AVDictionary *dictionary(const char *pairs)
{
    AVDictionary *dict = NULL;
    char copy[512], *rest = copy, *pair;
    snprintf(copy, sizeof(copy), "%s", pairs);
    while ((pair = strsep(&rest, "|"))) {
        char *value = strchr(pair, '=');
        if (!value)
            continue;
        *value++ = '\0';
        av_dict_set(&dict, pair, value, 0);
    }
    return dict;
}

static const AVOption *next_option(const AVOption *o)
{
    const AVClass *class = &options_class;
    do
        o = av_opt_next(&class, o);
    while (o && o->type == AV_OPT_TYPE_CONST);
    return o;
}

/* ffmpeg hands an option that a codec knows to the codec, too, and fails for want of one.
 */
static void test_no_collision(void **state)
{
    const AVClass *codec = avcodec_get_class(), *scaler = sws_get_class();
    const AVOption *o = NULL;
    const int flags = AV_OPT_SEARCH_CHILDREN | AV_OPT_SEARCH_FAKE_OBJ;
    (void)state;
    assert_non_null(av_opt_find(&codec, "crf", NULL, 0, flags));
    while ((o = next_option(o)))
        if (av_opt_find(&codec, o->name, NULL, 0, flags) ||
            av_opt_find(&scaler, o->name, NULL, 0, flags))
            fail_case("%s is an option of a codec or the scaler", o->name);
}

/* What a URL says against the limits of I2V_DEFAULTS. */
static const struct {
    const char *defaults, *query;
    bool refused;
} limits[] = {
    {"max_cost=1", "max_cost=2", true},    {"max_cost=1.50", "max_cost=1.51", true},
    {"max_cost=1", "max_cost=0.5", false}, {"max_cost=1", "max_cost=1", false},
    {"take=1", "max_cost=2", false},       {"reuse=only", "reuse=any", true},
    {"reuse=only", "reuse=only", false},   {"reuse=any", "reuse=only", false},
    {"dry_run=1", "dry_run=0", true},      {"dry_run=true", "dry_run=off", true},
    {"dry_run=1", "dry_run=true", false},  {"dry_run=0", "dry_run=1", false},
    {"take=1", "take=2", false},
};

static void test_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        char url[128];
        Options *o = NULL;
        AVDictionary *given = NULL;
        snprintf(url, sizeof(url), "i2v:s.png?prompt=p&%s", limits[i].query);
        setenv("I2V_DEFAULTS", limits[i].defaults, 1);
        said_clear();
        check_number(url, options_gather(url, &given, NULL, &o),
                     limits[i].refused ? AVERROR(EINVAL) : 0);
        if (limits[i].refused)
            assert_said(url, limits[i].query);
        options_free(&o);
        /* Whoever can type an option may say anything; a graph may not. */
        given = dictionary(limits[i].query);
        check_number(url, options_gather("s.png", &given, NULL, &o), 0);
        options_free(&o);
        given = dictionary(limits[i].query);
        said_clear();
        check_number(url, options_gather(OPTIONS_GRAPH_URL, &given, NULL, &o),
                     limits[i].refused ? AVERROR(EINVAL) : 0);
        if (limits[i].refused)
            assert_said(url, "filter graph|a graph may not");
        options_free(&o);
        av_dict_free(&given);
    }
    unsetenv("I2V_DEFAULTS");
}

static void test_table(void **state)
{
    const AVOption *o = NULL;
    size_t i = 0;
    (void)state;
    for (; (o = next_option(o)); i++) {
        assert_true(i < TABLE_SIZE);
        check_text("order", o->name, table[i].name);
        check_number(o->name, o->type, table[i].type);
        if (o->type == AV_OPT_TYPE_STRING)
            check_text(o->name, o->default_val.str, table[i].text);
        else if (o->type == AV_OPT_TYPE_DOUBLE)
            check_number(o->name, o->default_val.dbl, table[i].number);
        else
            check_number(o->name, o->default_val.i64, table[i].number);
        assert_true(o->flags & AV_OPT_FLAG_DECODING_PARAM);
        assert_false(o->flags & AV_OPT_FLAG_ENCODING_PARAM);
        assert_non_null(o->help);
        assert_true(options_knows(o->name));
    }
    check_number("options", i, TABLE_SIZE);
    assert_false(options_knows("cover"));
    assert_false(options_knows("timeout"));
    assert_false(options_knows("api_key"));
    assert_false(options_knows(""));
}

static void test_values(void **state)
{
    static const char *const fits[] = {"cover", "contain", "fill", "none", "?"};
    static const char *const positions[] = {"center", "top",   "bottom",
                                            "left",   "right", "?"};
    static const char *const reuses[] = {"any", "only", "?"};
    (void)state;
    for (int i = 0; i < 5; i++)
        check_text("fit", options_value_name("fit", i), fits[i]);
    for (int i = 0; i < 6; i++)
        check_text("fit_position", options_value_name("fit_position", i), positions[i]);
    for (int i = 0; i < 3; i++)
        check_text("reuse", options_value_name("reuse", i), reuses[i]);
    check_text("none", options_value_name("take", 1), "?");
}

/* ffmpeg refuses an option of an input that a codec knows too, also behind a v, a or s.
 */
static void test_no_collisions(void **state)
{
    const AVClass *codecs = avcodec_get_class(), *formats = avformat_get_class();
    const AVOption *o = NULL;
    (void)state;
    while ((o = next_option(o))) {
        const char *name = o->name;
        if (av_opt_find(&codecs, name, NULL, 0,
                        AV_OPT_SEARCH_CHILDREN | AV_OPT_SEARCH_FAKE_OBJ))
            fail_case("%s is an option of a codec", name);
        if (strchr("vas", name[0]) &&
            av_opt_find(&codecs, name + 1, NULL, 0, AV_OPT_SEARCH_FAKE_OBJ))
            fail_case("%s is an option of codecs for one medium", name);
        if (av_opt_find(&formats, name, NULL, 0, AV_OPT_SEARCH_FAKE_OBJ))
            fail_case("%s is an option of AVFormatContext", name);
    }
}

/* What the search above relies on: every codec's private class, asked by itself. */
static void test_no_collisions_by_codec(void **state)
{
    const AVCodec *codec;
    void *iterator = NULL;
    int seen = 0;
    (void)state;
    while ((codec = av_codec_iterate(&iterator))) {
        const AVOption *o = NULL;
        const AVClass *class = codec->priv_class;
        seen += class != NULL;
        while (class && (o = next_option(o)))
            if (av_opt_find(&class, o->name, NULL, 0, AV_OPT_SEARCH_FAKE_OBJ))
                fail_case("%s is an option of %s", o->name, codec->name);
    }
    assert_true(seen > 100);
}

/* Gathering */

static const struct {
    const char *what;
    const char *url;
    const char *given;                       ///< name=value|name=value
    const char *base_url, *store, *defaults; ///< environment
    const char *name, *value;                ///< one option and what comes out
} gathered[] = {
    {"default", "s", "", NULL, NULL, NULL, "model", "openai/sora-2-i2v"},
    {"given", "s", "model=m", NULL, NULL, NULL, "model", "m"},
    {"url", "i2v:s?model=m", "", NULL, NULL, NULL, "model", "m"},
    {"defaults", "s", "", NULL, NULL, "model=d", "model", "d"},
    {"given > defaults", "s", "model=m", NULL, NULL, "model=d", "model", "m"},
    {"url > defaults", "i2v:s?model=m", "", NULL, NULL, "model=d", "model", "m"},
    {"equal in both", "i2v:s?model=m", "model=m", NULL, NULL, "model=d", "model", "m"},
    {"env > default", "s", "", "https://e", NULL, NULL, "base_url", "https://e"},
    {"env > defaults", "s", "", "https://e", NULL, "base_url=https\\://d", "base_url",
     "https://e"},
    {"given > env", "s", "base_url=https://g", "https://e", NULL, NULL, "base_url",
     "https://g"},
    {"store env", "s", "", NULL, "/e", "store=/d", "store", "/e"},
    {"store given", "s", "store=/g", NULL, "/e", "store=/d", "store", "/g"},
    {"store defaults", "s", "", NULL, NULL, "store=/d", "store", "/d"},
    {"no store", "s", "", NULL, NULL, NULL, "store", ""},
    {"several defaults", "s", "", NULL, NULL, "model=d:reuse=only:fit=fill", "reuse",
     "1"},
    {"several defaults 2", "s", "", NULL, NULL, "model=d:reuse=only:fit=fill", "fit",
     "2"},
    {"withheld in defaults", "s", "", NULL, NULL, "save=/x.mp4", "save", "/x.mp4"},
    {"@ in defaults", "s", "", NULL, NULL, "params=@/x.json", "params", "@/x.json"},
    {"@ given", "s", "params=@/x.json", NULL, NULL, NULL, "params", "@/x.json"},
    {"withheld given", "i2v:s?take=2", "save=/x.mp4", NULL, NULL, NULL, "save", "/x.mp4"},
    {"prompt beats default file", "s", "prompt=p", NULL, NULL, "prompt_file=/f",
     "prompt_file", ""},
    {"file beats default prompt", "s", "prompt_file=/f", NULL, NULL, "prompt=p", "prompt",
     ""},
    {"url's prompt beats file", "i2v:s?prompt=p", "", NULL, NULL, "prompt_file=/f",
     "prompt_file", ""},
    {"default prompt", "s", "", NULL, NULL, "prompt=p", "prompt", "p"},
    {"image of the input", "still.png", "", NULL, NULL, NULL, "image", "still.png"},
    {"image of the url", "i2v:a%20b.png?take=2", "", NULL, NULL, NULL, "image",
     "a b.png"},
    {"name is not decoded", "a%20b+c.png", "", NULL, NULL, NULL, "image", "a%20b+c.png"},
    {"image option", "dummy", "image=x.png", NULL, NULL, NULL, "image", "x.png"},
    {"image in query", "i2v:?image=x.png", "", NULL, NULL, NULL, "image", "x.png"},
    {"image of both", "i2v:x.png", "image=x.png", NULL, NULL, NULL, "image", "x.png"},
    {"input > default image", "s.png", "", NULL, NULL, "image=d.png", "image", "s.png"},
    {"no url", NULL, "image=x.png", NULL, NULL, NULL, "image", "x.png"},
    {"fit name", "s", "fit=contain", NULL, NULL, NULL, "fit", "1"},
    {"position name", "s", "fit_position=right", NULL, NULL, NULL, "fit_position", "4"},
    {"take", "s", "take=7", NULL, NULL, NULL, "take", "7"},
    {"largest take", "s", "take=2147483646", NULL, NULL, NULL, "take", "2147483646"},
    {"max_wait", "s", "max_wait=90", NULL, NULL, NULL, "max_wait", "90000000"},
    {"max_wait as a time", "s", "max_wait=1:30", NULL, NULL, NULL, "max_wait",
     "90000000"},
    {"max_wait ms", "s", "max_wait=1500ms", NULL, NULL, NULL, "max_wait", "1500000"},
    {"poll_interval", "s", "poll_interval=0.5", NULL, NULL, NULL, "poll_interval",
     "500000"},
    {"awkward prompt", "s", "prompt=a:b'c\"d\\e,f;g%20+", NULL, NULL, NULL, "prompt",
     "a:b'c\"d\\e,f;g%20+"},
};

static void set_environment(const char *name, const char *value)
{
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

/* An option's value as text: numbers as they are. */
static void print_value(Options *o, const char *name, char *text, size_t size)
{
    const AVOption *option = av_opt_find(o, name, NULL, 0, 0);
    const void *at = (const uint8_t *)o + option->offset;
    if (option->type == AV_OPT_TYPE_INT)
        snprintf(text, size, "%d", *(const int *)at);
    else if (option->type == AV_OPT_TYPE_DURATION)
        snprintf(text, size, "%lld", (long long)*(const int64_t *)at);
    else
        snprintf(text, size, "%s", *(char *const *)at ? *(char *const *)at : "");
}

static void test_empty_variables(void **state)
{
    static const char *const names[] = {"I2V_BASE_URL",    "I2V_STORE",    "I2V_DEFAULTS",
                                        "I2V_API_KEY",     "AIML_API_KEY", "I2V_AHEAD",
                                        "AIMLAPI_API_KEY", "I2V_LOG",      "I2V_STILLS"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        AVDictionary *given = dictionary("prompt=p|base_url=https://g|foreign=1");
        Options *options = NULL;
        setenv(names[i], "", 1);
        said_clear();
        check_number(names[i], options_gather("s", &given, NULL, &options),
                     AVERROR(EINVAL));
        assert_null(options);
        assert_said(names[i], names[i]);
        assert_int_equal(av_dict_count(given), 1);
        unsetenv(names[i]);
        av_dict_free(&given);
    }
}

static void test_gather(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(gathered) / sizeof(gathered[0]); i++) {
        AVDictionary *given = dictionary(gathered[i].given);
        const char *what = gathered[i].what;
        Options *options = NULL;
        char value[512];
        set_environment("I2V_BASE_URL", gathered[i].base_url);
        set_environment("I2V_STORE", gathered[i].store);
        set_environment("I2V_DEFAULTS", gathered[i].defaults);
        said_clear();
        check_number(what, options_gather(gathered[i].url, &given, NULL, &options), 0);
        assert_silent(what);
        print_value(options, gathered[i].name, value, sizeof(value));
        check_text(what, value, gathered[i].value);
        check_number(what, av_dict_count(given), 0);
        options_free(&options);
        assert_null(options);
        av_dict_free(&given);
    }
    clear_environment();
}

static const struct {
    const char *url, *given, *defaults;
    int ret;
    const char *words;
} refused[] = {
    {"i2v:s?model=a", "model=b", NULL, AVERROR(EINVAL), "model|twice|'a'|'b'"},
    {"i2v:s?take=1", "take=2", NULL, AVERROR(EINVAL), "take"},
    {"i2v:a.png", "image=b.png", NULL, AVERROR(EINVAL), "image|a.png|b.png"},
    {"i2v:a.png?image=b.png", "", NULL, AVERROR(EINVAL), "image|a.png|b.png"},
    {"i2v:s?nope=1", "", NULL, AVERROR_OPTION_NOT_FOUND, "nope|prompt"},
    {"i2v:s?save=x", "", NULL, AVERROR(EINVAL), "save|I2V_DEFAULTS"},
    {"i2v:s?save=x", "save=x", NULL, AVERROR(EINVAL), "save|I2V_DEFAULTS"},
    {"i2v:%", "", NULL, AVERROR(EINVAL), "%"},
    {"s", "fit=stretch", NULL, AVERROR(EINVAL), "fit|cover|contain|fill|none|'stretch'"},
    {"s", "fit=", NULL, AVERROR(EINVAL), "fit|cover|contain|fill|none"},
    {"s", "fit=Cover", NULL, AVERROR(EINVAL), "fit|cover"},
    {"s", "fit=4", NULL, AVERROR(EINVAL), "fit|cover"},
    {"s", "fit=-1", NULL, AVERROR(EINVAL), "fit|cover"},
    {"s", "fit=1.5", NULL, AVERROR(EINVAL), "fit|cover"},
    {"s", "fit=top", NULL, AVERROR(EINVAL), "fit|cover"},
    {"s", "fit_position=middle", NULL, AVERROR(EINVAL),
     "fit_position|center|top|bottom|left|right"},
    {"s", "reuse=never", NULL, AVERROR(EINVAL), "reuse|any|only"},
    {"s", "reuse=2", NULL, AVERROR(EINVAL), "reuse|any|only"},
    {"s", "take=1.5", NULL, AVERROR(EINVAL), "take|'1.5'|whole number|1"},
    {"s", "take=0", NULL, AVERROR(EINVAL), "take|'0'|1"},
    {"s", "take=-1", NULL, AVERROR(EINVAL), "take|'-1'"},
    {"s", "take=", NULL, AVERROR(EINVAL), "take"},
    {"s", "take=two", NULL, AVERROR(EINVAL), "take|'two'"},
    {"s", "take=1x", NULL, AVERROR(EINVAL), "take|'1x'"},
    {"s", "take=1+1", NULL, AVERROR(EINVAL), "take|'1+1'"},
    {"s", "take=2147483647", NULL, AVERROR(EINVAL), "take|2147483646"},
    {"s", "take=99999999999999999999", NULL, AVERROR(EINVAL), "take"},
    {"s", "take=nan", NULL, AVERROR(EINVAL), "take"},
    {"s", "max_wait=soon", NULL, AVERROR(EINVAL), "max_wait|'soon'|time"},
    {"s", "max_wait=", NULL, AVERROR(EINVAL), "max_wait|time"},
    {"s", "max_wait=5 minutes", NULL, AVERROR(EINVAL), "max_wait"},
    {"s", "poll_interval=often", NULL, AVERROR(EINVAL), "poll_interval|'often'"},
    {"i2v:s?take=0", "", NULL, AVERROR(EINVAL), "take"},
    {"s", "", "fit=stretch", AVERROR(EINVAL), "fit|cover"},
    {"s", "", "take=0", AVERROR(EINVAL), "take"},
    {"s", "", "nope=1", AVERROR_OPTION_NOT_FOUND, "nope|I2V_DEFAULTS|prompt|store"},
    {"s", "", "model", AVERROR(EINVAL), "I2V_DEFAULTS"},
    {"s", "", "model=a:b", AVERROR(EINVAL), "I2V_DEFAULTS"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        AVDictionary *given = dictionary(refused[i].given);
        Options *options = (Options *)&given;
        char what[256];
        snprintf(what, sizeof(what), "%s, %s, %s", refused[i].url, refused[i].given,
                 refused[i].defaults ? refused[i].defaults : "-");
        set_environment("I2V_DEFAULTS", refused[i].defaults);
        said_clear();
        check_number(what, options_gather(refused[i].url, &given, NULL, &options),
                     refused[i].ret);
        assert_said(what, refused[i].words);
        assert_null(options);
        av_dict_free(&given);
    }
    clear_environment();
}

/* What a graph says is held against the same rules as what a URL says. */
static const struct {
    const char *given;
    int ret;
    const char *words;
} of_graphs[] = {
    {"image=a.png|prompt=p|take=2", 0, NULL},
    {"image=a?b%20c.png|prompt=two\nlines", 0, NULL},
    {"image=a.png|save=/x.mp4", AVERROR(EINVAL), "save|a filter graph|I2V_DEFAULTS"},
    {"base_url=https://evil.example", AVERROR(EINVAL), "base_url|I2V_BASE_URL"},
    {"params=@/etc/passwd", AVERROR(EINVAL), "params=@file|a filter graph"},
    {"image=a\nb.png", AVERROR(EINVAL), "image|a filter graph|control character"},
    {"take=0", AVERROR(EINVAL), "take|'0'"},
};

static void test_graph(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(of_graphs) / sizeof(of_graphs[0]); i++) {
        AVDictionary *given = dictionary(of_graphs[i].given);
        Options *options = NULL;
        said_clear();
        check_number(of_graphs[i].given,
                     options_gather(OPTIONS_GRAPH_URL, &given, NULL, &options),
                     of_graphs[i].ret);
        if (of_graphs[i].ret < 0)
            assert_said(of_graphs[i].given, of_graphs[i].words);
        else
            assert_silent(of_graphs[i].given);
        if (i == 1)
            check_text("image", options->image, "a?b%20c.png");
        options_free(&options);
        av_dict_free(&given);
    }
}

static void test_foreign_entries_stay(void **state)
{
    AVDictionary *given =
        dictionary("analyzeduration=5|prompt=p|Prompt2=q|probesize=9|take=2");
    Options *options = NULL;
    (void)state;
    assert_int_equal(options_gather("s", &given, NULL, &options), 0);
    check_number("left", av_dict_count(given), 3);
    check_text("left", av_dict_get(given, "analyzeduration", NULL, 0)->value, "5");
    check_text("left", av_dict_get(given, "probesize", NULL, 0)->value, "9");
    check_text("left", av_dict_get(given, "Prompt2", NULL, AV_DICT_MATCH_CASE)->value,
               "q");
    check_text("taken", options->prompt, "p");
    check_number("taken", options->take, 2);
    options_free(&options);
    av_dict_free(&given);
}

static void test_no_dictionary(void **state)
{
    AVDictionary *none = NULL;
    Options *options = NULL;
    (void)state;
    assert_int_equal(options_gather("i2v:s?prompt=p", NULL, NULL, &options), 0);
    check_text("prompt", options->prompt, "p");
    options_free(&options);
    assert_int_equal(options_gather("i2v:s?prompt=p", &none, NULL, &options), 0);
    assert_null(none);
    options_free(&options);
    options_free(&options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_no_collision),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_no_collisions),
        cmocka_unit_test(test_no_collisions_by_codec),
        cmocka_unit_test(test_empty_variables),
        cmocka_unit_test(test_gather),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_graph),
        cmocka_unit_test(test_foreign_entries_stay),
        cmocka_unit_test(test_no_dictionary),
    };
    said_start();
    clear_environment();
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
