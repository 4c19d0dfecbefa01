/* i2v: the engines that there are
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/aimlapi.h"

/* The first is the one that is asked. */
static const Engine *const engines[] = {&aimlapi};

const Engine *engine_default(void)
{
    return engines[0];
}
