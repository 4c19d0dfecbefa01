/* i2v: what the files of a source filter share (inside host)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_SOURCE_PARTS_H
#define I2V_SOURCE_PARTS_H

#include "base/outcome.h"
#include "host/source.h"

struct Source {
    bool audio;            ///< ai2v
    AVDictionary *options; ///< of the request
    AVDictionary *movie;   ///< for FFmpeg's movie, by their long names
};

/** The long name of an option that movie gets, or NULL when it is none of these. */
const char *source_movie_option(bool audio, const char *name);

/** Check the options for movie as it will, while nothing is bought yet.
 * @return 0, AVERROR(EINVAL) after one sentence, or AVERROR(ENOMEM) */
int source_check_movie(bool audio, const AVDictionary *movie, Outcome *out);

/** Say that there is no such option, and which there are.
 * @return AVERROR_OPTION_NOT_FOUND */
int source_say_unknown(bool audio, const char *name, Outcome *out);

#endif
