/* i2v: unit tests of the Videos API in OpenAI's style: bodies, generations, the list
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/json.h"
#include "engine/openai.h"

#define VIDEO(rest) "{\"id\":\"v\",\"object\":\"video\"" rest "}"

static const struct {
    const char *body, *id; ///< id: NULL = none
    int ret;
    EngineJobState state;
    const char *url, *error; ///< NULL = none
    bool known;
    double progress;
} jobs[] = {
    {VIDEO(",\"status\":\"queued\",\"progress\":0"), "v", 0, JOB_PENDING, NULL, NULL,
     true, 0},
    {VIDEO(",\"status\":\"in_progress\",\"progress\":40,\"error\":null"), "v", 0,
     JOB_PENDING, NULL, NULL, true, 40},
    {VIDEO(",\"status\":\"postprocessing\",\"progress\":null"), "v", 0, JOB_PENDING, NULL,
     NULL, true, -1},
    {VIDEO(",\"status\":\"loading\""), "v", 0, JOB_PENDING, NULL, NULL, false, -1},
    {VIDEO(""), "v", 0, JOB_PENDING, NULL, NULL, true, -1},
    {"{\"id\":\"v\",\"status\":\"queued\"}", "v", 0, JOB_PENDING, NULL, NULL, true, -1},
    {"{\"task_id\":\"task_1\",\"status\":\"queued\"}", "task_1", 0, JOB_PENDING, NULL,
     NULL, true, -1},
    /* Where the clip is is the caller's matter, unless the answer says it. */
    {VIDEO(",\"status\":\"completed\""), "v", 0, JOB_EMPTY, NULL,
     "it was completed, and the answer names no clip", true, -1},
    {VIDEO(",\"status\":\"completed\",\"url\":\"http://s3/a.mp4\""), "v", 0,
     JOB_COMPLETED, "http://s3/a.mp4", NULL, true, -1},
    {VIDEO(",\"status\":\"completed\",\"url\":null,\"urls\":[\"http://s3/b.mp4\"]"), "v",
     0, JOB_COMPLETED, "http://s3/b.mp4", NULL, true, -1},
    {VIDEO(",\"status\":\"completed\",\"unsigned_urls\":[\"/c.mp4\"]"), "v", 0,
     JOB_COMPLETED, "/c.mp4", NULL, true, -1},
    {VIDEO(",\"status\":\"succeeded\",\"metadata\":{\"url\":\"http://d\"}"), "v", 0,
     JOB_COMPLETED, "http://d", NULL, true, -1},
    {VIDEO(",\"status\":\"completed\",\"data\":[{\"url\":\"http://e\"}]"), "v", 0,
     JOB_COMPLETED, "http://e", NULL, true, -1},
    /* Errors in each form. */
    {VIDEO(",\"status\":\"failed\",\"error\":{\"code\":500,\"message\":\"CUDA OOM\"}"),
     "v", 0, JOB_FAILED, NULL, "CUDA OOM", true, -1},
    {VIDEO(",\"status\":\"failed\",\"error\":{\"code\":\"RuntimeError\",\"message\":"
           "\"bad\"}"),
     "v", 0, JOB_FAILED, NULL, "bad", true, -1},
    {VIDEO(",\"status\":\"failed\",\"error\":{\"message\":\"no output\"}"), "v", 0,
     JOB_FAILED, NULL, "no output", true, -1},
    {VIDEO(",\"status\":\"failed\",\"error\":\"as a text\""), "v", 0, JOB_FAILED, NULL,
     "as a text", true, -1},
    {VIDEO(",\"status\":\"cancelled\""), "v", 0, JOB_FAILED, NULL, "no reason given",
     true, -1},
    {VIDEO(",\"status\":\"expired\",\"error\":null"), "v", 0, JOB_FAILED, NULL,
     "no reason given", true, -1},
    /* What is none. */
    {"{\"error\":{\"message\":\"upstream\",\"code\":\"500\"}}", NULL, AVERROR_INVALIDDATA,
     JOB_PENDING, NULL, NULL, false, -1},
    {"{\"error\":\"Unauthorized\"}", NULL, AVERROR_INVALIDDATA, JOB_PENDING, NULL, NULL,
     false, -1},
    {"{\"detail\":\"Video not found\"}", NULL, AVERROR_INVALIDDATA, JOB_PENDING, NULL,
     NULL, false, -1},
    {"<html>", NULL, AVERROR_INVALIDDATA, JOB_PENDING, NULL, NULL, false, -1},
    {"[]", NULL, AVERROR_INVALIDDATA, JOB_PENDING, NULL, NULL, false, -1},
    {"", NULL, AVERROR_INVALIDDATA, JOB_PENDING, NULL, NULL, false, -1},
};

