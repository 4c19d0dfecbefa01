/* i2v: the command: what the ledger knows of one request, for programs
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/describe.h"

#include "base/clock.h"
#include "engine/engine.h"

char *ctl_clip_of(const Store *store, const SurveyRow *row)
{
    return row->state == RECORD_READY && row->has_clip ? store_clip_path(store, row->key)
                                                       : NULL;
}

static void add_text(cJSON *job, const char *name, const char *value)
{
    if (value && *value)
        cJSON_AddStringToObject(job, name, value);
}

static void add_time(cJSON *job, const char *name, double when)
{
    char text[CLOCK_TEXT_SIZE];

    if (when <= 0)
        return;
    clock_text((int64_t)when, text);
    add_text(job, name, text);
}

static void add_number(cJSON *job, const char *name, double value)
{
    if (value >= 0)
        cJSON_AddNumberToObject(job, name, value);
}

cJSON *ctl_describe(const Record *record, const SurveyRow *row, const char *clip)
{
    cJSON *job = cJSON_CreateObject();

    add_text(job, "key", record->key);
    add_text(job, "state", record_state_name(record->state));
    add_time(job, "created", record->created);
    add_time(job, "sent", record->sent_at);
    add_time(job, "accepted", record->accepted);
    add_time(job, "ended", record->ended);
    add_text(job, "engine",
             engine_find(record->engine) ? engine_find(record->engine)->name
                                         : record->engine);
    add_text(job, "origin", record->origin);
    add_text(job, "model", record->model);
    add_text(job, "prompt", record->prompt);
    add_text(job, "project", record->project);
    add_text(job, "image", record->image);
    add_text(job, "id", record->id);
    add_text(job, "client_request_ids", record->client_ids);
    add_text(job, "status", record->status);
    add_text(job, "error", record->error);
    add_text(job, "url", record->url);
    add_text(job, "image_sha256", record->image_hash);
    add_text(job, "request_sha256", record->request_hash);
    add_text(job, "clip_sha256", record->clip_hash);
    add_number(job, "take", record->take);
    add_text(job, "first", record->first);
    add_number(job, "duration", record->duration);
    add_number(job, "width", record->width);
    add_number(job, "height", record->height);
    add_number(job, "usd", record_cost(record));
    add_number(job, "price", record->price);
    add_number(job, "credits", record->credits);
    add_number(job, "tokens", record->tokens);
    add_number(job, "clip_size", (double)record->clip_size);
    cJSON_AddBoolToObject(job, "kept", row->kept);
    add_text(job, "clip", clip);
    return job;
}
