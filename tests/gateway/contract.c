/* i2v: the stand-in gateway: the documented request bodies, checked strictly. What the
 * documents do not settle is refused: a client that passes here is safe elsewhere.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "contract.h"
#include "schema.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cJSON *get(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
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

static int is_given(const cJSON *fields, const char *name)
{
    return get(fields, name) != NULL;
}

/* Whether a field has one of the values, or is there at all when these are "given". */
static int has_value(const VideoRequest *request, const cJSON *values)
{
    const cJSON *value = model_value(request->model, request->fields, values->string);
    const cJSON *item;

    if (cJSON_IsString(values))
        return is_given(request->fields, values->string);
    cJSON_ArrayForEach(item, values)
    {
        if (cJSON_Compare(item, value, 1))
            return 1;
    }
    return 0;
}

static void check_dependency(const VideoRequest *request, const cJSON *rule,
                             Buffer *issues)
{
    const cJSON *item, *value;

    cJSON_ArrayForEach(item, get(rule, "if"))
    {
        if (!has_value(request, item))
            return;
    }
    cJSON_ArrayForEach(item, get(rule, "then"))
    {
        const char *cause = get(rule, "if")->child->string;

        if (has_value(request, item))
            continue;
        schema_issue(issues, item->string);
        buffer_text(issues, "Must be ");
        cJSON_ArrayForEach(value, item)
        {
            char *text = cJSON_PrintUnformatted(value);

            buffer_format(issues, "%s%s", value == item->child ? "" : " or ", text);
            free(text);
        }
        buffer_format(issues, " with this %s", cause);
    }
}

/* How many fields of the list are given; names all of them. */
static int count_given(const cJSON *fields, const cJSON *list, Buffer *names)
{
    const cJSON *name;
    int given = 0;

    cJSON_ArrayForEach(name, list)
    {
        given += is_given(fields, name->valuestring);
        buffer_format(names, "%s%s", name == list->child ? "" : " and ",
                      name->valuestring);
    }
    return given;
}

static void check_exclusion(const VideoRequest *request, const cJSON *rule,
                            Buffer *issues)
{
    const cJSON *one_of = get(rule, "one-of"), *not_both = get(rule, "not-both");
    const cJSON *list = one_of ? one_of : not_both;
    Buffer names = {0};
    int given = count_given(request->fields, list, &names);

    if (given > 1 || (one_of && !given)) {
        schema_issue(issues, list->child->valuestring);
        buffer_format(issues, "%s of %s must be given",
                      one_of ? "Exactly one" : "At most one", names.data);
    }
    buffer_free(&names);
}

static void check_rules(const VideoRequest *request, Buffer *issues)
{
    const cJSON *rule;

    cJSON_ArrayForEach(rule, request->model->rules)
    {
        if (get(rule, "if"))
            check_dependency(request, rule, issues);
        else
            check_exclusion(request, rule, issues);
    }
}

/* The duration of a model without a list of them: any sensible number, as text too. */
static int free_duration(const cJSON *value, int usual)
{
    double seconds = usual;

    if (cJSON_IsNumber(value))
        seconds = value->valuedouble;
    else if (cJSON_IsString(value) && parse_number(value->valuestring, 1, 60, &seconds))
        seconds = usual;
    return seconds >= 1 && seconds <= 60 ? (int)seconds : usual;
}

static void settle_request(VideoRequest *request)
{
    const Model *model = request->model;
    const cJSON *value = model_value(model, request->fields, "duration");
    const char *field = cJSON_GetStringValue(get(model->rate, "field"));

    request->duration = free_duration(value, model->duration);
    value = model->rate;
    if (field) {
        value = model_value(model, request->fields, field);
        if (!value)
            value = get(model->rate, "default");
    }
    request->rate = value->valueint;
    field = cJSON_GetStringValue(get(model->audio, "switch"));
    if (field) {
        value = get(request->fields, field);
        request->audio = cJSON_IsBool(value) ? cJSON_IsTrue(value)
                                             : cJSON_IsTrue(get(model->audio, "default"));
    } else {
        request->audio = !strcmp(model->audio->valuestring, "always");
    }
    request->usd = model_price(model, request->fields, request->duration);
}

/* A clip is made from a still here, even by a model that could do without. */
static void find_images(VideoRequest *request, Buffer *issues)
{
    const Model *model = request->model;

    request->image_url = cJSON_GetStringValue(model_item(request->fields, model->first));
    if (model->end)
        request->end_url = cJSON_GetStringValue(model_item(request->fields, model->end));
    if (!request->image_url && !issues->size) {
        schema_issue(issues, model->first);
        buffer_text(issues, "Required");
    }
}

