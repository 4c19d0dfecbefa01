/* i2v: unit tests of the key: what makes two requests the same generation
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "request/request.h"

typedef struct KeyCase {
    const char *still; ///< wide, tall, or a URL
    const char *pairs;
    const char *key;
} KeyCase;

/* Frozen since 0.2.0. No release may change one of these, or drop it: whoever bought the
 * clip would buy it again. A new field has a default that leaves them as they are. */
static const KeyCase golden[] = {
    {"wide", "prompt=She turns around and smiles",
     "cca586530f5cd58d90cb5bcd92943c3dacbf00a855b47c07a8fb8af86aa6be5a"},
    {"tall", "prompt=She turns around and smiles|duration=8",
     "50932b9e093c8c70eef565f083d05b6ca71678bc4f0fe5b2efe993c3a06f1ed4"},
    {"wide",
     "prompt=p|model=google/veo-3.1-i2v-fast|resolution=720p|aspect_ratio=9:16|take=2|"
     "fit=contain|fit_position=top|duration=6",
     "afc53448ff5362d8cacedd38058ebdb80b08effd1e662078e81d857e3cdd90ae"},
    {"wide",
     "prompt=p|model=alibaba/wan-2-7-i2v|params=seed=7:negative_prompt=blurry|"
     "image_time=end",
     "3a19076ac7b0ee23c9ace4d078e91d1bfab765af3f3ca43663c2eb0a5e32ec15"},
    {"wide",
     "prompt=gr\xC3\xBC\xC3\x9F \"dich\" \xF0\x9F\x8E\xAC\n|model=some/new-model|"
     "duration=4.5|params={\"b\":[1,2.5,null,true],\"a\":{\"d\":\"x\",\"c\":-1}}",
     "546797d645f1bba15b1513bfeb490d37b13a2ab28db8dcaadd952568d760057d"},
    {"https://example.com/still.png?size=1280", "prompt=p|fit=none",
     "4bba6b9a856cc562b3886802e9aa0486d0c47c93eada9a489d7ff197df93fb21"},
    {"wide", "prompt=p|base_url=http://127.0.0.1:8080|fit=fill",
     "c8cd84e85cbd34cedc8550f30a40ebeb0e7a7b02ee44edddcadc836632a3791d"},
};

static void find_key(const char *still_name, const char *pairs, char *key)
{
    Still *still = NULL;
    Request *request = NULL;
    char path[600];
    bool url = strstr(still_name, "://");
    snprintf(path, sizeof(path), "%s", url ? still_name : temp_path(still_name));
    StillSource source = {.image = path};
    if (!url)
        assert_int_equal(still_read(&source, &still), 0);
    said_clear();
    check_number(pairs, check_pairs(path, pairs, &request), 0);
    check_number(pairs, request_settle(request, still, NULL, NULL), 0);
    memcpy(key, request->key, REQUEST_KEY_SIZE);
    request_free(&request);
    still_free(&still);
}

static void test_golden(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++) {
        char key[REQUEST_KEY_SIZE];
        find_key(golden[i].still, golden[i].pairs, key);
        check_text(golden[i].pairs, key, golden[i].key);
    }
}

#define BASE "prompt=p|take=1|"

/* Pairs of requests that are one generation. */
static const struct {
    const char *one, *other;
} same[] = {
    {BASE, "prompt=p"},
    {"prompt=p", "prompt= \tp\n"},
    {BASE, BASE "model=openai/sora-2-i2v"},
    {BASE, BASE "model=sora-2-i2v"},
    {BASE, BASE "duration=4"},
    {BASE "duration=8", BASE "duration=8.0"},
    {BASE "duration=8", BASE "duration=00:08"},
    {BASE, BASE "resolution=720p"},
    {BASE, BASE "aspect_ratio=16:9"},
    {BASE, BASE "aspect_ratio=16/9"},
    {BASE, BASE "aspect_ratio=auto"},
    {BASE, BASE "fit=cover|fit_position=center"},
    {BASE, BASE "image_time=0"},
    {BASE, BASE "image_time=0.0"},
    {BASE, BASE "image_time=00:00"},
    {BASE, BASE "image_time=00:00:00.000"},
    {BASE, BASE "image_time="},
    {BASE, BASE "base_url=https://api.aimlapi.com/"},
    {BASE, BASE "base_url=HTTPS://API.aimlapi.com:443"},
    {BASE, BASE "params="},
    {BASE, BASE "params={}"},
    {BASE "params=seed=7:cfg=1", BASE "params=cfg=1:seed=7"},
    {BASE "params=seed=7", BASE "params={\"seed\":7}"},
    {BASE "params={\"a\":{\"x\":1,\"y\":2},\"b\":1}",
     BASE "params={ \"b\":1, \"a\":{\"y\":2,\"x\":1} }"},
    {BASE "params=duration=8", BASE "duration=8"},
    {BASE "params=negative_prompt=a\\: b", BASE "params={\"negative_prompt\":\"a: b\"}"},
    /* A still that has the shape already is sent as it is, however it would be fitted. */
    {BASE, BASE "fit=contain"},
    {BASE, BASE "fit=fill|fit_position=left"},
    {BASE, BASE "fit_position=top"},
    {BASE "aspect_ratio=9:16|fit=fill",
     BASE "aspect_ratio=9:16|fit=fill|fit_position=top"},
    /* The digest says which picture it is. */
    {BASE, BASE "image_time=end"},
    /* What is no part of what is bought. */
    {BASE, BASE "store=/elsewhere"},
    {BASE, BASE "max_wait=5"},
    {BASE, BASE "poll_interval=5"},
    {BASE, BASE "reuse=only"},
};

