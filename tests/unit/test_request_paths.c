/* i2v: unit tests of a request's places: gateway, API key, ledger, save
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "request/request.h"

#define SECRET "sk-hidden-0123"

static int fresh_environment(void **state)
{
    (void)state;
    clear_environment();
    setenv("AIML_API_KEY", SECRET, 1);
    setenv("XDG_DATA_HOME", temp_dir(), 1);
    said_clear();
    return 0;
}

/* One option beside a prompt. */
static int check_one(const char *name, const char *value, Request **request)
{
    char pairs[1200];
    said_clear();
    snprintf(pairs, sizeof(pairs), "prompt=p%s%s%s%s", name ? "|" : "", name ? name : "",
             name ? "=" : "", name ? value : "");
    return check_pairs("s.png", pairs, request);
}

/* The gateway */

static const struct {
    const char *url, *allow, *origin; ///< origin NULL = refused
    bool plain;
    const char *words;
} gateways[] = {
    {"https://api.aimlapi.com", NULL, "https://api.aimlapi.com", false, NULL},
    {"https://api.aimlapi.com/", NULL, "https://api.aimlapi.com", false, NULL},
    {"HTTPS://API.AIMLAPI.COM:443", NULL, "https://api.aimlapi.com", false, NULL},
    {"https://h:8443", NULL, "https://h:8443", false, NULL},
    {"http://127.0.0.1:8080", NULL, "http://127.0.0.1:8080", true, NULL},
    {"http://localhost:8080", NULL, "http://localhost:8080", true, NULL},
    {"http://[::1]:8080", NULL, "http://[::1]:8080", true, NULL},
    {"https://[2001:db8::1]", NULL, "https://[2001:db8::1]", false, NULL},
    {"http://h.example", "1", "http://h.example", true, NULL},
    {"http://[2001:db8::1]:80", "1", "http://[2001:db8::1]", true, NULL},
    {"http://h.example", NULL, NULL, false, "base_url|http|I2V_ALLOW_HTTP=1"},
    {"http://h.example", "0", NULL, false, "base_url|I2V_ALLOW_HTTP=1"},
    {"http://h.example", "0", NULL, false, "base_url|I2V_ALLOW_HTTP=1"},
    {"http://h.example", "yes", NULL, false, "base_url|I2V_ALLOW_HTTP=1"},
    {"http://127.0.0.1.evil.example", NULL, NULL, false, "base_url|I2V_ALLOW_HTTP=1"},
    {"http://localhost.evil.example", NULL, NULL, false, "base_url|I2V_ALLOW_HTTP=1"},
    {"http://[2001:db8::1]", NULL, NULL, false, "base_url|I2V_ALLOW_HTTP=1"},
    {"http://0.0.0.0", NULL, NULL, false, "base_url|I2V_ALLOW_HTTP=1"},
    {"https://h/v2", NULL, NULL, false, "base_url|https://HOST"},
    {"https://h/?x=1", NULL, NULL, false, "base_url"},
    {"https://h?x=1", NULL, NULL, false, "base_url"},
    {"https://h/#x", NULL, NULL, false, "base_url"},
    {"https://u:" SECRET "@h", NULL, NULL, false, "base_url"},
    {"https://u@h", NULL, NULL, false, "base_url"},
    {"http://127.0.0.1@h.example", NULL, NULL, false, "base_url"},
    {"ftp://h", NULL, NULL, false, "base_url|https://HOST"},
    {"file:///etc/passwd", NULL, NULL, false, "base_url"},
    {"h.example", NULL, NULL, false, "base_url|https://HOST"},
    {"//h.example", NULL, NULL, false, "base_url"},
    {"https://", NULL, NULL, false, "base_url"},
    {"https:h", NULL, NULL, false, "base_url"},
    {"https://h:99999", NULL, NULL, false, "base_url"},
    {"https://a b", NULL, NULL, false, "base_url"},
    {"", NULL, NULL, false, "base_url|https://HOST"},
};

