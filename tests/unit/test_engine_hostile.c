/* i2v: unit tests of answers that are no answers: huge, deep, cut, not text
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/error.h>

#include "engine/aimlapi.h"
#include "engine/call.h"
#include "engine/words.h"
#include "server.h"

#define DEPTH 100000
#define HUGE  (5 << 20)

/* A body, in memory of exactly its size: what is read beyond it is seen. */
typedef struct Body {
    const char *what;
    char *data;
    size_t size;
} Body;

static Body new_body(const char *what, const char *head, const char *middle, size_t times,
                     const char *tail)
{
    size_t piece = strlen(middle);
    Body body = {what, NULL, strlen(head) + times * piece + strlen(tail)};
    char *to = body.data = malloc(body.size + 1);

    to = stpcpy(to, head);
    for (size_t i = 0; i < times; i++)
        to = stpcpy(to, middle);
    strcpy(to, tail);
    body.data = realloc(body.data, body.size);
    return body;
}

/* DEPTH opening pieces, what lies innermost, and as many closing ones. */
static Body nested(const char *what, const char *head, const char *open,
                   const char *inmost, const char *close, const char *tail)
{
    Body left = new_body(what, head, open, DEPTH, inmost);
    Body right = new_body(what, "", close, DEPTH, tail);
    Body body = {what, malloc(left.size + right.size), left.size + right.size};

    memcpy(body.data, left.data, left.size);
    memcpy(body.data + left.size, right.data, right.size);
    free(left.data);
    free(right.data);
    return body;
}

static Body with_nul(const char *what, const char *text)
{
    Body body = new_body(what, text, "", 0, "");
    for (size_t i = 0; i < body.size; i++)
        if (body.data[i] == '~')
            body.data[i] = '\0';
    return body;
}

#define ID "{\"id\":\"g\",\"status\":\"queued\",\"x\":"

/* None of them is a generation, a row or an error's JSON. */
static size_t make_hostile(Body *to)
{
    size_t n = 0;
    to[n++] = new_body("open arrays", "", "[", DEPTH, "");
    to[n++] = new_body("open objects", "", "{\"id\":", DEPTH, "");
    to[n++] = nested("arrays", "", "[", "", "]", "");
    to[n++] = nested("objects", "", "{\"id\":", "\"g\"", "}", "");
    to[n++] = nested("arrays as id", "{\"id\":", "[", "", "]", ",\"status\":{}}");
    to[n++] = nested("arrays beside an id", ID, "[", "", "]", "}");
    to[n++] = nested("objects beside an id", ID, "{\"a\":", "1", "}", "}");
    to[n++] = nested("deep video", "{\"id\":\"g\",\"video\":", "[", "", "]", "}");
    to[n++] =
        nested("deep error", "{\"id\":\"g\",\"error\":", "{\"error\":", "\"moderation\"",
               "}", "}");
    to[n++] = nested("deep rows", "{\"data\":", "[", "", "]", "}");
    to[n++] = new_body("cut behind the id", ID, "1", 1, "");
    to[n++] = new_body("a huge text", "{\"a\":\"", "xxxxxxxx", HUGE / 8, "\"}");
    to[n++] =
        new_body("an open text", "{\"id\":\"g\",\"a\":\"", "xxxxxxxx", HUGE / 8, "");
    to[n++] = new_body("blanks", "", "        ", HUGE / 8, "");
    to[n++] = new_body("braces", "", "{", HUGE, "");
    to[n++] = with_nul("NUL in the id", "{\"id\":\"g~h\"}");
    to[n++] = with_nul("NULs", "~~~~");
    to[n++] = with_nul("NUL in an error", "{\"error\":{\"message\":\"mod~eration\"}}");
    to[n++] = new_body("not UTF-8", "\xff\xfe{\"id\"", "\x80", 10, "");
    to[n++] = new_body("UTF-16", "{\0\"\0i\0d\0", "", 0, "");
    to[n++] = new_body("an endless number as id", "{\"id\":1e999}", "", 0, "");
    to[n++] = new_body("a fraction as id", "{\"id\":1.5}", "", 0, "");
    return n;
}

static Body hostile[40];
static size_t count;

static int make_bodies(void **state)
{
    (void)state;
    count = make_hostile(hostile);
    return 0;
}

static int free_bodies(void **state)
{
    (void)state;
    while (count)
        free(hostile[--count].data);
    return 0;
}

static void test_jobs(void **state)
{
    (void)state;
    for (size_t i = 0; i < count; i++) {
        const Body *body = &hostile[i];
        EngineJob job;
        check_number(body->what, aimlapi_parse_job(body->data, body->size, &job),
                     AVERROR_INVALIDDATA);
        assert_null(job.id);
        assert_null(job.url);
        assert_null(job.error);
    }
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < count; i++) {
        const Body *body = &hostile[i];
        EngineAnswer answer = {.rows = -1};
        int ret = aimlapi_parse_rows(body->data, body->size, "a g", &answer);
        check_number(body->what, ret, AVERROR_INVALIDDATA);
        assert_null(answer.job.id);
        engine_job_clear(&answer.job);
    }
}

