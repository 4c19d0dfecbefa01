/* i2v: unit tests of what is said of a clip
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include <libavutil/log.h>

#include "journey/ends.h"

#define KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const ClipFacts good = {
    .width = 1280,
    .height = 720,
    .duration = 4.01,
    .rate = {30, 1},
    .has_audio = true,
    .text = "h264 and all that",
};

static const Request asked = {.width = 1280, .height = 720, .duration = 4};

/* What is said of such a clip. */
static void say(const Record *record, const Request *request)
{
    Events *events = events_alloc(NULL, EVENTS_FULL);
    assert_non_null(events);
    said_clear();
    deliver_say_clip(record, request, events);
    events_free(&events);
    assert_silent("deliver");
}

static Record *record_of(const ClipFacts *facts)
{
    Record *record = record_alloc(KEY), *again = NULL;
    record->clip = *facts;
    /* By way of the disk's form. */
    char *text = record_print(record);
    assert_int_equal(record_parse(KEY, text, &again), 0);
    cJSON_free(text);
    record_free(&record);
    return again;
}

static void test_round_trip(void **state)
{
    ClipFacts facts = good;
    (void)state;
    facts.rate = (AVRational){30000, 1001};
    facts.variable = facts.c2pa = true;
    snprintf(facts.unusual, sizeof(facts.unusual), "it has cover art");
    snprintf(facts.untagged, sizeof(facts.untagged), "primaries, range");
    Record *record = record_of(&facts);
    const ClipFacts *back = &record->clip;
    check_number("width", back->width, 1280);
    check_number("height", back->height, 720);
    assert_true(back->duration == 4.01);
    check_number("rate", back->rate.num, 30000);
    check_number("rate", back->rate.den, 1001);
    check_number("variable", back->variable, true);
    check_text("untagged", back->untagged, "primaries, range");
    check_number("audio", back->has_audio, true);
    check_number("c2pa", back->c2pa, true);
    check_text("unusual", back->unusual, "it has cover art");
    check_text("text", back->text, "h264 and all that");
    record_free(&record);
    record = record_of(&good);
    back = &record->clip;
    check_number("variable", back->variable, false);
    check_text("untagged", back->untagged, "");
    check_number("c2pa", back->c2pa, false);
    record_free(&record);
}

static const struct {
    const char *what;
    ClipFacts facts; ///< instead of the good ones, where it is not zero
    Request request; ///< beside what is asked
    bool silent;
    const char *words; ///< NULL = no warning
} cases[] = {
    {"good", {0}, {0}, false, NULL},
    {"as asked", {0}, {.rate = 30}, false, NULL},
    {"wider", {.width = 1281}, {0}, false, "1281x720|1280x720"},
    {"lower", {.height = 704}, {0}, false, "1280x704|1280x720"},
    {"half a second longer", {.duration = 4.5}, {0}, false, NULL},
    {"longer", {.duration = 4.51}, {0}, false, "4.51 s|the 4 s"},
    {"half a second shorter", {.duration = 3.5}, {0}, false, NULL},
    {"shorter", {.duration = 3.49}, {0}, false, "3.49 s|the 4 s"},
    {"half the rate", {.rate = {15, 1}}, {.rate = 30}, false, "15 frames|the 30"},
    {"NTSC", {.rate = {30000, 1001}}, {.rate = 30}, false, "29.97 frames|the 30"},
    {"rounded", {.rate = {5999, 200}}, {.rate = 30}, false, NULL},
    {"any rate", {.rate = {15, 1}}, {0}, false, NULL},
    {"unknown rate", {.rate = {0, 1}}, {.rate = 30}, false, NULL},
    {"variable", {.variable = true}, {0}, false, "variable|30 a second|filter fps"},
    {"untagged",
     {.untagged = "primaries, range"},
     {0},
     false,
     "(primaries, range)|setparams"},
    {"no audio", {0}, {0}, true, "no audio|silence=1"},
    {"no audio on purpose", {0}, {.mute = true}, true, NULL},
    {"a silent track is added", {0}, {.silence = true}, true, NULL},
    {"audio where none was asked for", {0}, {.mute = true}, false, NULL},
    {"credentials", {.c2pa = true}, {0}, false, NULL},
};

