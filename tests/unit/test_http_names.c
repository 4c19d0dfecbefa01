/* i2v: unit tests of one HTTP exchange while names are looked up
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libavutil/error.h>

#include "base/http.h"
#include "server.h"

#define OK "HTTP/1.1 200 OK\r\n"

/* How a look-up of a name in .test ends: 0 = as 127.0.0.1, HANGS = not yet. */
#define HANGS 1
static atomic_int outcome, begun, ended;

/* libcurl's look-ups come here. */
__attribute__((visibility("default"))) int getaddrinfo(const char *node,
                                                       const char *service,
                                                       const struct addrinfo *hints,
                                                       struct addrinfo **result)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    int state;

    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (!node || !strstr(node, ".test"))
        return real(node, service, hints, result);
    begun++;
    while ((state = outcome) == HANGS)
        usleep(1000);
    state = state ? state : real("127.0.0.1", service, hints, result);
    ended++;
    return state;
}

/* What is left behind on purpose; unused without the sanitizer. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libcurl.so\nleak:http_start\n";
}

static char redirect[256];
static const ServerScript script[] = {
    {"/ok", OK "Content-Length: 4\r\n\r\nbody", 0},
    {"/post", OK "Content-Length: 2\r\n\r\n{}", 0},
    {"/away", redirect, 0},
    {NULL, NULL, 0},
};
static Server *server;

static int set_up(void **state)
{
    (void)state;
    server = server_start(script);
    snprintf(redirect, sizeof(redirect),
             "HTTP/1.1 302 Go\r\nLocation: http://away.test:%d/ok\r\n"
             "Content-Length: 0\r\n\r\n",
             server_port(server));
    outcome = begun = ended = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    outcome = 0;
    while (ended < begun)
        usleep(1000);
    server_stop(&server);
    return 0;
}

static HttpRequest get(const char *host, const char *path)
{
    static char urls[4][128];
    static int next;
    char *url = urls[next++ % 4];
    snprintf(url, sizeof(urls[0]), "http://%s:%d%s", host, server_port(server), path);
    return (HttpRequest){
        .url = url, .max_size = 1000, .allow_http = true, .max_redirects = 5};
}

static void test_resolves(void **state)
{
    HttpRequest request = get("here.test", "/ok");
    HttpReply reply;
    (void)state;
    assert_int_equal(http_run(&request, NULL, &reply), 0);
    check_text("body", reply.body, "body");
    assert_true(begun > 0); // one for each family in some versions of libcurl
    reply_clear(&reply);
}

static int on_last_byte(void *opaque)
{
    ++*(int *)opaque;
    return 0;
}

static HttpRequest post(const char *host, int *calls)
{
    HttpRequest request = get(host, "/post");
    static const BodyPart part = {BODY_BYTES, "{}", 2};
    request.body = &part;
    request.body_parts = 1;
    request.opaque = calls;
    request.on_last_byte = on_last_byte;
    return request;
}

static void test_does_not_resolve(void **state)
{
    static const int kinds[] = {EAI_AGAIN, EAI_NONAME, EAI_FAIL};
    (void)state;
    for (int i = 0; i < 3; i++) {
        int calls = 0;
        HttpRequest request = post("nowhere.test", &calls);
        HttpReply reply;
        outcome = kinds[i];
        check_number("ret", http_run(&request, NULL, &reply), AVERROR(EHOSTUNREACH));
        check_number("sent", reply.sent, false);
        check_number("calls", calls, 0);
        assert_non_null(strstr(reply.why, "nowhere.test"));
        reply_clear(&reply);
    }
}

static int is_looking_up(void *opaque)
{
    (void)opaque;
    return begun > 0;
}

/* Left at once, whether the name is the URL's or that of a redirect; a libcurl that
 * waits for the look-up would hang here. */
static void test_interrupted(void **state)
{
    AVIOInterruptCB interrupt = {is_looking_up, NULL};
    HttpRequest requests[] = {get("slow.test", "/ok"), get("127.0.0.1", "/away")};
    (void)state;
    for (int i = 0; i < 2; i++) {
        HttpReply reply;
        outcome = HANGS;
        check_number(requests[i].url, http_run(&requests[i], &interrupt, &reply),
                     AVERROR(EINTR));
        check_number(requests[i].url, ended, 0);
        reply_clear(&reply);
        outcome = 0;
        while (ended < begun)
            usleep(1000);
        begun = ended = 0;
    }
}

/* A limit of the exchange does not end a look-up, which would wait for it, and counts
 * from its end. */
static void test_limit(void **state)
{
    HttpRequest request = get("slow.test", "/ok");
    Http *http = http_alloc();
    HttpExchange *exchange = NULL;
    (void)state;
    request.total_ms = 80;
    outcome = HANGS;
    assert_int_equal(http_start(http, &request, &exchange), 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(http_drive(http, 20), 0);
    assert_null(http_reply(exchange));
    outcome = 0;
    while (!http_reply(exchange))
        assert_int_equal(http_drive(http, 100), 0);
    check_number("error", http_reply(exchange)->error, 0);
    http_end(&exchange);
    http_free(&http);
}

/* What its caller left during the look-up is never sent, though others of the set go
 * on. */
static void test_left_behind(void **state)
{
    int calls = 0;
    HttpRequest left = post("slow.test", &calls), other = get("127.0.0.1", "/ok");
    Http *http = http_alloc();
    HttpExchange *exchange = NULL;
    (void)state;
    outcome = HANGS;
    assert_int_equal(http_start(http, &left, &exchange), 0);
    while (!begun)
        assert_int_equal(http_drive(http, 10), 0);
    http_end(&exchange);
    assert_null(exchange);
    outcome = 0;
    while (ended < begun)
        usleep(1000);
    assert_int_equal(http_start(http, &other, &exchange), 0);
    while (!http_reply(exchange))
        assert_int_equal(http_drive(http, 100), 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(http_drive(http, 50), 0);
    check_text("body", http_reply(exchange)->body, "body");
    http_end(&exchange);
    http_free(&http);
    check_number("calls", calls, 0);
    check_number("requests", server_count(server, 1), 1);
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(test_resolves), SERVED(test_does_not_resolve), SERVED(test_interrupted),
        SERVED(test_limit),    SERVED(test_left_behind),
    };
    clear_environment();
    return cmocka_run_group_tests_name("http_names", tests, NULL, NULL);
}
