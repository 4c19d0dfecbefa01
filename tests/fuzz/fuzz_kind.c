/* i2v: what kind any file is, and how its sequence of pictures is turned
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
    int turn = still_sequence_turn(&bytes);
    FUZZ_CHECK(turn >= 1 && turn <= 8);
    fuzz_good += kind || turn > 1;
    av_buffer_unref(&buf);
    return 0;
}
