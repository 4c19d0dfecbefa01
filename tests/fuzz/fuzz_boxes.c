/* i2v: the boxes of any file are walked to an end
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include "store/mp4_boxes.h"

long fuzz_good;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BoxesIndex index;
    const char *why;

    if (boxes_read(fuzz_file(data, size), &index, &why) < 0) {
        FUZZ_CHECK(why);
        return 0;
    }
    FUZZ_CHECK(index.tracks >= !index.packed && index.tracks <= BOXES_MAX_TRACKS);
    for (int i = 0; i < index.tracks; i++)
        FUZZ_CHECK(index.track[i].samples >= 0);
    fuzz_good++;
    return 0;
}
