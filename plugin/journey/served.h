/* i2v: whether an engine serves a request's model, and how much longer (inside journey)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_SERVED_H
#define I2V_SERVED_H

#include "base/events.h"
#include "request/request.h"
#include "store/store.h"

/** What the engine's list says of a model. */
typedef struct Served {
    int ret;                    ///< 0, or the error of asking
    const Catalogue *catalogue; ///< borrowed until served_release()
    const char *why;            ///< with an error, likewise
} Served;

/**
 * Look a request's model up in its engine's list, which must have one. What was heard
 * within a minute does, but not an error where the answer is needed.
 * @return 0, to be followed by served_release(); AVERROR(ENOMEM) or AVERROR(EINTR)
 */
int served_ask(const Request *request, bool needed, const AVIOInterruptCB *interrupt,
               Served *served);
void served_release(void);

/**
 * Before a purchase: warn, once in a while, of a model that is to be retired, and refuse
 * one that is withdrawn. An engine that tells neither, and one that cannot be asked, are
 * no reason not to buy.
 * @return 0; AVERROR(EINTR); or AVERROR(EINVAL) after a sentence
 */
int served_check(const Request *request, const Store *store, Events *events,
                 const AVIOInterruptCB *interrupt, Outcome *out);

/**
 * Whether the engine serves the request's model: lists it, and has not withdrawn it.
 * @return 1 or 0; AVERROR(EINTR); or a negative AVERROR after a sentence when it cannot
 *         be asked
 */
int served_is(const Request *request, const Store *store,
              const AVIOInterruptCB *interrupt, Outcome *out);

/** Say what the engine names in place of the request's model, when it has retired that.
 */
void served_say_replacement(const Request *request, const Store *store, Events *events,
                            const AVIOInterruptCB *interrupt);

#endif
