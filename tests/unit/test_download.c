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

#define ETAG  "ETag: \"v1\"\r\n"
#define OTHER "ETag: \"v2\"\r\n"

/* The digest of so many bytes 'x' is noted, whatever is there. */
typedef struct Case {
    const char *what, *reply;
    size_t filler;
    int part;  ///< bytes there before, NEW = no file
    int noted; ///< bytes of them that are noted, with the validator "v1"; NEW = no note
    int64_t size; ///< noted, -1 = not known
    DownloadResult result;
    int64_t kept;      ///< bytes there after
    const char *range; ///< asked for
    int error;         ///< 0 = any
} Case;

static const Case cases[] = {
    {"whole", OK "Content-Length: 100\r\n\r\n", 100, NEW, NEW, -1, DOWNLOAD_DONE, 100,
     NULL, 0},
    {"an empty .part", OK "Content-Length: 100\r\n\r\n", 100, 0, NEW, -1, DOWNLOAD_DONE,
     100, NULL, 0},
    {"cut", OK "Content-Length: 100\r\n\r\n", 60, NEW, NEW, -1, DOWNLOAD_BROKEN, 60, NULL,
     0},
    {"resumed",
     PARTIAL ETAG "Content-Range: bytes 60-99/100\r\nContent-Length: 40\r\n\r\n", 40, 60,
     60, 100, DOWNLOAD_DONE, 100, "60-", 0},
    {"resumed, the validator left out",
     PARTIAL "Content-Range: bytes 60-99/100\r\nContent-Length: 40\r\n\r\n", 40, 60, 60,
     100, DOWNLOAD_BROKEN, 0, "60-", 0},
    {"resumed, the length not known before",
     PARTIAL ETAG "Content-Range: bytes 60-99/100\r\nContent-Length: 40\r\n\r\n", 40, 60,
     60, -1, DOWNLOAD_DONE, 100, "60-", 0},
    {"resumed, the length not said again",
     PARTIAL ETAG "Content-Range: bytes 60-99/*\r\nContent-Length: 40\r\n\r\n", 40, 60,
     60, 100, DOWNLOAD_DONE, 100, "60-", 0},
    {"more there than is noted",
     PARTIAL ETAG "Content-Range: bytes 60-99/100\r\nContent-Length: 40\r\n\r\n", 40, 90,
     60, 100, DOWNLOAD_DONE, 100, "60-", 0},
    {"less there than is noted", OK ETAG "Content-Length: 100\r\n\r\n", 100, 59, 60, 100,
     DOWNLOAD_DONE, 100, NULL, 0},
    {"nothing noted", OK ETAG "Content-Length: 100\r\n\r\n", 100, 60, NEW, 100,
     DOWNLOAD_DONE, 100, NULL, 0},
    {"another version in a range",
     PARTIAL OTHER "Content-Range: bytes 60-99/100\r\nContent-Length: 40\r\n\r\n", 40, 60,
     60, 100, DOWNLOAD_BROKEN, 0, "60-", 0},
    {"a weak validator in a range",
     PARTIAL "ETag: W/\"v1\"\r\nContent-Range: bytes 60-99/100\r\n\r\n", 40, 60, 60, 100,
     DOWNLOAD_BROKEN, 0, "60-", 0},
    {"a range of a coded version",
     PARTIAL ETAG "Content-Encoding: gzip\r\nContent-Range: bytes 60-99/100\r\n\r\n", 40,
     60, 60, 100, DOWNLOAD_BROKEN, 0, "60-", 0},
    {"another version instead", OK OTHER "Content-Length: 120\r\n\r\n", 120, 60, 60, 100,
     DOWNLOAD_DONE, 120, "60-", 0},
    {"resumed and cut again",
     PARTIAL ETAG "Content-Range: bytes 60-99/100\r\nContent-Length: 40\r\n\r\n", 10, 60,
     60, 100, DOWNLOAD_BROKEN, 70, "60-", 0},
    {"Range ignored", OK "Content-Length: 100\r\n\r\n", 100, 60, 60, 100, DOWNLOAD_DONE,
     100, "60-", 0},
    {"nothing at all, the range ignored", OK "Content-Length: 0\r\n\r\n", 0, 60, 60, -1,
     DOWNLOAD_DONE, 0, "60-", 0},
    {"nothing at all of another range",
     PARTIAL ETAG "Content-Range: bytes 50-99/100\r\nContent-Length: 0\r\n\r\n", 0, 60,
     60, 100, DOWNLOAD_BROKEN, 0, "60-", 0},
    {"another range",
     PARTIAL ETAG "Content-Range: bytes 50-99/100\r\nContent-Length: 50\r\n\r\n", 50, 60,
     60, 100, DOWNLOAD_BROKEN, 0, "60-", 0},
    {"no Content-Range", PARTIAL ETAG "Content-Length: 40\r\n\r\n", 40, 60, 60, 100,
     DOWNLOAD_BROKEN, 0, "60-", 0},
    {"another total", PARTIAL ETAG "Content-Range: bytes 60-99/101\r\n\r\n", 40, 60, 60,
     100, DOWNLOAD_BROKEN, 0, "60-", 0},
    {"more than announced, in a range",
     PARTIAL ETAG "Content-Range: bytes 60-99/100\r\n\r\n", 41, 60, 60, 100,
     DOWNLOAD_BROKEN, 0, "60-", 0},
    {"more than announced", OK "Content-Length: 100\r\n\r\n", 150, NEW, NEW, -1,
     DOWNLOAD_DONE, 100, NULL, 0},
    {"longer than the clip", NO "Content-Range: bytes */100\r\nContent-Length: 0\r\n\r\n",
     0, 130, 130, -1, DOWNLOAD_BROKEN, 0, "130-", 0},
    {"as long as the clip", NO "Content-Range: bytes */100\r\nContent-Length: 0\r\n\r\n",
     0, 100, 100, 100, DOWNLOAD_DONE, 100, "100-", 0},
    {"as long as another clip",
     NO OTHER "Content-Range: bytes */100\r\nContent-Length: 0\r\n\r\n", 0, 100, 100, 100,
     DOWNLOAD_BROKEN, 0, "100-", 0},
    {"3 GiB", OK "Content-Length: " HUGE "\r\n\r\n", 1 << 20, NEW, NEW, -1,
     DOWNLOAD_HOPELESS, 0, NULL, AVERROR(EFBIG)},
    {"a byte above 2 GiB", OK "Content-Length: " OVER "\r\n\r\n", 1 << 20, NEW, NEW, -1,
     DOWNLOAD_HOPELESS, 0, NULL, AVERROR(EFBIG)},
    {"3 GiB in a range", PARTIAL ETAG "Content-Range: bytes 60-99/" HUGE "\r\n\r\n", 40,
     60, 60, -1, DOWNLOAD_HOPELESS, 60, "60-", AVERROR(EFBIG)},
    {"2 GiB, cut", OK "Content-Length: 2147483648\r\n\r\n", 1000, NEW, NEW, -1,
     DOWNLOAD_BROKEN, 1000, NULL, 0},
    {"a number that overflows", OK "Content-Length: 99999999999999999999\r\n\r\n", 1000,
     NEW, NEW, -1, DOWNLOAD_HOPELESS, 0, NULL, 0},
    {"less than nothing", PARTIAL ETAG "Content-Range: bytes 60-99/-5\r\n\r\n", 40, 60,
     60, 100, DOWNLOAD_DONE, 100, "60-", 0},
    {"gone", "HTTP/1.1 404 No\r\nContent-Length: 5\r\n\r\n", 5, 60, 60, 100,
     DOWNLOAD_EXPIRED, 60, "60-", 0},
    {"down", "HTTP/1.1 503 No\r\nContent-Length: 5\r\n\r\n", 5, 60, 60, 100,
     DOWNLOAD_BROKEN, 60, "60-", 0},
    {"an unknown coding", OK "Content-Encoding: snappy\r\nContent-Length: 100\r\n\r\n",
     100, NEW, NEW, -1, DOWNLOAD_DONE, 100, NULL, 0},
    {"a coding that it is not in", OK "Content-Encoding: gzip\r\n\r\n", 100, NEW, NEW, -1,
     DOWNLOAD_DONE, 100, NULL, 0},
    {"a coding that is none",
     OK "Content-Encoding: identity\r\nContent-Length: 100\r\n\r\n", 100, NEW, NEW, -1,
     DOWNLOAD_DONE, 100, NULL, 0},
};

