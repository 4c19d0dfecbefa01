/* i2v: what is said of a clip, each time it is delivered
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/facts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/log.h>

/* A clip may last so much longer or shorter than asked, seconds. */
#define DURATION_SLACK 0.5

/* 29.97 is not 30; what rounding leaves of a rate is closer. */
#define RATE_SLACK 0.01

/* In the record */

static cJSON *print_facts(const ClipFacts *facts)
{
    char rate[32];
    cJSON *json = cJSON_CreateObject();

    snprintf(rate, sizeof(rate), "%d/%d", facts->rate.num, facts->rate.den);
    if (json && cJSON_AddNumberToObject(json, "width", facts->width) &&
        cJSON_AddNumberToObject(json, "height", facts->height) &&
        cJSON_AddNumberToObject(json, "duration", facts->duration) &&
        cJSON_AddStringToObject(json, "rate", rate) &&
        cJSON_AddBoolToObject(json, "variable", facts->variable) &&
        cJSON_AddStringToObject(json, "untagged", facts->untagged) &&
        cJSON_AddBoolToObject(json, "audio", facts->has_audio) &&
        cJSON_AddBoolToObject(json, "c2pa", facts->c2pa))
        return json;
    cJSON_Delete(json);
    return NULL;
}

int facts_note(Record *record, const ClipFacts *facts)
{
    cJSON *json = print_facts(facts);
    if (!json)
        return AVERROR(ENOMEM);
    int ret = record_set_json(record, RECORD_CLIP_FACTS, json);
    return ret < 0 ? ret : record_set_text(record, RECORD_CLIP_TEXT, facts->text);
}

static double number(const cJSON *json, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    return cJSON_IsNumber(item) ? item->valuedouble : -1;
}

static const char *text(const cJSON *json, const char *name)
{
    const char *value =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
    return value ? value : "";
}

static bool is_true(const cJSON *json, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, name));
}

bool facts_read(const Record *record, ClipFacts *facts)
{
    const cJSON *json = record_json(record, RECORD_CLIP_FACTS);
    double width = number(json, "width"), height = number(json, "height");
    AVRational rate;

    *facts = (ClipFacts){.rate = {0, 1}};
    if (!(width >= 1 && width <= INT_MAX && height >= 1 && height <= INT_MAX))
        return false;
    facts->width = (int)width;
    facts->height = (int)height;
    facts->duration = number(json, "duration");
    if (sscanf(text(json, "rate"), "%d/%d", &rate.num, &rate.den) == 2 && rate.num >= 0 &&
        rate.den > 0)
        facts->rate = rate;
    facts->variable = is_true(json, "variable");
    av_strlcpy(facts->untagged, text(json, "untagged"), sizeof(facts->untagged));
    facts->has_audio = is_true(json, "audio");
    facts->c2pa = is_true(json, "c2pa");
    return true;
}

int facts_complete(Record *record, const char *path, const AVIOInterruptCB *interrupt)
{
    ClipFacts facts;
    if (facts_read(record, &facts))
        return 0;
    int ret = clip_verify(path, 0, interrupt, &facts);
    return ret < 0 ? ret : facts_note(record, &facts);
}

/* Saying */

static void compare_size(const ClipFacts *facts, const Request *r, Events *events)
{
    if (r->width && (facts->width != r->width || facts->height != r->height))
        events_say(events, AV_LOG_WARNING,
                   "The clip is %dx%d, not the %dx%d that was asked for.\n", facts->width,
                   facts->height, r->width, r->height);
    if (r->duration && fabs(facts->duration - r->duration) > DURATION_SLACK)
        events_say(events, AV_LOG_WARNING,
                   "The clip lasts %.2f s, not the %d s that were asked for.\n",
                   facts->duration, r->duration);
}

static void compare_rate(const ClipFacts *facts, const Record *record, const Request *r,
                         Events *events)
{
    double rate = av_q2d(facts->rate);
    /* A request that is picked up by its key knows this by its record alone. */
    int asked = r->rate
                    ? r->rate
                    : (int)av_clipd(record_number(record, RECORD_RATE, 0), 0, INT_MAX);

    if (asked && rate > 0 && fabs(rate - asked) > RATE_SLACK)
        events_say(events, AV_LOG_WARNING,
                   "The clip has %.6g frames a second, not the %d that were asked for.\n",
                   rate, asked);
    if (facts->variable)
        events_say(events, AV_LOG_WARNING,
                   "The clip's frame rate is variable, %.6g a second on average; the "
                   "filter fps makes it constant.\n",
                   rate);
}

void facts_say(const Record *record, const Request *request, Events *events)
{
    const char *line = record_text(record, RECORD_CLIP_TEXT);
    ClipFacts facts;

    if (line)
        events_say(events, AV_LOG_INFO, "Clip: %s.\n", line);
    if (!facts_read(record, &facts))
        return;
    compare_size(&facts, request, events);
    compare_rate(&facts, record, request, events);
    if (facts.untagged[0])
        events_say(events, AV_LOG_WARNING,
                   "The clip does not say what its colours mean (%s), so programs guess; "
                   "the filter setparams says it.\n",
                   facts.untagged);
    if (!facts.has_audio && !request->mute && !request->silence &&
        !(record_number(record, RECORD_MUTE, 0) > 0))
        events_say(events, AV_LOG_WARNING,
                   "The clip has no audio; silence=1 adds a silent track.\n");
    if (facts.c2pa)
        events_say(events, AV_LOG_INFO,
                   "The clip carries C2PA content credentials; they stay in the saved "
                   "original.\n");
}
