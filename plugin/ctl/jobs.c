/* i2v: the command: the jobs of the ledger: which are meant, the list, and prune
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/ctl.h"

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

#define MINUTE 60
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* Characters of a key that tell requests apart for people, as with commits. */
#define SHORT_KEY    12
#define SHORTEST_KEY 4
#define SHORT_PROMPT 40
#define LONGEST_AGE  (1000.0 * 365 * DAY)

/* The whole ledger, read. */
typedef struct Ledger {
    Store *store; ///< NULL when there is no such directory yet
    Record **records;
    int count;
    int unread; ///< 0, or why a record could not be read, which was said
} Ledger;

static void ledger_close(Ledger *ledger)
{
    for (int i = 0; i < ledger->count; i++)
        record_free(&ledger->records[i]);
    av_freep(&ledger->records);
    store_close(&ledger->store);
}

/* @return 0, and *store NULL when there is no such directory */
static int find_store(const AVDictionary *given, Outcome *out, Store **store)
{
    Options *options = NULL;
    char *directory = NULL;
    int ret = ctl_gather(given, out, &options);

    *store = NULL;
    if (ret >= 0 && (ret = request_find_store(options, out, &directory)) >= 0 &&
        !access(directory, F_OK))
        ret = store_open(directory, out, store);
    if (ret < 0) /* whatever it was, the ledger cannot be read */
        out->kind = FAILURE_STORE;
    av_free(directory);
    options_free(&options);
    return ret;
}

static int oldest_first(const void *a, const void *b)
{
    double x = (*(Record *const *)a)->created;
    double y = (*(Record *const *)b)->created;
    return (x > y) - (x < y);
}

static int ledger_open(AVDictionary *options, Outcome *out, Ledger *ledger)
{
    char **keys = NULL;
    int count = 0, ret;

    *ledger = (Ledger){0};
    if ((ret = find_store(options, out, &ledger->store)) < 0 || !ledger->store)
        return ret;
    ret = store_list(ledger->store, &keys, &count);
    ledger->records = av_calloc((size_t)count + 1, sizeof(*ledger->records));
    if (ret >= 0 && !ledger->records)
        ret = AVERROR(ENOMEM);
    for (int i = 0; ret >= 0 && i < count; i++) {
        int loaded = store_load(ledger->store, keys[i], false, out,
                                &ledger->records[ledger->count]);
        ledger->count += loaded >= 0;
        if (loaded < 0)
            ledger->unread = loaded;
        if (loaded == AVERROR(ENOMEM))
            ret = loaded;
    }
    if (ret >= 0)
        qsort(ledger->records, (size_t)ledger->count, sizeof(*ledger->records),
              oldest_first);
    store_free_keys(&keys, count);
    if (ret < 0) {
        outcome_fail(out, FAILURE_STORE, ret, "Cannot read the ledger: %s.",
                     av_err2str(ret));
        ledger_close(ledger);
    }
    return ret;
}

/* Which request is meant */

static bool is_meant(const Record *record, const char *name)
{
    return (strlen(name) >= SHORTEST_KEY && av_strstart(record->key, name, NULL)) ||
           (record->id && !strcmp(record->id, name));
}

static int add_key(const Record *record, char ***keys, int *count)
{
    char *key = av_strdup(record->key);
    int ret = key ? av_dynarray_add_nofree(keys, count, key) : AVERROR(ENOMEM);

    if (ret < 0)
        av_free(key);
    return ret;
}

static int find_named(const Ledger *ledger, const char *name, Outcome *out, char ***keys,
                      int *count)
{
    const Record *meant = NULL;
    int found = 0;

    for (int i = 0; i < ledger->count; i++)
        if (is_meant(ledger->records[i], name)) {
            meant = ledger->records[i];
            found++;
        }
    if (!found)
        return outcome_fail(out, FAILURE_REQUEST, AVERROR(ENOENT),
                            "The ledger has no request '%s'; i2vctl jobs lists them.",
                            name);
    if (found > 1)
        return ctl_refuse(out, "'%s' begins the keys of %d requests; give more of it.",
                          name, found);
    return add_key(meant, keys, count);
}