static void put_part(const Case *c)
{
    char bytes[256], digest[DIGEST_TEXT_SIZE], note[512];

    unlink(temp_path("clip.part"));
    unlink(temp_path("clip.part.note"));
    memset(bytes, 'x', sizeof(bytes));
    if (c->part != NEW)
        temp_file("clip.part", bytes, (size_t)c->part);
    if (c->noted == NEW)
        return;
    digest_text(bytes, (size_t)c->noted, digest);
    snprintf(
        note, sizeof(note),
        "{\"validator\":\"\\\"v1\\\"\",\"size\":%lld,\"bytes\":%d,\"sha256\":\"%s\"} \n",
        (long long)c->size, c->noted, digest);
    temp_text("clip.part.note", note);
}

/* What a request of the server's has of a header field, or NULL. */
static const char *asked(Server *server, int number, const char *name)
{
    static char value[256];
    char start[64];

    server_count(server, number + 1);
    snprintf(start, sizeof(start), "\r\n%s: ", name);
    const char *at = strcasestr(server_seen(server, number)->head, start);
    if (!at || sscanf(at + strlen(start), "%255[^\r]", value) != 1)
        return NULL;
    return value;
}

static void check_asked(const Case *c, Server *server)
{
    char range[64];

    snprintf(range, sizeof(range), "bytes=%s", c->range ? c->range : "");
    check_text(c->what, asked(server, 0, "Range"), c->range ? range : NULL);
    check_text(c->what, asked(server, 0, "If-Range"), c->range ? "\"v1\"" : NULL);
    check_text(c->what, asked(server, 0, "Accept-Encoding"), "identity");
}

