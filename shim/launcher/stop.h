/* i2v: how the launcher gives up
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_LAUNCHER_STOP_H
#define I2V_LAUNCHER_STOP_H

/** The exit statuses that are not the program's own, as a shell has them. */
enum { WRONG_USAGE = 64, CANNOT_RUN = 126, NOT_FOUND = 127 };

/** Say a sentence on standard error. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Say a sentence on standard error and end with a status. */
_Noreturn void stop(int status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
