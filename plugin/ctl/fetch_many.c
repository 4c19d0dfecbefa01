/* i2v: the command: many requests from a manifest
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/main.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>
#include <libavutil/time.h>

#include "base/compat.h"
#include "journey/journey.h"
#include "ctl/manifest.h"
#include "request/kept.h"
#include "still/still.h"

/* More mistakes are counted and not shown. */
#define MAX_SHOWN 20

/* A still is read when its line is checked and again when its turn comes: what several
 * lines share is kept that long, and what a thousand lines name is not. */
#define KEPT_BYTES (8 << 20)

/* A line on its way. What is large is there only while it is under way. */
typedef struct Shot {
    ManifestLine *line;
    char key[RECORD_KEY_SIZE];
    char *account;     ///< beside which its clip is saved, or NULL
    struct Shot *twin; ///< the next line with the same request, or NULL
    bool follows;      ///< it is the twin of an earlier line, which goes first
    bool settled;      ///< by the check: nothing of it is to be sent
    bool buys;         ///< by the check: a generation may have to be bought
    double price;      ///< USD that the gateway asks for it, below 0 = not known
    bool ended;
    Failure failure;
    Journey *journey; ///< while it is under way
} Shot;

typedef struct Batch {
    const AVDictionary *defaults;
    const AVIOInterruptCB *interrupt;
    bool from_stdin;
    Events *voice;
    ManifestLine *lines;
    Shot *shots;
    int count;
    Shot **under_way;
    int nb_under_way;
    int nb_ended;
    int nb_bad;
    int64_t began; ///< av_gettime_relative()
} Batch;

/* What is said of a line */

static bool checking;

/* The first error is kept for the line's result; while lines are checked whoever checks
 * says which of them count. */
static void keep_errors(void *context, int level, const char *format, va_list args)
{
    ManifestLine *line = context;
    char text[1024];
    va_list copy;

    if (!line || line->class != &manifest_line_class) {
        av_log_default_callback(context, level, format, args);
        return;
    }
    if ((level & 0xff) <= AV_LOG_ERROR && !line->error) {
        va_copy(copy, args);
        vsnprintf(text, sizeof(text), format, copy);
        va_end(copy);
        text[strcspn(text, "\n")] = '\0';
        line->error = av_strdup(text);
    }
    if (!checking)
        av_log_default_callback(context, level, format, args);
}

static void refuse(Batch *b, Shot *shot, Failure failure, const char *why)
{
    shot->failure = failure;
    if (b->nb_bad++ < MAX_SHOWN)
        av_log(shot->line, AV_LOG_ERROR, "%s\n", why);
}

/* Checking */

static int check_stills(const Batch *b, const AVDictionary *options, void *log)
{
    static const char *const names[] = {"image", "end_image"};

    for (size_t i = 0; i < FF_ARRAY_ELEMS(names) && b->from_stdin; i++) {
        const AVDictionaryEntry *still =
            av_dict_get(options, names[i], NULL, AV_DICT_MATCH_CASE);
        if (!still || !still_is_stdin(still->value))
            continue;
        av_log(log, AV_LOG_ERROR,
               "The still '%s' is standard input, on which the manifest comes.\n",
               still->value);
        return AVERROR(EINVAL);
    }
    return 0;
}

/* @return as journey_foresee() */
static int foresee(const Batch *b, Shot *shot, JourneyOutlook *outlook)
{
    AVDictionary *options = NULL;
    int ret = manifest_parse(shot->line, b->defaults, &options);

    *outlook = (JourneyOutlook){.price = -1};
    shot->failure = FAILURE_REQUEST;
    if (ret >= 0 && (ret = check_stills(b, options, shot->line)) >= 0)
        ret = journey_foresee(NULL, &options, b->interrupt, shot->line, outlook,
                              &shot->failure);
    av_dict_free(&options);
    return ret;
}