static void test_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < count; i++) {
        const Body *body = &hostile[i];
        char text[512];
        memset(text, 'x', sizeof(text));
        words_of_body(body->data, body->size, text, sizeof(text));
        assert_non_null(memchr(text, 0, sizeof(text)));
        for (const char *c = text; *c; c++)
            if ((unsigned char)*c < 0x20)
                fail_case("%s: a control character", body->what);
        if (words_are_moderation(text) && strcmp(body->what, "deep error"))
            fail_case("%s: \"%s\" is no moderation", body->what, text);
    }
}

/* What is odd and can be read all the same. */
static const struct {
    const char *body, *id, *status;
    int state;
} odd[] = {
    {"{\"id\":\"a\",\"id\":\"b\",\"status\":\"queued\",\"status\":\"error\"}", "a",
     "queued", JOB_PENDING},
    {"{\"id\":\"\xff\xfe\",\"status\":\"queued\"}", "\xff\xfe", "queued", JOB_PENDING},
    {"{\"id\":\"a\",\"status\":\"\xc3queued\x80\"}", "a", "?queued?", JOB_PENDING},
    {"{\"id\":1e3,\"status\":\"queued\"}", "1000", "queued", JOB_PENDING},
    {"{\"id\":12345678901234567890,\"status\":\"queued\"}", "12345678901234567890",
     "queued", JOB_PENDING},
    {"{\"id\":1e999,\"generation_id\":\"a\",\"status\":\"queued\"}", "a", "queued",
     JOB_PENDING},
    {"{\"id\":\"a\",\"status\":\"queued\",\"meta\":{\"usage\":{\"credits_used\":-1e999}}}",
     "a", "queued", JOB_PENDING},
};

static void test_odd(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        EngineJob job;
        check_number(odd[i].body,
                     aimlapi_parse_job(odd[i].body, strlen(odd[i].body), &job), 0);
        check_text(odd[i].body, job.id, odd[i].id);
        check_text(odd[i].body, job.status, odd[i].status);
        check_number(odd[i].body, job.state, odd[i].state);
        engine_job_clear(&job);
    }
}

/* Ids are opaque, and of any length. */
static void test_long_ids(void **state)
{
    static const size_t sizes[] = {1, 255, 256, 1000, 100000};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        Body job_body = new_body("id", "{\"id\":\"", "x", sizes[i], "\"}");
        Body rows =
            new_body("row", "{\"data\":[{\"client_request_id\":\"a\",\"inference_id\":\"",
                     "x", sizes[i], "\"}]}");
        EngineAnswer answer = {.rows = -1};
        EngineJob job;
        check_number("id", aimlapi_parse_job(job_body.data, job_body.size, &job), 0);
        check_number("id", job.id ? (int)strlen(job.id) : -1, (int)sizes[i]);
        check_number("row", aimlapi_parse_rows(rows.data, rows.size, "a", &answer), 0);
        check_number("row", answer.job.id ? (int)strlen(answer.job.id) : -1,
                     (int)sizes[i]);
        engine_job_clear(&job);
        engine_job_clear(&answer.job);
        free(job_body.data);
        free(rows.data);
    }
}

/* A NUL ends no text early: what it stands in is no id, and no other id. */
static void test_nuls(void **state)
{
    static const struct {
        const char *body, *id, *status;
    } cases[] = {
        {"{\"id\":\"g~h\",\"status\":\"queued\"}", NULL, "queued"},
        {"{\"id\":\"g\\u0000h\",\"status\":\"queued\"}", NULL, "queued"},
        {"{\"id\":\"g\\\\u0000h\",\"status\":\"queued\"}", "g\\u0000h", "queued"},
        {"{\"id\":\"g\",\"status\":\"que~ued\"}", "g", "que ued"},
        {"{\"id\":\"g\",\"status\":\"que\\u0000ued\"}", "g", "que ued"},
        {"{\"id\":\"g\",\"status\":\"queued\",\"a\":\"\\u0000\\\\\"}", "g", "queued"},
    };
    const Body rows = with_nul("rows", "{\"data\":[{\"client_request_id\":\"a~\","
                                       "\"inference_id\":\"f\"},{\"client_request_id\":"
                                       "\"a\",\"inference_id\":\"g\"}]}");
    EngineAnswer answer = {.rows = -1};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        Body body = with_nul("case", cases[i].body);
        EngineJob job;
        check_number(cases[i].body, aimlapi_parse_job(body.data, body.size, &job), 0);
        check_text(cases[i].body, job.id, cases[i].id);
        check_text(cases[i].body, job.status, cases[i].status);
        engine_job_clear(&job);
        free(body.data);
    }
    assert_int_equal(aimlapi_parse_rows(rows.data, rows.size, "a", &answer), 0);
    check_text("a row behind one with a NUL", answer.job.id, "g");
    engine_job_clear(&answer.job);
    free(rows.data);
}

