/* i2v: the journey of one request, from options to a clip
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_JOURNEY_H
#define I2V_JOURNEY_H

#include <stdbool.h>

#include <libavformat/avformat.h>

#include "generation.h"

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
                  char **path, AVDictionary **tags, GenerationFailure *failure);

/** As i2v_submit(). @param log,failure  as of journey_fetch()
 * @return 1 in a dry run, for which nothing can be waited */
int journey_submit(const char *url, AVDictionary **options,
                   const AVIOInterruptCB *interrupt, void *log, char *key,
                   GenerationFailure *failure);

/** As i2v_check(). */
int journey_check(const char *url, AVDictionary **options, void *log, char *key);

/**
 * Bring a request that the ledger knows to its clip, and never send it.
 * @param key  the whole key
 * @return as i2v_fetch(), AVERROR(ENOENT) for a request that was never accepted
 */
int journey_pick_up(const char *key, AVDictionary **options,
                    const AVIOInterruptCB *interrupt, void *log, char **path,
                    GenerationFailure *failure);

/** Whether these options, or I2V_DEFAULTS, ask for a dry run. */
bool journey_is_dry_run(const AVDictionary *options, void *log);

/** In a dry run: the animatic of a request that was rehearsed before.
 * @return 1 and *path (free with av_free()), 0 when there is none, or a negative AVERROR
 */
int journey_find_rehearsed(const AVDictionary *options, const char *key, void *log,
                           char **path);

#endif
