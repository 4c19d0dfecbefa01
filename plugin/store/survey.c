/* i2v: the whole ledger in short: what there is, and what was spent
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/survey.h"

#include <errno.h>
#include <limits.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/files.h"
#include "base/json.h"
#include "store/journal.h"
#include "store/parts.h"
#include "store/places.h"

/* Of a prompt, an id and a label as much as is kept. */
#define TEXT_SIZE 4096

typedef struct Reading {
    const Store *store;
    Outcome *out;
    Survey *survey;
    int room, room_generations;
    int torn;      ///< lines that could not be read so far
    Places places; ///< of the rows
} Reading;

/* Rows by key */

/* @return the row of a key, a new one where there was none, or NULL without memory */
static SurveyRow *row_of(Reading *r, const char *key)
{
    Survey *s = r->survey;
    int64_t at = places_find(&r->places, key);

    if (at >= 0)
        return &s->rows[at];
    if (s->count == r->room) {
        int room = FFMAX(r->room * 2, 1024);
        SurveyRow *rows = av_realloc_array(s->rows, (size_t)room, sizeof(*rows));
        if (!rows)
            return NULL;
        s->rows = rows;
        r->room = room;
    }
    if (places_put(&r->places, key, s->count) < 0)
        return NULL;
    SurveyRow *row = &s->rows[s->count++];
    *row = (SurveyRow){.usd = -1,
                       .torn_first = r->torn,
                       .take = -1,
                       .duration = -1,
                       .width = -1,
                       .height = -1};
    memcpy(row->key, key, RECORD_KEY_DIGITS);
    return row;
}

/* Labels, of which there are few */

static int compare_labels(const void *a, const void *b)
{
    return strcmp(a, b);
}

static const char *label_of(Survey *survey, const char *text)
{
    char *const *found = tfind(text, &survey->labels, compare_labels);
    char *copy = found ? NULL : av_strdup(text);

    if (copy && !(found = tsearch(copy, &survey->labels, compare_labels)))
        av_freep(&copy);
    return found ? *found : NULL;
}

/* What a row is told */

static void clear_row(SurveyRow *row)
{
    av_freep(&row->prompt);
    av_freep(&row->id);
    av_freep(&row->tries);
    av_freep(&row->error);
    av_freep(&row->first);
    row->state = RECORD_NEW;
    row->created = row->accepted = 0;
    row->usd = -1;
    row->model = row->project = row->image = NULL;
    row->take = row->duration = row->width = row->height = -1;
    row->begun = false;
}

/* Its generation counts, and is the row's no longer where another begins. */
static int close_generation(Reading *r, const SurveyRow *row)
{
    Survey *s = r->survey;

    if (!row->id || !*row->id)
        return 0;
    if (s->nb_generations == r->room_generations) {
        r->room_generations = FFMAX(r->room_generations * 2, 1024);
        if (av_reallocp_array(&s->generations, (size_t)r->room_generations,
                              sizeof(*s->generations)) < 0) {
            s->nb_generations = 0;
            return AVERROR(ENOMEM);
        }
    }
    s->generations[s->nb_generations++] = (SurveyGeneration){
        .model = row->model,
        .project = row->project,
        .when = row->accepted > 0 ? row->accepted : row->created,
        .usd = row->usd,
        .charged = record_is_charged(row->state),
    };
    return 0;
}

static int take_state(Reading *r, SurveyRow *row, const char *name)
{
    row->gone = journal_ends(name);
    record_state_of(name, &row->state);
    if (!row->gone)
        return 0;
    int ret = close_generation(r, row);
    clear_row(row);
    return ret;
}