/* What whole answers mean */

#define OK    "HTTP/1.1 200 OK\r\n"
#define FAULT "HTTP/1.1 500 No\r\n"

static char long_id[4096], deep[DEPTH + 200];

static int on_last_byte(void *opaque)
{
    (void)opaque;
    return 0;
}

static EngineVerdict ask(int kind, const char *reply, size_t filler)
{
    ServerScript script[] = {{"/v2/video/generations", reply, filler},
                             {"/v2/video/generations?generation_id=g", reply, filler},
                             {NULL, NULL, 0}};
    Server *server = server_start(script);
    char origin[64];
    EngineAccess gateway = {.origin = origin, .api_key = "sk-key", .allow_http = true};
    Http *http = http_alloc();
    EngineCall *call = NULL;
    EngineAnswer answer;
    EngineBody body = {.parts = {{BODY_BYTES, "{}", 2}}, .count = 1};

    snprintf(origin, sizeof(origin), "http://127.0.0.1:%d", server_port(server));
    int ret = kind ? engine_default()->poll(&gateway, http, "g", &call)
                   : engine_default()->create(&gateway, http, &body, "c-1", on_last_byte,
                                              NULL, &call);
    assert_int_equal(ret, 0);
    while (!engine_answered(call, &answer))
        assert_int_equal(http_drive(http, 100), 0);
    engine_end(&call);
    engine_job_clear(&answer.job);
    http_free(&http);
    server_stop(&server);
    return answer.verdict;
}

static const struct {
    const char *what, *reply;
    size_t filler;
    EngineVerdict create, poll; /* a poll is nothing that could be lost */
} answers[] = {
    {"more than 4 MiB", OK "\r\n{\"id\":\"g\",\"status\":\"queued\",\"a\":\"", HUGE,
     ENGINE_LOST, ENGINE_UNSENT},
    {"more than 4 MiB behind the headers' id",
     OK "x-inference-id: g\r\n\r\n{\"id\":\"g\",\"a\":\"", HUGE, ENGINE_JOB,
     ENGINE_UNSENT},
    {"nesting", deep, 0, ENGINE_LOST, ENGINE_LOST},
    {"a long id in the headers", long_id, 0, ENGINE_JOB, ENGINE_LOST},
    {"an answer about another", OK "\r\n{\"id\":\"h\",\"status\":\"queued\"}", 0,
     ENGINE_JOB, ENGINE_LOST},
    {"the model behind the id", OK "\r\n{\"id\":\"g:m/n\",\"status\":\"queued\"}", 0,
     ENGINE_JOB, ENGINE_JOB},
    {"an error in a 200", OK "\r\n{\"error\":{\"message\":\"Insufficient credits\"}}", 0,
     ENGINE_LOST, ENGINE_LOST},
    {"500 with JSON", FAULT "\r\n{\"message\":\"no\"}", 0, ENGINE_FAULT, ENGINE_LOST},
    {"500 with half of it", FAULT "\r\n{\"message\":\"no", 0, ENGINE_LOST, ENGINE_LOST},
    {"500 with a brace", FAULT "\r\n{", 0, ENGINE_LOST, ENGINE_LOST},
    {"500 with too much", FAULT "\r\n{\"message\":\"", HUGE, ENGINE_LOST, ENGINE_LOST},
    {"500 with a list", FAULT "\r\n[{\"message\":\"no\"}]", 0, ENGINE_LOST, ENGINE_LOST},
};

static void test_answers(void **state)
{
    (void)state;
    int head = sprintf(long_id, OK "x-inference-id: ");
    memset(long_id + head, 'x', 3000);
    strcpy(long_id + head + 3000, "\r\n\r\n{}");
    head = sprintf(deep, OK "\r\n{\"id\":\"g\",\"a\":");
    memset(deep + head, '[', DEPTH);
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        check_number(answers[i].what, ask(0, answers[i].reply, answers[i].filler),
                     answers[i].create);
        check_number(answers[i].what, ask(1, answers[i].reply, answers[i].filler),
                     answers[i].poll);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jobs),     cmocka_unit_test(test_rows),
        cmocka_unit_test(test_errors),   cmocka_unit_test(test_odd),
        cmocka_unit_test(test_long_ids), cmocka_unit_test(test_nuls),
        cmocka_unit_test(test_answers),
    };
    clear_environment();
    return cmocka_run_group_tests_name("engine_hostile", tests, make_bodies, free_bodies);
}
