/* i2v: unit tests of the table of models
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "models.h"

static const char *const names[] = {"openai/sora-2-i2v", "google/veo-3.1-i2v-fast",
                                    "alibaba/wan-2-7-i2v"};

static void test_find(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        check_text(names[i], model_find(names[i])->name, names[i]);
    check_text("alias", model_find("sora-2-i2v")->name, names[0]);
    assert_null(model_find("openai/sora-2"));
    assert_null(model_find("OPENAI/SORA-2-I2V"));
    assert_null(model_find("openai/sora-2-i2v "));
    assert_null(model_find(""));
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
        const Model *model = model_find(name);
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
        const ModelSize *size =
            model_size(model_find(sizes[i].name), sizes[i].resolution, sizes[i].ratio);
        char what[128];
        snprintf(what, sizeof(what), "%s %s %s", sizes[i].name, sizes[i].resolution,
                 sizes[i].ratio);
        check_number(what, size ? size->width : 0, sizes[i].width);
        check_number(what, size ? size->height : 0, sizes[i].height);
    }
}

/* Every size that can be asked for is there. */
static void test_sizes_complete(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        const Model *model = model_find(names[i]);
        for (const char *const *r = model->resolutions; model->sizes[0].width && *r; r++)
            for (const char *const *a = model->aspect_ratios; *a; a++)
                assert_non_null(model_size(model, *r, *a));
    }
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
    const Model *model = model_find(names[0]);
    (void)state;
    for (size_t i = 0; i < sizeof(ratios) / sizeof(ratios[0]); i++) {
        char what[32];
        snprintf(what, sizeof(what), "%dx%d", ratios[i].width, ratios[i].height);
        check_text(what, model_nearest_ratio(model, ratios[i].width, ratios[i].height),
                   ratios[i].nearest);
    }
    assert_null(model_nearest_ratio(model_find(names[2]), 100, 100));
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
        cmocka_unit_test(test_sizes),   cmocka_unit_test(test_sizes_complete),
        cmocka_unit_test(test_nearest), cmocka_unit_test(test_nearest_of_many),
    };
    return cmocka_run_group_tests_name("models", tests, NULL, NULL);
}
