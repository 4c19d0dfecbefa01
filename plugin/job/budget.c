/* i2v: what this process may have spent
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/budget.h"

#include <math.h>
#include <stdatomic.h>

/* In millionths of a USD. */
static atomic_llong taken;

static long long millionths(double usd)
{
    return usd > 0 ? llrint(usd * 1e6) : 0;
}

bool budget_take(double usd, double max_total)
{
    long long now = atomic_load(&taken), then;

    do {
        then = now + millionths(usd);
        if (max_total >= 0 && then > millionths(max_total))
            return false;
    } while (!atomic_compare_exchange_weak(&taken, &now, then));
    return true;
}

void budget_give_back(double usd)
{
    atomic_fetch_sub(&taken, millionths(usd));
}

double budget_taken(void)
{
    return (double)atomic_load(&taken) / 1e6;
}
