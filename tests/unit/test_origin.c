/* i2v: unit tests of what is read from URLs: origins and loopback
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <string.h>

#include <curl/curl.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/url.h"

static const struct {
    const char *url, *origin; ///< NULL = not an http(s) URL
} origins[] = {
    {"https://api.aimlapi.com", "https://api.aimlapi.com"},
    {"https://api.aimlapi.com/", "https://api.aimlapi.com"},
    {"https://api.aimlapi.com/v2/x?y=1#z", "https://api.aimlapi.com"},
    {"https://api.aimlapi.com:443/", "https://api.aimlapi.com"},
    {"http://api.aimlapi.com:80/", "http://api.aimlapi.com"},
    {"https://api.aimlapi.com:80/", "https://api.aimlapi.com:80"},
    {"http://api.aimlapi.com:443/", "http://api.aimlapi.com:443"},
    {"HTTPS://API.AimlApi.COM:0443", "https://api.aimlapi.com"},
    {"https://h:8443", "https://h:8443"},
    {"https://u:p@h:8443/x", "https://h:8443"},
    {"http://127.0.0.1@evil.example/", "http://evil.example"},
    {"http://127.0.0.1:80@evil.example/", "http://evil.example"},
    {"http://evil.example#@127.0.0.1/", "http://evil.example"},
    {"http://evil.example?@127.0.0.1/", "http://evil.example"},
    {"http://[::1]:8080/", "http://[::1]:8080"},
    {"https://[2001:DB8::1]", "https://[2001:db8::1]"},
    {"ftp://h", NULL},
    {"file:///x", NULL},
    {"httpx://h", NULL},
    {"https:h", NULL},
    {"https:/h", NULL},
    {"https://", NULL},
    {"https://h:99999", NULL},
    {"https://h:x", NULL},
    {"https://a b/", NULL},
    {"https://[::1", NULL},
    {"h", NULL},
    {"//h", NULL},
    {" https://h", NULL},
    {"", NULL},
};

static void test_origins(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
        char *origin = (char *)&origins;
        int ret = url_origin(origins[i].url, &origin);
        check_number(origins[i].url, ret, origins[i].origin ? 0 : AVERROR(EINVAL));
        check_text(origins[i].url, origin, origins[i].origin);
        av_free(origin);
    }
}

static const struct {
    const char *url;
    bool only;
} only_origins[] = {
    {"https://h", true},
    {"https://h/", true},
    {"https://h:8443", true},
    {"https://[::1]:1/", true},
    {"https://h/v2", false},
    {"https://h//", false},
    {"https://h?x", false},
    {"https://h/?x=1", false},
    {"https://h#x", false},
    {"https://u@h", false},
    {"https://u:p@h", false},
    {"https://:p@h", false},
    {"h", false},
    {"", false},
};

static void test_only_origins(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(only_origins) / sizeof(only_origins[0]); i++) {
        const char *url = only_origins[i].url;
        check_number(url, url_is_origin(url), only_origins[i].only);
    }
}

static const struct {
    const char *url, *bare; ///< NULL: no URL
} bare[] = {
    {"https://h/clip.mp4", "https://h/clip.mp4"},
    {"https://h:8443/a/b.mp4?sig=secret&x=1", "https://h:8443/a/b.mp4"},
    {"https://h/b.mp4#secret", "https://h/b.mp4"},
    {"https://user:secret@h/b.mp4", "https://h/b.mp4"},
    {"https://secret@h/b.mp4?secret#secret", "https://h/b.mp4"},
    {"https://h/b.mp4?", "https://h/b.mp4"},
    {"not a URL", NULL},
    {"", NULL},
};

static void test_bare_urls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bare) / sizeof(bare[0]); i++) {
        char *got = NULL;
        int ret = url_bare(bare[i].url, &got);
        check_number(bare[i].url, ret < 0, !bare[i].bare);
        check_text(bare[i].url, got, bare[i].bare);
        av_free(got);
    }
}

static const struct {
    const char *url;
    bool loopback;
} hosts[] = {
    {"http://127.0.0.1", true},
    {"http://127.0.0.1:8080/x", true},
    {"http://127.255.255.254/", true},
    {"http://localhost", true},
    {"http://LocalHost:1/", true},
    {"http://[::1]", true},
    {"http://[::1]:8080/", true},
    {"https://127.0.0.1", true},
    {"http://u:p@127.0.0.1/", true},
    {"http://evil.example@127.0.0.1/", true},
    {"http://127.0.0.1.evil.example", false},
    {"http://localhost.evil.example", false},
    {"http://evil-localhost", false},
    {"http://localhostx", false},
    {"http://127.0.0.1@evil.example/", false},
    {"http://localhost:80@evil.example/", false},
    {"http://evil.example/127.0.0.1", false},
    {"http://evil.example#@127.0.0.1", false},
    {"http://evil.example?@localhost", false},
    /* What counts is where libcurl goes, whose user part this is. */
    {"http://evil.example\\@127.0.0.1/", true},
    {"http://126.255.255.255", false},
    {"http://128.0.0.1", false},
    {"http://0.0.0.0", false},
    {"http://10.0.0.1", false},
    {"http://[::2]", false},
    {"http://[2001:db8::1]", false},
    {"http://[fe80::1]", false},
    {"http://127.evil.example", false},
    {"http://1270.0.0.1", false},
    {"127.0.0.1", false},
    {"localhost", false},
    {"", false},
    {"http://", false},
};

