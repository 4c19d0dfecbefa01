/* i2v: unit tests of what is read from the gateway's errors
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/avstring.h>

#include "engine/aimlapi.h"
#include "engine/call.h"
#include "engine/words.h"

static const struct {
    const char *body, *text;
} bodies[] = {
    /* Live, application/problem+json. */
    {"{\"title\":\"Unauthorized\",\"status\":401,\"message\":\"You provided an empty "
     "string "
     "instead of valid API key. https://aimlapi.com/app/keys\",\"instance\":\"/v2\","
     "\"requestId\":\"r\",\"timestamp\":\"t\",\"error\":{\"name\":"
     "\"UnauthorizedException\","
     "\"message\":\"inner\"}}",
     "You provided an empty string instead of valid API key. "
     "https://aimlapi.com/app/keys"},
    /* Documented. */
    {"{\"message\":\"Internal server error\",\"path\":\"/v2\",\"requestId\":\"r\","
     "\"statusCode\":500,\"timestamp\":\"t\"}",
     "Internal server error"},
    {"{\"message\":\"Service unavailable\",\"statusCode\":\"503\"}",
     "Service unavailable"},
    /* Third-party tests, and seen in the field. */
    {"{\"error\":{\"message\":\"boom\"}}", "boom"},
    {"{\"error\":\"boom\"}", "boom"},
    {"{\"title\":\"Forbidden\",\"status\":403,\"message\":\"You've run out of funds.\"}",
     "You've run out of funds"},
    {"{\"title\":\"Forbidden\",\"status\":403}", "Forbidden"},
    {"{\"message\":\"\",\"error\":{\"name\":\"NotFoundException\"}}",
     "NotFoundException"},
    {"{\"message\":null,\"error\":{\"name\":\"N\",\"message\":\"m\"}}", "m"},
    {"{\"detail\":\"Not here\"}", "Not here"},
    /* Validation details. */
    {"{\"message\":\"Body validation "
     "error!\",\"errors\":[{\"path\":[\"duration\"],\"message\":"
     "\"Invalid enum value. Expected '4' | '8' | '12', received '5'\"}]}",
     "Body validation error! (duration: Invalid enum value. Expected '4' | '8' | '12', "
     "received "
     "'5')"},
    {"{\"message\":\"Body validation "
     "error!\",\"details\":[{\"path\":\"prompt\",\"message\":"
     "\"Required\"},{\"path\":[\"a\",\"b\"],\"message\":\"No\"}]}",
     "Body validation error! (prompt: Required; a.b: No)"},
    {"{\"message\":\"Body validation error!\",\"issues\":[\"one\",\"two\"]}",
     "Body validation error! (one; two)"},
    {"{\"message\":[\"prompt must be a string\",\"model is missing\"],\"error\":\"Bad "
     "Request\"}",
     "prompt must be a string; model is missing"},
    {"{\"detail\":[{\"loc\":[\"body\",\"image_url\"],\"msg\":\"field "
     "required\",\"type\":\"t\"}]}",
     "body.image_url: field required"},
    {"{\"message\":\"Bad\",\"errors\":[]}", "Bad"},
    /* An upstream's error as a string. */
    {"{\"message\":\"400 "
     "{\\\"type\\\":\\\"error\\\",\\\"error\\\":{\\\"type\\\":\\\"invalid_"
     "request_error\\\",\\\"message\\\":\\\"Inpaint image must match the requested width "
     "and "
     "height\\\"}}\"}",
     "Inpaint image must match the requested width and height"},
    {"{\"message\":\"a brace { is no JSON\"}", "a brace { is no JSON"},
    {"{\"message\":\"400 {}\"}", "400 {}"},
    /* Anything else: its beginning. */
    {"<html><head><title>502 Bad Gateway</title></head><h1>No</h1></html>",
     "502 Bad Gateway"},
    {"<html><style a=\"1\">\n<h1>Bad</h1>\n<p>Gateway", "Bad Gateway"},
    {"<html", "(no explanation)"},
    {"<title>", "(no explanation)"},
    {"Bad Gateway\r\n", "Bad Gateway"},
    {"", "(no explanation)"},
    {" \r\n\t ", "(no explanation)"},
    {"{\"statusCode\":500}", "{\"statusCode\":500}"},
    /* One line, no way to steer a terminal. */
    {"{\"message\":\"a\\nb\\r\\n\\tc\\u001b[31mred\\u0007 \\u007f d\"}",
     "a b c [31mred d"},
    {"a\nb\x1b]0;title\x07z", "a b ]0;title z"},
};

static void test_bodies(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        char text[512];
        words_of_body(bodies[i].body, strlen(bodies[i].body), text, sizeof(text));
        check_text(bodies[i].body, text, bodies[i].text);
    }
}

static bool is_utf8(const char *text)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + strlen(text);
    int32_t code;
    while (at < end)
        if (av_utf8_decode(&code, &at, end, 0) < 0)
            return false;
    return true;
}

/* ESC [ has a one-character form among the C1 controls. */
static void test_c1_controls(void **state)
{
    static const char body[] = "{\"message\":\"a\xC2\x9B"
                               "31mb\\u009b32m\"}";
    char text[512];
    (void)state;
    words_of_body(body, sizeof(body) - 1, text, sizeof(text));
    assert_null(strstr(text, "\xC2\x9B"));
}