static void test_base_url(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(gateways) / sizeof(gateways[0]); i++) {
        const char *url = gateways[i].url;
        Request *r = NULL;
        if (gateways[i].allow)
            setenv("I2V_ALLOW_HTTP", gateways[i].allow, 1);
        else
            unsetenv("I2V_ALLOW_HTTP");
        int ret = check_one("base_url", url, &r);
        check_number(url, ret, gateways[i].origin ? 0 : AVERROR(EINVAL));
        if (gateways[i].words)
            assert_said(url, gateways[i].words);
        else
            assert_silent(url);
        assert_null(strstr(said.error, SECRET));
        if (r) {
            check_text(url, r->origin, gateways[i].origin);
            check_number(url, r->allow_http, gateways[i].plain);
        }
        request_free(&r);
    }
}

static void test_base_url_from_environment(void **state)
{
    Request *r = NULL;
    (void)state;
    setenv("I2V_BASE_URL", "http://h.example", 1);
    assert_int_equal(check_one(NULL, NULL, &r), AVERROR(EINVAL));
    assert_said("environment", "base_url|I2V_ALLOW_HTTP=1");
}

static void test_ca_file(void **state)
{
    const char *ca = temp_text("ca.pem", "x");
    Request *r = NULL;
    (void)state;
    assert_int_equal(check_one("ca_file", ca, &r), 0);
    check_text("ca_file", r->ca_file, ca);
    request_free(&r);
    assert_int_equal(check_one("ca_file", temp_path("no-ca.pem"), &r), AVERROR(ENOENT));
    assert_said("ca_file", "ca_file|no-ca.pem");
}

/* The API key */

static void check_key_is(const char *what, const char *file, const char *wanted)
{
    Request *r = NULL;
    check_number(what, check_one(file ? "api_key_file" : NULL, file, &r), 0);
    assert_silent(what);
    check_text(what, r->api_key, wanted);
    request_free(&r);
}

static void test_key_sources(void **state)
{
    char below[300], key[320];
    (void)state;
    clear_environment();
    setenv("XDG_DATA_HOME", temp_dir(), 1);
    check_key_is("none", NULL, NULL);
    snprintf(below, sizeof(below), "%s/.config", temp_dir());
    mkdir(below, 0700);
    snprintf(below, sizeof(below), "%s/.config/i2v", temp_dir());
    mkdir(below, 0700);
    snprintf(key, sizeof(key), "%s/.config/i2v/key", temp_dir());
    temp_text(".config/i2v/key", "of-home\n");
    setenv("HOME", temp_dir(), 1);
    check_key_is("home", NULL, "of-home");
    mkdir(temp_path("config"), 0700);
    mkdir(temp_path("config/i2v"), 0700);
    setenv("XDG_CONFIG_HOME", temp_path("config"), 1);
    check_key_is("XDG without a key", NULL, NULL);
    temp_text("config/i2v/key", "of-xdg\n");
    check_key_is("XDG", NULL, "of-xdg");
    setenv("AIMLAPI_API_KEY", "of-second", 1);
    check_key_is("second variable", NULL, "of-second");
    setenv("AIML_API_KEY", "of-first", 1);
    check_key_is("first variable", NULL, "of-first");
    check_key_is("file", temp_text("k", "of-file"), "of-file");
}

static void test_key_files(void **state)
{
    (void)state;
    check_key_is("newline", temp_text("k", SECRET "\n"), SECRET);
    check_key_is("crlf", temp_text("k", SECRET "\r\n"), SECRET);
    check_key_is("space around", temp_text("k", "\n \t" SECRET " \n\n"), SECRET);
    check_key_is("punctuation", temp_text("k", "a:b/c+d=e.f~!"), "a:b/c+d=e.f~!");
}

/* A key may be changed while a generation runs. */
static void test_key_again(void **state)
{
    const char *path = temp_text("changing", "first\n");
    Request *r = NULL;
    char *key = NULL;
    (void)state;
    said_clear();
    check_number("first", check_one("api_key_file", path, &r), 0);
    temp_text("changing", "second\n");
    check_number("again", request_read_key_again(r, NULL, &key), 0);
    check_text("again", key, "second");
    check_text("the request's own", r->api_key, "first");
    av_freep(&key);
    assert_int_equal(unlink(path), 0);
    assert_true(request_read_key_again(r, NULL, &key) < 0);
    assert_null(key);
    request_free(&r);
    setenv("AIML_API_KEY", "of-variable", 1);
    said_clear();
    check_number("variable", check_one(NULL, NULL, &r), 0);
    check_number("variable", request_read_key_again(r, NULL, &key), AVERROR(ENOENT));
    assert_silent("variable");
    request_free(&r);
    unsetenv("AIML_API_KEY");
}

