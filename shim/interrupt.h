/* i2v: when whoever called a hook no longer wants to wait
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_SHIM_INTERRUPT_H
#define I2V_SHIM_INTERRUPT_H

/*
 * A clip may take minutes, and a program must be able to give it up. If the open that is
 * in progress has an interrupt callback, that is asked. It may know nothing of a signal,
 * as OpenCV's, which looks at the time alone; and FFmpeg's movie source has no callback
 * at all. So signals are watched for as well: SIGINT always, SIGTERM and SIGHUP where
 * there is no callback to say what they mean. Only those that the program handles itself,
 * and its handlers run as ever. One that it leaves to the system ends it at once, as it
 * would without us: the ledger has what it takes to go on.
 */

#include "host/face.h"

/** SIGINT first, then SIGTERM and SIGHUP. */
enum { INTERRUPT_SIGNALS = 3 };

/** One wait. */
typedef struct Interrupt {
    I2VInterrupt asked; ///< for the plugin; valid until interrupt_end()
    const I2VFace *plugin;
    struct AVFormatContext *opening;
    int heeded;                     ///< so many of the signals end it
    int arrived[INTERRUPT_SIGNALS]; ///< before it began
} Interrupt;

/**
 * Begin to listen. Thread-safe; `interrupt` must not move.
 * @param opening  context of the open in progress on this thread, or NULL
 */
void interrupt_begin(Interrupt *interrupt, const I2VFace *plugin,
                     struct AVFormatContext *opening);

/** No longer listen: when the last one ends, the program's own handlers are back in
 * place. */
void interrupt_end(void);

#endif
