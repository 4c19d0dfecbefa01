/* i2v: the options of one input: where their values come from
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request/steps.h"

#include <stdlib.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

static bool is_graph(const char *url)
{
    return url && !strcmp(url, OPTIONS_GRAPH_URL);
}

static int take_ours(AVDictionary **given, AVDictionary **ours)
{
    const AVDictionaryEntry *entry = NULL;
    AVDictionary *others = NULL;
    int ret = 0;

    while (ret >= 0 && (entry = av_dict_get(*given, "", entry, AV_DICT_IGNORE_SUFFIX)))
        ret = av_dict_set(options_find(entry->key) ? ours : &others, entry->key,
                          entry->value, 0);
    if (ret < 0) {
        av_dict_free(&others);
        return ret;
    }
    av_dict_free(given);
    *given = others;
    return 0;
}

static int add_query(const AVDictionary *query, AVDictionary **ours, Outcome *out)
{
    const AVDictionaryEntry *entry = NULL;
    int ret = 0;

    while (ret >= 0 && (entry = av_dict_get(query, "", entry, AV_DICT_IGNORE_SUFFIX)))
        ret = options_add(ours, entry->key, entry->value, out);
    return ret;
}

/* What a filter graph says, it all says as a URL's query does. */
static int check_graph(const AVDictionary *ours, AVDictionary **query, Outcome *out)
{
    const AVDictionaryEntry *entry = NULL;
    int ret = 0;

    while (ret >= 0 && (entry = av_dict_get(ours, "", entry, AV_DICT_IGNORE_SUFFIX)))
        ret = options_check_foreign(OPTIONS_OF_GRAPH, entry->key, entry->value, out);
    return ret < 0 ? ret : av_dict_copy(query, ours, 0);
}

static int say_unread(const char *image, const char *still, const Outcome *out)
{
    char *read = still_label(image), *unread = still_label(still);
    int ret = read && unread ? 0 : AVERROR(ENOMEM);

    if (ret >= 0)
        outcome_say(out, AV_LOG_WARNING,
                    "The option image names the still '%s'; '%s' is not read.", read,
                    unread);
    av_free(read);
    av_free(unread);
    return ret;
}

/* The command's options: those given, the URL's, the still's name. */
static int gather_command(const char *url, AVDictionary **given, AVDictionary **ours,
                          AVDictionary **query, Outcome *out)
{
    char *still = NULL;
    const char *body = options_url_body(url);
    int ret;

    if ((ret = take_ours(given, ours)) < 0)
        goto end;
    if (is_graph(url)) {
        ret = check_graph(*ours, query, out);
        goto end;
    }
    if (body) {
        if ((ret = options_parse_url(body, &still, query, out)) < 0 ||
            (ret = add_query(*query, ours, out)) < 0)
            goto end;
    } else if (url && !(still = av_strdup(url))) {
        ret = AVERROR(ENOMEM);
        goto end;
    }
    const AVDictionaryEntry *image =
        av_dict_get(*ours, "image", NULL, AV_DICT_MATCH_CASE);
    if (still && still[0] && (body || !image))
        ret = options_add(ours, "image", still, out);
    else if (image && still && still[0] && strcmp(image->value, still))
        ret = say_unread(image->value, still, out);
end:
    av_free(still);
    return FFMIN(ret, 0);
}

static int set_default(AVDictionary **ours, const char *name, const char *value)
{
    return value && *value ? av_dict_set(ours, name, value, AV_DICT_DONT_OVERWRITE) : 0;
}

static int refuse_value(const AVOption *o, const char *value, Outcome *out)
{
    AVBPrint valid;

    av_bprint_init(&valid, 0, AV_BPRINT_SIZE_AUTOMATIC);
    if (o->unit) {
        for (const AVOption *c = options_class.option; c->name; c++)
            if (c->type == AV_OPT_TYPE_CONST && !strcmp(c->unit, o->unit))
                av_bprintf(&valid, "%s%s", valid.len ? ", " : "", c->name);
    } else if (o->type == AV_OPT_TYPE_BOOL) {
        av_bprintf(&valid, "1 or 0");
    } else if (o->type == AV_OPT_TYPE_DOUBLE) {
        av_bprintf(&valid, "an amount such as 1.50, from 0 to %.0f", o->max);
    } else if (o->type == AV_OPT_TYPE_INT) {
        av_bprintf(&valid, "a whole number from %.0f to %.0f", o->min, o->max);
    } else {
        av_bprintf(&valid, "a time such as 90, 1:30 or 1500ms");
    }
    return outcome_refuse(out, "'%s' is not a value of the option %s; it takes %s.",
                          value, o->name, valid.str);
}

