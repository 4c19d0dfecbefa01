/* i2v: what the files of the store share
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_STORE_PARTS_H
#define I2V_STORE_PARTS_H

#include "base/outcome.h"
#include "store/store.h"

struct Store {
    char *directory; ///< absolute
};

/** The file of a key, or of another name; free with av_free(), NULL without memory. */
char *store_path(const Store *store, const char *key, const char *suffix);

/** Rename a file out of the way.
 * @param sentence  said at AV_LOG_WARNING; takes the old name and the new one
 * @return 0 or a negative AVERROR */
int store_move_aside(const char *path, const char *sentence, Outcome *out);

/** Add a member to an object; what is not known (an empty text, a number below 0, NULL)
 * is left out. @return false without memory, or when there is no object */
bool record_put_text(cJSON *to, const char *name, const char *text);
bool record_put_number(cJSON *to, const char *name, double number);
bool record_put_copy(cJSON *to, const char *name, const cJSON *json);

/** Add what a clip is, all of it. @return as above */
bool record_put_facts(cJSON *to, const ClipFacts *facts);

#endif
