/* i2v: the command: what is in the ledger, as a list
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include <libavutil/mem.h>

#include "ctl/describe.h"
#include "ctl/meant.h"
#include "ctl/print.h"
#include "ctl/select.h"
#include "ctl/sums.h"
#include "ctl/table.h"

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
        char *clip = ctl_clip_of(store, &survey->rows[i]);
        cJSON *job = ctl_describe(record, &survey->rows[i], clip);
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

static int check_by(const Arguments *arguments, Outcome *out)
{
    const char *by = arguments->by;

    if (by && strcmp(by, "project") && strcmp(by, "model"))
        return ctl_refuse(out, "The option --by takes project or model, not '%s'.", by);
    if (by &&
        (arguments->nb_words || arguments->state || arguments->word || arguments->kept))
        return ctl_refuse(out, "With --by what is summed is selected by --project, "
                               "--model, --since and --before alone.");
    return 0;
}

static int print(const Arguments *arguments, const Store *store, Survey *survey,
                 Outcome *out)
{
    if (arguments->by)
        return sums_print(survey, !strcmp(arguments->by, "model"), arguments->json, out);
    return arguments->json ? print_json(store, survey, out) : table_print(store, survey);
}

int ctl_jobs(Arguments *arguments, Outcome *out)
{
    Store *store = NULL;
    Survey *survey = NULL;
    Selection selection;
    int ret = select_parse(arguments, "jobs", arguments->words, arguments->nb_words, out,
                           &selection);

    if (ret < 0 || (ret = check_by(arguments, out)) < 0 ||
        (ret = ctl_need_ledger(arguments->options, out, &store, &survey)) < 0)
        return ret;
    if (arguments->by)
        select_generations(&selection, survey);
    else
        ret = select_rows(&selection, store, survey, out);
    if (ret >= 0) {
        ctl_print_begin();
        ret = print(arguments, store, survey, out);
    }
    if (ret >= 0)
        ret = ctl_print_end("jobs", out);
    if (ret >= 0)
        ret = survey->unread;
    survey_free(&survey);
    store_close(&store);
    return outcome_end(out, FAILURE_STORE, ret);
}
