/* i2v: unit tests of one HTTP exchange, against a server on loopback
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>
#include <libavutil/error.h>

#include "base/http.h"
#include "server.h"

#define KEY       "sk-hidden-0123"
#define OK        "HTTP/1.1 200 OK\r\n"
#define TO(where) "HTTP/1.1 302 Go\r\nLocation: " where "\r\nContent-Length: 0\r\n\r\n"

static char redirect_other[256], redirect_self[256], redirect_loop[256], date_header[256];

static const ServerScript other_script[] = {
    {"/there", OK "Content-Length: 5\r\n\r\nthere", 0},
    {NULL, NULL, 0},
};

static const ServerScript script[] = {
    {"/ok",
     OK "Content-Type: application/json\r\nX-Inference-Id:  g:1 \r\n"
        "x-aimlapi-usd-spent: 0.25\r\nContent-Length: 4\r\n\r\nbody",
     0},
    {"/empty", OK "Content-Length: 0\r\n\r\n", 0},
    {"/100", OK "Content-Length: 100\r\n\r\n", 100},
    {"/endless", OK "\r\n", 1 << 20},
    {"/error", "HTTP/1.1 500 No\r\nContent-Length: 300\r\n\r\n", 300},
    {"/large-error", "HTTP/1.1 500 No\r\n\r\n", 300 << 10},
    {"/cut", OK "Content-Length: 100\r\n\r\n", 50},
    {"/stall", NULL, 0},
    {"/other", redirect_other, 0},
    {"/self", redirect_self, 0},
    {"/loop", redirect_loop, 0},
    {"/ftp", TO("ftp://127.0.0.1/x"), 0},
    {"/file", TO("file:///etc/passwd"), 0},
    {"/data", TO("data:video/mp4;base64,AAAA"), 0},
    {"/gopher", TO("gopher://127.0.0.1:70/x"), 0},
    {"/hop1", TO("/ok"), 0},
    {"/hop2", TO("/hop1"), 0},
    {"/hop3", TO("/hop2"), 0},
    {"/hop4", TO("/hop3"), 0},
    {"/hop5", TO("/hop4"), 0},
    {"/hop6", TO("/hop5"), 0},
    {"/seconds", "HTTP/1.1 429 No\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n", 0},
    {"/date", date_header, 0},
    {"/past",
     "HTTP/1.1 429 No\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
     "Content-Length: 0\r\n\r\n",
     0},
    {"/soon", "HTTP/1.1 429 No\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n", 0},
    {"/negative", "HTTP/1.1 429 No\r\nretry-after: -5\r\nContent-Length: 0\r\n\r\n", 0},
    {"/range",
     "HTTP/1.1 206 Partial\r\nContent-Range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\n",
     5},
    {"/range-any",
     "HTTP/1.1 206 Partial\r\nContent-Range: bytes 5-9/*\r\n"
     "Content-Length: 5\r\n\r\n",
     5},
    {"/range-none",
     "HTTP/1.1 416 No\r\nContent-Range: bytes */10\r\nContent-Length: 0\r\n\r\n", 0},
    {"/range-bad",
     "HTTP/1.1 206 Partial\r\nContent-Range: lines 1-2/3\r\n"
     "Content-Length: 5\r\n\r\n",
     5},
    {"/post", OK "Content-Length: 2\r\n\r\n{}", 0},
    {NULL, NULL, 0},
};

static Server *server, *other;

static int start_servers(void **state)
{
    time_t later = time(NULL) + 3600;
    struct tm tm;
    char date[64];
    (void)state;
    other = server_start(other_script);
    server = server_start(script);
    snprintf(redirect_other, sizeof(redirect_other),
             "HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:%d/there\r\nContent-Length: "
             "0\r\n\r\n",
             server_port(other));
    snprintf(
        redirect_self, sizeof(redirect_self),
        "HTTP/1.1 302 Go\r\nLocation: /ok\r\nX-Inference-Id: stale\r\nRetry-After: 9\r\n"
        "Content-Length: 0\r\n\r\n");
    snprintf(redirect_loop, sizeof(redirect_loop),
             "HTTP/1.1 302 Go\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n");
    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&later, &tm));
    snprintf(date_header, sizeof(date_header),
             "HTTP/1.1 503 No\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n", date);
    return 0;
}

