/* i2v: the command: many requests from a manifest
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/mem.h>

#include "base/clock.h"
#include "base/compat.h"
#include "job/job.h"
#include "journey/journey.h"
#include "ctl/manifest.h"
#include "request/request.h"
#include "still/still.h"

/* More mistakes are counted and not shown. */
#define MAX_SHOWN 20

/* A still is read when its line is checked and again when its turn comes: what several
 * lines share is kept that long, and what a thousand lines name is not. */
#define KEPT_BYTES (8 << 20)

/* A line on its way. What is large is there only while it is under way. */
typedef struct Shot {
    ManifestLine *line;
    Outcome out; ///< of the check, then of its journey; its log is the line
    char key[REQUEST_KEY_SIZE];
    char *account;     ///< beside which its clip is saved, or NULL
    struct Shot *twin; ///< the next line with the same request, or NULL
    bool follows;      ///< it is the twin of an earlier line, which goes first
    bool settled;      ///< by the check: nothing of it is to be sent
    bool buys;         ///< by the check: a generation may have to be bought
    double price;      ///< USD that the engine asks for it, below 0 = not known
    bool ended;
    Journey *journey; ///< while it is under way
} Shot;

typedef struct Batch {
    const AVDictionary *defaults;
    const AVIOInterruptCB *interrupt;
    bool from_stdin;
    Events *voice;
    Outcome *out; ///< of the command
    ManifestLine *lines;
    Shot *shots;
    int count;
    Shot **under_way;
    int nb_under_way;
    int nb_ended;
    int nb_bad;
    int64_t began; ///< clock_now()
} Batch;

/* Count a mistake, and say it unless MAX_SHOWN were said. */
static void refuse(Batch *b, Shot *shot, int error, const char *why)
{
    Outcome *out = &shot->out;

    out->quiet = b->nb_bad++ >= MAX_SHOWN;
    outcome_fail(out, out->kind ? out->kind : FAILURE_REQUEST, error, "%s", why);
}

/* Checking */

static int check_stills(const Batch *b, const AVDictionary *options, Outcome *out)
{
    static const char *const names[] = {"image", "end_image"};

    for (size_t i = 0; i < FF_ARRAY_ELEMS(names) && b->from_stdin; i++) {
        const AVDictionaryEntry *still =
            av_dict_get(options, names[i], NULL, AV_DICT_MATCH_CASE);
        if (still && still_is_stdin(still->value))
            return ctl_refuse(out,
                              "The still '%s' is standard input, on which the manifest "
                              "comes.",
                              still->value);
    }
    return 0;
}

/* Check a line. @return AVERROR(EINTR) or AVERROR(ENOMEM), else 0 */
static int check_shot(Batch *b, Shot *shot)
{
    AVDictionary *options = NULL;
    Ask ask = {.options = &options, .interrupt = b->interrupt, .voice = EVENTS_QUIET};
    JourneyOutlook outlook = {.price = -1};

    /* Which mistakes are said is known when they are counted. */
    shot->out.quiet = true;
    int ret = manifest_parse(shot->line, b->defaults, &shot->out, &options);
    if (ret >= 0)
        ret = check_stills(b, options, &shot->out);
    ask.id = shot->line->plain;
    if (ret >= 0)
        ret = journey_foresee(&ask, &outlook, &shot->out);
    av_dict_free(&options);
    if (outlook.save && !(shot->account = account_path(outlook.save)))
        ret = AVERROR(ENOMEM);
    av_free(outlook.save);
    if (ret == AVERROR(EINTR) || ret == AVERROR(ENOMEM))
        return ret;
    if (ret < 0 && !outlook.settled) {
        char why[sizeof(shot->out.why)];
        av_strlcpy(why, shot->out.why[0] ? shot->out.why : av_err2str(ret), sizeof(why));
        refuse(b, shot, ret, why);
        return 0;
    }
    shot->out = (Outcome){.log = shot->line};
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
        events_progress(b->voice, text, clock_now() - b->began, -1);
        b->shots[i].line = &b->lines[i];
        b->shots[i].out.log = &b->lines[i];
        ret = check_shot(b, &b->shots[i]);
    }
    return ret;
}

/* What lines may not have in common, or are grouped by */

enum { ID, ACCOUNT, KEY, NB_COMMON };

typedef struct Common {
    const char *text; ///< "" where a line has none
    size_t size;
    Shot *shot;
} Common;

static Common common_of(Shot *shot, int what)
{
    const char *const texts[NB_COMMON] = {shot->line->id, shot->account, shot->key};
    const char *text = texts[what] ? texts[what] : "";
    bool quoted = what == ID && *text == '"'; /* few would tell "7" and 7 apart */

    return (Common){text + quoted, strlen(text) - 2 * quoted, shot};
}

static int by_text(const void *a, const void *b)
{
    const Common *one = a, *other = b;
    int order = strncmp(one->text, other->text, FFMIN(one->size, other->size));

    if (!order)
        order = (one->size > other->size) - (one->size < other->size);
    return order ? order : one->shot->line->number - other->shot->line->number;
}

