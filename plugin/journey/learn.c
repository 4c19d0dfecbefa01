/* i2v: what an engine says of its models: asked for once, kept beside the ledger
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/learn.h"

#include <stdatomic.h>
#include <stdio.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/common.h>
#include <libavutil/error.h>

#include "base/clock.h"
#include "base/json.h"
#include "engine/schema.h"
#include "store/document.h"

#define SCHEMA_S (7 * 24 * 3600)

/* As the list's own Cache-Control says. */
#define RETIREMENTS_S    300
#define RETIREMENTS_NAME "list of deprecations"

/* A request does not wait longer for what it can do without, and not again for a while
 * when that came to nothing. */
#define RENEW_MS 4000
#define AGAIN_US (60 * 1000000LL)

/* clock_now() when it was asked for in vain. */
static atomic_llong schema_failed, retirements_failed;

static bool failed_lately(atomic_llong *when)
{
    int64_t then = atomic_load(when);
    return then && clock_now() - then < AGAIN_US;
}

static void clear(EngineDocument *document)
{
    cJSON_Delete(document->json);
    *document = (EngineDocument){0};
}

static int read_kept(const LearnFrom *from, const char *name, EngineDocument *document,
                     int64_t *age)
{
    *document = (EngineDocument){0};
    *age = INT64_MAX;
    return from->store
               ? document_read(from->store, from->source.origin, name, document, age)
               : AVERROR(ENOENT);
}

static int keep(const LearnFrom *from, const char *name, const EngineDocument *document,
                const Outcome *out)
{
    int ret = from->store
                  ? document_write(from->store, from->source.origin, name, document)
                  : 0;

    if (ret < 0)
        outcome_say(out, AV_LOG_VERBOSE, "What %s says of %s cannot be kept: %s.",
                    from->source.origin, name, av_err2str(ret));
    return ret;
}

/* Schemas */

/* The row of a model, and the name that it is kept by. */
static const char *name_of(const LearnFrom *from, const char *name, const Model **row)
{
    *row = from->engine->models ? model_find(from->engine->models, name) : NULL;
    return *row ? (*row)->name : name;
}

/* The same of an entry, which may list the table's name as another one. */
static const char *name_of_entry(const LearnFrom *from, const Catalogue *catalogue, int n,
                                 const Model **row)
{
    const char *id = catalogue_id(catalogue, n), *alias;
    const char *name = name_of(from, id, row);

    for (int i = 0; !*row && (alias = catalogue_alias(catalogue, n, i)); i++)
        name = name_of(from, alias, row);
    return *row ? name : id;
}

/* What is kept of a model. @return AVERROR(ENOENT) for what has no schema in it that can
 * be read, though it should */
static int read_schema(const LearnFrom *from, const char *name, EngineDocument *document,
                       int64_t *age)
{
    int ret = read_kept(from, name, document, age);

    if (ret >= 0 && document->json && !schema_of_document(document->json)) {
        clear(document);
        ret = AVERROR(ENOENT);
    }
    return ret;
}

/* document->json is taken over. */
static int make(EngineDocument *document, const char *name, const Model *row,
                Model **model)
{
    cJSON *json = document->json;

    *model = NULL;
    document->json = NULL;
    return json ? schema_model(json, name, row, model) : 0;
}

static void say_differences(const LearnFrom *from, const Model *model, const Model *row,
                            const Outcome *out)
{
    AVBPrint text;

    if (!row || !model)
        return;
    av_bprint_init(&text, 0, AV_BPRINT_SIZE_AUTOMATIC);
    schema_model_compare(model, row, &text);
    if (text.len)
        outcome_say(out, AV_LOG_VERBOSE,
                    "By its own schema, which counts, the model %s of %s takes %s.",
                    row->name, from->source.origin, text.str);
}

/* The schema of an entry; document->json is NULL when the engine has none. */
static int ask_entry(const LearnFrom *from, const Catalogue *catalogue, int n,
                     EngineDocument *document, char *why, size_t why_size)
{
    int ret = from->engine->schema(&from->source, catalogue, n, document, why, why_size);

    if (ret >= 0 && document->json && !schema_of_document(document->json)) {
        av_strlcpy(why, "its schema is of no kind that i2v can read", why_size);
        clear(document);
        ret = AVERROR_INVALIDDATA;
    }
    return ret;
}

/* Keep what came, but nothing in place of a schema: that is then as old as today. */
static int keep_better(const LearnFrom *from, const char *name, EngineDocument *fresh,
                       const Outcome *out)
{
    EngineDocument kept;
    int64_t age;

    if (!fresh->json && read_schema(from, name, &kept, &age) >= 0) {
        clear(fresh);
        *fresh = kept;
    }
    return keep(from, name, fresh, out);
}

