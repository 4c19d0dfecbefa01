/* i2v: one request's page in the ledger
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/record.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <libavutil/time.h>

#include "base/json.h"
#include "base/text.h"
#include "store/put.h"

/* Raise it when a record is no longer readable by what came before. */
#define RECORD_VERSION 2

/* A gateway whose status swings to and fro must not fill the disk. */
#define MAX_HISTORY 500

/* Up to here a double tells one whole number from the next. */
#define MAX_WHOLE 9007199254740992.0

static const char *const state_names[] = {
    [RECORD_NEW] = "new",         [RECORD_INTENT] = "intent", [RECORD_SENT] = "sent",
    [RECORD_RUNNING] = "running", [RECORD_READY] = "ready",   [RECORD_FAILED] = "failed",
    [RECORD_REFUSED] = "refused",
};

/* The members on disk. One that is not known is left out. */

typedef enum MemberType {
    MEMBER_TEXT,   ///< char *, owned
    MEMBER_CHARS,  ///< char[]
    MEMBER_INT,    ///< int
    MEMBER_SIZE,   ///< int64_t
    MEMBER_NUMBER, ///< double, -1 = not known
    MEMBER_TIME,   ///< double, 0 = not known
    MEMBER_FLAG,   ///< bool, 1 on disk
    MEMBER_OBJECT, ///< cJSON *, owned
    MEMBER_ARRAY,  ///< cJSON *, owned
} MemberType;

typedef struct Member {
    const char *name;
    MemberType type;
    size_t offset, size;
    int kept;   ///< bytes of it that the journal has at most, 0 = it has none
    bool fresh; ///< another generation begins without it
} Member;

#define ROW(type, name, member, kept, fresh)                                             \
    {                                                                                    \
        name, type, offsetof(Record, member), sizeof(((Record *)0)->member), kept, fresh \
    }
#define KEPT(type, name, member, kept)  ROW(type, name, member, kept, false)
#define MEMBER(type, name, member)      ROW(type, name, member, 0, false)
#define FRESH(type, name, member, kept) ROW(type, name, member, kept, true)

/* Whole, or as much as tells people what it is. */
#define WHOLE  INT_MAX
#define PROMPT 120
#define ERROR  200

static const Member members[] = {
    KEPT(MEMBER_CHARS, "account", account, WHOLE),
    KEPT(MEMBER_TEXT, "engine", engine, WHOLE),
    KEPT(MEMBER_TEXT, "origin", origin, WHOLE),
    KEPT(MEMBER_TEXT, "model", model, WHOLE),
    KEPT(MEMBER_TEXT, "prompt", prompt, PROMPT),
    KEPT(MEMBER_TEXT, "project", project, WHOLE),
    KEPT(MEMBER_TEXT, "image", image, WHOLE),
    KEPT(MEMBER_INT, "take", take, WHOLE),
    KEPT(MEMBER_CHARS, "first", first, WHOLE),
    KEPT(MEMBER_INT, "duration", duration, WHOLE),
    KEPT(MEMBER_INT, "width", width, WHOLE),
    KEPT(MEMBER_INT, "height", height, WHOLE),
    MEMBER(MEMBER_INT, "rate", rate),
    MEMBER(MEMBER_FLAG, "mute", mute),
    MEMBER(MEMBER_OBJECT, "request", request),
    MEMBER(MEMBER_OBJECT, "options", options),
    MEMBER(MEMBER_CHARS, "image_sha256", image_hash),
    MEMBER(MEMBER_CHARS, "end_image_sha256", end_image_hash),
    MEMBER(MEMBER_CHARS, "request_sha256", request_hash),
    MEMBER(MEMBER_SIZE, "request_size", request_size),
    FRESH(MEMBER_TIME, "created", created, WHOLE),
    FRESH(MEMBER_NUMBER, "price", price, WHOLE),
    FRESH(MEMBER_TEXT, "client_request_ids", client_ids, WHOLE),
    FRESH(MEMBER_TIME, "sent", sent_at, WHOLE),
    FRESH(MEMBER_TIME, "gateway_time", gateway_time, WHOLE),
    FRESH(MEMBER_FLAG, "faulted", faulted, 0),
    FRESH(MEMBER_TEXT, "id", id, WHOLE),
    FRESH(MEMBER_TIME, "accepted", accepted, WHOLE),
    FRESH(MEMBER_CHARS, "status", status, 0),
    FRESH(MEMBER_NUMBER, "usd", usd, WHOLE),
    FRESH(MEMBER_NUMBER, "credits", credits, WHOLE),
    FRESH(MEMBER_NUMBER, "tokens", tokens, 0),
    FRESH(MEMBER_TEXT, "url", url, 0),
    FRESH(MEMBER_TEXT, "error", error, ERROR),
    FRESH(MEMBER_FLAG, "empty", empty, WHOLE),
    FRESH(MEMBER_TIME, "ended", ended, WHOLE),
    FRESH(MEMBER_SIZE, "clip_size", clip_size, WHOLE),
    FRESH(MEMBER_CHARS, "clip_time", clip_time, WHOLE),
    FRESH(MEMBER_CHARS, "clip_sha256", clip_hash, WHOLE),
    FRESH(MEMBER_CHARS, "clip_text", clip.text, 0),
    MEMBER(MEMBER_ARRAY, "history", history),
    MEMBER(MEMBER_FLAG, "journal", journaled),
};

