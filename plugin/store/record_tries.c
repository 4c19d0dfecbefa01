/* i2v: the tries of a record: under which client request ids it was sent
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/record.h"

#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <libavutil/random_seed.h>

#include "base/text.h"

bool record_shares_tries(const char *a, const char *b)
{
    size_t size = FFMIN(a ? strlen(a) : 0, b ? strlen(b) : 0);

    return size && !strncmp(a, b, size) && (!a[size] || a[size] == ' ') &&
           (!b[size] || b[size] == ' ');
}

int record_add_try(Record *record, char try[RECORD_TRY_SIZE])
{
    snprintf(try, RECORD_TRY_SIZE, RECORD_TRY "%.*s%08x%08x", RECORD_TRY_KEY_DIGITS,
             record->key, av_get_random_seed(), av_get_random_seed());
    char *all = record->client_ids ? av_asprintf("%s %s", record->client_ids, try)
                                   : av_strdup(try);
    int ret = all ? record_set(&record->client_ids, all) : AVERROR(ENOMEM);
    av_free(all);
    return ret;
}

int record_be_sent(Record *record, const char *tries)
{
    char any[RECORD_TRY_SIZE];

    record->state = RECORD_SENT;
    if (text_is_set(record->client_ids))
        return 0;
    snprintf(any, sizeof(any), RECORD_TRY "%.*s*", RECORD_TRY_KEY_DIGITS, record->key);
    /* When that was is not known, so it does not get old. */
    record->sent_at = record->gateway_time = 0;
    return record_set(&record->client_ids, tries ? tries : any);
}
