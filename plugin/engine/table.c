/* i2v: the table of engines
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/engine.h"

#include <string.h>

#include <libavutil/common.h>

#include "engine/aimlapi.h"

static const Engine *const engines[] = {&engine_aimlapi};

const Engine *engine_default(void)
{
    return engines[0];
}

const Engine *engine_find(const char *name)
{
    for (size_t i = 0; i < FF_ARRAY_ELEMS(engines); i++)
        if (!strcmp(engines[i]->name, name))
            return engines[i];
    return NULL;
}
