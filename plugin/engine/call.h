/* i2v: one call to an engine, as its kind and its verdict share it (inside engine)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_ENGINE_CALL_H
#define I2V_ENGINE_CALL_H

#include <cjson/cJSON.h>

#include "engine/engine.h"

typedef enum EngineCallKind {
    CALL_CREATE,
    CALL_POLL,
    CALL_FIND,
    CALL_READY,
    CALL_CANCEL,
} EngineCallKind;

struct EngineCall {
    EngineCallKind kind;
    HttpExchange *exchange;
    const char *origin; ///< borrowed
    char *url;
    char *api_key;     ///< to keep it out of what is said
    char *header;      ///< that the request has beside the usual ones, or NULL
    char *asked;       ///< CALL_POLL, CALL_CANCEL: the id
    bool any_status;   ///< a generation may come with any HTTP status
    EngineQuery query; ///< CALL_FIND
    int (*on_last_byte)(void *opaque);
    void *opaque; ///< for on_last_byte
    /** Takes a header of the answer in. */
    void (*take_header)(EngineCall *call, const char *name, const char *value);
    /** Reads the body of a 2xx. @return below 0 when it is no such answer */
    int (*read)(const EngineCall *call, const char *body, size_t size,
                EngineAnswer *answer);
    char *id;          ///< of the generation, by a header of the answer, or NULL
    EngineUsage usage; ///< by headers of the answer
};

/** A call that is not started yet. Takes url over, which may be NULL.
 * @return NULL without memory */
EngineCall *call_alloc(const EngineAccess *access, EngineCallKind kind, char *url);

/** Start it. Takes c over, which may be NULL. @return 0 and *call, or a negative AVERROR
 */
int call_start(const EngineAccess *access, Http *http, EngineCall *c,
               HttpRequest *request, EngineCall **call);

/** An answer's Date, for engine_time(). Unix time in seconds; not above 0 = it had none.
 */
void engine_hear_date(const char *origin, int64_t date);

#endif