static void test_jobs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(jobs) / sizeof(*jobs); i++) {
        const char *what = jobs[i].body;
        EngineJob job;
        check_number(what, openai_parse_job(what, strlen(what), &job), jobs[i].ret);
        if (jobs[i].ret >= 0) {
            check_text(what, job.id, jobs[i].id);
            check_number(what, job.state, jobs[i].state);
            check_text(what, job.url, jobs[i].url);
            check_text(what, job.error, jobs[i].error);
            check_number(what, job.status_known, jobs[i].known);
            check_number(what, (int64_t)job.progress, (int64_t)jobs[i].progress);
        }
        engine_job_clear(&job);
    }
}

static void test_cost(void **state)
{
    static const char body[] =
        VIDEO(",\"status\":\"completed\",\"usage\":{\"cost\":0.25}");
    EngineJob job;
    (void)state;
    assert_int_equal(openai_parse_job(body, strlen(body), &job), 0);
    check_number("cost", (int64_t)(job.usage.usd * 100), 25);
    engine_job_clear(&job);
}

/* The list, of which rows carry prompts or do not */

#define ROW(id, prompt, created)                                         \
    "{\"id\":\"" id "\",\"object\":\"video\",\"prompt\":\"" prompt "\"," \
    "\"created_at\":" #created "}"
#define SIZED(id, prompt, created, size)                                  \
    "{\"id\":\"" id "\",\"prompt\":\"" prompt "\",\"size\":\"" size "\"," \
    "\"created_at\":" #created "}"
#define BARE(id, created) "{\"id\":\"" id "\",\"created_at\":" #created "}"
#define LIST(rows, more)  "{\"object\":\"list\",\"data\":[" rows "],\"has_more\":" more "}"

static bool is_known(void *opaque, const char *id)
{
    return !strcmp(opaque, id);
}

static const struct {
    const char *what, *body, *id; ///< id: NULL = none is found
    bool untold, more;
    const char *known;
} lists[] = {
    {"ours", LIST(ROW("a", "Waves", 1000), "false"), "a", false, false, ""},
    {"another prompt", LIST(ROW("a", "waves", 1000), "false"), NULL, false, false, ""},
    {"before it was sent", LIST(ROW("a", "Waves", 600), "false"), NULL, false, false, ""},
    {"a little before", LIST(ROW("a", "Waves", 900), "false"), NULL, true, false, ""},
    {"a little before, and known", LIST(ROW("a", "Waves", 900), "false"), NULL, false,
     false, "a"},
    {"of another size", LIST(SIZED("a", "Waves", 1000, "64x64"), "false"), NULL, false,
     false, ""},
    {"of this size", LIST(SIZED("a", "Waves", 1000, "832x480"), "false"), "a", false,
     false, ""},
    {"an id that cannot be asked for", LIST(ROW("a\\u0001", "Waves", 1000), "false"),
     NULL, true, false, ""},
    {"within the slack", LIST(ROW("a", "Waves", 996), "false"), "a", false, false, ""},
    {"known of another request", LIST(ROW("a", "Waves", 1000), "false"), NULL, false,
     false, "a"},
    {"two alike", LIST(ROW("a", "Waves", 1000) "," ROW("b", "Waves", 1001), "false"),
     NULL, true, false, ""},
    {"two alike, one known",
     LIST(ROW("a", "Waves", 1000) "," ROW("b", "Waves", 1001), "false"), "b", false,
     false, "a"},
    {"no prompts", LIST(BARE("a", 1000), "false"), NULL, true, false, ""},
    {"no prompts, and older", LIST(BARE("a", 600), "false"), NULL, false, false, ""},
    {"no prompts, and known", LIST(BARE("a", 1000), "false"), NULL, false, false, "a"},
    {"nothing", LIST("", "false"), NULL, false, false, ""},
    {"more", LIST(ROW("a", "x", 1000) "," ROW("b", "x", 999), "true"), NULL, false, true,
     ""},
    {"more, all older", LIST(ROW("a", "x", 1000) "," ROW("b", "x", 600), "true"), NULL,
     false, false, ""},
};

