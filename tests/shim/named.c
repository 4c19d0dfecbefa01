/* i2v: a program that prints what the shim reads in a command line of ffmpeg's
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include "command/command.h"

/* shim-named ffmpeg ARGUMENT...: a line for the text of each request, or "not understood"
 */
int main(int argc, char **argv)
{
    Command *command;

    (void)argc;
    if (command_read(argv + 1, NULL, &command, NULL) < 0)
        return 1;
    if (!command) {
        puts("not understood");
        return 0;
    }
    for (int i = 0; i < command->nb_requests; i++)
        puts(command->requests[i].text);
    command_free(&command);
    return 0;
}
