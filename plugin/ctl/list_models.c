/* i2v: the command: the list of models, and one whole
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/mem.h>

#include "engine/engine.h"
#include "ctl/model_page.h"
#include "ctl/print.h"
#include "request/options.h"
#include "request/request.h"
#include "base/text.h"
#include "journey/learn.h"
#include "store/store.h"

/* What the gateway says, as far as it does. */
typedef struct Answers {
    Request *place; ///< where the gateway is; nothing else of it is set
    Catalogue *models;
    Catalogue *retirements;
    char why[256]; ///< there are no models in it, when that is so
    Store *store;  ///< that keeps what models take, or NULL
    Model **learned;
    int nb_learned;
} Answers;

static void answers_clear(Answers *answers)
{
    catalogue_free(&answers->models);
    catalogue_free(&answers->retirements);
    for (int i = 0; i < answers->nb_learned; i++)
        schema_model_free(&answers->learned[i]);
    av_freep(&answers->learned);
    store_close(&answers->store);
    request_free(&answers->place);
}

/* What is asked for is public: no key is looked for. Looking makes no store, and where
 * nothing can be kept that is no matter. */
static int find_gateway(const AVDictionary *given, bool make, Outcome *out,
                        Answers *answers)
{
    Options *options = NULL;
    Outcome quiet = {.quiet = true};
    char *directory = NULL;
    int ret = ctl_gather(given, out, &options);

    if (ret >= 0 && !(answers->place = av_mallocz(sizeof(*answers->place))))
        ret = AVERROR(ENOMEM);
    if (ret >= 0)
        ret = request_check_origin(answers->place, options, out);
    if (ret >= 0 && request_find_store(options, &quiet, &directory) >= 0 &&
        (make || access(directory, F_OK) == 0))
        store_open(directory, &quiet, &answers->store);
    av_free(directory);
    options_free(&options);
    return ret;
}

static LearnFrom learn_from(const Answers *answers, const AVIOInterruptCB *interrupt)
{
    const Request *place = answers->place;
    return (LearnFrom){place->engine, request_source(place, interrupt), answers->store};
}

/* @param model  or NULL for all
 * @return 0, also when the gateway does not answer; a negative AVERROR when interrupted
 * or without memory */
static int ask(const AVIOInterruptCB *interrupt, const char *model, Outcome *out,
               Answers *answers)
{
    const LearnFrom from = learn_from(answers, interrupt);
    const Engine *engine = answers->place->engine;
    char why[256];
    int ret = AVERROR(ENOSYS);

    if (engine->list)
        ret = engine->list(&from.source, model, &answers->models, answers->why,
                           sizeof(answers->why));
    else
        av_strlcpy(answers->why, "it lists none", sizeof(answers->why));
    if (ret >= 0 && engine->retirements) {
        ret = learn_retirements(&from, &answers->retirements, why, sizeof(why));
        if (ret < 0 && ret != AVERROR(EINTR))
            outcome_say(out, AV_LOG_WARNING,
                        "%s cannot be asked which models are retired: %s.",
                        from.source.origin, why);
    }
    return ret == AVERROR(EINTR) || ret == AVERROR(ENOMEM) ? ret : 0;
}

static void warn(const Answers *answers, Outcome *out)
{
    if (!answers->models)
        outcome_say(
            out, AV_LOG_WARNING,
            "%s cannot be asked for its models: %s; this is i2v's own table alone.",
            answers->place->origin, answers->why);
}

/* What models take, by their schemas */

/* Have a model for as long as the answers. Takes it over. @return 0 or AVERROR(ENOMEM) */
static int hold(Answers *answers, Model *model)
{
    int ret = model
                  ? av_dynarray_add_nofree(&answers->learned, &answers->nb_learned, model)
                  : 0;
    if (ret < 0)
        schema_model_free(&model);
    return ret;
}

static int use_kept(Answers *answers, ModelPage *page)
{
    const LearnFrom from = learn_from(answers, NULL);
    Model *model;
    bool due;
    int ret = learn_kept(&from, page_name(page), &model, &due);

    if (ret >= 0 && (ret = hold(answers, model)) >= 0 && model)
        page->model = model;
    return ret;
}

