/* i2v: what an engine says of its models: which it serves, their prices, their end
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_CATALOGUE_H
#define I2V_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include <libavformat/avio.h>

/** Where the catalogue is. Borrowed. It is public: no API key is sent. */
typedef struct CatalogueSource {
    const char *origin;
    const char *ca_file; ///< CA bundle, or NULL for libcurl's own
    bool allow_http;
    const AVIOInterruptCB *interrupt; ///< or NULL; looked at every 100 ms at least
    int timeout_ms;                   ///< for all of one call, 0 = 10 s
} CatalogueSource;

/** A list of models or of retirements, read. Not changed once it is there: any number of
 * threads may look at one. */
typedef struct Catalogue Catalogue;

/** Read a list of models or retirements from an answer's body. What is in it and cannot
 * be read is left out. @return 0 and *catalogue, AVERROR_INVALIDDATA, AVERROR(ENOMEM) */
int catalogue_parse(const char *body, size_t size, Catalogue **catalogue);

/** The same of what is parsed already; json is taken over, also on error, and may be
 * NULL.
 */
int catalogue_of(cJSON *json, Catalogue **catalogue);

/** Free; sets *catalogue to NULL. */
void catalogue_free(Catalogue **catalogue);

/* What an entry says. NULL is a catalogue of nothing; texts are borrowed, in UTF-8 and
 * without control characters. */

int catalogue_count(const Catalogue *catalogue);

/** The canonical id of an entry. */
const char *catalogue_id(const Catalogue *catalogue, int n);

/** Another name of an entry, in turn. @return NULL behind the last one */
const char *catalogue_alias(const Catalogue *catalogue, int n, int which);

/** The entry of a name: an id, else an alias, in whatever case. @return -1 for none */
int catalogue_find(const Catalogue *catalogue, const char *name);

/** Where the entry's schema of requests is, a URL; or NULL. */
const char *catalogue_docs(const Catalogue *catalogue, int n);

/** The entry's pricing as the gateway gives it, or NULL. */
const cJSON *catalogue_pricing(const Catalogue *catalogue, int n);

/** How long a model is still served. NULL = not said. */
typedef struct CatalogueRetirement {
    const char *id;
    const char *status;      ///< deprecated, superseded (both still served), withdrawn
    const char *shutdown_at; ///< a day, YYYY-MM-DD
    const char *replaced_by; ///< the id of another model
    const char *reason;
} CatalogueRetirement;

/** What a list of retirements says of a name. @return 0, AVERROR(ENOENT) when nothing */
int catalogue_retirement(const Catalogue *catalogue, const char *name,
                         CatalogueRetirement *retirement);

typedef struct CataloguePrice {
    double usd;
    bool at_most;   ///< it may be less: not all that it depends on is known
    char text[128]; ///< the rate: "0.13 USD a second"; or a clause why it is not known
} CataloguePrice;

#endif
