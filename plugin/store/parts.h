/* i2v: what the files of the store share (inside store)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_STORE_PARTS_H
#define I2V_STORE_PARTS_H

#include <stdatomic.h>

#include "store/store.h"

struct Store {
    atomic_int references; ///< beyond the first
    char *directory;       ///< absolute
    int64_t journal_began; ///< bytes that the journal had when this process came to it
};

/** The longest prompt, escaped, and its history. */
#define STORE_MAX_RECORD (16 << 20)

/** Go through the names in its directory, in no order.
 * @param take  gets each; what it returns below 0 ends the walk
 * @return 0, what take returned, or a negative AVERROR, nothing logged */
int store_walk(const Store *store, int (*take)(void *opaque, const char *name),
               void *opaque);

/** Whether a file's name is a key and then this. */
bool store_is_keyed(const char *name, const char *suffix);

/** What a key has behind it in the names of these files. */
#define STORE_PART   ".mp4.part"
#define STORE_BROKEN ".broken.mp4"
#define STORE_PROBE  ".probe"
#define STORE_KEPT   ".kept"

/** Remove one file of a key. @return bytes that it had, 0 when it was not there */
int64_t store_remove_file(const Store *store, const char *key, const char *suffix);

/** Rename a file out of the way.
 * @param sentence  said at AV_LOG_WARNING; takes the old name and the new one
 * @return 0 or a negative AVERROR */
int store_move_aside(const char *path, const char *sentence, Outcome *out);

#endif