static int stop_servers(void **state)
{
    (void)state;
    server_stop(&server);
    server_stop(&other);
    return 0;
}

static const char *url_of(const char *path)
{
    static char url[128];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", server_port(server), path);
    return url;
}

static HttpRequest get(const char *path)
{
    return (HttpRequest){.url = url_of(path), .max_size = 1000, .allow_http = true};
}

/* The n-th request of this test. */
static const ServerSeen *seen(int n)
{
    server_count(server, n + 1);
    return server_seen(server, n);
}

static void note_id(void *opaque, const char *name, const char *value)
{
    if (!strcasecmp(name, "x-inference-id"))
        snprintf(opaque, 64, "%s", value);
}

static void test_get(void **state)
{
    HttpRequest request = get("/ok");
    HttpReply reply;
    (void)state;
    request.bearer = KEY;
    request.header = "X-Client-Request-Id: c-1";
    char id[64] = "";
    request.opaque = id;
    request.on_header = note_id;
    assert_int_equal(http_run(&request, NULL, &reply), 0);
    check_number("status", reply.status, 200);
    check_text("body", reply.body, "body");
    check_number("size", reply.size, 4);
    check_number("length", reply.content_length, 4);
    check_text("type", reply.content_type, "application/json");
    check_text("id", id, "g:1");
    check_number("retry", reply.retry_after, -1);
    check_number("range", reply.range_first, -1);
    reply_clear(&reply);
    assert_non_null(strstr(seen(0)->head, "GET /ok HTTP/1.1\r\n"));
    assert_non_null(strstr(seen(0)->head, "\r\nAuthorization: Bearer " KEY "\r\n"));
    assert_non_null(strstr(seen(0)->head, "\r\nX-Client-Request-Id: c-1\r\n"));
    assert_non_null(strstr(seen(0)->head, "\r\nUser-Agent: i2v/" I2V_VERSION "\r\n"));
    assert_null(strstr(seen(0)->head, "Range:"));
}

static void test_get_plain(void **state)
{
    HttpRequest request = get("/empty");
    HttpReply reply;
    (void)state;
    request.range_from = 5;
    assert_int_equal(http_run(&request, NULL, &reply), 0);
    assert_null(reply.body);
    reply_clear(&reply);
    assert_null(strcasestr(seen(0)->head, "\r\nAuthorization:"));
    assert_null(strcasestr(seen(0)->head, "\r\nX-Client-Request-Id:"));
    assert_non_null(strcasestr(seen(0)->head, "\r\nRange: bytes=5-\r\n"));
}

/* As much of an error's page as is kept. */
#define SOME SIZE_MAX

static const struct {
    const char *path;
    int64_t max_size;
    int ret, status;
    size_t size;
} limits[] = {
    {"/100", 100, 0, 200, 100},
    {"/100", 101, 0, 200, 100},
    {"/100", 99, AVERROR(EFBIG), 200, 0},
    {"/100", 0, AVERROR(EFBIG), 200, 0},
    {"/endless", 100000, AVERROR(EFBIG), 200, 0},
    {"/error", 10, 0, 500, 300},
    {"/large-error", 10, 0, 500, SOME},
    {"/cut", 1000, AVERROR(ECONNRESET), 200, 0},
    {"/nothing", 10, 0, 404, 0},
};

static void test_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        HttpRequest request = get(limits[i].path);
        HttpReply reply;
        request.max_size = limits[i].max_size;
        check_number(limits[i].path, http_run(&request, NULL, &reply), limits[i].ret);
        check_number(limits[i].path, reply.status, limits[i].status);
        if (limits[i].size == SOME)
            assert_true(reply.size > 100000 && reply.size <= 256 * 1024);
        else if (!limits[i].ret)
            check_number(limits[i].path, reply.size, limits[i].size);
        else
            assert_true(reply.why[0]);
        reply_clear(&reply);
    }
}

