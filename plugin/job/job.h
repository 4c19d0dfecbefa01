/* i2v: drive a request to its clip: create, wait, download
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_GENERATION_H
#define I2V_GENERATION_H

#include <stdbool.h>

#include <libavformat/avio.h>

#include "base/events.h"
#include "base/http.h"
#include "base/outcome.h"
#include "request/request.h"
#include "store/store.h"

typedef struct GenerationPlan {
    const Request *request;
    const Store *store;
    Events *events;
    Outcome *out;        ///< of what is said below
    bool may_create;     ///< else a create call must not be needed
    const char *refusal; ///< why not, in a sentence, or NULL
    double price;        ///< USD that the gateway asks, below 0 = not known
    bool submit;         ///< end once the gateway has accepted it

    void *opaque; ///< for the callbacks
    /** The body of the create call, which stays until drop_body() is called or the
     * generation ends. @return 0, or a negative AVERROR after a sentence */
    int (*body)(void *opaque, const EngineBody **body);
    /** Called when the body is not needed for a while: the generation has to queue, or
     * the gateway has accepted it. */
    void (*drop_body)(void *opaque);
    /** Called when the gateway has accepted it, and a while goes by before there is more
     * to do. */
    void (*accepted)(void *opaque);
} GenerationPlan;

/** Whether this record can come to a clip without a create call. */
bool generation_can_reuse(const Record *record);

/** Say that reuse=only forbids what would come next. */
void generation_say_nothing_to_reuse(Events *events);

/** Whether a request must fail for what is known without the gateway: its record, and
 * that there is no API key.
 * @return 0, or as generation_result() after a sentence */
int generation_foresee(const Request *request, const Record *record, Events *events,
                       Failure *failure);

/** A request on its way to its clip. Not thread-safe; different ones may share a thread.
 */
typedef struct Generation Generation;

/** How far a generation is. */
typedef enum GenerationStage {
    STAGE_BEFORE,      ///< nothing of it is sent
    STAGE_BUSY,        ///< the gateway had too many at once and is asked again
    STAGE_SENT,        ///< being sent, or looked for
    STAGE_GENERATING,  ///< at the gateway
    STAGE_DOWNLOADING, ///< its clip is on its way
    STAGE_ENDED,
} GenerationStage;

/**
 * Begin. The plan's contents and `http` are borrowed until generation_end().
 * @param interrupt  looked at during what takes long, may be NULL; the generation then
 * goes on as before in its next step. Borrowed likewise.
 * @return 0 and *g, or AVERROR(ENOMEM)
 */
int generation_start(const GenerationPlan *plan, Http *http,
                     const AVIOInterruptCB *interrupt, Generation **g);

/** Do what can be done without blocking. @return whether it has ended */
bool generation_step(Generation *g);

GenerationStage generation_stage(const Generation *g);

/** Milliseconds for which there is nothing to do unless the Http has news, at most
 * `most`. */
int generation_idle(const Generation *g, int most);

/** Whether it has something going on in its Http. */
bool generation_uses_http(const Generation *g);

/** What is known of its id, or NULL; owned by the generation. */
const char *generation_id(const Generation *g);

/** Say how it stands, when that is due. */
void generation_say_progress(const Generation *g);

/** Nobody drove it for so many microseconds: they do not count as waiting. */
void generation_forgive(Generation *g, int64_t us);

/** A busy gateway may have room now: ask again as soon as it allows. */
void generation_hurry(Generation *g);

/** End it because its caller no longer waits; what becomes of it is said. */
void generation_interrupt(Generation *g);

/**
 * How it ended: 0; AVERROR(EINTR) interrupted; AVERROR(ETIMEDOUT) max_wait is over;
 * AVERROR(ENOENT) with reuse=only; AVERROR(ENOKEY) without a key; AVERROR(EPERM) refused
 * by moderation; AVERROR_EXTERNAL the generation failed; AVERROR_HTTP_* the gateway
 * refused; AVERROR_INVALIDDATA a damaged clip; or another negative AVERROR. It was said
 * in one sentence.
 */
int generation_result(const Generation *g, Failure *failure);

/** End, in whatever state; sets *g to NULL. What is on disk lets another run go on. */
void generation_end(Generation **g);

#endif
