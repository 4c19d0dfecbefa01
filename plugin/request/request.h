/* i2v: a checked request and its key
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What was typed becomes a request in three steps. options_gather() (options.h) collects
 * the values of one input. request_check() holds them against what the model takes and
 * turns them into the fields that are sent. request_settle() knows the stills too: it
 * chooses the aspect ratio, the size that each still must have, and makes the key, by
 * which the store knows the request again. What takes an Outcome returns 0, or a negative
 * AVERROR after one sentence on it.
 */
#ifndef I2V_REQUEST_H
#define I2V_REQUEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include <libavutil/bprint.h>

#include "base/digest.h"
#include "base/outcome.h"
#include "engine/engine.h"
#include "request/options.h"
#include "still/still.h"

/** Hexadecimal SHA-256 and its NUL. */
#define REQUEST_KEY_SIZE 65

/** A request that may be sent. Strings are owned. */
typedef struct Request {
    atomic_int references; ///< beyond the first
    const Engine *engine;  ///< that is asked
    const Model *model;    ///< its row, or learned; NULL when nothing is known of it
    Model *learned;        ///< from its engine's schema, owned; or NULL
    char *model_name;
    /* Of a model that takes both as a size: */
    char *resolution;
    char *ratio;                 ///< NULL = the still's
    const char *image_field;     ///< the request field that carries the still; of model
    const char *end_image_field; ///< and that of the last frame; likewise
    char *prompt;
    cJSON *fields; ///< every request field but the stills
    char *image;
    char *image_time;
    char *image_name;  ///< the still as it is known in the ledger, without secrets
    cJSON *options;    ///< what asks for it again: texts by the options' names
    bool image_as_url; ///< the gateway fetches the still itself (fit=none)
    char *end_image;   ///< the still that the clip ends with, or NULL
    bool end_image_as_url;
    bool ratio_is_auto; ///< chosen by request_settle()
    StillTarget target; ///< size and fit of the still, complete after request_settle()
    StillTarget end_target; ///< of the last frame
    int duration;           ///< seconds, 0 when it is left to the model
    int width, height;      ///< of the clip as asked for, 0 when it is left to the model
    int rate;               ///< frames a second that were asked for, 0 = none
    bool mute;              ///< no audio was asked for
    bool audible;           ///< audio is to be expected
    int take;
    bool reuse_only;
    double max_cost;  ///< USD, below 0 = no limit
    double max_total; ///< of all that one command buys; likewise
    char *project;    ///< a label, or NULL
    char *line_id;    ///< that its line in a manifest has, or NULL where it is of none
    bool dry_run;
    OptionsFallback fallback;
    bool silence; ///< a clip without audio gets a silent track
    OptionsTags tags;
    int64_t max_wait;      ///< microseconds
    int64_t poll_interval; ///< microseconds, 0 = adaptive
    char *save;
    char *api_key;
    char *api_key_path; ///< the file it was read from, or NULL
    char *origin;       ///< of the gateway, with the path that the engine has there
    bool allow_http;    ///< the gateway is plain http, so downloads may be
    char *ca_file;
    char *store;
    /* After request_settle(): */
    char image_hash[DIGEST_TEXT_SIZE]; ///< SHA-256 of the still's source, "" of a URL
    char end_image_hash[DIGEST_TEXT_SIZE];
    char key[REQUEST_KEY_SIZE];
    char first[REQUEST_KEY_SIZE]; ///< that of its take 1, "" where it is that itself
} Request;

/**
 * Check what is asked for, as far as it can be checked without the still; free *request
 * with request_free(). Thread-safe.
 * @param learned  what the engine says that the model takes, of schema_model(), or NULL:
 * as the table has it. Is taken over, also on error
 */
int request_check(const Options *options, Model *learned, Outcome *out,
                  Request **request);

/** Check where the gateway is, for what needs no key: origin and CA bundle. */
int request_check_origin(Request *request, const Options *options, Outcome *out);

/** Where what its engine says to everybody is, for a request of which
 * request_check_origin() was called; borrows from it. */
CatalogueSource request_source(const Request *request, const AVIOInterruptCB *interrupt);

/** Check where the request goes and with what: origin, CA bundle, API key (NULL when
 * there is none; what the store has can be had without). */
int request_check_gateway(Request *request, const Options *options, Outcome *out);

/**
 * Read the API key's file again: a key may be changed while a generation runs.
 * @param key  free with av_free()
 * @return 0, AVERROR(ENOENT) when the key did not come from a file, or another AVERROR
 */
int request_read_key_again(const Request *request, Outcome *out, char **key);

/** The directory of the store: the option, or the place below the home directory; free
 * *path with av_free(). */
int request_find_store(const Options *options, Outcome *out, char **path);

/** Check where things are to be kept: the store's name and the path of save. */
int request_check_places(Request *request, const Options *options, Outcome *out);

/** Make the path of save that of the request's key, where it depends on that. */
int request_settle_places(Request *request, const Options *options, Outcome *out);

/** Where the account of a clip lies that is saved as `path`: its extension replaced by
 * .i2v.json. @return free with av_free(), NULL without memory */
char *account_path(const char *path);

/**
 * Settle what depends on the stills: aspect ratio, target sizes, the key.
 * @param still  the still, or NULL for request->image_as_url
 * @param end    the last frame, or NULL when there is none or for end_image_as_url
 */
int request_settle(Request *request, const Still *still, const Still *end, Outcome *out);

/** What the ledger knows of a request that was made before. Borrowed. */
typedef struct EarlierRequest {
    const char *key, *engine, *origin, *model, *prompt, *project; ///< NULL = not known
    int take, duration, width, height;
} EarlierRequest;

/**
 * A request as the ledger has it, to be waited for and never sent. What it is asked with,
 * and how long, is the options' matter. Return and ownership as of request_check().
 */
int request_recall(const EarlierRequest *earlier, const Options *options, Outcome *out,
                   Request **request);

/**
 * The fields with the model's documented defaults for those that are not sent, as a price
 * may depend on them.
 * @return an object, free with cJSON_Delete(); NULL without memory
 */
cJSON *request_fields(const Request *request);

/** Add fields in a line of words, but model and prompt, which are said otherwise.
 * @param fields  may be NULL */
void request_put_fields(AVBPrint *to, const cJSON *fields);

/**
 * The size of a clip made here in place of the model's: the one that was asked for, else
 * one of the still's shape that such a model might give.
 * @param width,height  set to even numbers of pixels
 */
void request_clip_size(const Request *request, const Still *still, int *width,
                       int *height);

/** The length that is asked for, seconds with their fraction; 0 when it is left to the
 * model. */
double request_seconds(const Request *request);

/** How the take after this one is asked for where the user writes it: "-take 2", or
 * "take": 2 in its line of a manifest. The macro is used as av_err2str() is. */
const char *request_spell_next_take(char *text, size_t size, const Request *request);
#define request_next_take(request) request_spell_next_take((char[40]){0}, 40, request)

/** One more reference, to be freed like the first. Thread-safe. */
Request *request_ref(Request *request);

/** Free, with the last reference; sets *request to NULL. Thread-safe. */
void request_free(Request **request);

#endif
