/* i2v: the journey, as i2vctl and the face see it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_INTERNAL_H
#define I2V_INTERNAL_H

#include "generation.h"
#include "i2v.h"

/**
 * i2v_fetch() with a log context of the caller's.
 * @param caller   whose white- and blacklists count, or NULL
 * @param log      AVClass-led
 * @param failure  what a failure is about
 */
int i2v_journey(const char *url, AVDictionary **options, const AVIOInterruptCB *interrupt,
                AVFormatContext *caller, void *log, char **path,
                GenerationFailure *failure);

/** i2v_submit() with a log context of the caller's. Parameters as of i2v_journey(). */
int i2v_send(const char *url, AVDictionary **options, const AVIOInterruptCB *interrupt,
             void *log, char *key, GenerationFailure *failure);

/**
 * Bring a request that the ledger knows to its clip, and never send it.
 * @param key  the whole key
 * @return as i2v_fetch(), AVERROR(ENOENT) for a request that was never accepted
 */
int i2v_pick_up(const char *key, AVDictionary **options, const AVIOInterruptCB *interrupt,
                void *log, char **path, GenerationFailure *failure);

/** i2v_open_input() on a context whose iformat names us in the log.
 * @param demuxer  the hollow demuxer, or NULL */
int i2v_open(AVFormatContext **ps, const char *url, AVDictionary **options,
             const AVInputFormat *demuxer);

#endif
