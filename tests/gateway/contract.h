/* i2v: the stand-in gateway: the documented request bodies, checked strictly.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GATEWAY_CONTRACT_H
#define GATEWAY_CONTRACT_H

#include "util.h"

#include <cjson/cJSON.h>

typedef struct ModelSpec ModelSpec;

/* A request body that has passed every check but those of the image itself. */
typedef struct VideoRequest {
    const ModelSpec *model;
    cJSON *fields;                  /* as sent */
    const char *prompt, *image_url; /* in fields */
    int width, height;              /* of the output; set by contract_fit_image() */
    int duration;
    int audio;
    double usd;
} VideoRequest;

typedef struct Refusal {
    unsigned status;
    char *message; /* to be freed */
} Refusal;

/* 0, or -1 with the refusal filled in. Everything the request holds lies in fields. */
int contract_check(const Buffer *body, VideoRequest *request, Refusal *refusal);
/* Checks the size of the image against the request and settles the size of the output. */
int contract_fit_image(VideoRequest *request, int width, int height, Refusal *refusal);

const char *contract_model_name(const ModelSpec *model);
/* The models as GET /v1/models lists them: the nth, or NULL behind the last. */
cJSON *contract_describe_model(size_t n, int with_pricing, int with_capabilities);
int contract_model_matches(size_t n, const char *id);

#endif