static int take_text(Reading *r, SurveyRow *row, const JsonPair *pair)
{
    char text[TEXT_SIZE];
    char **copy = json_is(pair, "prompt")               ? &row->prompt
                  : json_is(pair, "id")                 ? &row->id
                  : json_is(pair, "client_request_ids") ? &row->tries
                  : json_is(pair, "error")              ? &row->error
                  : json_is(pair, "first")              ? &row->first
                                                        : NULL;

    if (!json_copy_text(pair, text, sizeof(text)))
        return 0;
    if (json_is(pair, "state"))
        return take_state(r, row, text);
    if (json_is(pair, "model")) {
        row->begun = true;
        return (row->model = label_of(r->survey, text)) ? 0 : AVERROR(ENOMEM);
    }
    if (json_is(pair, "project"))
        return (row->project = label_of(r->survey, text)) ? 0 : AVERROR(ENOMEM);
    if (json_is(pair, "image"))
        return (row->image = label_of(r->survey, text)) ? 0 : AVERROR(ENOMEM);
    return copy ? record_set(copy, text) : 0;
}

static void take_number(SurveyRow *row, const JsonPair *pair)
{
    const struct {
        const char *name;
        int *to;
    } numbers[] = {{"take", &row->take},
                   {"duration", &row->duration},
                   {"width", &row->width},
                   {"height", &row->height}};

    if (json_is(pair, "created"))
        row->created = json_value(pair, 0);
    else if (json_is(pair, "accepted"))
        row->accepted = json_value(pair, 0);
    else if (json_is(pair, "usd"))
        row->usd = json_value(pair, -1);
    for (size_t i = 0; i < FF_ARRAY_ELEMS(numbers); i++)
        if (json_is(pair, numbers[i].name))
            *numbers[i].to = (int)av_clipd(json_value(pair, -1), -1, INT_MAX);
}

/* Members of a line, or of a page: none that is nested. @return 1 when all were read */
static int take_members(Reading *r, SurveyRow *row, const char *at, const char *end)
{
    JsonPair pair;
    int ret = 0;

    while (ret >= 0 && json_next(&at, end, &pair)) {
        if (*pair.value == '"')
            ret = take_text(r, row, &pair);
        else
            take_number(row, &pair);
    }
    return ret < 0 ? ret : at < end && *at == '}';
}

/* Whether a line begins another generation of its request. */
static bool begins_anew(const SurveyRow *row, const char *at, const char *end)
{
    static const char name[] = "\"client_request_ids\"";
    char tries[TEXT_SIZE];
    JsonPair pair;

    if (!row->tries || !memmem(at, (size_t)(end - at), name, sizeof(name) - 1))
        return false;
    while (json_next(&at, end, &pair))
        if (json_is(&pair, "client_request_ids"))
            return json_copy_text(&pair, tries, sizeof(tries)) &&
                   journal_begins_anew(row->tries, tries);
    return false;
}

static int take_line(void *opaque, int64_t at, const char *line, size_t size)
{
    Reading *r = opaque;
    const char *key = journal_key(line, size);
    SurveyRow *row = key ? row_of(r, key) : NULL;
    int ret = 0;

    (void)at;
    if (!key) {
        r->torn++;
        return 0;
    }
    if (!row)
        return AVERROR(ENOMEM);
    if (begins_anew(row, line, line + size)) {
        ret = close_generation(r, row);
        clear_row(row);
    }
    if (ret >= 0)
        ret = take_members(r, row, line, line + size);
    r->torn += !ret;
    row->torn_last = r->torn;
    return FFMIN(ret, 0);
}

/* The directory */

static int take_name(void *opaque, const char *name)
{
    Reading *r = opaque;
    bool record = store_is_keyed(name, ".json") || store_is_keyed(name, ".json.tmp"),
         clip = store_is_keyed(name, ".mp4"), kept = store_is_keyed(name, STORE_KEPT);
    SurveyRow *row = record || clip || kept ? row_of(r, name) : NULL;

    if (!record && !clip && !kept)
        return 0;
    if (!row)
        return AVERROR(ENOMEM);
    row->has_record = row->has_record || record;
    row->has_clip = row->has_clip || clip;
    row->kept = row->kept || kept;
    return 0;
}

/* Records that the journal has nothing of */

