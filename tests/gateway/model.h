/* i2v: the stand-in gateway: the models it serves, as their schema files have them.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A schema file is a JSON Schema of the request body (see schema.h) whose title is the
 * model's id, and beside it says
 *   x-developer, x-aliases
 *   x-still     first, end: the paths of the image fields ("keyframes.frame0.url"); what
 * an image must be: exact (the size of the clip), least-side (pixels), ratio or
 *               ratio-within ([least, most], with or without these two), most-bytes,
 *               formats (MIME types; else PNG, JPEG and WebP)
 *   x-size      follows: request (its aspect_ratio or ratio) or still (its shape); the
 * short side: sides by resolution, else side, else the largest of the sides that is not
 * above that of the still; ratio: when the request has none; or sizes by resolution and
 * ratio x-rate      pictures a second: a number, or {field, default} x-audio     always,
 * never, or {switch: FIELD, default} x-duration  seconds, when neither the request nor a
 * default says it x-rules     {if: {FIELD: [VALUES] or "given"}, then: {FIELD:
 * [VALUES]}}, {one-of: [FIELDS]}, {not-both: [FIELDS]} x-answer    {video: "array"}, {id:
 * "generation_id"}: how its answers differ x-pricing   as the catalogue lists it;
 * x-charge: USD a second where that cannot tell
 */
#ifndef GATEWAY_MODEL_H
#define GATEWAY_MODEL_H

#include "util.h"

#include <cjson/cJSON.h>

typedef struct EmbeddedFile {
    const char *name;
    const unsigned char *data; /* followed by a zero byte */
    size_t size;
} EmbeddedFile;

/* The files of schemas/, generated at build time. */
extern const EmbeddedFile embedded_schemas[];
extern const size_t nb_embedded_schemas;

/* Everything points into the schema, which stays as it is until the program ends. */
typedef struct Model {
    cJSON *schema;
    cJSON *document; /* as it was published, NULL: made of the schema */
    const char *id, *developer;
    const char *first, *end; /* paths of the image fields; end: NULL, there is none */
    const cJSON *aliases, *properties, *still, *size, *rate, *audio, *rules, *pricing;
    const char *answer_id; /* the key of a create call's id */
    int video_array;       /* a finished job's video is a list */
    int duration;          /* seconds; x-duration, or 0 */
    double charge;         /* USD a second; x-charge, or 0 */
} Model;

/* Takes the models of the embedded files, and of one more file or of those in a directory
 * (NULL: none), which may also be as the API publishes them; one of those takes the place
 * of a model of its name. 0, or -1 with a sentence on stderr: a schema is broken. */
int models_load(const char *further);
void models_free(void);
/* The nth, or NULL behind the last. */
const Model *models_at(size_t n);
/* By id or alias; NULL when there is no such model. */
const Model *models_find(const char *name);

/* What a path such as "keyframes.frame0.url" leads to, or NULL. */
cJSON *model_item(const cJSON *object, const char *path);
/* The value of a field: as given, else its default, else NULL. */
const cJSON *model_value(const Model *model, const cJSON *fields, const char *field);
/* USD for a clip of so many seconds. */
double model_price(const Model *model, const cJSON *fields, int duration);

#endif
