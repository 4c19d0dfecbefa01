/* i2v: unit tests of the catalogue: lists, names, what goes wrong on the way
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/error.h>
#include <libavutil/time.h>

#include "engine/aimlapi.h"
#include "server.h"

#define OK         "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
#define ONE(name)  "/v1/models?include=pricing,capabilities&id=" name
#define CARD(name) "/model/" name "?include=pricing,capabilities"
#define ALL        "/v1/models?capabilities=image_to_video&include=pricing,capabilities"
#define NOTHING    "{\"object\":\"list\",\"data\":[]}"

static char redirect_other[256];

static const ServerScript other_script[] = {
    {"/v1/models/deprecations", OK NOTHING, 0},
    {NULL, NULL, 0},
};

/* Each origin is a path of the server, so that one serves every case. */
static const ServerScript script[] = {
    {ONE("a%2Fone"), OK "{\"data\":[{\"id\":\"a/one\",\"aliases\":[\"one\"]}]}", 0},
    {ONE("one"), OK "{\"data\":[{\"id\":\"a/one\",\"aliases\":[\"one\"]}]}", 0},
    {ONE("odd%20%26name"), OK NOTHING, 0},
    {CARD("odd%20%26name"), OK "{\"object\":\"model\",\"data\":{\"id\":\"odd &name\"}}",
     0},
    {ONE("a%2Fsunset"), OK NOTHING, 0},
    {CARD("a/sunset"), OK "{\"object\":\"model\",\"data\":{\"id\":\"a/sunset\"}}", 0},
    {ONE("gone"), OK "{\"data\":[{\"id\":\"a/other\"}]}", 0},
    {ONE("broken"), OK NOTHING, 0},
    {CARD("broken"), "HTTP/1.1 500 No\r\n\r\n{}", 0},
    {ALL, OK "{\"data\":[{\"id\":\"a/one\"},{\"id\":\"a/two\"}]}", 0},
    {"/500/v1/models/deprecations", "HTTP/1.1 500 No\r\n\r\n{\"data\":[]}", 0},
    {"/204/v1/models/deprecations", "HTTP/1.1 204 None\r\n\r\n", 0},
    {"/html/v1/models/deprecations", OK "<html><body>Sign in</body></html>", 0},
    {"/error/v1/models/deprecations", OK "{\"message\":\"no\"}", 0},
    {"/cut/v1/models/deprecations", OK "{\"data\":[{\"id\":\"a\"},{\"id\":", 0},
    {"/short/v1/models/deprecations",
     "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"data\":[]}", 0},
    {"/huge/v1/models/deprecations", OK "{\"data\":[]}", 9 << 20},
    {"/empty/v1/models/deprecations", OK, 0},
    {"/other/v1/models/deprecations", redirect_other, 0},
    {"/stall/v1/models/deprecations", NULL, 0},
    {NULL, NULL, 0},
};

static Server *server, *other;

static int start_servers(void **state)
{
    (void)state;
    other = server_start(other_script);
    server = server_start(script);
    snprintf(redirect_other, sizeof(redirect_other),
             "HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:%d/v1/models/deprecations\r\n"
             "Content-Length: 0\r\n\r\n",
             server_port(other));
    return 0;
}

static int stop_servers(void **state)
{
    (void)state;
    server_stop(&server);
    server_stop(&other);
    return 0;
}

static CatalogueSource source_of(const char *path)
{
    static char origin[128];
    snprintf(origin, sizeof(origin), "http://127.0.0.1:%d%s", server_port(server), path);
    return (CatalogueSource){.origin = origin, .allow_http = true};
}

static Catalogue *parsed(const char *body)
{
    Catalogue *catalogue;
    check_number(body, catalogue_parse(body, strlen(body), &catalogue), 0);
    return catalogue;
}

/* Asking for models */

