/* i2v: the command: the page of one model
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/model_page.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>

#include "base/text.h"
#include "engine/schema.h"

/* The names in the row, its own first, and those that the gateway has, with repetitions.
 * @return NULL behind the last one */
static const char *any_name(const ModelPage *page, int which)
{
    const char *names[4], *slash = NULL;
    int count = 0;

    if (page->model) {
        names[count++] = page->model->name;
        slash = model_is_learned(page->model) ? NULL : strchr(page->model->name, '/');
    }
    if (page->model && page->model->alias)
        names[count++] = page->model->alias;
    if (slash) /* without the developer in front */
        names[count++] = slash + 1;
    if (page->entry >= 0)
        names[count++] = catalogue_id(page->catalogue, page->entry);
    if (which < count)
        return names[which];
    return page->entry < 0 ? NULL
                           : catalogue_alias(page->catalogue, page->entry, which - count);
}

ModelPage page_of_row(const Model *model, const Catalogue *catalogue,
                      const Catalogue *retirements)
{
    ModelPage page = {model, catalogue, -1, retirements};
    const char *name;
    for (int i = 0; page.entry < 0 && (name = any_name(&page, i)); i++)
        page.entry = catalogue_find(catalogue, name);
    return page;
}

const char *page_name(const ModelPage *page)
{
    return any_name(page, 0);
}

const char *page_other_name(const ModelPage *page, int which)
{
    const char *name;
    for (int i = 0; (name = any_name(page, i)); i++) {
        int earlier = 0;
        while (earlier < i && strcmp(any_name(page, earlier), name))
            earlier++;
        if (i && earlier == i && !which--)
            return name;
    }
    return NULL;
}

int page_retirement(const ModelPage *page, CatalogueRetirement *retirement)
{
    const char *name;
    for (int i = 0; (name = any_name(page, i)); i++)
        if (catalogue_retirement(page->retirements, name, retirement) >= 0)
            return 0;
    return AVERROR(ENOENT);
}

void page_state(const ModelPage *page, char *text, size_t size)
{
    CatalogueRetirement end;
    AVBPrint state;

    av_bprint_init_for_buffer(&state, text, (unsigned)size);
    if (page_retirement(page, &end) >= 0 && end.status) {
        bool gone = !av_strcasecmp(end.status, "withdrawn");
        av_bprintf(&state, "%s", end.status);
        if (end.shutdown_at)
            av_bprintf(&state, " %s %s", gone ? "on" : "until", end.shutdown_at);
        if (end.replaced_by)
            av_bprintf(&state, "; %s %s", gone ? "use" : "then", end.replaced_by);
    } else {
        av_bprintf(&state, "%s",
                   !page->catalogue  ? "-"
                   : page->entry < 0 ? "not listed"
                                     : "served");
    }
    if (!page->model)
        av_bprintf(&state, ", sent with generic names");
}

void page_price(const ModelPage *page, char *text, size_t size)
{
    if (page->entry < 0 || !engine_default()->price_text)
        av_strlcpy(text, "-", size);
    else
        engine_default()->price_text(page->catalogue, page->entry, text, size);
}

const char *page_audio(const ModelPage *page)
{
    static const char *const words[] = {
        [MODEL_AUDIO_ALWAYS] = "always", [MODEL_AUDIO_NEVER] = "never",
        [MODEL_AUDIO_ON] = "on",         [MODEL_AUDIO_OFF] = "off",
        [MODEL_AUDIO_UNKNOWN] = "-",
    };
    return page->model ? words[page->model->audio] : "-";
}

const char *page_end_image(const ModelPage *page)
{
    const Model *model = page->model;
    if (!model)
        return "-";
    return model->needs_end_image ? "needed" : model->end_image_field ? "yes" : "no";
}

/* As JSON */

static void add_text(cJSON *object, const char *name, const char *value)
{
    cJSON_AddItemToObject(object, name,
                          value ? cJSON_CreateString(value) : cJSON_CreateNull());
}

static void add_number(cJSON *object, const char *name, double value)
{
    cJSON_AddItemToObject(object, name,
                          value > 0 ? cJSON_CreateNumber(value) : cJSON_CreateNull());
}

static void add_names(cJSON *object, const char *name, const char *const *values)
{
    cJSON *array = cJSON_AddArrayToObject(object, name);
    for (; values && *values; values++)
        cJSON_AddItemToArray(array, cJSON_CreateString(*values));
}

static void add_durations(cJSON *object, const Model *model)
{
    cJSON *array = cJSON_AddArrayToObject(object, "durations");
    for (const int *seconds = model->durations; *seconds; seconds++)
        cJSON_AddItemToArray(array, cJSON_CreateNumber(*seconds));
    for (int i = model->shortest; i && i <= model->longest; i++)
        cJSON_AddItemToArray(array, cJSON_CreateNumber(i));
    add_number(object, "duration", model->duration);
}