static void *at(const Record *r, const Member *m)
{
    return (char *)r + m->offset;
}

static void forget(Record *r, const Member *m)
{
    switch (m->type) {
    case MEMBER_TEXT:
        av_freep(at(r, m));
        break;
    case MEMBER_OBJECT:
    case MEMBER_ARRAY:
        cJSON_Delete(*(cJSON **)at(r, m));
        *(cJSON **)at(r, m) = NULL;
        break;
    case MEMBER_INT:
        *(int *)at(r, m) = -1;
        break;
    case MEMBER_SIZE:
        *(int64_t *)at(r, m) = -1;
        break;
    case MEMBER_NUMBER:
        *(double *)at(r, m) = -1;
        break;
    case MEMBER_CHARS:
    case MEMBER_TIME:
    case MEMBER_FLAG:
        memset(at(r, m), 0, m->size);
        break;
    }
}

Record *record_alloc(const char *key)
{
    Record *r = av_mallocz(sizeof(*r));
    if (!r)
        return NULL;
    av_strlcpy(r->key, key, sizeof(r->key));
    for (size_t i = 0; i < FF_ARRAY_ELEMS(members); i++)
        forget(r, &members[i]);
    r->clip.rate = (AVRational){0, 1};
    return r;
}

void record_free(Record **record)
{
    Record *r = *record;
    if (!r)
        return;
    for (size_t i = 0; i < FF_ARRAY_ELEMS(members); i++)
        forget(r, &members[i]);
    cJSON_Delete(r->rest);
    av_freep(record);
}

void record_forget_generation(Record *record)
{
    for (size_t i = 0; i < FF_ARRAY_ELEMS(members); i++)
        if (members[i].fresh)
            forget(record, &members[i]);
    record->clip = (ClipFacts){.rate = {0, 1}};
}

int record_set(char **member, const char *value)
{
    char *copy = value ? av_strdup(value) : NULL;
    if (value && !copy)
        return AVERROR(ENOMEM);
    av_free(*member);
    *member = copy;
    return 0;
}

/* What the clip is: an object of its own, and each of its members is always there. */

bool record_put_facts(cJSON *to, const ClipFacts *facts)
{
    char rate[32];

    snprintf(rate, sizeof(rate), "%d/%d", facts->rate.num, facts->rate.den);
    return to && cJSON_AddNumberToObject(to, "width", facts->width) &&
           cJSON_AddNumberToObject(to, "height", facts->height) &&
           cJSON_AddNumberToObject(to, "duration", facts->duration) &&
           cJSON_AddStringToObject(to, "rate", rate) &&
           cJSON_AddBoolToObject(to, "variable", facts->variable) &&
           cJSON_AddStringToObject(to, "untagged", facts->untagged) &&
           cJSON_AddBoolToObject(to, "audio", facts->has_audio) &&
           cJSON_AddBoolToObject(to, "c2pa", facts->c2pa) &&
           cJSON_AddStringToObject(to, "unusual", facts->unusual);
}

static const char *text_of(const cJSON *json, const char *name)
{
    const char *text = json_text(json, name);
    return text ? text : "";
}

