/* i2v: unit test of TLS sessions: a further connection resumes the one before
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libavutil/error.h>
#include <libavutil/time.h>

#include "base/http.h"

enum { NOTHING, FRESH, RESUMED };

static pid_t server;
static char url[64], certificate[4200];

/* A port that is free now. */
static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    close(fd);
    return ntohs(address.sin_port);
}

/* OpenSSL's own, whose page says whether the session is "New" or "Reused". */
static int start_server(void **state)
{
    char command[10000], port[16], key[4200];

    (void)state;
    snprintf(key, sizeof(key), "%s", temp_path("key.pem"));
    snprintf(certificate, sizeof(certificate), "%s", temp_path("certificate.pem"));
    snprintf(command, sizeof(command),
             "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
             "-addext subjectAltName=IP:127.0.0.1 -keyout %s -out %s 2>/dev/null",
             key, certificate);
    assert_int_equal(system(command), 0);
    snprintf(port, sizeof(port), "%d", free_port());
    snprintf(url, sizeof(url), "https://127.0.0.1:%s/", port);
    server = fork();
    if (!server) {
        if (!freopen("/dev/null", "w", stdout))
            _exit(126);
        execlp("openssl", "openssl", "s_server", "-accept", port, "-cert", certificate,
               "-key", key, "-www", "-quiet", (char *)NULL);
        _exit(127);
    }
    return server < 0;
}

static int stop_server(void **state)
{
    (void)state;
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    return 0;
}

/* Each on a connection of its own, as the server closes it behind the page. */
static int look(void)
{
    HttpRequest request = {
        .url = url, .ca_file = certificate, .max_size = 1 << 20, .total_ms = 20000};
    HttpReply reply;
    int ret = AVERROR(ECONNREFUSED);

    for (int i = 0; i < 200 && ret == AVERROR(ECONNREFUSED); i++) {
        if (i)
            av_usleep(50000);
        ret = http_run(&request, NULL, &reply);
        if (ret < 0)
            reply_clear(&reply);
    }
    if (ret < 0)
        return NOTHING;
    bool fresh = strstr(reply.body, "New, TLS"),
         reused = strstr(reply.body, "Reused, TLS");
    reply_clear(&reply);
    return fresh == reused ? NOTHING : fresh ? FRESH : RESUMED;
}

static void test_sessions_are_resumed(void **state)
{
    (void)state;
    check_number("first", look(), FRESH);
    check_number("second", look(), RESUMED);
    check_number("third", look(), RESUMED);
}

/* What was shared may have been locked by another thread at that moment. */
static void test_child_shares_nothing(void **state)
{
    int status = -1;
    pid_t child;
    (void)state;
    look();
    child = fork();
    assert_true(child >= 0);
    if (!child)
        _exit(look());
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    check_number("in the child", WEXITSTATUS(status), FRESH);
    check_number("in the parent", look(), RESUMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sessions_are_resumed),
        cmocka_unit_test(test_child_shares_nothing),
    };
    said_start();
    clear_environment();
    return cmocka_run_group_tests_name("http_tls", tests, start_server, stop_server);
}
