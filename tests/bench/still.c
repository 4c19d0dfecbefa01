/* i2v: the bench: a still, as it is brought to what is sent
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * usage: bench-still IMAGE WIDTH HEIGHT > PICTURE */
#include <stdio.h>
#include <stdlib.h>

#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "still/still.h"

int main(int argc, char **argv)
{
    StillSource source = {.image = argc == 4 ? argv[1] : NULL};
    StillFile file = {0};
    Still *still = NULL;

    if (argc != 4) {
        fprintf(stderr, "usage: bench-still IMAGE WIDTH HEIGHT > PICTURE\n");
        return 64;
    }
    StillTarget target = {.width = atoi(argv[2]), .height = atoi(argv[3])};
    int ret = still_read(&source, &still);
    if (ret >= 0)
        ret = still_encode(still, &target, NULL, &file);
    if (ret >= 0 && fwrite(file.data, 1, file.size, stdout) != file.size)
        ret = AVERROR_EXTERNAL;
    still_file_clear(&file);
    still_free(&still);
    return ret < 0;
}