/* libavutil would take an expression for a name, and round 1.5 to 2 without a word. */
static bool is_plausible(const AVOption *option, const char *value)
{
    if (option->unit) {
        for (const AVOption *o = options_class.option; o->name; o++)
            if (o->type == AV_OPT_TYPE_CONST && !strcmp(o->unit, option->unit) &&
                !strcmp(o->name, value))
                return true;
    }
    if (option->type == AV_OPT_TYPE_DOUBLE) {
        size_t whole = strspn(value, "0123456789"), point = value[whole] == '.';
        size_t part = strspn(value + whole + point, "0123456789");
        return whole + part && !value[whole + point + part];
    }
    return option->type != AV_OPT_TYPE_INT ||
           (*value && !value[strspn(value, "0123456789")]);
}

static int apply(const AVDictionary *ours, Options *options, Outcome *out)
{
    const AVDictionaryEntry *entry = NULL;
    while ((entry = av_dict_get(ours, "", entry, AV_DICT_IGNORE_SUFFIX))) {
        const AVOption *o = options_find(entry->key);
        int ret = is_plausible(o, entry->value)
                      ? av_opt_set(options, entry->key, entry->value, 0)
                      : AVERROR(EINVAL);
        if (ret == AVERROR(ENOMEM))
            return ret;
        if (ret < 0)
            return refuse_value(o, entry->value, out);
    }
    return 0;
}

/* The values of `from` that bound what may be spent; at most their defaults otherwise. */
static int read_limits(const AVDictionary *from, Outcome *out, Options *limits)
{
    static const char *const names[] = {"max_cost", "max_total", "reuse", "dry_run"};
    AVDictionary *some = NULL;
    int ret = 0;

    *limits = (Options){.class = &options_class, .log_level_offset = AV_LOG_TRACE};
    av_opt_set_defaults(limits);
    for (size_t i = 0; i < FF_ARRAY_ELEMS(names) && ret >= 0; i++) {
        const AVDictionaryEntry *entry =
            av_dict_get(from, names[i], NULL, AV_DICT_MATCH_CASE);
        if (entry)
            ret = av_dict_set(&some, entry->key, entry->value, 0);
    }
    if (ret >= 0)
        ret = apply(some, limits, out);
    av_dict_free(&some);
    return ret;
}

/* A URL or graph may come from a stranger: it may not lift the limits of I2V_DEFAULTS. */
static int check_limits(OptionsOrigin origin, const AVDictionary *query,
                        const AVDictionary *defaults, Outcome *out)
{
    Options asked = {0}, site = {0};
    const char *lifted = NULL;
    int ret;

    if ((ret = read_limits(query, out, &asked)) < 0 ||
        (ret = read_limits(defaults, out, &site)) < 0)
        goto end;
    if (site.max_cost >= 0 && asked.max_cost > site.max_cost)
        lifted = "max_cost";
    else if (site.max_total >= 0 && asked.max_total > site.max_total)
        lifted = "max_total";
    else if (site.dry_run && !asked.dry_run && av_dict_get(query, "dry_run", NULL, 0))
        lifted = "dry_run";
    else if (site.reuse == REUSE_ONLY && asked.reuse != REUSE_ONLY &&
             av_dict_get(query, "reuse", NULL, 0))
        lifted = "reuse";
    if (!lifted)
        goto end;
    ret = outcome_refuse(
        out,
        "The %s says %s=%s, and I2V_DEFAULTS %s=%s: a %s may not allow more than "
        "that.",
        origin == OPTIONS_OF_GRAPH ? "filter graph" : "i2v: URL", lifted,
        av_dict_get(query, lifted, NULL, 0)->value, lifted,
        av_dict_get(defaults, lifted, NULL, 0)->value,
        origin == OPTIONS_OF_GRAPH ? "graph" : "URL");
end:
    av_opt_free(&asked);
    av_opt_free(&site);
    return ret;
}

int options_check_limits(OptionsOrigin origin, const AVDictionary *options, Outcome *out)
{
    const char *defaults = secure_getenv("I2V_DEFAULTS");
    AVDictionary *parsed = NULL;
    /* What is wrong with it is said where it is taken. */
    int ret = defaults ? av_dict_parse_string(&parsed, defaults, "=", ":", 0) : 0;

    ret = ret < 0 ? 0 : check_limits(origin, options, parsed, out);
    av_dict_free(&parsed);
    return ret;
}

