/* i2v: the command: all that is known of a request
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/mem.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "ctl/again.h"
#include "ctl/columns.h"
#include "ctl/describe.h"
#include "ctl/meant.h"
#include "ctl/print.h"
#include "ctl/select.h"
#include "ctl/takes.h"
#include "request/request.h"
#include "engine/engine.h"
#include "store/put.h"

/* Columns of the names. */
#define NAMES 9

/* A request, and what else there is. */
typedef struct Subject {
    const Store *store;
    const Survey *survey;
    const SurveyRow *row;
    const Record *record;
    char *clip;                ///< its path, or NULL
    AVBPrint open, serve, buy; ///< commands, "" where there is none
    bool whole;                ///< those can be run as they are
} Subject;

static void put_name(AVBPrint *to, const char *name)
{
    av_bprintf(to, "%-*s", NAMES, name);
}

static void put(AVBPrint *to, const char *name, const char *text)
{
    if (!text_is_set(text))
        return;
    put_name(to, name);
    columns_put_lines(to, text, NAMES);
    av_bprint_chars(to, '\n', 1);
}

/* The fields that were asked for, but those with a line of their own. */
static void put_fields(AVBPrint *to, const cJSON *fields)
{
    AVBPrint text;

    av_bprint_init(&text, 0, AV_BPRINT_SIZE_UNLIMITED);
    request_put_fields(&text, fields);
    put(to, "asked", text.str);
    av_bprint_finalize(&text, NULL);
}

/* How the still was taken. */
static void put_options(AVBPrint *to, const cJSON *options)
{
    static const char *const names[] = {"image_time", "end_image", "fit", "fit_position"};

    for (size_t i = 0; i < FF_ARRAY_ELEMS(names); i++) {
        const char *value = json_text(options, names[i]);
        char text[64];
        if (!value)
            continue;
        snprintf(text, sizeof(text), "%s ", names[i]);
        av_bprintf(to, "%*s%s", NAMES, "", text);
        columns_put_lines(to, value, NAMES);
        av_bprint_chars(to, '\n', 1);
    }
}

static void put_takes(AVBPrint *to, const Subject *s)
{
    AVBPrint text;

    av_bprint_init(&text, 0, AV_BPRINT_SIZE_UNLIMITED);
    av_bprintf(&text, "%d", FFMAX(s->record->take, 1));
    for (int i = 0; i < s->survey->count; i++) {
        const SurveyRow *row = &s->survey->rows[i];
        if (row != s->row && takes_are_one(row, s->row))
            av_bprintf(&text, "; take %d is %.*s, %s", FFMAX(row->take, 1), SHORT_KEY,
                       row->key, record_state_name(row->state));
    }
    put(to, "take", text.str);
    av_bprint_finalize(&text, NULL);
}

static void put_cost(AVBPrint *to, const Record *r)
{
    double cost = record_cost(r);
    char text[128] = "";

    if (!record_is_charged(r->state))
        av_strlcpy(text, "nothing", sizeof(text));
    else if (cost >= 0)
        snprintf(text, sizeof(text), "%.4g USD", cost);
    if (r->price >= 0 && cost != r->price)
        av_strlcatf(text, sizeof(text), "%s%.4g USD was asked", *text ? "; " : "",
                    r->price);
    put(to, "cost", text);
}

static void put_history(AVBPrint *to, const Record *r)
{
    const cJSON *line;
    const char *name = "history";

    cJSON_ArrayForEach(line, r->history)
    {
        const char *what = json_text(line, "what"), *status = json_text(line, "status");
        char when[CLOCK_TEXT_SIZE];
        clock_text((int64_t)json_number(line, "time", 0), when);
        put_name(to, name);
        name = "";
        av_bprintf(to, "%s  ", when);
        columns_put_lines(to, what ? what : "?", NAMES);
        if (status) {
            av_bprintf(to, ", ");
            columns_put_lines(to, status, NAMES);
        }
        av_bprint_chars(to, '\n', 1);
    }
}

static void put_commands(AVBPrint *to, const Subject *s)
{
    put(to, "open", s->open.str);
    put(to, "again", s->serve.str);
    put(to, "another", s->buy.str);
    if (!s->buy.len)
        put(to, "another", "(the ledger does not have all that was asked)");
    else if (!s->whole)
        put(to, "",
            "(STILL, END_IMAGE, PARAMS: what the ledger cannot name or may not say)");
}

