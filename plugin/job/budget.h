/* i2v: what this process may have spent
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_BUDGET_H
#define I2V_BUDGET_H

#include <stdbool.h>

/** Count a purchase, if all stay within a limit. Thread-safe.
 * @param usd        below 0 = not known
 * @param max_total  USD, below 0 = no limit
 * @return whether it is counted */
bool budget_take(double usd, double max_total);

/** Nothing was bought after all. Thread-safe. */
void budget_give_back(double usd);

/** USD that are counted. Thread-safe. */
double budget_taken(void);

#endif