/* Of a variable whose value was lost on its way here (a command that had failed, a secret
 * that is not there) the default is the last thing that is meant: that may be the live
 * service. */
static int check_environment(Outcome *out)
{
    static const char *const ours[] = {
        "I2V_DEFAULTS",   "I2V_BASE_URL", "I2V_STORE", "I2V_API_KEY",
        "I2V_LOG",        "I2V_PARALLEL", "I2V_AHEAD", "I2V_ALLOW_HTTP",
        "I2V_PLUGIN_DIR", "I2V_STILLS",   NULL};
    const char *const *const lists[] = {ours, engine_default()->key_variables};

    for (size_t i = 0; i < FF_ARRAY_ELEMS(lists); i++)
        for (const char *const *name = lists[i]; *name; name++) {
            const char *value = secure_getenv(*name);
            if (value && !*value)
                return outcome_refuse(
                    out,
                    "%s is set and empty: give it a value, or unset it; nothing sent.",
                    *name);
        }
    return 0;
}

static int add_environment(OptionsOrigin origin, const AVDictionary *query,
                           AVDictionary **ours, Outcome *out)
{
    const char *defaults = secure_getenv("I2V_DEFAULTS");
    bool prompted = av_dict_get(*ours, "prompt", NULL, AV_DICT_MATCH_CASE) ||
                    av_dict_get(*ours, "prompt_file", NULL, AV_DICT_MATCH_CASE);
    const AVDictionaryEntry *entry = NULL;
    AVDictionary *parsed = NULL;
    int ret = check_environment(out);

    if (ret >= 0)
        ret = set_default(ours, "base_url", secure_getenv("I2V_BASE_URL"));
    if (ret >= 0)
        ret = set_default(ours, "store", secure_getenv("I2V_STORE"));
    if (ret < 0 || !defaults)
        return ret;
    if ((ret = av_dict_parse_string(&parsed, defaults, "=", ":", 0)) < 0)
        outcome_fail(out, FAILURE_REQUEST, ret,
                     "I2V_DEFAULTS is not of the form name=value:name=value; a colon "
                     "inside a value is written \\:"); // what it is may be the key
    if (ret >= 0)
        ret = check_limits(origin, query, parsed, out);
    while (ret >= 0 && (entry = av_dict_get(parsed, "", entry, AV_DICT_IGNORE_SUFFIX))) {
        if (!options_find(entry->key))
            ret = options_refuse_unknown(entry->key, "I2V_DEFAULTS", false, out);
        else if (!prompted || !av_strstart(entry->key, "prompt", NULL))
            ret = set_default(ours, entry->key, entry->value);
    }
    av_dict_free(&parsed);
    return FFMIN(ret, 0);
}

/* The defaults of the table are those of the engine that is asked when none is named. */
static int take_engine_defaults(const AVDictionary *ours, Options *o)
{
    const Engine *engine = engine_find(o->engine);
    const struct {
        const char *name, *value;
        char **option;
    } defaults[] = {{"model", engine ? engine->model : NULL, &o->model},
                    {"base_url", engine ? engine->base_url : NULL, &o->base_url}};

    if (!engine || engine == engine_default())
        return 0;
    for (size_t i = 0; i < FF_ARRAY_ELEMS(defaults); i++) {
        if (av_dict_get(ours, defaults[i].name, NULL, AV_DICT_MATCH_CASE))
            continue;
        av_freep(defaults[i].option);
        if (defaults[i].value && !(*defaults[i].option = av_strdup(defaults[i].value)))
            return AVERROR(ENOMEM);
    }
    return 0;
}

int options_gather(const char *url, AVDictionary **given, Outcome *out, Options **options)
{
    AVDictionary *ours = NULL, *query = NULL, *nothing = NULL;
    OptionsOrigin origin = is_graph(url) ? OPTIONS_OF_GRAPH : OPTIONS_OF_URL;
    Options *o = *options = av_mallocz(sizeof(*o));
    int ret;

    if (!o)
        return AVERROR(ENOMEM);
    o->class = &options_class;
    o->log_level_offset = AV_LOG_TRACE;
    av_opt_set_defaults(o);
    if ((ret = gather_command(url, given ? given : &nothing, &ours, &query, out)) < 0 ||
        (ret = add_environment(origin, query, &ours, out)) < 0 ||
        (ret = apply(ours, o, out)) < 0 || (ret = take_engine_defaults(ours, o)) < 0)
        options_free(options);
    av_dict_free(&ours);
    av_dict_free(&query);
    return ret;
}

void options_free(Options **options)
{
    if (*options)
        av_opt_free(*options);
    av_freep(options);
}
