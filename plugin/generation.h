/* i2v: drive a request to its clip: create, wait, download
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_GENERATION_H
#define I2V_GENERATION_H

#include <stdbool.h>

#include <libavformat/avio.h>

#include "events.h"
#include "http.h"
#include "request.h"
#include "store.h"

/** What a failure is about, for exit statuses. */
typedef enum GenerationFailure {
    FAILURE_NONE,
    FAILURE_REQUEST,   ///< refused as it stands
    FAILURE_MODERATED, ///< refused by moderation
    FAILURE_GATEWAY,   ///< not to be reached, failing, or the generation failed
    FAILURE_LATER,     ///< goes on at the gateway: to be picked up later
    FAILURE_KEY,       ///< key or credit
    FAILURE_STORE,     ///< store not writable
} GenerationFailure;

typedef struct GenerationPlan {
    const Request *request;
    const Store *store;
    Events *events;
    const char *body;    ///< of the create call; NULL = must not be needed
    const char *refusal; ///< why not, in a sentence, or NULL
    double price;        ///< USD that the gateway asks, below 0 = not known
    const AVIOInterruptCB *interrupt;
    bool submit; ///< end once the gateway has accepted it
} GenerationPlan;

/** Whether this record can come to a clip without a create call. */
bool generation_can_reuse(const Record *record);

/** Say that reuse=only forbids what would come next. */
void generation_say_nothing_to_reuse(Events *events);

/** A request on its way to its clip. Not thread-safe; different ones may share a thread.
 */
typedef struct Generation Generation;

/**
 * Begin. The plan's contents and `http` are borrowed until generation_end().
 * @return 0 and *g, or AVERROR(ENOMEM)
 */
int generation_start(const GenerationPlan *plan, Http *http, Generation **g);

/** Do what can be done without blocking. @return whether it has ended */
bool generation_step(Generation *g);

/** Milliseconds for which there is nothing to do unless the Http has news, at most
 * `most`. */
int generation_idle(const Generation *g, int most);

/**
 * How it ended: 0; AVERROR(EINTR) interrupted; AVERROR(ETIMEDOUT) max_wait is over;
 * AVERROR(ENOENT) with reuse=only; AVERROR(ENOKEY) without a key; AVERROR(EPERM) refused
 * by moderation; AVERROR_EXTERNAL the generation failed; AVERROR_HTTP_* the gateway
 * refused; AVERROR_INVALIDDATA a damaged clip; or another negative AVERROR. It was said
 * in one sentence.
 */
int generation_result(const Generation *g, GenerationFailure *failure);

/** End, in whatever state; sets *g to NULL. What is on disk lets another run go on. */
void generation_end(Generation **g);

/** All of it for one request. @return as generation_result(). Thread-safe. */
int generation_run(const GenerationPlan *plan, GenerationFailure *failure);

#endif
