/* i2v: the stand-in gateway: the documented request bodies, checked strictly.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GATEWAY_CONTRACT_H
#define GATEWAY_CONTRACT_H

#include "image.h"
#include "model.h"
#include "util.h"

#include <cjson/cJSON.h>

/* A request body that has passed every check but those of the images themselves. */
typedef struct VideoRequest {
    const Model *model;
    cJSON *fields; /* as sent */
    /* in fields; end_url is NULL when the clip may end as it likes */
    const char *image_url, *end_url;
    int width, height; /* of the output; set by contract_fit_images() */
    int duration;      /* seconds */
    int rate;          /* pictures a second */
    int audio;
    double usd;
} VideoRequest;

typedef struct Refusal {
    unsigned status;
    char *message; /* to be freed */
} Refusal;

/* 0, or -1 with the refusal filled in. Everything the request holds lies in fields. */
int contract_check(const Buffer *body, VideoRequest *request, Refusal *refusal);
/* Checks the images (end: NULL when there is none) against the request and settles the
 * size of the output. */
int contract_fit_images(VideoRequest *request, const Image *first, const Image *end,
                        Refusal *refusal);

#endif
