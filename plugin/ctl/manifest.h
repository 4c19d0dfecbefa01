/* i2v: a manifest: many requests, one JSON object a line (inside ctl)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A manifest is read whole, so that each line can be checked before anything of any is
 * sent; a line becomes options when it is checked and again when its turn comes.
 */
#ifndef I2V_MANIFEST_H
#define I2V_MANIFEST_H

#include <libavutil/dict.h>
#include <libavutil/log.h>

#include "base/outcome.h"

/** A line that holds a request. A context for av_log(), under the name of the line. */
typedef struct ManifestLine {
    const AVClass *class;
    int number; ///< of the line in its file, from 1
    char *text;
    char *id;    ///< JSON, a string or a number as written; the line's number by default
    char *plain; ///< the id without its quotes
    char *name;  ///< "line 3", or with an id "line 3, shot12"
} ManifestLine;

/**
 * Read a manifest whole. A byte order mark, CRs and lines of nothing but space are
 * dropped.
 * @param path   of the file, or - for standard input
 * @param lines  free with manifest_free()
 * @return 0; AVERROR(EINTR) when a signal came; or another negative AVERROR
 */
int manifest_read(const char *path, Outcome *out, ManifestLine **lines, int *count);

/** Free; sets *lines to NULL. */
void manifest_free(ManifestLine **lines, int count);

/**
 * What a line asks for. Sets the line's id and name.
 * @param defaults  options that hold where the line does not say otherwise, or NULL
 * @param options   free with av_dict_free()
 * @param out       its log may be the line
 * @return 0, AVERROR(EINVAL), AVERROR_OPTION_NOT_FOUND or AVERROR(ENOMEM)
 */
int manifest_parse(ManifestLine *line, const AVDictionary *defaults, Outcome *out,
                   AVDictionary **options);

#endif
