/* i2v: what stands whole in a damaged page or line of the ledger (inside store)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_STORE_SALVAGE_H
#define I2V_STORE_SALVAGE_H

#include <stddef.h>

#include <cjson/cJSON.h>

/** The members of a page or line that stand in a text whole, whatever else is in it.
 * @return an object, perhaps empty, free with cJSON_Delete(); NULL without memory */
cJSON *salvage_members(const char *text, size_t size);

/** The client request ids of a key that stand in a text, each once, separated by spaces;
 * free with av_free(). They are looked for by their shape (store/record.h): in a file
 * that has taken the place of another there may be those of another request.
 * @return 0 and *tries, NULL when there is none; AVERROR(ENOMEM) */
int salvage_tries(const char *key, const char *text, size_t size, char **tries);

#endif