static void test_bad_keys(void **state)
{
    static const char *const bad[] = {
        "",           "\n",          " \t\r\n",     SECRET " " SECRET,
        SECRET "\nx", SECRET "\x01", SECRET "\x7f", SECRET "\xC3\xA4"};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        Request *r = NULL;
        check_number(bad[i], check_one("api_key_file", temp_text("bad-key", bad[i]), &r),
                     AVERROR(EINVAL));
        assert_said(bad[i], "bad-key|API key");
        assert_null(strstr(said.error, SECRET));
        if (!*bad[i])
            continue;
        setenv("AIML_API_KEY", bad[i], 1);
        check_number(bad[i], check_one(NULL, NULL, &r), AVERROR(EINVAL));
        assert_said(bad[i], "AIML_API_KEY");
        assert_null(strstr(said.error, SECRET));
    }
}

static void test_bad_key_files(void **state)
{
    char large[5000];
    Request *r = NULL;
    (void)state;
    memset(large, 'x', sizeof(large));
    assert_int_equal(check_one("api_key_file", temp_path("missing-key"), &r),
                     AVERROR(ENOENT));
    assert_said("missing", "api_key_file|missing-key");
    assert_int_equal(check_one("api_key_file", temp_dir(), &r), AVERROR(EISDIR));
    assert_said("directory", "api_key_file");
    assert_int_equal(
        check_one("api_key_file", temp_file("large-key", large, sizeof(large)), &r),
        AVERROR(EINVAL));
    assert_said("large", "api_key_file|large-key");
    assert_int_equal(check_one("api_key_file", temp_file("nul-key", "a\0b", 3), &r),
                     AVERROR(EINVAL));
    assert_said("NUL", "api_key_file|nul-key");
}

static void test_key_readable_by_others(void **state)
{
    static const mode_t modes[] = {0600, 0400, 0640, 0604, 0644, 0620};
    (void)state;
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        const char *path = temp_text("open-key", SECRET);
        char what[16];
        snprintf(what, sizeof(what), "mode %o", modes[i]);
        assert_int_equal(chmod(path, modes[i]), 0);
        check_key_is(what, path, SECRET);
        check_number(what, said.warnings, modes[i] & 077 ? 1 : 0);
        if (said.warnings) {
            assert_non_null(strstr(said.warning, "open-key"));
            assert_non_null(strstr(said.warning, "600"));
        }
        assert_null(strstr(said.warning, SECRET));
        unlink(path);
    }
}

/* The ledger */

static const struct {
    const char *option, *variable, *xdg, *home, *store;
} stores[] = {
    {"/o", "/v", "/x", "/h", "/o"},
    {NULL, "/v", "/x", "/h", "/v"},
    {NULL, NULL, "/x", "/h", "/x/i2v"},
    {NULL, NULL, NULL, "/h", "/h/.local/share/i2v"},
    {NULL, NULL, "", "/h", "/h/.local/share/i2v"},
    {NULL, NULL, "relative", "/h", "/h/.local/share/i2v"},
    {"", NULL, "/x", "/h", "/x/i2v"},
    {"o", NULL, NULL, NULL, "o"},
    {NULL, NULL, NULL, NULL, NULL},
    {NULL, NULL, "relative", "relative", NULL},
};

static void set_or_unset(const char *name, const char *value)
{
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

static void test_store(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(stores) / sizeof(stores[0]); i++) {
        char what[16];
        Request *r = NULL;
        snprintf(what, sizeof(what), "case %zu", i);
        set_or_unset("I2V_STORE", stores[i].variable);
        set_or_unset("XDG_DATA_HOME", stores[i].xdg);
        set_or_unset("HOME", stores[i].home);
        int ret = check_one(stores[i].option ? "store" : NULL, stores[i].option, &r);
        if (stores[i].store) {
            check_number(what, ret, 0);
            check_text(what, r->store, stores[i].store);
        } else {
            check_number(what, ret, AVERROR(ENOENT));
            assert_said(what, "store|I2V_STORE");
        }
        request_free(&r);
    }
}

/* Keeping the original */

