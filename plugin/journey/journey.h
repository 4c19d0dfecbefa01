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

#endif