static int copy_record(Reading *r, SurveyRow *row, const Record *from)
{
    row->state = from->state;
    row->created = from->created;
    row->accepted = from->accepted;
    row->usd = from->usd;
    row->model = from->model ? label_of(r->survey, from->model) : NULL;
    row->project = from->project ? label_of(r->survey, from->project) : NULL;
    row->image = from->image ? label_of(r->survey, from->image) : NULL;
    row->take = from->take;
    row->duration = from->duration;
    row->width = from->width;
    row->height = from->height;
    if ((from->model && !row->model) || (from->project && !row->project) ||
        (from->image && !row->image) || record_set(&row->prompt, from->prompt) < 0 ||
        record_set(&row->id, from->id) < 0 || record_set(&row->error, from->error) < 0 ||
        record_set(&row->first, from->first[0] ? from->first : NULL) < 0 ||
        record_set(&row->tries, from->client_ids) < 0)
        return AVERROR(ENOMEM);
    return 0;
}

static int read_record(Reading *r, SurveyRow *row)
{
    char *path = store_path(r->store, row->key, ".json"), *text = NULL;
    size_t size = 0;
    Record *record = NULL;
    int ret =
        path ? files_read_bytes(path, STORE_MAX_RECORD, &text, &size) : AVERROR(ENOMEM);

    clear_row(row);
    row->gone = false;
    row->doubted = true;
    /* A whole one is skimmed; what is not is read with all care. */
    if (ret >= 0)
        ret = text ? take_members(r, row, text, text + size) : 0;
    if (ret != AVERROR(ENOMEM) && (ret <= 0 || row->state == RECORD_NEW || row->gone)) {
        ret = store_load(r->store, row->key, false, r->out, &record);
        if (ret >= 0)
            ret = copy_record(r, row, record);
        row->gone = ret < 0;
        if (row->gone) {
            r->survey->unread = ret;
            r->survey->nb_unread++;
        }
        ret = ret == AVERROR(ENOMEM) ? ret : 0;
    }
    record_free(&record);
    av_free(text);
    av_free(path);
    return FFMIN(ret, 0);
}

/* Whether the record may know more than the journal: one that is not in it, or of which a
 * line may be lost. Behind that of its clip there is none. */
static bool is_doubtful(const Reading *r, const SurveyRow *row)
{
    int torn = row->state == RECORD_READY ? row->torn_last : r->torn;
    bool lost = torn > row->torn_first;

    return lost || !row->begun || !row->id || row->gone || !record_is_ended(row->state);
}

/* What is left of the rows once all is known. */
static int finish(Reading *r)
{
    Survey *s = r->survey;
    int kept = 0, ret = 0;

    for (int i = 0; i < s->count; i++) {
        SurveyRow *row = &s->rows[i];
        if (ret >= 0 && row->has_record && is_doubtful(r, row))
            ret = read_record(r, row);
        if (ret >= 0)
            ret = close_generation(r, row);
        if (!record_is_charged(row->state))
            row->usd = -1;
        /* A clip alone is none of a request that is known. */
        if (ret < 0 || row->gone || (!row->has_record && row->state == RECORD_NEW))
            clear_row(row);
        else
            s->rows[kept++] = *row;
    }
    s->count = kept;
    return ret;
}

static int oldest_first(const void *a, const void *b)
{
    const SurveyRow *x = a, *y = b;
    return (x->created > y->created) - (x->created < y->created);
}

int survey_read(const Store *store, Outcome *out, Survey **survey)
{
    Reading r = {.store = store, .out = out};
    int ret = AVERROR(ENOMEM);

    if ((r.survey = *survey = av_mallocz(sizeof(**survey))) &&
        (ret = journal_walk(store, 0, take_line, &r)) >= 0 &&
        (ret = store_walk(store, take_name, &r)) >= 0)
        ret = finish(&r);
    places_clear(&r.places);
    if (ret >= 0) {
        if (r.survey->count)
            qsort(r.survey->rows, (size_t)r.survey->count, sizeof(SurveyRow),
                  oldest_first);
        return 0;
    }
    survey_free(survey);
    return outcome_fail(out, FAILURE_STORE, ret, "Cannot read the ledger: %s.",
                        av_err2str(ret));
}

void survey_free(Survey **survey)
{
    Survey *s = *survey;

    if (!s)
        return;
    for (int i = 0; i < s->count; i++)
        clear_row(&s->rows[i]);
    av_free(s->rows);
    av_free(s->generations);
    tdestroy(s->labels, av_free);
    av_freep(survey);
}
