/* i2v: the table of options, and which of them a stranger may say
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request/steps.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

#include <libavutil/bprint.h>
#include <libavutil/error.h>

#include "base/text.h"
#include "engine/engine.h"
#include "still/still.h"

#define MINUTES_US (60 * 1000000LL)

#define OFFSET(x) offsetof(Options, x)
#define FLAGS     AV_OPT_FLAG_DECODING_PARAM
/* clang-format off */
#define STRING(name, text, value) \
    { #name, text, OFFSET(name), AV_OPT_TYPE_STRING, { .str = (value) }, 0, 0, FLAGS, NULL }
#define NAMED(name, text, value, last) \
    { #name, text, OFFSET(name), AV_OPT_TYPE_INT, { .i64 = (value) }, 0, last, FLAGS, #name }
#define VALUE(unit, name, text, value) \
    { name, text, 0, AV_OPT_TYPE_CONST, { .i64 = (value) }, 0, 0, FLAGS, unit }
#define BOOLEAN(name, text, value, least) \
    { #name, text, OFFSET(name), AV_OPT_TYPE_BOOL, { .i64 = (value) }, least, 1, FLAGS, NULL }
#define DURATION(name, text, value) \
    { #name, text, OFFSET(name), AV_OPT_TYPE_DURATION, { .i64 = (value) }, \
      (double)INT64_MIN, (double)INT64_MAX, FLAGS, NULL }

static const AVOption option_table[] = {
    STRING(prompt, "set what happens in the clip", NULL),
    STRING(prompt_file, "read the prompt from this UTF-8 file", NULL),
    STRING(image, "set the still: path, -, http(s) URL, data: URI or a video (default: the input URL)", NULL),
    STRING(image_time, "set which frame of a video is the still: a time, or end", "0"),
    STRING(end_image, "set the still that the clip ends with, where the model takes one", NULL),
    STRING(engine, "set who makes the clip: " ENGINE_DEFAULT ", or openai, a server at base_url with the OpenAI-style Videos API", ENGINE_DEFAULT),
    STRING(model, "set the image-to-video model (of engine=openai: the server's own)", ENGINE_DEFAULT_MODEL),
    STRING(resolution, "set the resolution, as the model names it or WIDTHxHEIGHT (default: the model's)", NULL),
    STRING(aspect_ratio, "set the aspect ratio, auto = nearest to the still's", "auto"),
    STRING(duration, "set the length of the clip in seconds (default: the model's)", NULL),
    BOOLEAN(audio, "set whether the clip has audio, where the model lets one choose", -1, -1),
    STRING(negative_prompt, "set what is not to be in the clip, where the model takes it", NULL),
    STRING(seed, "set the seed, where the model takes one", NULL),
    STRING(params, "set further request fields: JSON object, @file.json or name=value:name=value", NULL),
    NAMED(fit, "set how a still of another shape meets the size the model demands", STILL_COVER, STILL_NONE),
        VALUE("fit", "cover", "fill the frame, cut what stands over", STILL_COVER),
        VALUE("fit", "contain", "show all of it, pad with black", STILL_CONTAIN),
        VALUE("fit", "fill", "stretch", STILL_FILL),
        VALUE("fit", "none", "send it as it is, a URL as a URL", STILL_NONE),
    NAMED(fit_position, "set what cover keeps and where contain puts the still", STILL_CENTER, STILL_RIGHT),
        VALUE("fit_position", "center", NULL, STILL_CENTER),
        VALUE("fit_position", "top", NULL, STILL_TOP),
        VALUE("fit_position", "bottom", NULL, STILL_BOTTOM),
        VALUE("fit_position", "left", NULL, STILL_LEFT),
        VALUE("fit_position", "right", NULL, STILL_RIGHT),
    { "take", "set which take of this request; another number is another generation", OFFSET(take),
        AV_OPT_TYPE_INT, { .i64 = 1 }, 1, INT_MAX - 1, FLAGS, NULL },
    NAMED(reuse, "set whether a new generation may be bought", REUSE_ANY, REUSE_ONLY),
        VALUE("reuse", "any", "what is there, else a new generation", REUSE_ANY),
        VALUE("reuse", "only", "a finished clip or a running generation, never a new one", REUSE_ONLY),
    DURATION(max_wait, "set how long to wait, at most 24 h; the generation goes on after that", 20 * MINUTES_US),
    DURATION(poll_interval, "set a fixed interval between polls (0 = adaptive)", 0),
    { "max_cost", "set the most that one clip may cost in USD (default: no limit)", OFFSET(max_cost),
        AV_OPT_TYPE_DOUBLE, { .dbl = -1 }, -1, 1000000, FLAGS, NULL },
    { "max_total", "set the most that all clips of one command may cost in USD (default: no limit)", OFFSET(max_total),
        AV_OPT_TYPE_DOUBLE, { .dbl = -1 }, -1, 1000000, FLAGS, NULL },
    STRING(project, "set a label under which i2vctl jobs --by project sums what was spent", NULL),
    BOOLEAN(dry_run, "do everything but the purchase, and give an animatic made here", 0, 0),
    NAMED(fallback, "set what the input becomes when the generation fails or takes too long", FALLBACK_ERROR, FALLBACK_STILL),
        VALUE("fallback", "error", "an error", FALLBACK_ERROR),
        VALUE("fallback", "still", "the still for the duration, with silence", FALLBACK_STILL),
    BOOLEAN(silence, "give a clip without audio a silent track", 0, 0),
    NAMED(tags, "set which metadata the input gets", TAGS_BASIC, TAGS_ALL),
        VALUE("tags", "none", NULL, TAGS_NONE),
        VALUE("tags", "basic", "the generation's id and the IPTC digital source type", TAGS_BASIC),
        VALUE("tags", "all", "model, prompt, take and cost, too", TAGS_ALL),
    STRING(save, "also keep the original MP4 at this path, with {key}, {take}, {id}, {project} filled in", NULL),
    STRING(api_key_file, "read the API key from this file (default: I2V_API_KEY, " ENGINE_DEFAULT_KEYS " or i2v/key)", NULL),
    STRING(base_url, "set where the gateway or server is (env I2V_BASE_URL)", ENGINE_DEFAULT_URL),
    STRING(ca_file, "set the CA bundle for https", NULL),
    STRING(store, "set the directory of the ledger and the clips (env I2V_STORE)", NULL),
    { NULL, NULL, 0, AV_OPT_TYPE_FLAGS, { .i64 = 0 }, 0, 0, 0, NULL },
};
/* clang-format on */

const AVClass options_class = {
    .class_name = "i2v demuxer",
    .item_name = av_default_item_name,
    .option = option_table,
    .version = LIBAVUTIL_VERSION_INT,
    .log_level_offset_offset = OFFSET(log_level_offset),
    .category = AV_CLASS_CATEGORY_DEMUXER,
};

const AVOption *options_find(const char *name)
{
    for (const AVOption *o = option_table; o->name; o++)
        if (o->type != AV_OPT_TYPE_CONST && !strcmp(o->name, name))
            return o;
    return NULL;
}

bool options_knows(const char *name)
{
    return options_find(name);
}

const char *options_value_name(const char *option, int value)
{
    for (const AVOption *o = option_table; o->name; o++)
        if (o->type == AV_OPT_TYPE_CONST && !strcmp(o->unit, option) &&
            o->default_val.i64 == value)
            return o->name;
    return "?";
}

int options_refuse_unknown(const char *name, const char *where, bool foreign,
                           Outcome *out)
{
    AVBPrint list;

    av_bprint_init(&list, 0, AV_BPRINT_SIZE_AUTOMATIC);
    for (const AVOption *o = option_table; o->name; o++)
        if (o->type != AV_OPT_TYPE_CONST && !(foreign && options_is_withheld(o->name)))
            av_bprintf(&list, "%s%s", list.len ? ", " : "", o->name);
    return outcome_fail(out, FAILURE_REQUEST, AVERROR_OPTION_NOT_FOUND,
                        "Unknown option '%s' in %s; it may hold %s.", name, where,
                        list.str);
}

int options_add(AVDictionary **options, const char *name, const char *value, Outcome *out)
{
    const AVDictionaryEntry *earlier =
        av_dict_get(*options, name, NULL, AV_DICT_MATCH_CASE);
    if (!earlier || !strcmp(earlier->value, value))
        return FFMIN(av_dict_set(options, name, value, 0), 0);
    bool hide = text_has_control(earlier->value) || text_has_control(value);
    return outcome_refuse(
        out, "The option %s is given twice with different values: '%s' and '%s'.", name,
        hide ? "..." : earlier->value, hide ? "..." : value);
}

/* How they are written */

static bool of_command; ///< set before anything else is done

void options_write_as_command(void)
{
    of_command = true;
}

const char *options_dash(void)
{
    return of_command ? "--" : "-";
}

/* What may come from strangers */

/* URLs and graphs come from strangers too: what could send the key elsewhere, or a file
 * of this machine's to the gateway, or write one, is not for them to say. */
static const char withheld[] =
    "engine|base_url|api_key_file|prompt_file|ca_file|store|save";

static const char *const places[] = {
    [OPTIONS_OF_URL] = "an i2v: URL",
    [OPTIONS_OF_GRAPH] = "a filter graph",
};

bool options_is_withheld(const char *name)
{
    return text_is_among(name, withheld);
}

static int refuse(const char *name, const char *file, const char *place, Outcome *out)
{
    return outcome_refuse(
        out,
        "The option %s%s is not accepted in %s; set it with %s%s, in I2V_DEFAULTS%s or "
        "through the C API.",
        name, file, place, of_command ? "--" : "-f i2v -", name,
        !strcmp(name, "base_url") ? ", by I2V_BASE_URL"
        : !strcmp(name, "store")  ? ", by I2V_STORE"
                                  : "");
}

/* What is said ends up in log lines; only texts for the gateway may have lines of their
 * own. */
int options_check_foreign(OptionsOrigin origin, const char *name, const char *value,
                          Outcome *out)
{
    const char *place = places[origin];
    if (options_is_withheld(name))
        return refuse(name, "", place, out);
    if (!strcmp(name, "params") && value[0] == '@')
        return refuse(name, "=@file", place, out);
    if (!text_is_among(name, "prompt|negative_prompt|params") && text_has_control(value))
        return outcome_refuse(out, "The option %s in %s holds a control character.", name,
                              place);
    return text_is_among(name, "image|end_image")
               ? stills_check_foreign(name, value, place, out)
               : 0;
}
