/* i2v: what aimlapi says of its models: the prices
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/aimlapi.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/common.h>
#include <libavutil/error.h>

#include "base/json.h"

/* A text that is longer is no number and no word. */
#define MAX_WORD 32

typedef enum Basis {
    BY_SECOND,
    BY_MINUTE,
    BY_CLIP,
    BY_OTHER, ///< tokens, megapixels, seconds of what is sent: not known beforehand
} Basis;

static const struct {
    const char *name;
    Basis basis;
} units[] = {
    {"second", BY_SECOND},   {"seconds", BY_SECOND},   {"sec", BY_SECOND},
    {"s", BY_SECOND},        {"minute", BY_MINUTE},    {"minutes", BY_MINUTE},
    {"min", BY_MINUTE},      {"video", BY_CLIP},       {"videos", BY_CLIP},
    {"generation", BY_CLIP}, {"generations", BY_CLIP}, {"request", BY_CLIP},
    {"requests", BY_CLIP},   {"clip", BY_CLIP},        {"clips", BY_CLIP},
    {"item", BY_CLIP},       {"items", BY_CLIP},
};

static const char *const basis_names[] = {"second", "minute", "clip"};

typedef struct Rate {
    Basis basis;
    double usd; ///< for one of them, with BY_OTHER for `per` of `unit`
    double per;
    char unit[MAX_WORD + 1];
} Rate;

static const cJSON *member(const cJSON *json, const char *name)
{
    const cJSON *item = json_member(json, name);
    return cJSON_IsNull(item) ? NULL : item;
}

