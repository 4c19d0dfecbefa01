/* i2v: unit tests of models made out of schemas: every published one, taken through every
 * option that it has
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The documents are those of tests/gateway/published, as the gateway serves them. Each
 * request that i2v would send is held against the stand-in's own strict check.
 */
#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/bprint.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/files.h"
#include "base/json.h"
#include "engine/schema.h"
#include "engine/schema_model.h"
#include "request/request.h"
#include "strict.h"

static Still *still;
static int nb_sent;

/* The document that is tested. */
static cJSON *document;
static const char *name; ///< of its model
static const Model *model;

static const cJSON *schema(void)
{
    return schema_of_document(document);
}

/* A value that a field takes */

static cJSON *sample(const cJSON *of);

static cJSON *sample_text(const cJSON *of)
{
    const char *format = json_text(of, "format");
    return cJSON_CreateString(format ? "https://example.com/a.bin" : "some words");
}

static cJSON *sample_list(const cJSON *of)
{
    cJSON *list = cJSON_CreateArray();
    int count = (int)json_number(of, "minItems", 1);

    for (int i = 0; i < count || !i; i++)
        cJSON_AddItemToArray(list, sample(json_member(of, "items")));
    return list;
}

static cJSON *sample_object(const cJSON *of)
{
    cJSON *object = cJSON_CreateObject(), *property;

    cJSON_ArrayForEach(property, json_member(of, "properties"))
        cJSON_AddItemToObject(object, property->string, sample(property));
    return object;
}

static cJSON *sample(const cJSON *of)
{
    const cJSON *words = json_member(of, "enum");

    if (json_member(of, "anyOf"))
        return sample(json_member(of, "anyOf")->child);
    if (words)
        return cJSON_Duplicate(words->child, true);
    if (schema_may_be(of, "boolean"))
        return cJSON_CreateTrue();
    if (schema_may_be(of, "integer") || schema_may_be(of, "number"))
        return cJSON_CreateNumber(json_number(of, "minimum", 1));
    if (schema_may_be(of, "array"))
        return sample_list(of);
    return schema_may_be(of, "object") ? sample_object(of) : sample_text(of);
}

/* Sending */

/* What must be given beside still and prompt. */
static cJSON *needed_params(void)
{
    cJSON *params = cJSON_CreateObject();

    for (const ModelField *f = model->fields; f->name; f++)
        if (schema_requires(schema(), f->name))
            cJSON_AddItemToObject(params, f->name,
                                  sample(schema_property(schema(), f->name)));
    return params;
}

/* The request with an option, or with a further field. Takes value over.
 * @return what request_check() does */
static int check(const char *option, const char *text, const char *field, cJSON *value,
                 Request **request)
{
    AVDictionary *given = NULL;
    Options *options;
    Model *learned = NULL;
    cJSON *params = needed_params();
    bool instead =
        field && model->prompt_instead && !strcmp(field, model->prompt_instead);
    char *params_text;

    if (field) {
        cJSON_DeleteItemFromObjectCaseSensitive(params, field);
        cJSON_AddItemToObject(params, field, value);
    }
    params_text = cJSON_PrintUnformatted(params);
    av_dict_set(&given, "model", name, 0);
    av_dict_set(&given, "params", params_text, 0);
    if (!model->takes_no_prompt && !instead)
        av_dict_set(&given, "prompt", "p", 0);
    if (model->needs_end_image)
        av_dict_set(&given, "end_image", "https://example.com/end.png", 0);
    if (option)
        av_dict_set(&given, option, text, 0);
    cJSON_free(params_text);
    cJSON_Delete(params);
    assert_int_equal(options_gather("still.bmp", &given, NULL, &options), 0);
    assert_int_equal(schema_model(cJSON_Duplicate(document, true), name, NULL, &learned),
                     0);
    int ret = request_check(options, learned, NULL, request);
    if (ret >= 0)
        ret = request_check_gateway(*request, options, NULL);
    options_free(&options);
    av_dict_free(&given);
    return ret;
}

/* A request that must be taken, by us and by the stand-in. Takes value over.
 * @param sent  a field that must be in it, or NULL */
