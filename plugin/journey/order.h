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
    bool whole;   ///< the request is whole, and its store is open
    bool served;  ///< the store has the clip
    bool known;   ///< a job of this process is at it, or was
    bool said;    ///< what is asked for
    bool arrived; ///< the clip is there: nothing stands in for it
    JobPlan plan;
    EngineBody body; ///< of the create call, when one may be needed
    bool quotable;   ///< its price is to be asked before it is sent
} Order;

/** The first step of the two that follow. */
int order_begin(Order *order, const Ask *ask, Outcome *out);

/** Options -> request -> still: read -> key; the store is opened. @return 0, or a
 * negative AVERROR as of i2v_fetch() after a sentence; so all below */
int order_read(Order *order, const Ask *ask, Outcome *out);

/** The same of a request that the ledger knows by its key. */
int order_recall(Order *order, const char *key, const Ask *ask, Outcome *out);

/** Programs put their own words for an error behind the name of the still: that there is
 * no such file is for them to say of nothing else. @return ret, or AVERROR(EINVAL) */
int order_not_of_still(int ret, Outcome *out);

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

/** Ask whether the model is still served, and what the clip costs, and hold that against
 * the limit. */
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

#endif
