/* i2v: a program without libavformat that loads modules and calls run(ARGUMENT) in each
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>

typedef int RunFunction(const char *argument);

/* load ARGUMENT MODULE... */
int main(int argc, char **argv)
{
    const char *left;

    for (int i = 2; i < argc; i++) {
        void *module = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);
        RunFunction *run = module ? (RunFunction *)dlsym(module, "run") : NULL;

        if (!run) {
            fprintf(stderr, "%s\n", dlerror());
            return 2;
        }
        errno = 0;
        if (run(argv[1]))
            return 1;
        left = dlerror();
        if (left) {
            printf("left behind: %s\n", left);
            return 1;
        }
    }
    return 0;
}
