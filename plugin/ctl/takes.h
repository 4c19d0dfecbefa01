/* i2v: the command: takes of one request (inside ctl)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_TAKES_H
#define I2V_TAKES_H

#include "store/survey.h"

/** The key that the takes of a request share: of the first, whether or not that was ever
 * asked for. Borrowed. */
const char *takes_first(const SurveyRow *row);

/** Whether two rows are takes of one request. */
bool takes_are_one(const SurveyRow *a, const SurveyRow *b);

/** The number of the next take that nobody has asked for yet. */
int takes_next(const Survey *survey, const SurveyRow *row);

#endif
