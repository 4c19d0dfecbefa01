/* i2v: what the shim is told in the environment, and what it says
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_SHIM_SAY_H
#define I2V_SHIM_SAY_H

/*
 * The bottom of the shim: every other part may use this one. The user talks to the shim
 * through variables of the environment alone. The shim answers on standard error, and
 * only when i2v was asked for and cannot be had, or when I2V_DEBUG is set.
 */

#include <stdbool.h>
#include <string.h>

/** A variable of the environment. NULL in a set-user-ID program: whoever starts one must
 * not steer it through us. */
const char *user_env(const char *variable);

/** Whether I2V_DISABLE is set: everything is passed on. */
bool user_disables(void);

/** Whether requests may be sent before they are opened: unless I2V_AHEAD is 0. */
bool user_sends_ahead(void);

/** Say a line if I2V_DEBUG is set. Keeps errno. */
void say_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Say a line, unless this process has said one here before. Keeps errno. */
void say_once(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** The last part of a path. */
static inline const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

#endif
