/* i2v: what is made here in place of a clip, or of a clip
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A dry run gets an animatic of what was asked for, a failure under fallback=still gets
 * the still itself, and a clip without sound a silent track. Each is an MP4 in a
 * directory for what can be made again, never in the store, and one that is there already
 * is taken (place.c). animatic.c renders one from a still, with words on it from
 * title.c; silence.c and trim.c copy one, by copy.c; all write by write.c. tagged.c
 * copies one with metadata, for programs that cannot be told it otherwise. film.c makes
 * the script by which several are played as one.
 */
#ifndef I2V_MADE_H
#define I2V_MADE_H

#include <libavformat/avio.h>
#include <libavutil/dict.h>

#include "base/outcome.h"
#include "request/request.h"
#include "still/still.h"

/*
 * All return 0 or a negative AVERROR, after one sentence where it is neither ENOMEM nor
 * EINTR. *path is to be freed with av_free(). Thread-safe.
 */

/** The animatic of a dry run: the fitted still, moving, with what was asked for. */
int made_animatic(const Request *request, Still *still, const AVIOInterruptCB *interrupt,
                  Outcome *out, char **path);

/** The animatic that a dry run made of the request with this key. @return 1, or 0 when
 * there is none */
int made_find_animatic(const char *key, Outcome *out, char **path);

/** The fitted still for the duration, with silence. */
int made_still(const Request *request, Still *still, const AVIOInterruptCB *interrupt,
               Outcome *out, char **path);

/** A clip with a silent track. @param clip  path of an MP4 without audio */
int made_silent(const char *clip, const AVIOInterruptCB *interrupt, Outcome *out,
                char **path);

/** A clip with metadata of ours. @return 1 and *path, 0 when such a file cannot be given
 * any, or a negative AVERROR */
int made_tagged(const char *clip, const AVDictionary *tags, Outcome *out, char **path);

/** A clip of a film. Borrowed. */
typedef struct MadeShot {
    const char *name;  ///< in sentences
    const char *clip;  ///< path
    double start, end; ///< seconds of it that are shown; below 0 = from the beginning, to
                       ///< the end
} MadeShot;

/** The script by which FFmpeg's concat demuxer plays clips one after the other; the names
 * in it are such that it needs no option.
 * @return AVERROR(EINVAL) where clips do not join
 */
int made_film(const MadeShot *shots, int count, bool copied,
              const AVIOInterruptCB *interrupt, Outcome *out, char **path);

/** The film of such a script in an MP4 of its own, packet by packet. @param path  of it
 */
int made_joined(const char *script, const AVDictionary *tags, const char *path,
                const AVIOInterruptCB *interrupt, Outcome *out);

/** Whether there is a place for what is made here, before something is bought that needs
 * it. */
int made_check_place(Outcome *out);

#endif
