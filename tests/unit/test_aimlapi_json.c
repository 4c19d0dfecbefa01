/* i2v: unit tests of the gateway's answers: generations and the usage log
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "engine/aimlapi.h"
#include "engine/call.h"

#define U                 "https://cdn.aimlapi.com/generations/cat/1-2.mp4"
#define V                 "\"video\":{\"url\":\"" U "\"}"
#define UNNAMED           "it was completed, and the answer names no clip"
#define JOB(status, rest) "{\"id\":\"g\",\"status\":\"" status "\"" rest "}"

/* A job's answer and what must be read from it; NULL = not said. */
typedef struct JobCase {
    const char *body, *id;
    EngineJobState state;
    const char *status;
    bool known;
    const char *url, *error;
    bool moderated;
    double usd;
} JobCase;

static const JobCase ids[] = {
    {"{\"id\":\"video_68e5a0ba30:openai/sora-2-i2v\",\"status\":\"queued\"}",
     "video_68e5a0ba30:openai/sora-2-i2v", JOB_PENDING, "queued", true, NULL, NULL, false,
     -1},
    {"{\"id\":\"-G3b3vVKdoC42fMNeK1T5\",\"status\":\"queued\"}", "-G3b3vVKdoC42fMNeK1T5",
     JOB_PENDING, "queued", true, NULL, NULL, false, -1},
    {"{\"id\":\"cgt-20250718224736-699sq\",\"status\":\"queued\"}",
     "cgt-20250718224736-699sq", JOB_PENDING, "queued", true, NULL, NULL, false, -1},
    {"{\"id\":234954179076239,\"status\":\"queued\"}", "234954179076239", JOB_PENDING,
     "queued", true, NULL, NULL, false, -1},
    {"{\"id\":7,\"status\":\"queued\"}", "7", JOB_PENDING, "queued", true, NULL, NULL,
     false, -1},
    {"{\"generation_id\":\"394957292339469:minimax/"
     "hailuo-2.3-fast\",\"status\":\"queued\"}",
     "394957292339469:minimax/hailuo-2.3-fast", JOB_PENDING, "queued", true, NULL, NULL,
     false, -1},
    {"{\"id\":null,\"generation_id\":\"h\",\"status\":\"queued\"}", "h", JOB_PENDING,
     "queued", true, NULL, NULL, false, -1},
    {"{\"id\":\"a\",\"generation_id\":\"b\",\"status\":\"queued\"}", "a", JOB_PENDING,
     "queued", true, NULL, NULL, false, -1},
    {"{\"id\":\"a\"}", "a", JOB_PENDING, "", true, NULL, NULL, false, -1},
    {"{\"id\":\"a\",\"status\":null}", "a", JOB_PENDING, "", true, NULL, NULL, false, -1},
    {"{\"status\":\"queued\"}", NULL, JOB_PENDING, "queued", true, NULL, NULL, false, -1},
    {" \r\n{ \"id\" : \"a\" , \"status\" : \"queued\" }\n", "a", JOB_PENDING, "queued",
     true, NULL, NULL, false, -1},
    {"{\"id\":\"\\u00e4\\/b\",\"status\":\"queued\"}", "\xC3\xA4/b", JOB_PENDING,
     "queued", true, NULL, NULL, false, -1},
};

