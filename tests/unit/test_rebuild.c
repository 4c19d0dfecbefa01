/* i2v: unit tests of records that are damaged or gone: what comes out protects the money
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/files.h"
#include "store/store.h"

#define KEY   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "f123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TRY   "i2v-0123456789abcdef"

/* A store, and what a power cut makes of its files */

static Store *store;
static char directory[512];

static void begin(void)
{
    static int number;
    char name[32];
    snprintf(name, sizeof(name), "store%d", number++);
    snprintf(directory, sizeof(directory), "%s", temp_path(name));
    said_clear();
    assert_int_equal(store_open(directory, NULL, &store), 0);
}

static void end(void)
{
    char pattern[600];
    glob_t found;
    store_close(&store);
    snprintf(pattern, sizeof(pattern), "%s/*", directory);
    if (!glob(pattern, 0, NULL, &found))
        for (size_t i = 0; i < found.gl_pathc; i++)
            unlink(found.gl_pathv[i]);
    globfree(&found);
    rmdir(directory);
}

/* The power cuts are made by hand: nothing has to wait for a disk. */
int fsync(int fd)
{
    return fd < 0;
}

int fdatasync(int fd)
{
    return fd < 0;
}

static const char *path_of(const char *name)
{
    static char paths[4][700];
    static int turn;
    char *path = paths[turn = (turn + 1) % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
    return path;
}

static const char *const files[] = {KEY ".json", "journal.jsonl", KEY ".lock"};

typedef enum Damage {
    UNHARMED,
    SHORTER, ///< by a byte
    HALVED,
    ZEROED,
    HALF_ZEROED,
    HEAD_ZEROED,
    EMPTIED,
    REMOVED,
    GARBAGE,
    TEMPORARY, ///< only there as its temporary file
    OLDER,     ///< the record: the step before, and the last one as its temporary file
    DAMAGES,
} Damage;

static const char *const damage_names[] = {
    "unharmed",   "cut by a byte", "cut by half",    "zeros",
    "half zeros", "head of zeros", "empty",          "removed",
    "garbage",    "only its .tmp", "the one before",
};

static size_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) < 0 ? 0 : (size_t)st.st_size;
}

static void put_bytes(const char *path, size_t at, int byte, size_t count)
{
    FILE *file = fopen(path, "r+");
    if (!file)
        return;
    assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
    for (size_t i = 0; i < count; i++)
        putc(byte < 0 ? (int)(i * 2654435761u >> 13) & 0xff : byte, file);
    fclose(file);
}

static void do_damage(const char *path, Damage damage)
{
    char tmp[720];
    size_t size = size_of(path);

    if (access(path, F_OK))
        return;
    snprintf(tmp, sizeof(tmp), "%s.tmp", path);
    switch (damage) {
    case SHORTER:
        assert_int_equal(truncate(path, (off_t)(size - (size > 0))), 0);
        break;
    case HALVED:
        assert_int_equal(truncate(path, (off_t)(size / 2)), 0);
        break;
    case ZEROED:
        put_bytes(path, 0, 0, size);
        break;
    case HALF_ZEROED:
        put_bytes(path, size / 2, 0, size - size / 2);
        break;
    case HEAD_ZEROED:
        put_bytes(path, 0, 0, size / 2);
        break;
    case EMPTIED:
        assert_int_equal(truncate(path, 0), 0);
        break;
    case REMOVED:
        assert_int_equal(unlink(path), 0);
        break;
    case GARBAGE:
        put_bytes(path, 0, -1, FFMAX(size, 10000));
        break;
    case TEMPORARY:
        assert_int_equal(rename(path, tmp), 0);
        break;
    default:
        break;
    }
}

/* A request at every stage */

typedef enum Stage { INTENT, SENT, RUNNING, READY, FAILED, REFUSED, STAGES } Stage;

static const char *const stage_names[] = {"intent", "sent",   "running",
                                          "ready",  "failed", "refused"};

static char before[8192]; ///< the record as it was a step before

static void step(Record *r, RecordState state)
{
    FILE *file = fopen(path_of(files[0]), "r");
    before[0] = '\0';
    if (file) {
        before[fread(before, 1, sizeof(before) - 1, file)] = '\0';
        fclose(file);
    }
    r->state = state;
    assert_int_equal(record_add_history(r, record_state_name(state), NULL), 0);
    assert_int_equal(store_save(store, r, NULL), 0);
}

static void set(char **member, const char *value)
{
    assert_int_equal(record_set(member, value), 0);
}

