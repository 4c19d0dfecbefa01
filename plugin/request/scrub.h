/* i2v: the fields of a request without what may be secret in them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_SCRUB_H
#define I2V_SCRUB_H

#include <cjson/cJSON.h>

/**
 * The fields of a request as they may be kept: of a data: URI its digest, of a URL what
 * cannot be a credential.
 * @return a copy, free with cJSON_Delete(); NULL without memory
 */
cJSON *scrub_fields(const cJSON *fields);

#endif
