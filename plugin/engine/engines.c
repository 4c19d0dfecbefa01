/* i2v: the engines that there are
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>

#include "engine/aimlapi.h"
#include "engine/openai.h"

/* The first is the one that is asked when none is named. */
static const Engine *const engines[] = {&aimlapi, &openai};

const Engine *engine_default(void)
{
    return engines[0];
}

const Engine *engine_find(const char *name)
{
    for (size_t i = 0; name && *name && i < FF_ARRAY_ELEMS(engines); i++)
        if (!strcmp(engines[i]->name, name))
            return engines[i];
    return name && *name ? NULL : engines[0];
}

void engine_list_names(char *text, size_t size)
{
    *text = '\0';
    for (size_t i = 0; i < FF_ARRAY_ELEMS(engines); i++)
        av_strlcatf(text, size, "%s%s",
                    !i                                ? ""
                    : i + 1 < FF_ARRAY_ELEMS(engines) ? ", "
                                                      : " or ",
                    engines[i]->name);
}
