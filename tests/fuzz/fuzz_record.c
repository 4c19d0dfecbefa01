/* i2v: any page of the ledger is read, and says the same of the money once it was written
 * and read again SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include "store/record.h"

#define KEY "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"

long fuzz_good;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *once = NULL, *twice = NULL;
    Record *record, *again = NULL;

    if (record_parse(KEY, text, &record) >= 0) {
        FUZZ_CHECK((once = record_print(record)));
        FUZZ_CHECK(record_parse(KEY, once, &again) >= 0);
        /* What decides about the money is the same; an odd number may be rounded once. */
        FUZZ_CHECK(again->state == record->state);
        FUZZ_CHECK(!record->id == !again->id &&
                   (!again->id || !strcmp(record->id, again->id)));
        FUZZ_CHECK((twice = record_print(again)));
        fuzz_good++;
    }
    cJSON_free(once);
    cJSON_free(twice);
    record_free(&again);
    record_free(&record);
    free(text);
    return 0;
}