static void takes(const char *option, const char *text, const char *field, cJSON *value,
                  const char *sent)
{
    Request *request = NULL;

    said_clear();
    if (check(option, text, field, value, &request) < 0)
        fail_case("%s: %s %s is refused: %s", name, option ? option : field,
                  text ? text : "", said.error);
    assert_int_equal(request_settle(request, still, NULL, NULL), 0);
    char *body = body_text(request, "https://example.com/still.png",
                           request->end_image ? "https://example.com/end.png" : NULL);
    cJSON *json = cJSON_Parse(body);
    char *refusal = strict_refusal(document, json);
    if (refusal)
        fail_case("%s: %s %s: %s in %s", name,
                  option  ? option
                  : field ? field
                          : "",
                  text ? text : "", refusal, body);
    if (sent && !json_member(json, sent))
        fail_case("%s: %s is not in %s", name, sent, body);
    free(refusal);
    cJSON_Delete(json);
    av_free(body);
    request_free(&request);
    nb_sent++;
}

/* A request that is refused by one sentence. */
static void refuses(const char *option, const char *text, const char *field, cJSON *value,
                    const char *words)
{
    Request *request = NULL;

    said_clear();
    if (check(option, text, field, value, &request) >= 0)
        fail_case("%s: %s %s is taken", name, option ? option : field, text ? text : "");
    assert_said(name, words);
}

/* Every option, with every value */

static void take_names(const char *option, const char *const *names, const char *field)
{
    for (; *names; names++)
        takes(option, *names, NULL, NULL, field);
    if (names != model->resolutions && names != model->aspect_ratios)
        refuses(option, "of no kind", NULL, NULL, option);
}

static void take_lengths(void)
{
    char text[16];

    for (int i = 1; i <= 40; i++) {
        snprintf(text, sizeof(text), "%d", i);
        if (model_takes_duration(model, i))
            takes("duration", text, NULL, NULL, model->duration_field);
        else
            refuses("duration", text, NULL, NULL, "duration");
    }
}

static void take_switch(void)
{
    if (model->audio_field) {
        takes("audio", "0", NULL, NULL, model->audio_field);
        takes("audio", "1", NULL, NULL, model->audio_field);
    } else {
        refuses("audio", "0", NULL, NULL, "audio");
    }
}

static void take_words(const ModelField *field)
{
    const cJSON *words = json_member(schema_property(schema(), field->name), "enum"),
                *word;

    cJSON_ArrayForEach(word, words)
        takes(NULL, NULL, field->name, cJSON_Duplicate(word, true), field->name);
    if (words)
        refuses(NULL, NULL, field->name, cJSON_CreateString("no such word"), field->name);
}

static void take_field(const ModelField *field)
{
    const cJSON *property = schema_property(schema(), field->name);

    takes(NULL, NULL, field->name, sample(property), field->name);
    take_words(field);
    if (field->type == MODEL_BOOL || field->type == MODEL_INTEGER)
        refuses(NULL, NULL, field->name, cJSON_CreateString("seven"), field->name);
    if (field->type == MODEL_URL)
        refuses(NULL, NULL, field->name, cJSON_CreateString("seven"), field->name);
    if (field->max > 0)
        refuses(NULL, NULL, field->name, cJSON_CreateNumber(field->max + 1), field->name);
    if (field->type == MODEL_LIST)
        refuses(NULL, NULL, field->name, cJSON_CreateString("seven"), field->name);
}

static void take_through(void)
{
    if (!model->image_field) {
        refuses("take", "2", NULL, NULL, "makes no clip of one still");
        return;
    }
    takes(NULL, NULL, NULL, NULL, NULL);
    if (model->resolutions[0])
        take_names("resolution", model->resolutions, "resolution");
    if (model->aspect_ratios[0])
        take_names("aspect_ratio", model->aspect_ratios, model->ratio_field);
    if (model->durations[0] || model->longest)
        take_lengths();
    take_switch();
    if (model->end_image_field)
        takes("end_image", "https://example.com/end.png", NULL, NULL,
              model->end_image_field);
    else
        refuses("end_image", "https://example.com/end.png", NULL, NULL, "end_image");
    for (const ModelField *f = model->fields; f->name; f++)
        take_field(f);
    if (model_field(model, "seed"))
        takes("seed", "7", NULL, NULL, "seed");
    if (model_field(model, "negative_prompt"))
        takes("negative_prompt", "blur", NULL, NULL, "negative_prompt");
    refuses(NULL, NULL, "zoomm", cJSON_CreateNumber(1), "no field zoomm");
}

