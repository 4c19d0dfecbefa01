/* i2v: the command: what is in the ledger, as a list
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/meant.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/mem.h>

#include "base/clock.h"
#include "ctl/print.h"
#include "ctl/sums.h"
#include "request/options.h"
#include "request/request.h"
#include "store/store.h"
#include "store/survey.h"

#define SHORT_PROMPT 40

/* Listing */

static char *clip_of(const Store *store, const SurveyRow *row)
{
    return row->state == RECORD_READY && row->has_clip ? store_clip_path(store, row->key)
                                                       : NULL;
}

static void age_text(double created, char *text, size_t size)
{
    double age = created > 0 ? FFMAX(record_now() - created, 0) : 0;
    int unit = age < MINUTE ? 1 : age < HOUR ? MINUTE : age < 2 * DAY ? HOUR : DAY;

    snprintf(text, size, "%.0f%c", floor(age / unit),
             unit == 1        ? 's'
             : unit == MINUTE ? 'm'
             : unit == HOUR   ? 'h'
                              : 'd');
}

/* The beginning of a prompt in so many columns, whatever is in it. */
static void prompt_text(const char *prompt, char *text, size_t size)
{
    const uint8_t *from = (const uint8_t *)(prompt ? prompt : "");
    const uint8_t *end = from + strlen((const char *)from);
    int columns = 0;
    AVBPrint out;

    av_bprint_init_for_buffer(&out, text, (unsigned)size);
    for (; from < end && columns < SHORT_PROMPT; columns++) {
        const uint8_t *start = from;
        int32_t code;
        if (av_utf8_decode(&code, &from, end, 0) < 0 || code < 0x20 ||
            (code >= 0x7f && code < 0xa0))
            av_bprint_chars(&out, ' ', 1);
        else
            av_bprint_append_data(&out, (const char *)start, (unsigned)(from - start));
    }
    av_bprintf(&out, "%-*s", SHORT_PROMPT + 3 - columns, from < end ? "..." : "");
}

static void print_table(const Store *store, const Survey *survey)
{
    bool begun = false;

    for (int i = survey->count - 1; i >= 0; i--) {
        const SurveyRow *row = &survey->rows[i];
        if (row->gone)
            continue;
        if (!begun)
            printf("%-*s  %-7s  %4s  %7s  %-28s  %-*s  %s\n", SHORT_KEY, "KEY", "STATE",
                   "AGE", "USD", "MODEL", SHORT_PROMPT + 3, "PROMPT", "CLIP");
        begun = true;
        char *clip = clip_of(store, row), age[16], cost[24] = "-";
        char prompt[4 * (SHORT_PROMPT + 8)];

        age_text(row->created, age, sizeof(age));
        prompt_text(row->prompt, prompt, sizeof(prompt));
        if (row->usd >= 0)
            snprintf(cost, sizeof(cost), "%.4g", row->usd);
        printf("%.*s  %-7s  %4s  %7s  %-28s  %s  %s\n", SHORT_KEY, row->key,
               record_state_name(row->state), age, cost, row->model ? row->model : "-",
               prompt, clip ? clip : "-");
        av_free(clip);
    }
}

static void add_text(cJSON *job, const char *name, const char *value)
{
    if (value && *value)
        cJSON_AddStringToObject(job, name, value);
}

static void add_time(cJSON *job, const char *name, double when)
{
    char text[CLOCK_TEXT_SIZE];

    if (when <= 0)
        return;
    clock_text((int64_t)when, text);
    add_text(job, name, text);
}

static void add_number(cJSON *job, const char *name, double value)
{
    if (value >= 0)
        cJSON_AddNumberToObject(job, name, value);
}