/* What is said goes into I2V_LOG, whose lines are JSON and so UTF-8. */
static void test_invalid_utf8(void **state)
{
    static const char *const broken[] = {"{\"message\":\"caf\xE9 closed\"}",
                                         "caf\xE9 closed", "\xFF\xFE\x80",
                                         "{\"error\":\"a\xC3\"}"};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        char text[512];
        words_of_body(broken[i], strlen(broken[i]), text, sizeof(text));
        if (!is_utf8(text))
            fail_case("case %d gives \"%s\", which is not UTF-8", (int)i, text);
    }
}

/* Cut between characters, not inside one. */
static void test_cut_utf8(void **state)
{
    char *body = malloc(4096), text[512];
    (void)state;
    for (int shift = 0; shift < 3; shift++) {
        int at = sprintf(body, "{\"message\":\"%.*s", shift, "abc");
        for (int i = 0; i < 600; i++)
            at += sprintf(body + at, "\xE2\x82\xAC");
        strcpy(body + at, "\"}");
        words_of_body(body, strlen(body), text, sizeof(text));
        assert_true(strlen(text) > 400);
        if (!is_utf8(text))
            fail_case("shifted by %d, a character is cut in two", shift);
    }
    free(body);
}

static void test_long(void **state)
{
    size_t size = 1 << 20;
    char *body = malloc(size + 64), text[512];
    (void)state;
    memset(body, 'x', size);
    words_of_body(body, size, text, sizeof(text));
    assert_in_range(strlen(text), 80, sizeof(text) - 1);
    int head = sprintf(body, "{\"message\":\"");
    memset(body + head, 'y', size);
    strcpy(body + (size_t)head + size, "\"}");
    words_of_body(body, strlen(body), text, sizeof(text));
    assert_in_range(strlen(text), 400, sizeof(text) - 1);
    assert_true(text[0] == 'y' && text[strlen(text) - 1] == 'y');
    /* The smallest room there is. */
    memset(text, 'z', sizeof(text));
    words_of_body(body, strlen(body), text, 8);
    assert_string_equal(text, "yyyyyyy");
    assert_int_equal(text[8], 'z');
    free(body);
}

/* Not NUL-terminated, and with a NUL inside. */
static void test_bounds(void **state)
{
    char *body = malloc(4), text[64];
    (void)state;
    memcpy(body, "boom", 4);
    words_of_body(body, 4, text, sizeof(text));
    assert_string_equal(text, "boom");
    memcpy(body, "b\0om", 4);
    words_of_body(body, 4, text, sizeof(text));
    assert_int_equal(text[0], 'b');
    words_of_body(NULL, 0, text, sizeof(text));
    assert_string_equal(text, "(no explanation)");
    free(body);
}

static void test_deep(void **state)
{
    static const int depths[] = {5, 50, 900, 2000};
    char *body = malloc(64 * 1024), text[512];
    (void)state;
    for (size_t d = 0; d < 4; d++) {
        int at = 0;
        for (int i = 0; i < depths[d]; i++)
            at += sprintf(body + at, "{\"error\":");
        at += sprintf(body + at, "\"x\"");
        memset(body + at, '}', (size_t)depths[d]);
        words_of_body(body, (size_t)(at + depths[d]), text, sizeof(text));
        assert_true(strlen(text) > 0);
    }
    free(body);
}

static const struct {
    const char *text;
    bool moderation;
} moderation[] = {
    {"Your request was blocked by our moderation system.", true},
    {"MODERATION_BLOCKED", true},
    {"The prompt was moderated", true},
    {"This violates our Content Policy", true},
    {"content_policy_violation", true},
    {"rejected by the safety system", true},
    {"NSFW content detected", true},
    {"inappropriate content", true},
    {"Input image contains sensitive content", true},
    {"", false},
    {"Internal server error", false},
    {"Too Many Requests", false},
    {"You've run out of credits. Please top up your balance or update your payment "
     "method to "
     "continue: https://aimlapi.com/app/billing/",
     false},
    {"This requires account verification: https://aimlapi.com/app/billing/verification",
     false},
    {"Body validation error!", false},
    {"Invalid enum value. Expected '4' | '8' | '12', received '5'", false},
    {"Something wrong with the server. Please, try again later.", false},
    {"The model is under maintenance, please contact us at help@aimlapi.com.", false},
    {"Inpaint image must match the requested width and height", false},
    {"Could not detect face in the image", false},
    {"Free-tier limit: You've reached your free limit for the hour.", false},
};

static void test_moderation(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(moderation) / sizeof(moderation[0]); i++)
        check_number(moderation[i].text, words_are_moderation(moderation[i].text),
                     moderation[i].moderation);
}

/* A field that FLUX takes: a wrong value of it is a wrong request, which may be mended.
 */
static void test_safety_tolerance_is_a_field(void **state)
{
    (void)state;
    assert_false(
        words_are_moderation("Body validation error! (safety_tolerance: Number must be "
                             "less than or equal to 4)"));
    assert_false(words_are_moderation("The model name is case-sensitive"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_c1_controls),
        cmocka_unit_test(test_invalid_utf8),
        cmocka_unit_test(test_cut_utf8),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_moderation),
        cmocka_unit_test(test_safety_tolerance_is_a_field),
    };
    return cmocka_run_group_tests_name("engine_error", tests, NULL, NULL);
}
