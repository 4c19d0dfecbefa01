/* i2v: a library whose constructor calls a hooked function before the shim's has run
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <libavformat/avformat.h>

static const char *found = "nothing";

__attribute__((constructor)) static void call_early(void)
{
    void *state = NULL;

    if (!avformat_get_class() || !av_demuxer_iterate(&state))
        found = "broken";
    else if (av_find_input_format("i2v") && av_find_input_format("mov"))
        found = "i2v and mov";
    else if (av_find_input_format("mov"))
        found = "mov";
}

__attribute__((visibility("default"))) void early_report(void);

void early_report(void)
{
    printf("early: %s\n", found);
}
