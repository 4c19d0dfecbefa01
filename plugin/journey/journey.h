/* i2v: the journey of one request, from options to a clip
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_JOURNEY_H
#define I2V_JOURNEY_H

/*
 * options -> request -> still -> key -> store -> job -> clip: journey_fetch() reads as
 * this line, and everything else here is a part of it, or several of it at once. An order
 * (order.h, inside) is what is known of a request before a job has to be entered for it.
 *
 * Every function takes an Outcome whose `log` and `quiet` say where it speaks, and fills
 * it when it fails.
 */

#include <stdbool.h>

#include <libavformat/avformat.h>

#include "base/outcome.h"
#include "journey/ask.h"
#include "request/request.h"

/**
 * Bring a request to its clip, or to what stands in for it.
 * @param path  free with av_free(); NULL on failure
 * @return as i2v_fetch(). With fallback=still and 0, out->why tells what the clip failed
 * of
 */
int journey_fetch(const Ask *ask, char **path, Outcome *out);

/**
 * Bring a request that the ledger knows to its clip, and never send it.
 * @param key   the whole key
 * @param path  free with av_free(); NULL on failure
 * @return as i2v_fetch(), AVERROR(ENOENT) for a request that was never accepted
 */
int journey_pick_up(const char *key, const Ask *ask, char **path, Outcome *out);

/** Ask the engine of a request that the ledger knows to end its generation.
 * @param key  the whole key
 * @return as job_cancel() */
int journey_cancel(const char *key, const Ask *ask, Outcome *out);

/**
 * Send a request, and do not wait for its clip.
 * @param stays  the process goes on: that the request has to queue is enough. Else it is
 * waited for until the engine has it, and a dry run makes its animatic
 * @param key    as of i2v_submit()
 * @return 0, a negative AVERROR as of i2v_fetch(), or 1 in a dry run, for which no clip
 * can be waited
 */
int journey_submit(const Ask *ask, bool stays, char *key, Outcome *out);

/** As i2v_check(). */
int journey_check(const Ask *ask, char *key, Outcome *out);

/** Whether these options, or I2V_DEFAULTS, ask for a dry run. */
bool journey_is_dry_run(const AVDictionary *options);

/** In a dry run: the animatic of a request that was rehearsed before.
 * @return 1 and *path (free with av_free()), 0 when there is none, or a negative AVERROR
 */
int journey_find_rehearsed(const AVDictionary *options, const char *key, char **path,
                           Outcome *out);

/* Several at once */

/**
 * Check requests that are going to be opened, then send those that have to be sent, at
 * most I2V_PARALLEL at once and the others in their order. Nothing is waited for: they go
 * on while any call waits, and whoever asks for the same request later is given its clip.
 * @return 0, or a negative AVERROR as of i2v_fetch() after a sentence: nothing was sent
 */
int journey_send_ahead(const Ask *asks, int count, Outcome *out);

/** What is known of a request before it is sent. */
typedef struct JourneyOutlook {
    char key[REQUEST_KEY_SIZE]; ///< or "", when the request is not known
    bool settled; ///< nothing of it is left to be sent, whether or not there is a clip
    bool buys;    ///< a generation may have to be bought
    double price; ///< USD that the engine asks, below 0 = not known
    char *save;   ///< where its clip is to be saved, without links; av_free(), or NULL
} JourneyOutlook;

/**
 * Check a request that is checked again when its turn comes, and ask its price.
 * @param outlook  set as far as it is known, on failure too; with `settled` a failure is
 * the ledger's answer (moderation refused the request before, reuse=only finds nothing)
 * and not a mistake in the request
 */
int journey_foresee(const Ask *ask, JourneyOutlook *outlook, Outcome *out);

/** One of many, under way. Not thread-safe. */
typedef struct Journey Journey;

/**
 * Check a request, ask its price and let it be sent in its turn; it goes on in
 * job_drive().
 * @param journey  end it with journey_finish(); not NULL after a failure either, but for
 * want of memory
 * @return 0 or a negative AVERROR, which journey_finish() returns again
 */
int journey_begin(const Ask *ask, Journey **journey, Outcome *out);

/** Whether journey_finish() would not have to wait for the engine. */
bool journey_has_ended(const Journey *journey);

/** How a journey ended. */
typedef struct JourneyReport {
    char *path; ///< of the clip or what stands in for it, av_free(); NULL on failure
    char key[REQUEST_KEY_SIZE];
    bool dry_run;
    const char *state; ///< in the ledger, as of record_state_name()
    char status[64];   ///< the engine's last word, or ""
    double usd;        ///< what was spent, or would be in a dry run; below 0 = not known
} JourneyReport;

/** Bring it to its clip, as journey_fetch(); frees it and sets *journey to NULL.
 * @return as i2v_fetch() */
int journey_finish(Journey **journey, const AVIOInterruptCB *interrupt,
                   JourneyReport *report, Outcome *out);

/** Drop it in whatever state; sets *journey to NULL. What is on disk lets another go on.
 */
void journey_free(Journey **journey);

#endif