static const JobCase statuses[] = {
    {JOB("queued", ""), "g", JOB_PENDING, "queued", true, NULL, NULL, false, -1},
    {JOB("generating", ""), "g", JOB_PENDING, "generating", true, NULL, NULL, false, -1},
    {JOB("waiting", ""), "g", JOB_PENDING, "waiting", true, NULL, NULL, false, -1},
    {JOB("active", ""), "g", JOB_PENDING, "active", true, NULL, NULL, false, -1},
    {JOB("processing", ""), "g", JOB_PENDING, "processing", true, NULL, NULL, false, -1},
    {JOB("QUEUED", ""), "g", JOB_PENDING, "QUEUED", true, NULL, NULL, false, -1},
    {JOB("thinking", ""), "g", JOB_PENDING, "thinking", false, NULL, NULL, false, -1},
    {JOB("queued,error", ""), "g", JOB_PENDING, "queued,error", false, NULL, NULL, false,
     -1},
    {JOB("not completed", "," V), "g", JOB_PENDING, "not completed", false, U, NULL,
     false, -1},
    {JOB("complet", "," V), "g", JOB_PENDING, "complet", false, U, NULL, false, -1},
    {JOB("errors", ""), "g", JOB_PENDING, "errors", false, NULL, NULL, false, -1},
    {JOB("completed", "," V), "g", JOB_COMPLETED, "completed", true, U, NULL, false, -1},
    {JOB("succeeded", "," V), "g", JOB_COMPLETED, "succeeded", true, U, NULL, false, -1},
    {JOB("success", "," V), "g", JOB_COMPLETED, "success", true, U, NULL, false, -1},
    {JOB("done", "," V), "g", JOB_COMPLETED, "done", true, U, NULL, false, -1},
    {JOB("ready", "," V), "g", JOB_COMPLETED, "ready", true, U, NULL, false, -1},
    {JOB("finished", "," V), "g", JOB_COMPLETED, "finished", true, U, NULL, false, -1},
    {JOB("COMPLETED", "," V), "g", JOB_COMPLETED, "COMPLETED", true, U, NULL, false, -1},
    /* The clip comes later than the word, or the word later than the clip. */
    {JOB("completed", ""), "g", JOB_EMPTY, "completed", true, NULL, UNNAMED, false, -1},
    {JOB("completed", ",\"video\":null"), "g", JOB_EMPTY, "completed", true, NULL,
     UNNAMED, false, -1},
    {JOB("generating", "," V), "g", JOB_PENDING, "generating", true, U, NULL, false, -1},
    {JOB("queued", "," V), "g", JOB_PENDING, "queued", true, U, NULL, false, -1},
    {JOB("failed", ""), "g", JOB_FAILED, "failed", true, NULL, "no reason given", false,
     -1},
    {JOB("cancelled", ""), "g", JOB_FAILED, "cancelled", true, NULL, "no reason given",
     false, -1},
    {JOB("canceled", ""), "g", JOB_FAILED, "canceled", true, NULL, "no reason given",
     false, -1},
    {JOB("timeout", ""), "g", JOB_FAILED, "timeout", true, NULL, "no reason given", false,
     -1},
    {JOB("timed_out", ""), "g", JOB_FAILED, "timed_out", true, NULL, "no reason given",
     false, -1},
    {JOB("expired", ""), "g", JOB_FAILED, "expired", true, NULL, "no reason given", false,
     -1},
    {JOB("a\\u001b[31m\\nb", ""), "g", JOB_PENDING, "a [31m b", false, NULL, NULL, false,
     -1},
};