static void add_fields(cJSON *object, const Model *model)
{
    cJSON *array = cJSON_AddArrayToObject(object, "fields");
    for (const ModelField *field = model->fields; field && field->name; field++) {
        cJSON *one = cJSON_CreateObject();
        add_text(one, "name", field->name);
        add_text(one, "type", model_type_name(field->type));
        add_names(one, "values", field->words);
        if (field->min != 0 || field->max != 0) {
            cJSON_AddNumberToObject(one, "min", field->min);
            cJSON_AddNumberToObject(one, "max", field->max);
        }
        if (field->longest)
            cJSON_AddNumberToObject(one, "longest", field->longest);
        add_text(one, "default", field->value);
        cJSON_AddItemToArray(array, one);
    }
}

static void add_still(cJSON *object, const Model *model)
{
    cJSON *still = cJSON_AddObjectToObject(object, "still"), *sizes;

    cJSON_AddBoolToObject(still, "exact", model->exact);
    sizes = cJSON_AddArrayToObject(still, "sizes");
    for (const ModelSize *size = model->sizes; size && size->width; size++) {
        cJSON *one = cJSON_CreateObject();
        add_text(one, "resolution", size->resolution);
        add_text(one, "aspect_ratio", size->aspect_ratio);
        cJSON_AddNumberToObject(one, "width", size->width);
        cJSON_AddNumberToObject(one, "height", size->height);
        cJSON_AddItemToArray(sizes, one);
    }
    add_number(still, "min_side", model->min_side);
    add_number(still, "max_ratio", model->max_ratio);
    add_number(still, "max_bytes", (double)model->max_bytes);
}

static void add_rules(cJSON *object, const Model *model)
{
    cJSON *array = cJSON_AddArrayToObject(object, "rules");
    for (int i = 0; i < MODEL_RULES && model->rules[i].when; i++) {
        cJSON *rule = cJSON_CreateObject();
        add_text(rule, "when", model->rules[i].when);
        add_text(rule, "is", model->rules[i].is);
        add_text(rule, "field", model->rules[i].field);
        add_text(rule, "only", model->rules[i].only);
        cJSON_AddItemToArray(array, rule);
    }
}

static void add_row(cJSON *object, const ModelPage *page)
{
    const Model *model = page->model;

    add_durations(object, model);
    add_names(object, "resolutions", model->resolutions);
    add_text(object, "resolution", model->resolution);
    add_names(object, "aspect_ratios", model->aspect_ratios);
    add_text(object, "audio", page_audio(page));
    add_text(object, "end_image", page_end_image(page));
    add_number(object, "longest_prompt", model->longest_prompt);
    add_text(object, "prompt_instead", model->prompt_instead);
    add_fields(object, model);
    add_rules(object, model);
    add_still(object, model);
    add_number(object, "latency", model->latency);
}

static void add_gateway(cJSON *object, const ModelPage *page)
{
    const cJSON *pricing =
        page->entry >= 0 ? catalogue_pricing(page->catalogue, page->entry) : NULL;
    CatalogueRetirement end;
    char text[PAGE_TEXT];

    cJSON_AddItemToObject(object, "listed",
                          page->catalogue ? cJSON_CreateBool(page->entry >= 0)
                                          : cJSON_CreateNull());
    page_price(page, text, sizeof(text));
    add_text(object, "price", page->entry >= 0 ? text : NULL);
    cJSON_AddItemToObject(object, "pricing",
                          pricing ? cJSON_Duplicate(pricing, 1) : cJSON_CreateNull());
    page_retirement(page, &end);
    add_text(object, "retirement", end.status);
    add_text(object, "shutdown_at", end.shutdown_at);
    add_text(object, "replaced_by", end.replaced_by);
}

cJSON *page_json(const ModelPage *page)
{
    cJSON *object = cJSON_CreateObject(), *aliases;
    const char *alias;

    add_text(object, "name", page_name(page));
    aliases = cJSON_AddArrayToObject(object, "aliases");
    for (int i = 0; (alias = page_other_name(page, i)); i++)
        cJSON_AddItemToArray(aliases, cJSON_CreateString(alias));
    cJSON_AddBoolToObject(object, "known", page->model != NULL);
    cJSON_AddBoolToObject(object, "schema", page->model && page->model->schema);
    add_gateway(object, page);
    if (page->model)
        add_row(object, page);
    return object;
}

/* For people */

__attribute__((format(printf, 2, 3))) static void print_line(const char *name,
                                                             const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("  %-16s ", name);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
}

/* A line whose value was put together; the next may be. */
static void print_list(const char *name, AVBPrint *list)
{
    print_line(name, "%s", list->str);
    av_bprint_clear(list);
}