static void describe(Record *r, const char *tries)
{
    record_forget_generation(r);
    set(&r->origin, "https://gateway.example");
    set(&r->model, "maker/model");
    set(&r->prompt, "\xC3\x84 prompt that says \"a lot\"\nof things");
    r->request = r->request ? r->request : cJSON_Parse("{\"duration\":8,\"id\":\"no\"}");
    r->take = 1;
    r->duration = 8;
    r->created = record_now();
    set(&r->client_ids, tries);
}

static void put_clip(Record *r)
{
    char *part = store_part_path(store, KEY);
    FILE *file = fopen(part, "w");
    fputs("a clip", file);
    fclose(file);
    av_free(part);
    assert_int_equal(store_publish(store, KEY), 0);
    assert_int_equal(store_note_clip(store, r, NULL, NULL), 0);
}

static const char tries[] = TRY "ffffffffffffffff";

/* @param generations  the last of them is at `stage`, the ones before have failed */
static void go_to(Stage stage, int generations)
{
    Record *r = record_alloc(KEY);

    for (int i = 1; i < generations; i++) {
        char id[32], first[64];
        snprintf(first, sizeof(first), TRY "%016d", i);
        snprintf(id, sizeof(id), "failed:%d", i);
        describe(r, first);
        step(r, RECORD_INTENT);
        step(r, RECORD_SENT);
        set(&r->id, id);
        step(r, RECORD_RUNNING);
        r->ended = record_now();
        step(r, RECORD_FAILED);
    }
    describe(r, tries);
    step(r, RECORD_INTENT);
    if (stage >= SENT) {
        r->sent_at = record_now();
        r->gateway_time = 1.7e9;
        step(r, RECORD_SENT);
    }
    if (stage >= RUNNING) {
        set(&r->id, "gen:1");
        r->usd = 0.25;
        step(r, RECORD_RUNNING);
    }
    if (stage >= READY)
        r->ended = record_now();
    if (stage == READY) {
        put_clip(r);
        step(r, RECORD_READY);
    } else if (stage == FAILED || stage == REFUSED) {
        set(&r->error, "the gateway's words");
        step(r, stage == FAILED ? RECORD_FAILED : RECORD_REFUSED);
    }
    record_free(&r);
}

/* What may come out */

static bool finds(const Record *r)
{
    return r->client_ids &&
           (strstr(r->client_ids, tries) || !strcmp(r->client_ids, TRY "*"));
}

/* Whether what was paid for, or may have been, is neither bought again nor forgotten. */
static bool protects(Stage stage, const Record *r)
{
    bool has_id = r->id && !strcmp(r->id, "gen:1");

    switch (stage) {
    case SENT:
        return r->state == RECORD_SENT && finds(r);
    case RUNNING:
        return (r->state == RECORD_RUNNING && has_id) ||
               (r->state == RECORD_SENT && finds(r));
    case READY:
        return ((r->state == RECORD_RUNNING || r->state == RECORD_READY) && has_id) ||
               (r->state == RECORD_SENT && finds(r));
    default: /* nothing is open: whatever it is taken for costs no more than it should */
        return true;
    }
}

/* Where one file of the three is harmed the others know all that matters. */
static bool is_exact(Stage stage, const Record *r)
{
    static const RecordState states[] = {RECORD_INTENT, RECORD_SENT,   RECORD_RUNNING,
                                         RECORD_READY,  RECORD_FAILED, RECORD_REFUSED};
    return r->state == states[stage] && r->client_ids && !strcmp(r->client_ids, tries) &&
           (stage < RUNNING || (r->id && !strcmp(r->id, "gen:1") && r->usd == 0.25)) &&
           (stage != READY || store_has_clip(store, r)) && r->model;
}

static int cases, twice, exact;

static void judge(Stage stage, const Damage *damage, const char *when)
{
    Record *r = NULL;
    char what[200];
    int harmed = 0, lock = store_lock(store, KEY);
    bool locked = !!strcmp(when, "unlocked");

    for (size_t i = 0; i < FF_ARRAY_ELEMS(files); i++)
        harmed += damage[i] != UNHARMED;
    snprintf(what, sizeof(what), "%s, %s: record %s, journal %s, lock %s",
             stage_names[stage], when, damage_names[damage[0]], damage_names[damage[1]],
             damage_names[damage[2]]);
    check_number(what, store_load(store, KEY, locked, NULL, &r), 0);
    if (!protects(stage, r)) {
        twice++;
        fail_case("%s: came out as %s, id %s, tries %s", what,
                  record_state_name(r->state), r->id ? r->id : "-",
                  r->client_ids ? r->client_ids : "-");
    }
    bool careful = damage[0] == OLDER && stage >= READY;
    if (harmed == 1 && !careful && damage[2] == UNHARMED && !is_exact(stage, r) &&
        !(stage == INTENT && damage[0] == OLDER))
        fail_case("%s: not all of it is known: %s", what, record_state_name(r->state));
    exact += is_exact(stage, r);
    cases++;
    record_free(&r);
    store_unlock(&lock);
}

