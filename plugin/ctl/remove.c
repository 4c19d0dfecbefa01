/* i2v: the command: what is removed from the ledger: prune and forget
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/mem.h>

#include "base/clock.h"
#include "base/text.h"
#include "ctl/meant.h"
#include "ctl/print.h"
#include "ctl/select.h"
#include "ctl/table.h"

/* Pruning */

/* @param age  of the first word, seconds */
static int check_prune(const Arguments *arguments, Outcome *out, double *age)
{
    int words = arguments->nb_words;

    *age = words ? ctl_parse_age(arguments->words[0]) : -1;
    if (*age < 0)
        return ctl_refuse(out,
                          "i2vctl prune takes an age first: a number and s, m, h, d or "
                          "w, such as 30d%s%s.",
                          words ? ", not " : "", words ? arguments->words[0] : "");
    if (*age <= 0 && !arguments->yes && !arguments->dry_run)
        return ctl_refuse(out,
                          "i2vctl prune %s removes whatever has ended, that of this "
                          "minute too; with --yes it does, and --dry_run lists it.",
                          arguments->words[0]);
    return 0;
}

static void say_pruned(const StorePruned *pruned, bool dry_run, const Outcome *out)
{
    char kept[48] = "";

    if (pruned->kept)
        snprintf(kept, sizeof(kept), ", %d marked by keep stay", pruned->kept);
    outcome_say(
        out, AV_LOG_INFO, "%s %d record%s and %d clip%s, %.1f MB; %d unfinished kept%s.",
        dry_run ? "Would remove" : "Removed", pruned->records,
        pruned->records == 1 ? "" : "s", pruned->clips, pruned->clips == 1 ? "" : "s",
        (double)pruned->bytes / 1e6, pruned->unfinished, kept);
}

static int prune(const Arguments *arguments, const Store *store, Survey *survey,
                 double age, Outcome *out)
{
    StorePrune what = {record_now() - age, survey, arguments->dry_run};
    StorePruned pruned = {0};
    int ret = store_prune(store, &what, out, &pruned), printed = 0;

    if (arguments->dry_run && (printed = table_print(store, survey)) >= 0)
        printed = ctl_print_end("requests", out);
    say_pruned(&pruned, arguments->dry_run, out);
    return ret < 0 ? ret : printed;
}

int ctl_prune(Arguments *arguments, Outcome *out)
{
    Store *store = NULL;
    Survey *survey = NULL;
    Selection selection;
    double age;
    int ret = check_prune(arguments, out, &age);

    if (ret < 0 || (ret = select_parse(arguments, "prune", arguments->words + 1,
                                       arguments->nb_words - 1, out, &selection)) < 0)
        return ret;
    ret = ctl_read_ledger(arguments->options, out, &store, &survey);
    if (ret >= 0)
        ret = select_rows(&selection, store, survey, out);
    if (ret >= 0 && store)
        ret = prune(arguments, store, survey, age, out);
    else if (ret >= 0)
        say_pruned(&(StorePruned){0}, arguments->dry_run, out);
    survey_free(&survey);
    store_close(&store);
    return outcome_end(out, FAILURE_STORE, ret);
}

/* Forgetting */

static const char *consequence_of(RecordState state)
{
    switch (state) {
    case RECORD_SENT:
        return "it may have been accepted: made again, it is sent anew, and may then be "
               "paid for twice";
    case RECORD_RUNNING:
        return "its generation goes on and is charged: made again, "
               "it is paid for twice";
    case RECORD_READY:
        return "its clip was paid for and is not here: made again, it is paid for twice";
    default:
        return "nothing of it is open: made again, it is sent anew";
    }
}

