/* i2v: the command: takes of one request
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/takes.h"

#include <limits.h>
#include <string.h>

#include <libavutil/common.h>

/* They all know the key of the first, whether or not that was ever asked for. */
const char *takes_first(const SurveyRow *row)
{
    return row->first ? row->first : row->key;
}

bool takes_are_one(const SurveyRow *a, const SurveyRow *b)
{
    return !strcmp(takes_first(a), takes_first(b));
}

int takes_next(const Survey *survey, const SurveyRow *row)
{
    int last = FFMAX(row->take, 1);

    for (int i = 0; i < survey->count; i++)
        if (takes_are_one(&survey->rows[i], row))
            last = FFMAX(last, survey->rows[i].take);
    return last < INT_MAX - 1 ? last + 1 : last;
}
