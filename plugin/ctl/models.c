/* i2v: the command: the models, and what each takes and costs
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/main.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>

#include "engine/engine.h"
#include "ctl/listing.h"
#include "request/options.h"
#include "request/request.h"
#include "base/text.h"

/* What the gateway says, as far as it does. */
typedef struct Answers {
    Request *place; ///< where the gateway is; nothing else of it is set
    Catalogue *models;
    Catalogue *retirements;
    char why[256]; ///< there are no models in it, when that is so
} Answers;

static void answers_clear(Answers *answers)
{
    catalogue_free(&answers->models);
    catalogue_free(&answers->retirements);
    request_free(&answers->place);
}

/* What is asked for is public: no key is looked for. */
static int find_gateway(AVDictionary *given, Request **place)
{
    AVDictionary *copy = NULL;
    Options *options = NULL;
    int ret = av_dict_copy(&copy, given, 0);

    *place = NULL;
    if (ret >= 0)
        ret = options_gather("", &copy, i2vctl_out, &options);
    if (ret >= 0 && !(*place = av_mallocz(sizeof(**place))))
        ret = AVERROR(ENOMEM);
    if (ret >= 0)
        ret = request_check_origin(*place, options, i2vctl_out);
    options_free(&options);
    av_dict_free(&copy);
    return ret;
}

/* @param model  or NULL for all
 * @return 0, also when the gateway does not answer; a negative AVERROR when interrupted
 * or without memory */
static int ask(const AVIOInterruptCB *interrupt, const char *model, Answers *answers)
{
    const CatalogueSource source = {.origin = answers->place->origin,
                                    .ca_file = answers->place->ca_file,
                                    .allow_http = answers->place->allow_http,
                                    .interrupt = interrupt};
    const Engine *engine = answers->place->engine;
    char why[256];
    int ret = AVERROR(ENOSYS);

    if (engine->list)
        ret = engine->list(&source, model, &answers->models, answers->why,
                           sizeof(answers->why));
    else
        av_strlcpy(answers->why, "it lists none", sizeof(answers->why));
    if (ret >= 0 && engine->retirements) {
        ret = engine->retirements(&source, &answers->retirements, why, sizeof(why));
        if (ret < 0 && ret != AVERROR(EINTR))
            av_log(i2vctl_log, AV_LOG_WARNING,
                   "%s cannot be asked which models are retired: %s.\n", source.origin,
                   why);
    }
    return ret == AVERROR(EINTR) || ret == AVERROR(ENOMEM) ? ret : 0;
}

static void warn(const Answers *answers)
{
    if (!answers->models)
        av_log(i2vctl_log, AV_LOG_WARNING,
               "%s cannot be asked for its models: %s; this is i2v's own table alone.\n",
               answers->place->origin, answers->why);
}

/* All models: our rows, then what else the gateway serves */

static bool is_in_table(const Catalogue *catalogue, int n)
{
    const char *alias;
    bool known = model_find(engine_default()->models, catalogue_id(catalogue, n));
    for (int i = 0; !known && (alias = catalogue_alias(catalogue, n, i)); i++)
        known = model_find(engine_default()->models, alias);
    return known;
}

/* @return 0 and *listings, free with av_free(); AVERROR(ENOMEM) */
static int list_all(const Answers *answers, Listing **listings, int *count)
{
    const Catalogue *catalogue = answers->models;
    const Model *models = engine_default()->models;
    int rows = 0, n = 0;

    while (models[rows].name)
        rows++;
    *listings =
        av_calloc((size_t)(rows + catalogue_count(catalogue)), sizeof(**listings));
    if (!*listings)
        return AVERROR(ENOMEM);
    for (; n < rows; n++)
        (*listings)[n] = listing_of_row(&models[n], catalogue, answers->retirements);
    for (int i = 0; i < catalogue_count(catalogue); i++) {
        bool listed = is_in_table(catalogue, i);
        for (int row = 0; row < rows; row++)
            listed |= (*listings)[row].entry == i;
        if (!listed)
            (*listings)[n++] = (Listing){NULL, catalogue, i, answers->retirements};
    }
    *count = n;
    return 0;
}

enum { NAME, SECONDS, RESOLUTIONS, AUDIO, END_IMAGE, PRICE, STATE, COLUMNS };

/* The width of a column counts in the table: a price that is longer becomes a range. */
#define WIDEST_PRICE 48

typedef struct Line {
    char cells[COLUMNS][LISTING_TEXT];
} Line;

static void join(const char *const *names, char *text)
{
    AVBPrint list;
    av_bprint_init_for_buffer(&list, text, LISTING_TEXT);
    for (int i = 0; names[i]; i++)
        av_bprintf(&list, "%s%s", i ? "," : "", names[i]);
    if (!names[0])
        av_bprintf(&list, "-");
}

static void join_durations(const Model *model, char *text)
{
    AVBPrint list;
    av_bprint_init_for_buffer(&list, text, LISTING_TEXT);
    for (int i = 0; model->durations[i]; i++)
        av_bprintf(&list, "%s%d", i ? "," : "", model->durations[i]);
    if (model->longest)
        av_bprintf(&list, "%d-%d", model->shortest, model->longest);
    if (!list.len)
        av_bprintf(&list, "-");
}

