/* i2v: the command: what was spent, by project or by model
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/sums.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include <libavutil/mem.h>

#include "base/text.h"
#include "ctl/print.h"

typedef struct Sum {
    const char *label; ///< of the generations, "" = none
    int generations;
    int unpriced; ///< of them
    double usd;   ///< of the others
} Sum;

static void add(Sum *sum, const SurveyGeneration *generation)
{
    sum->generations++;
    /* What fails is not charged, whatever was said when it was accepted. */
    if (!generation->charged)
        return;
    if (generation->usd >= 0)
        sum->usd += generation->usd;
    else
        sum->unpriced++;
}

static int dearest_first(const void *a, const void *b)
{
    const Sum *x = a, *y = b;
    if (x->usd != y->usd)
        return x->usd < y->usd ? 1 : -1;
    if (x->generations != y->generations)
        return y->generations - x->generations;
    return strcmp(x->label, y->label);
}

static const char *model_of(const SurveyGeneration *generation)
{
    return generation->model ? generation->model : "";
}

static const char *project_of(const SurveyGeneration *generation)
{
    return generation->project ? generation->project : "";
}

static int by_model_first(const void *a, const void *b)
{
    return strcmp(model_of(a), model_of(b));
}

static int by_project_first(const void *a, const void *b)
{
    return strcmp(project_of(a), project_of(b));
}

/* @param sums  with room for as many as there are generations
 * @return how many there are; *total is of all of them */
static int sum_up(Survey *survey, bool by_model, Sum *sums, Sum *total)
{
    SurveyGeneration *all = survey->generations;
    int nb_sums = 0;

    *total = (Sum){.label = "total"};
    if (survey->nb_generations)
        qsort(all, (size_t)survey->nb_generations, sizeof(*all),
              by_model ? by_model_first : by_project_first);
    for (int i = 0; i < survey->nb_generations; i++) {
        const char *label = by_model ? model_of(&all[i]) : project_of(&all[i]);
        if (!nb_sums || strcmp(sums[nb_sums - 1].label, label))
            sums[nb_sums++].label = label;
        add(&sums[nb_sums - 1], &all[i]);
        add(total, &all[i]);
    }
    qsort(sums, (size_t)nb_sums, sizeof(*sums), dearest_first);
    return nb_sums;
}

static const char *shown(const Sum *sum)
{
    return !*sum->label ? "-" : text_is_plain(sum->label) ? sum->label : "?";
}

static void print_row(const Sum *sum, int width)
{
    int padding = width - (int)text_length(shown(sum));
    printf("%s%*s  %11d  %10.2f%s\n", shown(sum), padding, "", sum->generations, sum->usd,
           sum->unpriced ? "+" : "");
}

static void print_table(const Sum *sums, int count, const Sum *total, bool by_model,
                        const Outcome *out)
{
    int width = (int)strlen("project");

    if (!count)
        return;
    for (int i = 0; i < count; i++)
        width = FFMAX(width, (int)text_length(shown(&sums[i])));
    printf("%-*s  %11s  %10s\n", width, by_model ? "MODEL" : "PROJECT", "GENERATIONS",
           "USD");
    for (int i = 0; i < count; i++)
        print_row(&sums[i], width);
    print_row(total, width);
    if (total->unpriced)
        outcome_say(out, AV_LOG_INFO, "+: what %d of the generations cost is not known.",
                    total->unpriced);
}

static int print_json(const Sum *sums, int count, bool by_model)
{
    cJSON *array = cJSON_CreateArray();

    for (int i = 0; i < count; i++) {
        cJSON *sum = cJSON_CreateObject();
        const char *label = sums[i].label;
        cJSON_AddItemToObject(sum, by_model ? "model" : "project",
                              *label ? cJSON_CreateString(label) : cJSON_CreateNull());
        cJSON_AddNumberToObject(sum, "generations", sums[i].generations);
        cJSON_AddNumberToObject(sum, "usd", sums[i].usd);
        cJSON_AddNumberToObject(sum, "unpriced", sums[i].unpriced);
        cJSON_AddItemToArray(array, sum);
    }
    return ctl_print_json(array);
}

int sums_print(Survey *survey, bool by_model, bool json, const Outcome *out)
{
    Sum *sums = av_calloc((size_t)survey->nb_generations + 1, sizeof(*sums)), total;
    int ret = 0;

    if (!sums)
        return AVERROR(ENOMEM);
    int nb_sums = sum_up(survey, by_model, sums, &total);
    if (json)
        ret = print_json(sums, nb_sums, by_model);
    else
        print_table(sums, nb_sums, &total, by_model, out);
    av_free(sums);
    return ret;
}
