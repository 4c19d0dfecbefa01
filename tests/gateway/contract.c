/* i2v: the stand-in gateway: the documented request bodies, checked strictly. What the
 * documents do not settle is refused: a client that passes here is safe elsewhere.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "contract.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum FieldKind {
    FIELD_TEXT,
    FIELD_URL,
    FIELD_WORDS,
    FIELD_NUMBERS,
    FIELD_INTEGER,
    FIELD_BOOL
} FieldKind;

typedef struct FieldSpec {
    const char *name;
    FieldKind kind;
    int required;
    const char *words[4]; /* the first is the default */
    int numbers[4];       /* the first is the default, 0 ends the list */
    size_t longest;       /* characters, 0: no limit */
} FieldSpec;

struct ModelSpec {
    const char *name, *alias, *developer;
    FieldSpec fields[12];
    double usd_per_second;
    int exact_size;  /* the still must have the size of the output */
    int least_side;  /* of the still */
    int keeps_ratio; /* the output has the still's shape */
    int any_fields;  /* further fields pass unseen */
};

#define PROMPT                                              \
    {                                                       \
        .name = "prompt", .kind = FIELD_TEXT, .required = 1 \
    }
#define IMAGE                                                 \
    {                                                         \
        .name = "image_url", .kind = FIELD_URL, .required = 1 \
    }
#define RATIOS                                                                   \
    {                                                                            \
        .name = "aspect_ratio", .kind = FIELD_WORDS, .words = { "16:9", "9:16" } \
    }
#define HD                                                                      \
    {                                                                           \
        .name = "resolution", .kind = FIELD_WORDS, .words = { "1080p", "720p" } \
    }

#define VEO_FIELDS                                                             \
    {                                                                          \
        PROMPT, IMAGE, RATIOS, HD,                                             \
            {.name = "duration", .kind = FIELD_NUMBERS, .numbers = {8, 4, 6}}, \
            {.name = "generate_audio", .kind = FIELD_BOOL},                    \
        {                                                                      \
            .name = "provider", .kind = FIELD_WORDS, .words = {                \
                "auto",                                                        \
                "google",                                                      \
                "fal"                                                          \
            }                                                                  \
        }                                                                      \
    }

static const ModelSpec models[] = {
    {.name = "openai/sora-2-i2v",
     .alias = "sora-2-i2v",
     .developer = "Open AI",
     .fields = {PROMPT,
                IMAGE,
                RATIOS,
                {.name = "resolution", .kind = FIELD_WORDS, .words = {"720p"}},
                {.name = "duration", .kind = FIELD_NUMBERS, .numbers = {4, 8, 12}}},
     .usd_per_second = 0.13,
     .exact_size = 1},
    {.name = "google/veo-3.1-i2v",
     .alias = "veo-3.1-i2v",
     .developer = "Google",
     .fields = VEO_FIELDS,
     .usd_per_second = 0.2,
     .least_side = 720},
    {.name = "google/veo-3.1-i2v-fast",
     .alias = "veo-3.1-i2v-fast",
     .developer = "Google",
     .fields = VEO_FIELDS,
     .usd_per_second = 0.1,
     .least_side = 720},
    {.name = "alibaba/wan-2-7-i2v",
     .alias = "wan-2-7-i2v",
     .developer = "Alibaba Cloud",
     .fields = {PROMPT,
                IMAGE,
                HD,
                {.name = "duration", .kind = FIELD_NUMBERS, .numbers = {10, 5, 15}},
                {.name = "negative_prompt", .kind = FIELD_TEXT, .longest = 500},
                {.name = "seed", .kind = FIELD_INTEGER},
                {.name = "enhance_prompt", .kind = FIELD_BOOL},
                {.name = "watermark", .kind = FIELD_BOOL},
                {.name = "audio_url", .kind = FIELD_URL}},
     .usd_per_second = 0.1,
     .keeps_ratio = 1},
    {.name = "test/generic",
     .developer = "i2v-gateway",
     .fields = {PROMPT, IMAGE},
     .usd_per_second = 0.05,
     .keeps_ratio = 1,
     .any_fields = 1},
};

#define NB_MODELS (sizeof(models) / sizeof(*models))