/* Check a line. @return AVERROR(EINTR) or AVERROR(ENOMEM), else 0 */
static int check_shot(Batch *b, Shot *shot)
{
    JourneyOutlook outlook;

    checking = true;
    int ret = foresee(b, shot, &outlook);
    checking = false;
    if (ret == AVERROR(EINTR) || ret == AVERROR(ENOMEM))
        return ret;
    if (outlook.save && !(shot->account = kept_account_path(outlook.save)))
        ret = AVERROR(ENOMEM);
    av_free(outlook.save);
    if (ret < 0 && !outlook.settled) {
        char *why = shot->line->error;
        shot->line->error = NULL;
        refuse(b, shot, shot->failure, why ? why : av_err2str(ret));
        av_free(why);
        return 0;
    }
    av_freep(&shot->line->error);
    shot->failure = FAILURE_NONE;
    shot->settled = outlook.settled;
    shot->buys = outlook.buys;
    shot->price = outlook.price;
    av_strlcpy(shot->key, outlook.key, sizeof(shot->key));
    return 0;
}

static int check_each(Batch *b)
{
    int ret = 0;

    for (int i = 0; i < b->count && ret >= 0; i++) {
        char text[64];

        if (i2v_interrupted(b->interrupt))
            return AVERROR(EINTR);
        snprintf(text, sizeof(text), "checking %d of %d", i + 1, b->count);
        events_progress(b->voice, text, av_gettime_relative() - b->began, -1);
        b->shots[i].line = &b->lines[i];
        ret = check_shot(b, &b->shots[i]);
    }
    return ret;
}

/* What lines may not have in common, or are grouped by */

static int compare(const char *a, const char *b, const Shot *one, const Shot *other)
{
    int order = strcmp(a ? a : "", b ? b : "");
    return order ? order
                 : (one->line->number > other->line->number) -
                       (one->line->number < other->line->number);
}

/* "7" and 7 would be told apart by few. */
static const char *bare_id(const Shot *shot, size_t *size)
{
    const char *id = shot->line->id ? shot->line->id : "";
    bool quoted = *id == '"';
    *size = strlen(id) - 2 * quoted;
    return id + quoted;
}

static bool has_same_id(const Shot *a, const Shot *b)
{
    size_t size, other_size;
    const char *id = bare_id(a, &size), *other = bare_id(b, &other_size);
    return size && size == other_size && !memcmp(id, other, size);
}

static int by_id(const void *a, const void *b)
{
    const Shot *one = *(Shot *const *)a, *other = *(Shot *const *)b;
    size_t size, other_size;
    const char *id = bare_id(one, &size), *other_id = bare_id(other, &other_size);
    int order = strncmp(id, other_id, FFMIN(size, other_size));

    if (!order)
        order = (size > other_size) - (size < other_size);
    return order ? order : compare(NULL, NULL, one, other);
}

static int by_account(const void *a, const void *b)
{
    const Shot *one = *(Shot *const *)a, *other = *(Shot *const *)b;
    return compare(one->account, other->account, one, other);
}

static int by_key(const void *a, const void *b)
{
    const Shot *one = *(Shot *const *)a, *other = *(Shot *const *)b;
    return compare(one->key, other->key, one, other);
}

static void refuse_twice(Batch *b, Shot *shot, const char *what, const Shot *first)
{
    char why[256];
    snprintf(why, sizeof(why), "Line %d %s already.", first->line->number, what);
    refuse(b, shot, FAILURE_REQUEST, why);
}

/* Each against the one before it in such an order. */
static int check_together(Batch *b)
{
    size_t count = (size_t)b->count;
    Shot **sorted = av_calloc(count, sizeof(*sorted));

    if (!sorted)
        return AVERROR(ENOMEM);
    for (size_t i = 0; i < count; i++)
        sorted[i] = &b->shots[i];
    qsort(sorted, count, sizeof(*sorted), by_id);
    for (size_t i = 1; i < count; i++)
        if (has_same_id(sorted[i - 1], sorted[i]))
            refuse_twice(b, sorted[i], "has this id", sorted[i - 1]);
    qsort(sorted, count, sizeof(*sorted), by_account);
    for (size_t i = 1; i < count; i++)
        if (sorted[i]->account && sorted[i - 1]->account &&
            !strcmp(sorted[i]->account, sorted[i - 1]->account))
            refuse_twice(b, sorted[i], "saves its clip, or the account beside it, there",
                         sorted[i - 1]);
    qsort(sorted, count, sizeof(*sorted), by_key);
    for (size_t i = 1; i < count; i++) {
        if (!sorted[i]->key[0] || strcmp(sorted[i]->key, sorted[i - 1]->key))
            continue;
        sorted[i - 1]->twin = sorted[i];
        sorted[i]->follows = true;
    }
    av_free(sorted);
    return 0;
}

