/* i2v: the command: what the ledger knows of one request, for programs (inside ctl)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_DESCRIBE_H
#define I2V_DESCRIBE_H

#include <cjson/cJSON.h>

#include "store/store.h"
#include "store/survey.h"

/** Where the clip of a request is; NULL where there is none, or without memory. Free it
 * with av_free(). */
char *ctl_clip_of(const Store *store, const SurveyRow *row);

/** All of a record that can be told.
 * @param clip  NULL = there is none
 * @return an object, free with cJSON_Delete(); NULL without memory */
cJSON *ctl_describe(const Record *record, const SurveyRow *row, const char *clip);

#endif