static void test_models(void **state)
{
    static const struct {
        const char *name;
        int ret, count, found;
        const char *id;
    } cases[] = {
        {"a/one", 0, 1, 0, "a/one"},
        {"one", 0, 1, 0, "a/one"},
        {"a/sunset", 0, 1, 0, "a/sunset"},
        {"odd &name", 0, 1, 0, "odd &name"},
        {"gone", 0, 0, -1, NULL},
        {"broken", AVERROR(EIO), 0, -1, NULL},
        {"none", AVERROR(EIO), 0, -1, NULL},
        {NULL, 0, 2, -1, "a/one"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CatalogueSource source = source_of("");
        const char *what = cases[i].name ? cases[i].name : "all";
        Catalogue *catalogue;
        char why[256] = "?";
        int ret = aimlapi_list(&source, cases[i].name, &catalogue, why, sizeof(why));
        check_number(what, ret, cases[i].ret);
        check_number(what, catalogue_count(catalogue), cases[i].count);
        check_number(what, catalogue_find(catalogue, what), cases[i].found);
        check_number(what, !*why, ret >= 0);
        if (cases[i].id)
            check_text(what, catalogue_id(catalogue, 0), cases[i].id);
        catalogue_free(&catalogue);
        assert_null(catalogue);
    }
}

static void test_no_key_is_sent(void **state)
{
    Server *own = server_start(script);
    char origin[64], why[256];
    CatalogueSource source = {.origin = origin, .allow_http = true};
    Catalogue *catalogue;
    (void)state;
    snprintf(origin, sizeof(origin), "http://127.0.0.1:%d", server_port(own));
    setenv("AIML_API_KEY", "sk-hidden-0123", 1);
    assert_int_equal(aimlapi_list(&source, "one", &catalogue, why, sizeof(why)), 0);
    catalogue_free(&catalogue);
    unsetenv("AIML_API_KEY");
    check_number("requests", server_count(own, 1), 1);
    const ServerSeen *seen = server_seen(own, 0);
    assert_non_null(strstr(seen->head, "GET " ONE("one") " HTTP/1.1\r\n"));
    assert_null(strcasestr(seen->head, "Authorization"));
    assert_null(strstr(seen->head, "hidden"));
    server_stop(&own);
}

/* What goes wrong on the way */

static const struct {
    const char *path;
    int ret;
    const char *why;
} failures[] = {
    {"/500", AVERROR(EIO), "HTTP 500"},
    {"/204", AVERROR(EIO), "HTTP 204"},
    {"/404", AVERROR(EIO), "HTTP 404"},
    {"/html", AVERROR_INVALIDDATA, "no JSON"},
    {"/error", AVERROR_INVALIDDATA, "not a list"},
    {"/cut", AVERROR_INVALIDDATA, "no JSON"},
    {"/short", AVERROR(ECONNRESET), ""},
    {"/huge", AVERROR(EFBIG), "larger"},
    {"/empty", AVERROR_INVALIDDATA, "no JSON"},
    {"/other", AVERROR(EIO), "elsewhere"},
};

/* The list as a catalogue. */
static int retirements(const CatalogueSource *source, Catalogue **catalogue, char *why,
                       size_t size)
{
    EngineDocument document = {0};
    int ret = aimlapi_retirements(source, &document, why, size);

    *catalogue = NULL;
    if (ret >= 0 && (ret = catalogue_of(document.json, catalogue)) < 0)
        snprintf(why, size, "not a list");
    return ret;
}

static void test_failures(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        CatalogueSource source = source_of(failures[i].path);
        Catalogue *catalogue;
        char why[256] = "";
        int ret = retirements(&source, &catalogue, why, sizeof(why));
        check_number(failures[i].path, ret, failures[i].ret);
        assert_null(catalogue);
        if (!*why || !strstr(why, failures[i].why))
            fail_case("%s: \"%s\" says nothing of \"%s\"", failures[i].path, why,
                      failures[i].why);
    }
    check_number("redirects followed", server_count(other, 0), 0);
}

static void test_nobody_there(void **state)
{
    static const struct {
        const char *origin;
        bool allow_http;
        int ret;
    } cases[] = {{"http://127.0.0.1:1", true, AVERROR(ECONNREFUSED)},
                 {"http://127.0.0.1:1", false, AVERROR(EINVAL)},
                 {"file:///etc", true, AVERROR(EINVAL)}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CatalogueSource source = {.origin = cases[i].origin,
                                  .allow_http = cases[i].allow_http};
        Catalogue *catalogue;
        char why[256];
        check_number(cases[i].origin,
                     aimlapi_list(&source, "a", &catalogue, why, sizeof(why)),
                     cases[i].ret);
        assert_null(catalogue);
        assert_true(*why);
    }
}