int learn_entry(const LearnFrom *from, const Catalogue *catalogue, int n, Model **model,
                Outcome *out, char *why, size_t why_size)
{
    EngineDocument document = {0};
    const Model *row;
    const char *name = name_of_entry(from, catalogue, n, &row);

    *model = NULL;
    *why = '\0';
    int ret = ask_entry(from, catalogue, n, &document, why, why_size);
    if (ret < 0)
        return ret;
    int kept = keep_better(from, name, &document, out);
    ret = make(&document, name, row, model);
    say_differences(from, *model, row, out);
    if (ret >= 0 && kept < 0)
        snprintf(why, why_size, "it cannot be kept: %s", av_err2str(kept));
    return ret < 0 ? ret : kept;
}

int learn_kept(const LearnFrom *from, const char *name, Model **model, bool *due)
{
    EngineDocument document;
    const Model *row;
    int64_t age;
    const char *kept_as = name_of(from, name, &row);
    int ret = read_schema(from, kept_as, &document, &age);

    *model = NULL;
    *due = ret < 0 ? !row : age >= SCHEMA_S;
    if (ret >= 0)
        ret = make(&document, name, row, model);
    clear(&document);
    return ret == AVERROR(ENOMEM) ? ret : 0;
}

/* By any name of the model. What the engine does not list is not kept. */
static int ask(const LearnFrom *from, const char *name, EngineDocument *document,
               Outcome *out, char *why, size_t why_size)
{
    Catalogue *catalogue = NULL;
    int ret = from->engine->list(&from->source, name, &catalogue, why, why_size);
    int n = ret >= 0 ? catalogue_find(catalogue, name) : -1;

    if (n >= 0 && (ret = ask_entry(from, catalogue, n, document, why, why_size)) >= 0)
        keep_better(from, name, document, out);
    catalogue_free(&catalogue);
    return ret;
}

/* Nothing is known of it that would do instead. */
static int refuse(const LearnFrom *from, const char *name, int error, const char *why,
                  Outcome *out)
{
    return outcome_fail(out, FAILURE_GATEWAY, error,
                        "What the model %s takes is not known yet, and %s does not tell: "
                        "%s; nothing sent.",
                        name, from->source.origin, why);
}

int learn_model(const LearnFrom *from, const char *name, Model **model, Outcome *out)
{
    LearnFrom asking = *from;
    EngineDocument kept, fresh = {0};
    const Model *row;
    int64_t age;
    char why[128] = "";
    const char *kept_as = name_of(from, name, &row);
    bool known = read_schema(from, kept_as, &kept, &age) >= 0;
    int ret = 0;

    *model = NULL;
    if (known)
        asking.source.timeout_ms = RENEW_MS;
    if (!known || !failed_lately(&schema_failed))
        ret = ask(&asking, kept_as, &fresh, out, why, sizeof(why));
    if (ret == AVERROR(EINTR) || ret == AVERROR(ENOMEM)) {
        clear(&kept);
        return ret;
    }
    if (ret < 0 && !known)
        return refuse(from, name, ret, why, out);
    if (ret < 0) {
        atomic_store(&schema_failed, clock_now());
        outcome_say(out, AV_LOG_VERBOSE,
                    "What the model %s takes was asked for more than a week ago, and %s "
                    "does not tell now: %s.",
                    name, from->source.origin, why);
    }
    if (fresh.json)
        outcome_say(out, AV_LOG_VERBOSE, "What the model %s takes was asked of %s.", name,
                    from->source.origin);
    ret = make(fresh.json ? &fresh : &kept, name, row, model);
    clear(&kept);
    return ret == AVERROR(ENOMEM) ? ret : 0;
}

/* Retirements */

int learn_retirements(const LearnFrom *from, Catalogue **catalogue, char *why,
                      size_t why_size)
{
    EngineDocument kept, fresh = {0};
    Outcome quiet = {.quiet = true};
    int64_t age;
    bool known = read_kept(from, RETIREMENTS_NAME, &kept, &age) >= 0 &&
                 json_member(kept.json, "data");
    int ret = 0;

    *catalogue = NULL;
    av_strlcpy(why, "no complete answer in time", why_size);
    if (known && (age < RETIREMENTS_S || failed_lately(&retirements_failed)))
        return catalogue_of(kept.json, catalogue);
    if (!known)
        clear(&kept);
    av_strlcpy(fresh.etag, kept.etag, sizeof(fresh.etag));
    ret = failed_lately(&retirements_failed)
              ? AVERROR(ETIMEDOUT)
              : from->engine->retirements(&from->source, &fresh, why, why_size);
    if (ret >= 0 && !fresh.unchanged)
        FFSWAP(EngineDocument, kept, fresh);
    if (ret >= 0)
        keep(from, RETIREMENTS_NAME, &kept, &quiet);
    else if (ret != AVERROR(EINTR))
        atomic_store(&retirements_failed, clock_now());
    clear(&fresh);
    if (ret == AVERROR(EINTR) || (ret < 0 && !known)) {
        clear(&kept);
        return ret;
    }
    if ((ret = catalogue_of(kept.json, catalogue)) < 0)
        av_strlcpy(why, "its answer is not a list of models", why_size);
    return ret;
}
