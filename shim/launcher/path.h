/* i2v: names of files
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_LAUNCHER_PATH_H
#define I2V_LAUNCHER_PATH_H

#include <stdbool.h>

/** The last part of a path. */
const char *path_base(const char *path);

/** Whether a path, or any other text, begins with another. */
bool path_begins(const char *path, const char *with);

/** Whether it is a file, and no directory or device. */
bool path_is_file(const char *path);

/** Where exec will find a program: in PATH, unless its name has a slash.
 * @return the caller's; NULL if there is none, or no memory */
char *path_find(const char *program);

#endif