static void put_all(AVBPrint *to, const Subject *s)
{
    const Record *r = s->record;
    const Engine *engine = engine_find(r->engine);
    const char *failed = record_is_ended(r->state) && r->state != RECORD_READY ? "why"
                         : r->error                                            ? "error"
                                                                               : NULL;

    put(to, "key", r->key);
    put_name(to, "state");
    av_bprintf(to, "%s%s\n", record_state_name(r->state), s->row->kept ? ", kept" : "");
    if (failed && r->state != RECORD_READY)
        put(to, failed, record_error(r));
    put(to, "prompt", r->prompt);
    put(to, "still", r->image);
    put_options(to, r->options);
    put(to, "model", r->model);
    put_fields(to, r->request);
    put_takes(to, s);
    put(to, "project", r->project);
    put_cost(to, r);
    put(to, "id", r->id);
    put(to, engine ? engine->called : "gateway", r->origin);
    put(to, "tries", r->client_ids);
    put(to, "clip", s->clip);
    if (s->clip)
        put(to, "", r->clip.text);
    put_history(to, r);
    put_commands(to, s);
}

static cJSON *describe(const Subject *s)
{
    const Record *r = s->record;
    cJSON *json = ctl_describe(r, s->row, s->clip);
    bool whole =
        json && record_put_copy(json, "request", r->request) &&
        record_put_copy(json, "options", r->options) &&
        record_put_copy(json, "history", r->history) &&
        record_put_text(json, "end_image_sha256", r->end_image_hash) &&
        record_put_text(json, "clip_text", r->clip.text) &&
        (!r->clip.width ||
         record_put_facts(cJSON_AddObjectToObject(json, "clip_facts"), &r->clip)) &&
        record_put_text(json, "open", s->open.str) &&
        record_put_text(json, "again", s->serve.str) &&
        record_put_text(json, "another", s->buy.str);

    if (whole)
        return json;
    cJSON_Delete(json);
    return NULL;
}

static int print(const Subject *s, bool json)
{
    AVBPrint text;

    if (json) {
        cJSON *object = describe(s);
        char *printed = object ? ctl_json_text(object, true) : NULL;
        int written = printed ? 0 : AVERROR(ENOMEM);
        if (printed)
            fputs(printed, stdout);
        av_free(printed);
        cJSON_Delete(object);
        return written;
    }
    av_bprint_init(&text, 0, AV_BPRINT_SIZE_UNLIMITED);
    put_all(&text, s);
    fputs(text.str, stdout);
    int ret = av_bprint_is_complete(&text) ? 0 : AVERROR(ENOMEM);
    av_bprint_finalize(&text, NULL);
    return ret;
}

static int show(const Store *store, const Survey *survey, const SurveyRow *row, bool json,
                Outcome *out)
{
    Record *record = NULL;
    Subject s = {.store = store, .survey = survey, .row = row};
    int ret = store_load(store, row->key, false, out, &record);

    if (ret < 0)
        return ret;
    s.record = record;
    s.clip = ctl_clip_of(store, row);
    av_bprint_init(&s.open, 0, AV_BPRINT_SIZE_UNLIMITED);
    av_bprint_init(&s.serve, 0, AV_BPRINT_SIZE_UNLIMITED);
    av_bprint_init(&s.buy, 0, AV_BPRINT_SIZE_UNLIMITED);
    if (s.clip) {
        again_word(&s.open, "ffplay");
        again_word(&s.open, s.clip);
    }
    again_fetch(&s.serve, store, record, FFMAX(record->take, 1), false);
    s.whole = again_fetch(&s.buy, store, record, takes_next(survey, row), true);
    ret = print(&s, json);
    av_bprint_finalize(&s.open, NULL);
    av_bprint_finalize(&s.serve, NULL);
    av_bprint_finalize(&s.buy, NULL);
    av_free(s.clip);
    record_free(&record);
    return ret;
}

static int show_all(const Store *store, const Survey *survey, bool json, Outcome *out)
{
    const char *separator = json ? "[" : "";
    int ret = 0;

    for (int i = survey->count - 1; i >= 0 && ret >= 0; i--) {
        if (survey->rows[i].gone)
            continue;
        fputs(separator, stdout);
        separator = json ? ", " : "\n";
        ret = show(store, survey, &survey->rows[i], json, out);
    }
    if (json)
        puts("]");
    return ret;
}

int ctl_show(Arguments *arguments, Outcome *out)
{
    Store *store = NULL;
    Survey *survey = NULL;
    Selection selection;
    int ret = ctl_check_store_only(arguments, "show", out);

    if (ret >= 0 && !arguments->nb_words)
        ret = ctl_refuse(out, "i2vctl show takes the keys of requests, or the ids of "
                              "their generations; i2vctl jobs lists them.");
    if (ret >= 0)
        ret = select_parse(arguments, "show", arguments->words, arguments->nb_words, out,
                           &selection);
    if (ret < 0 || (ret = ctl_need_ledger(arguments->options, out, &store, &survey)) < 0)
        return ret;
    if ((ret = select_rows(&selection, store, survey, out)) >= 0) {
        ctl_print_begin();
        ret = show_all(store, survey, arguments->json, out);
    }
    if (ret >= 0)
        ret = ctl_print_end("request", out);
    survey_free(&survey);
    store_close(&store);
    return outcome_end(out, FAILURE_STORE, ret);
}