static void note_common(Batch *b, int what, Shot *shot, Shot *earlier)
{
    char why[256];

    if (what == KEY) {
        earlier->twin = shot;
        shot->follows = true;
        return;
    }
    snprintf(why, sizeof(why), "Line %d %s already.", earlier->line->number,
             what == ID ? "has this id"
                        : "saves its clip, or the account beside it, there");
    refuse(b, shot, AVERROR(EINVAL), why);
}

/* Each against the one before it in such an order. */
static int check_together(Batch *b)
{
    Common *sorted = av_calloc((size_t)b->count, sizeof(*sorted));

    if (!sorted)
        return AVERROR(ENOMEM);
    for (int what = 0; what < NB_COMMON; what++) {
        for (int i = 0; i < b->count; i++)
            sorted[i] = common_of(&b->shots[i], what);
        qsort(sorted, (size_t)b->count, sizeof(*sorted), by_text);
        for (int i = 1; i < b->count; i++) {
            const Common *one = &sorted[i], *before = &sorted[i - 1];
            if (one->size && one->size == before->size &&
                !memcmp(one->text, before->text, one->size))
                note_common(b, what, one->shot, before->shot);
        }
    }
    av_free(sorted);
    return 0;
}

/* What comes, and what it costs. */
static void say_purchase(const Batch *b)
{
    int buys = 0, unpriced = 0;
    char more[64] = "";
    double usd = 0;

    for (int i = 0; i < b->count; i++) {
        const Shot *shot = &b->shots[i];
        if (!shot->buys || shot->follows)
            continue;
        buys++;
        unpriced += shot->price < 0;
        usd += FFMAX(shot->price, 0);
    }
    if (unpriced)
        snprintf(more, sizeof(more), " and the price of %d that is not known", unpriced);
    if (!buys)
        events_say(b->voice, AV_LOG_INFO, "%d requests, nothing to buy.", b->count);
    else
        events_say(b->voice, AV_LOG_INFO, "%d requests, %d to buy, for %.4g USD%s.",
                   b->count, buys, usd, more);
}

/* @param kind  of the first failure in the order of the file, which is the command's */
static int count_failed(const Batch *b, Failure *kind)
{
    int failed = 0;

    *kind = FAILURE_NONE;
    for (int i = b->count - 1; i >= 0; i--) {
        if (b->shots[i].out.kind == FAILURE_NONE)
            continue;
        *kind = b->shots[i].out.kind;
        failed++;
    }
    return failed;
}

/* All lines, before anything of any is sent. */
static int check(Batch *b, Outcome *out)
{
    int ret = check_each(b);
    char shown[48] = "";
    Failure kind;

    if (ret >= 0)
        ret = check_together(b);
    if (ret == AVERROR(EINTR))
        return events_fail(b->voice, out, FAILURE_REQUEST, ret,
                           "Interrupted. Nothing was sent.");
    if (ret < 0)
        return ret;
    if (!b->nb_bad) {
        say_purchase(b);
        return 0;
    }
    if (b->nb_bad > MAX_SHOWN)
        snprintf(shown, sizeof(shown), " (%d are shown)", MAX_SHOWN);
    count_failed(b, &kind);
    return events_fail(b->voice, out, kind, AVERROR(EINVAL),
                       "%d %s in the manifest of %d %s%s; nothing sent.", b->nb_bad,
                       b->nb_bad == 1 ? "mistake" : "mistakes", b->count,
                       b->count == 1 ? "line" : "lines", shown);
}

/* Results */

static cJSON *describe(const Shot *shot, int ret, const JourneyReport *report)
{
    const Outcome *out = &shot->out;
    const char *error = out->why[0] ? out->why : av_err2str(out->error);
    const char *status = report->dry_run ? "dry_run" : report->state;
    bool failed = ret < 0 || out->error; /* with a path: why that is the still */
    cJSON *result = cJSON_CreateObject();

    if (cJSON_AddRawToObject(result, "id", shot->line->id) &&
        (!report->path || cJSON_AddStringToObject(result, "path", report->path)) &&
        (!failed || cJSON_AddStringToObject(result, "error", error)) &&
        cJSON_AddStringToObject(result, "status", status) &&
        (report->usd < 0 ? cJSON_AddNullToObject(result, "usd")
                         : cJSON_AddNumberToObject(result, "usd", report->usd)) &&
        (report->key[0] ? cJSON_AddStringToObject(result, "key", report->key)
                        : cJSON_AddNullToObject(result, "key")))
        return result;
    cJSON_Delete(result);
    return NULL;
}

