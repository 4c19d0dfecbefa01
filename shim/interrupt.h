/* i2v: when whoever called a hook no longer wants to wait
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_INTERRUPT_H
#define I2V_INTERRUPT_H

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
 * Begin to listen: to the interrupt callback of the open that is in progress on this
 * thread and to SIGINT, or, where there is no callback, to SIGINT, SIGTERM and SIGHUP, as
 * far as the program has handlers of its own for them, which are called as before.
 * Thread-safe; `interrupt` must not move.
 * @param opening  that open's context, with a callback or without, or NULL
 */
void interrupt_begin(Interrupt *interrupt, const I2VFace *plugin,
                     struct AVFormatContext *opening);

/** No longer listen: when the last one ends, the program's own handlers are back in
 * place.
 */
void interrupt_end(void);

#endif
