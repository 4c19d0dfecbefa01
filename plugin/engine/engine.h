/* i2v: engines, the services that make clips
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An engine is a row of a table: what a service is called, where it is, what its models
 * take, and the calls that ask it. Nothing above this folder names a service or knows a
 * path, a header or an answer of one. `ready` asks whether it takes requests; `create`
 * asks for a generation and is where money is spent; `poll` asks how one is; `find` looks
 * for one whose create call was not answered; `cancel` asks to end one; `list`,
 * `retirements` and `price` tell of the models. What a service has no call for is NULL,
 * and whoever needs it says so.
 *
 * The first five start an EngineCall in a set of exchanges that the caller drives.
 * engine_answered() tells what came of it: an EngineVerdict, which says what the answer
 * means for the money. It is decided there and nowhere else, by one rule: a create call
 * whose last byte went out, and that was neither accepted nor clearly refused, is lost.
 */
#ifndef I2V_ENGINE_H
#define I2V_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/http.h"
#include "engine/catalogue.h"
#include "engine/models.h"
#include "still/still.h"

/** Where the service is and who asks. Borrowed. */
typedef struct EngineAccess {
    const char *origin;  ///< and, of an engine that has one, the path
    const char *api_key; ///< "" = none
    const char *ca_file;
    bool allow_http;
} EngineAccess;

typedef enum EngineJobState {
    JOB_PENDING,
    JOB_COMPLETED,
    JOB_EMPTY, ///< completed, and no clip is named
    JOB_FAILED,
} EngineJobState;

/** What was spent, as far as it is said; below 0 where it is not. */
typedef struct EngineUsage {
    double usd, credits, tokens;
} EngineUsage;

#define ENGINE_NO_USAGE ((EngineUsage){-1, -1, -1})

/** What an answer says of a generation. Strings are owned, NULL = not said. */
typedef struct EngineJob {
    char *id;
    EngineJobState state;
    char status[64];   ///< the service's own word, "" when it gave none
    bool status_known; ///< a word this client knows
    double progress;   ///< per cent, below 0 = not said
    char *url;         ///< of the clip
    char *error;       ///< the service's own words on a failure, or why there is no clip
    bool moderated;    ///< they speak of moderation
    EngineUsage usage;
} EngineJob;

/** Nothing is known of a generation yet. */
#define ENGINE_NO_JOB ((EngineJob){.progress = -1, .usage = ENGINE_NO_USAGE})

/** What an answer means for the money. */
typedef enum EngineVerdict {
    ENGINE_UNSENT,  ///< the request never went out whole: nothing can have been accepted
    ENGINE_JOB,     ///< a clear answer about a generation, or a page of what was asked
    ENGINE_REFUSED, ///< a clear refusal: nothing was accepted
    ENGINE_BUSY,    ///< refused for now (429)
    ENGINE_FAULT,   ///< 500 or 503 in the service's own words; to be looked for
    ENGINE_LOST,    ///< no clear answer; a create call is to be looked for
} EngineVerdict;

/** Bytes of the longest id by which a listing goes on. */
#define ENGINE_ID_SIZE 512

typedef struct EngineAnswer {
    EngineVerdict verdict;
    int error;           ///< AVERROR that fits, 0 with ENGINE_JOB
    int status;          ///< HTTP status, 0 when none came
    int64_t retry_after; ///< seconds, -1 when not said
    bool permanent;      ///< ENGINE_UNSENT for a reason that trying again does not mend
    bool stopped;        ///< ENGINE_UNSENT because on_last_byte said so
    bool moderated;      ///< ENGINE_REFUSED by moderation
    char text[512];      ///< for a person: the service's words, or what went wrong
    EngineJob job; ///< with ENGINE_JOB from create, poll, and find when it found one;
                   ///< with ENGINE_FAULT its id may be of something accepted or not
    bool more;     ///< find: further pages follow
    int rows;      ///< find: rows on this page
    char after[ENGINE_ID_SIZE]; ///< find: the last of them, for the next page
    bool untold;                ///< find: there are rows that do not tell whose they are
    bool runs_on; ///< cancel: it is off the list, and may be made to its end
    bool guessed; ///< find: told by its prompt, and not by an id of ours
} EngineAnswer;