/* What the gateway says now, else what is kept. */
static int use_schema(Answers *answers, const AVIOInterruptCB *interrupt, bool updated,
                      ModelPage *page, Outcome *out)
{
    LearnFrom from = learn_from(answers, interrupt);
    Model *model = NULL;
    char why[128];
    int ret;

    if (!from.engine->schema)
        return 0;
    if (page->entry < 0 || updated)
        return use_kept(answers, page);
    from.store = NULL; // to look is not to keep
    ret = learn_entry(&from, answers->models, page->entry, &model, out, why, sizeof(why));
    if (ret == AVERROR(EINTR) || ret == AVERROR(ENOMEM))
        return ret;
    if (ret < 0) {
        outcome_say(out, AV_LOG_WARNING, "%s cannot be asked what %s takes: %s.",
                    from.source.origin, page_name(page), why);
        return use_kept(answers, page);
    }
    if ((ret = hold(answers, model)) >= 0 && model)
        page->model = model;
    return ret;
}

/* In a row; each may have been waited for. */
#define MOST_FAILURES 3

static int update(Answers *answers, const AVIOInterruptCB *interrupt, Outcome *out)
{
    const LearnFrom from = learn_from(answers, interrupt);
    int count = catalogue_count(answers->models), known = 0, failed = 0, ret = 0;
    char why[256];

    if (!from.engine->schema || !answers->models || !answers->store)
        return outcome_fail(
            out, answers->models ? FAILURE_STORE : FAILURE_GATEWAY, AVERROR(EIO),
            "What models take cannot be %s: %s.", answers->models ? "kept" : "asked for",
            answers->models ? "there is no store to keep it in" : answers->why);
    for (int i = 0; i < count; i++) {
        Model *model;
        ret = learn_entry(&from, answers->models, i, &model, out, why, sizeof(why));
        if (ret == AVERROR(EINTR) || ret == AVERROR(ENOMEM))
            return ret;
        failed = ret < 0 ? failed + 1 : 0;
        if (failed > MOST_FAILURES)
            return outcome_fail(out, FAILURE_GATEWAY, ret,
                                "%s cannot be asked what its models take: %s.",
                                from.source.origin, why);
        if (ret < 0)
            outcome_say(out, AV_LOG_WARNING, "%s cannot be asked what %s takes: %s.",
                        from.source.origin, catalogue_id(answers->models, i), why);
        known += model && ret >= 0;
        schema_model_free(&model);
    }
    if (!known && count)
        return outcome_fail(out, FAILURE_GATEWAY, ret < 0 ? ret : AVERROR(ENOENT),
                            "%s does not tell of any model what it takes.",
                            from.source.origin);
    outcome_say(out, AV_LOG_INFO, "What %d of the %d models of %s take is kept now.",
                known, count, from.source.origin);
    return 0;
}

/* All models: our rows, then what else the gateway serves */

static bool is_in_table(const Model *models, const Catalogue *catalogue, int n)
{
    const char *alias;
    bool known = model_find(models, catalogue_id(catalogue, n));
    for (int i = 0; !known && (alias = catalogue_alias(catalogue, n, i)); i++)
        known = model_find(models, alias);
    return known;
}

/* @return 0 and *pages, free with av_free(); AVERROR(ENOMEM) */
static int list_all(const Answers *answers, ModelPage **pages, int *count)
{
    const Catalogue *catalogue = answers->models;
    const Model *models = answers->place->engine->models;
    int rows = 0, n = 0;

    while (models[rows].name)
        rows++;
    *pages = av_calloc((size_t)(rows + catalogue_count(catalogue)), sizeof(**pages));
    if (!*pages)
        return AVERROR(ENOMEM);
    for (; n < rows; n++)
        (*pages)[n] = page_of_row(&models[n], catalogue, answers->retirements);
    for (int i = 0; i < catalogue_count(catalogue); i++) {
        bool listed = is_in_table(models, catalogue, i);
        for (int row = 0; row < rows; row++)
            listed |= (*pages)[row].entry == i;
        if (!listed)
            (*pages)[n++] = (ModelPage){NULL, catalogue, i, answers->retirements};
    }
    *count = n;
    return 0;
}

