/* i2v: the stand-in gateway: the Videos API in OpenAI's style, as servers have it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GATEWAY_VIDEOS_H
#define GATEWAY_VIDEOS_H

#include "gateway.h"

typedef enum ErrorStyle { ERROR_NESTED, ERROR_DETAIL, ERROR_FLAT } ErrorStyle;

/* What one server does otherwise than another. */
typedef struct Profile {
    const char *name;
    const char *model;    /* that it runs */
    const char *id;       /* format of an id, of 32 digits */
    const char *words[3]; /* queued, under way, and at the end of that */
    unsigned created;     /* status of the answer to a create call */
    ErrorStyle errors;
    int takes_json, needs_model, checks_model, needs_image, checks_image;
    int needs_key; /* also when none was named on the command line */
    int ignores_key;
    int failed_status; /* of a poll of a failed job */
    int rows_have_prompts;
    int sends_early;        /* a file as it grows */
    unsigned early, failed; /* statuses of content before, and of a failed job */
    int has_delete, aborts, ignores_range;
} Profile;

/* NULL when there is none of that name. */
const Profile *profile_find(const char *name);
/* For a sentence: "vllm-omni, sglang, ..." (constant). */
const char *profile_names(void);

/* An error as this server has it. */
void videos_error(const Exchange *x, Reply *reply, unsigned status, const char *message);

/* Endpoints. */
void videos_create(Exchange *x, Reply *reply);
void videos_list(Exchange *x, Reply *reply);
void videos_one(Exchange *x, Reply *reply); /* poll, content, delete */
void videos_health(Exchange *x, Reply *reply);
void videos_models(Exchange *x, Reply *reply);

/* The whole request is another's; 0, or -1 with the answer filled in. */
int videos_check_key(const Exchange *x, Reply *reply);
/* What was asked for, that no route has. */
void videos_no_route(const Exchange *x, Reply *reply);

/* Job as an answer shows it. */
cJSON *videos_describe(const Exchange *x, const Job *job, JobStatus status);

#endif
