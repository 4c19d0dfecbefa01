/* i2v: what is kept of a request: its fields without secrets, and where beside a clip
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_KEPT_H
#define I2V_KEPT_H

#include <cjson/cJSON.h>

/**
 * The fields of a request as they may be kept: of a data: URI its digest, of a URL what
 * cannot be a credential.
 * @return a copy, free with cJSON_Delete(); NULL without memory
 */
cJSON *kept_fields(const cJSON *fields);

/** Where the account of a clip lies that is saved as `path`: its extension replaced by
 * .i2v.json. @return free with av_free(), NULL without memory */
char *kept_account_path(const char *path);

#endif
