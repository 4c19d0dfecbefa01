/* i2v: requests that are sent ahead of the calls that will open them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_AHEAD_H
#define I2V_AHEAD_H

#include <libavformat/avio.h>
#include <libavutil/dict.h>

/** A request, as avformat_open_input() would be given it. Borrowed, but for the options:
 * ours are taken out of them. */
typedef struct AheadRequest {
    const char *url;
    AVDictionary *options;
} AheadRequest;

/**
 * Check all of them, then send those that have to be sent, at most I2V_PARALLEL at once
 * and the others in their order. Nothing is waited for: they go on while any call waits,
 * and whoever asks for the same request later is given its clip. Thread-safe.
 * @return 0, or a negative AVERROR as of i2v_fetch() after a sentence: nothing was sent
 */
int ahead_send(AheadRequest *requests, int count, const AVIOInterruptCB *interrupt);

#endif