static int find_unfinished(const Ledger *ledger, char ***keys, int *count)
{
    int ret = 0;

    /* What is known to run first: an answer that was lost may be looked for for long. */
    for (int i = 0; ret >= 0 && i < 2 * ledger->count; i++) {
        const Record *record = ledger->records[i % ledger->count];
        if (record->state == (i < ledger->count ? RECORD_RUNNING : RECORD_SENT))
            ret = add_key(record, keys, count);
    }
    return ret;
}

int jobs_find(const Arguments *arguments, Outcome *out, char ***keys, int *count)
{
    Ledger ledger;
    int words = arguments->nb_words, ret = ledger_open(arguments->options, out, &ledger);

    *keys = NULL;
    *count = 0;
    if (ret >= 0 && !words)
        ret = find_unfinished(&ledger, keys, count);
    for (int i = 0; i < words && ret >= 0; i++)
        ret = find_named(&ledger, arguments->words[i], out, keys, count);
    if (ret >= 0 && !*count)
        outcome_say(out, AV_LOG_INFO, "Nothing is under way.");
    /* An option that is no good keeps the ledger from being read, too. */
    if (ret < 0)
        out->kind = ret == AVERROR(ENOENT) || ret == AVERROR(EINVAL) ? FAILURE_REQUEST
                                                                     : FAILURE_STORE;
    ledger_close(&ledger);
    return ret;
}

/* Listing */

static char *clip_of(const Ledger *ledger, const Record *record)
{
    char *path = record->state == RECORD_READY
                     ? store_clip_path(ledger->store, record->key)
                     : NULL;
    if (path && access(path, F_OK))
        av_freep(&path);
    return path;
}

static void age_text(const Record *record, char *text, size_t size)
{
    double age = record->created > 0 ? FFMAX(record_now() - record->created, 0) : 0;
    int unit = age < MINUTE ? 1 : age < HOUR ? MINUTE : age < 2 * DAY ? HOUR : DAY;

    snprintf(text, size, "%.0f%c", floor(age / unit),
             unit == 1        ? 's'
             : unit == MINUTE ? 'm'
             : unit == HOUR   ? 'h'
                              : 'd');
}