static const JobCase videos[] = {
    {JOB("completed", "," V), "g", JOB_COMPLETED, "completed", true, U, NULL, false, -1},
    {JOB("completed",
         ",\"video\":{\"url\":\"" U "\",\"duration\":4,\"content_type\":\"video/mp4\","
         "\"file_name\":\"o.mp4\",\"file_size\":5}"),
     "g", JOB_COMPLETED, "completed", true, U, NULL, false, -1},
    {JOB("completed", ",\"video\":[{\"url\":\"" U "\"}]"), "g", JOB_COMPLETED,
     "completed", true, U, NULL, false, -1},
    {JOB("completed", ",\"video\":[{\"url\":\"" U "\"},{\"url\":\"https://other\"}]"),
     "g", JOB_COMPLETED, "completed", true, U, NULL, false, -1},
    {JOB("completed", ",\"video\":[null,{},{\"url\":\"" U "\"}]"), "g", JOB_COMPLETED,
     "completed", true, U, NULL, false, -1},
    {JOB("completed", ",\"video\":[\"" U "\"]"), "g", JOB_COMPLETED, "completed", true, U,
     NULL, false, -1},
    {JOB("completed", ",\"video\":\"" U "\""), "g", JOB_COMPLETED, "completed", true, U,
     NULL, false, -1},
    {JOB("completed", ",\"video\":[]"), "g", JOB_EMPTY, "completed", true, NULL, UNNAMED,
     false, -1},
    {JOB("completed", ",\"video\":{}"), "g", JOB_EMPTY, "completed", true, NULL, UNNAMED,
     false, -1},
    {JOB("completed", ",\"video\":\"\""), "g", JOB_EMPTY, "completed", true, NULL,
     UNNAMED, false, -1},
    {JOB("completed", ",\"video\":{\"url\":null}"), "g", JOB_EMPTY, "completed", true,
     NULL, UNNAMED, false, -1},
    {JOB("completed", ",\"video\":{\"url\":7}"), "g", JOB_EMPTY, "completed", true, NULL,
     UNNAMED, false, -1},
    {JOB("completed", ",\"video\":{\"url\":\"\"}"), "g", JOB_EMPTY, "completed", true,
     NULL, UNNAMED, false, -1},
    {JOB("completed", ",\"video\":false"), "g", JOB_EMPTY, "completed", true, NULL,
     UNNAMED, false, -1},
    /* Unknown members beside and before. */
    {"{\"model\":\"m\",\"x\":{\"id\":\"no\",\"status\":\"error\"},\"id\":\"g\","
     "\"status\":"
     "\"completed\",\"duration\":4," V ",\"error\":null,\"meta\":null}",
     "g", JOB_COMPLETED, "completed", true, U, NULL, false, -1},
};

static const JobCase errors[] = {
    {JOB("error", ",\"error\":{\"name\":\"Error\",\"message\":\"It broke.\"}"), "g",
     JOB_FAILED, "error", true, NULL, "Error: It broke", false, -1},
    {JOB("error", ",\"error\":{\"message\":\"It broke.\"}"), "g", JOB_FAILED, "error",
     true, NULL, "It broke", false, -1},
    {JOB("error", ",\"error\":{\"name\":\"Error\",\"message\":null}"), "g", JOB_FAILED,
     "error", true, NULL, "Error", false, -1},
    {JOB("error", ",\"error\":\"It broke.\""), "g", JOB_FAILED, "error", true, NULL,
     "It broke", false, -1},
    {JOB("error", ",\"error\":null"), "g", JOB_FAILED, "error", true, NULL,
     "no reason given", false, -1},
    {JOB("error", ",\"error\":{}"), "g", JOB_FAILED, "error", true, NULL,
     "no reason given", false, -1},
    {JOB("error", ",\"error\":\"\""), "g", JOB_FAILED, "error", true, NULL,
     "no reason given", false, -1},
    {JOB("error", ",\"error\":true"), "g", JOB_FAILED, "error", true, NULL,
     "no reason given", false, -1},
    {JOB("error",
         ",\"error\":{\"detail\":[{\"loc\":[\"body\",\"image_url\"],\"msg\":\"Could not "
         "detect face in the "
         "image\",\"type\":\"face_detection_error\",\"input\":\"x\"}]}"),
     "g", JOB_FAILED, "error", true, NULL,
     "body.image_url: Could not detect face in the image", false, -1},
    {JOB("error", ",\"error\":{\"name\":\"moderation_blocked\",\"message\":\"No.\"}"),
     "g", JOB_FAILED, "error", true, NULL, "moderation_blocked: No", true, -1},
    {JOB("error", ",\"error\":{\"message\":\"Your request was blocked by our moderation "
                  "system.\"}"),
     "g", JOB_FAILED, "error", true, NULL,
     "Your request was blocked by our moderation system", true, -1},
    {JOB("error", "," V ",\"error\":{\"message\":\"late\"}"), "g", JOB_FAILED, "error",
     true, U, "late", false, -1},
    {JOB("completed", "," V ",\"error\":null"), "g", JOB_COMPLETED, "completed", true, U,
     NULL, false, -1},
    {JOB("completed", "," V ",\"error\":false"), "g", JOB_COMPLETED, "completed", true, U,
     NULL, false, -1},
    {JOB("queued", ",\"error\":{\"message\":\"a hiccup\"}"), "g", JOB_PENDING, "queued",
     true, NULL, NULL, false, -1},
    {JOB("strange", ",\"error\":{\"message\":\"It broke.\"}"), "g", JOB_FAILED, "strange",
     false, NULL, "It broke", false, -1},
};

