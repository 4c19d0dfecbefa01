/* i2v: a film: the shots of a manifest as one input
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_FILM_H
#define I2V_FILM_H

#include "base/outcome.h"
#include "journey/ask.h"
#include "journey/shots.h"

/** Whether the still that is asked for is a manifest. */
bool film_is(const Ask *ask);

/**
 * Bring all shots of a film to their clips, as shots_run() does, and join them.
 * @param path  of a script for FFmpeg's concat demuxer; free with av_free()
 * @return as journey_fetch(); AVERROR(EINVAL) where clips do not join
 */
int film_fetch(const Ask *ask, char **path, Outcome *out);

/** Check, before anything is sent, where a film is to be written: an MP4. */
int film_check_output(const char *path, Outcome *out);

/** Join shots that have come to their clips in shots->output, packet by packet. */
int film_write(const Shots *shots, Outcome *out);

/** Check all of it; nothing is sent. */
int film_check(const Ask *ask, Outcome *out);

/** What of a film can be sent at once. */
typedef struct FilmRoots {
    const Shots *shots; ///< all of it
    Ask *asks;
    int count;
    /* ---- inside */
    struct FilmHold *hold;
} FilmRoots;

/** Check all of a film, say what it buys, and find the shots that need no other.
 * @param roots  free with film_roots_clear(), on failure too
 */
int film_foresee(const Ask *ask, FilmRoots *roots, Outcome *out);

void film_roots_clear(FilmRoots *roots);

#endif
