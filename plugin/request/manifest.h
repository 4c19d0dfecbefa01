/* i2v: a manifest: many requests, one JSON object a line
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A manifest is read whole, so that each line can be checked before anything of any is
 * sent; a line becomes options when it is checked and again when its turn comes.
 */
#ifndef I2V_MANIFEST_H
#define I2V_MANIFEST_H

#include <libavformat/avio.h>
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
    char *from;  ///< the id of the shot that it begins with a frame of, or NULL
    double trim_start, trim_end; ///< seconds of its clip that are shown; below 0 = all
} ManifestLine;

/** What the name of a manifest ends with that is to be an input. */
#define MANIFEST_SUFFIX ".jsonl"

/** The path of the manifest that a still's name is, or NULL when it is another still's:
 * a manifest is a file whose name ends with .jsonl. Borrows from `image`. */
const char *manifest_named(const char *image);

/**
 * Read a manifest whole. A byte order mark, CRs and lines of nothing but space are
 * dropped.
 * @param path   of the file, or - for standard input
 * @param lines  free with manifest_free()
 * @return 0; AVERROR(EINTR) interrupted; AVERROR(EFBIG); or another negative AVERROR
 */
int manifest_read(const char *path, const AVIOInterruptCB *interrupt, Outcome *out,
                  ManifestLine **lines, int *count);

/** Free; sets *lines to NULL. */
void manifest_free(ManifestLine **lines, int count);

/**
 * What a line asks for. Sets what else the line knows of it.
 * @param options  free with av_dict_free(); without image where it is the frame of
 * another shot
 * @param out      its log may be the line
 * @return 0, AVERROR(EINVAL), AVERROR_OPTION_NOT_FOUND or AVERROR(ENOMEM)
 */
int manifest_parse(ManifestLine *line, Outcome *out, AVDictionary **options);

/** Add what holds where a line does not say otherwise.
 * @param defaults  may be NULL
 * @return 0 or AVERROR(ENOMEM) */
int manifest_add_defaults(const AVDictionary *defaults, AVDictionary **options);

#endif