/* What is known of it, and what forgetting it may cost. */
static void describe(const Record *r, AVBPrint *text)
{
    char when[CLOCK_TEXT_SIZE];
    double price = r->usd >= 0 ? r->usd : r->price;

    clock_text((int64_t)r->created, when);
    av_bprintf(text, "%.*s is %s", SHORT_KEY, r->key, record_state_name(r->state));
    if (r->model)
        av_bprintf(text, ", %s", r->model);
    if (r->created > 0)
        av_bprintf(text, ", made %s", when);
    if (r->id)
        av_bprintf(text, ", generation %s", r->id);
    if (r->client_ids)
        av_bprintf(text, ", client request id %s", r->client_ids);
    if (price >= 0)
        av_bprintf(text, ", %.4g USD", price);
    av_bprintf(text, "; %s.", consequence_of(r->state));
}

/* Standard input is the terminal, of which there is an answer. */
static bool is_agreed(const char *text)
{
    char answer[16] = "";

    fprintf(stderr, "%s\nForget it? [y/N] ", text);
    return fgets(answer, sizeof(answer), stdin) && (*answer == 'y' || *answer == 'Y');
}

/* The caller holds its lock, so that it is still what was said when it is dropped. */
static int forget_locked(const Store *store, const char *key, bool asked, Outcome *out)
{
    Record *r = NULL;
    AVBPrint text;
    char *clip = store_clip_path(store, key);
    int ret = clip ? store_load(store, key, false, out, &r) : AVERROR(ENOMEM);

    av_bprint_init(&text, 0, AV_BPRINT_SIZE_AUTOMATIC);
    if (ret < 0)
        goto end;
    if (r->state == RECORD_READY && !access(clip, F_OK)) {
        ret = ctl_refuse(out,
                         "The clip of the request %.*s is in the store; i2vctl prune "
                         "removes clips with their records.",
                         SHORT_KEY, key);
        goto end;
    }
    if (store_is_attended(store, key)) {
        ret = outcome_fail(out, FAILURE_LATER, AVERROR(EAGAIN),
                           "Another process waits for the request %.*s; it is not "
                           "forgotten.",
                           SHORT_KEY, key);
        goto end;
    }
    if (store_is_kept(store, key)) {
        ret =
            ctl_refuse(out,
                       "The request %.*s is marked by keep; i2vctl keep --no %.*s takes "
                       "the mark away.",
                       SHORT_KEY, key, SHORT_KEY, key);
        goto end;
    }
    describe(r, &text);
    text_defuse(text.str);
    if (!asked)
        outcome_say(out, AV_LOG_INFO, "The request %s", text.str);
    else if (!is_agreed(text.str))
        goto end;
    ret = store_forget(store, r, out);
    if (ret >= 0)
        outcome_say(out, AV_LOG_INFO, "Forgot the request %.*s.", SHORT_KEY, key);
end:
    av_bprint_finalize(&text, NULL);
    record_free(&r);
    av_free(clip);
    return ret;
}

static int forget(const Store *store, const char *key, const Arguments *arguments,
                  Outcome *out)
{
    int lock = store_lock(store, key);

    if (lock == AVERROR(EAGAIN))
        return outcome_fail(out, FAILURE_LATER, lock,
                            "Another process is at the request %.*s; it is not "
                            "forgotten.",
                            SHORT_KEY, key);
    if (lock < 0)
        return outcome_fail(out, FAILURE_STORE, lock, "Cannot lock the ledger: %s.",
                            av_err2str(lock));
    int ret = forget_locked(store, key, !arguments->yes, out);
    store_unlock(&lock);
    return ret;
}

int ctl_forget(Arguments *arguments, Outcome *out)
{
    int ret = ctl_check_store_only(arguments, "forget", out);

    if (ret >= 0 && !arguments->nb_words)
        ret = ctl_refuse(out, "i2vctl forget takes the keys of requests, or the ids of "
                              "their generations.");
    if (ret >= 0 && !arguments->yes && !isatty(STDIN_FILENO))
        ret = ctl_refuse(out, "i2vctl forget asks on a terminal, and there is none; with "
                              "--yes it does not ask.");
    return ret < 0 ? ret : ctl_each_meant(arguments, out, forget);
}
