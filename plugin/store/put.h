/* i2v: members of the JSON that records and accounts are
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_STORE_PUT_H
#define I2V_STORE_PUT_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "store/clip.h"

/** Add a member to an object; what is not known (an empty text, a number below 0, NULL)
 * is left out. @return false without memory, or when there is no object */
bool record_put_text(cJSON *to, const char *name, const char *text);
bool record_put_number(cJSON *to, const char *name, double number);
bool record_put_copy(cJSON *to, const char *name, const cJSON *json);

/** Add what a clip is, all of it. @return as above */
bool record_put_facts(cJSON *to, const ClipFacts *facts);

#endif
