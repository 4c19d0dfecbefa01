/* i2v: the table of engines
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/engine.h"

#include <string.h>

#include <libavutil/common.h>
#include <libavutil/mem.h>

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

void engine_body_clear(EngineBody *body)
{
    for (size_t i = 0; i < FF_ARRAY_ELEMS(body->stills); i++)
        still_file_clear(&body->stills[i].file);
    av_free(body->text);
    *body = (EngineBody){0};
}