/* Whether one of its names holds a word. */
static bool is_named(const ModelPage *page, const char *word)
{
    const char *name = page_name(page);

    for (int i = 0; name && !av_stristr(name, word); i++)
        name = page_other_name(page, i);
    return name;
}

/* Those that are asked for, with what is kept of each. */
static int choose(Answers *answers, const char *word, ModelPage *pages, int *count)
{
    int left = 0, ret = 0;

    for (int i = 0; i < *count && ret >= 0; i++)
        if (!word || is_named(&pages[i], word))
            pages[left++] = pages[i];
    for (int i = 0; i < left && ret >= 0; i++)
        ret = use_kept(answers, &pages[i]);
    *count = left;
    return ret;
}

enum { NAME, SECONDS, RESOLUTIONS, AUDIO, END_IMAGE, PRICE, STATE, COLUMNS };

/* The width of a column counts in the table: a price that is longer becomes a range. */
#define WIDEST_PRICE 48

typedef struct Line {
    char cells[COLUMNS][PAGE_TEXT];
} Line;

static void fill_choices(const Model *model, char *names, char *seconds)
{
    AVBPrint list;

    av_bprint_init_for_buffer(&list, names, PAGE_TEXT);
    for (int i = 0; model->resolutions[i]; i++)
        av_bprintf(&list, "%s%s", i ? "," : "", model->resolutions[i]);
    av_bprint_init_for_buffer(&list, seconds, PAGE_TEXT);
    for (int i = 0; model->durations[i]; i++)
        av_bprintf(&list, "%s%d", i ? "," : "", model->durations[i]);
    if (model->longest)
        av_bprintf(&list, "%d-%d", model->shortest, model->longest);
}

static void fill(const ModelPage *page, Line *line)
{
    av_strlcpy(line->cells[NAME], page_name(page), PAGE_TEXT);
    if (page->model)
        fill_choices(page->model, line->cells[RESOLUTIONS], line->cells[SECONDS]);
    av_strlcpy(line->cells[AUDIO], page_audio(page), PAGE_TEXT);
    av_strlcpy(line->cells[END_IMAGE], page_end_image(page), PAGE_TEXT);
    page_price(page, line->cells[PRICE], WIDEST_PRICE + 1);
    page_state(page, line->cells[STATE], PAGE_TEXT);
    for (int column = 0; column < COLUMNS; column++)
        if (!line->cells[column][0])
            av_strlcpy(line->cells[column], "-", PAGE_TEXT);
}

static int print_table(const ModelPage *pages, int count)
{
    static const char *const titles[COLUMNS] = {
        "MODEL", "SECONDS", "RESOLUTIONS", "AUDIO", "END IMAGE", "PRICE", "STATE"};
    Line *lines = av_calloc((size_t)count + 1, sizeof(*lines));
    int widths[COLUMNS] = {0};

    if (!lines)
        return AVERROR(ENOMEM);
    for (int column = 0; column < COLUMNS; column++)
        av_strlcpy(lines[0].cells[column], titles[column], PAGE_TEXT);
    for (int i = 0; i < count; i++)
        fill(&pages[i], &lines[i + 1]);
    for (int i = 0; i <= count; i++)
        for (int column = 0; column < STATE; column++)
            widths[column] =
                FFMAX(widths[column], (int)text_length(lines[i].cells[column]));
    for (int i = 0; i <= count; i++) {
        for (int column = 0; column < STATE; column++) {
            const char *cell = lines[i].cells[column];
            printf("%s%*s  ", cell, widths[column] - (int)text_length(cell), "");
        }
        printf("%s\n", lines[i].cells[STATE]);
    }
    av_free(lines);
    return 0;
}

