/* i2v: the command: which requests of the ledger are meant, and where it is
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/meant.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/mem.h>

#include "request/options.h"
#include "request/request.h"

#define SHORTEST_KEY 4
#define LONGEST_AGE  (1000.0 * 365 * DAY)

int ctl_check_store_only(const Arguments *arguments, const char *command, Outcome *out)
{
    const char *other = ctl_other_option(arguments->options, "store");

    return other ? ctl_refuse(out,
                              "i2vctl %s does not take the option %s; of a request's "
                              "options it takes store alone.",
                              command, other)
                 : 0;
}

double ctl_parse_age(const char *text)
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

/* Nothing is made here, and nothing but the reading can fail. */
static int open_store(const char *directory, bool needed, Outcome *out, Store **store)
{
    int ret = access(directory, R_OK | X_OK) < 0 ? AVERROR(errno) : 0;
    struct stat st;

    if (ret >= 0 && !stat(directory, &st) && !S_ISDIR(st.st_mode))
        ret = AVERROR(ENOTDIR);
    if (ret == AVERROR(ENOENT) && needed)
        return outcome_fail(
            out, FAILURE_STORE, ret,
            "There is no ledger at %s: nothing was asked for with it yet; "
            "I2V_STORE or --store names another.",
            directory);
    if (ret == AVERROR(ENOENT)) {
        outcome_say(out, AV_LOG_INFO, "There is no ledger at %s.", directory);
        return 0;
    }
    return ret < 0
               ? outcome_fail(out, FAILURE_STORE, ret, "Cannot read the ledger %s: %s.",
                              directory, av_err2str(ret))
               : store_open(directory, out, store);
}

static int find_store(const AVDictionary *given, bool needed, Outcome *out, Store **store)
{
    Options *options = NULL;
    char *directory = NULL;
    int ret = ctl_gather(given, out, &options);

    *store = NULL;
    if (ret >= 0 && (ret = request_find_store(options, out, &directory)) >= 0)
        ret = open_store(directory, needed, out, store);
    if (ret < 0) /* whatever it was, the ledger cannot be read */
        out->kind = FAILURE_STORE;
    av_free(directory);
    options_free(&options);
    return ret;
}

int ctl_find_store(const AVDictionary *given, Outcome *out, Store **store)
{
    return find_store(given, false, out, store);
}

static int read_ledger(const AVDictionary *given, bool needed, Outcome *out,
                       Store **store, Survey **survey)
{
    int ret = find_store(given, needed, out, store);

    *survey = NULL;
    if (ret >= 0 && *store)
        ret = survey_read(*store, out, survey);
    else if (ret >= 0 && !(*survey = av_mallocz(sizeof(**survey))))
        ret = AVERROR(ENOMEM);
    if (ret < 0)
        store_close(store);
    return ret;
}

int ctl_read_ledger(const AVDictionary *given, Outcome *out, Store **store,
                    Survey **survey)
{
    return read_ledger(given, false, out, store, survey);
}

int ctl_need_ledger(const AVDictionary *given, Outcome *out, Store **store,
                    Survey **survey)
{
    return read_ledger(given, true, out, store, survey);
}

/* Which request is meant */

static bool is_meant(const SurveyRow *row, const char *name)
{
    return (strlen(name) >= SHORTEST_KEY && av_strstart(row->key, name, NULL)) ||
           (row->id && !strcmp(row->id, name));
}

static int add(const SurveyRow *row, Meant **meant, int *count)
{
    if (av_reallocp_array(meant, (size_t)*count + 1, sizeof(**meant)) < 0) {
        *count = 0;
        return AVERROR(ENOMEM);
    }
    Meant *m = &(*meant)[(*count)++];
    av_strlcpy(m->key, row->key, sizeof(m->key));
    m->state = row->state;
    return 0;
}

int ctl_find_row(const Survey *survey, const char *name, Outcome *out, int *at)
{
    size_t size = strlen(name);
    int found = 0;

    if (size && size < SHORTEST_KEY && strspn(name, "0123456789abcdef") == size)
        return ctl_refuse(out,
                          "'%s' is too short for a key; give %d digits of it or more.",
                          name, SHORTEST_KEY);
    for (int i = 0; i < survey->count; i++)
        if (is_meant(&survey->rows[i], name)) {
            *at = i;
            found++;
        }
    if (!found)
        return outcome_fail(out, FAILURE_REQUEST, AVERROR(ENOENT),
                            "The ledger has no request '%s'; i2vctl jobs lists them.",
                            name);
    if (found > 1)
        return ctl_refuse(out, "'%s' begins the keys of %d requests; give more of it.",
                          name, found);
    return 0;
}

static int find_named(const Survey *survey, const char *name, Outcome *out, Meant **meant,
                      int *count)
{
    int at = 0, ret = ctl_find_row(survey, name, out, &at);
    return ret < 0 ? ret : add(&survey->rows[at], meant, count);
}

static int find_unfinished(const Survey *survey, Meant **meant, int *count)
{
    int ret = 0;

    /* What is known to run first: an answer that was lost has to be looked for. */
    for (int i = 0; ret >= 0 && i < 2 * survey->count; i++) {
        const SurveyRow *row = &survey->rows[i % survey->count];
        if (row->state == (i < survey->count ? RECORD_RUNNING : RECORD_SENT))
            ret = add(row, meant, count);
    }
    return ret;
}

int ctl_find_meant(const Arguments *arguments, Outcome *out, Meant **meant, int *count)
{
    Store *store = NULL;
    Survey *survey = NULL;
    int words = arguments->nb_words;
    int ret = ctl_read_ledger(arguments->options, out, &store, &survey);

    *meant = NULL;
    *count = 0;
    if (ret >= 0 && !words)
        ret = find_unfinished(survey, meant, count);
    for (int i = 0; i < words && ret >= 0; i++)
        ret = find_named(survey, arguments->words[i], out, meant, count);
    if (ret >= 0 && !*count)
        outcome_say(out, AV_LOG_INFO, "Nothing is under way.");
    /* An option that is no good keeps the ledger from being read, too. */
    if (ret < 0)
        out->kind = ret == AVERROR(ENOENT) || ret == AVERROR(EINVAL) ? FAILURE_REQUEST
                                                                     : FAILURE_STORE;
    survey_free(&survey);
    store_close(&store);
    return ret;
}

int ctl_each_meant(const Arguments *arguments, Outcome *out, MeantAct *act)
{
    Store *store = NULL;
    Meant *meant = NULL;
    int count, ret = ctl_find_meant(arguments, out, &meant, &count);

    if (ret >= 0)
        ret = ctl_find_store(arguments->options, out, &store);
    for (int i = 0; store && i < count && ret != AVERROR(ENOMEM); i++) {
        Outcome its = {.log = out->log};
        int its_ret = act(store, meant[i].key, arguments, &its);
        if (its_ret < 0 && ret >= 0) {
            ret = its_ret;
            *out = its;
        }
    }
    store_close(&store);
    av_free(meant);
    return ret;
}
