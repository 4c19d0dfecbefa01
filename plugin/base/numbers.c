/* i2v: how numbers are written, whatever the host's locale
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/numbers.h"

#include <string.h>

void numbers_begin(Numbers *numbers)
{
    locale_t copy;

    *numbers = (Numbers){0};
    if (!strcmp(localeconv()->decimal_point, "."))
        return;
    copy = duplocale(uselocale((locale_t)0));
    numbers->ours = copy ? newlocale(LC_NUMERIC_MASK, "C", copy) : (locale_t)0;
    if (numbers->ours)
        numbers->host = uselocale(numbers->ours);
    else if (copy)
        freelocale(copy);
}

int numbers_end(Numbers *numbers, int ret)
{
    if (numbers->ours) {
        uselocale(numbers->host);
        freelocale(numbers->ours);
    }
    return ret;
}
