/* i2v: what is checked of a command line before anything is sent for it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_COMMAND_CHECK_H
#define I2V_COMMAND_CHECK_H

/*
 * What FFmpeg would refuse is refused before anything is bought for it. All of it is said
 * through the face.
 */

#include "command/command.h"

/** The FFmpeg that gets the command line. */
typedef struct CommandHost {
    const I2VFace *face;
    bool takes_open_end; ///< a graph may end with a separator, as since FFmpeg 6
    /** The program ends when an option of an input is left over. */
    bool ends_with_left_over;
    /** Whether it has a filter of this name. */
    bool (*has_filter)(const struct CommandHost *host, const char *name);
    void *opaque; ///< has_filter's
} CommandHost;

/** Check a graph that has a source of ours. @return 0, or a negative AVERROR after a
 * sentence */
int command_check_graph(const CommandHost *host, const Graph *graph);

/** Check all that a command line names but the requests themselves. @return as above */
int command_check(const CommandHost *host, const Command *command);

#endif