static void check_save(const char *what, const char *save, const char *still, int ret)
{
    char pairs[1200];
    Request *r = NULL;
    said_clear();
    snprintf(pairs, sizeof(pairs), "prompt=p|save=%s", save);
    check_number(what, check_pairs(still, pairs, &r), ret);
    if (ret < 0) {
        assert_said(what, "save");
        assert_null(r);
    } else {
        assert_silent(what);
        check_text(what, r->save, save);
    }
    request_free(&r);
}

static void test_save(void **state)
{
    char still[600];
    (void)state;
    snprintf(still, sizeof(still), "%s", temp_bmp("still.bmp", 8, 8, 9));
    mkdir(temp_path("directory"), 0700);
    assert_true(!symlink("still.bmp", temp_path("link.bmp")));
    check_save("new", temp_path("new.mp4"), still, 0);
    assert_int_equal(access(temp_path("new.mp4"), F_OK), -1);
    check_save("there", temp_text("there.mp4", "old"), still, 0);
    struct stat st;
    assert_int_equal(stat(temp_path("there.mp4"), &st), 0);
    assert_int_equal(st.st_size, 3);
    check_save("directory", temp_path("directory"), still, AVERROR(EISDIR));
    check_save("directory/", temp_path("directory/"), still, AVERROR(EISDIR));
    check_save("missing directory", temp_path("no/x.mp4"), still, AVERROR(ENOENT));
    check_save("below a file", temp_path("there.mp4/x.mp4"), still, AVERROR(ENOTDIR));
    check_save("the still", still, still, AVERROR(EINVAL));
    check_save("a link to the still", temp_path("link.bmp"), still, AVERROR(EINVAL));
    check_save("not writable", "/proc/x.mp4", still, AVERROR(ENOENT));
}

/* The account goes beside the clip, and must find its place too. */
static void test_save_account(void **state)
{
    const char *still = temp_bmp("still.bmp", 8, 8, 9);
    (void)state;
    mkdir(temp_path("taken.i2v.json"), 0700);
    check_save("taken by a directory", temp_path("taken.mp4"), still, AVERROR(EISDIR));
    assert_non_null(strstr(said.error, "taken.i2v.json"));
    assert_int_equal(mkfifo(temp_path("pipe.i2v.json"), 0600), 0);
    check_save("taken by a pipe", temp_path("pipe.mp4"), still, AVERROR(EINVAL));
    temp_text("again.i2v.json", "{}");
    check_save("one from before", temp_path("again.mp4"), still, 0);
    const char *odd = temp_bmp("odd.i2v.json", 8, 8, 9);
    check_save("the still is there", temp_path("odd.mp4"), odd, AVERROR(EINVAL));
    assert_non_null(strstr(said.error, "odd.i2v.json"));
}

/* A copy over the store's own file would harm the ledger. */
static void test_save_into_store(void **state)
{
#define KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    static const char *const own[] = {"i2v/" KEY ".mp4", "i2v/" KEY ".json",
                                      "i2v/" KEY ".mp4.part", "i2v/stats.json",
                                      "i2v/../i2v/" KEY ".mp4"};
    const char *still = temp_bmp("still.bmp", 8, 8, 9);
    (void)state;
    mkdir(temp_path("i2v"), 0700);
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        check_save(own[i], temp_path(own[i]), still, AVERROR(EINVAL));
        assert_non_null(strstr(said.error, "store"));
    }
    temp_text("i2v/" KEY ".mp4", "x");
    assert_int_equal(symlink("i2v/" KEY ".mp4", temp_path("to-store.mp4")), 0);
    check_save("a link into it", temp_path("to-store.mp4"), still, AVERROR(EINVAL));
    check_save("a name of the user's in it", temp_path("i2v/clip.mp4"), still, 0);
    mkdir(temp_path("elsewhere"), 0700);
    check_save("such a name elsewhere", temp_path("elsewhere/" KEY ".mp4"), still, 0);
#undef KEY
}

/* The still has more names than its path. */
static void test_save_is_still_by_url(void **state)
{
    const char *still = temp_bmp("still.bmp", 8, 8, 9);
    char url[600];
    (void)state;
    snprintf(url, sizeof(url), "file:%s", still);
    check_save("file: URL", still, url, AVERROR(EINVAL));
}