static void test_time_out(void **state)
{
    CatalogueSource source = source_of("/stall");
    Catalogue *catalogue;
    char why[256];
    (void)state;
    source.timeout_ms = 200;
    assert_int_equal(retirements(&source, &catalogue, why, sizeof(why)),
                     AVERROR(ETIMEDOUT));
    assert_null(catalogue);
    assert_non_null(strstr(why, "in time"));
}

static int count_calls(void *opaque)
{
    int *left = opaque;
    return --*left <= 0;
}

static void test_interrupt(void **state)
{
    CatalogueSource source = source_of("/stall");
    int left = 3;
    const AVIOInterruptCB interrupt = {count_calls, &left};
    Catalogue *catalogue;
    char why[256];
    (void)state;
    source.interrupt = &interrupt;
    assert_int_equal(retirements(&source, &catalogue, why, sizeof(why)), AVERROR(EINTR));
    assert_null(catalogue);
    check_number("calls left", left, 0);
}

/* What a list says */

static void test_names(void **state)
{
    static const struct {
        const char *name;
        int found;
    } cases[] = {{"a/one", 0}, {"A/ONE", 0},   {"ONE", 0},    {"uno", 0},
                 {"a/two", 1}, {"two", 2},     {"dos", 1},    {"a/on", -1},
                 {"", -1},     {"a/one ", -1}, {"bad\n", -1}, {"#g1_x", 2}};
    Catalogue *catalogue = parsed(
        "{\"data\":[{\"id\":\"a/one\",\"aliases\":[\"one\",7,null,\"bad\\n\",\"uno\"]},"
        "{\"id\":\"a/two\",\"aliases\":[\"two\",\"dos\"]},"
        "{\"id\":\"two\",\"aliases\":[\"#g1_x\"]},"
        "{\"aliases\":[\"nameless\"]},{\"id\":7},{\"id\":\"\"},{\"id\":\"a\\u001b[2J\"},"
        "7,null,[]]}");
    (void)state;
    check_number("count", catalogue_count(catalogue), 3);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_number(cases[i].name, catalogue_find(catalogue, cases[i].name),
                     cases[i].found);
    check_text("first alias", catalogue_alias(catalogue, 0, 0), "one");
    check_text("second alias", catalogue_alias(catalogue, 0, 1), "uno");
    check_text("no third", catalogue_alias(catalogue, 0, 2), NULL);
    catalogue_free(&catalogue);
    check_number("of nothing", catalogue_find(NULL, "a"), -1);
    check_number("of nothing", catalogue_count(NULL), 0);
    catalogue_free(&catalogue);
}

/* An id is listed once for each kind of endpoint: the video one counts, with its price.
 */
static void test_one_id_several_times(void **state)
{
    Catalogue *catalogue = parsed(
        "{\"data\":[{\"id\":\"m\",\"type\":\"openai/image-generations\",\"pricing\":{}},"
        "{\"id\":\"m\",\"type\":\"internal/video-generations/fetch\"},"
        "{\"id\":\"M\",\"type\":\"internal/video-generations/submit\","
        "\"pricing\":{\"kind\":\"variable\"}},"
        "{\"id\":\"m\",\"type\":\"openai/chat-completions\",\"pricing\":{}}]}");
    char text[64];
    (void)state;
    check_number("count", catalogue_count(catalogue), 1);
    check_text("id", catalogue_id(catalogue, 0), "M");
    aimlapi_price_text(catalogue, 0, text, sizeof(text));
    check_text("price", text, "variable");
    catalogue_free(&catalogue);
}

