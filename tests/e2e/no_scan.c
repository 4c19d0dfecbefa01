/* i2v: preloaded by tests: the store's directory cannot be listed, only its files opened
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef DIR *OpenDirectory(const char *);

DIR *opendir(const char *path)
{
    OpenDirectory *real = (OpenDirectory *)(void *)dlsym(RTLD_NEXT, "opendir");
    const char *store = getenv("I2V_STORE");

    if (store && !strncmp(path, store, strlen(store))) {
        errno = EMFILE;
        return NULL;
    }
    return real(path);
}
