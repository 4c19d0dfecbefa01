/* i2v: any page of the ledger is read, and what is written of it is read and written
 * again the same, to the byte; and of one that is damaged what stands whole
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include <math.h>
#include <stdbool.h>

#include <libavutil/mem.h>

#include "store/record.h"
#include "store/salvage.h"

#define KEY "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"

long fuzz_good;

static bool same_text(const char *one, const char *other)
{
    return !strcmp(one ? one : "", other ? other : "");
}

/* Printing rounds in the 16th digit. */
static bool same_number(double one, double other)
{
    return fabs(one - other) <= fabs(one) * 1e-14;
}

/* What decides whether something is bought, and what was paid. */
static bool same_money(const Record *one, const Record *other)
{
    return one->state == other->state && same_text(one->id, other->id) &&
           same_text(one->client_ids, other->client_ids) &&
           same_text(one->engine, other->engine) &&
           same_text(one->origin, other->origin) &&
           same_text(one->account, other->account) &&
           same_text(one->request_hash, other->request_hash) &&
           same_number((double)one->request_size, (double)other->request_size) &&
           one->empty == other->empty && same_number(one->usd, other->usd) &&
           same_number(one->price, other->price) &&
           same_number(one->sent_at, other->sent_at) &&
           same_number(one->gateway_time, other->gateway_time) &&
           same_number(one->ended, other->ended);
}

/* What is found whole can be put on a page, and is found there again. */
static void salvage(const char *data, size_t size)
{
    cJSON *members = salvage_members(data, size);
    Record *record = record_alloc(KEY), *again = NULL;
    char *tries, *text;

    FUZZ_CHECK(members && record && record_take(record, members) >= 0);
    FUZZ_CHECK(salvage_tries(KEY, data, size, &tries) >= 0);
    FUZZ_CHECK((text = record_print(record)));
    if (record_parse(KEY, text, &again) >= 0)
        FUZZ_CHECK(same_text(record->id, again->id));
    cJSON_Delete(members);
    FUZZ_CHECK((members = salvage_members(text, strlen(text))));
    FUZZ_CHECK(cJSON_GetObjectItemCaseSensitive(members, "key"));
    cJSON_Delete(members);
    cJSON_free(text);
    av_free(tries);
    record_free(&record);
    record_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *once = NULL, *twice = NULL;
    Record *record, *again = NULL;

    if (record_parse(KEY, text, &record) >= 0) {
        FUZZ_CHECK((once = record_print(record)));
        FUZZ_CHECK(record_parse(KEY, once, &again) >= 0);
        FUZZ_CHECK(same_money(record, again));
        FUZZ_CHECK((twice = record_print(again)));
        FUZZ_CHECK(!strcmp(once, twice));
        fuzz_good++;
    }
    salvage((const char *)data, size);
    cJSON_free(once);
    cJSON_free(twice);
    record_free(&again);
    record_free(&record);
    free(text);
    return 0;
}
