/* i2v: unit tests of prices: what a request would cost, and what is not known
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/error.h>

#include "engine/aimlapi.h"

/* A catalogue of one model. */
static Catalogue *with_pricing(const char *pricing)
{
    size_t size = strlen(pricing) + 64;
    char *body = malloc(size);
    Catalogue *catalogue;

    snprintf(body, size, "{\"data\":[{\"id\":\"m\",\"pricing\":%s}]}", pricing);
    check_number(pricing, catalogue_parse(body, strlen(body), &catalogue), 0);
    free(body);
    return catalogue;
}

#define UNITS(units)       "{\"kind\":\"fixed\",\"units\":[" units "]}"
#define SECOND(price)      "{\"price\":" price ",\"unit\":\"second\",\"per\":1}"
#define VARIANTS(variants) "{\"kind\":\"variants\",\"variants\":[" variants "]}"
#define WHEN(when, price) \
    "{\"when\":{" when "},\"price\":" price ",\"unit\":\"second\",\"per\":1}"

/* What the documentation shows, and a request's fields. */
#define DOCUMENTED                                                                       \
    "{\"kind\":\"variants\",\"dimensions\":[\"resolution\"],\"variants\":["              \
    "{\"when\":{\"resolution\":\"720p\"},\"price\":0.39,\"unit\":\"second\",\"per\":1}," \
    "{\"when\":{\"resolution\":\"1080p\"},\"price\":0.65,\"unit\":\"second\",\"per\":1}]}"
#define FIELDS                                                          \
    "{\"resolution\":\"1080p\",\"duration\":5,\"generate_audio\":true," \
    "\"seed\":\"7\",\"none\":null,\"elements\":[1]}"

#define UNKNOWN -1