static void test_retry_after(void **state)
{
    static const struct {
        const char *path;
        int64_t least, most;
    } cases[] = {{"/seconds", 120, 120}, {"/date", 3000, 3600}, {"/past", 0, 0},
                 {"/soon", -1, -1},      {"/negative", -1, -1}, {"/ok", -1, -1}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        HttpRequest request = get(cases[i].path);
        HttpReply reply;
        check_number(cases[i].path, http_run(&request, NULL, &reply), 0);
        if (reply.retry_after < cases[i].least || reply.retry_after > cases[i].most)
            fail_case("%s: %lld s", cases[i].path, (long long)reply.retry_after);
        reply_clear(&reply);
    }
}

static void check_range(const char *path, int64_t first, int64_t total)
{
    HttpRequest request = get(path);
    HttpReply reply;
    check_number(path, http_run(&request, NULL, &reply), 0);
    check_number(path, reply.range_first, first);
    check_number(path, reply.range_total, total);
    reply_clear(&reply);
}

static void test_content_range(void **state)
{
    (void)state;
    check_range("/range", 5, 10);
    check_range("/range-none", -1, 10);
    check_range("/range-bad", -1, -1);
    check_range("/ok", -1, -1);
}

/* RFC 9110, 14.4: the length may be unknown, and the first byte is then said all the
 * same. */
static void test_content_range_without_total(void **state)
{
    (void)state;
    check_range("/range-any", 5, -1);
}

static const struct {
    const char *path;
    int redirects, ret, status;
} redirects[] = {
    {"/other", 0, 0, 307},
    {"/other", 1, 0, 200},
    {"/self", 1, 0, 200},
    {"/loop", 3, AVERROR(EIO), 302},
    {"/ftp", 5, AVERROR(EIO), 302},
    {"/file", 5, AVERROR(EIO), 302},
    {"/data", 5, AVERROR(EIO), 302},
    {"/gopher", 5, AVERROR(EIO), 302},
    {"/hop5", 5, 0, 200},
    {"/hop6", 5, AVERROR(EIO), 302},
};

/* Old versions of libcurl take a data: URI for a path on the server that named it. */
static bool is_path_to_libcurl(const char *uri)
{
    CURLU *url = curl_url();
    bool path = url && !curl_url_set(url, CURLUPART_URL, "http://127.0.0.1/", 0) &&
                !curl_url_set(url, CURLUPART_URL, uri, CURLU_NON_SUPPORT_SCHEME);
    char *scheme = NULL;

    if (path)
        curl_url_get(url, CURLUPART_SCHEME, &scheme, 0);
    path = scheme && !strcmp(scheme, "http");
    curl_free(scheme);
    curl_url_cleanup(url);
    return path;
}

static void test_redirects(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(redirects) / sizeof(redirects[0]); i++) {
        HttpRequest request = get(redirects[i].path);
        HttpReply reply;
        if (!strcmp(redirects[i].path, "/data") && is_path_to_libcurl("data:,x"))
            continue;
        request.max_redirects = redirects[i].redirects;
        check_number(redirects[i].path, http_run(&request, NULL, &reply),
                     redirects[i].ret);
        check_number(redirects[i].path, reply.status, redirects[i].status);
        /* What the redirect said of itself is no part of the answer. */
        if (reply.status == 200)
            check_number(redirects[i].path, reply.retry_after, -1);
        reply_clear(&reply);
    }
}

/* http.h: with a bearer a redirect is an answer, to another origin and to the same. */
static void test_bearer_on_no_redirect(void **state)
{
    static const char *const paths[] = {"/other", "/self"};
    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        HttpRequest request = get(paths[i]);
        HttpReply reply;
        int here = server_count(server, 0), there = server_count(other, 0);
        request.bearer = KEY;
        request.max_redirects = 5;
        assert_int_equal(http_run(&request, NULL, &reply), 0);
        check_number(paths[i], reply.status / 100, 3);
        reply_clear(&reply);
        check_number(paths[i], server_count(server, here + 1), here + 1);
        check_number(paths[i], server_count(other, 0), there);
    }
}

static void test_schemes(void **state)
{
    static const struct {
        const char *url;
        bool allow;
    } cases[] = {{"http://127.0.0.1:1/", false}, {"ftp://127.0.0.1/", true},
                 {"file:///etc/passwd", true},   {"gopher://127.0.0.1/", true},
                 {"127.0.0.1:1", true},          {"", true}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        HttpRequest request = {.url = cases[i].url, .allow_http = cases[i].allow};
        HttpReply reply;
        check_number(cases[i].url, http_run(&request, NULL, &reply), AVERROR(EINVAL));
        reply_clear(&reply);
    }
}

