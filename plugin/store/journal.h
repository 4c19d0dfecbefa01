/* i2v: the journal: every durable step, one appended line (inside store)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_STORE_JOURNAL_H
#define I2V_STORE_JOURNAL_H

/*
 * STORE/journal.jsonl has a JSON object a line, and is only ever appended to. A line
 * tells the key of a request, the state it is in, and what is new of it; the first of a
 * generation tells all that is kept. "pruned" and "forgotten" are the last of a request.
 * A line may be cut by a crash: the next one begins on a line of its own, and what cannot
 * be read is passed over.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

/** In the store's directory. */
#define JOURNAL_NAME "journal.jsonl"

/** What is told in place of a state when a request is no longer in the store. */
#define JOURNAL_PRUNED    "pruned"
#define JOURNAL_FORGOTTEN "forgotten"

/** Where it lies; free with av_free(). @return NULL without memory */
char *journal_path(const Store *store);

/** Its size in bytes, 0 when there is none. */
int64_t journal_size(const Store *store);

/** Its size when this process first came to it. Thread-safe. */
int64_t journal_began(const Store *store);

/** Append a line and sync it. @param line  without its end
 * @return 0 or a negative AVERROR, nothing logged */
int journal_append(const Store *store, const char *line);

/**
 * Append a line that tells the state of a request and nothing else.
 * @param state  JOURNAL_PRUNED, JOURNAL_FORGOTTEN, or the name of a state
 * @return as journal_append()
 */
int journal_note(const Store *store, const char *key, const char *state);

/**
 * Go through the lines, without holding more than one in memory.
 * @param from  byte to begin at; behind the end: at the start, since it is another file
 * @param take  gets each line without its end and the byte where it begins, what is none
 * included; what it returns below 0 ends the walk. A line of more than a megabyte comes
 * in pieces
 * @return 0, also without a journal; what take returned; or a negative AVERROR
 */
int journal_walk(const Store *store, int64_t from,
                 int (*take)(void *opaque, int64_t at, const char *line, size_t size),
                 void *opaque);

/** The key that a line begins with, inside it. @return NULL for a line that is cut or is
 * none */
const char *journal_key(const char *line, size_t size);

/** Whether a line with these client request ids begins another generation of a request
 * that had those: it has tries of its own. @param had, tries  NULL = none */
bool journal_begins_anew(const char *had, const char *tries);

/** Whether this, in place of a state, is the last of a request. @param state  may be NULL
 */
bool journal_ends(const char *state);

/** What the journal has of one request. */
typedef struct JournalPage {
    Record *record; ///< the last generation, or NULL; free it
    bool dropped;   ///< the last of it is that it was pruned or forgotten
    bool torn;      ///< behind that there is something that cannot be read
} JournalPage;

/** Read what it has of a request. @return 0 or a negative AVERROR, nothing logged */
int journal_read(const Store *store, const char *key, JournalPage *page);

#endif