/* What comes, and what it costs. */
static void say_purchase(const Batch *b)
{
    int buys = 0, unpriced = 0;
    double usd = 0;

    for (int i = 0; i < b->count; i++) {
        const Shot *shot = &b->shots[i];
        if (!shot->buys || shot->follows)
            continue;
        buys++;
        unpriced += shot->price < 0;
        usd += FFMAX(shot->price, 0);
    }
    if (!buys)
        events_say(b->voice, AV_LOG_INFO, "%d requests, nothing to buy.\n", b->count);
    else if (unpriced)
        events_say(b->voice, AV_LOG_INFO,
                   "%d requests, %d to buy, for %.4g USD and the price of %d that is not "
                   "known.\n",
                   b->count, buys, usd, unpriced);
    else
        events_say(b->voice, AV_LOG_INFO, "%d requests, %d to buy, for %.4g USD.\n",
                   b->count, buys, usd);
}

/* All lines, before anything of any is sent. */
static int check(Batch *b)
{
    int ret = check_each(b);

    if (ret >= 0)
        ret = check_together(b);
    if (ret == AVERROR(EINTR))
        events_say(b->voice, AV_LOG_ERROR, "Interrupted. Nothing was sent.\n");
    if (ret < 0)
        return ret;
    if (!b->nb_bad) {
        say_purchase(b);
        return 0;
    }
    char shown[48] = "";
    if (b->nb_bad > MAX_SHOWN)
        snprintf(shown, sizeof(shown), " (%d are shown)", MAX_SHOWN);
    events_say(b->voice, AV_LOG_ERROR,
               "%d %s in the manifest of %d %s%s; nothing sent.\n", b->nb_bad,
               b->nb_bad == 1 ? "mistake" : "mistakes", b->count,
               b->count == 1 ? "line" : "lines", shown);
    return AVERROR(EINVAL);
}

/* Results */

static int add(cJSON *result, const char *name, cJSON *value)
{
    if (value && cJSON_AddItemToObject(result, name, value))
        return 0;
    cJSON_Delete(value);
    return AVERROR(ENOMEM);
}

static int describe(const Shot *shot, int ret, const JourneyReport *report, cJSON *result)
{
    const char *error = shot->line->error ? shot->line->error : report->error;
    const char *status = report->dry_run ? "dry_run" : report->state;
    bool failed = ret < 0 || report->error[0]; /* with a path: the fallback's */

    if ((ret = add(result, "id", cJSON_CreateRaw(shot->line->id))) < 0 ||
        (report->path &&
         (ret = add(result, "path", cJSON_CreateString(report->path))) < 0) ||
        (failed && (ret = add(result, "error", cJSON_CreateString(error))) < 0) ||
        (ret = add(result, "status", cJSON_CreateString(status))) < 0 ||
        (ret = add(result, "usd",
                   report->usd < 0 ? cJSON_CreateNull()
                                   : cJSON_CreateNumber(report->usd))) < 0)
        return ret;
    return add(result, "key",
               report->key[0] ? cJSON_CreateString(report->key) : cJSON_CreateNull());
}