static void try_case(Stage stage, int generations, const Damage *damage)
{
    begin();
    int lock = store_lock(store, KEY);
    go_to(stage, generations);
    store_unlock(&lock);
    for (size_t i = 0; i < FF_ARRAY_ELEMS(files); i++) {
        if (damage[i] == OLDER && before[0]) {
            do_damage(path_of(files[i]), TEMPORARY);
            FILE *file = fopen(path_of(files[i]), "w");
            fputs(before, file);
            fclose(file);
        } else {
            do_damage(path_of(files[i]), damage[i] == OLDER ? REMOVED : damage[i]);
        }
    }
    /* Before it is mended, when it is, and what is then on disk. */
    judge(stage, damage, "unlocked");
    judge(stage, damage, "locked");
    judge(stage, damage, "mended");
    end();
}

/* Every file alone and every two together, at every stage, of the first generation of a
 * request and of a later one. */
static void test_power_cut(void **state)
{
    (void)state;
    for (int generations = 1; generations <= 2; generations++)
        for (int stage = 0; stage < STAGES; stage++)
            for (Damage a = 0; a < DAMAGES; a++)
                for (Damage b = 0; b < OLDER; b++) {
                    const Damage pairs[][3] = {
                        {a, b, UNHARMED}, {a, UNHARMED, b}, {UNHARMED, a, b}};
                    for (size_t i = 0; i < FF_ARRAY_ELEMS(pairs); i++)
                        if ((i == 0 || b != UNHARMED) && (i < 2 || a < OLDER))
                            try_case((Stage)stage, generations, pairs[i]);
                }
    printf("power cut: %d states, %d as they were, bought twice %d\n", cases, exact,
           twice);
}

/* The last line of the journal is cut: it may have been the one that says "sent". */
static void test_torn_journal(void **state)
{
    Record *r = NULL;
    (void)state;
    begin();
    go_to(INTENT, 1);
    assert_int_equal(unlink(path_of(files[0])), 0);
    assert_int_equal(store_load(store, KEY, false, NULL, &r), 0);
    check_number("clean", r->state, RECORD_INTENT);
    record_free(&r);
    FILE *file = fopen(path_of(files[1]), "a");
    fputs("{\"key\":\"0123", file);
    fclose(file);
    assert_int_equal(store_load(store, KEY, false, NULL, &r), 0);
    check_number("torn", r->state, RECORD_SENT);
    check_text("torn", r->client_ids, tries);
    record_free(&r);
    /* One that it has no line of is not touched by that. */
    assert_int_equal(store_load(store, OTHER, true, NULL, &r), 0);
    check_number("other", r->state, RECORD_NEW);
    record_free(&r);
    end();
}

/* Killed in the middle of its first line: nothing was sent. */
static void test_half_an_intent(void **state)
{
    Record *r = NULL;
    (void)state;
    for (int part = 1; part <= 8; part++) {
        begin();
        go_to(INTENT, 1);
        assert_int_equal(unlink(path_of(files[0])), 0);
        off_t size = (off_t)size_of(path_of(files[1]));
        assert_int_equal(truncate(path_of(files[1]), size * part / 9), 0);
        assert_int_equal(store_load(store, KEY, true, NULL, &r), 0);
        if (r->state != RECORD_INTENT && r->state != RECORD_NEW)
            fail_case("%d of 9: %s", part, record_state_name(r->state));
        record_free(&r);
        end();
    }
}

/* A lock's file that has taken the place of another tells of another request. */
static void test_other_mark(void **state)
{
    char mark[RECORD_TRY_SIZE], any[RECORD_TRY_SIZE];
    Record *r = NULL;
    (void)state;
    begin();
    go_to(SENT, 1);
    assert_int_equal(unlink(path_of(files[0])), 0);
    assert_int_equal(unlink(path_of(files[1])), 0);
    snprintf(mark, sizeof(mark), RECORD_TRY "%.*s", RECORD_TRY_DIGITS, OTHER);
    snprintf(any, sizeof(any), RECORD_TRY "%.*s*", RECORD_TRY_KEY_DIGITS, KEY);
    FILE *file = fopen(path_of(files[2]), "w");
    fputs(mark, file);
    fclose(file);
    assert_int_equal(store_load(store, KEY, false, NULL, &r), 0);
    check_number("state", r->state, RECORD_SENT);
    check_text("tries", r->client_ids, any);
    record_free(&r);
    end();
}