static void test_retirements(void **state)
{
    Catalogue *catalogue = parsed(
        "{\"object\":\"list\",\"generated_at\":\"2026-08-24T13:59:21.643Z\",\"data\":["
        "{\"id\":\"a/old\",\"aliases\":[\"old\"],\"status\":\"withdrawn\","
        "\"shutdown_at\":\"2026-08-10\",\"replaced_by\":\"a/new\","
        "\"reason\":\"provider_delisted\"},"
        "{\"id\":\"b\",\"aliases\":{},\"status\":7,\"shutdown_at\":null,"
        "\"replaced_by\":\"\",\"reason\":\"a\\tb\"}]}");
    CatalogueRetirement said_of;
    (void)state;
    assert_int_equal(catalogue_retirement(catalogue, "Old", &said_of), 0);
    check_text("id", said_of.id, "a/old");
    check_text("status", said_of.status, "withdrawn");
    check_text("shutdown", said_of.shutdown_at, "2026-08-10");
    check_text("replacement", said_of.replaced_by, "a/new");
    check_text("reason", said_of.reason, "provider_delisted");
    assert_int_equal(catalogue_retirement(catalogue, "b", &said_of), 0);
    check_text("id", said_of.id, "b");
    check_text("status", said_of.status, NULL);
    check_text("shutdown", said_of.shutdown_at, NULL);
    check_text("replacement", said_of.replaced_by, NULL);
    check_text("reason", said_of.reason, NULL);
    assert_int_equal(catalogue_retirement(catalogue, "c", &said_of), AVERROR(ENOENT));
    check_text("id", said_of.id, NULL);
    catalogue_free(&catalogue);
}

/* Answers that are no answers */

#define DEPTH 100000

static char *repeated(const char *head, const char *middle, size_t times,
                      const char *tail)
{
    char *text = malloc(strlen(head) + times * strlen(middle) + strlen(tail) + 1), *to;
    to = stpcpy(text, head);
    while (times--)
        to = stpcpy(to, middle);
    strcpy(to, tail);
    return text;
}

static void test_no_lists(void **state)
{
    char *cases[] = {
        repeated("", "[", DEPTH, ""),
        repeated("", "{\"data\":", DEPTH, ""),
        repeated("{\"data\":[{\"id\":\"a\",\"pricing\":", "[", DEPTH, ""),
        repeated("{\"data\":\"", "x", DEPTH, "\"}"),
        repeated("{\"data\":[{\"id\":\"a\"}", "", 0, ""),
        repeated("null", "", 0, ""),
        repeated("[]", "", 0, ""),
        repeated("{\"data\":null}", "", 0, ""),
        repeated("\xff\xfe", "", 0, ""),
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        Catalogue *catalogue;
        check_number("no list", catalogue_parse(cases[i], strlen(cases[i]), &catalogue),
                     AVERROR_INVALIDDATA);
        assert_null(catalogue);
        free(cases[i]);
    }
    Catalogue *catalogue;
    assert_int_equal(catalogue_parse(NULL, 0, &catalogue), AVERROR_INVALIDDATA);
    assert_int_equal(catalogue_parse("{\"data\"\0", 8, &catalogue), AVERROR_INVALIDDATA);
}

static void test_large_lists(void **state)
{
    char *many = malloc(1 << 20), *to = many, *deep, *name;
    Catalogue *catalogue;
    (void)state;
    to += sprintf(to, "{\"data\":[");
    for (int i = 0; i < 10000; i++)
        to += sprintf(to, "%s{\"id\":\"model-%d\"}", i ? "," : "", i);
    strcpy(to, "]}");
    catalogue = parsed(many);
    check_number("many", catalogue_find(catalogue, "model-1999"), 1999);
    check_number("capped", catalogue_count(catalogue), 2000);
    catalogue_free(&catalogue);
    free(many);
    name = repeated("{\"data\":[{\"id\":\"", "x", 256, "\"}]}");
    catalogue = parsed(name);
    check_number("too long a name", catalogue_count(catalogue), 0);
    catalogue_free(&catalogue);
    free(name);
    deep = repeated("{\"data\":[{\"aliases\":", "[", 900, "");
    to = repeated(deep, "]", 900, ",\"id\":\"a\"}]}");
    catalogue = parsed(to);
    check_number("deep aliases", catalogue_find(catalogue, "b"), -1);
    catalogue_free(&catalogue);
    free(to);
    free(deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models),      cmocka_unit_test(test_no_key_is_sent),
        cmocka_unit_test(test_failures),    cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_time_out),    cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_names),       cmocka_unit_test(test_one_id_several_times),
        cmocka_unit_test(test_retirements), cmocka_unit_test(test_no_lists),
        cmocka_unit_test(test_large_lists),
    };
    clear_environment();
    return cmocka_run_group_tests_name("catalogue", tests, start_servers, stop_servers);
}