static void read_facts(const cJSON *json, ClipFacts *facts)
{
    double width = json_number(json, "width", -1),
           height = json_number(json, "height", -1);
    AVRational rate;

    if (!(width >= 1 && width <= INT_MAX && height >= 1 && height <= INT_MAX))
        return;
    facts->width = (int)width;
    facts->height = (int)height;
    double duration = json_number(json, "duration", -1);
    facts->duration = isfinite(duration) ? duration : -1;
    if (sscanf(text_of(json, "rate"), "%d/%d", &rate.num, &rate.den) == 2 &&
        rate.num >= 0 && rate.den > 0)
        facts->rate = rate;
    facts->variable = cJSON_IsTrue(json_member(json, "variable"));
    av_strlcpy(facts->untagged, text_of(json, "untagged"), sizeof(facts->untagged));
    facts->has_audio = cJSON_IsTrue(json_member(json, "audio"));
    facts->c2pa = cJSON_IsTrue(json_member(json, "c2pa"));
    av_strlcpy(facts->unusual, text_of(json, "unusual"), sizeof(facts->unusual));
}

/* Reading */

/* @return whether the text is that of a state; none is that of a new record */
static bool read_state(const cJSON *json, RecordState *state)
{
    const cJSON *item = json_member(json, "state");

    *state = RECORD_NEW;
    return !item || (cJSON_IsString(item) && record_state_of(item->valuestring, state));
}

/* Whether it says something of a member: JSON of its type, and a number that can be. */
static bool fits(const Member *m, const cJSON *item)
{
    switch (m->type) {
    case MEMBER_TEXT:
    case MEMBER_CHARS:
        return cJSON_IsString(item);
    case MEMBER_OBJECT:
        return cJSON_IsObject(item);
    case MEMBER_ARRAY:
        return cJSON_IsArray(item);
    default:
        return cJSON_IsNumber(item) && isfinite(item->valuedouble) &&
               item->valuedouble >= 0;
    }
}

/* Read a member. An object or array is taken over: *item is then NULL. */
static int read_member(Record *r, const Member *m, cJSON **item)
{
    const char *text = cJSON_GetStringValue(*item);
    double number = (*item)->valuedouble;

    switch (m->type) {
    case MEMBER_TEXT: /* an empty one tells nothing */
        return record_set(at(r, m), text && *text ? text : NULL);
    case MEMBER_CHARS:
        av_strlcpy(at(r, m), text, m->size);
        break;
    case MEMBER_INT:
        *(int *)at(r, m) = (int)FFMIN(number, INT_MAX);
        break;
    case MEMBER_SIZE:
        *(int64_t *)at(r, m) = (int64_t)FFMIN(number, MAX_WHOLE);
        break;
    case MEMBER_NUMBER:
    case MEMBER_TIME:
        *(double *)at(r, m) = number;
        break;
    case MEMBER_FLAG:
        *(bool *)at(r, m) = number > 0;
        break;
    case MEMBER_OBJECT:
    case MEMBER_ARRAY:
        FFSWAP(cJSON *, *(cJSON **)at(r, m), *item);
        break;
    }
    return 0;
}

/* Take the members out of a page; what stays in it is the rest. Of several of one name
 * the first that fits counts; one that does not is not known. */
static int read_members(Record *r, cJSON *json)
{
    static const char *const others[] = {"version", "key", "state", "clip_facts"};
    int ret = 0;

    read_facts(json_member(json, "clip_facts"), &r->clip);
    for (size_t i = 0; i < FF_ARRAY_ELEMS(others); i++)
        while (json_member(json, others[i])) // of two the first counts
            cJSON_DeleteItemFromObjectCaseSensitive(json, others[i]);
    for (size_t i = 0; ret >= 0 && i < FF_ARRAY_ELEMS(members); i++) {
        const Member *m = &members[i];
        bool known = false;
        cJSON *item;

        while ((item = cJSON_DetachItemFromObjectCaseSensitive(json, m->name))) {
            if (!known && fits(m, item)) {
                known = true;
                ret = read_member(r, m, &item);
            }
            cJSON_Delete(item);
        }
    }
    return ret;
}

int record_take(Record *record, cJSON *json)
{
    RecordState state;
    if (read_state(json, &state) && state != RECORD_NEW)
        record->state = state;
    return read_members(record, json);
}

/* A state that is not known might be one that was paid for. */
static bool is_whole(const Record *r)
{
    return (r->state != RECORD_RUNNING || text_is_set(r->id)) &&
           (r->state != RECORD_SENT || text_is_set(r->client_ids));
}

