/* i2v: where in the journal each request begins (inside store)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_STORE_JOURNAL_INDEX_H
#define I2V_STORE_JOURNAL_INDEX_H

/*
 * A journal of years has tens of megabytes, and each look at a request without a record
 * asks it. What this process has read of it once it does not read again but for the
 * requests that are in it.
 */

#include <stdint.h>

#include "store/store.h"

typedef struct JournalIndex JournalIndex;

/** @return NULL without memory; it lasts as long as the process */
JournalIndex *journal_index_alloc(void);

/**
 * Read what is new in the journal, and tell where a request begins. Another journal in
 * the place of the one that was read is noticed. Thread-safe.
 * @return the byte of the first line that speaks of the key, or the end of what was read;
 * or a negative AVERROR
 */
int64_t journal_index_find(JournalIndex *index, const Store *store, const char *key);

#endif
