/* i2v: the command: which requests of the ledger are selected
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/select.h"

#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/mem.h>

#include "base/text.h"
#include "ctl/columns.h"
#include "ctl/meant.h"

/* The journal has no more bytes of a prompt, but for the rest of a character. */
#define CUT_PROMPT 117

/* Parsing */

static int parse_states(const char *list, Outcome *out, unsigned *states)
{
    while (list && *list) {
        char name[16];
        RecordState state = RECORD_NEW;
        size_t size = strcspn(list, ",");

        av_strlcpy(name, list, FFMIN(sizeof(name), size + 1));
        if (size >= sizeof(name) || !record_state_of(name, &state) || state == RECORD_NEW)
            return ctl_refuse(out,
                              "The option --state takes intent, sent, running, ready, "
                              "failed and refused, separated by commas, not '%.*s'.",
                              (int)size, list);
        *states |= 1U << state;
        list += size + (list[size] == ',');
    }
    return 0;
}

static int parse_age(const char *option, const char *text, Outcome *out, double *age)
{
    *age = text ? ctl_parse_age(text) : -1;
    return text && *age < 0 ? ctl_refuse(out,
                                         "The option --%s takes an age: a number and s, "
                                         "m, h, d or w, such as 30d, not '%s'.",
                                         option, text)
                            : 0;
}

static const char *value_of(const Arguments *arguments, const char *name)
{
    const AVDictionaryEntry *entry =
        av_dict_get(arguments->options, name, NULL, AV_DICT_MATCH_CASE);
    return entry ? entry->value : NULL;
}

int select_parse(const Arguments *arguments, const char *command, char *const *keys,
                 int nb_keys, Outcome *out, Selection *s)
{
    static const char allowed[] = "store,project,model";
    const char *other = ctl_other_option(arguments->options, allowed);
    int ret;

    *s = (Selection){
        .keys = keys,
        .nb_keys = nb_keys,
        .project = value_of(arguments, "project"),
        .model = value_of(arguments, "model"),
        .word = arguments->word,
        .kept = arguments->kept,
    };
    if (other)
        return ctl_refuse(out,
                          "i2vctl %s does not take the option %s; of a request's options "
                          "it takes store, and project and model to select by.",
                          command, other);
    if (arguments->state && !*arguments->state)
        return ctl_refuse(out, "The option --state is empty.");
    if ((ret = parse_states(arguments->state, out, &s->states)) < 0 ||
        (ret = parse_age("since", arguments->since, out, &s->since)) < 0)
        return ret;
    return parse_age("before", arguments->before, out, &s->before);
}

/* Selecting */

/* What does not say when it was may be young. */
static bool is_of_age(const Selection *s, double when, double now)
{
    return !(s->since >= 0 && when > 0 && when < now - s->since) &&
           !(s->before >= 0 && (when <= 0 || when > now - s->before));
}

static bool is_of_label(const Selection *s, const char *project, const char *model)
{
    return (!s->project || !strcmp(project ? project : "", s->project)) &&
           (!s->model || columns_find(model ? model : "", s->model));
}

/* The survey may have no more than the beginning of a prompt. */
static int has_word(const Selection *s, const Store *store, const SurveyRow *row)
{
    const char *prompt = row->prompt ? row->prompt : "";
    Outcome unheard = {.quiet = true};
    Record *record = NULL;

    if (columns_find(prompt, s->word) || strlen(prompt) < CUT_PROMPT)
        return columns_find(prompt, s->word);
    int ret = store_load(store, row->key, false, &unheard, &record);
    bool found = ret >= 0 && record->prompt && columns_find(record->prompt, s->word);
    record_free(&record);
    return ret == AVERROR(ENOMEM) ? ret : found;
}

static int is_selected(const Selection *s, const Store *store, const SurveyRow *row,
                       double now)
{
    if ((s->states && !(s->states >> row->state & 1)) || (s->kept && !row->kept) ||
        !is_of_label(s, row->project, row->model) ||
        !is_of_age(s, row->accepted > 0 ? row->accepted : row->created, now))
        return 0;
    return s->word ? has_word(s, store, row) : 1;
}

static int select_keys(const Selection *s, Survey *survey, Outcome *out)
{
    bool *named = av_calloc((size_t)survey->count + 1, sizeof(*named));
    int ret = named ? 0 : AVERROR(ENOMEM), at = 0;

    for (int i = 0; i < s->nb_keys && ret >= 0; i++)
        if ((ret = ctl_find_row(survey, s->keys[i], out, &at)) >= 0)
            named[at] = true;
    for (int i = 0; i < survey->count && ret >= 0; i++)
        survey->rows[i].gone = survey->rows[i].gone || !named[i];
    av_free(named);
    return ret;
}

int select_rows(const Selection *s, const Store *store, Survey *survey, Outcome *out)
{
    double now = record_now();
    int ret = s->nb_keys ? select_keys(s, survey, out) : 0;

    for (int i = 0; i < survey->count && ret >= 0; i++) {
        SurveyRow *row = &survey->rows[i];
        if (!row->gone && (ret = is_selected(s, store, row, now)) >= 0)
            row->gone = !ret;
    }
    return FFMIN(ret, 0);
}

void select_generations(const Selection *s, Survey *survey)
{
    double now = record_now();
    int kept = 0;

    for (int i = 0; i < survey->nb_generations; i++) {
        const SurveyGeneration *g = &survey->generations[i];
        if (is_of_label(s, g->project, g->model) && is_of_age(s, g->when, now))
            survey->generations[kept++] = *g;
    }
    survey->nb_generations = kept;
}

int select_count(const Survey *survey)
{
    int count = 0;

    for (int i = 0; i < survey->count; i++)
        count += !survey->rows[i].gone;
    return count;
}