int record_parse(const char *key, const char *text, Record **record)
{
    Record *r = *record = record_alloc(key);
    int ret = AVERROR_INVALIDDATA;

    if (!r)
        return AVERROR(ENOMEM);
    errno = 0;
    r->rest = cJSON_ParseWithOpts(text, NULL, 1);
    if (!r->rest && errno == ENOMEM) /* cJSON itself does not tell why */
        ret = AVERROR(ENOMEM);
    else if (r->rest && !strcmp(text_of(r->rest, "key"), key) &&
             json_number(r->rest, "version", -1) == RECORD_VERSION &&
             read_state(r->rest, &r->state))
        ret = read_members(r, r->rest);
    if (ret >= 0 && !is_whole(r))
        ret = AVERROR_INVALIDDATA;
    if (ret < 0)
        record_free(record);
    return ret;
}

/* Writing */

bool record_put_copy(cJSON *to, const char *name, const cJSON *json)
{
    cJSON *copy = json ? cJSON_Duplicate(json, 1) : NULL;
    if (copy && cJSON_AddItemToObject(to, name, copy))
        return true;
    cJSON_Delete(copy);
    return !json;
}

bool record_put_text(cJSON *to, const char *name, const char *text)
{
    return !text || !*text || cJSON_AddStringToObject(to, name, text);
}

bool record_put_number(cJSON *to, const char *name, double number)
{
    return number < 0 || cJSON_AddNumberToObject(to, name, number);
}

static bool put_member(cJSON *to, const Record *r, const Member *m)
{
    const void *value = at(r, m);

    switch (m->type) {
    case MEMBER_TEXT:
        return record_put_text(to, m->name, *(char *const *)value);
    case MEMBER_CHARS:
        return record_put_text(to, m->name, value);
    case MEMBER_INT:
        return record_put_number(to, m->name, *(const int *)value);
    case MEMBER_SIZE:
        return record_put_number(to, m->name, (double)*(const int64_t *)value);
    case MEMBER_NUMBER:
        return record_put_number(to, m->name, *(const double *)value);
    case MEMBER_TIME:
        return record_put_number(
            to, m->name, *(const double *)value > 0 ? *(const double *)value : -1);
    case MEMBER_FLAG:
        return record_put_number(to, m->name, *(const bool *)value ? 1 : -1);
    case MEMBER_OBJECT:
    case MEMBER_ARRAY:
        return record_put_copy(to, m->name, *(cJSON *const *)value);
    }
    return false;
}

static bool put_record(cJSON *to, const Record *r)
{
    bool ok = to && cJSON_AddNumberToObject(to, "version", RECORD_VERSION) &&
              record_put_text(to, "key", r->key) &&
              record_put_text(to, "state", state_names[r->state]);

    for (size_t i = 0; ok && i < FF_ARRAY_ELEMS(members); i++)
        ok = put_member(to, r, &members[i]);
    if (ok && r->clip.width)
        ok = record_put_facts(cJSON_AddObjectToObject(to, "clip_facts"), &r->clip);
    for (cJSON *item = r->rest ? r->rest->child : NULL; ok && item; item = item->next)
        ok = record_put_copy(to, item->string, item);
    return ok;
}

char *record_print(const Record *record)
{
    cJSON *json = cJSON_CreateObject();
    char *text = put_record(json, record) ? cJSON_Print(json) : NULL;
    cJSON_Delete(json);
    return text;
}

/* What is new in it */

static bool is_known(const Record *r, const Member *m)
{
    const void *value = at(r, m);

    switch (m->type) {
    case MEMBER_TEXT:
        return text_is_set(*(char *const *)value);
    case MEMBER_CHARS:
        return text_is_set(value);
    case MEMBER_INT:
        return *(const int *)value >= 0;
    case MEMBER_SIZE:
        return *(const int64_t *)value >= 0;
    case MEMBER_NUMBER:
        return *(const double *)value >= 0;
    case MEMBER_TIME:
        return *(const double *)value > 0;
    case MEMBER_FLAG:
        return *(const bool *)value;
    case MEMBER_OBJECT:
    case MEMBER_ARRAY:
        return *(cJSON *const *)value;
    }
    return false;
}

static bool is_same(const Record *a, const Record *b, const Member *m)
{
    if (m->type == MEMBER_TEXT)
        return !strcmp(*(char *const *)at(a, m), *(char *const *)at(b, m));
    return m->type == MEMBER_CHARS ? !strcmp(at(a, m), at(b, m))
                                   : !memcmp(at(a, m), at(b, m), m->size);
}

