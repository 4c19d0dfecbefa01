/* i2v: any picture without what it says of people
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include "still/parts.h"

long fuzz_good;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AVBufferRef *once = NULL, *twice = NULL;

    if (still_strip(data, size, &once) < 0) {
        FUZZ_CHECK(!once);
        return 0;
    }
    fuzz_good++;
    FUZZ_CHECK((size_t)once->size <= size);
    /* Nothing is left in it that would be left out. */
    FUZZ_CHECK(still_strip(once->data, (size_t)once->size, &twice) >= 0);
    FUZZ_CHECK(twice->size == once->size &&
               !memcmp(twice->data, once->data, (size_t)once->size));
    av_buffer_unref(&once);
    av_buffer_unref(&twice);
    return 0;
}