static void test_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
        const EngineQuery query = {.prompt = "Waves",
                                   .size = "832x480",
                                   .timed = true,
                                   .since = 1000,
                                   .until = 1100,
                                   .after = "",
                                   .is_known = is_known,
                                   .opaque = (void *)lists[i].known};
        const char *what = lists[i].what, *body = lists[i].body;
        EngineAnswer answer = {0};
        check_number(what, openai_parse_rows(body, strlen(body), &query, &answer), 0);
        check_text(what, answer.job.id, lists[i].id);
        check_number(what, answer.untold, lists[i].untold);
        check_number(what, answer.more, lists[i].more);
        check_text(what, answer.after, lists[i].more ? "b" : "");
        engine_job_clear(&answer.job);
    }
}

/* The form */

static void test_body(void **state)
{
    uint8_t *data = av_memdup("PNG", 3);
    EngineBody body = {.stills = {{.field = "input_reference"}}};
    cJSON *fields = cJSON_Parse("{\"prompt\":\"a\\r\\n--b\",\"fps\":16,\"empty\":\"\","
                                "\"flag\":true,\"o\":{\"a\":[1]},\"x\\\"y\":\"z\"}");
    (void)state;
    body.stills[0].file = (StillFile){.data = data, .size = 3, .mime = "image/jpeg"};
    assert_int_equal(openai_body(fields, &body), 0);
    size_t size = body_size(body.parts, body.count);
    char *text = calloc(1, size + 1), expected[2048];
    BodyReader reader = {.parts = body.parts, .count = body.count};
    assert_int_equal(body_read(&reader, text, size), size);
    const char *mark = strchr(body.type, '=') + 1;
    assert_memory_equal(body.type, "multipart/form-data; boundary=", 30);
    snprintf(
        expected, sizeof(expected),
        "--%s\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\na\r\n--b\r\n"
        "--%s\r\nContent-Disposition: form-data; name=\"fps\"\r\n\r\n16\r\n"
        "--%s\r\nContent-Disposition: form-data; name=\"flag\"\r\n\r\ntrue\r\n"
        "--%s\r\nContent-Disposition: form-data; name=\"o\"\r\n\r\n{\"a\":[1]}\r\n"
        "--%s\r\nContent-Disposition: form-data; name=\"x%%22y\"\r\n\r\nz\r\n"
        "--%s\r\nContent-Disposition: form-data; name=\"input_reference\"; "
        "filename=\"still.jpg\"\r\nContent-Type: image/jpeg\r\n\r\nPNG\r\n--%s--\r\n",
        mark, mark, mark, mark, mark, mark, mark);
    check_text("body", text, expected);
    free(text);
    engine_body_clear(&body);
    av_free(data);
    cJSON_Delete(fields);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jobs),
        cmocka_unit_test(test_cost),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_body),
    };
    said_start();
    return cmocka_run_group_tests_name("openai", tests, NULL, NULL);
}
