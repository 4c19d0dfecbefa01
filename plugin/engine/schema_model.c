/* i2v: what a model takes, made out of its schema
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/schema_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/json.h"
#include "base/text.h"
#include "engine/schema.h"

/* Of a length without an upper bound. */
#define LONGEST_S 3600

/* A field whose name is longer carries no still. */
#define NAME_SIZE 64

typedef struct Learned {
    Model model; ///< the first: it is what is handed out
    cJSON *document;
    char *name;
    ModelField *fields;
    const char ***words; ///< of each field, or NULL
    char **texts;        ///< of numbers among words and defaults
    int nb_fields, nb_texts;
    bool failed; ///< for want of memory
} Learned;

/* Texts that must be made */

static const char *keep(Learned *l, char *text)
{
    if (text && av_dynarray_add_nofree(&l->texts, &l->nb_texts, text) < 0)
        av_freep(&text);
    l->failed |= !text;
    return text;
}

/* A value as params would have it; NULL for what is no single one, or without memory. */
static const char *text_of(Learned *l, const cJSON *value)
{
    if (cJSON_IsString(value))
        return text_is_plain(value->valuestring) ? value->valuestring : NULL;
    if (cJSON_IsBool(value))
        return cJSON_IsTrue(value) ? "true" : "false";
    if (!cJSON_IsNumber(value))
        return NULL;
    char *printed = cJSON_PrintUnformatted(value); // not in the host's locale
    const char *text = keep(l, printed ? av_strdup(printed) : NULL);
    cJSON_free(printed);
    return text;
}

/* Which field is which */

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* Whether a word ends at a place of a name: "image_url", "imageUrl", "image1". */
static bool ends_at(const char *at)
{
    return strchr("_-0123456789", *at) || (is_upper(*at) && !is_upper(at[-1]));
}

/* Whether one of these is a word of a name. */
static bool has_word(const char *name, const char *const *words)
{
    for (; *words; words++)
        for (const char *at = name; (at = av_stristr(at, *words)); at++)
            if ((at == name || ends_at(at) || strchr("_-", at[-1])) &&
                ends_at(at + strlen(*words)))
                return true;
    return false;
}

static const char *const ends[] = {"last", "tail", "end", NULL};

/* A URL of a picture, one or several, that is neither the last nor meant for something
 * else. */
static bool is_picture(const cJSON *property, bool last)
{
    static const char *const pictures[] = {"image", "img",   "frame", "picture",
                                           "photo", "still", NULL};
    static const char *const others[] = {"mask",  "style",  "alpha",  "video",
                                         "audio", "prompt", "size",   "type",
                                         "mode",  "rate",   "format", NULL};
    const char *name = property->string;

    return has_word(name, pictures) && !has_word(name, others) &&
           has_word(name, ends) == last && schema_may_be(property, "string") &&
           !json_member(property, "enum") && strlen(name) < NAME_SIZE &&
           !name[strcspn(name, ".[")];
}

static const char *find_picture(const Learned *l, bool last)
{
    const cJSON *property;
    const char *found = NULL;

    cJSON_ArrayForEach(property, json_member(l->model.schema, "properties"))
    {
        if (!is_picture(property, last))
            continue;
        /* Of several the one that the request cannot do without, else the first. */
        if (!found || (!schema_requires(l->model.schema, found) &&
                       schema_requires(l->model.schema, property->string)))
            found = property->string;
    }
    return found;
}

/* A list of pictures that may be one of a single one, "image_list[]"; or NULL. */
static const char *find_pictures(Learned *l)
{
    static const char *const names[] = {"image_urls", "image_list", "images",
                                        "reference_image_urls"};

    for (size_t i = 0; i < FF_ARRAY_ELEMS(names); i++) {
        const cJSON *property = schema_property(l->model.schema, names[i]);
        if (schema_may_be(property, "array") && json_number(property, "minItems", 0) <= 1)
            return keep(l, av_asprintf("%s[]", names[i]));
    }
    return NULL;
}

/* Whether the field of a path such as "keyframes.frame0.url" is there. */
static bool has_field(const Learned *l, const char *path)
{
    char name[NAME_SIZE];

    model_path_field(path ? path : "", name, sizeof(name));
    return *name && schema_property(l->model.schema, name);
}

static const char *first_of(const Learned *l, const char *const *names)
{
    while (*names && !schema_property(l->model.schema, *names))
        names++;
    return *names;
}