static cJSON *read_document(const char *path)
{
    char *text;
    size_t size;

    assert_int_equal(files_read_bytes(path, 1 << 20, &text, &size), 0);
    cJSON *json = json_parse(text, size);
    assert_non_null(json);
    av_free(text);
    return json;
}

static void test_every_published(void **state)
{
    DIR *directory = opendir(I2V_PUBLISHED);
    struct dirent *entry;
    int count = 0;

    (void)state;
    assert_non_null(directory);
    while ((entry = readdir(directory))) {
        char path[512];
        Model *learned;
        if (!strstr(entry->d_name, ".json"))
            continue;
        snprintf(path, sizeof(path), "%s/%s", I2V_PUBLISHED, entry->d_name);
        document = read_document(path);
        name =
            json_member(schema_property(schema(), "model"), "enum")->child->valuestring;
        assert_int_equal(
            schema_model(cJSON_Duplicate(document, true), name, NULL, &learned), 0);
        model = learned;
        take_through();
        schema_model_free(&learned);
        cJSON_Delete(document);
        count++;
    }
    closedir(directory);
    assert_in_range(count, 75, 1000);
    print_message("%d models, %d requests\n", count, nb_sent);
}

/* What schemas may say that none of those does */

typedef struct Case {
    const char *schema, *object, *why; ///< NULL = taken
} Case;

static const Case cases[] = {
    {"{}", "{\"a\":1}", NULL},
    {"{\"properties\":{\"a\":{}}}", "{\"a\":[1,{}]}", NULL},
    {"{\"properties\":{\"a\":{}}}", "{\"b\":1}", "no field b; there is a"},
    {"{\"properties\":{\"a\":{\"type\":\"integer\"}}}", "{\"a\":1.5}",
     "the field a cannot be 1.5: it takes a whole number"},
    {"{\"properties\":{\"a\":{\"type\":\"integer\"}}}", "{\"a\":1e300}", "whole number"},
    {"{\"properties\":{\"a\":{\"type\":\"string\",\"nullable\":true}}}", "{\"a\":null}",
     NULL},
    {"{\"properties\":{\"a\":{\"type\":\"string\"}}}", "{\"a\":null}", "a text"},
    {"{\"properties\":{\"a\":{\"minimum\":2}}}", "{\"a\":1}", "a number of at least 2"},
    {"{\"properties\":{\"a\":{\"exclusiveMinimum\":2}}}", "{\"a\":2}", "not one of them"},
    {"{\"properties\":{\"a\":{\"maximum\":2,\"exclusiveMaximum\":true}}}", "{\"a\":2}",
     "not one of them"},
    {"{\"properties\":{\"a\":{\"maximum\":2,\"exclusiveMaximum\":false}}}", "{\"a\":2}",
     NULL},
    {"{\"properties\":{\"a\":{\"maximum\":2}}}", "{\"a\":3}", "a number of at most 2"},
    {"{\"properties\":{\"a\":{\"minLength\":2}}}", "{\"a\":\"\xC3\xBC\"}",
     "at least 2 characters, and this has 1"},
    {"{\"properties\":{\"a\":{\"maxItems\":1}}}", "{\"a\":[1,2]}", "at most 1 item"},
    {"{\"properties\":{\"a\":{\"items\":{\"properties\":{\"b\":{\"enum\":[1,2]}}}}}}",
     "{\"a\":[{\"b\":1},{\"b\":3}]}", "the field a[1].b cannot be 3: it takes 1 or 2"},
    {"{\"properties\":{\"a\":{\"items\":{\"properties\":{\"b\":{}},"
     "\"required\":[\"b\"]}}}}",
     "{\"a\":[{}]}", "the field a[0].b must be given"},
    {"{\"properties\":{\"a\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"array\"}]}}}",
     "{\"a\":[]}", NULL},
    {"{\"properties\":{\"a\":{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"array\"}]}}}",
     "{\"a\":1}", "a text; or"},
    {"{\"required\":true,\"enum\":7,\"type\":[],\"properties\":{\"a\":{\"required\":true}}}",
     "{\"a\":{}}", NULL},
    {"{\"$ref\":\"http://127.0.0.1:1/\",\"properties\":{\"a\":{}}}", "{\"a\":1}", NULL},
    {"{\"properties\":{\"a\":{\"minimum\":\"x\",\"maxLength\":{},\"items\":3}}}",
     "{\"a\":[1]}", NULL},
    {"{\"required\":[\"later\",\"a\",7,null],\"properties\":{\"a\":{},\"later\":{}}}",
     "{\"a\":1}", NULL},
    {"{\"properties\":{\"a\":{},\"b\":{}},\"anyOf\":[{\"properties\":{\"a\":{}},\"required\":["
     "\"a\"]}]}",
     "{\"a\":1,\"b\":2}", NULL},
    {"{\"properties\":{\"a\":{}},\"additionalProperties\":true}", "{\"b\":2}", NULL},
    {"{\"properties\":{\"a\":{\"type\":[\"integer\",\"null\"]}}}", "{\"a\":\"x\"}",
     "a whole number"},
    {"{\"required\":[\"a\"],\"properties\":{\"a\":{}}}", "{}",
     "the field a must be given"},
};