static int print_result(Batch *b, const Shot *shot, int its_ret,
                        const JourneyReport *report)
{
    cJSON *result = cJSON_CreateObject();
    int ret = result ? describe(shot, its_ret, report, result) : AVERROR(ENOMEM);
    char *text = ret >= 0 ? cJSON_PrintUnformatted(result) : NULL;

    if (ret >= 0 && !text)
        ret = AVERROR(ENOMEM);
    if (isatty(STDOUT_FILENO))
        events_end_line();
    if (text && (puts(text) < 0 || fflush(stdout))) {
        ret = AVERROR(errno);
        events_say(b->voice, AV_LOG_ERROR, "Cannot print the result of %s: %s.\n",
                   shot->line->name, av_err2str(ret));
        ret = AVERROR(EIO);
    }
    cJSON_free(text);
    cJSON_Delete(result);
    return ret;
}

/* Running. What is returned below ends the whole: interrupted, no memory, nowhere to
 * print to, or not even one can be sent. */

static int start(Batch *b, Shot *shot);

/* Bring a shot that has ended to its result. */
static int finish(Batch *b, Shot *shot)
{
    JourneyReport report;
    int its_ret = journey_finish(&shot->journey, b->interrupt, &report), ret = its_ret;

    if (its_ret != AVERROR(EINTR)) {
        shot->ended = true;
        shot->failure = report.failure;
        if (shot->follows && report.usd > 0)
            report.usd = 0; /* another line has it, and the sum is to be what was paid */
        b->nb_ended++;
        ret = print_result(b, shot, its_ret, &report);
    }
    av_free(report.path);
    av_freep(&shot->line->error);
    return ret;
}

/* Those with the same request, which have waited for this one. While it is still in the
 * batch they share how it ended. */
static int start_twins(Batch *b, const Shot *shot)
{
    int ret = 0;

    for (Shot *twin = shot->twin; twin && ret >= 0; twin = twin->twin) {
        if (shot->line->error)
            twin->line->error = av_strdup(shot->line->error);
        ret = start(b, twin);
    }
    return ret;
}

static int start(Batch *b, Shot *shot)
{
    AVDictionary *options = NULL;
    int ret = manifest_parse(shot->line, b->defaults, &options);

    if (ret >= 0)
        ret = journey_begin(NULL, &options, b->interrupt, shot->line, &shot->journey);
    av_dict_free(&options);
    if (!shot->journey || ret == AVERROR(EINTR))
        return ret;
    if (ret >= 0 && (ret = journey_send(shot->journey)) < 0)
        return ret;
    if (!journey_has_ended(shot->journey)) {
        b->under_way[b->nb_under_way++] = shot;
        return 0;
    }
    ret = finish(b, shot);
    return ret < 0 || shot->follows ? ret : start_twins(b, shot);
}

/* What was checked to be settled is printed before anything is waited for. */
static int start_settled(Batch *b)
{
    int ret = 0;

    for (int i = 0; i < b->count && ret >= 0; i++) {
        if (i2v_interrupted(b->interrupt))
            return AVERROR(EINTR);
        if (b->shots[i].settled && !b->shots[i].follows)
            ret = start(b, &b->shots[i]);
    }
    return ret;
}

/* Those that have ended leave. */
static int collect(Batch *b)
{
    int left = 0, ret = 0;

    for (int i = 0; i < b->nb_under_way; i++) {
        Shot *shot = b->under_way[i];
        if (ret < 0 || !journey_has_ended(shot->journey)) {
            b->under_way[left++] = shot;
            continue;
        }
        if (!shot->follows)
            ret = start_twins(b, shot);
        if (ret >= 0)
            ret = finish(b, shot);
        if (ret < 0 && shot->journey)
            b->under_way[left++] = shot;
    }
    b->nb_under_way = left;
    return ret;
}

static int run(Batch *b)
{
    int ret = start_settled(b), next = 0;

    while (ret >= 0 && b->nb_ended < b->count) {
        while (next < b->count &&
               (b->shots[next].ended || b->shots[next].follows || b->shots[next].journey))
            next++;
        if (next < b->count && (!b->nb_under_way || journey_places() > 0))
            ret = start(b, &b->shots[next]);
        journey_expect(b->voice, b->count, b->count - b->nb_ended - b->nb_under_way);
        if (ret >= 0 && b->nb_under_way)
            ret = journey_turn(b->interrupt);
        if (ret >= 0)
            ret = collect(b);
    }
    return ret;
}

