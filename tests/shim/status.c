/* i2v: a program that prints its arguments and ends with the status it is told
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>

/* status NUMBER ARGUMENT... */
int main(int argc, char **argv)
{
    for (int i = 2; i < argc; i++)
        printf("<%s>", argv[i]);
    return argc > 1 ? atoi(argv[1]) : 0;
}
