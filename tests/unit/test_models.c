/* i2v: unit tests of the table of models
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "engine/engine.h"

static const char *const names[] = {"openai/sora-2-i2v", "google/veo-3.1-i2v-fast",
                                    "alibaba/wan-2-7-i2v"};

static void test_find(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        check_text(names[i], model_find(engine_default()->models, names[i])->name,
                   names[i]);
    check_text("alias", model_find(engine_default()->models, "sora-2-i2v")->name,
               names[0]);
    check_text("bare",
               model_find(engine_default()->models, "video-v3-pro-image-to-video")->name,
               "klingai/video-v3-pro-image-to-video");
    assert_null(model_find(engine_default()->models, "image-to-video"));
    assert_null(model_find(engine_default()->models, "openai/sora-2"));
    assert_null(model_find(engine_default()->models, "OPENAI/SORA-2-I2V"));
    assert_null(model_find(engine_default()->models, "openai/sora-2-i2v "));
    assert_null(model_find(engine_default()->models, ""));
}

/* What the gateway's pages say. */
static const struct {
    const char *name;
    int durations[4], duration;
    const char *resolutions[3], *resolution;
    const char *ratios[3];
    bool exact;
} documented[] = {
    {"openai/sora-2-i2v", {4, 8, 12}, 4, {"720p"}, "720p", {"16:9", "9:16"}, true},
    {"google/veo-3.1-i2v-fast",
     {4, 6, 8},
     8,
     {"720p", "1080p"},
     "1080p",
     {"16:9", "9:16"},
     false},
    {"alibaba/wan-2-7-i2v", {5, 10, 15}, 10, {"720p", "1080p"}, "1080p", {NULL}, false},
};

static void check_names(const char *what, const char *const *got,
                        const char *const *wanted)
{
    for (int i = 0; i < 3; i++) {
        check_text(what, got[i], wanted[i]);
        if (!wanted[i])
            break;
    }
}

static void test_documented(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const char *name = documented[i].name;
        const Model *model = model_find(engine_default()->models, name);
        for (int d = 0; d < 4; d++)
            check_number(name, model->durations[d], documented[i].durations[d]);
        check_number(name, model->duration, documented[i].duration);
        check_names(name, model->resolutions, documented[i].resolutions);
        check_text(name, model->resolution, documented[i].resolution);
        check_names(name, model->aspect_ratios, documented[i].ratios);
        check_number(name, model->exact, documented[i].exact);
        check_text(name, model->image_field, "image_url");
        assert_true(model->latency > 0);
    }
}

static const struct {
    const char *name, *resolution, *ratio;
    int width, height;
} sizes[] = {
    {"openai/sora-2-i2v", "720p", "16:9", 1280, 720},
    {"openai/sora-2-i2v", "720p", "9:16", 720, 1280},
    {"openai/sora-2-i2v", "720p", "1:1", 0, 0},
    {"openai/sora-2-i2v", "1080p", "16:9", 0, 0},
    {"google/veo-3.1-i2v-fast", "720p", "16:9", 1280, 720},
    {"google/veo-3.1-i2v-fast", "720p", "9:16", 720, 1280},
    {"google/veo-3.1-i2v-fast", "1080p", "16:9", 1920, 1080},
    {"google/veo-3.1-i2v-fast", "1080p", "9:16", 1080, 1920},
    {"google/veo-3.1-i2v-fast", "4k", "16:9", 0, 0},
    {"alibaba/wan-2-7-i2v", "720p", "16:9", 0, 0},
};

static void test_sizes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        int width = 0, height = 0;
        char what[128];
        snprintf(what, sizeof(what), "%s %s %s", sizes[i].name, sizes[i].resolution,
                 sizes[i].ratio);
        bool has = model_size(model_find(engine_default()->models, sizes[i].name),
                              sizes[i].resolution, sizes[i].ratio, &width, &height);
        check_number(what, has, sizes[i].width > 0);
        check_number(what, width, sizes[i].width);
        check_number(what, height, sizes[i].height);
    }
}

