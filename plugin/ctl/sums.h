/* i2v: the command: what was spent, by project or by model (inside ctl)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A generation that failed costs nothing; one whose price is not known is counted apart.
 */
#ifndef I2V_CTL_SUMS_H
#define I2V_CTL_SUMS_H

#include <stdbool.h>

#include "base/outcome.h"
#include "store/survey.h"

/** Print the sums of all generations, to be followed by ctl_print_end().
 * @param survey  whose generations are put into another order
 * @param json    an array of objects instead of a table
 * @param out     gets a note on prices that are not known
 * @return 0 or AVERROR(ENOMEM) */
int sums_print(Survey *survey, bool by_model, bool json, const Outcome *out);

#endif
