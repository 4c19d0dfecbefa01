/* i2v: where the launcher's preload and the plugins lie, and how the preload gets in
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_LAUNCHER_PRELOAD_H
#define I2V_LAUNCHER_PRELOAD_H

#include <limits.h>
#include <stdbool.h>

typedef struct Places {
    char bin[PATH_MAX];     ///< the directory of the launcher itself
    char preload[PATH_MAX]; ///< the library
    char plugins[PATH_MAX]; ///< has a directory for each major of libavformat
} Places;

/**
 * Find them, wherever the installation was moved to.
 * @param self argv[0]
 * @param way  from the launcher's directory to that of the preload, ../ first
 * @return whether there is such a directory; else it was said that there is none
 */
bool places_find(Places *places, const char *self, const char *way);

/** Whether a plugin is installed for a major of libavformat. */
bool places_have(const Places *places, unsigned major);

/**
 * The majors that plugins are installed for, upwards.
 * @param with_ffmpeg each with the version of FFmpeg that it belongs to
 * @return joined by ", ", "" if there is none; the caller's, NULL without memory
 */
char *places_majors(const Places *places, bool with_ffmpeg);

/**
 * Put the preload first in LD_PRELOAD, unless it is there. That of another installation
 * gives way, since two would each add a source. Ends the process where it cannot be.
 */
void preload_join(const char *preload);

/** Take the preload out of LD_PRELOAD again, that of any installation: an outer launcher
 * may have put it there. Ends the process without memory. */
void preload_leave(void);

/** End the process if the preload is missing or its path none for LD_PRELOAD. */
void preload_check(const char *preload);

#endif
