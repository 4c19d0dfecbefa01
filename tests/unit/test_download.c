/* i2v: unit tests of one attempt at a download: what is kept, asked for and refused
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/error.h>

#include "base/digest.h"
#include "base/download.h"
#include "server.h"

#define OK      "HTTP/1.1 200 OK\r\n"
#define PARTIAL "HTTP/1.1 206 Partial\r\n"
#define NO      "HTTP/1.1 416 No\r\n"

/* 3 GiB; one byte above 2 GiB */
#define HUGE "3221225472"
#define OVER "2147483649"

#define NEW (-1)

static const struct {
    const char *what, *reply;
    size_t filler;
    int part;     ///< bytes there before, NEW = no file
    int64_t size; ///< known from an earlier attempt, -1 = not
    DownloadResult result;
    int64_t kept;      ///< bytes there after
    const char *range; ///< asked for
    int error;         ///< 0 = any
} cases[] = {
    {"whole", OK "Content-Length: 100\r\n\r\n", 100, NEW, -1, DOWNLOAD_DONE, 100, NULL,
     0},
    {"an empty .part", OK "Content-Length: 100\r\n\r\n", 100, 0, 100, DOWNLOAD_DONE, 100,
     NULL, 0},
    {"cut", OK "Content-Length: 100\r\n\r\n", 60, NEW, -1, DOWNLOAD_BROKEN, 60, NULL, 0},
    {"resumed", PARTIAL "Content-Range: bytes 60-99/100\r\nContent-Length: 40\r\n\r\n",
     40, 60, 100, DOWNLOAD_DONE, 100, "60-", 0},
    {"resumed and cut again",
     PARTIAL "Content-Range: bytes 60-99/100\r\nContent-Length: 40\r\n\r\n", 10, 60, 100,
     DOWNLOAD_BROKEN, 70, "60-", 0},
    {"Range ignored", OK "Content-Length: 100\r\n\r\n", 100, 60, 100, DOWNLOAD_DONE, 100,
     "60-", 0},
    {"another range",
     PARTIAL "Content-Range: bytes 50-99/100\r\nContent-Length: 50\r\n\r\n", 50, 60, 100,
     DOWNLOAD_BROKEN, 0, "60-", 0},
    {"no Content-Range", PARTIAL "Content-Length: 40\r\n\r\n", 40, 60, 100,
     DOWNLOAD_BROKEN, 0, "60-", 0},
    {"another total", PARTIAL "Content-Range: bytes 60-99/101\r\n\r\n", 40, 60, 100,
     DOWNLOAD_BROKEN, 0, "60-", 0},
    {"more than announced, in a range", PARTIAL "Content-Range: bytes 60-99/100\r\n\r\n",
     41, 60, 100, DOWNLOAD_BROKEN, 0, "60-", 0},
    {"more than announced", OK "Content-Length: 100\r\n\r\n", 150, NEW, -1, DOWNLOAD_DONE,
     100, NULL, 0},
    {"longer than the clip", NO "Content-Range: bytes */100\r\nContent-Length: 0\r\n\r\n",
     0, 130, -1, DOWNLOAD_BROKEN, 0, "130-", 0},
    {"longer than what was announced", OK "Content-Length: 100\r\n\r\n", 100, 130, 100,
     DOWNLOAD_DONE, 100, NULL, 0},
    {"as long as the clip", NO "Content-Range: bytes */100\r\nContent-Length: 0\r\n\r\n",
     0, 100, -1, DOWNLOAD_DONE, 100, "100-", 0},
    {"3 GiB", OK "Content-Length: " HUGE "\r\n\r\n", 1 << 20, NEW, -1, DOWNLOAD_HOPELESS,
     0, NULL, AVERROR(EFBIG)},
    {"a byte above 2 GiB", OK "Content-Length: " OVER "\r\n\r\n", 1 << 20, NEW, -1,
     DOWNLOAD_HOPELESS, 0, NULL, AVERROR(EFBIG)},
    {"3 GiB in a range", PARTIAL "Content-Range: bytes 60-99/" HUGE "\r\n\r\n", 40, 60,
     -1, DOWNLOAD_HOPELESS, 60, "60-", AVERROR(EFBIG)},
    {"2 GiB, cut", OK "Content-Length: 2147483648\r\n\r\n", 1000, NEW, -1,
     DOWNLOAD_BROKEN, 1000, NULL, 0},
    {"a number that overflows", OK "Content-Length: 99999999999999999999\r\n\r\n", 1000,
     NEW, -1, DOWNLOAD_HOPELESS, 0, NULL, 0},
    {"less than nothing", PARTIAL "Content-Range: bytes 60-99/-5\r\n\r\n", 40, 60, 100,
     DOWNLOAD_DONE, 100, "60-", 0},
    {"gone", "HTTP/1.1 404 No\r\nContent-Length: 5\r\n\r\n", 5, 60, 100, DOWNLOAD_EXPIRED,
     60, "60-", 0},
    {"down", "HTTP/1.1 503 No\r\nContent-Length: 5\r\n\r\n", 5, 60, 100, DOWNLOAD_BROKEN,
     60, "60-", 0},
};

