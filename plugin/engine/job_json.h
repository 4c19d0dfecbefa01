/* i2v: what is read of a generation in any engine's JSON (inside engine)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_ENGINE_JOB_JSON_H
#define I2V_ENGINE_JOB_JSON_H

#include <cjson/cJSON.h>

#include "engine/engine.h"

/** The words of an engine for how a generation is, each list separated by commas. */
typedef struct JobWords {
    const char *pending, *completed, *failed;
} JobWords;

/** Whether a text can be asked for as an id: what holds a control character, and a NUL in
 * its JSON was one, would not be the same then. @param text  may be NULL */
bool job_is_id(const char *text);

/** The first of some members that is an id: a text, or a whole number as it was written.
 * @param names  ends with NULL
 * @return free with av_free(); NULL for none, or without memory */
char *job_take_id(const cJSON *json, const char *body, size_t size,
                  const char *const *names);

/** The first URL of an object, of an array of objects or strings, or of a string; NULL.
 */
const char *job_find_url(const cJSON *json);

/**
 * What a status means: sets state, status and status_known. job->url must be set.
 * @param status     NULL = none
 * @param has_error  the answer speaks of an error
 */
void job_judge(EngineJob *job, const char *status, const JobWords *words, bool has_error);

/**
 * Take in why there is no clip, for a job that failed or is empty.
 * @param json   the answer
 * @param error  what speaks of the error in it, or NULL
 * @return 0 or AVERROR(ENOMEM)
 */
int job_take_reason(EngineJob *job, const cJSON *json, const cJSON *error);

#endif