static cJSON *describe(const Record *record, const char *clip)
{
    cJSON *job = cJSON_CreateObject();

    add_text(job, "key", record->key);
    add_text(job, "state", record_state_name(record->state));
    add_time(job, "created", record->created);
    add_time(job, "sent", record->sent_at);
    add_time(job, "accepted", record->accepted);
    add_time(job, "ended", record->ended);
    add_text(job, "engine",
             engine_find(record->engine) ? engine_find(record->engine)->name
                                         : record->engine);
    add_text(job, "origin", record->origin);
    add_text(job, "model", record->model);
    add_text(job, "prompt", record->prompt);
    add_text(job, "project", record->project);
    add_text(job, "id", record->id);
    add_text(job, "client_request_ids", record->client_ids);
    add_text(job, "status", record->status);
    add_text(job, "error", record->error);
    add_text(job, "url", record->url);
    add_text(job, "image_sha256", record->image_hash);
    add_text(job, "request_sha256", record->request_hash);
    add_text(job, "clip_sha256", record->clip_hash);
    add_number(job, "take", record->take);
    add_number(job, "duration", record->duration);
    add_number(job, "usd", record_cost(record));
    add_number(job, "price", record->price);
    add_number(job, "credits", record->credits);
    add_number(job, "tokens", record->tokens);
    add_number(job, "clip_size", (double)record->clip_size);
    add_text(job, "clip", clip);
    return job;
}

/* One record at a time, or a large ledger would take as much memory. */
static int print_json(const Store *store, Survey *survey, Outcome *out)
{
    const char *separator = "[";
    int ret = 0;

    for (int i = survey->count - 1; i >= 0 && ret >= 0; i--) {
        Record *record = NULL;
        if (survey->rows[i].gone)
            continue;
        int loaded = store_load(store, survey->rows[i].key, false, out, &record);
        if (loaded < 0) {
            survey->unread = loaded;
            ret = loaded == AVERROR(ENOMEM) ? loaded : 0;
            continue;
        }
        char *clip = clip_of(store, &survey->rows[i]);
        cJSON *job = describe(record, clip);
        char *text = job ? ctl_json_text(job, true) : NULL;
        ret = text ? 0 : AVERROR(ENOMEM);
        if (text)
            printf("%s%s", separator, text);
        separator = ", ";
        av_free(text);
        cJSON_Delete(job);
        av_free(clip);
        record_free(&record);
    }
    printf("%s]\n", *separator == '[' ? "[" : "");
    return ret;
}

static bool is_older(double when, double since)
{
    return when > 0 && when < since; /* what does not say when it was may be young */
}

static void drop_older(Survey *survey, double since)
{
    int kept = 0;

    for (int i = 0; i < survey->count; i++) {
        SurveyRow *row = &survey->rows[i];
        row->gone = is_older(row->accepted > 0 ? row->accepted : row->created, since);
    }
    for (int i = 0; i < survey->nb_generations; i++)
        if (!is_older(survey->generations[i].when, since))
            survey->generations[kept++] = survey->generations[i];
    survey->nb_generations = kept;
}

/* @param age  in seconds, below 0 = any */
static int check_jobs(const Arguments *arguments, Outcome *out, double *age)
{
    const char *by = arguments->by, *since = arguments->since;
    int ret = ctl_check_store_only(arguments, "jobs", out);

    *age = since ? ctl_parse_age(since) : -1;
    if (ret < 0)
        return ret;
    if (arguments->nb_words)
        return ctl_refuse(out, "i2vctl jobs takes no '%s'.", arguments->words[0]);
    if (by && strcmp(by, "project") && strcmp(by, "model"))
        return ctl_refuse(out, "The option --by takes project or model, not '%s'.", by);
    if (since && *age < 0)
        return ctl_refuse(out,
                          "The option --since takes an age: a number and s, m, h, d or "
                          "w, such as 30d, not '%s'.",
                          since);
    return 0;
}

int ctl_jobs(Arguments *arguments, Outcome *out)
{
    Store *store = NULL;
    Survey *survey = NULL;
    double age;
    int ret = check_jobs(arguments, out, &age);

    if (ret < 0 || (ret = ctl_read_ledger(arguments->options, out, &store, &survey)) < 0)
        return ret;
    if (age >= 0)
        drop_older(survey, record_now() - age);
    ctl_print_begin();
    if (arguments->by)
        ret = sums_print(survey, !strcmp(arguments->by, "model"), arguments->json, out);
    else if (arguments->json)
        ret = print_json(store, survey, out);
    else
        print_table(store, survey);
    if (ret >= 0)
        ret = ctl_print_end("jobs", out);
    if (ret >= 0)
        ret = survey->unread;
    survey_free(&survey);
    store_close(&store);
    return outcome_end(out, FAILURE_STORE, ret);
}