static const JobCase moneys[] = {
    {JOB("queued", ",\"meta\":{\"usage\":{\"credits_used\":1050000}}"), "g", JOB_PENDING,
     "queued", true, NULL, NULL, false, 0.525},
    {JOB("queued", ",\"meta\":{\"usage\":{\"credits_used\":1050000,\"usd_spent\":0.6}}"),
     "g", JOB_PENDING, "queued", true, NULL, NULL, false, 0.6},
    {JOB("queued", ",\"meta\":{\"usage\":{\"usd_spent\":0}}"), "g", JOB_PENDING, "queued",
     true, NULL, NULL, false, 0},
    {JOB("queued", ",\"meta\":{\"usage\":{\"tokens_used\":840000}}"), "g", JOB_PENDING,
     "queued", true, NULL, NULL, false, -1},
    {JOB("queued", ",\"meta\":{\"usage\":null}"), "g", JOB_PENDING, "queued", true, NULL,
     NULL, false, -1},
    {JOB("queued", ",\"meta\":{}"), "g", JOB_PENDING, "queued", true, NULL, NULL, false,
     -1},
    {JOB("queued", ",\"meta\":[1]"), "g", JOB_PENDING, "queued", true, NULL, NULL, false,
     -1},
    {JOB("queued", ",\"meta\":{\"usage\":{\"credits_used\":\"5\"}}"), "g", JOB_PENDING,
     "queued", true, NULL, NULL, false, -1},
};

static void check_job(const JobCase *c)
{
    EngineJob job;
    check_number(c->body, aimlapi_parse_job(c->body, strlen(c->body), &job), 0);
    check_text(c->body, job.id, c->id);
    check_number(c->body, job.state, c->state);
    check_text(c->body, job.status, c->status);
    check_number(c->body, job.status_known, c->known);
    check_text(c->body, job.url, c->url);
    check_text(c->body, job.error, c->error);
    check_number(c->body, job.moderated, c->moderated);
    if (fabs(job.usage.usd - c->usd) > 1e-9)
        fail_case("%s: %f dollars instead of %f", c->body, job.usage.usd, c->usd);
    engine_job_clear(&job);
    assert_null(job.id);
    assert_null(job.url);
    assert_null(job.error);
}

#define CHECK_ALL(cases)                                          \
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) \
    check_job(&cases[i])

static void test_ids(void **state)
{
    (void)state;
    CHECK_ALL(ids);
}

static void test_statuses(void **state)
{
    (void)state;
    CHECK_ALL(statuses);
}

static void test_videos(void **state)
{
    (void)state;
    CHECK_ALL(videos);
}

static void test_errors(void **state)
{
    (void)state;
    CHECK_ALL(errors);
}

static void test_money(void **state)
{
    (void)state;
    CHECK_ALL(moneys);
}

/* Why a completed one has no clip, in words from wherever they stand. */
static const JobCase reasons[] = {
    {JOB("completed", ",\"video\":null,\"raiMediaFilteredCount\":1,"
                      "\"raiMediaFilteredReasons\":[\"Support codes: 1\",\"a face\"]"),
     "g", JOB_EMPTY, "completed", true, NULL, "Support codes: 1; a face", true, -1},
    {JOB("completed", ",\"filtered\":false,\"message\":\"No output.\""), "g", JOB_EMPTY,
     "completed", true, NULL, "No output", false, -1},
    {JOB("completed",
         ",\"meta\":{\"details\":{\"text\":\"blocked by our safety filter\"}}"),
     "g", JOB_EMPTY, "completed", true, NULL, "blocked by our safety filter", true, -1},
};