static const struct {
    const char *pricing;
    double seconds, usd; /* or UNKNOWN */
    bool at_most;
    const char *text;
} prices[] = {
    /* fixed */
    {UNITS(SECOND("0.13")), 8, 1.04, false, "0.13 USD a second"},
    {UNITS(SECOND("\"0.13\"")), 8, 1.04, false, "0.13 USD a second"},
    {UNITS("{\"price\":0.5,\"name\":\"Seconds\",\"per\":10}"), 8, 0.4, false,
     "0.05 USD a second"},
    {UNITS("{\"price\":0.5,\"unit\":\"second\"}"), 8, 4, false, "0.5 USD a second"},
    {UNITS("{\"price\":0.5,\"unit\":\"second\",\"per\":null,\"x\":[{}]}"), 8, 4, false,
     "0.5 USD a second"},
    {UNITS("{\"price\":3,\"unit\":\"minutes\",\"per\":1}"), 8, 0.4, false,
     "3 USD a minute"},
    {UNITS("{\"price\":0.3,\"unit\":\"video\",\"per\":1}"), 8, 0.3, false,
     "0.3 USD a clip"},
    {UNITS("{\"price\":0.3,\"unit\":\"GENERATION\"}"), 0, 0.3, false, "0.3 USD a clip"},
    {UNITS("{\"price\":0.3,\"name\":\"request\",\"per\":2}"), 0, 0.15, false,
     "0.15 USD a clip"},
    {UNITS("{\"price\":0,\"unit\":\"item\"}"), 0, 0, false, "0 USD a clip"},
    {UNITS("{\"price\":0.1,\"name\":\"second\",\"origin\":\"generated\"}"), 5, 0.5, false,
     "0.1 USD a second"},
    {UNITS("{\"price\":0.1,\"name\":\"second\",\"measure\":\"output\"}"), 5, 0.5, false,
     "0.1 USD a second"},
    {UNITS(SECOND("0.1") ",{\"price\":0.2,\"unit\":\"clip\"}"), 5, 0.7, true,
     "0.1 USD a second and 0.2 USD a clip"},
    {"{\"units\":[" SECOND("0.13") "]}", 8, 1.04, false, "0.13 USD a second"},
    {"{\"kind\":\"FIXED\",\"price\":0.13,\"unit\":\"second\"}", 8, 1.04, false,
     "0.13 USD a second"},
    {"{\"kind\":\"fixed\",\"currency\":\"usd\",\"units\":[" SECOND("0.13") "]}", 8, 1.04,
     false, "0.13 USD a second"},

    /* not known */
    {"{\"kind\":\"variable\"}", 8, UNKNOWN, false, "varies"},
    {"{\"kind\":\"variable\",\"units\":[" SECOND("1") "]}", 8, UNKNOWN, false, "varies"},
    {"{\"kind\":\"tiered\",\"units\":[" SECOND("1") "]}", 8, UNKNOWN, false, "no price"},
    {"{}", 8, UNKNOWN, false, "no price"},
    {"null", 8, UNKNOWN, false, "no price"},
    {"7", 8, UNKNOWN, false, "no price"},
    {UNITS(""), 8, UNKNOWN, false, "no price"},
    {"{\"kind\":\"fixed\",\"units\":{}}", 8, UNKNOWN, false, "no price"},
    {"{\"kind\":\"fixed\",\"units\":\"second\"}", 8, UNKNOWN, false, "no price"},
    {"{\"kind\":\"fixed\"}", 8, UNKNOWN, false, "cannot be read"},
    {UNITS("7"), 8, UNKNOWN, false, "cannot be read"},
    {UNITS("null"), 8, UNKNOWN, false, "cannot be read"},
    {UNITS("[[]]"), 8, UNKNOWN, false, "cannot be read"},
    {UNITS(SECOND("-0.1")), 8, UNKNOWN, false, "cannot be read"},
    {UNITS(SECOND("1e999")), 8, UNKNOWN, false, "cannot be read"},
    {UNITS(SECOND("\"1e999\"")), 8, UNKNOWN, false, "cannot be read"},
    {UNITS(SECOND("1e308")), 8, UNKNOWN, false, "cannot be read"},
    {UNITS(SECOND("\"nan\"")), 8, UNKNOWN, false, "cannot be read"},
    {UNITS(SECOND("\"0.1 USD\"")), 8, UNKNOWN, false, "cannot be read"},
    {UNITS(SECOND("\"0,1\"")), 8, UNKNOWN, false, "cannot be read"},
    {UNITS(SECOND("\"\"")), 8, UNKNOWN, false, "cannot be read"},
    {UNITS(SECOND("true")), 8, UNKNOWN, false, "cannot be read"},
    {UNITS(SECOND("{}")), 8, UNKNOWN, false, "cannot be read"},
    {UNITS("{\"price\":1,\"unit\":\"second\",\"per\":0}"), 8, UNKNOWN, false,
     "cannot be read"},
    {UNITS("{\"price\":1,\"unit\":\"second\",\"per\":-1}"), 8, UNKNOWN, false,
     "cannot be read"},
    {UNITS("{\"price\":1e300,\"unit\":\"second\",\"per\":1e-300}"), 8, UNKNOWN, false,
     "cannot be read"},
    {UNITS("{\"price\":1,\"unit\":\"second\",\"per\":1e999}"), 8, UNKNOWN, false,
     "cannot be read"},
    {UNITS("{\"price\":1,\"per\":1}"), 8, UNKNOWN, false, "what its price is for"},
    {UNITS("{\"price\":1,\"unit\":7}"), 8, UNKNOWN, false, "what its price is for"},
    {UNITS("{\"price\":1,\"unit\":\"\\u001b[2J\"}"), 8, UNKNOWN, false,
     "what its price is for"},
    {UNITS("{\"price\":1,\"unit\":\"token\",\"per\":1000000}"), 8, UNKNOWN, false,
     "not known beforehand"},
    {UNITS("{\"price\":1,\"unit\":\"megapixel\"}"), 8, UNKNOWN, false,
     "not known beforehand"},
    {UNITS("{\"price\":1,\"name\":\"second\",\"measure\":\"input\"}"), 8, UNKNOWN, false,
     "not known beforehand"},
    {UNITS("{\"price\":1,\"name\":\"second\",\"origin\":\"provided\"}"), 8, UNKNOWN,
     false, "not known beforehand"},
    {UNITS(SECOND("0.1") ",{\"price\":1,\"unit\":\"token\"}"), 8, UNKNOWN, false,
     "not known beforehand"},
    {UNITS("{\"price\":1,\"unit\":\"second\",\"currency\":\"EUR\"}"), 8, UNKNOWN, false,
     "US dollars"},
    {"{\"kind\":\"fixed\",\"currency\":\"credits\",\"units\":[" SECOND("1") "]}", 8,
     UNKNOWN, false, "US dollars"},
    {"{\"kind\":\"fixed\",\"currency\":7,\"units\":[" SECOND("1") "]}", 8, UNKNOWN, false,
     "US dollars"},
    {UNITS(SECOND("0.13")), 0, UNKNOWN, false, "length of the clip"},
    {UNITS(SECOND("0.13")), INFINITY, UNKNOWN, false, "length of the clip"},
    {UNITS(SECOND("0.13")), NAN, UNKNOWN, false, "length of the clip"},

    /* variants that are judged */
    {DOCUMENTED, 5, 3.25, false, "0.65 USD a second"},
    {DOCUMENTED, 0, UNKNOWN, false, "length of the clip"},
    {VARIANTS(WHEN("\"resolution\":\"1080P\"", "1")), 5, 5, false, "1 USD a second"},
    {VARIANTS(WHEN("\"resolution\":\"720p\"", "1")), 5, UNKNOWN, false,
     "for these values"},
    {VARIANTS(""), 5, UNKNOWN, false, "for these values"},
    {"{\"kind\":\"variants\"}", 5, UNKNOWN, false, "for these values"},
    {"{\"kind\":\"variants\",\"variants\":7}", 5, UNKNOWN, false, "for these values"},
    {VARIANTS(WHEN("\"duration\":\"5\"", "1")), 5, 5, false, "1 USD a second"},
    {VARIANTS(WHEN("\"duration\":5.0", "1")), 5, 5, false, "1 USD a second"},
    {VARIANTS(WHEN("\"duration\":\"5s\"", "1")), 5, UNKNOWN, false, "for these values"},
    {VARIANTS(WHEN("\"duration\":true", "1")), 5, UNKNOWN, false, "for these values"},
    {VARIANTS(WHEN("\"seed\":7", "1")), 5, 5, false, "1 USD a second"},
    {VARIANTS(WHEN("\"generate_audio\":true", "1")), 5, 5, false, "1 USD a second"},
    {VARIANTS(WHEN("\"generate_audio\":\"True\"", "1")), 5, 5, false, "1 USD a second"},
    {VARIANTS(WHEN("\"generate_audio\":false", "1")), 5, UNKNOWN, false,
     "for these values"},
    {VARIANTS(WHEN("\"generate_audio\":1", "1")), 5, UNKNOWN, false, "for these values"},
    {VARIANTS(WHEN("\"resolution\":[\"720p\",\"1080p\"]", "1")), 5, 5, false,
     "1 USD a second"},
    {VARIANTS(WHEN("\"duration\":[4,\"5\",6]", "1")), 5, 5, false, "1 USD a second"},
    {VARIANTS(WHEN("\"duration\":[4,6]", "1")), 5, UNKNOWN, false, "for these values"},
    {VARIANTS(WHEN("\"duration\":[]", "1")), 5, UNKNOWN, false, "for these values"},
    /* ... the most specific, whichever comes first */
    {VARIANTS(WHEN("", "9") "," WHEN("\"duration\":5", "1")), 5, 5, false,
     "1 USD a second"},
    {VARIANTS(WHEN("\"duration\":5,\"resolution\":\"1080p\"",
                   "1") "," WHEN("\"duration\":5", "9")),
     5, 5, false, "1 USD a second"},
    {VARIANTS(WHEN("\"duration\":4", "9") ",{\"price\":1,\"unit\":\"clip\"}"), 5, 1,
     false, "1 USD a clip"},
    /* ... among equals the dearest, by what it comes to */
    {VARIANTS(WHEN("\"duration\":5", "1") "," WHEN("\"resolution\":\"1080p\"", "2")), 5,
     10, true, "2 USD a second"},
    {VARIANTS(WHEN("\"duration\":5", "1") ",{\"when\":{\"seed\":7},\"price\":3,"
                                          "\"unit\":\"clip\"}"),
     5, 5, true, "1 USD a second"},
    {VARIANTS(WHEN("\"duration\":5", "1") "," WHEN("\"seed\":7", "1")), 5, 5, false,
     "1 USD a second"},
    /* ... with rates of their own kind and currency */
    {VARIANTS("{\"when\":{\"duration\":5},\"units\":[" SECOND("0.1") "]}"), 5, 0.5, false,
     "0.1 USD a second"},
    {VARIANTS("{\"units\":[" SECOND("0.1") "," SECOND("0.2") "]}"), 5, 1.5, true,
     "0.1 USD a second and 0.2 USD a second"},
    {VARIANTS("{\"when\":{},\"price\":1,\"unit\":\"clip\",\"currency\":\"EUR\"}"), 5,
     UNKNOWN, false, "US dollars"},
    {"{\"variants\":[" WHEN("\"duration\":5", "1") "]}", 5, 5, false, "1 USD a second"},

    /* variants that cannot be judged */
    {VARIANTS(WHEN("\"quality\":\"pro\"", "2") "," WHEN("\"quality\":\"std\"", "1")), 5,
     10, true, "2 USD a second"},
    {VARIANTS(WHEN("\"quality\":\"std\"", "1") "," WHEN("\"quality\":\"pro\"", "2")), 5,
     10, true, "2 USD a second"},
    {VARIANTS(WHEN("\"quality\":\"pro\"", "2")), 5, 10, true, "2 USD a second"},
    {VARIANTS(WHEN("\"quality\":\"pro\",\"resolution\":\"720p\"",
                   "2") "," WHEN("\"quality\":\"pro\",\"resolution\":\"1080p\"", "1")),
     5, 5, true, "1 USD a second"},
    {VARIANTS(WHEN("\"duration\":5", "2") "," WHEN("\"quality\":\"std\"", "1")), 5, 10,
     true, "2 USD a second"},
    {VARIANTS(WHEN("\"duration\":5", "1") "," WHEN("\"quality\":\"std\"", "2")), 5, 10,
     true, "2 USD a second"},
    {VARIANTS(WHEN("\"duration\":{\"max\":6}", "1")), 5, 5, true, "1 USD a second"},
    {VARIANTS(WHEN("\"duration\":null", "1")), 5, 5, true, "1 USD a second"},
    {VARIANTS(WHEN("\"duration\":[4,{\"max\":6}]", "1")), 5, 5, true, "1 USD a second"},
    {VARIANTS(WHEN("\"none\":1", "1")), 5, 5, true, "1 USD a second"},
    {VARIANTS(WHEN("\"elements\":1", "1")), 5, 5, true, "1 USD a second"},
    {VARIANTS("{\"when\":7,\"price\":1,\"unit\":\"second\"}"), 5, 5, true,
     "1 USD a second"},
    /* ... one of which has no price: no bound either */
    {VARIANTS(WHEN("\"quality\":\"pro\"", "-2") "," WHEN("\"duration\":5", "1")), 5,
     UNKNOWN, false, "cannot be read"},
    {VARIANTS(WHEN("\"duration\":4", "-2") "," WHEN("\"duration\":5", "1")), 5, 5, false,
     "1 USD a second"},
    {VARIANTS("7," WHEN("\"duration\":5", "1")), 5, 5, false, "1 USD a second"},
};