const char *contract_model_name(const ModelSpec *model)
{
    return model->name;
}

int contract_model_matches(size_t n, const char *id)
{
    return !strcmp(id, models[n].name) ||
           (models[n].alias && !strcmp(id, models[n].alias));
}

static const ModelSpec *find_model(const char *name)
{
    for (size_t i = 0; i < NB_MODELS; i++)
        if (contract_model_matches(i, name))
            return &models[i];
    return NULL;
}

cJSON *contract_describe_model(size_t n, int with_pricing, int with_capabilities)
{
    cJSON *model, *info, *list;

    if (n >= NB_MODELS)
        return NULL;
    model = cJSON_CreateObject();
    cJSON_AddStringToObject(model, "id", models[n].name);
    list = cJSON_AddArrayToObject(model, "aliases");
    if (models[n].alias)
        cJSON_AddItemToArray(list, cJSON_CreateString(models[n].alias));
    cJSON_AddStringToObject(model, "type", "video");
    info = cJSON_AddObjectToObject(model, "info");
    cJSON_AddStringToObject(info, "name", strchr(models[n].name, '/') + 1);
    cJSON_AddStringToObject(info, "developer", models[n].developer);
    cJSON_AddArrayToObject(model, "tags");
    if (with_capabilities) {
        list = cJSON_AddArrayToObject(model, "capabilities");
        cJSON_AddItemToArray(list, cJSON_CreateString("image_to_video"));
    }
    if (with_pricing) {
        cJSON *pricing = cJSON_AddObjectToObject(model, "pricing"), *unit;

        cJSON_AddStringToObject(pricing, "kind", "fixed");
        list = cJSON_AddArrayToObject(pricing, "units");
        cJSON_AddItemToArray(list, unit = cJSON_CreateObject());
        cJSON_AddNumberToObject(unit, "price", models[n].usd_per_second);
        cJSON_AddStringToObject(unit, "unit", "second");
        cJSON_AddNumberToObject(unit, "per", 1);
    }
    return model;
}

static int refuse(Refusal *refusal, unsigned status, char *message)
{
    refusal->status = status;
    refusal->message = message;
    return -1;
}

/* What cJSON lets pass and JSON does not: bytes that are not UTF-8, a byte order mark,
 * control characters. An escaped NUL is JSON, but would cut a string short here. */
static const char *raw_json_problem(const Buffer *body)
{
    int quoted = 0;

    if (!utf8_valid(body->data, body->size))
        return "the body is not valid UTF-8";
    if (body->size >= 3 && !memcmp(body->data, "\xef\xbb\xbf", 3))
        return "Unexpected token \\ufeff in JSON at position 0";
    for (size_t i = 0; i < body->size; i++) {
        unsigned char byte = (unsigned char)body->data[i];

        if (byte < 0x20 && (quoted || !strchr("\t\n\r", byte) || !byte))
            return "Bad control character in JSON";
        if (quoted && byte == '\\') {
            if (i + 5 < body->size && !memcmp(body->data + i, "\\u0000", 6))
                return "NUL character in a string";
            i++;
        } else if (byte == '"') {
            quoted = !quoted;
        }
    }
    return NULL;
}

static int parse_body(const Buffer *body, cJSON **object, Refusal *refusal)
{
    const char *problem =
        body->size ? raw_json_problem(body) : "Unexpected end of JSON input";

    if (problem)
        return refuse(refusal, 400, text_format("Invalid JSON: %s", problem));
    *object = cJSON_ParseWithLengthOpts(body->data, body->size + 1, NULL, 1);
    if (!*object)
        return refuse(refusal, 400, checked_strdup("Invalid JSON: unexpected token"));
    if (cJSON_IsObject(*object))
        return 0;
    cJSON_Delete(*object);
    *object = NULL;
    return refuse(
        refusal, 400,
        checked_strdup("Body validation error! Expected object, received another "
                       "type"));
}

static const char *type_name(const cJSON *value)
{
    if (!value)
        return "undefined";
    if (cJSON_IsString(value))
        return "string";
    if (cJSON_IsNumber(value))
        return "number";
    if (cJSON_IsBool(value))
        return "boolean";
    if (cJSON_IsNull(value))
        return "null";
    return cJSON_IsArray(value) ? "array" : "object";
}