static void find_stills(Learned *l)
{
    static const char *const usual[] = {"image_url", "first_frame_image_url", "image",
                                        NULL};
    static const char *const usual_ends[] = {"last_image_url", "tail_image_url",
                                             "end_image_url", NULL};
    Model *m = &l->model;

    if (!has_field(l, m->image_field))
        m->image_field = first_of(l, usual);
    if (!m->image_field)
        m->image_field = find_picture(l, false);
    if (!m->image_field)
        m->image_field = find_pictures(l);
    if (!has_field(l, m->end_image_field))
        m->end_image_field = first_of(l, usual_ends);
    if (!m->end_image_field)
        m->end_image_field = find_picture(l, true);
    m->needs_end_image =
        m->end_image_field && (schema_requires(l->model.schema, m->end_image_field) ||
                               (l->model.row && l->model.row->needs_end_image));
}

static void find_audio(Learned *l)
{
    static const char *const sound[] = {"audio", "sound", NULL};
    static const char *const others[] = {"keep", "url", "urls", NULL};
    const cJSON *property, *found = NULL;
    Model *m = &l->model;

    if (m->audio_field)
        found = schema_property(l->model.schema, m->audio_field);
    cJSON_ArrayForEach(property, json_member(l->model.schema, "properties"))
    {
        if (!found && schema_may_be(property, "boolean") &&
            has_word(property->string, sound) && !has_word(property->string, others))
            found = property;
    }
    m->audio_field = found ? found->string : NULL;
    if (found && m->row && (m->audio == MODEL_AUDIO_ON || m->audio == MODEL_AUDIO_OFF) &&
        !json_member(found, "default"))
        return;
    if (found)
        m->audio = cJSON_IsFalse(json_member(found, "default")) ? MODEL_AUDIO_OFF
                                                                : MODEL_AUDIO_ON;
    else if (!l->model.row || l->model.row->audio_field)
        m->audio = MODEL_AUDIO_UNKNOWN;
}

/* Values */

/* The texts of an enumeration. @return false when there are too many, or other things */
static bool take_names(const cJSON *property, const char **names)
{
    const cJSON *list = json_member(property, "enum"), *item;
    int count = 0;

    memset(names, 0, MODEL_CHOICES * sizeof(*names));
    cJSON_ArrayForEach(item, list)
    {
        if (!cJSON_IsString(item) || count == MODEL_CHOICES - 1) {
            memset(names, 0, MODEL_CHOICES * sizeof(*names));
            return false;
        }
        names[count] = item->valuestring;
        count += text_is_plain(item->valuestring);
    }
    return true;
}

static void take_resolution(Learned *l)
{
    const cJSON *property = schema_property(l->model.schema, "resolution");
    Model *m = &l->model;

    bool listed = take_names(property, m->resolutions);
    /* What the request was stays what it was, while it is taken. */
    if (!property ||
        (listed && m->resolutions[0] && !text_is_listed(m->resolution, m->resolutions)))
        m->resolution = json_text(property, "default");
}

static void take_ratio(Learned *l)
{
    static const char *const names[] = {"aspect_ratio", "ratio", NULL};
    Model *m = &l->model;

    if (!has_field(l, m->ratio_field))
        m->ratio_field = first_of(l, names);
    take_names(schema_property(l->model.schema, m->ratio_field ? m->ratio_field : ""),
               m->aspect_ratios);
    if (!text_is_listed(m->follows, m->aspect_ratios))
        m->follows = NULL;
    for (const char *const *name = m->aspect_ratios; *name && !l->model.row; name++)
        if (!strcmp(*name, "auto") || !strcmp(*name, "adaptive"))
            m->follows = *name;
    if (!m->ratio_field)
        m->ratio_field = names[0];
}

static int whole(double seconds)
{
    int number = (int)av_clipd(seconds, 0, LONGEST_S + 1);
    return number <= LONGEST_S && number == seconds ? number : 0;
}

/* A whole number of seconds, "8" or 8; 0 for anything else. */
static int seconds_of(const cJSON *value)
{
    const char *text = cJSON_GetStringValue(value);

    if (text)
        return *text && !text[strspn(text, "0123456789")] && strlen(text) < 6
                   ? whole(atoi(text))
                   : 0;
    return cJSON_IsNumber(value) ? whole(value->valuedouble) : 0;
}

