/* i2v: when whoever called a hook no longer wants to wait
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_INTERRUPT_H
#define I2V_INTERRUPT_H

#include "../plugin/face.h"

/** One wait. */
typedef struct Interrupt {
    I2VInterrupt asked; ///< for the plugin; valid until interrupt_end()
    const I2VFace *plugin;
    struct AVFormatContext *opening;
    int arrived; ///< signals before it began
} Interrupt;

/**
 * Begin to listen: to SIGINT, SIGTERM and SIGHUP, and to the interrupt callback of the
 * open that is in progress on this thread. What the program does on these is done as
 * before. Thread-safe; `interrupt` must not move.
 * @param opening  that open's context, with a callback or without, or NULL
 */
void interrupt_begin(Interrupt *interrupt, const I2VFace *plugin,
                     struct AVFormatContext *opening);

/** No longer listen: the program's own handlers are back in place when the last one ends.
 * A signal that the program leaves to the system takes its effect then. */
void interrupt_end(void);

#endif