static int print_result(Batch *b, const Shot *shot, int its_ret,
                        const JourneyReport *report)
{
    cJSON *result = describe(shot, its_ret, report);
    char *text = result ? cJSON_PrintUnformatted(result) : NULL;
    int ret = text ? 0 : AVERROR(ENOMEM);

    if (isatty(STDOUT_FILENO))
        events_end_line();
    if (text && (puts(text) < 0 || fflush(stdout)))
        ret = events_fail(b->voice, b->out, FAILURE_STORE, AVERROR(EIO),
                          "Cannot print the result of %s: %s.", shot->line->name,
                          av_err2str(AVERROR(errno)));
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
    int its_ret = journey_finish(&shot->journey, b->interrupt, &report, &shot->out);
    int ret = its_ret;

    if (its_ret != AVERROR(EINTR)) {
        shot->ended = true;
        if (shot->follows && report.usd > 0)
            report.usd = 0; /* another line has it, and the sum is to be what was paid */
        b->nb_ended++;
        ret = print_result(b, shot, its_ret, &report);
        if (its_ret >= 0)
            shot->out.kind = FAILURE_NONE;
    }
    av_free(report.path);
    return ret;
}

/* Those with the same request, which have waited for this one. As long as this one has
 * its job they share how it ended. */
static int start_twins(Batch *b, const Shot *shot)
{
    int ret = 0;

    for (Shot *twin = shot->twin; twin && ret >= 0; twin = twin->twin)
        ret = start(b, twin);
    return ret;
}

static int start(Batch *b, Shot *shot)
{
    AVDictionary *options = NULL;
    Ask ask = {.options = &options, .interrupt = b->interrupt, .voice = EVENTS_BRIEF};
    int ret = manifest_parse(shot->line, b->defaults, &shot->out, &options);

    ask.id = shot->line->plain;
    if (ret >= 0)
        ret = journey_begin(&ask, &shot->journey, &shot->out);
    av_dict_free(&options);
    if (!shot->journey || ret == AVERROR(EINTR))
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
        if (next < b->count && (!b->nb_under_way || job_places() > 0))
            ret = start(b, &b->shots[next]);
        job_expect(b->voice, b->count, b->count - b->nb_ended - b->nb_under_way);
        if (ret >= 0 && b->nb_under_way)
            ret = job_drive(b->interrupt);
        if (ret >= 0)
            ret = collect(b);
    }
    return ret;
}

/* Those under way are left to a later run. */
static int leave(Batch *b, int ret, Outcome *out)
{
    Failure kind;

    if (ret == AVERROR(EINTR)) {
        for (int i = 0; i < b->nb_under_way; i++) {
            JourneyReport report = {0}; /* that it is left is said */
            Shot *shot = b->under_way[i];
            if (shot->journey)
                journey_finish(&shot->journey, b->interrupt, &report, &shot->out);
            av_free(report.path);
        }
        return events_fail(
            b->voice, out, FAILURE_REQUEST, ret,
            "Interrupted with %d of %d requests left; the same command goes "
            "on with them.",
            b->count - b->nb_ended, b->count);
    }
    if (ret < 0)
        return ret;
    int failed = count_failed(b, &kind);
    return failed ? events_fail(b->voice, out, kind, AVERROR_EXTERNAL,
                                "%d of %d requests did not come to a clip.", failed,
                                b->count)
                  : 0;
}

static int go(Batch *b)
{
    int ret;

    if (!b->count) {
        events_say(b->voice, AV_LOG_WARNING, "The manifest holds no request.");
        return 0;
    }
    b->shots = av_calloc((size_t)b->count, sizeof(*b->shots));
    b->under_way = av_calloc((size_t)b->count, sizeof(*b->under_way));
    if (!b->shots || !b->under_way)
        return AVERROR(ENOMEM);
    if ((ret = job_check_parallel(b->out)) < 0 || (ret = check(b, b->out)) < 0)
        return ret;
    return leave(b, run(b), b->out);
}

static int check_arguments(const Arguments *arguments, Outcome *out)
{
    if (arguments->nb_words)
        return ctl_refuse(out,
                          "With --manifest each line names its still, as image: '%s' is "
                          "one too many.",
                          arguments->words[0]);
    const AVDictionaryEntry *save = av_dict_get(arguments->options, "save", NULL, 0);
    if (save && !strchr(save->value, '{'))
        return ctl_refuse(out,
                          "The option save names one file; with --manifest {id} in it "
                          "tells the lines apart, or each names its own.");
    return 0;
}

int ctl_fetch_many(Arguments *arguments, Outcome *out)
{
    Batch b = {
        .defaults = arguments->options,
        .interrupt = arguments->interrupt,
        .from_stdin = !strcmp(arguments->manifest, "-"),
        .began = clock_now(),
        .out = out,
    };
    int ret = check_arguments(arguments, out);

    if (ret >= 0)
        ret = manifest_read(arguments->manifest, out, &b.lines, &b.count);
    if (ret < 0)
        return outcome_end(out, FAILURE_REQUEST, ret);
    still_keep(KEPT_BYTES);
    b.voice = events_alloc(out->log, EVENTS_FULL);
    ret = b.voice ? go(&b) : AVERROR(ENOMEM);
    for (int i = 0; b.shots && i < b.count; i++) {
        journey_free(&b.shots[i].journey);
        av_free(b.shots[i].account);
    }
    job_expect(NULL, 0, 0);
    av_free(b.shots);
    av_free(b.under_way);
    events_free(&b.voice);
    manifest_free(&b.lines, b.count);
    return ret == AVERROR(ENOMEM) ? outcome_end(out, FAILURE_NONE, ret) : ret;
}