static void test_keywords(void **state)
{
    static const char *const elsewhere[] = {"later", NULL};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const Case *c = &cases[i];
        cJSON *of = cJSON_Parse(c->schema), *object = cJSON_Parse(c->object);
        AVBPrint why;
        av_bprint_init(&why, 0, AV_BPRINT_SIZE_AUTOMATIC);
        assert_non_null(of);
        assert_non_null(object);
        bool taken = schema_takes(of, object, elsewhere, &why);
        if (taken == (c->why != NULL) || (c->why && !strstr(why.str, c->why)))
            fail_case("%s by %s: %s \"%s\"", c->object, c->schema,
                      taken ? "taken" : "refused,", why.str);
        if (taken && why.len)
            fail_case("%s by %s is taken, and says \"%s\"", c->object, c->schema,
                      why.str);
        cJSON_Delete(of);
        cJSON_Delete(object);
    }
}

/* Names that no model of today has */

static void test_new_names(void **state)
{
    static const char text[] =
        "{\"paths\":{\"/x\":{\"get\":{}},\"/v2/video/generations\":{\"post\":{\"requestBody\":{\"content\":"
        "{\"application/json\":{\"schema\":{\"type\":\"object\",\"properties\":{"
        "\"model\":{\"enum\":[\"new/model\"]},\"prompt\":{\"type\":\"string\"},\"num_frames\":{\"type\":\"integer\"},"
        "\"mask_image\":{\"type\":\"string\"},\"first_frame\":{\"type\":\"string\"},"
        "\"last_frame\":{\"type\":\"string\"},\"ratio\":{\"type\":\"string\"},"
        "\"seconds\":{\"type\":\"string\",\"enum\":[\"5\",\"9\"]},"
        "\"with_sound\":{\"type\":\"boolean\",\"default\":false},"
        "\"resolution\":{\"type\":\"string\"}}}}}}}}}}";
    Model *m;

    (void)state;
    document = cJSON_Parse(text);
    name = "new/model";
    assert_int_equal(schema_model(cJSON_Duplicate(document, true), name, NULL, &m), 0);
    model = m;
    check_text("still", m->image_field, "first_frame");
    check_text("last", m->end_image_field, "last_frame");
    check_text("ratio", m->ratio_field, "ratio");
    check_text("audio", m->audio_field, "with_sound");
    check_number("audio", m->audio, MODEL_AUDIO_OFF);
    check_text("length", m->duration_field, "seconds");
    assert_non_null(model_field(m, "mask_image"));
    assert_null(model_field(m, "first_frame"));
    takes("duration", "9", NULL, NULL, "seconds");
    takes("resolution", "anything", NULL, NULL, "resolution");
    takes("aspect_ratio", "7:3", NULL, NULL, "ratio");
    refuses("duration", "6", NULL, NULL, "5 or 9");
    schema_model_free(&m);
    cJSON_Delete(document);
}

/* A document with these properties beside still and prompt. */
static cJSON *document_with(const char *properties, const char *required)
{
    char text[2048];

    snprintf(text, sizeof(text),
             "{\"paths\":{\"/v2/video/generations\":{\"post\":{\"requestBody\":"
             "{\"content\":{\"application/json\":{\"schema\":{\"type\":\"object\","
             "\"required\":[%s],\"properties\":{\"model\":{\"enum\":[\"new/model\"]},"
             "\"prompt\":{\"type\":\"string\"},"
             "\"image_url\":{\"type\":\"string\"},%s}}}}}}}}}",
             required, properties);
    return cJSON_Parse(text);
}