/* An empty name cannot be written, which must be found before anything is spent. */
static void test_save_is_empty(void **state)
{
    Request *r = NULL;
    (void)state;
    int ret = check_one("save", "", &r);
    if (ret >= 0 && r->save)
        fail_case("an empty name passes and would be written to after the clip is paid");
    request_free(&r);
}

/* What stands in the path for a request, and what may not. */
static void test_save_template(void **state)
{
    static const struct {
        const char *save, *project, *becomes; ///< below the directory; NULL = refused
        const char *says;
    } cases[] = {
        {"{take}.mp4", NULL, "3.mp4", NULL},
        {"{project}-{take}.mp4", "film a", "film a-3.mp4", NULL},
        {"{{take}}.mp4", NULL, "{take}}.mp4", NULL},
        {"a}b.mp4", NULL, "a}b.mp4", NULL},
        {"{project}.mp4", NULL, NULL, "option project"},
        {"{project}.mp4", "../x", NULL, "'../x'"},
        {"{project}.mp4", "a/b", NULL, "'a/b'"},
        {"{project}/x.mp4", "..", NULL, "'..'"},
        {"{id}.mp4", NULL, NULL, "manifest"},
        {"{shot}.mp4", NULL, NULL, "{key}, {take}, {id} and {project}"},
        {"{}.mp4", NULL, NULL, "{key}, {take}, {id} and {project}"},
        {"{take.mp4", NULL, NULL, "without its }"},
    };
    const char *still = temp_bmp("still.bmp", 8, 8, 9);
    (void)state;

    mkdir(temp_path("template"), 0700);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char pairs[1200], becomes[600];
        const char *project = cases[i].project ? cases[i].project : "";
        Request *r = NULL;
        said_clear();
        snprintf(pairs, sizeof(pairs), "prompt=p|take=3|project=%s|save=%s/%s", project,
                 temp_path("template"), cases[i].save);
        snprintf(becomes, sizeof(becomes), "%s/%s", temp_path("template"),
                 cases[i].becomes ? cases[i].becomes : "");
        int ret = check_pairs(still, pairs, &r);
        if (!cases[i].becomes &&
            (ret != AVERROR(EINVAL) || !strstr(said.error, cases[i].says)))
            fail_case("%s: %d, %s", cases[i].save, ret, said.error);
        if (cases[i].becomes && (ret < 0 || strcmp(r->save, becomes)))
            fail_case("%s: %d, %s", cases[i].save, ret, r ? r->save : said.error);
        request_free(&r);
    }
}

/* Looking whether save can be written leaves nothing behind. */
static void test_save_leaves_nothing(void **state)
{
    char command[600], listing[256] = "";
    Request *r = NULL;
    (void)state;
    mkdir(temp_path("empty"), 0700);
    assert_int_equal(check_one("save", temp_path("empty/x.mp4"), &r), 0);
    request_free(&r);
    snprintf(command, sizeof(command), "ls -A '%s'", temp_path("empty"));
    FILE *ls = popen(command, "r");
    assert_null(fgets(listing, sizeof(listing), ls));
    pclose(ls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_base_url, fresh_environment),
        cmocka_unit_test_setup(test_base_url_from_environment, fresh_environment),
        cmocka_unit_test_setup(test_ca_file, fresh_environment),
        cmocka_unit_test_setup(test_key_sources, fresh_environment),
        cmocka_unit_test_setup(test_key_files, fresh_environment),
        cmocka_unit_test(test_key_again),
        cmocka_unit_test_setup(test_bad_keys, fresh_environment),
        cmocka_unit_test_setup(test_bad_key_files, fresh_environment),
        cmocka_unit_test_setup(test_key_readable_by_others, fresh_environment),
        cmocka_unit_test_setup(test_store, fresh_environment),
        cmocka_unit_test_setup(test_save, fresh_environment),
        cmocka_unit_test_setup(test_save_account, fresh_environment),
        cmocka_unit_test_setup(test_save_into_store, fresh_environment),
        cmocka_unit_test_setup(test_save_is_still_by_url, fresh_environment),
        cmocka_unit_test_setup(test_save_is_empty, fresh_environment),
        cmocka_unit_test_setup(test_save_template, fresh_environment),
        cmocka_unit_test_setup(test_save_leaves_nothing, fresh_environment),
    };
    said_start();
    return cmocka_run_group_tests_name("request_paths", tests, NULL, NULL);
}
