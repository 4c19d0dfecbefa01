/* i2v: what a journey is asked for
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_ASK_H
#define I2V_ASK_H

#include <libavformat/avformat.h>

#include "base/events.h"

/** What is asked for. Everything is borrowed for the length of a call. */
typedef struct Ask {
    const char *url;        ///< as of i2v_fetch(); may be NULL where `image` is an option
    AVDictionary **options; ///< as of i2v_fetch()
    const AVIOInterruptCB *interrupt; ///< or NULL
    AVFormatContext *caller;          ///< whose white- and blacklists count, or NULL
    AVDictionary **tags;              ///< NULL, or added to: metadata for the clip
    const char *id; ///< of the line in a manifest that it is, for save; or NULL
    EventsVoice voice;
} Ask;

/** The options by which a caller says what may be opened; they count for requests, too.
 */
#define ASK_LISTS "protocol_whitelist,protocol_blacklist,format_whitelist"

#endif
