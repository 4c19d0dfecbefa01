/* i2v: drive a request to its clip: create, wait, download
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_GENERATION_H
#define I2V_GENERATION_H

#include <libavformat/avio.h>

#include "events.h"
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
    const char *body;        ///< of the create call; NULL = must not be needed
    const AVIOInterruptCB *interrupt;
} GenerationPlan;

/** Whether this record can come to a clip without a create call. */
bool generation_can_reuse(const Record *record);

/**
 * Bring a request to its clip in the store, by whatever is left to do. What goes wrong is said
 * in one sentence.
 * @return 0; AVERROR(EINTR) interrupted; AVERROR(ETIMEDOUT) max_wait is over; AVERROR(ENOENT)
 *         with reuse=only; AVERROR(ENOKEY) without a key; AVERROR(EPERM) refused by moderation;
 *         AVERROR_EXTERNAL the generation failed; AVERROR_HTTP_* the gateway refused;
 *         AVERROR_INVALIDDATA a damaged clip; or another negative AVERROR. Thread-safe.
 */
int generation_run(const GenerationPlan *plan, GenerationFailure *failure);

#endif
