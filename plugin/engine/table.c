/* i2v: which engine there is, and what a body holds
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/engine.h"

#include <libavutil/common.h>
#include <libavutil/mem.h>

#include "engine/aimlapi.h"

const Engine *engine_default(void)
{
    return &engine_aimlapi;
}

void engine_body_clear(EngineBody *body)
{
    for (size_t i = 0; i < FF_ARRAY_ELEMS(body->stills); i++)
        still_file_clear(&body->stills[i].file);
    av_free(body->text);
    *body = (EngineBody){0};
}
