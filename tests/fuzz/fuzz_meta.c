/* i2v: what any image says beside its pixels
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include "still/parts.h"

long fuzz_good;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    StillMeta meta;

    still_meta_read(data, size, &meta);
    FUZZ_CHECK(meta.orientation >= 1 && meta.orientation <= 8);
    FUZZ_CHECK(!meta.sendable || meta.mime);
    fuzz_good += meta.sendable;
    return 0;
}