static void test_nobody_there(void **state)
{
    HttpRequest request = {
        .url = "http://127.0.0.1:1/", .allow_http = true, .bearer = KEY};
    HttpReply reply;
    (void)state;
    assert_int_equal(http_run(&request, NULL, &reply), AVERROR(ECONNREFUSED));
    check_number("status", reply.status, 0);
    check_number("sent", reply.sent, false);
    assert_true(reply.why[0]);
    assert_null(strstr(reply.why, KEY));
    reply_clear(&reply);
}

static int count_calls(void *opaque)
{
    int *left = opaque;
    return --*left <= 0;
}

static void test_interrupt(void **state)
{
    HttpRequest request = get("/stall");
    int left = 3;
    AVIOInterruptCB interrupt = {count_calls, &left};
    HttpReply reply;
    (void)state;
    assert_int_equal(http_run(&request, &interrupt, &reply), AVERROR(EINTR));
    check_number("calls", left, 0);
    reply_clear(&reply);
}

static void test_total_limit(void **state)
{
    HttpRequest request = get("/stall");
    HttpReply reply;
    (void)state;
    request.total_ms = 300;
    assert_int_equal(http_run(&request, NULL, &reply), AVERROR(ETIMEDOUT));
    reply_clear(&reply);
}

/* Sending */

typedef struct LastByte {
    int calls, ret;
} LastByte;

static int on_last_byte(void *opaque)
{
    LastByte *last = opaque;
    last->calls++;
    return last->ret;
}

static HttpRequest post(const char *path, const uint8_t *body, size_t size,
                        LastByte *last)
{
    static BodyPart part;
    HttpRequest request = get(path);

    part = (BodyPart){BODY_BYTES, body, size};
    request.body = &part;
    request.body_parts = 1;
    request.opaque = last;
    request.on_last_byte = on_last_byte;
    return request;
}

static const size_t body_sizes[] = {1, 2, 1000, 65535, 65536, 65537, 3000000};

static void test_post(void **state)
{
    uint8_t *body = malloc(3000000);
    (void)state;
    memset(body, ' ', 3000000);
    for (size_t i = 0; i < sizeof(body_sizes) / sizeof(body_sizes[0]); i++) {
        LastByte last = {0, 0};
        HttpRequest request = post("/post", body, body_sizes[i], &last);
        HttpReply reply;
        assert_int_equal(http_run(&request, NULL, &reply), 0);
        check_number("sent", reply.sent, true);
        check_number("calls", last.calls, 1);
        reply_clear(&reply);
        check_number("announced", seen((int)i)->announced, (long long)body_sizes[i]);
        check_number("arrived", (long long)seen((int)i)->body, (long long)body_sizes[i]);
        assert_null(strcasestr(seen((int)i)->head, "\r\nExpect:"));
        assert_null(strcasestr(seen((int)i)->head, "\r\nTransfer-Encoding:"));
        assert_non_null(
            strstr(seen((int)i)->head, "\r\nContent-Type: application/json\r\n"));
    }
    free(body);
}

/* Stopped at the last byte, the server must not have had the whole of it. */
static void test_stopped_before_the_last_byte(void **state)
{
    uint8_t *body = malloc(3000000);
    (void)state;
    memset(body, ' ', 3000000);
    for (size_t i = 0; i < sizeof(body_sizes) / sizeof(body_sizes[0]); i++) {
        LastByte last = {0, AVERROR(ENOSPC)};
        HttpRequest request = post("/post", body, body_sizes[i], &last);
        HttpReply reply;
        check_number("ret", http_run(&request, NULL, &reply), AVERROR(ENOSPC));
        check_number("sent", reply.sent, false);
        check_number("callback", reply.from_callback, true);
        check_number("calls", last.calls, 1);
        check_number("status", reply.status, 0);
        reply_clear(&reply);
        if ((long)seen((int)i)->body >= (long)body_sizes[i])
            fail_case("all %zu bytes arrived", body_sizes[i]);
    }
    free(body);
}