/* The beginning of a prompt in so many columns, whatever is in it. */
static void prompt_text(const Record *record, char *text, size_t size)
{
    const uint8_t *from = (const uint8_t *)(record->prompt ? record->prompt : "");
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

static void print_table(const Ledger *ledger)
{
    if (ledger->count)
        printf("%-*s  %-7s  %4s  %7s  %-28s  %-*s  %s\n", SHORT_KEY, "KEY", "STATE",
               "AGE", "USD", "MODEL", SHORT_PROMPT + 3, "PROMPT", "CLIP");
    for (int i = ledger->count - 1; i >= 0; i--) {
        const Record *record = ledger->records[i];
        char *clip = clip_of(ledger, record), age[16], cost[24] = "-";
        char prompt[4 * (SHORT_PROMPT + 8)];

        age_text(record, age, sizeof(age));
        prompt_text(record, prompt, sizeof(prompt));
        if (record->usd >= 0)
            snprintf(cost, sizeof(cost), "%.4g", record->usd);
        printf("%.*s  %-7s  %4s  %7s  %-28s  %s  %s\n", SHORT_KEY, record->key,
               record_state_name(record->state), age, cost,
               record->model ? record->model : "-", prompt, clip ? clip : "-");
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

static cJSON *describe(const Ledger *ledger, const Record *record)
{
    cJSON *job = cJSON_CreateObject();
    char *clip = clip_of(ledger, record);

    add_text(job, "key", record->key);
    add_text(job, "state", record_state_name(record->state));
    add_time(job, "created", record->created);
    add_time(job, "sent", record->sent_at);
    add_time(job, "accepted", record->accepted);
    add_time(job, "ended", record->ended);
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
    add_number(job, "usd", record->usd);
    add_number(job, "price", record->price);
    add_number(job, "credits", record->credits);
    add_number(job, "tokens", record->tokens);
    add_number(job, "clip_size", (double)record->clip_size);
    add_text(job, "clip", clip);
    av_free(clip);
    return job;
}

static int print_json(const Ledger *ledger)
{
    cJSON *jobs = cJSON_CreateArray();
    for (int i = ledger->count - 1; i >= 0; i--)
        cJSON_AddItemToArray(jobs, describe(ledger, ledger->records[i]));
    return ctl_print_json(jobs);
}

/* The ledger's commands take no option of a request but where the ledger is. */
static int check_options(const Arguments *arguments, const char *command, Outcome *out)
{
    const char *other = ctl_other_option(arguments->options, "store");

    return other ? ctl_refuse(out,
                              "i2vctl %s does not take the option %s; of a request's "
                              "options it takes store alone.",
                              command, other)
                 : 0;
}

/* "30d", "12h". @return seconds, < 0 for what is no age */
static double parse_age(const char *text)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {
        {"s", 1}, {"m", MINUTE}, {"h", HOUR}, {"d", DAY}, {"w", 7 * DAY},
    };
    char *end;
    double number = strtod(text, &end);

    if (end == text || !(number >= 0) || !strspn(text, "0123456789"))
        return -1;
    for (size_t i = 0; i < FF_ARRAY_ELEMS(units); i++)
        if (!strcmp(end, units[i].unit) && number * units[i].seconds <= LONGEST_AGE)
            return number * units[i].seconds;
    return -1;
}

/* Leave out what is older; what does not say when it was may be young. */
static void drop_older(Ledger *ledger, double since)
{
    int kept = 0;
    for (int i = 0; i < ledger->count; i++) {
        Record *record = ledger->records[i];
        double when = record->accepted > 0 ? record->accepted : record->created;
        if (when > 0 && when < since)
            record_free(&record);
        else
            ledger->records[kept++] = record;
    }
    ledger->count = kept;
}

/* @param age  in seconds, below 0 = any */
static int check_jobs(const Arguments *arguments, Outcome *out, double *age)
{
    const char *by = arguments->by, *since = arguments->since;
    int ret = check_options(arguments, "jobs", out);

    *age = since ? parse_age(since) : -1;
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
    Ledger ledger;
    double age;
    int ret = check_jobs(arguments, out, &age);

    if (ret < 0 || (ret = ledger_open(arguments->options, out, &ledger)) < 0)
        return ret;
    if (age >= 0)
        drop_older(&ledger, record_now() - age);
    ctl_print_begin();
    if (arguments->by)
        ret = sums_print(ledger.records, ledger.count, !strcmp(arguments->by, "model"),
                         arguments->json, out);
    else if (arguments->json)
        ret = print_json(&ledger);
    else
        print_table(&ledger);
    if (ret >= 0)
        ret = ctl_print_end("jobs", out);
    if (ret >= 0)
        ret = ledger.unread;
    ledger_close(&ledger);
    return outcome_end(out, FAILURE_STORE, ret);
}

/* Pruning */

int ctl_prune(Arguments *arguments, Outcome *out)
{
    Store *store = NULL;
    StorePruned pruned = {0};
    int words = arguments->nb_words, ret = check_options(arguments, "prune", out);
    double age = words == 1 ? parse_age(arguments->words[0]) : -1;

    if (ret < 0)
        return ret;
    if (age < 0)
        return ctl_refuse(out,
                          "i2vctl prune takes one age: a number and s, m, h, d or w, "
                          "such as 30d%s%s.",
                          words ? ", not " : "",
                          words == 1  ? arguments->words[0]
                          : words > 1 ? "several"
                                      : "");
    ret = find_store(arguments->options, out, &store);
    if (ret >= 0 && store)
        ret = store_prune(store, record_now() - age, out, &pruned);
    if (ret < 0)
        outcome_fail(out, FAILURE_STORE, ret, "Cannot prune the store: %s.",
                     av_err2str(ret));
    outcome_say(out, AV_LOG_INFO,
                "Removed %d records and %d clips, %.1f MB; %d unfinished kept.",
                pruned.records, pruned.clips, (double)pruned.bytes / 1e6, pruned.kept);
    store_close(&store);
    return FFMIN(ret, 0);
}