/* The beginning of a text in so many bytes, whole characters all. */
static bool put_beginning(cJSON *to, const char *name, const char *text, size_t most)
{
    char cut[FFMAX(PROMPT, ERROR) + 1];

    if (strlen(text) <= most)
        return cJSON_AddStringToObject(to, name, text);
    av_strlcpy(cut, text, text_cut(text, most) + 1);
    return cJSON_AddStringToObject(to, name, cut);
}

static bool put_kept(cJSON *to, const Record *r, const Member *m)
{
    return m->type == MEMBER_TEXT && m->kept != WHOLE
               ? put_beginning(to, m->name, *(char *const *)at(r, m), (size_t)m->kept)
               : put_member(to, r, m);
}

cJSON *record_line(const Record *record, const Record *before)
{
    cJSON *line = cJSON_CreateObject();
    bool ok = line && cJSON_AddStringToObject(line, "key", record->key) &&
              cJSON_AddStringToObject(line, "state", state_names[record->state]);

    for (size_t i = 0; ok && i < FF_ARRAY_ELEMS(members); i++) {
        const Member *m = &members[i];
        if (m->kept && is_known(record, m) &&
            !(before && is_known(before, m) && is_same(record, before, m)))
            ok = put_kept(line, record, m);
    }
    if (!ok) {
        cJSON_Delete(line);
        return NULL;
    }
    return line;
}

/* Whether one has, from the journal, the beginning of the text that the other has. */
static bool is_cut(const Record *record, const Record *whole, const Member *m)
{
    return m->type == MEMBER_TEXT && m->kept && m->kept != WHOLE &&
           av_strstart(*(char *const *)at(whole, m), *(char *const *)at(record, m), NULL);
}

void record_fill(Record *record, Record *from)
{
    if (!record->clip.width)
        FFSWAP(ClipFacts, record->clip, from->clip);
    for (size_t i = 0; i < FF_ARRAY_ELEMS(members); i++) {
        const Member *m = &members[i];
        if (!is_known(from, m) || (is_known(record, m) && !is_cut(record, from, m)))
            continue;
        forget(record, m); /* an empty text may be there */
        memcpy(at(record, m), at(from, m), m->size);
        memset(at(from, m), 0, m->size);
    }
    if (!record->rest)
        FFSWAP(cJSON *, record->rest, from->rest);
}

int record_add_history(Record *record, const char *what, const char *status)
{
    cJSON *line = cJSON_CreateObject();
    if (!record->history)
        record->history = cJSON_CreateArray();
    if (!record->history || !line ||
        !cJSON_AddNumberToObject(line, "time", record_now()) ||
        !cJSON_AddStringToObject(line, "what", what) ||
        !record_put_text(line, "status", status) ||
        !cJSON_AddItemToArray(record->history, line)) {
        cJSON_Delete(line);
        return AVERROR(ENOMEM);
    }
    /* How it began and how it ends matter more than the middle. */
    if (cJSON_GetArraySize(record->history) > MAX_HISTORY)
        cJSON_DeleteItemFromArray(record->history, MAX_HISTORY / 2);
    return 0;
}

double record_now(void)
{
    return (double)av_gettime() / 1e6;
}

const char *record_state_name(RecordState state)
{
    return state_names[state];
}

bool record_state_of(const char *name, RecordState *state)
{
    for (int i = 0; i < (int)FF_ARRAY_ELEMS(state_names); i++)
        if (!strcmp(name, state_names[i])) {
            *state = (RecordState)i;
            return true;
        }
    return false;
}

bool record_is_ended(RecordState state)
{
    return state == RECORD_READY || state == RECORD_FAILED || state == RECORD_REFUSED;
}

bool record_is_charged(RecordState state)
{
    return state != RECORD_FAILED && state != RECORD_REFUSED;
}

double record_cost(const Record *record)
{
    return record_is_charged(record->state) ? record->usd : -1;
}

bool record_is_finished(const Record *record)
{
    /* Refused in clear words, or still on its way out. */
    if (record->state == RECORD_INTENT)
        return record->ended > 0;
    return record_is_ended(record->state);
}

const char *record_error(const Record *record)
{
    return record->error ? record->error : "no reason given";
}
