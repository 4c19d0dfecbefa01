/* i2v: one journey in progress, between journey, rehearsal and recall
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_JOURNEY_INTERNAL_H
#define I2V_JOURNEY_INTERNAL_H

#include "job/batch.h"
#include "base/events.h"
#include "journey/journey.h"
#include "request/options.h"
#include "request/request.h"
#include "still/still.h"
#include "store/store.h"

/** Everything one journey holds; journey_arrive() ends it in any state. */
struct Journey {
    void *log;
    Outcome out; ///< of what is said below
    EventsVoice voice;
    const AVIOInterruptCB *interrupt;
    AVFormatContext *caller; ///< whose lists count, or NULL
    Options *options;
    Request *request;
    Still *still;
    Still *end; ///< the still that the clip ends with, or NULL
    Store *store;
    Record *record; ///< as it was when the journey began
    Events *events;
    EngineBody body;     ///< of the create call, when one may be needed
    char *shown;         ///< the same without the stills' bytes, in a dry run
    bool served;         ///< the store had the clip
    AVDictionary **tags; ///< NULL, or metadata for the clip is added to it
    bool submit;         ///< the gateway's acceptance is all that is wanted
    bool said;           ///< what is asked for
    bool noted;          ///< I2V_LOG has its failure
    bool quotable;       ///< its price is to be asked before it is sent
    bool settled;        ///< nothing of it is left to send
    int refusal;         ///< what it was refused for before it began, a negative AVERROR
    GenerationPlan plan;
    BatchEntry *entry; ///< while it is in the batch
    Failure failure;
};

/** A journey that has not begun, or NULL without memory. @param log  borrowed, or NULL */
Journey *journey_alloc(void *log, EventsVoice voice);

/** Say what is asked for, once. */
void journey_say_request(Journey *j);

/** For batch_give(): how it ended. Frees it. */
void journey_release(void *owner, int result, Failure failure);

/** The journey as far as the ledger: options, request, still, key, store. */
int journey_set_out(Journey *j, const char *url, AVDictionary **options);

/** Look the request up in the ledger. @return 0 or a negative AVERROR after a sentence */
int journey_look_up(Journey *j);

/** Ask for the price and hold it against the limit. @param usd  as of quote_price() */
int journey_ask_price(Journey *j, double *usd);

/** Read and decode a still. @param time  as of StillSource.image_time */
int journey_read_still(Journey *j, const char *image, const char *time, Still **still);

/** The stills, as far as their size and digest: what is known of them is not read. */
int journey_see_stills(Journey *j);

/** The pictures of the stills, which may be known without having been read; they must be
 * the ones that the key speaks of. @return 0 or a negative AVERROR after a sentence */
int journey_need_stills(Journey *j);

/** Make j->body, from the pictures where the stills were not encoded just before.
 * @param shown  as of body_make() */
int journey_make_body(Journey *j, char **shown);

/** Free the pictures; what is known of the stills stays. */
void journey_drop_pictures(Journey *j);

/** Note what is known of the stills: not before the create call, which is not to wait for
 * that. */
void journey_note_stills(Journey *j);

/** Whether a create call may come, and with what: j->plan. The record is known. */
int journey_plan(Journey *j);

/** Ask for the price of what may be bought, and hold it against the limit.
 * @return 0 or a negative AVERROR after a sentence */
int journey_quote(Journey *j);

/** Free what is large and can be made again. */
void journey_drop_body(Journey *j);

/** Wait for the end of what is in the batch. */
int journey_await(Journey *j);

/** Whatever is left to do behind journey_set_out(), until the clip is there. */
int journey_proceed(Journey *j);

/** Bring what is known by its key to a clip in the store. */
int journey_bring(Journey *j);

/** Look whether the clip in the store is whole, which its record cannot tell.
 * @return 0 and j->served, or a negative AVERROR */
int journey_confirm_clip(Journey *j);

/** Say what the clip is and where; save it. @param path  free with av_free() */
int journey_deliver(Journey *j, char **path);

/** Deliver, or put in its place what stands in for it.
 * @param ret  how the journey went; returned when nothing helps */
int journey_conclude(Journey *j, int ret, char **path);

/** Write a failure to I2V_LOG, once: every one, those before anything was sent included.
 */
void journey_note_failure(Journey *j, int error);

/** How it ended; frees the journey, or leaves it to those that wait for its clip, too.
 * @return ret */
int journey_arrive(Journey *j, int ret, Failure *failure);

/** A dry run: everything up to the create call, and what a real run would do. */
int journey_rehearse(Journey *j);

/** An animatic in place of the clip. @param path  free with av_free() */
int journey_deliver_animatic(Journey *j, char **path);

/** Whether the still may stand in for a clip that did not come. */
bool journey_may_fall_back(const Journey *j, int error);

/** Put it there. @return 0 and *path, or the error that there was */
int journey_fall_back(Journey *j, int error, char **path);

#endif