static void print_choices(const Model *model)
{
    AVBPrint text;

    av_bprint_init(&text, 0, AV_BPRINT_SIZE_AUTOMATIC);
    av_bprintf(&text, model->takes_no_prompt ? "not taken" : "what happens in the clip");
    if (model->longest_prompt)
        av_bprintf(&text, ", at most %d characters", model->longest_prompt);
    if (model->prompt_instead)
        av_bprintf(&text, "; or the field %s in its place", model->prompt_instead);
    print_list("prompt", &text);

    model_list_durations(model, &text);
    av_bprintf(&text, text.len ? " seconds" : "left to the model");
    if (model->duration)
        av_bprintf(&text, " (default %d)", model->duration);
    print_list("duration", &text);

    model_list_names(model->resolutions, &text);
    if (!text.len)
        av_bprintf(&text, "left to the model");
    else if (model->resolution)
        av_bprintf(&text, " (default %s)", model->resolution);
    print_list("resolution", &text);

    model_list_names(model->aspect_ratios, &text);
    if (!text.len)
        av_bprintf(&text, "the still's");
    else if (model->follows)
        av_bprintf(&text, " (default %s, as the still)", model->follows);
    else
        av_bprintf(&text, " (default: the nearest to the still's)");
    print_list("aspect_ratio", &text);
}

static void print_field(const Model *model, const char *name)
{
    const ModelField *field = model_field(model, name);

    AVBPrint text;
    if (!field) {
        print_line(name, "not taken");
        return;
    }
    av_bprint_init(&text, 0, AV_BPRINT_SIZE_AUTOMATIC);
    model_list_values(field, &text);
    if (field->value)
        av_bprintf(&text, " (default %s)", field->value);
    if (schema_requires(model->schema, name))
        av_bprintf(&text, " (needed)");
    print_list(name, &text);
}

static void print_options(const Model *model)
{
    static const char *const audio[] = {
        [MODEL_AUDIO_ALWAYS] = "always there",
        [MODEL_AUDIO_NEVER] = "never there",
        [MODEL_AUDIO_ON] = "true or false (default true)",
        [MODEL_AUDIO_OFF] = "true or false (default false)",
        [MODEL_AUDIO_UNKNOWN] = "as the model makes it; there is no switch",
    };

    printf("\nOptions:\n");
    print_choices(model);
    print_line("audio", "%s", audio[model->audio]);
    print_line("end_image", "%s",
               model->needs_end_image   ? "needed"
               : model->end_image_field ? "taken"
                                        : "not taken");
    print_field(model, "negative_prompt");
    print_field(model, "seed");
}

static void print_fields(const Model *model)
{
    const char *title = "\nFurther fields, for the option params:\n";
    for (const ModelField *field = model->fields; field && field->name; field++) {
        if (text_is_among(field->name, "negative_prompt|seed"))
            continue;
        printf("%s", title);
        title = "";
        print_field(model, field->name);
    }
}

static void print_rules(const Model *model)
{
    if (model->rules[0].when)
        printf("\nBetween them:\n");
    for (int i = 0; i < MODEL_RULES && model->rules[i].when; i++) {
        const ModelRule *rule = &model->rules[i];
        printf("  with %s%s%s, %s must be", rule->when, rule->is ? " " : "",
               rule->is ? rule->is : "", rule->field);
        for (const char *at = rule->only; *at; at += at[0] == '|') {
            size_t length = strcspn(at, "|");
            printf("%s %.*s", at == rule->only ? "" : " or", (int)length, at);
            at += length;
        }
        putchar('\n');
    }
}

static void print_still(const Model *model)
{
    printf("\nThe still:\n");
    if (!model->image_field) {
        printf("  none: it makes no clip of one still\n");
        return;
    }
    for (const ModelSize *size = model->sizes; size && size->width; size++)
        printf("  at %s %s %s %dx%d\n", size->resolution, size->aspect_ratio,
               model->exact ? "exactly" : "best", size->width, size->height);
    if (model->min_side)
        printf("  the shorter side at least %d pixels\n", model->min_side);
    if (model->max_ratio > 0)
        printf("  the longer side at most %.4g times the shorter\n", model->max_ratio);
    if (model->max_bytes)
        printf("  at most %.4g MB\n", (double)model->max_bytes / 1e6);
    if (!model->sizes && !model->min_side && model->max_ratio <= 0 && !model->max_bytes)
        printf("  any\n");
    else
        printf("What does not fit is made to fit, as the option fit says.\n");
}

void page_print(const ModelPage *page)
{
    char text[PAGE_TEXT];
    CatalogueRetirement end;
    const char *name;

    printf("%s\n", page_name(page));
    for (int i = 0; (name = page_other_name(page, i)); i++)
        print_line(i ? "" : "also known as", "%s", name);
    page_state(page, text, sizeof(text));
    print_line("state", "%s", text);
    if (page_retirement(page, &end) >= 0 && end.reason)
        print_line("reason", "%s", end.reason);
    page_price(page, text, sizeof(text));
    print_line("price", "%s", text);
    if (!page->model) {
        printf(
            "\nWhat it takes is not known, and the gateway has no schema of it: the options are sent as they are "
            "given,\nand the gateway says what it does not take.\n");
        return;
    }
    if (page->model->latency)
        print_line("typical time", "%d s", page->model->latency);
    print_options(page->model);
    print_fields(page->model);
    print_rules(page->model);
    print_still(page->model);
}
