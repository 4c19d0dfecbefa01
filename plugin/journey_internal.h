/* i2v: one journey in progress, between journey, rehearsal and recall
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_JOURNEY_INTERNAL_H
#define I2V_JOURNEY_INTERNAL_H

#include "events.h"
#include "journey.h"
#include "options.h"
#include "request.h"
#include "still.h"
#include "store.h"

/** Everything one journey holds; journey_arrive() frees it from any state. */
typedef struct Journey {
    void *log;
    const AVIOInterruptCB *interrupt;
    AVFormatContext *caller; ///< whose lists count, or NULL
    Options *options;
    Request *request;
    Still *still;
    Still *end; ///< the still that the clip ends with, or NULL
    Store *store;
    Record *record; ///< as it was when the journey began
    Events *events;
    char *body;          ///< of the create call, when one may be needed
    char *shown;         ///< the same without the stills' bytes, in a dry run
    bool served;         ///< the store had the clip
    AVDictionary **tags; ///< NULL, or metadata for the clip is added to it
    bool submit;         ///< the gateway's acceptance is all that is wanted
    bool noted;          ///< I2V_LOG has its failure
    GenerationFailure failure;
} Journey;

/** Look the request up in the ledger. @return 0 or a negative AVERROR after a sentence */
int journey_look_up(Journey *j);

/** Ask for the price and hold it against the limit. @param usd  as of quote_price() */
int journey_ask_price(Journey *j, double *usd);

/** Read and decode a still. @param time  as of StillSource.image_time */
int journey_read_still(const Journey *j, const char *image, const char *time,
                       Still **still);

/** Bring what is known by its key to a clip in the store. */
int journey_bring(Journey *j);

/** Say what the clip is and where; save it. @param path  free with av_free() */
int journey_deliver(Journey *j, char **path);

/** How it ended; frees what the journey holds. @return ret */
int journey_arrive(Journey *j, int ret, GenerationFailure *failure);

/** A dry run: everything up to the create call, and what a real run would do. */
int journey_rehearse(Journey *j);

/** An animatic in place of the clip. @param path  free with av_free() */
int journey_deliver_animatic(Journey *j, char **path);

/** Whether the still may stand in for a clip that did not come. */
bool journey_may_fall_back(const Journey *j, int error);

/** Put it there. @return 0 and *path, or the error that there was */
int journey_fall_back(Journey *j, int error, char **path);

#endif
