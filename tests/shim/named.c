/* i2v: a program that prints what the shim reads in a command line of ffmpeg's
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include "../../shim/ahead.h"

/* shim-named ffmpeg ARGUMENT...: a line for the text of each request, or "not understood"
 */
int main(int argc, char **argv)
{
    const I2VNamed *named;
    Ahead *ahead;
    int count;

    (void)argc;
    if (ahead_read(argv + 1, &ahead) < 0)
        return 1;
    if (!ahead) {
        puts("not understood");
        return 0;
    }
    named = ahead_requests(ahead, &count);
    for (int i = 0; i < count; i++)
        puts(named[i].text);
    ahead_free(&ahead);
    return 0;
}