/* Those under way are left to a later run, and the first failure in the order of the
 * file is the command's. */
static int leave(Batch *b, int ret, Failure *failure)
{
    bool interrupted = ret == AVERROR(EINTR);
    int failed = 0;

    for (int i = 0; i < b->nb_under_way && interrupted; i++) {
        JourneyReport report = {0}; /* that it is left is said */
        if (b->under_way[i]->journey)
            journey_finish(&b->under_way[i]->journey, b->interrupt, &report);
        av_free(report.path);
    }
    if (interrupted)
        events_say(b->voice, AV_LOG_ERROR,
                   "Interrupted with %d of %d requests left; the same command goes on "
                   "with them.\n",
                   b->count - b->nb_ended, b->count);
    if (ret < 0) {
        *failure = ret == AVERROR(EIO)      ? FAILURE_STORE
                   : ret == AVERROR(ENOMEM) ? FAILURE_NONE
                                            : FAILURE_REQUEST;
        return ret;
    }
    for (int i = b->count - 1; i >= 0; i--) {
        if (b->shots[i].failure == FAILURE_NONE)
            continue;
        *failure = b->shots[i].failure;
        failed++;
    }
    if (failed)
        events_say(b->voice, AV_LOG_ERROR, "%d of %d requests did not come to a clip.\n",
                   failed, b->count);
    return failed ? AVERROR_EXTERNAL : 0;
}

static int go(Batch *b, Failure *failure)
{
    int ret;

    if (!b->count) {
        events_say(b->voice, AV_LOG_WARNING, "The manifest holds no request.\n");
        return 0;
    }
    b->shots = av_calloc((size_t)b->count, sizeof(*b->shots));
    b->under_way = av_calloc((size_t)b->count, sizeof(*b->under_way));
    if (!b->shots || !b->under_way)
        return AVERROR(ENOMEM);
    ret = check(b);
    for (int i = b->count - 1; i >= 0 && ret < 0; i--)
        if (b->shots[i].failure != FAILURE_NONE)
            *failure = b->shots[i].failure;
    return ret < 0 ? ret : leave(b, run(b), failure);
}

static void clean_up(Batch *b)
{
    for (int i = 0; b->shots && i < b->count; i++) {
        journey_free(&b->shots[i].journey);
        av_free(b->shots[i].account);
    }
    journey_expect(NULL, 0, 0);
    av_free(b->shots);
    av_free(b->under_way);
    events_free(&b->voice);
}

static int check_arguments(const Arguments *arguments)
{
    if (arguments->nb_words)
        av_log(i2vctl_log, AV_LOG_ERROR,
               "With --manifest each line names its still, as image: '%s' is one too "
               "many.\n",
               arguments->words[0]);
    else if (av_dict_get(arguments->options, "save", NULL, 0))
        av_log(i2vctl_log, AV_LOG_ERROR,
               "The option save names one file; with --manifest each line may name its "
               "own.\n");
    else
        return 0;
    return AVERROR(EINVAL);
}

int i2vctl_fetch_manifest(Arguments *arguments, const AVIOInterruptCB *interrupt,
                          Failure *failure)
{
    Batch b = {
        .defaults = arguments->options,
        .interrupt = interrupt,
        .from_stdin = !strcmp(arguments->manifest, "-"),
        .began = av_gettime_relative(),
    };
    int ret = check_arguments(arguments);

    *failure = FAILURE_REQUEST;
    if (ret >= 0)
        ret = manifest_read(arguments->manifest, i2vctl_log, &b.lines, &b.count);
    if (ret < 0)
        return ret;
    still_keep(KEPT_BYTES);
    b.voice = events_alloc(i2vctl_log, EVENTS_FULL);
    av_log_set_callback(keep_errors);
    ret = b.voice ? go(&b, failure) : AVERROR(ENOMEM);
    av_log_set_callback(av_log_default_callback);
    clean_up(&b);
    manifest_free(&b.lines, b.count);
    return ret;
}
