/* i2v: whether what a hosted program starts is hosted too
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_SHIM_INHERIT_H
#define I2V_SHIM_INHERIT_H

/**
 * If the user wants it (I2V_NO_INHERIT), take this library out of LD_PRELOAD, for what
 * the process will start. Other entries and their order stay. For our constructor only:
 * it changes the environment in place.
 */
void inherit_from_environment(void);

#endif
