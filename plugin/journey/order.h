/* i2v: what is known of a request before a job is entered for it (inside journey)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_ORDER_H
#define I2V_ORDER_H

#include "job/job.h"
#include "journey/ask.h"
#include "request/options.h"
#include "store/store.h"

/** Zeroed at first; order_free() ends it in any state. */
typedef struct Order {
    const Ask *ask; ///< borrowed
    Options *options;
    Request *request;
    Still *still;
    Still *end; ///< the still that the clip ends with, or NULL
    Store *store;
    Record *record; ///< as it was when it was looked up
    Events *events;
    bool served;  ///< the store has the clip
    bool known;   ///< a job of this process is at it, or was
    bool said;    ///< what is asked for
    bool arrived; ///< the clip is there: nothing stands in for it
    JobPlan plan;
    EngineBody body; ///< of the create call, when one may be needed
    bool quotable;   ///< its price is to be asked before it is sent
} Order;

/** Options -> request -> still: read -> key; the store is opened. @return 0, or a
 * negative AVERROR as of i2v_fetch() after a sentence; so all below */
int order_read(Order *order, const Ask *ask, Outcome *out);

/** The same of a request that the ledger knows by its key. */
int order_recall(Order *order, const char *key, const Ask *ask, Outcome *out);

/** Store: known? */
int order_look_up(Order *order, Outcome *out);

/** Say what is asked for, and that the store has it. */
void order_say(Order *order);
void order_say_served(const Order *order);

/** Whether the store can be written. @param can_keep  whether its locks can be had */
int order_check_store(const Order *order, bool *can_keep, Outcome *out);

/** Still: fit, encode. What is needed before a clip may be bought is there afterwards,
 * and could be kept. */
int order_plan(Order *order, Outcome *out);

/** Ask what the clip costs, and hold that against the limit. */
int order_price(Order *order, Outcome *out);

/** order_plan() and order_price(), unless there is nothing to buy. */
int order_quote(Order *order, Outcome *out);

/** Enter a job for it. @param job  as of job_enter() */
int order_enter(Order *order, bool ahead, Job **job, Outcome *out);

/** Wait for the job, as job_wait(), for as long as the request says. */
int order_wait(const Order *order, Job *job, Outcome *out);

/** Read and decode a still that was not read for the key: the engine was to fetch it, or
 * its job has it. */
int order_need_still(Order *order, Outcome *out);

/** Free what it holds. */
void order_free(Order *order);

/* The ends of the line, each in a room of its own. */

/** The clip is in the store: say what it is, save it, and give out its path.
 * @param path  free with av_free() */
int deliver(Order *order, char **path, Outcome *out);

/** Say what a pipeline needs to know of a clip, with a WARNING for what is not as it was
 * asked for or will surprise. What is unknown is not spoken of. */
void deliver_say_clip(const Record *record, const Request *request, Events *events);

/** A dry run: everything up to the create call, and what a real run would do.
 * @param path  of an animatic in place of the clip, free with av_free(); NULL: none is
 * made */
int rehearse(Order *order, char **path, Outcome *out);

/** Whether the still may stand in for a clip that did not come. */
bool may_fall_back(const Order *order, int error);

/** It failed: note that, and with fallback=still give out the still in place of the clip.
 * @param path  NULL: nothing is to be given out
 * @return 0 and *path, or the error that there was */
int fall_back(Order *order, int error, char **path, Outcome *out);

/** Note in I2V_LOG, and as a tag of the input, what is given out in place of a clip. */
void note_stand_in(const Order *order, const char *event, const char *tag,
                   const char *path);

/** Ask what a request costs, say it, and hold it against max_cost.
 * @param usd  below 0 when it is not known
 * @return 0; AVERROR(EDOM) when it is above max_cost, or not known and there is a limit;
 * the error of asking when there is a limit and the engine could not be asked */
int price_ask(const Request *request, Events *events, const AVIOInterruptCB *interrupt,
              double *usd, Outcome *out);

/** Say what the engine names in place of the request's model, when it has retired that.
 */
void price_say_replacement(const Request *request, Events *events,
                           const AVIOInterruptCB *interrupt);

#endif
