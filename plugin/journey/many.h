/* i2v: the journey of one request of many
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_MANY_H
#define I2V_MANY_H

/*
 * Where several requests are on their way at once, the line of journey_fetch() is cut
 * into pieces: all are prepared, then the price of each is asked, then each is entered,
 * and each is finished when it has ended. Nothing of any is sent before all were checked.
 * Every function takes an Outcome as those of journey.h do.
 */

#include <stdbool.h>

#include "base/outcome.h"
#include "journey/ask.h"
#include "journey/price.h"
#include "request/request.h"

/** One of many, under way. Not thread-safe. */
typedef struct Journey Journey;

/** What is known of a request before it is sent. */
typedef struct JourneyOutlook {
    char key[REQUEST_KEY_SIZE]; ///< or "", when the request is not known
    bool settled;    ///< nothing of it is left to be sent, whether or not there is a clip
    bool buys;       ///< a generation may have to be bought, or would be in a dry run
    bool dry_run;    ///< it is a dry run
    bool falls_back; ///< its still may stand in for its clip
    double price;    ///< USD that the engine asks, below 0 = not known
    double max_total;  ///< USD that all of its command may cost, below 0 = no limit
    int width, height; ///< of its clip: as asked for, else what such a model might give;
                       ///< 0 = not known
    bool sized;        ///< the size is what was asked for
    double seconds;    ///< that it lasts, 0 = not known
    int rate;          ///< frames a second that were asked for, 0 = none
    int audio;         ///< 1 its clip will have some, 0 none, -1 = not known
    char *save; ///< where its clip is to be saved, without links; av_free(), or NULL
    char *clip; ///< of the store; av_free(), or NULL when it is not there
} JourneyOutlook;

/** How a journey ended. */
typedef struct JourneyReport {
    char *path; ///< of the clip or what stands in for it, av_free(); NULL on failure
    char key[REQUEST_KEY_SIZE];
    bool dry_run;
    const char *state; ///< in the ledger, as of record_state_name()
    char status[64];   ///< the engine's last word, or ""
    double usd;        ///< what was spent, or would be in a dry run; below 0 = not known
} JourneyReport;

/**
 * Check a request that is checked again when its turn comes.
 * @param price    ask what it costs, too
 * @param outlook  set as far as it is known, on failure too; with `settled` a failure is
 * the ledger's answer (moderation refused the request before, reuse=only finds nothing)
 * and not a mistake in the request
 */
int journey_foresee(const Ask *ask, bool price, JourneyOutlook *outlook, Outcome *out);

/** Free what an outlook holds. */
void journey_outlook_clear(JourneyOutlook *outlook);

/** The first piece: everything before the price is asked.
 * @param journey  end it with journey_finish() or journey_free(); not NULL after a
 * failure either, but for want of memory */
int journey_prepare(const Ask *ask, Journey **journey, Outcome *out);

/** The second: say what is asked for, and ask what it costs.
 * @param sum  added to, where a clip is to be bought
 * @return 0, or a negative AVERROR after a sentence */
int journey_price(Journey *journey, PriceSum *sum, Outcome *out);

/** The third: enter its job, which goes on in job_drive().
 * @param ahead  nobody waits for it yet */
int journey_enter(Journey *journey, bool ahead, Outcome *out);

/** The three at once. @return 0 or a negative AVERROR, which journey_finish() returns
 * again */
int journey_begin(const Ask *ask, Journey **journey, Outcome *out);

/** Whether journey_finish() would not have to wait for the engine. */
bool journey_has_ended(const Journey *journey);

/** Its key, or NULL when nothing of it is left to be sent. */
const char *journey_unsettled_key(const Journey *journey);

/** Note in I2V_LOG what it failed in. */
void journey_note_failure(const Journey *journey, Outcome *out);

/** Bring it to its clip, as journey_fetch(); frees it and sets *journey to NULL.
 * @return as i2v_fetch() */
int journey_finish(Journey **journey, const AVIOInterruptCB *interrupt,
                   JourneyReport *report, Outcome *out);

/** Drop it in whatever state; sets *journey to NULL. What is on disk lets another go on.
 * @param withdraw  a job that nobody has waited for does not go on */
void journey_free(Journey **journey, bool withdraw);

#endif
