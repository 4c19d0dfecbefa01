/* i2v: the options, the i2v: URL, and where values come from
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One table describes every option to FFmpeg, to its help and to us. The values of an
 * input come, the first that says one first, from the caller and the i2v: URL, from the
 * environment, and from the table. URLs and filter graphs may be a stranger's: they may
 * not say what could send the key elsewhere, touch files of this machine, or lift a limit
 * of the site's; their stills are those that I2V_STILLS allows. What takes an Outcome
 * returns 0, or a negative AVERROR after one sentence on it.
 */
#ifndef I2V_OPTIONS_H
#define I2V_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <libavutil/dict.h>
#include <libavutil/log.h>

#include "base/outcome.h"

typedef enum OptionsReuse {
    REUSE_ANY,  ///< a finished clip or a running generation, else a new one
    REUSE_ONLY, ///< never a new one
} OptionsReuse;

/** What the input becomes when the generation does not come to a clip. */
typedef enum OptionsFallback {
    FALLBACK_ERROR,
    FALLBACK_STILL, ///< the still, for the duration, with silence
} OptionsFallback;

/** Which metadata the opened input gets. */
typedef enum OptionsTags {
    TAGS_NONE,
    TAGS_BASIC, ///< what tells that and by which generation it was made
    TAGS_ALL,   ///< what was asked for, too
} OptionsTags;

/** The options as they were given, defaults filled in. Strings are owned; NULL = not
 * given. */
typedef struct Options {
    const AVClass *class;
    int log_level_offset; ///< keeps libavutil's remarks on bad values behind our sentence
    char *prompt;
    char *prompt_file;
    char *image;
    char *image_time;
    char *end_image;
    char *engine;
    char *model; ///< NULL = the engine's default
    char *resolution;
    char *aspect_ratio;
    char *duration; ///< seconds, in FFmpeg's time syntax
    int audio;      ///< 1 with, 0 without, -1 = as the model does
    char *negative_prompt;
    char *seed; ///< a whole number
    char *params;
    int fit;          ///< StillFit
    int fit_position; ///< StillPosition
    int take;
    int reuse;             ///< OptionsReuse
    int64_t max_wait;      ///< microseconds
    int64_t poll_interval; ///< microseconds, 0 = adaptive
    double max_cost;       ///< USD, below 0 = no limit
    double max_total;      ///< of all that one command buys; likewise
    char *project;
    int dry_run;
    int fallback; ///< OptionsFallback
    int silence;
    int tags; ///< OptionsTags
    char *save;
    char *api_key_file;
    char *base_url; ///< NULL = the engine's default
    char *ca_file;
    char *store;
} Options;

/** The class behind -h demuxer=i2v; Options is what it describes. */
extern const AVClass options_class;

/** Who says an option. Both may be strangers, who may say less. */
typedef enum OptionsOrigin { OPTIONS_OF_URL, OPTIONS_OF_GRAPH } OptionsOrigin;

/** The URL of a request whose options, the still among them, are those of a filter in a
 * graph. */
#define OPTIONS_GRAPH_URL "i2v-graph:"

/** The part of an i2v: URL behind the prefix, or NULL when url is none. */
const char *options_url_body(const char *url);

/**
 * Split the body of an i2v: URL into the still and the options of its query.
 * @param still    the decoded still; free with av_free()
 * @param query    the decoded options, added to
 */
int options_parse_url(const char *body, char **still, AVDictionary **query, Outcome *out);

/**
 * Gather the options of one input, highest first: `given` and the URL's query,
 * I2V_BASE_URL and I2V_STORE, I2V_DEFAULTS, the table's defaults. A variable of ours that
 * is set and empty is refused, whether these options need it or not. Thread-safe.
 * @param url    the input's name: a still, an i2v: URL, or OPTIONS_GRAPH_URL
 * @param given  options of the caller's; ours are taken out of it, others are left
 * @param options  free with options_free()
 */
int options_gather(const char *url, AVDictionary **given, Outcome *out,
                   Options **options);

/** Free; sets *options to NULL. */
void options_free(Options **options);

/** The name of a value of an option that has named values ("cover" of fit, 0), or "?". */
const char *options_value_name(const char *option, int value);

/** What stands before the name of an option where the user writes it: "-" as in ffmpeg,
 * or
 * "--" once the command has said so. */
const char *options_dash(void);
void options_write_as_command(void);

/** Whether `name` is one of our options. */
bool options_knows(const char *name);

/** Whether an option of ours is never accepted from URLs and graphs. */
bool options_is_withheld(const char *name);

/** Check that an option of ours may come from there. */
int options_check_foreign(OptionsOrigin origin, const char *name, const char *value,
                          Outcome *out);

/** Check that options from there lift no limit of I2V_DEFAULTS. options_gather() does it
 * for those of its URL. */
int options_check_limits(OptionsOrigin origin, const AVDictionary *options, Outcome *out);

/** Add an option; one that is there already must have the same value. */
int options_add(AVDictionary **options, const char *name, const char *value,
                Outcome *out);

#endif