static void check_warning(const char *what, const char *words)
{
    char copy[128], *rest = copy, *word;

    check_number(what, said.warnings, words ? 1 : 0);
    snprintf(copy, sizeof(copy), "%s", words ? words : "");
    while (words && (word = strsep(&rest, "|")))
        if (!strstr(said.warning, word))
            fail_case("%s: there is no \"%s\" in \"%s\"", what, word, said.warning);
}

static void test_warnings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ClipFacts facts = good;
        const ClipFacts *other = &cases[i].facts;
        Request request = asked;
        facts.width = other->width ? other->width : facts.width;
        facts.height = other->height ? other->height : facts.height;
        facts.duration = other->duration > 0 ? other->duration : facts.duration;
        facts.rate = other->rate.den ? other->rate : facts.rate;
        facts.variable = other->variable;
        memcpy(facts.untagged, other->untagged, sizeof(facts.untagged));
        facts.has_audio = !cases[i].silent;
        facts.c2pa = other->c2pa;
        request.rate = cases[i].request.rate;
        request.mute = cases[i].request.mute;
        request.silence = cases[i].request.silence;
        Record *record = record_of(&facts);
        say(record, &request);
        check_warning(cases[i].what, cases[i].words);
        record_free(&record);
    }
}

/* A request that is picked up by its key knows only by the record what was asked. */
static void test_asked_by_record(void **state)
{
    ClipFacts facts = good;
    (void)state;
    facts.has_audio = false;
    Record *record = record_of(&facts);
    record->rate = 24;
    record->mute = 1;
    say(record, &asked);
    check_warning("by record", "30 frames|the 24");
    record_free(&record);
}

/* Each in a line of its own. */
static void test_all_at_once(void **state)
{
    ClipFacts facts = {.width = 64,
                       .height = 64,
                       .duration = 1,
                       .rate = {10, 1},
                       .variable = true,
                       .untagged = "matrix"};
    Request request = asked;
    int lines = 0;
    (void)state;
    request.rate = 30;
    Record *record = record_of(&facts);
    say(record, &request);
    check_number("warnings", said.warnings, 6);
    for (const char *c = said.warning; *c; c++)
        lines += *c == '\n';
    check_number("lines", lines, 6);
    record_free(&record);
}

static int informed;

static void count_info(void *context, int level, const char *format, va_list args)
{
    char line[1024];

    (void)context;
    vsnprintf(line, sizeof(line), format, args);
    informed += level == AV_LOG_INFO && strstr(line, "C2PA");
}

static void test_credentials_are_said(void **state)
{
    ClipFacts facts = good;
    (void)state;
    for (int i = 0; i < 2; i++) {
        facts.c2pa = i;
        Record *record = record_of(&facts);
        av_log_set_callback(count_info);
        informed = 0;
        say(record, &asked);
        said_start();
        check_number("said", informed, i);
        record_free(&record);
    }
}

/* What is not known, as of a record of an earlier version, or one that somebody edited.
 */
static void test_unknown(void **state)
{
    static const char *const members[] = {
        "",
        ",\"clip_facts\":7",
        ",\"clip_facts\":{}",
        ",\"clip_facts\":{\"width\":\"1280\",\"height\":720}",
        ",\"clip_facts\":{\"width\":1e300,\"height\":720}",
        ",\"clip_facts\":{\"width\":-5,\"height\":720}"};
    (void)state;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        char text[256];
        Record *record = NULL;
        snprintf(text, sizeof(text),
                 "{\"version\":2,\"key\":\"" KEY
                 "\",\"state\":\"ready\",\"clip_text\":\"x\"%s}",
                 members[i]);
        assert_int_equal(record_parse(KEY, text, &record), 0);
        check_number(members[i], record->clip.width, 0);
        say(record, &asked);
        check_warning(members[i], NULL);
        record_free(&record);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),           cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_asked_by_record),      cmocka_unit_test(test_all_at_once),
        cmocka_unit_test(test_credentials_are_said), cmocka_unit_test(test_unknown),
    };
    clear_environment();
    said_start();
    return cmocka_run_group_tests_name("deliver", tests, NULL, NULL);
}