/** What find looks for, on which page. Borrowed until engine_end(). */
typedef struct EngineQuery {
    const char *client_ids; ///< of its tries, separated by spaces, where one that ends in
                            ///< * is the beginning of any
    const char *prompt;
    bool prompt_is_cut;   ///< it may go on
    const char *size;     ///< that was asked for, or NULL
    bool timed;           ///< since is by the engine's own clock
    int64_t since, until; ///< the window, Unix time in seconds
    int offset;           ///< rows to pass over
    const char *after;    ///< EngineAnswer.after of the page before, or ""
    /** Whether a generation is another request's. */
    bool (*is_known)(void *opaque, const char *id);
    void *opaque; ///< for is_known
} EngineQuery;

/** Seconds by which find looks beyond its window, since no clock is exact. */
#define ENGINE_SKEW 600

/** A still as a request has it: a file, or else a URL. */
typedef struct EngineStill {
    const char *field; ///< of the request, borrowed; NULL = there is no such still
    const char *url;   ///< borrowed
    StillFile file;    ///< owned
} EngineStill;

/** The most parts that a body has. */
#define ENGINE_PARTS 5

/** The body of a create call. */
typedef struct EngineBody {
    EngineStill stills[2]; ///< the first frame and the last
    char *text;            ///< what is not of the stills, owned
    char *type;            ///< Content-Type, owned; NULL = JSON
    BodyPart parts[ENGINE_PARTS];
    int count;
} EngineBody;

/** What a service says to everybody, as it was got. */
typedef struct EngineDocument {
    cJSON *json;    ///< owned; NULL = there is none
    char etag[192]; ///< "" = none
    bool unchanged; ///< since the one of this etag: json is not set
} EngineDocument;

/** A call on its way. */
typedef struct EngineCall EngineCall;