static void test_reasons(void **state)
{
    (void)state;
    CHECK_ALL(reasons);
}

/* Ids are opaque: one of 18 digits must not be rounded, or another's job is polled. */
static void test_long_number_as_id(void **state)
{
    const JobCase c = {"{\"id\":123456789012345679,\"status\":\"queued\"}",
                       "123456789012345679",
                       JOB_PENDING,
                       "queued",
                       true,
                       NULL,
                       NULL,
                       false,
                       -1};
    (void)state;
    check_job(&c);
}

/* An empty id is none: the other name counts. */
static void test_empty_id(void **state)
{
    const JobCase c = {"{\"id\":\"\",\"generation_id\":\"h\",\"status\":\"queued\"}",
                       "h",
                       JOB_PENDING,
                       "queued",
                       true,
                       NULL,
                       NULL,
                       false,
                       -1};
    (void)state;
    check_job(&c);
}

/* The first URL of an array is the first that is one. */
static void test_empty_url_first(void **state)
{
    const JobCase c = {JOB("completed", ",\"video\":[\"\",\"" U "\"]"),
                       "g",
                       JOB_COMPLETED,
                       "completed",
                       true,
                       U,
                       NULL,
                       false,
                       -1};
    (void)state;
    check_job(&c);
}

/* No failure at all: the word is unknown, and the error empty. Taken for one, a
 * generation that runs and is paid for would be bought again. */
static void test_empty_error(void **state)
{
    const JobCase c = {JOB("in_queue", ",\"error\":\"\""),
                       "g",
                       JOB_PENDING,
                       "in_queue",
                       false,
                       NULL,
                       NULL,
                       false,
                       -1};
    (void)state;
    check_job(&c);
}

static void test_not_monotonic(void **state)
{
    static const char *const order[] = {JOB("generating", ""), JOB("queued", ""),
                                        JOB("completed", "," V), JOB("generating", "")};
    static const EngineJobState wanted[] = {JOB_PENDING, JOB_PENDING, JOB_COMPLETED,
                                            JOB_PENDING};
    (void)state;
    for (int i = 0; i < 4; i++) {
        EngineJob job;
        assert_int_equal(aimlapi_parse_job(order[i], strlen(order[i]), &job), 0);
        check_number(order[i], job.state, wanted[i]);
        engine_job_clear(&job);
    }
}

static void check_garbage(const char *what, const char *body, size_t size)
{
    EngineJob job;
    memset(&job, 0x55, sizeof(job));
    check_number(what, aimlapi_parse_job(body, size, &job), AVERROR_INVALIDDATA);
    assert_null(job.id);
    assert_null(job.url);
    assert_null(job.error);
}

