/* i2v: what an engine says to everybody, kept beside the ledger
 *
 * A file each in the directory models of the store: schemas of requests, and the list of
 * retirements. They are anybody's to delete.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_DOCUMENT_H
#define I2V_DOCUMENT_H

#include <stdint.h>

#include "engine/engine.h"
#include "store/store.h"

/**
 * Read one.
 * @param document  filled in; json may be NULL: there was none
 * @param age       seconds since it was got, by this machine's clock; INT64_MAX when
 *                  that is not to be told
 * @return 0; AVERROR(ENOENT) when it is not there, or is not what was written; or another
 *         negative AVERROR
 */
int document_read(const Store *store, const char *origin, const char *name,
                  EngineDocument *document, int64_t *age);

/** Write one, as got now. Several may at once. @return 0 or a negative AVERROR */
int document_write(const Store *store, const char *origin, const char *name,
                   const EngineDocument *document);

#endif
