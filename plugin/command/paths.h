/* i2v: the files that a command line names, as FFmpeg will find them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_COMMAND_PATHS_H
#define I2V_COMMAND_PATHS_H

#include <stdbool.h>

/** The path of what FFmpeg takes for the name of a file; NULL where a protocol opens it.
 * Borrows from `url`. */
const char *paths_of(const char *url);

/** Whether an input is a plain file that does not exist. */
bool paths_miss(const char *url);

/** Where an output goes, as far as it can be told. */
typedef enum OutputPlace {
    OUTPUT_IS_NEW, ///< or nothing can be told
    OUTPUT_IS_THERE,
    OUTPUT_IS_NOWHERE, ///< its directory does not exist
} OutputPlace;

/** Look at an output whose format goes by its name. */
OutputPlace paths_look_at_output(const char *url);

#endif
