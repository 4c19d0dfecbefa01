/* i2v: unit tests of what a POST must never be: sent again by libcurl itself, or waited
 * for once its server takes no more SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libavutil/error.h>

#include "base/http.h"

/* A server that keeps connections, answers every GET, and takes every POST whole only to
 * close without an answer. */
static int listener, port;
static atomic_int connections, gets, posts, first_connection_posts;

static void send_text(int fd, const char *text)
{
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
        abort();
}

/* @return bytes of the body that came with the head, -1 at the end */
static long read_head(int fd, char *head, size_t size)
{
    size_t have = 0;
    char *end = NULL;
    while (!end) {
        ssize_t got = recv(fd, head + have, size - 1 - have, 0);
        if (got <= 0)
            return -1;
        have += (size_t)got;
        head[have] = '\0';
        end = strstr(head, "\r\n\r\n");
    }
    return (long)(have - (size_t)(end + 4 - head));
}

/* It says its last, and takes no more, until the client has left. */
static void leave(int fd, const char *text)
{
    char rest[1];

    send_text(fd, text);
    shutdown(fd, SHUT_WR);
    while (recv(fd, rest, sizeof(rest), MSG_PEEK) > 0 && !usleep(1000))
        ;
}

static void *serve(void *opaque)
{
    int fd = (int)(intptr_t)opaque, number = ++connections;
    char head[65536 * 2], rest[65536];
    long body;

    while ((body = read_head(fd, head, sizeof(head))) >= 0) {
        if (!strncmp(head, "GET", 3)) {
            gets++;
            send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            continue;
        }
        if (strstr(head, " /early ")) {
            leave(fd, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n"
                      "Connection: close\r\n\r\n{}");
            break;
        }
        if (strstr(head, " /closed ")) {
            leave(fd, "");
            break;
        }
        const char *length = strcasestr(head, "\r\nContent-Length:");
        long left = (length ? strtol(length + 17, NULL, 10) : 0) - body;
        while (left > 0) {
            ssize_t got = recv(fd, rest, sizeof(rest), 0);
            if (got <= 0)
                break;
            left -= got;
        }
        if (!left) {
            posts++;
            first_connection_posts += number == 1;
        }
        break;
    }
    close(fd);
    return NULL;
}

static void *accept_all(void *opaque)
{
    pthread_t thread;
    int fd;
    (void)opaque;
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd))
            abort();
        pthread_detach(thread);
    }
    return NULL;
}

static int start(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    pthread_t thread;
    (void)state;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 ||
        setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &(int){4096}, sizeof(int)) ||
        bind(listener, (struct sockaddr *)&address, sizeof(address)) ||
        listen(listener, 16) ||
        getsockname(listener, (struct sockaddr *)&address, &size) ||
        pthread_create(&thread, NULL, accept_all, NULL))
        return -1;
    pthread_detach(thread);
    port = ntohs(address.sin_port);
    return 0;
}

static HttpRequest request_of(const uint8_t *body, size_t size)
{
    static char url[64];
    static BodyPart part;

    part = (BodyPart){BODY_BYTES, body, size};
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/", port);
    return (HttpRequest){.url = url,
                         .max_size = 1000,
                         .allow_http = true,
                         .bearer = "sk-key",
                         .body = body ? &part : NULL,
                         .body_parts = body ? 1 : 0};
}

static HttpReply run_on(Http *http, HttpRequest request)
{
    HttpExchange *exchange = NULL;
    assert_int_equal(http_start(http, &request, &exchange), 0);
    while (!http_reply(exchange))
        assert_int_equal(http_drive(http, 100), 0);
    HttpReply reply = *http_reply(exchange);
    reply.body = NULL;
    http_end(&exchange);
    return reply;
}

/* Behind a request that left its connection open, and behind POSTs that were lost. */
static void test_never_sent_again(void **state)
{
    static const size_t sizes[] = {2, 2, 70000, 900000, 3000000};
    uint8_t *body = malloc(3000000);
    Http *http = http_alloc();
    (void)state;
    memset(body, ' ', 3000000);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        int before = posts;
        check_number("get", run_on(http, request_of(NULL, 0)).status, 200);
        HttpReply reply = run_on(http, request_of(body, sizes[i]));
        check_number("error", reply.error, AVERROR(ECONNRESET));
        check_number("sent", reply.sent, true);
        check_number("status", reply.status, 0);
        check_number("POSTs", posts - before, 1);
        /* The connection is still there, and no POST was on it. */
        check_number("get", run_on(http, request_of(NULL, 0)).status, 200);
        check_number("first connection's POSTs", first_connection_posts, 0);
    }
    check_number("connections", connections, 1 + sizeof(sizes) / sizeof(sizes[0]));
    check_number("gets", gets, 2 * sizeof(sizes) / sizeof(sizes[0]));
    http_free(&http);
    free(body);
}

static int count_last_byte(void *opaque)
{
    ++*(int *)opaque;
    return 0;
}

/* More than the server's buffer holds, and more than both. */
static void test_taken_no_further(void **state)
{
    static const struct {
        const char *path;
        size_t size;
        int status, error;
    } cases[] = {
        {"early", 300000, 413, 0},
        {"early", 40 << 20, 413, 0},
        {"closed", 300000, 0, AVERROR(ECONNRESET)},
    };
    uint8_t *body = calloc(1, 40 << 20);
    char url[64];
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        Http *http = http_alloc();
        HttpRequest request = request_of(body, cases[i].size);
        int last_bytes = 0;
        snprintf(url, sizeof(url), "http://127.0.0.1:%d/%s", port, cases[i].path);
        request.url = url;
        request.on_last_byte = count_last_byte;
        request.opaque = &last_bytes;
        request.total_ms = 60000;
        HttpReply reply = run_on(http, request);
        check_number("status", reply.status, cases[i].status);
        check_number("error", reply.error, cases[i].error);
        check_number("sent", reply.sent, false);
        check_number("last bytes", last_bytes, 0);
        http_free(&http);
    }
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_never_sent_again),
        cmocka_unit_test(test_taken_no_further),
    };
    clear_environment();
    return cmocka_run_group_tests_name("http_resend", tests, start, NULL);
}