static void test_garbage(void **state)
{
    static const char *const bodies[] = {
        "",           " ",
        "null",       "true",
        "7",          "\"id\"",
        "[]",         "[{\"id\":\"a\",\"status\":\"queued\"}]",
        "{",          "}",
        "{}",         "{\"video\":{\"url\":\"" U "\"}}",
        "<html>",     "{\"id\":\"a",
        "{\"id\":}",  "{\"id\":\"\",\"status\":\"\"}",
        "OK",         "{\"id\":{},\"status\":7}",
        "{'id':'a'}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        check_garbage(bodies[i], bodies[i], strlen(bodies[i]));
    check_garbage("no body", NULL, 0);
}

/* Cut anywhere: never read, and never beyond the end (each cut is an allocation of its
 * size). */
static void test_cut(void **state)
{
    const char *whole =
        JOB("completed", "," V ",\"meta\":{\"usage\":{\"credits_used\":1}}");
    size_t size = strlen(whole);
    (void)state;
    for (size_t cut = 1; cut < size; cut++) {
        char *part = malloc(cut);
        memcpy(part, whole, cut);
        check_garbage(whole, part, cut);
        free(part);
    }
}

/* The name of a member at the very end is none: what follows it is not the answer's. */
static void test_name_at_end(void **state)
{
    static const char body[] = "{\"id\":0.5,\"status\":\"queued\"}\"id\"";
    EngineJob job;
    (void)state;
    assert_int_equal(aimlapi_parse_job(body, strlen(body), &job), 0);
    assert_null(job.id);
    assert_string_equal(job.status, "queued");
    engine_job_clear(&job);
}

static void test_deep(void **state)
{
    size_t depth = 2000;
    char *body = malloc(2 * depth + 64);
    (void)state;
    int head = sprintf(body, "{\"id\":\"a\",\"video\":");
    memset(body + head, '[', depth);
    memset(body + (size_t)head + depth, ']', depth);
    strcpy(body + (size_t)head + 2 * depth, "}");
    check_garbage("2000 levels", body, strlen(body));
    free(body);
}

static void test_large(void **state)
{
    size_t size = 1 << 20;
    char *body = malloc(size + 128), *text = malloc(size + 1);
    EngineJob job;
    (void)state;
    memset(text, 'x', size);
    text[size] = '\0';
    sprintf(body, "{\"id\":\"a\",\"status\":\"error\",\"error\":\"%s\"}", text);
    assert_int_equal(aimlapi_parse_job(body, strlen(body), &job), 0);
    assert_in_range(strlen(job.error), 100, 1024);
    engine_job_clear(&job);
    sprintf(body, "{\"id\":\"a\",\"status\":\"%s\"}", text);
    assert_int_equal(aimlapi_parse_job(body, strlen(body), &job), 0);
    assert_int_equal(strlen(job.status), sizeof(job.status) - 1);
    assert_int_equal(job.state, JOB_PENDING);
    assert_false(job.status_known);
    engine_job_clear(&job);
    free(body);
    free(text);
}

/* The usage log */

#define ROW(client, inference)                                                           \
    "{\"created\":\"2026-11-20T10:00:00Z\",\"status\":\"succeeded\",\"origin\":\"api\"," \
    "\"model\":\"m\",\"cost\":{\"usd\":0.5,\"credits\":1},\"tokens\":null,\"request_"    \
    "id\":"                                                                              \
    "\"r\",\"inference_id\":" inference ",\"client_request_id\":" client "}"
#define PAGE(rows, more)                                                           \
    "{\"data\":[" rows "],\"pagination\":{\"limit\":100,\"offset\":0,\"total\":3," \
    "\"has_more\":" more "}}"

static const struct {
    const char *body, *clients;
    int ret;
    const char *id;
    int rows;
    bool more;
} pages[] = {
    {PAGE("", "false"), "a", 0, NULL, 0, false},
    {PAGE(ROW("\"a\"", "\"g1\""), "false"), "a", 0, "g1", 1, false},
    {PAGE(ROW("\"a\"", "\"g1\""), "true"), "b", 0, NULL, 1, true},
    {PAGE(ROW("\"b\"", "\"g2\"") "," ROW("\"a\"", "\"g1\""), "false"), "a", 0, "g1", 2,
     false},
    {PAGE(ROW("\"b\"", "\"g2\"") "," ROW("\"a\"", "\"g1\""), "false"), "x a b", 0, "g2",
     2, false},
    {PAGE(ROW("\"ab\"", "\"g1\""), "false"), "abc xab ab", 0, "g1", 1, false},
    {PAGE(ROW("\"ab\"", "\"g1\""), "false"), "abc xab", 0, NULL, 1, false},
    {PAGE(ROW("\"a b\"", "\"g1\""), "false"), "a b", 0, NULL, 1, false},
    {PAGE(ROW("null", "\"g1\""), "false"), "a", 0, NULL, 1, false},
    {PAGE(ROW("\"\"", "\"g1\""), "false"), "a", 0, NULL, 1, false},
    {PAGE(ROW("\"A\"", "\"g1\""), "false"), "a", 0, NULL, 1, false},
    /* The beginning of any. */
    {PAGE(ROW("\"i2v-ab12\"", "\"g1\""), "false"), "x i2v-ab*", 0, "g1", 1, false},
    {PAGE(ROW("\"i2v-ab\"", "\"g1\""), "false"), "i2v-ab* x", 0, "g1", 1, false},
    {PAGE(ROW("\"i2v-a\"", "\"g1\""), "false"), "i2v-ab*", 0, NULL, 1, false},
    {PAGE(ROW("\"i2v-abc\"", "\"g1\""), "false"), "i2v-ab", 0, NULL, 1, false},
    {PAGE(ROW("\"a\"", "\"g1\""), "false"), "*", 0, NULL, 1, false},
    /* A failed request is listed without an id. */
    {PAGE(ROW("\"a\"", "null"), "false"), "a", 0, NULL, 1, false},
    {PAGE(ROW("\"a\"", "null") "," ROW("\"a\"", "\"g1\""), "false"), "a", 0, "g1", 2,
     false},
    {"{\"data\":[]}", "a", 0, NULL, 0, false},
    {"{\"data\":[null,7,\"x\",[]],\"pagination\":{\"has_more\":\"yes\"}}", "a", 0, NULL,
     4, false},
    {"{\"data\":null}", "a", AVERROR_INVALIDDATA, NULL, 0, false},
    {"{\"data\":{}}", "a", AVERROR_INVALIDDATA, NULL, 0, false},
    {"[]", "a", AVERROR_INVALIDDATA, NULL, 0, false},
    {"{}", "a", AVERROR_INVALIDDATA, NULL, 0, false},
    {"", "a", AVERROR_INVALIDDATA, NULL, 0, false},
    {"{\"data\":[", "a", AVERROR_INVALIDDATA, NULL, 0, false},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        EngineAnswer answer = {.rows = -1, .more = true};
        const char *body = pages[i].body;
        check_number(body,
                     aimlapi_parse_rows(body, strlen(body), pages[i].clients, &answer),
                     pages[i].ret);
        check_text(body, answer.job.id, pages[i].id);
        check_number(body, answer.rows, pages[i].rows);
        check_number(body, answer.more, pages[i].more);
        engine_job_clear(&answer.job);
    }
}

