/* i2v: what is made here in place of a clip, or of a clip
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_SUBSTITUTE_H
#define I2V_SUBSTITUTE_H

#include <libavformat/avio.h>

#include "base/outcome.h"
#include "request/request.h"
#include "still/still.h"

/*
 * All of these make an MP4 in a directory for what can be made again, never in the store,
 * and take one that is there already. *path is to be freed with av_free(). Errors are
 * negative AVERRORs after one sentence on `out`. Thread-safe.
 */

/** The animatic of a dry run: the fitted still, moving, with what was asked for. */
int substitute_animatic(const Request *request, Still *still,
                        const AVIOInterruptCB *interrupt, Outcome *out, char **path);

/** The animatic that a dry run made of the request with this key. @return 1, or 0 when
 * there is none */
int substitute_find_animatic(const char *key, Outcome *out, char **path);

/** The fitted still for the duration, with silence. */
int substitute_still(const Request *request, Still *still,
                     const AVIOInterruptCB *interrupt, Outcome *out, char **path);

/** Whether there is a place for what is made here, before something is bought that needs
 * it. */
int substitute_check_place(Outcome *out);

/** A clip with a silent track. @param clip  path of an MP4 without audio */
int substitute_silence(const char *clip, const AVIOInterruptCB *interrupt, Outcome *out,
                       char **path);

#endif