static void test_prices(void **state)
{
    cJSON *fields = cJSON_Parse(FIELDS);
    (void)state;
    assert_non_null(fields);
    for (size_t i = 0; i < sizeof(prices) / sizeof(prices[0]); i++) {
        const char *what = prices[i].pricing;
        Catalogue *catalogue = with_pricing(what);
        CataloguePrice price;
        bool known = prices[i].usd >= 0;
        check_number(what, aimlapi_price(catalogue, 0, fields, prices[i].seconds, &price),
                     known ? 0 : AVERROR(ENODATA));
        if (fabs(price.usd - (known ? prices[i].usd : 0)) > 1e-9)
            fail_case("%s: %g instead of %g", what, price.usd, prices[i].usd);
        check_number(what, price.at_most, prices[i].at_most);
        if (known)
            check_text(what, price.text, prices[i].text);
        else if (!strstr(price.text, prices[i].text))
            fail_case("%s: \"%s\" does not say \"%s\"", what, price.text, prices[i].text);
        catalogue_free(&catalogue);
    }
    cJSON_Delete(fields);
}

static void test_without_fields(void **state)
{
    Catalogue *catalogue = with_pricing(DOCUMENTED);
    CataloguePrice price;
    (void)state;
    assert_int_equal(aimlapi_price(catalogue, 0, NULL, 10, &price), 0);
    assert_true(fabs(price.usd - 6.5) < 1e-9);
    assert_true(price.at_most);
    catalogue_free(&catalogue);
}