static int check_object(VideoRequest *request, Refusal *refusal)
{
    const cJSON *name = get(request->fields, "model");
    Buffer issues = {0};

    if (!cJSON_IsString(name)) {
        schema_issue(&issues, "model");
        buffer_format(&issues, name ? "Expected string, received %s" : "Required%.0s",
                      schema_type_name(name));
        return refuse(refusal, 400, issues.data);
    }
    request->model = models_find(name->valuestring);
    if (!request->model)
        return refuse(refusal, 404,
                      text_format("Model '%s' not found", name->valuestring));
    schema_check(request->model->schema, request->fields, "", &issues);
    check_rules(request, &issues);
    find_images(request, &issues);
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

static int even(double size)
{
    int rounded = (int)lround(size / 2) * 2;

    return rounded < 2 ? 2 : rounded > 4096 ? 4096 : rounded;
}

/* The short side of the clip, in pixels. */
static int find_side(const VideoRequest *request, int still_side)
{
    const cJSON *size = request->model->size, *sides = get(size, "sides"), *item;
    const char *word =
        cJSON_GetStringValue(model_value(request->model, request->fields, "resolution"));
    int side = 0, least = 0;

    if (word && get(sides, word))
        return get(sides, word)->valueint;
    if (get(size, "side"))
        return get(size, "side")->valueint;
    cJSON_ArrayForEach(item, sides)
    {
        if (!least || item->valueint < least)
            least = item->valueint;
        if (item->valueint <= still_side && item->valueint > side)
            side = item->valueint;
    }
    return side ? side : least;
}

/* The shape that the request asks for; 0: that of the still. */
static const char *find_ratio(const VideoRequest *request, double *ratio)
{
    const Model *model = request->model;
    const cJSON *value = model_value(model, request->fields, "aspect_ratio");
    const char *word;
    double width, height;

    if (!value)
        value = model_value(model, request->fields, "ratio");
    if (!value)
        value = get(model->size, "ratio");
    word = cJSON_GetStringValue(value);
    *ratio = 0;
    if (strcmp(cJSON_GetStringValue(get(model->size, "follows")), "still") && word &&
        sscanf(word, "%lf:%lf", &width, &height) == 2)
        *ratio = width / height;
    return word ? word : "";
}

static void settle_size(VideoRequest *request, const Image *still)
{
    int least = still->width < still->height ? still->width : still->height;
    int side = find_side(request, least);
    double ratio;
    const char *word = find_ratio(request, &ratio);
    const cJSON *sizes = get(request->model->size, "sizes");
    const char *resolution =
        cJSON_GetStringValue(model_value(request->model, request->fields, "resolution"));
    const cJSON *exact = sizes && resolution ? get(get(sizes, resolution), word) : NULL;

    if (!(ratio > 0))
        ratio = (double)still->width / still->height;
    if (exact) {
        request->width = exact->child->valueint;
        request->height = exact->child->next->valueint;
    } else {
        request->width = even(ratio >= 1 ? side * ratio : side);
        request->height = even(ratio >= 1 ? side : side / ratio);
    }
}

static int allows(const cJSON *formats, const char *mime)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, formats)
    {
        if (!strcmp(item->valuestring, mime))
            return 1;
    }
    return !formats;
}

/* Whether a shape is outside of [least, most]; `open`: or on its edge. */
static int out_of(const cJSON *range, int open, double ratio)
{
    if (!range)
        return 0;
    if (open)
        return ratio <= range->child->valuedouble ||
               ratio >= range->child->next->valuedouble;
    return ratio < range->child->valuedouble || ratio > range->child->next->valuedouble;
}

static int fit_image(const VideoRequest *request, const char *field, const Image *image,
                     Refusal *refusal)
{
    const cJSON *still = request->model->still, *least = get(still, "least-side");
    const cJSON *most = get(still, "most-bytes");
    int side = image->width < image->height ? image->width : image->height;
    double ratio = (double)image->width / image->height;
    Buffer issues = {0};

    if (get(still, "exact") &&
        (image->width != request->width || image->height != request->height))
        return refuse(
            refusal, 400,
            checked_strdup("Inpaint image must match the requested width and height"));
    schema_issue(&issues, field);
    if (!allows(get(still, "formats"), image->mime))
        buffer_format(&issues, "the image is %s, it must be PNG or JPEG", image->mime);
    else if (most && (double)image->bytes.size > most->valuedouble)
        buffer_format(&issues, "the image has %zu bytes, it must have at most %.0f",
                      image->bytes.size, most->valuedouble);
    else if (least && side < least->valueint)
        buffer_format(&issues, "the image is %dx%d, its short side must be at least %d",
                      image->width, image->height, least->valueint);
    else if (out_of(get(still, "ratio"), 0, ratio) ||
             out_of(get(still, "ratio-within"), 1, ratio))
        buffer_format(&issues, "the image is %dx%d, its aspect ratio is out of range",
                      image->width, image->height);
    else {
        buffer_free(&issues);
        return 0;
    }
    return refuse(refusal, 400, issues.data);
}

int contract_fit_images(VideoRequest *request, const Image *first, const Image *end,
                        Refusal *refusal)
{
    settle_size(request, first);
    if (fit_image(request, request->model->first, first, refusal))
        return -1;
    return end ? fit_image(request, request->model->end, end, refusal) : 0;
}