static void issue(Buffer *issues, const char *field)
{
    buffer_text(issues, issues->size ? "; " : "Body validation error! ");
    buffer_format(issues, "%s: ", field);
}

static void check_enum(const FieldSpec *spec, const cJSON *value, Buffer *issues)
{
    int found = 0;

    for (int i = 0; spec->kind == FIELD_WORDS && i < 4 && spec->words[i]; i++)
        found |= !strcmp(value->valuestring, spec->words[i]);
    for (int i = 0; spec->kind == FIELD_NUMBERS && i < 4 && spec->numbers[i]; i++)
        found |= fabs(value->valuedouble - spec->numbers[i]) < 1e-9;
    if (found)
        return;
    issue(issues, spec->name);
    buffer_text(issues, "Invalid enum value. Expected ");
    for (int i = 0; spec->kind == FIELD_WORDS && i < 4 && spec->words[i]; i++)
        buffer_format(issues, "%s'%s'", i ? " | " : "", spec->words[i]);
    for (int i = 0; spec->kind == FIELD_NUMBERS && i < 4 && spec->numbers[i]; i++)
        buffer_format(issues, "%s%d", i ? " | " : "", spec->numbers[i]);
    if (spec->kind == FIELD_WORDS)
        buffer_format(issues, ", received '%s'", value->valuestring);
    else
        buffer_format(issues, ", received %g", value->valuedouble);
}

static int is_url(const char *text)
{
    static const char *const schemes[] = {"http://", "https://", "data:"};

    for (int i = 0; i < 3; i++)
        if (!strncmp(text, schemes[i], strlen(schemes[i])))
            return strlen(text) > strlen(schemes[i]);
    return 0;
}

static size_t count_characters(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += (*text & 0xc0) != 0x80;
    return count;
}

static void check_text(const FieldSpec *spec, const cJSON *value, Buffer *issues)
{
    if (spec->kind == FIELD_URL && !is_url(value->valuestring)) {
        issue(issues, spec->name);
        buffer_text(issues, "Invalid url");
    } else if (spec->required && !*value->valuestring) {
        issue(issues, spec->name);
        buffer_text(issues, "String must contain at least 1 character(s)");
    } else if (spec->longest && count_characters(value->valuestring) > spec->longest) {
        issue(issues, spec->name);
        buffer_format(issues, "String must contain at most %zu character(s)",
                      spec->longest);
    }
}

static void check_field(const FieldSpec *spec, const cJSON *value, Buffer *issues)
{
    static const char *const expected[] = {"string", "string", "string",
                                           "number", "number", "boolean"};

    if (!value && spec->required) {
        issue(issues, spec->name);
        buffer_text(issues, "Required");
    } else if (value && strcmp(type_name(value), expected[spec->kind])) {
        issue(issues, spec->name);
        buffer_format(issues, "Expected %s, received %s", expected[spec->kind],
                      type_name(value));
    } else if (value && (spec->kind == FIELD_TEXT || spec->kind == FIELD_URL)) {
        check_text(spec, value, issues);
    } else if (value && (spec->kind == FIELD_WORDS || spec->kind == FIELD_NUMBERS)) {
        check_enum(spec, value, issues);
    } else if (value && spec->kind == FIELD_INTEGER &&
               fabs(value->valuedouble - round(value->valuedouble)) > 0) {
        issue(issues, spec->name);
        buffer_text(issues, "Expected integer, received float");
    }
}

static void check_keys(const ModelSpec *model, const cJSON *object, Buffer *issues)
{
    const cJSON *item, *other;

    cJSON_ArrayForEach(item, object)
    {
        const FieldSpec *spec = model->fields;

        while (spec->name && strcmp(spec->name, item->string))
            spec++;
        if (!spec->name && !model->any_fields && strcmp(item->string, "model")) {
            issue(issues, item->string);
            buffer_format(issues, "Unrecognized key(s) in object: '%s'", item->string);
        }
        for (other = item->next; other; other = other->next)
            if (!strcmp(item->string, other->string)) {
                issue(issues, item->string);
                buffer_text(issues, "Duplicate key");
            }
    }
}

