/* i2v: preloaded by tests: how much memory the process had at most
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

/* KB, into the file that PEAK names. */
__attribute__((destructor)) static void write_peak(void)
{
    const char *path = getenv("PEAK");
    struct rusage usage;
    FILE *file = path && !getrusage(RUSAGE_SELF, &usage) ? fopen(path, "w") : NULL;

    if (file) {
        fprintf(file, "%ld\n", usage.ru_maxrss);
        fclose(file);
    }
}
