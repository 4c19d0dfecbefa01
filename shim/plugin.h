/* i2v: the plugin for a host's FFmpeg
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_SHIM_PLUGIN_H
#define I2V_SHIM_PLUGIN_H

/*
 * Everything that needs FFmpeg is done by the plugin, libi2v, which is built once for
 * each major version of libavformat. A host gets the one for its own, when it first has
 * to do with i2v; and none when that plugin is not installed, is of another build, or
 * would work on another copy of libavformat than the host does.
 */

#include "host.h"

/**
 * The host's plugin, loaded now if need be; NULL if it can have none. Any thread may
 * call.
 * @param asked  the user named i2v: a sentence says why there is none, and one that was
 * refused before is tried once more
 */
const I2VFace *plugin_find(Host *host, bool asked);

/** Whether any host of this process has a plugin. */
bool plugin_is_loaded(void);

#endif