/* The lengths of an enumeration: all of a range, or some. */
static void take_lengths(const cJSON *list, Model *m)
{
    const cJSON *item;
    int count = 0, least = LONGEST_S, most = 0, all = 0;

    cJSON_ArrayForEach(item, list)
    {
        int seconds = seconds_of(item);
        if (!seconds)
            continue;
        least = FFMIN(least, seconds);
        most = FFMAX(most, seconds);
        if (count < MODEL_CHOICES - 1)
            m->durations[count++] = seconds;
        all++;
    }
    /* A long list that is no range is left to the schema itself. */
    if (all < 4 || (most - least + 1 != all && count == all))
        return;
    memset(m->durations, 0, sizeof(m->durations));
    m->shortest = FFMAX(least, 1);
    m->longest = most;
}

static void take_duration(Learned *l)
{
    static const char *const names[] = {"duration", "seconds", "duration_seconds",
                                        "video_length", NULL};
    Model *m = &l->model;
    int before = m->duration;

    memset(m->durations, 0, sizeof(m->durations));
    m->shortest = m->longest = m->duration = 0;
    m->duration_field = first_of(l, names);
    const cJSON *property =
        m->duration_field ? schema_property(l->model.schema, m->duration_field) : NULL;
    if (!property)
        return;
    const cJSON *list = json_member(property, "enum");
    if (cJSON_IsArray(list)) {
        take_lengths(list, m);
    } else {
        m->shortest =
            (int)av_clipd(ceil(json_number(property, "minimum", 1)), 1, LONGEST_S);
        m->longest =
            (int)av_clipd(json_number(property, "maximum", LONGEST_S), 1, LONGEST_S);
    }
    m->duration = before && model_takes_duration(m, before)
                      ? before
                      : seconds_of(json_member(property, "default"));
}

static void take_prompt(Learned *l)
{
    const cJSON *prompt = schema_property(l->model.schema, "prompt");
    double longest = json_number(prompt, "maxLength", 0);
    Model *m = &l->model;

    m->takes_no_prompt = !prompt;
    if (longest >= 1 && longest < 1e7)
        m->longest_prompt = (int)longest;
    m->prompt_instead = schema_property(l->model.schema, "multi_prompt") &&
                                !schema_requires(l->model.schema, "prompt")
                            ? "multi_prompt"
                            : NULL;
}

/* Further fields */

static ModelFieldType type_of(const cJSON *property)
{
    static const struct {
        const char *name;
        ModelFieldType type;
    } types[] = {
        {"string", MODEL_TEXT},  {"integer", MODEL_INTEGER}, {"number", MODEL_NUMBER},
        {"boolean", MODEL_BOOL}, {"array", MODEL_LIST},      {"object", MODEL_OBJECT},
    };
    const char *type = json_text(property, "type"),
               *format = json_text(property, "format");

    for (size_t i = 0; type && i < FF_ARRAY_ELEMS(types); i++)
        if (!strcmp(types[i].name, type) && !json_member(property, "nullable"))
            return format && !strcmp(format, "uri") ? MODEL_URL : types[i].type;
    return MODEL_ANY;
}

/* Its words as texts, NULL when it has none or other things are among them. */
static const char **words_of(Learned *l, const cJSON *property)
{
    const cJSON *list = json_member(property, "enum"), *item;
    const char **words =
        cJSON_IsArray(list) && list->child
            ? av_calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof(*words))
            : NULL;
    int count = 0;

    for (item = words ? list->child : NULL; item; item = item->next) {
        words[count] = text_of(l, item);
        if (!words[count++]) {
            av_freep(&words);
            break;
        }
    }
    return words;
}

static void take_field(Learned *l, const cJSON *property)
{
    const ModelField *known =
        l->model.row ? model_field(l->model.row, property->string) : NULL;
    ModelField *field = &l->fields[l->nb_fields];
    double longest =
        json_number(property, "maxLength", json_number(property, "maxItems", 0));

    *field = (ModelField){.name = property->string, .type = type_of(property)};
    if (cJSON_IsNumber(json_member(property, "minimum")) &&
        cJSON_IsNumber(json_member(property, "maximum"))) {
        field->min = json_number(property, "minimum", 0);
        field->max = json_number(property, "maximum", 0);
    }
    if (longest >= 1 && longest < 1e7)
        field->longest = (int)longest;
    field->words = l->words[l->nb_fields++] = words_of(l, property);
    field->value = text_of(l, json_member(property, "default"));
    if (!known || known->type != field->type)
        return;
    if (!field->words)
        field->words = known->words;
    if (!field->value)
        field->value = known->value;
}

