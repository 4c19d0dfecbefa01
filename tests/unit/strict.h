/* i2v: the stand-in's own check of a request by a published document, for a test to hold
 * against ours
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_UNIT_STRICT_H
#define I2V_UNIT_STRICT_H

#include <cjson/cJSON.h>

/** What the stand-in finds wrong with a request; free with free(). NULL when nothing. */
char *strict_refusal(const cJSON *document, const cJSON *request);

#endif