static const FieldSpec *field_spec(const ModelSpec *model, const char *name)
{
    const FieldSpec *spec = model->fields;

    while (spec->name && strcmp(spec->name, name))
        spec++;
    return spec->name ? spec : NULL;
}

/* The duration of a model without a list of them: any sensible number, as text too. */
static int free_duration(const cJSON *value)
{
    double seconds = 4;

    if (cJSON_IsNumber(value))
        seconds = value->valuedouble;
    else if (cJSON_IsString(value) && parse_number(value->valuestring, 1, 60, &seconds))
        seconds = 4;
    return seconds >= 1 && seconds <= 60 ? (int)seconds : 4;
}

static void settle_request(VideoRequest *request)
{
    const FieldSpec *spec = field_spec(request->model, "duration");
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(request->fields, "duration");

    if (spec)
        request->duration = value ? (int)lround(value->valuedouble) : spec->numbers[0];
    else
        request->duration = free_duration(value);
    value = cJSON_GetObjectItemCaseSensitive(request->fields, "generate_audio");
    request->audio = !cJSON_IsFalse(value);
    request->usd = request->model->usd_per_second * request->duration;
    request->prompt =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(request->fields, "prompt"));
    request->image_url = cJSON_GetStringValue(
        cJSON_GetObjectItemCaseSensitive(request->fields, "image_url"));
}

static int check_object(VideoRequest *request, Refusal *refusal)
{
    const cJSON *model = cJSON_GetObjectItemCaseSensitive(request->fields, "model");
    Buffer issues = {0};

    if (!cJSON_IsString(model)) {
        issue(&issues, "model");
        buffer_format(&issues, model ? "Expected string, received %s" : "Required%.0s",
                      type_name(model));
        return refuse(refusal, 400, issues.data);
    }
    request->model = find_model(model->valuestring);
    if (!request->model)
        return refuse(refusal, 404,
                      text_format("Model '%s' not found", model->valuestring));
    for (const FieldSpec *spec = request->model->fields; spec->name; spec++)
        check_field(spec, cJSON_GetObjectItemCaseSensitive(request->fields, spec->name),
                    &issues);
    check_keys(request->model, request->fields, &issues);
    if (issues.size)
        return refuse(refusal, 400, issues.data);
    settle_request(request);
    return 0;
}

int contract_check(const Buffer *body, VideoRequest *request, Refusal *refusal)
{
    *request = (VideoRequest){0};
    if (parse_body(body, &request->fields, refusal))
        return -1;
    if (!check_object(request, refusal))
        return 0;
    cJSON_Delete(request->fields);
    request->fields = NULL;
    return -1;
}

/* The word of an enumerated field, or its default. */
static const char *word_of(const VideoRequest *request, const char *name)
{
    const char *word =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(request->fields, name));
    const FieldSpec *spec = field_spec(request->model, name);

    return word ? word : spec ? spec->words[0] : "";
}

static int even(double size)
{
    int rounded = (int)lround(size / 2) * 2;

    return rounded < 2 ? 2 : rounded > 4096 ? 4096 : rounded;
}

int contract_fit_image(VideoRequest *request, int width, int height, Refusal *refusal)
{
    const ModelSpec *model = request->model;
    int side = !strcmp(word_of(request, "resolution"), "1080p") ? 1080 : 720;
    int least = width < height ? width : height;

    if (model->keeps_ratio) {
        request->width = even(width >= height ? (double)side * width / height : side);
        request->height = even(width >= height ? side : (double)side * height / width);
    } else if (!strcmp(word_of(request, "aspect_ratio"), "9:16")) {
        request->width = side;
        request->height = side * 16 / 9;
    } else {
        request->width = side * 16 / 9;
        request->height = side;
    }
    if (model->exact_size && (width != request->width || height != request->height))
        return refuse(
            refusal, 400,
            checked_strdup("Inpaint image must match the requested width and height"));
    if (least < model->least_side)
        return refuse(
            refusal, 400,
            text_format("Body validation error! image_url: the image is %dx%d, its "
                        "short side must be at least %d",
                        width, height, model->least_side));
    return 0;
}