/* Whether an option sets it. */
static bool is_taken(const Model *m, const char *name)
{
    const char *const options[] = {"model",        "prompt",          "resolution",
                                   m->ratio_field, m->duration_field, m->audio_field,
                                   m->image_field, m->end_image_field};

    for (size_t i = 0; i < FF_ARRAY_ELEMS(options); i++)
        if (options[i] && model_path_is(options[i], name))
            return true;
    return false;
}

static int take_fields(Learned *l)
{
    const cJSON *properties = json_member(l->model.schema, "properties"), *property;
    size_t count = (size_t)cJSON_GetArraySize(properties) + 1;

    l->fields = av_calloc(count, sizeof(*l->fields));
    l->words = av_calloc(count, sizeof(*l->words));
    if (!l->fields || !l->words)
        return AVERROR(ENOMEM);
    cJSON_ArrayForEach(property, properties)
    {
        if (!is_taken(&l->model, property->string) && text_is_plain(property->string))
            take_field(l, property);
    }
    l->model.fields = l->fields;
    return 0;
}

static int learn(Learned *l, const char *name, const Model *row)
{
    static const Model nothing = {.audio = MODEL_AUDIO_UNKNOWN};

    l->model = row ? *row : nothing;
    l->model.row = row;
    l->model.schema = schema_of_document(l->document);
    if (!l->model.schema)
        return AVERROR_INVALIDDATA;
    if (!row && !(l->model.name = l->name = av_strdup(name)))
        return AVERROR(ENOMEM);
    find_stills(l);
    find_audio(l);
    take_resolution(l);
    take_ratio(l);
    take_duration(l);
    take_prompt(l);
    int ret = take_fields(l);
    return ret >= 0 && l->failed ? AVERROR(ENOMEM) : ret;
}

int schema_model(cJSON *document, const char *name, const Model *row, Model **model)
{
    Learned *l = av_mallocz(sizeof(*l));
    int ret;

    *model = NULL;
    if (!l) {
        cJSON_Delete(document);
        return AVERROR(ENOMEM);
    }
    l->document = document;
    *model = &l->model;
    if ((ret = learn(l, name, row)) < 0)
        schema_model_free(model);
    return ret;
}

void schema_model_free(Model **model)
{
    Learned *l = (Learned *)*model;

    *model = NULL;
    if (!l)
        return;
    for (int i = 0; i < l->nb_fields; i++)
        av_free(l->words[i]);
    for (int i = 0; i < l->nb_texts; i++)
        av_free(l->texts[i]);
    av_free(l->words);
    av_free(l->texts);
    av_free(l->fields);
    av_free(l->name);
    cJSON_Delete(l->document);
    av_free(l);
}

/* Comparing */

enum { RESOLUTION, RATIO, DURATION, FIELDS, TOPICS };

static void list_topic(const Model *m, int topic, AVBPrint *list)
{
    if (topic == RESOLUTION)
        model_list_names(m->resolutions, list);
    else if (topic == RATIO)
        model_list_names(m->aspect_ratios, list);
    else if (topic == DURATION)
        model_list_durations(m, list);
    for (const ModelField *f = m->fields; topic == FIELDS && f && f->name; f++)
        av_bprintf(list, "%s%s", list->len ? ", " : "", f->name);
    if (!list->len)
        av_bprintf(list, "none");
}

/* Fields in another order are the same. */
static bool has_same_fields(const Model *a, const Model *b)
{
    int left = 0;

    for (const ModelField *f = a->fields; f && f->name; f++, left++)
        if (!model_field(b, f->name))
            return false;
    for (const ModelField *f = b->fields; f && f->name; f++)
        left--;
    return !left;
}

void schema_model_compare(const Model *model, const Model *row, AVBPrint *text)
{
    static const char *const names[] = {"resolution", "aspect_ratio", "duration",
                                        "further fields"};

    for (int topic = 0; topic < TOPICS; topic++) {
        AVBPrint there, here;
        av_bprint_init(&there, 0, AV_BPRINT_SIZE_AUTOMATIC);
        av_bprint_init(&here, 0, AV_BPRINT_SIZE_AUTOMATIC);
        list_topic(model, topic, &there);
        list_topic(row, topic, &here);
        if (topic == FIELDS ? !has_same_fields(model, row) : strcmp(there.str, here.str))
            av_bprintf(text, "%s%s: %s (in the table %s)", text->len ? "; " : "",
                       names[topic], there.str, here.str);
    }
}
