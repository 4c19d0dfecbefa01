/* i2v: the journey of one request, from options to a clip
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_JOURNEY_H
#define I2V_JOURNEY_H

#include <stdbool.h>

#include <libavformat/avformat.h>

#include "job/job.h"

/**
 * Bring a request to its clip, or to what stands in for it.
 * @param url,options,interrupt,path  as of i2v_fetch()
 * @param caller   whose white- and blacklists count, or NULL
 * @param log      AVClass-led
 * @param tags     NULL, or added to: metadata for the clip
 * @param failure  what a failure is about
 * @return as i2v_fetch()
 */
int journey_fetch(const char *url, AVDictionary **options,
                  const AVIOInterruptCB *interrupt, AVFormatContext *caller, void *log,
                  char **path, AVDictionary **tags, Failure *failure);

/** Send a request and return once the gateway has accepted it, for a process that ends
 * then.
 * @param url,options,interrupt,key  as of i2v_submit()
 * @param log,failure  as of journey_fetch()
 * @return 0, a negative AVERROR as of i2v_fetch(), or 1 in a dry run, for which nothing
 * can be waited */
int journey_submit(const char *url, AVDictionary **options,
                   const AVIOInterruptCB *interrupt, void *log, char *key,
                   Failure *failure);

/** As i2v_check(). */
int journey_check(const char *url, AVDictionary **options, void *log, char *key);

/**
 * Bring a request that the ledger knows to its clip, and never send it.
 * @param key  the whole key
 * @return as i2v_fetch(), AVERROR(ENOENT) for a request that was never accepted
 */
int journey_pick_up(const char *key, AVDictionary **options,
                    const AVIOInterruptCB *interrupt, void *log, char **path,
                    Failure *failure);

/** Whether these options, or I2V_DEFAULTS, ask for a dry run. */
bool journey_is_dry_run(const AVDictionary *options, Outcome *out);

/** In a dry run: the animatic of a request that was rehearsed before.
 * @return 1 and *path (free with av_free()), 0 when there is none, or a negative AVERROR
 */
int journey_find_rehearsed(const AVDictionary *options, const char *key, Outcome *out,
                           char **path);

/*
 * Several journeys at once: each is prepared, sent, and finished or left to a later call;
 * they go on while any call waits, or in journey_turn().
 */

/** A journey that was begun. Not thread-safe. */
typedef struct Journey Journey;

/**
 * Check a request and look it up; nothing is sent, and the gateway is asked nothing. What
 * its own call would be refused for is refused here.
 * @param url,options,interrupt  as of i2v_fetch()
 * @param log      AVClass-led, borrowed until the journey ends; or NULL
 * @return 0 and *journey, or a negative AVERROR as of i2v_fetch()
 */
int journey_prepare(const char *url, AVDictionary **options,
                    const AVIOInterruptCB *interrupt, void *log, Journey **journey,
                    Failure *failure);

/** Ask its price, and hold that against its limit, before it is sent.
 * @return 0, or a negative AVERROR as of i2v_fetch() */
int journey_ask(Journey *journey, const AVIOInterruptCB *interrupt, Failure *failure);

/** What is known of a request before it is sent. */
typedef struct JourneyOutlook {
    char key[65]; ///< or "", when the request is not known
    bool settled; ///< nothing of it is left to be sent, whether or not there is a clip
    bool buys;    ///< a generation may have to be bought
    double price; ///< USD that the gateway asks, below 0 = not known
    char *save;   ///< where its clip is to be saved, without links; av_free(), or NULL
} JourneyOutlook;

/**
 * As journey_prepare() and journey_ask(), for a request that is prepared anew when its
 * turn comes: errors alone are said and noted, and nothing is kept.
 * @param outlook  set as far as it is known, on failure too; with `settled` a failure is
 * the ledger's answer (moderation refused the request before, reuse=only finds nothing)
 * and not a mistake in the request
 */
int journey_foresee(const char *url, AVDictionary **options,
                    const AVIOInterruptCB *interrupt, void *log, JourneyOutlook *outlook,
                    Failure *failure);

/**
 * As journey_prepare() and journey_ask(), for one of many: what is said at INFO elsewhere
 * is said at VERBOSE, and a journey that is refused is left for journey_finish() to
 * report.
 * @param log  AVClass-led, borrowed until the journey ends
 * @return 0 or a negative AVERROR as of i2v_fetch(); *journey is NULL only without memory
 */
int journey_begin(const char *url, AVDictionary **options,
                  const AVIOInterruptCB *interrupt, void *log, Journey **journey);

/** The key of its request; owned by the journey. */
const char *journey_key(const Journey *journey);

/** Whether journey_send() has something to send. */
bool journey_is_to_be_sent(const Journey *journey);

/** Let it be sent in its turn, unless there is nothing to send.
 * @return 0 or a negative AVERROR after a sentence */
int journey_send(Journey *journey);

/** How many more could be sent at once now. */
int journey_places(void);

/** For a progress line that counts all of several: of so many journeys so many have not
 * been sent yet, and those that are neither have ended.
 * @param voice  says it, borrowed until it is taken back with NULL */
void journey_expect(Events *voice, int total, int waiting);

/** Let those that were sent go on for a moment. @return 0 or AVERROR(EINTR) */
int journey_turn(const AVIOInterruptCB *interrupt);

/** Whether journey_finish() would not have to wait for the gateway. */
bool journey_has_ended(const Journey *journey);

/** How a journey ended. */
typedef struct JourneyReport {
    char *path; ///< of the clip or what stands in for it, av_free(); NULL on failure
    char key[65];
    bool dry_run;
    const char *state; ///< in the ledger, as of record_state_name()
    char status[64];   ///< the gateway's last word, or ""
    char error[512];   ///< a sentence, or ""; with a path: why that is not the clip
    double usd;        ///< what was spent, or would be in a dry run; below 0 = not known
    Failure failure;
} JourneyReport;

/** Bring it to its clip, as journey_fetch(); frees it and sets *journey to NULL.
 * @return as i2v_fetch() */
int journey_finish(Journey **journey, const AVIOInterruptCB *interrupt,
                   JourneyReport *report);

/**
 * Leave it to whoever asks for the same request in this process; sets *journey to NULL.
 * @param announce  say at the end of the process if nobody did
 */
void journey_give(Journey **journey, bool announce);

/** Drop it in whatever state; sets *journey to NULL. What is on disk lets another go on.
 */
void journey_free(Journey **journey);

/** As i2v_submit(): send a request, wait for the gateway's answer or until it is clear
 * that it has to queue, and leave it to later calls. @param failure  as of
 * journey_fetch() */
int journey_dispatch(const char *url, AVDictionary **options,
                     const AVIOInterruptCB *interrupt, char *key, Failure *failure);

#endif