static const struct {
    const char *pricing;
    size_t size;
    const char *text;
} texts[] = {
    {UNITS(SECOND("0.13")), 80, "0.13 USD a second"},
    {UNITS(SECOND("0.1") ",{\"price\":0.2,\"unit\":\"video\"}"), 80,
     "0.1 USD a second and 0.2 USD a clip"},
    {UNITS(SECOND("0.1") ",{\"price\":0.2,\"unit\":\"video\"}"), 30, "several rates"},
    {UNITS("{\"price\":3.25,\"name\":\"token\",\"per\":1000000}"), 80,
     "3.25 USD for 1000000 token"},
    {UNITS(SECOND("-1")), 80, "not known"},
    {UNITS("{\"price\":1e300,\"unit\":\"second\",\"per\":1e-300}"), 80, "not known"},
    {UNITS(""), 80, "not said"},
    {"{\"kind\":\"variable\"}", 80, "variable"},
    {"{}", 80, "not said"},
    {"[]", 80, "not said"},
    {"{\"kind\":\"variants\"}", 80, "depends on the request"},
    {DOCUMENTED, 80, "0.39 (720p), 0.65 (1080p) USD a second"},
    {DOCUMENTED, 39, "0.39 (720p), 0.65 (1080p) USD a second"},
    {DOCUMENTED, 38, "0.39 to 0.65 USD a second"},
    {DOCUMENTED, 10, "0.39 to 0"},
    {DOCUMENTED, 1, ""},
    {VARIANTS(WHEN("\"generate_audio\":true,\"duration\":\"5\"", "1") "," WHEN("", "2")),
     80, "1 (generate_audio true, duration 5), 2 USD a second"},
    {VARIANTS(WHEN("\"a\":[1],\"b\\u001b\":\"true\",\"c\":\"\\u001b[2J\"", "1")), 80,
     "1 (a ..., ? true, c ...) USD a second"},
    {VARIANTS(WHEN("\"a\":1", "1") ",{\"price\":2,\"unit\":\"clip\"}"), 80,
     "1 USD a second (a 1), 2 USD a clip"},
    {VARIANTS(WHEN("\"a\":1", "1") ",{\"price\":2,\"unit\":\"clip\"}"), 33,
     "depends on the request"},
    {VARIANTS(WHEN("\"a\":1", "1") "," WHEN("\"a\":2", "-1")), 80,
     "1 USD a second (a 1), not known (a 2)"},
};

