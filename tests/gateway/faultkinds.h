/* i2v: the stand-in gateway: what each fault of the script means.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GATEWAY_FAULTKINDS_H
#define GATEWAY_FAULTKINDS_H

#include "faults.h"

void plan_init(Plan *plan);
/* Adds `FAULT [ARGS]` to the plan; NULL, or what is wrong with it (to be freed). */
char *plan_apply(Plan *plan, Endpoint endpoint, const char *fault);

#endif