/* Whether more rows follow, when the gateway does not say so itself. */
static void test_more(void **state)
{
    static const struct {
        const char *pagination; ///< the object, or nothing
        int rows;
        bool more;
    } cases[] = {
        {"{\"has_more\":true}", 1, true},
        {"{\"has_more\":false,\"total\":250,\"offset\":0}", 100, false},
        {"{\"total\":250,\"offset\":0}", 100, true},
        {"{\"total\":250,\"offset\":200}", 50, false},
        {"{\"total\":100}", 100, false},
        {"{\"limit\":5,\"has_more\":null}", 5, true},
        {"{\"limit\":5}", 4, false},
        {"{}", 100, true},
        {"{}", 99, false},
        {"null", 100, true},
        {"7", 0, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char body[2000] = "{\"data\":[";
        EngineAnswer answer = {0};
        for (int row = 0; row < cases[i].rows; row++)
            strcat(body, row ? ",{}" : "{}");
        strcat(body, "],\"pagination\":");
        strcat(body, cases[i].pagination);
        strcat(body, "}");
        check_number(cases[i].pagination,
                     aimlapi_parse_rows(body, strlen(body), "c1", &answer), 0);
        check_number(cases[i].pagination, answer.more, cases[i].more);
        engine_job_clear(&answer.job);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_videos),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_money),
        cmocka_unit_test(test_long_number_as_id),
        cmocka_unit_test(test_empty_id),
        cmocka_unit_test(test_empty_url_first),
        cmocka_unit_test(test_empty_error),
        cmocka_unit_test(test_not_monotonic),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_name_at_end),
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_more),
    };
    return cmocka_run_group_tests_name("aimlapi_json", tests, NULL, NULL);
}