static void begin(const char *properties, const char *required, Model **m)
{
    document = document_with(properties, required);
    assert_non_null(document);
    name = "new/model";
    assert_int_equal(schema_model(cJSON_Duplicate(document, true), name, NULL, m), 0);
    model = *m;
}

static void end(Model **m)
{
    schema_model_free(m);
    cJSON_Delete(document);
}

static void test_odd_shapes(void **state)
{
    Model *m;

    (void)state;
    /* Words for shapes that nobody knows are left to the service. */
    begin("\"aspect_ratio\":{\"type\":\"string\",\"enum\":[\"landscape\",\"portrait\"]}",
          "", &m);
    takes(NULL, NULL, NULL, NULL, NULL);
    takes("aspect_ratio", "portrait", NULL, NULL, "aspect_ratio");
    end(&m);
    /* What the still decides counts as given. */
    begin("\"aspect_ratio\":{\"type\":\"string\",\"enum\":[\"16:9\",\"9:16\"]}",
          "\"aspect_ratio\"", &m);
    takes(NULL, NULL, NULL, NULL, "aspect_ratio");
    end(&m);
    begin("\"duration\":{\"type\":\"string\",\"enum\":[\"auto\",\"4\",\"6\",\"8\"]}", "",
          &m);
    check_number("no range", m->longest, 0);
    takes("duration", "6", NULL, NULL, "duration");
    refuses("duration", "5", NULL, NULL, "4, 6 or 8");
    end(&m);
    begin("\"duration\":{\"type\":\"number\",\"enum\":[2.5,5]}", "", &m);
    check_number("the whole ones", m->durations[0], 5);
    end(&m);
    begin("\"resolution\":{\"type\":\"integer\",\"enum\":[480,720]}", "", &m);
    takes("resolution", "720", NULL, NULL, "resolution");
    refuses("resolution", "721", NULL, NULL, "480 or 720");
    end(&m);
    /* A part of a word is none. */
    begin(
        "\"blend_images\":{\"type\":\"string\"},\"elastic_image\":{\"type\":\"string\"},"
        "\"image_prompt\":{\"type\":\"string\"},\"image_size\":{\"type\":\"string\"}",
        "", &m);
    assert_null(m->end_image_field);
    check_text("still", m->image_field, "image_url");
    takes(NULL, NULL, "image_prompt", cJSON_CreateString("a"), "image_prompt");
    end(&m);
    /* No escape sequence reaches a terminal. */
    begin("\"mode\":{\"type\":\"string\",\"enum\":[\"a\\u001b[2Jb\"]},"
          "\"e\\u001b\":{\"type\":\"string\",\"default\":\"\\u0007\"}",
          "", &m);
    assert_null(model_field(m, "mode")->words);
    assert_null(model_field(m, "e\x1b"));
    refuses(NULL, NULL, "mode", cJSON_CreateString("x"), "mode");
    assert_null(strchr(said.error, 0x1b));
    refuses(NULL, NULL, "nosuch", cJSON_CreateString("x"), "nosuch");
    assert_null(strchr(said.error, 0x1b));
    end(&m);
}

