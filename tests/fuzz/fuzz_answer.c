/* i2v: any answer of the gateway is read, and what is said of it can be shown
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include "base/text.h"
#include "engine/aimlapi.h"
#include "engine/call.h"
#include "engine/openai.h"
#include "engine/words.h"

long fuzz_good;

static void check_job(const EngineJob *job)
{
    FUZZ_CHECK(job->state != JOB_COMPLETED || job->url);
    FUZZ_CHECK((job->state == JOB_FAILED || job->state == JOB_EMPTY) ==
               (job->error != NULL));
    FUZZ_CHECK(job->state != JOB_EMPTY || !job->url);
    FUZZ_CHECK(text_is_utf8(job->status) && !text_has_control(job->status));
    fuzz_good++;
}

/* The same by the engine openai. */
static void read_video(const char *body, size_t size)
{
    const EngineQuery query = {.prompt = "Waves", .since = 1000, .until = 2000};
    EngineAnswer page = {0};
    EngineJob job;

    if (openai_parse_job(body, size, &job) >= 0)
        check_job(&job);
    if (openai_parse_rows(body, size, &query, &page) >= 0)
        FUZZ_CHECK(page.rows >= 0 && !(page.untold && page.job.id));
    engine_job_clear(&page.job);
    engine_job_clear(&job);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *body = (const char *)data;
    EngineAnswer page = {0};
    EngineJob job;
    char text[512];

    if (aimlapi_parse_job(body, size, &job) >= 0)
        check_job(&job);
    read_video(body, size);
    if (aimlapi_parse_rows(body, size, "one two", &page) >= 0) {
        FUZZ_CHECK(page.rows >= 0);
        fuzz_good++;
    }
    words_of_body(body, size, text, sizeof(text));
    FUZZ_CHECK(*text && text_is_utf8(text) && !text_has_control(text));
    engine_job_clear(&page.job);
    engine_job_clear(&job);
    return 0;
}