static int interrupt_at_once(void *opaque)
{
    (void)opaque;
    return 1;
}

static void test_interrupted_before_sending(void **state)
{
    AVIOInterruptCB interrupt = {interrupt_at_once, NULL};
    LastByte last = {0, 0};
    HttpRequest request = post("/post", (const uint8_t *)"{}", 2, &last);
    HttpReply reply;
    (void)state;
    assert_int_equal(http_run(&request, &interrupt, &reply), AVERROR(EINTR));
    check_number("calls", last.calls, 0);
    check_number("sent", reply.sent, false);
    reply_clear(&reply);
}

static int on_data(void *opaque, const HttpReply *head, const uint8_t *data, size_t size)
{
    LastByte *last = opaque;
    (void)data;
    check_number("status", head->status, 200);
    check_number("length", head->content_length, 100);
    last->calls += (int)size;
    return last->ret;
}

static void test_on_data(void **state)
{
    LastByte last = {0, 0};
    HttpRequest request = get("/100");
    HttpReply reply;
    (void)state;
    request.opaque = &last;
    request.on_data = on_data;
    assert_int_equal(http_run(&request, NULL, &reply), 0);
    check_number("bytes", last.calls, 100);
    assert_null(reply.body);
    reply_clear(&reply);
    last.ret = AVERROR(ENOSPC);
    assert_int_equal(http_run(&request, NULL, &reply), AVERROR(ENOSPC));
    check_number("callback", reply.from_callback, true);
    reply_clear(&reply);
    /* A body that is no 2xx is an error's, and is kept. */
    request = get("/error");
    request.opaque = &last;
    request.on_data = on_data;
    assert_int_equal(http_run(&request, NULL, &reply), 0);
    check_number("size", reply.size, 300);
    reply_clear(&reply);
}

/* What is meant for this machine goes through no proxy. */
static void test_no_proxy_for_loopback(void **state)
{
    char proxy[64];
    HttpRequest request = get("/ok");
    HttpReply reply;
    int count = server_count(other, 0);
    (void)state;
    snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", server_port(other));
    setenv("http_proxy", proxy, 1);
    setenv("all_proxy", proxy, 1);
    request.bearer = KEY;
    assert_int_equal(http_run(&request, NULL, &reply), 0);
    check_text("body", reply.body, "body");
    reply_clear(&reply);
    clear_environment();
    assert_non_null(strstr(seen(0)->head, "GET /ok "));
    check_number("proxy", server_count(other, 0), count);
}

/* Several at once, one of which is given up. */
static void test_set(void **state)
{
    Http *http = http_alloc();
    HttpRequest ok = get("/ok"), stall = {.url = NULL};
    char url[128];
    HttpExchange *first = NULL, *second = NULL;
    (void)state;
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/there", server_port(other));
    stall = (HttpRequest){.url = url, .max_size = 1000, .allow_http = true};
    assert_int_equal(http_start(http, &stall, &first), 0);
    assert_int_equal(http_start(http, &ok, &second), 0);
    assert_null(http_reply(second));
    while (!http_reply(second))
        assert_int_equal(http_drive(http, 100), 0);
    check_text("body", http_reply(second)->body, "body");
    http_end(&first);
    assert_null(first);
    http_end(&first);
    assert_int_equal(http_start(http, &stall, &first), 0);
    http_free(&http);
    assert_null(http);
}

/* Each with servers of its own, which have seen nothing yet. */
#define SERVED(test) cmocka_unit_test_setup_teardown(test, start_servers, stop_servers)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(test_get),
        SERVED(test_get_plain),
        SERVED(test_limits),
        SERVED(test_retry_after),
        SERVED(test_content_range),
        SERVED(test_content_range_without_total),
        SERVED(test_redirects),
        SERVED(test_bearer_on_no_redirect),
        SERVED(test_schemes),
        SERVED(test_nobody_there),
        SERVED(test_interrupt),
        SERVED(test_total_limit),
        SERVED(test_post),
        SERVED(test_stopped_before_the_last_byte),
        SERVED(test_interrupted_before_sending),
        SERVED(test_on_data),
        SERVED(test_no_proxy_for_loopback),
        SERVED(test_set),
    };
    clear_environment();
    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