static void test_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        char one[REQUEST_KEY_SIZE], other[REQUEST_KEY_SIZE];
        find_key("wide", same[i].one, one);
        find_key("wide", same[i].other, other);
        check_text(same[i].other, other, one);
    }
}

/* Places and secrets. */
static void test_same_elsewhere(void **state)
{
    char base[REQUEST_KEY_SIZE], key[REQUEST_KEY_SIZE], pairs[1200];
    (void)state;
    find_key("wide", BASE, base);
    setenv("AIML_API_KEY", "another", 1);
    find_key("wide", BASE, key);
    check_text("API key", key, base);
    unsetenv("AIML_API_KEY");
    find_key("wide", BASE, key);
    check_text("no API key", key, base);
    setenv("AIML_API_KEY", "k", 1);
    setenv("I2V_STORE", "/elsewhere", 1);
    find_key("wide", BASE, key);
    check_text("I2V_STORE", key, base);
    unsetenv("I2V_STORE");
    snprintf(pairs, sizeof(pairs), BASE "save=%s|ca_file=%s|api_key_file=%s",
             temp_path("save.mp4"), temp_text("ca.pem", "x"), temp_text("key", "x"));
    find_key("wide", pairs, key);
    check_text("save, ca_file, api_key_file", key, base);
    find_key("wide-copy", BASE, key);
    check_text("the still's name", key, base);
    snprintf(pairs, sizeof(pairs), "prompt_file=%s",
             temp_text("p.txt", "\xEF\xBB\xBFp\r\n"));
    find_key("wide", pairs, key);
    check_text("the prompt's file", key, base);
}

/* Each is a generation of its own. */
static const struct {
    const char *still, *pairs;
} different[] = {
    {"wide", BASE},
    {"wide", BASE "prompt=P"},
    {"wide", BASE "prompt=p p"},
    {"wide", BASE "model=google/veo-3.1-i2v-fast"},
    {"wide", BASE "model=some/new-model"},
    {"wide", "prompt=p|take=2"},
    {"wide", "prompt=p|take=3"},
    {"wide", BASE "duration=8"},
    {"wide", BASE "aspect_ratio=9:16"},
    {"wide", BASE "aspect_ratio=9:16|fit=contain"},
    {"wide", BASE "aspect_ratio=9:16|fit=fill"},
    {"wide", BASE "aspect_ratio=9:16|fit_position=top"},
    {"wide", BASE "aspect_ratio=9:16|fit_position=bottom"},
    {"wide", BASE "base_url=https://api.example"},
    {"wide", BASE "base_url=https://api.aimlapi.com:8443"},
    {"wide", BASE "base_url=http://127.0.0.1:8080"},
    {"wide", BASE "params=seed=7"},
    {"wide", BASE "params=seed=8"},
    {"wide", BASE "params={\"seed\":\"7\"}"},
    {"wide", BASE "params=seed=null"},
    {"wide", BASE "params=seed=9007199254740992"},
    {"wide", BASE "params=seed=9007199254740993"},
    {"wide", BASE "params={\"x\":[1,2]}"},
    {"wide", BASE "params={\"x\":[2,1]}"},
    {"tall", BASE},
    {"wide-darker", BASE},
    {"https://h/a.png", BASE "fit=none"},
    {"https://h/b.png", BASE "fit=none"},
};
#define DIFFERENT (sizeof(different) / sizeof(different[0]))

static void test_different(void **state)
{
    static char keys[DIFFERENT][REQUEST_KEY_SIZE];
    (void)state;
    for (size_t i = 0; i < DIFFERENT; i++) {
        find_key(different[i].still, different[i].pairs, keys[i]);
        for (size_t j = 0; j < i; j++)
            if (!strcmp(keys[i], keys[j]))
                fail_case("%s of %s and %s of %s have one key", different[i].pairs,
                          different[i].still, different[j].pairs, different[j].still);
    }
}

/* Two seeds are two generations, also in the sixteenth digit. */
static void test_large_seeds(void **state)
{
    char one[REQUEST_KEY_SIZE], other[REQUEST_KEY_SIZE];
    (void)state;
    find_key("wide", BASE "params={\"seed\":1234567890123456}", one);
    find_key("wide", BASE "params={\"seed\":1234567890123457}", other);
    assert_string_not_equal(one, other);
}

/* FIPS 180-2's own examples. */
static void test_digest(void **state)
{
    char text[REQUEST_KEY_SIZE];
    static const uint8_t bytes[] = {0x00, 0x0f, 0xf0, 0xff};
    (void)state;
    digest_text("", 0, text);
    check_text("empty", text,
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest_text("abc", 3, text);
    check_text("abc", text,
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_hex(bytes, sizeof(bytes), text);
    check_text("hex", text, "000ff0ff");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),         cmocka_unit_test(test_same),
        cmocka_unit_test(test_same_elsewhere), cmocka_unit_test(test_different),
        cmocka_unit_test(test_large_seeds),    cmocka_unit_test(test_digest),
    };
    said_start();
    clear_environment();
    setenv("AIML_API_KEY", "k", 1);
    setenv("XDG_DATA_HOME", temp_dir(), 1);
    temp_bmp("wide", 64, 36, 90);
    temp_bmp("wide-copy", 64, 36, 90);
    temp_bmp("wide-darker", 64, 36, 80);
    temp_bmp("tall", 36, 64, 90);
    return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