static void put_part(const char *path, int size)
{
    unlink(path);
    if (size == NEW)
        return;
    char *bytes = malloc((size_t)size + 1);
    memset(bytes, 'x', (size_t)size + 1);
    temp_file("clip.part", bytes, (size_t)size);
    free(bytes);
}

static void run_case(size_t i, Server *server)
{
    char url[64], range[64] = "", digest[DIGEST_TEXT_SIZE];
    const char *path = temp_path("clip.part"), *asked;
    DownloadSource source = {
        .url = url, .path = path, .allow_http = true, .size = cases[i].size};
    Http *http = http_alloc();
    Download *download = NULL;
    DownloadResult result;
    struct stat st;

    put_part(path, cases[i].part);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/clip", server_port(server));
    assert_int_equal(download_start(http, &source, &download), 0);
    while ((result = download_result(download)) == DOWNLOAD_GOING)
        assert_int_equal(http_drive(http, 100), 0);
    const DownloadState *state = download_state(download);
    check_number(cases[i].what, result, cases[i].result);
    if (cases[i].error)
        check_number(cases[i].what, state->error, cases[i].error);
    if (result != DOWNLOAD_DONE)
        assert_true(state->why[0]);
    check_number(cases[i].what, state->bytes, cases[i].kept);
    if (result == DOWNLOAD_DONE) {
        assert_int_equal(digest_file(path, NULL, digest), 0);
        check_text(cases[i].what, state->digest, digest);
    }
    download_end(&download);
    http_free(&http);
    assert_int_equal(stat(path, &st), 0);
    check_number(cases[i].what, st.st_size, cases[i].kept);
    server_count(server, 1);
    asked = strcasestr(server_seen(server, 0)->head, "\r\nRange: bytes=");
    if (asked)
        sscanf(asked + 15, "%63[^\r]", range);
    check_text(cases[i].what, asked ? range : NULL, cases[i].range);
}

static void test_attempts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ServerScript script[] = {{"/clip", cases[i].reply, cases[i].filler},
                                 {NULL, NULL, 0}};
        Server *server = server_start(script);
        run_case(i, server);
        server_stop(&server);
    }
}

/* A server of another kind, a file, a word: nothing is fetched. */
static void test_urls(void **state)
{
    static const char *const urls[] = {"file:///etc/passwd",
                                       "ftp://127.0.0.1/x",
                                       "gopher://127.0.0.1:70/x",
                                       "data:video/mp4;base64,AAAA",
                                       "/etc/passwd",
                                       "",
                                       "https",
                                       "dict://127.0.0.1/x"};
    const char *path = temp_path("none.part");
    Http *http = http_alloc();
    (void)state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        DownloadSource source = {
            .url = urls[i], .path = path, .allow_http = true, .size = -1};
        Download *download = NULL;
        check_number(urls[i], download_start(http, &source, &download), AVERROR(EINVAL));
        assert_null(download);
    }
    DownloadSource plain = {.url = "http://127.0.0.1:1/", .path = path, .size = -1};
    Download *download = NULL;
    check_number(plain.url, download_start(http, &plain, &download), AVERROR(EINVAL));
    http_free(&http);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attempts),
        cmocka_unit_test(test_urls),
    };
    clear_environment();
    return cmocka_run_group_tests_name("download", tests, NULL, NULL);
}
