/* i2v: the stand-in gateway: whether a model's schema file makes sense.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GATEWAY_MODELCHECK_H
#define GATEWAY_MODELCHECK_H

#include <cjson/cJSON.h>

/* NULL, or a sentence on the first mistake, to be freed. */
char *model_verify(const cJSON *schema);

#endif