/* A model of the table keeps what it does by default, while that is taken. */
static void test_row(void **state)
{
    static const Model table[] = {{.name = "a/b",
                                   .image_field = "image_url",
                                   .ratio_field = "aspect_ratio",
                                   .durations = {4, 8},
                                   .duration = 4,
                                   .resolutions = {"720p", "1080p"},
                                   .resolution = "720p",
                                   .min_side = 300,
                                   .latency = 9,
                                   .audio = MODEL_AUDIO_NEVER},
                                  {0}};
    static const struct {
        const char *properties;
        int duration;
        const char *resolution, *said;
    } rows[] = {
        {"\"duration\":{\"type\":\"integer\",\"enum\":[4,6,8],\"default\":\"8\"},"
         "\"resolution\":{\"type\":\"string\",\"enum\":[\"720p\"],\"default\":\"720p\"}",
         4, "720p",
         "resolution: 720p (in the table 720p or 1080p); duration: 4, 6 or 8 (in the "
         "table 4 or 8)"},
        {"\"duration\":{\"type\":\"integer\",\"minimum\":5,\"maximum\":9,\"default\":6},"
         "\"resolution\":{\"type\":\"string\",\"enum\":[\"720p\",\"1080p\"]}",
         6, "720p", "duration: 5 to 9 (in the table 4 or 8)"},
        {"\"resolution\":{\"type\":\"string\",\"enum\":[\"4k\"],\"default\":\"4k\"},"
         "\"loop\":{\"type\":\"boolean\"}",
         0, "4k",
         "resolution: 4k (in the table 720p or 1080p); duration: none (in the table 4 or "
         "8); further fields: loop (in the table none)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[2048];
        AVBPrint said_of;
        Model *m;
        snprintf(
            text, sizeof(text),
            "{\"paths\":{\"/y\":{\"post\":{\"requestBody\":{\"content\":{\"application/"
            "json\":{\"schema\":{\"properties\":{\"image_url\":{\"type\":\"string\"},"
            "\"prompt\":{},%s}}}}}}}}}",
            rows[i].properties);
        assert_int_equal(schema_model(cJSON_Parse(text), "b", table, &m), 0);
        check_text("name", m->name, "a/b");
        check_number(rows[i].properties, m->duration, rows[i].duration);
        check_text(rows[i].properties, m->resolution, rows[i].resolution);
        check_number("of the still", m->min_side, 300);
        check_number("latency", m->latency, 9);
        check_number("audio", m->audio, MODEL_AUDIO_NEVER);
        assert_false(model_is_learned(m));
        assert_ptr_equal(m->row, table);
        av_bprint_init(&said_of, 0, AV_BPRINT_SIZE_AUTOMATIC);
        schema_model_compare(m, table, &said_of);
        check_text(rows[i].properties, said_of.str, rows[i].said);
        schema_model_free(&m);
    }
}

/* What a schema adds is for whoever asks for it. */
static void test_ratio_of_row(void **state)
{
    static const Model table[] = {
        {.name = "a/b",
         .image_field = "image_url",
         .ratio_field = "aspect_ratio",
         .aspect_ratios = {"16:9", "9:16"}},
        {.name = "a/c", .image_field = "image_url", .ratio_field = "aspect_ratio"},
        {0}};
    static const char properties[] =
        "\"aspect_ratio\":{\"type\":\"string\",\"enum\":[\"auto\",\"1:1\",\"16:9\",\"9:16\"]}";
    Model *m;

    (void)state;
    assert_int_equal(schema_model(document_with(properties, ""), "a/b", table, &m), 0);
    check_text("square", model_nearest_ratio(m, 500, 500), "16:9");
    assert_null(m->follows);
    schema_model_free(&m);
    assert_int_equal(schema_model(document_with(properties, ""), "a/c", table + 1, &m),
                     0);
    assert_null(model_nearest_ratio(m, 500, 500));
    schema_model_free(&m);
    assert_int_equal(schema_model(document_with(properties, ""), "a/d", NULL, &m), 0);
    check_text("as the still", model_nearest_ratio(m, 500, 500), "auto");
    schema_model_free(&m);
}

static void test_no_schema(void **state)
{
    static const char *const texts[] = {
        "{}", "[]", "{\"paths\":7}", "{\"paths\":{\"/x\":{\"post\":{}}}}",
        ("{\"paths\":{\"/x\":{\"post\":{\"requestBody\":{\"content\":{\"application/json\":"
         "{\"schema\":{\"properties\":[]}}}}}}}}")};
    Model *m;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        check_number(texts[i], schema_model(cJSON_Parse(texts[i]), "a", NULL, &m),
                     AVERROR_INVALIDDATA);
        assert_null(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_published), cmocka_unit_test(test_keywords),
        cmocka_unit_test(test_new_names),       cmocka_unit_test(test_row),
        cmocka_unit_test(test_odd_shapes),      cmocka_unit_test(test_ratio_of_row),
        cmocka_unit_test(test_no_schema),
    };
    StillSource source = {.image = temp_bmp("still.bmp", 1280, 720, 90)};

    clear_environment();
    setenv("AIML_API_KEY", "demo", 1);
    said_start();
    if (still_read(&source, &still) < 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    still_free(&still);
    return failed;
}