static int show_all(Answers *answers, const Arguments *arguments, Outcome *out)
{
    const char *word = arguments->i2v;
    ModelPage *pages;
    int count, ret = list_all(answers, &pages, &count);

    if (ret >= 0)
        ret = choose(answers, word, pages, &count);
    if (ret >= 0 && word && !count)
        ret = ctl_refuse(out, "No model has '%s' in its name.", word);
    if (ret < 0) {
        av_free(pages);
        return ret;
    }
    if (arguments->json) {
        cJSON *array = cJSON_CreateArray();
        for (int i = 0; i < count; i++)
            cJSON_AddItemToArray(array, page_json(&pages[i]));
        ret = ctl_print_json(array);
    } else {
        ret = print_table(pages, count);
    }
    av_free(pages);
    return ret;
}

/* One model */

static int refuse(const char *name, const Answers *answers, Outcome *out)
{
    CatalogueRetirement end;
    const char *use = "";

    if (!answers->models)
        return outcome_fail(
            out, FAILURE_GATEWAY, AVERROR(EIO),
            "The model %s is not in i2v's table, and %s cannot be asked for it: %s.",
            name, answers->place->origin, answers->why);
    if (catalogue_retirement(answers->retirements, name, &end) >= 0 && end.replaced_by)
        use = end.replaced_by;
    return ctl_refuse(out,
                      "%s serves no model %s%s%s%s%s; i2vctl models lists the models "
                      "that make clips from stills.",
                      answers->place->origin, name, end.status ? ", which is " : "",
                      end.status ? end.status : "",
                      *use ? "; it names in its place " : "", use);
}

static int show_one(const char *name, Answers *answers, const Arguments *arguments,
                    Outcome *out)
{
    int ret;
    const Model *model = model_find(answers->place->engine->models, name);
    ModelPage page = {NULL, answers->models, catalogue_find(answers->models, name),
                      answers->retirements};

    if (!model && page.entry >= 0)
        model = model_find(answers->place->engine->models,
                           catalogue_id(answers->models, page.entry));
    if (model)
        page = page_of_row(model, answers->models, answers->retirements);
    else if (page.entry < 0)
        return refuse(name, answers, out);
    warn(answers, out);
    if ((ret = use_schema(answers, arguments->interrupt, arguments->update, &page, out)) <
        0)
        return ret;
    if (arguments->json)
        return ctl_print_json(page_json(&page));
    page_print(&page);
    return 0;
}

static int check_arguments(const Arguments *arguments, Outcome *out)
{
    const char *other = ctl_other_option(arguments->options, "base_url,ca_file,store");

    if (other)
        return ctl_refuse(out,
                          "i2vctl models does not take the option %s; of a request's "
                          "options it takes base_url, ca_file and store.",
                          other);
    if (arguments->nb_words && arguments->i2v)
        return ctl_refuse(out, "i2vctl models takes the name of one model or --i2v WORD, "
                               "not both.");
    if (arguments->nb_words > 1 || (arguments->nb_words && !arguments->words[0][0]))
        return ctl_refuse(out,
                          "i2vctl models takes the name of one model, or none for all.");
    return 0;
}

int ctl_models(Arguments *arguments, Outcome *out)
{
    const char *name = arguments->nb_words ? arguments->words[0] : NULL;
    const Model *model = NULL;
    Answers answers = {0};
    int ret = check_arguments(arguments, out);

    if (ret >= 0)
        ret = find_gateway(arguments->options, arguments->update, out, &answers);
    if (ret >= 0 && !answers.place->engine->list)
        ret = ctl_refuse(out, "The engine %s does not say which models it has.",
                         answers.place->engine->name);
    if (ret >= 0 && name)
        model = model_find(answers.place->engine->models, name);
    if (ret >= 0)
        ret = ask(arguments->interrupt, model ? model->name : name, out, &answers);
    if (ret >= 0 && arguments->update)
        ret = update(&answers, arguments->interrupt, out);
    ctl_print_begin();
    if (ret >= 0 && name) {
        ret = show_one(name, &answers, arguments, out);
    } else if (ret >= 0) {
        warn(&answers, out);
        ret = show_all(&answers, arguments, out);
    }
    if (ret >= 0)
        ret = ctl_print_end("models", out);
    answers_clear(&answers);
    return outcome_end(out, FAILURE_REQUEST, ret);
}