/* Old versions of libcurl leave these as they are, and then they are no loopback. */
static const char *const short_hosts[] = {"http://127.1/", "http://2130706433/",
                                          "http://0x7f000001/"};

static bool is_normalized(const char *text)
{
    CURLU *url = curl_url();
    char *host = NULL;
    bool is;

    if (url && !curl_url_set(url, CURLUPART_URL, text, 0))
        curl_url_get(url, CURLUPART_HOST, &host, 0);
    is = host && !strcmp(host, "127.0.0.1");
    curl_free(host);
    curl_url_cleanup(url);
    return is;
}

static void test_loopback(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(short_hosts) / sizeof(short_hosts[0]); i++)
        check_number(short_hosts[i], url_is_loopback(short_hosts[i]),
                     is_normalized(short_hosts[i]));
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
        check_number(hosts[i].url, url_is_loopback(hosts[i].url), hosts[i].loopback);
}

#define ANSWER "https://api.example/v2/video/generations?generation_id=1"

static const struct {
    const char *reference, *absolute; ///< NULL: it names nothing that may be fetched
} references[] = {
    {"https://cdn.example/a.mp4", "https://cdn.example/a.mp4"},
    {"https://cdn.example/a%20b.mp4", "https://cdn.example/a%20b.mp4"},
    {"https://cdn.example/a b.mp4", "https://cdn.example/a%20b.mp4"},
    {"https://cdn.example/a b%20c.mp4?x=y z&s=a%2Bb+c",
     "https://cdn.example/a%20b%20c.mp4?x=y%20z&s=a%2Bb+c"},
    {"https://cdn.example/100%.mp4?x=%zz%4",
     "https://cdn.example/100%25.mp4?x=%25zz%254"},
    {"https://cdn.example/gr\xC3\xBC\xC3\x9F.mp4",
     "https://cdn.example/gr%C3%BC%C3%9F.mp4"},
    {"https://cdn.example/\xFF.mp4", "https://cdn.example/%FF.mp4"},
    {"https://cdn.example/a[1]{2}|^`<>\"\\.mp4",
     "https://cdn.example/a%5B1%5D%7B2%7D%7C%5E%60%3C%3E%22%5C.mp4"},
    {"https://cdn.example/a'(1)!*~$,;:@=&.mp4",
     "https://cdn.example/a'(1)!*~$,;:@=&.mp4"},
    {"https://cdn.example/a.mp4?u=https://x/y?z",
     "https://cdn.example/a.mp4?u=https://x/y?z"},
    {"HTTPS://cdn.example/A.mp4", "https://cdn.example/A.mp4"},
    {" \t\nhttps://cdn.example/a.mp4 \r\n", "https://cdn.example/a.mp4"},
    {"https://cdn.example/a\tb\n.mp4", "https://cdn.example/a%09b%0A.mp4"},
    {"https://cdn.example/a.mp4#t=0 1", "https://cdn.example/a.mp4"},
    {"https://cdn.example/a.mp4?x=1#t", "https://cdn.example/a.mp4?x=1"},
    {"https://cdn.example:8443/a.mp4", "https://cdn.example:8443/a.mp4"},
    {"https://[::1]:8443/a[1].mp4", "https://[::1]:8443/a%5B1%5D.mp4"},
    {"https://u:p@cdn.example/a.mp4", "https://u:p@cdn.example/a.mp4"},
    {"http://cdn.example/a.mp4", "http://cdn.example/a.mp4"},
    {"//cdn.example/a b.mp4", "https://cdn.example/a%20b.mp4"},
    {"/files/a b.mp4", "https://api.example/files/a%20b.mp4"},
    {"/files/a.mp4?x=1", "https://api.example/files/a.mp4?x=1"},
    {"a.mp4", "https://api.example/v2/video/a.mp4"},
    {"./a.mp4", "https://api.example/v2/video/a.mp4"},
    {"../a.mp4", "https://api.example/v2/a.mp4"},
    {"../../../../a.mp4", "https://api.example/a.mp4"},
    {"a:b/c.mp4", NULL},
    {"file:///etc/passwd", NULL},
    {"FILE:///etc/passwd", NULL},
    {"ftp://cdn.example/a.mp4", NULL},
    {"data:video/mp4;base64,AAAA", NULL},
    {"i2v:still.png?prompt=again", NULL},
    {"concat:/a.mp4", NULL},
    {"https:a.mp4", NULL},
    {"https:/a.mp4", NULL},
    {"https://", NULL},
    {"", NULL},
    {" \n ", NULL},
};

static void test_references(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++) {
        const char *reference = references[i].reference;
        char *got = NULL;
        int ret = url_resolve(ANSWER, reference, &got);
        check_number(reference, ret, references[i].absolute ? 0 : AVERROR(EINVAL));
        check_text(reference, got, references[i].absolute);
        av_free(got);
    }
    char *got = NULL;
    assert_int_equal(url_resolve("http://127.0.0.1:80/", "/a.mp4", &got), 0);
    check_text("a port", got, "http://127.0.0.1:80/a.mp4");
    av_free(got);
    assert_int_equal(url_resolve("nothing", "/a.mp4", &got), AVERROR(EINVAL));
    assert_null(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_origins),    cmocka_unit_test(test_only_origins),
        cmocka_unit_test(test_bare_urls),  cmocka_unit_test(test_loopback),
        cmocka_unit_test(test_references),
    };
    clear_environment();
    return cmocka_run_group_tests_name("origin", tests, NULL, NULL);
}
