/* i2v: the command: requests as a table (inside ctl)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_TABLE_H
#define I2V_TABLE_H

#include "store/store.h"
#include "store/survey.h"

/** Digits by which every key of a survey can be told from the others, gone or not.
 * @param least  that it is in any case
 * @return or -1 without memory */
int table_key_digits(const Survey *survey, int least);

/** Print the rows that are not gone, newest first, to be followed by ctl_print_end(). On
 * a terminal a row is a line of its width; elsewhere all columns are there, each of them
 * as wide as it always is.
 * @return 0 or AVERROR(ENOMEM) */
int table_print(const Store *store, const Survey *survey);

#endif