/* Every model: what is said of it holds together. */
static void check_row(const Model *model)
{
    const char *name = model->name;
    int width, height;
    double ratio;

    for (const char *const *r = model->resolutions; *r; r++) {
        if (model_short_side(*r) <= 0)
            fail_case("%s: resolution %s", name, *r);
        for (const char *const *a = model->aspect_ratios; *a; a++) {
            bool follows = model->follows && !strcmp(model->follows, *a);
            check_number(name, model_size(model, *r, *a, &width, &height), !follows);
            check_number(name, model_parse_ratio(*a, &ratio), !follows);
            if (!follows)
                check_number(name, width % 2 + height % 2, 0);
        }
    }
    if (model->duration)
        check_number(name, model_takes_duration(model, model->duration), true);
    check_number(name, !model->duration, !model->durations[0] && !model->longest);
    check_number(name, !model->audio_field,
                 model->audio == MODEL_AUDIO_ALWAYS || model->audio == MODEL_AUDIO_NEVER);
    if (model->needs_end_image)
        assert_non_null(model->end_image_field);
    /* Stills are never sent larger than 10 MB, so no model's limit is met. */
    if (model->max_bytes && model->max_bytes < 10000000)
        fail_case("%s: %lld bytes", name, (long long)model->max_bytes);
    assert_non_null(model->image_field);
    assert_non_null(model->ratio_field);
}

static void test_rows(void **state)
{
    const Model *model;
    int n = 0;
    (void)state;
    for (; (model = &engine_default()->models[n])->name; n++) {
        check_row(model);
        check_text(model->name, model_find(engine_default()->models, model->name)->name,
                   model->name);
        if (model->alias)
            check_text(model->alias,
                       model_find(engine_default()->models, model->alias)->name,
                       model->name);
        for (int other = 0; other < n; other++)
            assert_string_not_equal(engine_default()->models[other].name, model->name);
    }
    assert_true(n > 40);
}

static const struct {
    int width, height;
    const char *nearest;
} ratios[] = {
    {1280, 720, "16:9"},  {720, 1280, "9:16"},  {1920, 1080, "16:9"},
    {1000, 1000, "16:9"}, {1, 1, "16:9"},       {32767, 32767, "16:9"},
    {1001, 1000, "16:9"}, {1000, 1001, "9:16"}, {32766, 32767, "9:16"},
    {3, 4, "9:16"},       {4, 3, "16:9"},       {10000, 1, "16:9"},
    {1, 10000, "9:16"},   {599, 600, "9:16"},
};

static void test_nearest(void **state)
{
    const Model *model = model_find(engine_default()->models, names[0]);
    (void)state;
    for (size_t i = 0; i < sizeof(ratios) / sizeof(ratios[0]); i++) {
        char what[32];
        snprintf(what, sizeof(what), "%dx%d", ratios[i].width, ratios[i].height);
        check_text(what, model_nearest_ratio(model, ratios[i].width, ratios[i].height),
                   ratios[i].nearest);
    }
    assert_null(
        model_nearest_ratio(model_find(engine_default()->models, names[2]), 100, 100));
}

/* The landscape one of two equally near, whatever their order; nearest by ratio, not by
 * difference. */
static void test_nearest_of_many(void **state)
{
    const Model one = {.aspect_ratios = {"9:16", "16:9"}};
    const Model many = {.aspect_ratios = {"21:9", "16:9", "4:3", "1:1", "3:4", "9:16"}};
    (void)state;
    check_text("order", model_nearest_ratio(&one, 500, 500), "16:9");
    check_text("1:1", model_nearest_ratio(&many, 500, 500), "1:1");
    check_text("4:3", model_nearest_ratio(&many, 400, 300), "4:3");
    check_text("3:4", model_nearest_ratio(&many, 300, 400), "3:4");
    check_text("21:9", model_nearest_ratio(&many, 5000, 1000), "21:9");
    /* Between 1:1 and 4:3 the middle is the square root of 4/3. */
    check_text("below", model_nearest_ratio(&many, 1154, 1000), "1:1");
    check_text("above", model_nearest_ratio(&many, 1155, 1000), "4:3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),    cmocka_unit_test(test_documented),
        cmocka_unit_test(test_sizes),   cmocka_unit_test(test_rows),
        cmocka_unit_test(test_nearest), cmocka_unit_test(test_nearest_of_many),
    };
    return cmocka_run_group_tests_name("models", tests, NULL, NULL);
}
