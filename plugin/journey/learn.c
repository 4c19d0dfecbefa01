/* i2v: what an engine says of its models: asked for once, kept beside the ledger
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/learn.h"

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/error.h>

#include "engine/schema.h"
#include "store/document.h"

#define SCHEMA_S (7 * 24 * 3600)

/* As the list's own Cache-Control says. */
#define RETIREMENTS_S    300
#define RETIREMENTS_NAME "deprecations"

/* A request does not wait longer for what it can do without. */
#define RENEW_MS 4000

static void keep(const LearnFrom *from, const char *name, const EngineDocument *document,
                 const Outcome *out)
{
    int ret = from->store
                  ? document_write(from->store, from->source.origin, name, document)
                  : 0;

    if (ret < 0)
        outcome_say(out, AV_LOG_VERBOSE, "What %s says of %s cannot be kept: %s.",
                    from->source.origin, name, av_err2str(ret));
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

/* The name that a model is kept by. */
static const char *name_of(const LearnFrom *from, const char *name, const Model **row)
{
    *row = from->engine->models ? model_find(from->engine->models, name) : NULL;
    return *row ? (*row)->name : name;
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

int learn_entry(const LearnFrom *from, const Catalogue *catalogue, int n, Model **model,
                Outcome *out, char *why, size_t why_size)
{
    const char *id = catalogue_id(catalogue, n);
    EngineDocument document = {0};
    const Model *row;
    const char *name = name_of(from, id, &row);
    int ret = from->engine->schema(&from->source, catalogue, n, &document, why, why_size);

    *model = NULL;
    if (ret < 0)
        return ret;
    keep(from, name, &document, out);
    ret = make(&document, name, row, model);
    if (ret == AVERROR_INVALIDDATA)
        av_strlcpy(why, "its answer has no schema of a request", why_size);
    say_differences(from, *model, row, out);
    return ret;
}

/* Ask for a model by any of its names; it is kept by the one that was asked for, too. */
static int ask(const LearnFrom *from, const char *name, EngineDocument *document,
               Outcome *out, char *why, size_t why_size)
{
    Catalogue *catalogue = NULL;
    EngineDocument fresh = {0};
    int ret = from->engine->list(&from->source, name, &catalogue, why, why_size);
    int n = ret >= 0 ? catalogue_find(catalogue, name) : -1;

    if (n >= 0)
        ret = from->engine->schema(&from->source, catalogue, n, &fresh, why, why_size);
    if (ret >= 0 && n >= 0 && fresh.json && !schema_of_document(fresh.json)) {
        av_strlcpy(why, "its answer has no schema of a request", why_size);
        ret = AVERROR_INVALIDDATA;
    }
    if (ret >= 0) {
        cJSON_Delete(document->json);
        *document = fresh;
        fresh.json = NULL;
    }
    if (ret >= 0 && n >= 0)
        keep(from, name, document, out);
    cJSON_Delete(fresh.json);
    catalogue_free(&catalogue);
    return ret;
}

/* Ask for what is not known, or was asked for too long ago. */
static int renew(const LearnFrom *from, const char *name, bool known,
                 EngineDocument *document, Outcome *out)
{
    LearnFrom renewing = *from;
    char why[128];

    if (known)
        renewing.source.timeout_ms = RENEW_MS;
    int ret = ask(&renewing, name, document, out, why, sizeof(why));
    if (ret >= 0 && document->json)
        outcome_say(out, AV_LOG_VERBOSE, "What the model %s takes was asked of %s.", name,
                    from->source.origin);
    if (ret >= 0 || ret == AVERROR(EINTR) || ret == AVERROR(ENOMEM))
        return ret;
    if (!known)
        return outcome_fail(out, FAILURE_GATEWAY, ret,
                            "What the model %s takes is not known yet, and %s cannot be "
                            "asked: %s; nothing sent.",
                            name, from->source.origin, why);
    outcome_say(out, AV_LOG_VERBOSE,
                "What the model %s takes was asked for more than a week ago, and %s "
                "cannot be asked again: %s.",
                name, from->source.origin, why);
    return 0;
}

int learn_model(const LearnFrom *from, const char *name, Model **model, Outcome *out)
{
    EngineDocument document;
    const Model *row;
    int64_t age;
    const char *kept_as = name_of(from, name, &row);
    int ret = read_kept(from, kept_as, &document, &age);
    bool known = ret >= 0;

    *model = NULL;
    if (ret == AVERROR(ENOMEM) || (!known && row))
        return ret == AVERROR(ENOMEM) ? ret : 0;
    ret = known && age < SCHEMA_S ? 0 : renew(from, kept_as, known, &document, out);
    if (ret < 0) {
        cJSON_Delete(document.json);
        return ret;
    }
    ret = make(&document, name, row, model);
    return ret == AVERROR(ENOMEM) ? ret : 0;
}

int learn_kept(const LearnFrom *from, const char *name, Model **model)
{
    EngineDocument document;
    const Model *row;
    int64_t age;
    const char *kept_as = name_of(from, name, &row);
    int ret = read_kept(from, kept_as, &document, &age);

    *model = NULL;
    if (ret >= 0)
        ret = make(&document, name, row, model);
    return ret == AVERROR(ENOMEM) ? ret : 0;
}

int learn_retirements(const LearnFrom *from, Catalogue **catalogue, char *why,
                      size_t why_size)
{
    EngineDocument kept = {0}, fresh = {0};
    Outcome quiet = {.quiet = true};
    int64_t age;
    int ret = read_kept(from, RETIREMENTS_NAME, &kept, &age);

    *catalogue = NULL;
    if (ret >= 0 && kept.json && age < RETIREMENTS_S) {
        ret = catalogue_of(kept.json, catalogue);
        if (ret != AVERROR_INVALIDDATA)
            return ret;
        kept.json = NULL;
    }
    if (kept.json)
        av_strlcpy(fresh.etag, kept.etag, sizeof(fresh.etag));
    ret = from->engine->retirements(&from->source, &fresh, why, why_size);
    if (ret >= 0 && fresh.unchanged) {
        fresh.json = kept.json;
        kept.json = NULL;
    }
    if (ret >= 0)
        keep(from, RETIREMENTS_NAME, &fresh, &quiet);
    cJSON_Delete(kept.json);
    if (ret >= 0 && (ret = catalogue_of(fresh.json, catalogue)) < 0)
        av_strlcpy(why, "its answer is not a list of models", why_size);
    return ret;
}