/* One attempt; its state is *state. */
static DownloadResult attempt(const char *url, DownloadState *state)
{
    DownloadSource source = {
        .url = url, .path = temp_path("clip.part"), .allow_http = true};
    Http *http = http_alloc();
    Download *download = NULL;
    DownloadResult result;

    assert_int_equal(download_start(http, &source, &download), 0);
    while ((result = download_result(download)) == DOWNLOAD_GOING)
        assert_int_equal(http_drive(http, 100), 0);
    *state = *download_state(download);
    download_end(&download);
    http_free(&http);
    return result;
}

static void run_case(const Case *c, Server *server)
{
    char url[64], digest[DIGEST_TEXT_SIZE];
    DownloadState state;
    struct stat st;

    put_part(c);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/clip", server_port(server));
    DownloadResult result = attempt(url, &state);
    check_number(c->what, result, c->result);
    if (c->error)
        check_number(c->what, state.error, c->error);
    if (result != DOWNLOAD_DONE)
        assert_true(state.why[0]);
    check_number(c->what, state.bytes, c->kept);
    if (result == DOWNLOAD_DONE) {
        assert_int_equal(digest_file(temp_path("clip.part"), NULL, digest), 0);
        check_text(c->what, state.digest, digest);
    }
    assert_int_equal(stat(temp_path("clip.part"), &st), 0);
    check_number(c->what, st.st_size, c->kept);
    check_asked(c, server);
}

static void test_attempts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ServerScript script[] = {{"/clip", cases[i].reply, cases[i].filler},
                                 {NULL, NULL, 0}};
        Server *server = server_start(script);
        run_case(&cases[i], server);
        server_stop(&server);
    }
}

/* What a power cut or another program leaves: none of it is gone on from. */

static void test_not_proven(void **state)
{
    static const char *const notes[] = {
        "",
        "{",
        "null",
        "[]",
        "{\"validator\":\"\\\"v1\\\"\",\"bytes\":60}",
        "{\"validator\":\"\",\"size\":100,\"bytes\":60,\"sha256\":\"%s\"}",
        "{\"size\":100,\"bytes\":60,\"sha256\":\"%s\"}",
        "{\"validator\":\"\\\"v1\\\"\",\"size\":100,\"bytes\":-60,\"sha256\":\"%s\"}",
        "{\"validator\":\"\\\"v1\\\"\",\"size\":100,\"bytes\":1e99,\"sha256\":\"%s\"}",
        "{\"validator\":\"\\\"v1\\\"\",\"size\":100,\"bytes\":\"60\",\"sha256\":\"%s\"}",
        "{\"validator\":\"\\\"v1\\\"\",\"size\":100,\"bytes\":59,\"sha256\":\"%s\"}",
        "{\"validator\":\"\\\"v1\\\"\",\"size\":100,\"bytes\":60,\"sha256\":\"%.63s\"}",
    };
    const size_t count = sizeof(notes) / sizeof(notes[0]);
    char bytes[60], digest[DIGEST_TEXT_SIZE], note[512], url[64];
    ServerScript script[] = {{"/clip", OK "Content-Length: 100\r\n\r\n", 100},
                             {NULL, NULL, 0}};
    Server *server = server_start(script);
    DownloadState now;
    (void)state;

    snprintf(url, sizeof(url), "http://127.0.0.1:%d/clip", server_port(server));
    memset(bytes, 'x', sizeof(bytes));
    digest_text(bytes, sizeof(bytes), digest);
    /* The last three have a good note: zeros, half zeros, one bit. */
    for (size_t i = 0; i < count + 3; i++) {
        memset(bytes, 'x', sizeof(bytes));
        if (i >= count)
            memset(bytes + (i - count) * 30, 0,
                   i == count + 2 ? 0 : 60 - (i - count) * 30);
        if (i == count + 2)
            bytes[59] ^= 1;
        temp_file("clip.part", bytes, sizeof(bytes));
        snprintf(note, sizeof(note),
                 i < count ? notes[i]
                           : "{\"validator\":\"\\\"v1\\\"\",\"size\":100,\"bytes\":60,"
                             "\"sha256\":\"%s\"}",
                 digest);
        temp_text("clip.part.note", note);
        check_number(note, attempt(url, &now), DOWNLOAD_DONE);
        check_number(note, now.bytes, 100);
        check_text(note, asked(server, (int)i, "Range"), NULL);
    }
    server_stop(&server);
}

