/* i2v: the steps from what is typed to a request and its key (inside request)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_REQUEST_STEPS_H
#define I2V_REQUEST_STEPS_H

#include <libavutil/opt.h>

#include "request/request.h"

/** Lengths of time, in microseconds. */
#define SECOND_US (1000000LL)
#define DAY_US    (24 * 3600 * SECOND_US)

/** An option by its name, or NULL; a named value is none. */
const AVOption *options_find(const char *name);

/** Refuse what is no option.
 * @param where    "I2V_DEFAULTS"
 * @param foreign  only what a stranger may say is listed
 * @return AVERROR_OPTION_NOT_FOUND after one sentence on `out` */
int options_refuse_unknown(const char *name, const char *where, bool foreign,
                           Outcome *out);

/**
 * Hold a still that a stranger names against I2V_STILLS. Reads nothing of it.
 * @param name   the option that it is the value of
 * @param place  where it is named, "an i2v: URL"
 */
int stills_check_foreign(const char *name, const char *image, const char *place,
                         Outcome *out);

/**
 * Find the model's row and turn the options into its fields, params over them. Sets
 * everything of the request that depends on the model but not on the stills; prompt and
 * end_image must be set.
 */
int fields_check(const Options *options, Outcome *out, Request *request);

/** Refuse an option that the request's model does not have. */
int fields_refuse_option(const char *option, const Request *request, Outcome *out);

/** The fields that are sent, with numbers as numbers; free with cJSON_Delete(). @return
 * NULL without memory */
cJSON *fields_parsed(const Request *request);

/** Check what a model demands of the request as a whole: a prompt, a last frame, what
 * goes together, and all that its schema says. */
int demands_check(const Request *request, Outcome *out);

/** Find the key of the request's engine. None is no error yet: what the store has can be
 * had without one. @param any  the one that is for every engine counts, too */
int api_key_find(const Options *options, bool any, Outcome *out, Request *request);

/** Settle aspect ratio, the sizes of the stills and of the clip that is asked for.
 * Refuses a still that is to be sent as it is (fit=none) if the model takes none of that
 * size. The stills are those of request_settle(). */
int target_settle(Request *request, const Still *still, const Still *end, Outcome *out);

/** Note in the request what asks for it again, and its still by name.
 * @return 0 or AVERROR(ENOMEM) */
int again_note(const Options *options, Request *request);

/**
 * The path that the option save means for a request: {key}, {take}, {id} and {project}
 * are filled in, and {{ is a brace. Of a key that is not known yet the path is as long.
 * @param path  free with av_free()
 * @return 0, AVERROR(EINVAL) after a sentence, AVERROR(ENOMEM)
 */
int save_path(const char *template, const Request *request, Outcome *out, char **path);

/** Whether the path is known only when the key is. @param template  may be NULL */
bool save_needs_key(const char *template);

/**
 * SHA-256 over a schema number, the gateway's origin, all request fields, the stills'
 * digests with how they are fitted where that makes a difference, and take. No secret is
 * in it, and no release may change it. The stills are those of request_settle().
 * @param take  of the request, or another
 * @param key   REQUEST_KEY_SIZE bytes
 * @return 0 or AVERROR(ENOMEM)
 */
int key_of(const Request *request, int take, const Still *still, const Still *end,
           char *key);

#endif
