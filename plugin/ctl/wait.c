/* i2v: the command: wait: what was sent before, brought to its clip
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <libavutil/avstring.h>
#include <libavutil/dict.h>
#include <libavutil/mem.h>

#include "ctl/meant.h"
#include "ctl/print.h"
#include "journey/journey.h"
#include "request/options.h"

/* @param max_wait  in place of the one that was typed, or NULL */
static int wait_for(const char *key, const Arguments *arguments, EventsVoice voice,
                    const char *max_wait, Outcome *out)
{
    AVDictionary *options = NULL;
    Ask ask = {.options = &options, .interrupt = arguments->interrupt, .voice = voice};
    char *path = NULL;
    int ret = av_dict_copy(&options, arguments->options, 0);

    if (ret >= 0 && max_wait)
        ret = av_dict_set(&options, "max_wait", max_wait, 0);

    if (ret >= 0)
        ret = journey_pick_up(key, &ask, &path, out);
    if (ret >= 0)
        ret = ctl_print_line(path, "path", out);
    av_dict_free(&options);
    av_free(path);
    return ret;
}

/* In a dry run a key may be that of a request that was rehearsed: print its animatic, and
 * leave the others in `words`. */
static int print_rehearsed(Arguments *arguments, Outcome *out)
{
    int left = 0, ret = 0;

    for (int i = 0; i < arguments->nb_words && ret >= 0; i++) {
        char *path = NULL;
        ret = journey_find_rehearsed(arguments->options, arguments->words[i], &path, out);
        if (ret > 0)
            ret = ctl_print_line(path, "path", out);
        else if (!ret)
            arguments->words[left++] = arguments->words[i];
        av_free(path);
    }
    arguments->nb_words = left;
    return outcome_end(out, FAILURE_STORE, ret);
}

static bool names_request(const Arguments *arguments)
{
    const AVDictionary *options = arguments->options;
    return av_dict_get(options, "prompt", NULL, 0) ||
           av_dict_get(options, "prompt_file", NULL, 0) ||
           av_dict_get(options, "image", NULL, 0) ||
           (arguments->nb_words && options_url_body(arguments->words[0]));
}

/* With a key the request is known: only how to ask for it is left to say. */
static int check_wait_options(const AVDictionary *options, Outcome *out)
{
    static const char allowed[] =
        "max_wait,poll_interval,save,silence,engine,api_key_file,base_url,ca_file,store";
    const char *other = ctl_other_option(options, allowed);

    return other
               ? ctl_refuse(out, "i2vctl wait for a key takes no option %s; it takes %s.",
                            other, allowed)
               : 0;
}

static bool is_interrupted(const Arguments *arguments)
{
    return arguments->interrupt->callback(arguments->interrupt->opaque);
}

/* How the ledger has it by now.
 * @param held  set to whether another process is at it */
static RecordState state_of(const char *key, const Arguments *arguments, bool *held)
{
    Outcome unheard = {.quiet = true};
    RecordState state = RECORD_NEW;
    Store *store = NULL;
    Record *record = NULL;

    if (ctl_find_store(arguments->options, &unheard, &store) >= 0 && store &&
        store_load(store, key, false, &unheard, &record) >= 0)
        state = record->state;
    int lock = store ? store_lock(store, key) : -1;
    *held = lock == AVERROR(EAGAIN);
    store_unlock(&lock);
    record_free(&record);
    store_close(&store);
    return state;
}

static int pass_over(const char *key, const char *why, const Outcome *out)
{
    outcome_say(out, AV_LOG_WARNING,
                "The request %.*s is passed over: %s; i2vctl forget %.*s drops it from "
                "the ledger.",
                SHORT_KEY, key, why, SHORT_KEY, key);
    return 0;
}

/* One of all that are under way: what nothing can settle now must not keep the others. */
static int wait_for_one(const Meant *meant, const Arguments *arguments, Outcome *out)
{
    bool sent = meant->state == RECORD_SENT, held = false;
    int ret;

    /* Looked for once: found, it is one of those that run. */
    if (sent)
        ret = wait_for(meant->key, arguments, EVENTS_HELD, "0", out);
    if (sent && ret < 0 && ret != AVERROR(EINTR)) {
        RecordState now = state_of(meant->key, arguments, &held);
        if (now == RECORD_SENT && !held && out->kind == FAILURE_LATER)
            return pass_over(meant->key,
                             "its answer was lost, and no generation of it is "
                             "found",
                             out);
        sent = now != RECORD_RUNNING && !held;
    }
    if (!sent)
        ret = wait_for(meant->key, arguments, EVENTS_HELD, NULL, out);
    if (ret == AVERROR_HTTP_NOT_FOUND)
        return pass_over(meant->key, "its generation is not known there", out);
    if (ret < 0 && out->held)
        outcome_say(out, AV_LOG_ERROR, "%s", out->why);
    return ret;
}

/* Each in its turn: at the gateway they go on together. The first failure counts. */
static int wait_for_all(const Arguments *arguments, Outcome *out)
{
    Meant *meant = NULL;
    int count = 0, ret = check_wait_options(arguments->options, out);

    if (ret >= 0)
        ret = ctl_find_meant(arguments, out, &meant, &count);
    const AVDictionaryEntry *save = av_dict_get(arguments->options, "save", NULL, 0);
    if (ret >= 0 && count > 1 && save && !strstr(save->value, "{key}"))
        ret = ctl_refuse(out,
                         "The option save names one file, and %d clips are waited for; "
                         "{key} in it tells them apart.",
                         count);
    for (int i = 0, going = ret >= 0; going && i < count && !is_interrupted(arguments);
         i++) {
        Outcome its = {.log = out->log};
        int its_ret = arguments->nb_words
                          ? wait_for(meant[i].key, arguments, EVENTS_FULL, NULL, &its)
                          : wait_for_one(&meant[i], arguments, &its);
        if (its_ret < 0 && ret >= 0) {
            ret = its_ret;
            *out = its;
        }
    }
    av_free(meant);
    return ret;
}

int ctl_wait(Arguments *arguments, Outcome *out)
{
    if (!names_request(arguments)) {
        int words = arguments->nb_words, ret = print_rehearsed(arguments, out);
        if (ret >= 0 && (!words || arguments->nb_words))
            ret = wait_for_all(arguments, out);
        return ret;
    }
    /* It never buys; no more does a dry run, which has nothing to reuse. */
    int ret = journey_is_dry_run(arguments->options)
                  ? 0
                  : av_dict_set(&arguments->options, "reuse", "only", 0);
    return ret < 0 ? outcome_end(out, FAILURE_NONE, ret) : ctl_fetch(arguments, out);
}