/* What an answer is cut off says of its file decides how the next attempt asks. */

static const struct {
    const char *what, *reply;
    const char *condition; ///< of the next request; NULL = it begins anew
} versions[] = {
    {"strong", OK "Content-Length: 100\r\nETag: \"a\\b/c\"\r\n\r\n", "\"a\\b/c\""},
    {"weak", OK "Content-Length: 100\r\nETag: W/\"v1\"\r\n\r\n", NULL},
    {"none", OK "Content-Length: 100\r\n\r\n", NULL},
    {"no quotes", OK "Content-Length: 100\r\nETag: v1\r\n\r\n", NULL},
    {"half", OK "Content-Length: 100\r\nETag: \"v1\r\n\r\n", NULL},
    {"a quote within", OK "Content-Length: 100\r\nETag: \"v\"1\"\r\n\r\n", NULL},
    {"too long",
     OK
     "Content-Length: 100\r\nETag: \"0123456789012345678901234567890123456789012345678901"
     "234567890123456789012345678901234567890123456789012345678901234567890123456789012345"
     "678901234567890123456789\"\r\n\r\n",
     NULL},
    {"a date, and not when that was",
     OK "Content-Length: 100\r\nLast-Modified: Sat, 28 Nov 2026 10:00:00 GMT\r\n\r\n",
     NULL},
    {"an empty one", OK "Content-Length: 100\r\nETag: \"\"\r\n\r\n", NULL},
    {"a date long before",
     OK "Content-Length: 100\r\nDate: Sat, 28 Nov 2026 10:01:00 GMT\r\n"
        "Last-Modified: Sat, 28 Nov 2026 10:00:00 GMT\r\n\r\n",
     "Sat, 28 Nov 2026 10:00:00 GMT"},
    {"a date of this minute",
     OK "Content-Length: 100\r\nDate: Sat, 28 Nov 2026 10:00:59 GMT\r\n"
        "Last-Modified: Sat, 28 Nov 2026 10:00:00 GMT\r\n\r\n",
     NULL},
    {"no date", OK "Content-Length: 100\r\nLast-Modified: yesterday\r\n\r\n", NULL},
    {"both",
     OK "Content-Length: 100\r\nETag: \"v1\"\r\n"
        "Last-Modified: Sat, 28 Nov 2026 10:00:00 GMT\r\n\r\n",
     "\"v1\""},
    {"weak, and a date",
     OK "Content-Length: 100\r\nDate: Sat, 28 Nov 2026 11:00:00 GMT\r\n"
        "ETag: W/\"v1\"\r\n"
        "Last-Modified: Sat, 28 Nov 2026 10:00:00 GMT\r\n\r\n",
     "Sat, 28 Nov 2026 10:00:00 GMT"},
    {"no length", OK "Transfer-Encoding: chunked\r\nETag: \"v1\"\r\n\r\n3c\r\n",
     "\"v1\""},
};

static void test_versions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        const char *what = versions[i].what, *condition = versions[i].condition;
        ServerScript script[] = {{"/clip", versions[i].reply, 60},
                                 {"/more", OK "Content-Length: 100\r\n\r\n", 100},
                                 {NULL, NULL, 0}};
        Server *server = server_start(script);
        DownloadState now;
        char url[64];

        unlink(temp_path("clip.part"));
        unlink(temp_path("clip.part.note"));
        snprintf(url, sizeof(url), "http://127.0.0.1:%d/clip", server_port(server));
        check_number(what, attempt(url, &now), DOWNLOAD_BROKEN);
        check_number(what, now.bytes, 60);
        snprintf(url, sizeof(url), "http://127.0.0.1:%d/more", server_port(server));
        check_number(what, attempt(url, &now), DOWNLOAD_DONE);
        check_text(what, asked(server, 1, "If-Range"), condition);
        check_text(what, asked(server, 1, "Range"), condition ? "bytes=60-" : NULL);
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
        DownloadSource source = {.url = urls[i], .path = path, .allow_http = true};
        Download *download = NULL;
        check_number(urls[i], download_start(http, &source, &download), AVERROR(EINVAL));
        assert_null(download);
    }
    DownloadSource plain = {.url = "http://127.0.0.1:1/", .path = path};
    Download *download = NULL;
    check_number(plain.url, download_start(http, &plain, &download), AVERROR(EINVAL));
    http_free(&http);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attempts),
        cmocka_unit_test(test_not_proven),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_urls),
    };
    clear_environment();
    return cmocka_run_group_tests_name("download", tests, NULL, NULL);
}
