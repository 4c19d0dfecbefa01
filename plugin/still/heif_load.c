/* i2v: the module that reads HEIC and AVIF, found beside the plugin
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dlfcn.h>
#include <libgen.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libavformat/version.h>

#include "heif/heif.h"
#include "still/parts.h"

/* Found once a process, and never unloaded: libheif's codecs may have threads. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static const HeifFace *module;
static char missing[PATH_MAX + 64]; ///< why there is none

/* The file that this code is in: the plugin, or a program that it is linked into, whose
 * own name is whatever it was called by. */
static bool find_ours(char ours[PATH_MAX])
{
    struct link_map *map = NULL;
    Dl_info info;

    if (!dladdr1(&once, &info, (void **)&map, RTLD_DL_LINKMAP) || !map)
        return false;
    return realpath(*map->l_name ? map->l_name : "/proc/self/exe", ours);
}

/* @param way  from the directory of our file to that of the module */
static bool try_way(const char *directory, const char *way, char path[PATH_MAX])
{
    return snprintf(path, PATH_MAX, "%s/%s/" HEIF_FILE, directory, way) < PATH_MAX &&
           !access(path, F_OK);
}

static bool find_file(char path[PATH_MAX])
{
    const char *plugins = secure_getenv("I2V_PLUGIN_DIR");
    char ours[PATH_MAX], major[16];

    snprintf(major, sizeof(major), "%d", LIBAVFORMAT_VERSION_MAJOR);
    if (plugins && *plugins == '/' && try_way(plugins, major, path))
        return true;
    if (!find_ours(ours))
        return false;
    const char *directory = dirname(ours);
    return try_way(directory, ".", path) || try_way(directory, I2V_BUILD_WAY, path) ||
           try_way(directory, I2V_INSTALLED_WAY, path);
}

static void load(void)
{
    char path[PATH_MAX];
    bool found = find_file(path);
    void *library = found ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    const HeifFace *face = library ? dlsym(library, HEIF_SYMBOL) : NULL;

    if (!found)
        snprintf(missing, sizeof(missing),
                 "its module " HEIF_FILE " is not installed (this i2v was built without "
                 "libheif)");
    else if (!library)
        snprintf(missing, sizeof(missing), "%s", dlerror());
    else if (!face || face->version != HEIF_FACE_VERSION)
        snprintf(missing, sizeof(missing), "%s belongs to another build of i2v", path);
    else
        module = face;
}

const HeifFace *still_heif_module(const char **why)
{
    pthread_once(&once, load);
    *why = missing;
    return module;
}