/* A digit of the record is another: both are whole, and they say different things. */
static void test_flipped(void **state)
{
    static const struct {
        Stage stage;
        const char *from, *to;
        RecordState state;
    } flips[] = {
        {RUNNING, "\"gen:1\"", "\"gen:3\"", RECORD_SENT},
        {RUNNING, "\"running\"", "\"failed\"", RECORD_RUNNING},
        {RUNNING, "\"running\"", "\"refused\"", RECORD_RUNNING},
        {SENT, "i2v-01", "i2v-03", RECORD_SENT},
        {SENT, "\"sent\"", "\"failed\"", RECORD_SENT},
    };
    (void)state;
    for (size_t i = 0; i < FF_ARRAY_ELEMS(flips); i++) {
        Record *r = NULL;
        char *text = NULL;
        size_t size;
        begin();
        go_to(flips[i].stage, 1);
        assert_int_equal(files_read_bytes(path_of(files[0]), 1 << 20, &text, &size), 0);
        char *at = strstr(text, flips[i].from);
        assert_non_null(at);
        FILE *file = fopen(path_of(files[0]), "w");
        fprintf(file, "%.*s%s%s", (int)(at - text), text, flips[i].to,
                at + strlen(flips[i].from));
        fclose(file);
        av_free(text);
        assert_int_equal(store_load(store, KEY, false, NULL, &r), 0);
        check_number(flips[i].to, r->state, flips[i].state);
        if (!protects(flips[i].stage, r))
            fail_case("%s: id %s, tries %s", flips[i].to, r->id ? r->id : "-",
                      r->client_ids ? r->client_ids : "-");
        record_free(&r);
        end();
    }
}

/* The later of two times: by it the request is younger. */
static void test_flipped_time(void **state)
{
    Record *r = NULL;
    (void)state;
    begin();
    go_to(SENT, 1);
    assert_int_equal(store_load(store, KEY, false, NULL, &r), 0);
    r->gateway_time = 1800000000;
    assert_int_equal(store_save(store, r, NULL), 0);
    r->gateway_time = 1300000000;
    char *text = record_print(r);
    FILE *file = fopen(path_of(files[0]), "w");
    fputs(text, file);
    fclose(file);
    cJSON_free(text);
    record_free(&r);
    assert_int_equal(store_load(store, KEY, false, NULL, &r), 0);
    check_number("time", (int64_t)r->gateway_time, 1800000000);
    record_free(&r);
    end();
}

/* What lies in the place of a record and is none makes room. */
static void test_no_file(void **state)
{
    Record *r = NULL;
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        begin();
        go_to(RUNNING, 1);
        assert_int_equal(unlink(path_of(files[0])), 0);
        if (!kind)
            assert_int_equal(mkdir(path_of(files[0]), 0700), 0);
        else
            assert_int_equal(
                symlink(kind == 1 ? "/dev/zero" : files[0], path_of(files[0])), 0);
        assert_int_equal(store_load(store, KEY, true, NULL, &r), 0);
        check_number("state", r->state, RECORD_RUNNING);
        check_text("id", r->id, "gen:1");
        record_free(&r);
        assert_int_equal(store_load(store, KEY, true, NULL, &r), 0);
        check_number("mended", r->rebuilt, false);
        record_free(&r);
        end();
    }
}

/* What a sentence must say. */
static void test_says(void **state)
{
    Record *r = NULL;
    (void)state;
    begin();
    go_to(RUNNING, 1);
    do_damage(path_of(files[0]), HALVED);
    said_clear();
    assert_int_equal(store_load(store, KEY, true, NULL, &r), 0);
    check_number("warnings", said.warnings, 1);
    static const char *const words[] = {KEY ".json", "damaged", ".bad", "running",
                                        "gen:1"};
    for (size_t i = 0; i < FF_ARRAY_ELEMS(words); i++)
        if (!strstr(said.warning, words[i]))
            fail_case("not said: %s in %s", words[i], said.warning);
    record_free(&r);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_power_cut),  cmocka_unit_test(test_torn_journal),
        cmocka_unit_test(test_other_mark), cmocka_unit_test(test_half_an_intent),
        cmocka_unit_test(test_flipped),    cmocka_unit_test(test_flipped_time),
        cmocka_unit_test(test_no_file),    cmocka_unit_test(test_says),
    };
    said_start();
    clear_environment();
    return cmocka_run_group_tests_name("rebuild", tests, NULL, NULL);
}
