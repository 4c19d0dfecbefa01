/* i2v: a program linked to the shim, the one way into a set-group-ID one: asks for i2v
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <libavformat/avformat.h>

int main(void)
{
    puts(av_find_input_format("i2v") ? "found" : "not found");
    return 0;
}