/* A short text of printable ASCII, else NULL. */
static const char *word(const cJSON *item)
{
    const char *text = cJSON_GetStringValue(item);
    size_t size = text ? strlen(text) : 0;
    if (!size || size > MAX_WORD)
        return NULL;
    for (size_t i = 0; i < size; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            return NULL;
    return text;
}

/* A number, or a text that is one; not strtod(), which follows the host's locale. */
static bool number(const cJSON *item, double *value)
{
    cJSON *parsed = word(item) ? cJSON_ParseWithOpts(item->valuestring, NULL, 1) : NULL;
    bool is_number = cJSON_IsNumber(item) || cJSON_IsNumber(parsed);

    if (is_number)
        *value = parsed ? parsed->valuedouble : item->valuedouble;
    cJSON_Delete(parsed);
    return is_number && isfinite(*value);
}

/* Rates */

static Basis basis_of(const cJSON *rate, const char *unit)
{
    /* "output" in the documentation, "generated" as others have seen it. */
    static const char *const sides[] = {"measure", "origin"};
    Basis basis = BY_OTHER;

    for (size_t i = 0; i < FF_ARRAY_ELEMS(units); i++)
        if (!av_strcasecmp(unit, units[i].name))
            basis = units[i].basis;
    for (size_t i = 0; i < FF_ARRAY_ELEMS(sides) && basis != BY_CLIP; i++) {
        const char *side = cJSON_GetStringValue(member(rate, sides[i]));
        if (side && av_strcasecmp(side, "output") && av_strcasecmp(side, "generated"))
            basis = BY_OTHER;
    }
    return basis;
}

/* @param pricing  what the rate is of, for its currency
 * @return NULL, or why the rate is not known */
static const char *read_rate(const cJSON *rate, const cJSON *pricing, Rate *to)
{
    const cJSON *unit =
        member(rate, "unit") ? member(rate, "unit") : member(rate, "name");
    const cJSON *currency =
        member(rate, "currency") ? member(rate, "currency") : member(pricing, "currency");
    double price = -1, per = 1;

    if (!number(member(rate, "price"), &price) || price < 0 ||
        (member(rate, "per") && (!number(member(rate, "per"), &per) || per <= 0)))
        return "the gateway's price cannot be read";
    if (currency && (!word(currency) || av_strcasecmp(currency->valuestring, "USD")))
        return "the gateway's price is not in US dollars";
    if (!word(unit))
        return "the gateway does not say what its price is for";
    to->basis = basis_of(rate, unit->valuestring);
    to->usd = to->basis == BY_OTHER ? price : price / per;
    av_strlcpy(to->unit, unit->valuestring, sizeof(to->unit));
    to->per = per;
    return isfinite(to->usd) ? NULL : "the gateway's price cannot be read";
}

/* "0.13 USD a second" */
static void say_rate(AVBPrint *text, const Rate *rate)
{
    if (rate->basis == BY_OTHER)
        av_bprintf(text, "%.6g USD for %.10g %s", rate->usd, rate->per, rate->unit);
    else
        av_bprintf(text, "%.6g USD a %s", rate->usd, basis_names[rate->basis]);
}

/* What a rate comes to. @return NULL, or why that is not known */
static const char *charge(const Rate *rate, double seconds, double *usd)
{
    bool timed = rate->basis == BY_SECOND || rate->basis == BY_MINUTE;

    if (rate->basis == BY_OTHER)
        return "the gateway counts by what is not known beforehand";
    if (timed && !(seconds > 0 && isfinite(seconds)))
        return "the price is by the length of the clip, which is not known";
    *usd = rate->usd * (rate->basis == BY_SECOND   ? seconds
                        : rate->basis == BY_MINUTE ? seconds / 60
                                                   : 1);
    return NULL;
}

/* The rates of a fixed price or a variant: a list of them that add up, or the one that it
 * is itself. price->usd is added to. @return NULL, or why it is not known */
static const char *charge_all(const cJSON *rates, const cJSON *pricing, double seconds,
                              CataloguePrice *price)
{
    const cJSON *list = member(rates, "units"), *rate = list ? list->child : rates;
    AVBPrint text;

    *price = (CataloguePrice){0};
    if (list && (!cJSON_IsArray(list) || !rate))
        return "the gateway names no price";
    av_bprint_init_for_buffer(&text, price->text, sizeof(price->text));
    for (; rate; rate = list ? rate->next : NULL) {
        Rate one;
        double usd = 0;
        const char *problem = read_rate(rate, pricing, &one);
        if (problem || (problem = charge(&one, seconds, &usd)))
            return problem;
        price->usd += usd;
        /* Several may also be meant for different cases. */
        price->at_most |= text.len > 0;
        av_bprintf(&text, "%s", text.len ? " and " : "");
        say_rate(&text, &one);
    }
    return isfinite(price->usd) ? NULL : "the gateway's price cannot be read";
}

/* Variants */

typedef enum Match { MATCH_NO, MATCH_MAYBE, MATCH_YES } Match;

static const char *text_of(const cJSON *scalar)
{
    if (cJSON_IsBool(scalar))
        return cJSON_IsTrue(scalar) ? "true" : "false";
    return cJSON_GetStringValue(scalar);
}

static Match match_value(const cJSON *wanted, const cJSON *value)
{
    double a, b;
    if (number(wanted, &a) && number(value, &b))
        return a == b ? MATCH_YES : MATCH_NO;
    if (!text_of(wanted) && !cJSON_IsNumber(wanted))
        return MATCH_MAYBE;
    if (!text_of(wanted) || !text_of(value))
        return MATCH_NO;
    return av_strcasecmp(text_of(wanted), text_of(value)) ? MATCH_NO : MATCH_YES;
}

/* One dimension: a value, or any of a list. */
static Match match_dimension(const cJSON *wanted, const cJSON *value)
{
    const cJSON *one;
    Match best = MATCH_NO;

    if (!cJSON_IsNumber(value) && !text_of(value))
        return MATCH_MAYBE;
    /* The choice is the gateway's: any of the values may be meant. */
    if (cJSON_IsString(value) && (!av_strcasecmp(value->valuestring, "auto") ||
                                  !av_strcasecmp(value->valuestring, "adaptive")))
        return MATCH_MAYBE;
    if (!cJSON_IsArray(wanted))
        return match_value(wanted, value);
    cJSON_ArrayForEach(one, wanted)
    {
        best = FFMAX(best, match_value(one, value));
    }
    return best;
}

/* @param weight  how many dimensions it names */
static Match match_variant(const cJSON *variant, const cJSON *fields, int *weight)
{
    const cJSON *when = member(variant, "when"), *wanted;
    Match match = when && !cJSON_IsObject(when) ? MATCH_MAYBE : MATCH_YES;

    *weight = 0;
    if (!cJSON_IsObject(when))
        return match;
    cJSON_ArrayForEach(wanted, when)
    {
        match = FFMIN(match, match_dimension(wanted, member(fields, wanted->string)));
        ++*weight;
    }
    return match;
}

/* The weight of the variant that fits best among those that surely fit, -1 for none. */
static int best_weight(const cJSON *variants, const cJSON *fields, bool *doubtful)
{
    const cJSON *variant;
    int best = -1, weight;

    *doubtful = false;
    cJSON_ArrayForEach(variant, variants)
    {
        Match match = match_variant(variant, fields, &weight);
        if (match == MATCH_YES)
            best = FFMAX(best, weight);
        *doubtful |= match == MATCH_MAYBE;
    }
    return best;
}

/* The dearest of the variants that may be meant. @return NULL, or why it is not known */
static const char *charge_variant(const cJSON *pricing, const cJSON *fields,
                                  double seconds, CataloguePrice *price)
{
    const cJSON *variants = member(pricing, "variants"), *variant;
    bool doubtful, any = false;
    int best = best_weight(variants, fields, &doubtful);
    double least = 0;

    cJSON_ArrayForEach(variant, variants)
    {
        CataloguePrice its;
        int weight;
        Match match = match_variant(variant, fields, &weight);
        if (match == MATCH_NO || (match == MATCH_YES && weight < best))
            continue;
        const char *problem = charge_all(variant, pricing, seconds, &its);
        if (problem)
            return problem;
        least = any ? FFMIN(least, its.usd) : its.usd;
        doubtful |= its.at_most;
        if (!any || its.usd > price->usd)
            *price = its;
        any = true;
    }
    price->at_most = doubtful || (any && price->usd > least);
    return any ? NULL : "the gateway names no price for these values";
}

/* The kind is said, or shows. */
static bool is_kind(const cJSON *pricing, const char *kind, const char *list)
{
    const char *said = cJSON_GetStringValue(member(pricing, "kind"));
    return said ? !av_strcasecmp(said, kind) : list && member(pricing, list);
}

int aimlapi_price(const Catalogue *catalogue, int n, const cJSON *fields, double seconds,
                  CataloguePrice *price)
{
    const cJSON *pricing = catalogue_pricing(catalogue, n);
    const char *problem = "the gateway names no price";

    *price = (CataloguePrice){0};
    if (is_kind(pricing, "variable", NULL))
        problem = "the gateway says that its price varies";
    else if (is_kind(pricing, "variants", "variants"))
        problem = charge_variant(pricing, fields, seconds, price);
    else if (is_kind(pricing, "fixed", "units"))
        problem = charge_all(pricing, pricing, seconds, price);
    if (!problem)
        return 0;
    *price = (CataloguePrice){0};
    av_strlcpy(price->text, problem, sizeof(price->text));
    return AVERROR(ENODATA);
}

/* Lines for people */

/* "720p, generate_audio true": the conditions of a variant */
static void say_when(AVBPrint *text, const cJSON *variant)
{
    const cJSON *when = member(variant, "when"), *wanted;
    const char *separator = " (";
    double value;

    if (!cJSON_IsObject(when) || !when->child)
        return;
    cJSON_ArrayForEach(wanted, when)
    {
        bool plain = word(wanted) && !number(wanted, &value) &&
                     av_strcasecmp(wanted->valuestring, "true") &&
                     av_strcasecmp(wanted->valuestring, "false");
        const cJSON name = {.type = cJSON_String, .valuestring = wanted->string};
        av_bprintf(text, "%s", separator);
        if (!plain)
            av_bprintf(text, "%s ", word(&name) ? wanted->string : "?");
        if (number(wanted, &value))
            av_bprintf(text, "%.6g", value);
        else
            av_bprintf(text, "%s",
                       cJSON_IsBool(wanted) || word(wanted) ? text_of(wanted) : "...");
        separator = ", ";
    }
    av_bprintf(text, ")");
}

/* One rate a variant, of one basis, so that they can be compared. */
typedef struct Range {
    Rate least, most;
    bool comparable;
} Range;

static Range range_of(const cJSON *pricing)
{
    const cJSON *variants = member(pricing, "variants"), *variant;
    Range range = {.comparable = cJSON_IsArray(variants) && variants->child};
    bool first = true;

    cJSON_ArrayForEach(variant, variants)
    {
        Rate rate = {.basis = BY_OTHER};
        if (member(variant, "units") || read_rate(variant, pricing, &rate) ||
            rate.basis == BY_OTHER || (!first && rate.basis != range.least.basis))
            range.comparable = false;
        if (!range.comparable)
            break;
        if (first || rate.usd < range.least.usd)
            range.least = rate;
        if (first || rate.usd > range.most.usd)
            range.most = rate;
        first = false;
    }
    return range;
}

/* Every variant. @return whether it fitted */
static bool say_variants(const cJSON *pricing, const Range *range, char *to, size_t size)
{
    const cJSON *variant;
    const char *separator = "";
    AVBPrint text;

    av_bprint_init_for_buffer(&text, to, (unsigned)size);
    cJSON_ArrayForEach(variant, member(pricing, "variants"))
    {
        Rate rate;
        av_bprintf(&text, "%s", separator);
        if (member(variant, "units") || read_rate(variant, pricing, &rate))
            av_bprintf(&text, "not known");
        else if (range->comparable)
            av_bprintf(&text, "%.6g", rate.usd);
        else
            say_rate(&text, &rate);
        say_when(&text, variant);
        separator = ", ";
        if (!av_bprint_is_complete(&text))
            return false;
    }
    if (range->comparable)
        av_bprintf(&text, " USD a %s", basis_names[range->least.basis]);
    return av_bprint_is_complete(&text) && text.len;
}

static void say_fixed(const cJSON *pricing, char *to, size_t size)
{
    const cJSON *list = member(pricing, "units"), *rate = list ? list->child : pricing;
    AVBPrint text;

    av_bprint_init_for_buffer(&text, to, (unsigned)size);
    for (; rate && av_bprint_is_complete(&text); rate = list ? rate->next : NULL) {
        Rate one;
        av_bprintf(&text, "%s", text.len ? " and " : "");
        if (read_rate(rate, pricing, &one))
            av_bprintf(&text, "not known");
        else
            say_rate(&text, &one);
    }
    if (!text.len || !av_bprint_is_complete(&text))
        av_strlcpy(to, text.len ? "several rates" : "not said", size);
}

void aimlapi_price_text(const Catalogue *catalogue, int n, char *text, size_t size)
{
    const cJSON *pricing = catalogue_pricing(catalogue, n);

    av_strlcpy(text, "not said", size);
    if (is_kind(pricing, "variable", NULL)) {
        av_strlcpy(text, "variable", size);
    } else if (is_kind(pricing, "fixed", "units")) {
        say_fixed(pricing, text, size);
    } else if (is_kind(pricing, "variants", "variants")) {
        Range range = range_of(pricing);
        if (say_variants(pricing, &range, text, size))
            return;
        if (range.comparable)
            snprintf(text, size, "%.6g to %.6g USD a %s", range.least.usd, range.most.usd,
                     basis_names[range.least.basis]);
        else
            av_strlcpy(text, "depends on the request", size);
    }
}