static void test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        Catalogue *catalogue = with_pricing(texts[i].pricing);
        char *text = malloc(texts[i].size); /* of exactly that size, for the sanitizer */
        aimlapi_price_text(catalogue, 0, text, texts[i].size);
        check_text(texts[i].pricing, text, texts[i].text);
        free(text);
        catalogue_free(&catalogue);
    }
}

static void test_many_variants(void **state)
{
    char *pricing = malloc(4 << 20), *to = pricing, text[64];
    CataloguePrice price;
    Catalogue *catalogue;
    (void)state;
    to += sprintf(to, "{\"kind\":\"variants\",\"variants\":[");
    for (int i = 0; i < 20000; i++)
        to += sprintf(to, "%s" WHEN("\"d\":%d,\"e\":[1,2,3,\"x\"]", "%d"), i ? "," : "",
                      i, i + 1);
    strcpy(to, "]}");
    catalogue = with_pricing(pricing);
    assert_int_equal(aimlapi_price(catalogue, 0, NULL, 1, &price), 0);
    assert_true(price.usd == 20000 && price.at_most);
    aimlapi_price_text(catalogue, 0, text, sizeof(text));
    check_text("range", text, "1 to 20000 USD a second");
    catalogue_free(&catalogue);
    free(pricing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prices),
        cmocka_unit_test(test_without_fields),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_many_variants),
    };
    clear_environment();
    return cmocka_run_group_tests_name("catalogue_price", tests, NULL, NULL);
}
