/* i2v: what kind any file is
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include "still/kind.h"

long fuzz_good;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AVBufferRef *buf = av_buffer_alloc((I2VBufferSize)size + 1);
    StillBytes bytes = {.buf = buf, .fd = -1, .size = (int64_t)size};

    FUZZ_CHECK(buf);
    memcpy(buf->data, data, size);
    const StillKind *kind = still_kind(&bytes);
    FUZZ_CHECK(!kind || (kind->name && kind->command));
    fuzz_good += kind != NULL;
    av_buffer_unref(&buf);
    return 0;
}