static void fill(const Listing *listing, Line *line)
{
    static const char *const nothing[] = {NULL};
    const Model *model = listing->model;

    av_strlcpy(line->cells[NAME], listing_name(listing), LISTING_TEXT);
    av_strlcpy(line->cells[SECONDS], "-", LISTING_TEXT);
    if (model)
        join_durations(model, line->cells[SECONDS]);
    join(model ? model->resolutions : nothing, line->cells[RESOLUTIONS]);
    av_strlcpy(line->cells[AUDIO], listing_audio(listing), LISTING_TEXT);
    av_strlcpy(line->cells[END_IMAGE], listing_end_image(listing), LISTING_TEXT);
    listing_price(listing, line->cells[PRICE], WIDEST_PRICE + 1);
    listing_state(listing, line->cells[STATE], LISTING_TEXT);
}

static int print_table(const Listing *listings, int count)
{
    static const char *const titles[COLUMNS] = {
        "MODEL", "SECONDS", "RESOLUTIONS", "AUDIO", "END IMAGE", "PRICE", "STATE"};
    Line *lines = av_calloc((size_t)count + 1, sizeof(*lines));
    int widths[COLUMNS] = {0};

    if (!lines)
        return AVERROR(ENOMEM);
    for (int column = 0; column < COLUMNS; column++)
        av_strlcpy(lines[0].cells[column], titles[column], LISTING_TEXT);
    for (int i = 0; i < count; i++)
        fill(&listings[i], &lines[i + 1]);
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

static int show_all(const Answers *answers, bool json)
{
    Listing *listings;
    int count, ret = list_all(answers, &listings, &count);

    if (ret < 0)
        return ret;
    if (json) {
        cJSON *array = cJSON_CreateArray();
        for (int i = 0; i < count; i++)
            cJSON_AddItemToArray(array, listing_json(&listings[i]));
        ret = i2vctl_print_json(array);
    } else {
        ret = print_table(listings, count);
    }
    av_free(listings);
    return ret;
}

/* One model */

static int refuse(const char *name, const Answers *answers, Failure *failure)
{
    CatalogueRetirement end;
    const char *use = "";

    *failure = FAILURE_REQUEST;
    if (!answers->models) {
        *failure = FAILURE_GATEWAY;
        av_log(i2vctl_log, AV_LOG_ERROR,
               "The model %s is not in i2v's table, and %s cannot be asked for it: %s.\n",
               name, answers->place->origin, answers->why);
        return AVERROR(EIO);
    }
    if (catalogue_retirement(answers->retirements, name, &end) >= 0 && end.replaced_by)
        use = end.replaced_by;
    av_log(i2vctl_log, AV_LOG_ERROR,
           "%s serves no model %s%s%s%s%s; i2vctl models lists the models that make "
           "clips from stills.\n",
           answers->place->origin, name, end.status ? ", which is " : "",
           end.status ? end.status : "", *use ? "; it names in its place " : "", use);
    return AVERROR(EINVAL);
}

static int show_one(const char *name, const Answers *answers, bool json, Failure *failure)
{
    const Model *model = model_find(engine_default()->models, name);
    Listing listing = {NULL, answers->models, catalogue_find(answers->models, name),
                       answers->retirements};

    if (!model && listing.entry >= 0)
        model = model_find(engine_default()->models,
                           catalogue_id(answers->models, listing.entry));
    if (model)
        listing = listing_of_row(model, answers->models, answers->retirements);
    else if (listing.entry < 0)
        return refuse(name, answers, failure);
    warn(answers);
    if (json)
        return i2vctl_print_json(listing_json(&listing));
    listing_print(&listing);
    return 0;
}

static int check_arguments(const Arguments *arguments)
{
    const AVDictionaryEntry *entry = NULL;

    while ((entry = av_dict_get(arguments->options, "", entry, AV_DICT_IGNORE_SUFFIX))) {
        if (av_match_list(entry->key, "base_url,ca_file", ',') > 0)
            continue;
        av_log(i2vctl_log, AV_LOG_ERROR,
               "i2vctl models does not take the option %s; of a request's options it "
               "takes base_url and ca_file.\n",
               entry->key);
        return AVERROR(EINVAL);
    }
    if (arguments->nb_words > 1 || (arguments->nb_words && !arguments->words[0][0])) {
        av_log(i2vctl_log, AV_LOG_ERROR,
               "i2vctl models takes the name of one model, or none for all.\n");
        return AVERROR(EINVAL);
    }
    return 0;
}

int i2vctl_models(Arguments *arguments, const AVIOInterruptCB *interrupt,
                  Failure *failure)
{
    const char *name = arguments->nb_words ? arguments->words[0] : NULL;
    const Model *model = name ? model_find(engine_default()->models, name) : NULL;
    Answers answers = {0};
    int ret = check_arguments(arguments);

    *failure = FAILURE_REQUEST;
    if (ret >= 0)
        ret = find_gateway(arguments->options, &answers.place);
    if (ret >= 0)
        ret = ask(interrupt, model ? model->name : name, &answers);
    i2vctl_end_with_reader();
    if (ret >= 0 && name) {
        ret = show_one(name, &answers, arguments->json, failure);
    } else if (ret >= 0) {
        warn(&answers);
        ret = show_all(&answers, arguments->json);
    }
    if (ret >= 0 && (fflush(stdout) || ferror(stdout))) {
        *failure = FAILURE_STORE;
        ret = AVERROR(errno ? errno : EIO);
        av_log(i2vctl_log, AV_LOG_ERROR, "Cannot print the models: %s.\n",
               av_err2str(ret));
    }
    answers_clear(&answers);
    return ret;
}