typedef struct Engine {
    const char *name;
    const char *called;   ///< what a sentence calls the service, "gateway"
    const char *base_url; ///< origin, or NULL: it must be given
    const char *path;    ///< below an origin that is given without one; NULL: base_url is
                         ///< an origin and nothing more
    const char *model;   ///< that is asked for when none is given; NULL = the service's
    const char *listing; ///< what find reads, for people
    int listed_within;   ///< seconds in which what was accepted is listed, by its prompt;
                         ///< 0 = it is listed by its client request id, soon or late
    int asks;            ///< polls in a row that must not know an id before it counts
    bool needs_key;
    bool keeps_clips; ///< clips are at the service itself, and the key goes along
    bool takes_urls;  ///< it fetches a still itself
    /** Environment variables that may hold the API key, the first that is set; NULL ends
     * them. */
    const char *const *key_variables;
    const Model *models;    ///< ends with one without a name
    const Model *any_model; ///< of each that is not in the table, or NULL

    /**
     * Put a body together from what is in body->stills.
     * @param fields  every field of the request but the stills
     * @return 0, with text and parts of body set, or AVERROR(ENOMEM)
     */
    int (*body)(const cJSON *fields, EngineBody *body);

    /**
     * Ask for a generation.
     * @param body         borrowed until engine_end()
     * @param client_id    by which find finds it; borrowed likewise
     * @param on_last_byte called before the last byte of body is handed over; < 0 stops
     * it unsent
     * @return 0 and *call, or a negative AVERROR
     */
    int (*create)(const EngineAccess *access, Http *http, const EngineBody *body,
                  const char *client_id, int (*on_last_byte)(void *opaque), void *opaque,
                  EngineCall **call);

    /** Ask how a generation is. @return 0 and *call, or a negative AVERROR */
    int (*poll)(const EngineAccess *access, Http *http, const char *id,
                EngineCall **call);

    /**
     * Look through one page of what the service was asked for, for a create call; or
     * NULL.
     * @return 0 and *call, or a negative AVERROR
     */
    int (*find)(const EngineAccess *access, Http *http, const EngineQuery *query,
                EngineCall **call);

    /** Ask whether it is there and takes requests, before a create call; or NULL. A
     * refusal of this very call is as good. @return 0 and *call, or a negative AVERROR */
    int (*ready)(const EngineAccess *access, Http *http, EngineCall **call);

    /** Ask it to end a generation; or NULL. @return 0 and *call, or a negative AVERROR */
    int (*cancel)(const EngineAccess *access, Http *http, const char *id,
                  EngineCall **call);

    /**
     * Ask for one model, or for every image-to-video model; or NULL.
     * @param model  its id or an alias, or NULL for all
     * @param why    filled in on error: a clause for a person, "it answers HTTP 500"
     * @return 0 and *catalogue (free with catalogue_free()), with nothing in it when the
     * model is not served; AVERROR(EINTR) when interrupted, AVERROR(ETIMEDOUT),
     * AVERROR_INVALIDDATA for an answer that is no list, or another negative AVERROR
     */
    int (*list)(const CatalogueSource *source, const char *model, Catalogue **catalogue,
                char *why, size_t why_size);

    /** Ask which models are retired or will be; or NULL. What it gives is for
     * catalogue_of().
     * @param document  its etag is that of the one before, or ""; is filled in
     * @return 0, or a negative AVERROR as of `list` */
    int (*retirements)(const CatalogueSource *source, EngineDocument *document, char *why,
                       size_t why_size);

    /**
     * Ask for the schema of a model's requests, or NULL. What it gives is for
     * schema_model().
     * @param n         the model in what `list` gave
     * @param document  is filled in; without json when the service has none
     * @return 0, or a negative AVERROR as of `list`
     */
    int (*schema)(const CatalogueSource *source, const Catalogue *catalogue, int n,
                  EngineDocument *document, char *why, size_t why_size);

    /**
     * What a request would cost, by what `list` gave; or NULL.
     * @param fields   its fields by API name, with the model's defaults filled in
     * @param seconds  length of the clip, 0 = not known
     * @return 0 and *price; AVERROR(ENODATA) when no price is named for these, with the
     * reason in price->text
     */
    int (*price)(const Catalogue *catalogue, int n, const cJSON *fields, double seconds,
                 CataloguePrice *price);

    /** A model's prices in one line: "0.13 USD a second", "0.39 (720p), 0.65 (1080p) USD
     * a second", "variable", "not said"; or NULL. What does not fit is given as a range.
     */
    void (*price_text)(const Catalogue *catalogue, int n, char *text, size_t size);
} Engine;

/** Of engine_default(), as text, for the table of options. */
#define ENGINE_DEFAULT       "aimlapi"
#define ENGINE_DEFAULT_URL   "https://api.aimlapi.com"
#define ENGINE_DEFAULT_MODEL "openai/sora-2-i2v"
#define ENGINE_DEFAULT_KEYS  "AIML_API_KEY, AIMLAPI_API_KEY"

/** The engine that is asked when none is named; static. */
const Engine *engine_default(void);

/** An engine by its name, NULL or "" for the default one; NULL when there is none. */
const Engine *engine_find(const char *name);

/** The names of all, for people: "aimlapi or openai". */
void engine_list_names(char *text, size_t size);

/** What time it is at an origin, by the last answer that came from there to this process.
 * The machine's own clock has no part in it. Thread-safe.
 * @return Unix time in seconds, -1 = not known */
int64_t engine_time(const char *origin);

/** Whether a call has ended; fills *answer once it has (engine_job_clear() frees). */
bool engine_answered(EngineCall *call, EngineAnswer *answer);

/** End a call, in whatever state; sets *call to NULL. */
void engine_end(EngineCall **call);

/** Free what an answer's job holds. */
void engine_job_clear(EngineJob *job);

/** Free what a body holds; it is then empty. */
void engine_body_clear(EngineBody *body);

#endif
